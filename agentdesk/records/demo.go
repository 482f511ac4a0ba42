package records

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// demoMark is the setting of a centre whose people are invented and whose
// passwords everybody knows.
const demoMark = "demo"

// IsDemo tells whether the centre was ever served as a demo.
func (r *Records) IsDemo(ctx context.Context) (bool, error) {
	var is bool
	err := r.read(ctx, "is demo", func(tx *txn) error {
		var err error
		is, err = r.isDemo(ctx, tx)
		return err
	})
	return is, err
}

func (r *Records) isDemo(ctx context.Context, tx *txn) (bool, error) {
	var value string
	err := tx.row(ctx, `SELECT value FROM settings WHERE centre = ? AND name = ?`, r.centre, demoMark).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// ClaimDemo marks the centre as a demo, before anything invented is written to
// it. A centre that has people or stations and no mark is real: ErrExists,
// unless the caller knows that they are invented.
func (r *Records) ClaimDemo(ctx context.Context, invented bool) error {
	return r.write(ctx, "claim demo", func(tx *txn) error {
		is, err := r.isDemo(ctx, tx)
		if is || err != nil {
			return err
		}
		var inhabited int
		if err := tx.row(ctx, `SELECT (SELECT count(*) FROM people WHERE centre = ?) + (SELECT count(*) FROM stations WHERE centre = ?)`,
			r.centre, r.centre).Scan(&inhabited); err != nil {
			return err
		}
		if inhabited > 0 && !invented {
			return fmt.Errorf("%w: a centre that is no demo", ErrExists)
		}
		_, err = tx.exec(ctx, `INSERT INTO settings (centre, name, value) VALUES (?, ?, 'true')`, r.centre, demoMark)
		return err
	})
}
