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
	"maps"
	"math"
	"slices"
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

// AuditFault is the first row of a chain that does not fit; it wraps ErrTampered.
type AuditFault struct {
	Node string
	Seq  int64 // of the row, or that a missing one would have
	What string
}

// What is wrong at a row. A hash covers every column and the hash before it, so
// two rows that changed places are both changed.
const (
	AuditMissing  = "missing"        // the chain goes on without this row
	AuditChanged  = "changed"        // its columns do not give its hash
	AuditUnlinked = "unlinked"       // it follows another row than the one before it
	AuditCutOff   = "cut off"        // rows from this one to the head's are gone
	AuditHead     = "wrong head"     // the head is not this last row
	AuditNoHead   = "without a head" // rows of a chain that has no head
)

func (f *AuditFault) Error() string {
	return fmt.Sprintf("%v: node %s row %d %s", ErrTampered, f.Node, f.Seq, f.What)
}

func (f *AuditFault) Unwrap() error { return ErrTampered }

// auditPage is how many rows VerifyAudit holds at a time.
const auditPage = 2000

// auditEnd is the last row met of one chain, or a head.
type auditEnd struct {
	node string
	seq  int64
	hash string
}

// VerifyAudit walks the chains of every node of the centre, on one view of the
// database and a page at a time; it takes some ten seconds per million rows and
// has no bound but ctx: it holds one of the readers until its end, so the caller
// bounds how many run and how long. An error that wraps ErrTampered is an
// *AuditFault. Nodes need the same AuditKey.
//
// It finds what was done to rows and heads by someone without the key. Whoever
// also cuts the head back with the rows leaves a shorter chain that fits: compare
// the length with a copy kept elsewhere.
func (r *Records) VerifyAudit(ctx context.Context) error {
	return r.walk(ctx, "verify audit", func(tx *txn) error {
		heads := map[string]auditEnd{}
		err := tx.each(ctx, func(rows *sql.Rows) error {
			var h auditEnd
			err := rows.Scan(&h.node, &h.seq, &h.hash)
			heads[h.node] = h
			return err
		}, `SELECT node, seq, hash FROM audit_heads WHERE centre = ?`, r.centre)
		if err != nil {
			return err
		}
		last := auditEnd{seq: math.MinInt64}
		for rows := auditPage; rows == auditPage; {
			rows = 0
			err := tx.each(ctx, func(found *sql.Rows) error {
				rows++
				var e AuditEntry
				var detail, prev, sum string
				if err := found.Scan(&e.Node, &e.Seq, &e.AtMS, &e.Actor, &e.Action, &e.Object, &detail, &prev, &sum); err != nil {
					return err
				}
				if e.Node == "" {
					return &AuditFault{e.Node, e.Seq, AuditNoHead}
				}
				if e.Node != last.node {
					if err := ends(last, heads); err != nil {
						return err
					}
					last = auditEnd{node: e.Node}
				}
				if err := r.follows(last, e, detail, prev, sum); err != nil {
					return err
				}
				last = auditEnd{e.Node, e.Seq, sum}
				return nil
			}, `SELECT node, seq, at_ms, actor, action, object, detail, prev_hash, hash FROM audit
				WHERE centre = ? AND (node, seq) > (?, ?) ORDER BY node, seq LIMIT ?`, r.centre, last.node, last.seq, auditPage)
			if err != nil {
				return err
			}
		}
		if err := ends(last, heads); err != nil {
			return err
		}
		for _, node := range slices.Sorted(maps.Keys(heads)) { // those that lost every row
			return &AuditFault{node, 1, AuditCutOff}
		}
		return nil
	})
}

// follows tells whether a row is the next of its chain.
func (r *Records) follows(last auditEnd, e AuditEntry, detail, prev, sum string) error {
	switch next := last.seq + 1; {
	case e.Seq > next:
		return &AuditFault{e.Node, next, AuditMissing}
	case e.Seq < next || r.link(e.Node, e.Seq, e.AuditRow, detail, prev) != sum: // below 1: no chain begins there
		return &AuditFault{e.Node, e.Seq, AuditChanged}
	case prev != last.hash:
		return &AuditFault{e.Node, e.Seq, AuditUnlinked}
	}
	return nil
}

// ends tells whether a chain ends where its head says, and takes the head away.
func ends(last auditEnd, heads map[string]auditEnd) error {
	if last.node == "" {
		return nil
	}
	head, there := heads[last.node]
	delete(heads, last.node)
	switch {
	case !there:
		return &AuditFault{last.node, last.seq, AuditNoHead}
	case last.seq < head.seq:
		return &AuditFault{last.node, last.seq + 1, AuditCutOff}
	case last != head:
		return &AuditFault{last.node, last.seq, AuditHead}
	}
	return nil
}

// AuditTrail lists the rows about one object, oldest first, at most limit. Those of
// one node are in the order in which they were written, whatever its clock did.
func (r *Records) AuditTrail(ctx context.Context, object string, limit int) ([]AuditEntry, error) {
	if limit <= 0 {
		return nil, fmt.Errorf("records: audit trail: %w: limit %d", ErrInvalid, limit)
	}
	return r.auditEntries(ctx, "audit trail", `AND object = ? ORDER BY MAX(at_ms) OVER (PARTITION BY node ORDER BY seq), node, seq LIMIT ?`, object, limit)
}

// auditEntries reads rows of the chains; which are wanted, and in what order,
// follows the centre.
func (r *Records) auditEntries(ctx context.Context, doing, which string, args ...any) ([]AuditEntry, error) {
	list := []AuditEntry{}
	err := r.read(ctx, doing, func(tx *txn) error {
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
		}, `SELECT node, seq, at_ms, actor, action, object, detail FROM audit WHERE centre = ? `+which, append([]any{r.centre}, args...)...)
	})
	return list, err
}
