package records

import (
	"errors"
	"fmt"
	"testing"
)

func TestAuditFindsAChangedBit(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		for name, sql := range map[string]string{
			"actor":       `UPDATE audit SET actor = 'agent2' WHERE centre = 'pj' AND seq = 3`,
			"time":        `UPDATE audit SET at_ms = at_ms + 1 WHERE centre = 'pj' AND seq = 1`,
			"detail":      `UPDATE audit SET detail = '{"x":"2"}' WHERE centre = 'pj' AND seq = 5`,
			"last hash":   `UPDATE audit SET hash = 'f' || hash WHERE centre = 'pj' AND seq = 5`,
			"row removed": `DELETE FROM audit WHERE centre = 'pj' AND seq = 2`,
			"end cut off": `DELETE FROM audit WHERE centre = 'pj' AND seq = 5`,
			"all gone":    `DELETE FROM audit WHERE centre = 'pj'`,
			"head gone":   `DELETE FROM audit_heads WHERE centre = 'pj'`,
			"swapped":     `UPDATE audit SET seq = CASE seq WHEN 2 THEN 30 WHEN 3 THEN 20 END WHERE centre = 'pj' AND seq IN (2, 3)`,
			"moved":       `UPDATE audit SET node = 'node2' WHERE centre = 'pj'`,
		} {
			t.Run(name, func(t *testing.T) {
				where := fresh(t)
				r, other := open(t, where, "pj"), open(t, where, "xz")
				for i := range 5 {
					row := AuditRow{AtMS: noon + int64(i), Actor: "agent1", Action: "page.open", Object: "p1", Detail: map[string]string{"x": "1"}}
					must(t, r.Audit(t.Context(), row))
					must(t, other.Audit(t.Context(), row))
				}
				must(t, r.VerifyAudit(t.Context()))
				must(t, r.write(t.Context(), "tamper", func(tx *txn) error {
					n, err := tx.exec(t.Context(), sql)
					if err == nil && n == 0 {
						return errors.New("nothing was tampered with")
					}
					return err
				}))
				wants(t, r.VerifyAudit(t.Context()), ErrTampered)
				must(t, other.VerifyAudit(t.Context())) // another centre's chain is its own
			})
		}
	})
}

func TestAuditChainsPerNode(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		where := fresh(t)
		var nodes []*Records
		for i := range 2 {
			o := at(where, "pj")
			o.Node, o.AuditKey = fmt.Sprint("node", i), []byte("key")
			r, err := Open(t.Context(), o)
			must(t, err)
			t.Cleanup(func() { must(t, r.Close()) })
			nodes = append(nodes, r)
		}
		for i := range 6 {
			must(t, nodes[i%2].Audit(t.Context(), AuditRow{AtMS: noon, Actor: "agent1", Action: "page.open", Object: "p1"}))
		}
		must(t, nodes[0].VerifyAudit(t.Context()))
		trail, err := nodes[0].AuditTrail(t.Context(), "p1", 4)
		must(t, err)
		equal(t, len(trail), 4)
		wants(t, open(t, where, "pj").VerifyAudit(t.Context()), ErrTampered) // without the key nothing fits
	})
}

// A change and its audit row stand or fall together.
func TestRefusedChangeLeavesNoRow(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		r, _ := centres(t, fresh(t))
		tk := press(t, r, "s01", "k1", noon)
		wants(t, r.End(t.Context(), tk.ID, epoch(2), "agent", noon), ErrStale)
		trail, err := r.AuditTrail(t.Context(), tk.ID, 10)
		must(t, err)
		equal(t, len(trail), 1)
		must(t, r.VerifyAudit(t.Context()))
	})
}
