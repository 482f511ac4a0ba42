package records

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
)

// AuditCursor is a place in the audit of all nodes, newest row first. Its zero
// value is before the newest.
type AuditCursor struct {
	AtMS int64
	Node string
	Seq  int64
}

// MaxAuditPage is how many rows AuditPage answers at most.
const MaxAuditPage = 500

// AuditPage lists the rows behind the cursor, newest first, of all nodes.
func (r *Records) AuditPage(ctx context.Context, before AuditCursor, limit int) ([]AuditEntry, error) {
	if limit <= 0 || limit > MaxAuditPage {
		return nil, fmt.Errorf("records: audit page: %w: limit %d", ErrInvalid, limit)
	}
	where, args := "", []any{r.centre}
	if before != (AuditCursor{}) {
		where = `AND (at_ms < ? OR at_ms = ? AND (node < ? OR node = ? AND seq < ?))`
		args = append(args, before.AtMS, before.AtMS, before.Node, before.Node, before.Seq)
	}
	var list []AuditEntry
	err := r.read(ctx, "audit page", func(tx *txn) error {
		list = make([]AuditEntry, 0, limit)
		return tx.each(ctx, func(rows *sql.Rows) error {
			var e AuditEntry
			var detail string
			if err := rows.Scan(&e.Node, &e.Seq, &e.AtMS, &e.Actor, &e.Action, &e.Object, &detail); err != nil {
				return err
			}
			if err := json.Unmarshal([]byte(detail), &e.Detail); err != nil {
				return errors.Join(ErrTampered, err)
			}
			list = append(list, e)
			return nil
		}, `SELECT node, seq, at_ms, actor, action, object, detail FROM audit WHERE centre = ? `+where+`
			ORDER BY at_ms DESC, node DESC, seq DESC LIMIT ?`, append(args, limit)...)
	})
	return list, err
}

// AuditRows counts the rows of all chains.
func (r *Records) AuditRows(ctx context.Context) (int64, error) {
	var n int64
	err := r.read(ctx, "audit rows", func(tx *txn) error {
		return tx.row(ctx, `SELECT COUNT(*) FROM audit WHERE centre = ?`, r.centre).Scan(&n)
	})
	return n, err
}
