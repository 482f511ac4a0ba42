package records

import (
	"context"
	"database/sql"
	"errors"
)

const accessVersion = "access_version"

// AccessVersion is a number that rises with every change of who may do what:
// people, roles, passwords, locking out, stations, their closing and their keys.
// Whoever holds connections of several nodes compares it with the last one met
// and asks anew when it differs. 0 before the first change.
func (r *Records) AccessVersion(ctx context.Context) (int64, error) {
	var v int64
	err := r.read(ctx, "access version", func(tx *txn) error {
		err := tx.row(ctx, `SELECT CAST(value AS BIGINT) FROM settings WHERE centre = ? AND name = ?`,
			r.centre, accessVersion).Scan(&v)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	return v, err
}

// raiseAccess belongs into the transaction of every change that AccessVersion names.
func (r *Records) raiseAccess(ctx context.Context, tx *txn) error {
	_, err := tx.exec(ctx, `INSERT INTO settings (centre, name, value) VALUES (?, ?, '1')
		ON CONFLICT (centre, name) DO UPDATE SET value = CAST(CAST(settings.value AS BIGINT) + 1 AS TEXT)`,
		r.centre, accessVersion)
	return err
}
