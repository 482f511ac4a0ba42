package records

import (
	"context"
	"database/sql"
	"errors"
)

const storeEpoch = "store_epoch"

// StoreEpoch returns the number of times that Redis was rebuilt; 0 before the
// first. A ticket's epoch is StoreEpoch<<20 + n.
func (r *Records) StoreEpoch(ctx context.Context) (int64, error) {
	var e int64
	err := r.read(ctx, "store epoch", func(tx *txn) error {
		err := tx.row(ctx, `SELECT value FROM counters WHERE centre = ? AND name = ?`, r.centre, storeEpoch).Scan(&e)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	return e, err
}

// RaiseStoreEpoch raises the store epoch above its present value and above
// floor, and returns it. Nothing issued under an older one can win afterwards.
func (r *Records) RaiseStoreEpoch(ctx context.Context, floor int64) (int64, error) {
	var e int64
	err := r.write(ctx, "raise store epoch", func(tx *txn) error {
		err := tx.row(ctx, `INSERT INTO counters (centre, name, value) VALUES (?, ?, ?)
			ON CONFLICT (centre, name) DO UPDATE
			SET value = CASE WHEN counters.value < ? THEN ? ELSE counters.value END + 1 RETURNING value`,
			r.centre, storeEpoch, floor+1, floor, floor).Scan(&e)
		return err
	})
	return e, err
}

const redisRun = "redis_run_id"

// redisRunID returns the run id of the Redis that was met last, "" for none.
func (r *Records) redisRunID(ctx context.Context) (string, error) {
	var id string
	err := r.read(ctx, "redis run id", func(tx *txn) error {
		err := tx.row(ctx, `SELECT value FROM settings WHERE centre = ? AND name = ?`, r.centre, redisRun).Scan(&id)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	return id, err
}

func (r *Records) setRedisRunID(ctx context.Context, id string) error {
	return r.write(ctx, "set redis run id", func(tx *txn) error {
		_, err := tx.exec(ctx, `INSERT INTO settings (centre, name, value) VALUES (?, ?, ?)
			ON CONFLICT (centre, name) DO UPDATE SET value = excluded.value`, r.centre, redisRun, id)
		return err
	})
}
