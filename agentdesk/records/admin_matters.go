package records

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// DisabledMatters returns the ids of the matters that the centre does not take.
func (r *Records) DisabledMatters(ctx context.Context) (map[string]bool, error) {
	var off map[string]bool
	err := r.read(ctx, "disabled matters", func(tx *txn) error {
		var err error
		off, err = r.disabledMatters(ctx, tx)
		return err
	})
	return off, err
}

func (r *Records) disabledMatters(ctx context.Context, tx *txn) (map[string]bool, error) {
	off := map[string]bool{}
	err := tx.each(ctx, func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		off[id] = true
		return err
	}, `SELECT matter FROM disabled_matters WHERE centre = ?`, r.centre)
	return off, err
}

// SetMatter takes a matter in or out of what the centre takes, on behalf of
// actor, who saw the version seen: else ErrChanged. That the id is in the
// catalogue is the caller's to know.
func (r *Records) SetMatter(ctx context.Context, id string, enabled bool, actor string, seen Version) error {
	if id == "" || len(id) > 64 || strings.ContainsFunc(id, unprintable) {
		return fmt.Errorf("records: set matter: %w", &Fault{Field: "id", Code: FaultUnknownMatter, Value: id})
	}
	return r.write(ctx, "set matter", func(tx *txn) error {
		off, err := r.disabledMatters(ctx, tx)
		if err != nil {
			return err
		}
		if err := seen.meets(MatterVersion(id, !off[id]), MatterVersion(id, enabled)); err != nil {
			return err
		}
		return r.storeMatters(ctx, tx, off, map[string]bool{id: enabled}, actor)
	})
}

func (r *Records) storeMatters(ctx context.Context, tx *txn, off, enabled map[string]bool, actor string) error {
	now := time.Now().UnixMilli()
	for _, id := range slices.Sorted(maps.Keys(enabled)) {
		on := enabled[id]
		if on != off[id] {
			continue
		}
		query, args := `DELETE FROM disabled_matters WHERE centre = ? AND matter = ?`, []any{r.centre, id}
		if !on {
			query, args = `INSERT INTO disabled_matters (centre, matter, at_ms) VALUES (?, ?, ?)`, append(args, now)
		}
		if _, err := tx.exec(ctx, query, args...); err != nil {
			return err
		}
		if err := r.audit(ctx, tx, AuditRow{
			AtMS: now, Actor: actor, Action: "matter.enable", Object: id, Detail: map[string]string{"enabled": yes(on)},
		}); err != nil {
			return err
		}
	}
	return nil
}
