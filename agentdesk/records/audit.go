package records

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
)

// AuditRow says who did what to which object. It holds ids and codes, never
// names or what was said.
type AuditRow struct {
	AtMS   int64
	Actor  string // login, station id, or "system"
	Action string // noun.verb: "page.open"
	Object string
	Detail map[string]string
}

// AuditEntry is a row as it stands in the chain.
type AuditEntry struct {
	AuditRow
	Node string
	Seq  int64
}

// Audit appends one row to this node's chain.
func (r *Records) Audit(ctx context.Context, row AuditRow) error {
	return r.write(ctx, "audit", func(tx *txn) error { return r.audit(ctx, tx, row) })
}

// audit appends inside the caller's transaction, so a change and its row are
// there together or not at all. The head row is written first: it serialises
// writers of one chain on databases that have more than one.
func (r *Records) audit(ctx context.Context, tx *txn, row AuditRow) error {
	detail, err := json.Marshal(row.Detail) // keys come out sorted
	if err != nil {
		return fmt.Errorf("audit detail: %w", err)
	}
	var seq int64
	var prev string
	err = tx.row(ctx, `INSERT INTO audit_heads (centre, node, seq, hash) VALUES (?, ?, 1, '')
		ON CONFLICT (centre, node) DO UPDATE SET seq = audit_heads.seq + 1 RETURNING seq, hash`,
		r.centre, r.node).Scan(&seq, &prev)
	if err != nil {
		return err
	}
	sum := r.link(r.node, seq, row, string(detail), prev)
	if _, err := tx.exec(ctx, `INSERT INTO audit (centre, node, seq, at_ms, actor, action, object, detail, prev_hash, hash)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		r.centre, r.node, seq, row.AtMS, row.Actor, row.Action, row.Object, string(detail), prev, sum); err != nil {
		return err
	}
	_, err = tx.exec(ctx, `UPDATE audit_heads SET hash = ? WHERE centre = ? AND node = ?`, sum, r.centre, r.node)
	return err
}

// link is the hash of a row: over a JSON array, so that no two rows of different
// fields give the same bytes.
func (r *Records) link(node string, seq int64, row AuditRow, detail, prev string) string {
	fields, err := json.Marshal([]any{r.centre, node, seq, row.AtMS, row.Actor, row.Action, row.Object, detail, prev})
	if err != nil {
		panic("records: strings and integers always marshal: " + err.Error())
	}
	var h hash.Hash
	if len(r.auditKey) > 0 {
		h = hmac.New(sha256.New, r.auditKey)
	} else {
		h = sha256.New()
	}
	_, _ = h.Write(fields) // a hash never fails
	return hex.EncodeToString(h.Sum(nil))
}

// VerifyAudit walks the chains of every node of the centre. An error that wraps
// ErrTampered names the first row that does not fit.
func (r *Records) VerifyAudit(ctx context.Context) error {
	return r.read(ctx, "verify audit", func(tx *txn) error {
		type head struct {
			seq  int64
			hash string
		}
		walked := map[string]head{}
		err := tx.each(ctx, func(rows *sql.Rows) error {
			var e AuditEntry
			var detail, prev, sum string
			if err := rows.Scan(&e.Node, &e.Seq, &e.AtMS, &e.Actor, &e.Action, &e.Object, &detail, &prev, &sum); err != nil {
				return err
			}
			last := walked[e.Node]
			if e.Seq != last.seq+1 || prev != last.hash || r.link(e.Node, e.Seq, e.AuditRow, detail, prev) != sum {
				return &BrokenLink{Node: e.Node, Seq: e.Seq}
			}
			walked[e.Node] = head{e.Seq, sum}
			return nil
		}, `SELECT node, seq, at_ms, actor, action, object, detail, prev_hash, hash FROM audit
			WHERE centre = ? ORDER BY node, seq`, r.centre)
		if err != nil {
			return err
		}
		heads := 0
		err = tx.each(ctx, func(rows *sql.Rows) error {
			var node string
			var h head
			if err := rows.Scan(&node, &h.seq, &h.hash); err != nil {
				return err
			}
			heads++
			if walked[node] != h {
				return fmt.Errorf("it ends there, its head says %d: %w", h.seq, &BrokenLink{Node: node, Seq: walked[node].seq})
			}
			return nil
		}, `SELECT node, seq, hash FROM audit_heads WHERE centre = ?`, r.centre)
		if err != nil {
			return err
		}
		if heads != len(walked) {
			return fmt.Errorf("%w: a chain has no head", ErrTampered)
		}
		return nil
	})
}

// AuditTrail lists the rows about one object, oldest first, at most limit.
func (r *Records) AuditTrail(ctx context.Context, object string, limit int) ([]AuditEntry, error) {
	if limit <= 0 {
		return nil, fmt.Errorf("records: audit trail: %w: limit %d", ErrInvalid, limit)
	}
	var list []AuditEntry
	err := r.read(ctx, "audit trail", func(tx *txn) error {
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
		}, `SELECT node, seq, at_ms, actor, action, object, detail FROM audit
			WHERE centre = ? AND object = ? ORDER BY at_ms, node, seq LIMIT ?`, r.centre, object, limit)
	})
	return list, err
}
