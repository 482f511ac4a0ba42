package records

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
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
	where, args := "", []any{}
	if before != (AuditCursor{}) {
		where = `AND (at_ms < ? OR at_ms = ? AND (node < ? OR node = ? AND seq < ?))`
		args = append(args, before.AtMS, before.AtMS, before.Node, before.Node, before.Seq)
	}
	return r.auditEntries(ctx, "audit page", where+` ORDER BY at_ms DESC, node DESC, seq DESC LIMIT ?`, append(args, limit)...)
}

// AuditRows counts the rows of all chains.
func (r *Records) AuditRows(ctx context.Context) (int64, error) {
	var n int64
	err := r.read(ctx, "audit rows", func(tx *txn) error {
		return tx.row(ctx, `SELECT COUNT(*) FROM audit WHERE centre = ?`, r.centre).Scan(&n)
	})
	return n, err
}

// settle raises the access version once and appends the rows of all changes to
// this node's chain, inside the caller's transaction. No rows, no change.
func (r *Records) settle(ctx context.Context, tx *txn, made []AuditRow) error {
	if len(made) == 0 {
		return nil
	}
	if err := r.raiseAccess(ctx, tx); err != nil {
		return err
	}
	if len(made) == 1 {
		return r.audit(ctx, tx, made[0])
	}
	var seq int64
	var prev string
	err := tx.row(ctx, `INSERT INTO audit_heads (centre, node, seq, hash) VALUES (?, ?, ?, '')
		ON CONFLICT (centre, node) DO UPDATE SET seq = audit_heads.seq + ? RETURNING seq, hash`,
		r.centre, r.node, len(made), len(made)).Scan(&seq, &prev)
	if err != nil {
		return err
	}
	seq -= int64(len(made))
	rows := make([][]any, 0, len(made))
	for _, row := range made {
		detail, err := json.Marshal(row.Detail)
		if err != nil {
			return fmt.Errorf("audit detail: %w", err)
		}
		seq++
		sum := r.link(r.node, seq, row, string(detail), prev)
		rows = append(rows, []any{r.centre, r.node, seq, row.AtMS, row.Actor, row.Action, row.Object, string(detail), prev, sum})
		prev = sum
	}
	if err := tx.insert(ctx, `INSERT INTO audit (centre, node, seq, at_ms, actor, action, object, detail, prev_hash, hash)`, rows, ""); err != nil {
		return err
	}
	_, err = tx.exec(ctx, `UPDATE audit_heads SET hash = ? WHERE centre = ? AND node = ?`, prev, r.centre, r.node)
	return err
}

// batch is how many rows a statement inserts: their values stay far below what
// either database takes.
const batch = 200

// insert writes many rows of one width with few statements.
func (t *txn) insert(ctx context.Context, into string, rows [][]any, conflict string) error {
	for part := range slices.Chunk(rows, batch) {
		var args []any
		values := "(" + strings.TrimSuffix(strings.Repeat("?, ", len(part[0])), ", ") + "), "
		for _, row := range part {
			args = append(args, row...)
		}
		query := into + " VALUES " + strings.TrimSuffix(strings.Repeat(values, len(part)), ", ") + " " + conflict
		if _, err := t.exec(ctx, query, args...); err != nil {
			return err
		}
	}
	return nil
}
