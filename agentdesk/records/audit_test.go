package records

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/remotewindow/remotewindow/agentdesk/records/recordstest"
)

// chains are those of two nodes of a centre and of another centre.
type chains struct{ r, second, other *Records }

func openChains(t *testing.T, where string) chains {
	t.Helper()
	o := at(where, "pj")
	o.Node = "node2"
	second, err := Open(t.Context(), o)
	must(t, err)
	t.Cleanup(func() { must(t, second.Close()) })
	return chains{open(t, where, "pj"), second, open(t, where, "xz")}
}

// write begins every chain anew with five rows.
func (c chains) write(t *testing.T) {
	t.Helper()
	must(t, c.r.write(t.Context(), "clear", func(tx *txn) error {
		for _, table := range []string{"audit", "audit_heads"} {
			if _, err := tx.exec(t.Context(), `DELETE FROM `+table); err != nil {
				return err
			}
		}
		return nil
	}))
	for i := range 5 {
		row := AuditRow{AtMS: noon + int64(i), Actor: "agent1", Action: "page.open", Object: "p1", Detail: map[string]string{"x": "1"}}
		for _, r := range []*Records{c.r, c.second, c.other} {
			must(t, r.Audit(t.Context(), row))
		}
	}
	must(t, c.r.VerifyAudit(t.Context()))
}

// tamper runs statements that change rows behind the chain's back.
func tamper(t *testing.T, r *Records, statements ...string) {
	t.Helper()
	must(t, r.write(t.Context(), "tamper", func(tx *txn) error {
		for _, s := range statements {
			n, err := tx.exec(t.Context(), s)
			if err != nil {
				return err
			}
			if n == 0 {
				return errors.New("nothing was tampered with")
			}
		}
		return nil
	}))
}

func TestAuditSaysWhere(t *testing.T) {
	const of = ` WHERE centre = 'pj' AND node = 'node1'`
	cases := map[string]struct {
		do   []string
		want AuditFault
	}{
		"actor":          {[]string{`UPDATE audit SET actor = 'agent2'` + of + ` AND seq = 3`}, AuditFault{"node1", 3, AuditChanged}},
		"time":           {[]string{`UPDATE audit SET at_ms = at_ms + 1` + of + ` AND seq = 1`}, AuditFault{"node1", 1, AuditChanged}},
		"detail":         {[]string{`UPDATE audit SET detail = '{"x":"2"}'` + of + ` AND seq = 5`}, AuditFault{"node1", 5, AuditChanged}},
		"last hash":      {[]string{`UPDATE audit SET hash = 'f' || hash` + of + ` AND seq = 5`}, AuditFault{"node1", 5, AuditChanged}},
		"row removed":    {[]string{`DELETE FROM audit` + of + ` AND seq = 2`}, AuditFault{"node1", 2, AuditMissing}},
		"first removed":  {[]string{`DELETE FROM audit` + of + ` AND seq = 1`}, AuditFault{"node1", 1, AuditMissing}},
		"end cut off":    {[]string{`DELETE FROM audit` + of + ` AND seq > 3`}, AuditFault{"node1", 4, AuditCutOff}},
		"chain gone":     {[]string{`DELETE FROM audit` + of}, AuditFault{"node1", 1, AuditCutOff}},
		"all gone":       {[]string{`DELETE FROM audit WHERE centre = 'pj'`}, AuditFault{"node1", 1, AuditCutOff}},
		"head gone":      {[]string{`DELETE FROM audit_heads` + of}, AuditFault{"node1", 5, AuditNoHead}},
		"head's hash":    {[]string{`UPDATE audit_heads SET hash = 'f' || hash` + of}, AuditFault{"node1", 5, AuditHead}},
		"head cut back":  {[]string{`UPDATE audit_heads SET seq = 4` + of}, AuditFault{"node1", 5, AuditHead}},
		"moved":          {[]string{`UPDATE audit SET node = 'node3'` + of}, AuditFault{"node3", 1, AuditChanged}},
		"moved to none":  {[]string{`UPDATE audit SET node = ''` + of}, AuditFault{"", 1, AuditNoHead}},
		"before all":     {[]string{`INSERT INTO audit SELECT centre, '', -7, at_ms, actor, action, object, detail, prev_hash, hash FROM audit` + of + ` AND seq = 1`}, AuditFault{"", -7, AuditNoHead}},
		"before the one": {[]string{`INSERT INTO audit SELECT centre, node, 0, at_ms, actor, action, object, detail, prev_hash, hash FROM audit` + of + ` AND seq = 1`}, AuditFault{"node1", 0, AuditChanged}},
		"swapped": {[]string{ // in three steps: a key is looked at after every row
			`UPDATE audit SET seq = 20` + of + ` AND seq = 2`, `UPDATE audit SET seq = 2` + of + ` AND seq = 3`, `UPDATE audit SET seq = 3` + of + ` AND seq = 20`,
		}, AuditFault{"node1", 2, AuditChanged}},
		"of another node": {[]string{
			`DELETE FROM audit` + of + ` AND seq = 4`,
			`INSERT INTO audit SELECT centre, 'node1', seq, at_ms, actor, action, object, detail, prev_hash, hash FROM audit WHERE centre = 'pj' AND node = 'node2' AND seq = 4`,
		}, AuditFault{"node1", 4, AuditChanged}},
	}
	both(t, func(t *testing.T, fresh place) {
		chain := openChains(t, fresh(t))
		for name, c := range cases {
			t.Run(name, func(t *testing.T) {
				chain.write(t)
				tamper(t, chain.r, c.do...)
				err := chain.r.VerifyAudit(t.Context())
				wants(t, err, ErrTampered)
				fault, _ := errors.AsType[*AuditFault](err)
				equal(t, *fault, c.want)
				must(t, chain.other.VerifyAudit(t.Context())) // another centre's chain is its own
			})
		}
	})
}

// TestAuditLinksRows: a row that was written anew, with a hash that fits it, is
// found by the row behind it. Only without a key can anybody make such a row.
func TestAuditLinksRows(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		chain := openChains(t, fresh(t))
		chain.write(t)
		r := chain.r
		var detail, prev string
		row := AuditRow{Actor: "agent2", Action: "page.open", Object: "p1"}
		must(t, r.read(t.Context(), "look", func(tx *txn) error {
			return tx.row(t.Context(), `SELECT at_ms, detail, prev_hash FROM audit WHERE centre = 'pj' AND node = 'node1' AND seq = 3`).
				Scan(&row.AtMS, &detail, &prev)
		}))
		tamper(t, r, fmt.Sprintf(`UPDATE audit SET actor = 'agent2', hash = '%s' WHERE centre = 'pj' AND node = 'node1' AND seq = 3`,
			r.link("node1", 3, row, detail, prev)))
		fault, _ := errors.AsType[*AuditFault](r.VerifyAudit(t.Context()))
		equal(t, *fault, AuditFault{"node1", 4, AuditUnlinked})
	})
}

// TestAuditFindsAChangedBit turns each bit that lies in the first, a middle and
// the last row, and in the head, and turns it back.
func TestAuditFindsAChangedBit(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		chain := openChains(t, fresh(t))
		chain.write(t)
		r := chain.r
		turn := func(table, column string, seq int64, bit int) (did bool) {
			where := ` WHERE centre = 'pj' AND node = 'node1'`
			if table == "audit" {
				where += fmt.Sprintf(` AND seq = %d`, seq)
			}
			back := where
			was, is := "", ""
			must(t, r.read(t.Context(), "look", func(tx *txn) error {
				return tx.row(t.Context(), `SELECT CAST(`+column+` AS TEXT) FROM `+table+where).Scan(&was)
			}))
			quote := func(s string) string { return `'` + strings.ReplaceAll(s, `'`, `''`) + `'` }
			switch column {
			case "seq", "at_ms":
				n, err := strconv.ParseInt(was, 10, 64)
				must(t, err)
				is, quote = fmt.Sprint(n^1<<bit), func(s string) string { return s }
			default:
				b := []byte(was)
				if bit/8 >= len(b) {
					return false
				}
				b[bit/8] ^= 1 << (bit % 8)
				if is = string(b); !utf8.ValidString(is) || strings.ContainsRune(is, 0) {
					return true // no database would hold it
				}
			}
			switch column {
			case "node", "centre":
				back = strings.Replace(back, column+` = '`+was, column+` = '`+strings.ReplaceAll(is, `'`, `''`), 1)
			case "seq":
				back = strings.Replace(back, `seq = `+was, `seq = `+is, 1)
			}
			err := r.write(t.Context(), "turn", func(tx *txn) error {
				_, err := tx.exec(t.Context(), `UPDATE `+table+` SET `+column+` = `+quote(is)+where)
				return err
			})
			if errors.Is(err, ErrExists) {
				return true // the database itself refuses it
			}
			must(t, err)
			if err := r.VerifyAudit(t.Context()); !errors.Is(err, ErrTampered) {
				t.Fatalf("%s.%s of row %d: %q became %q: %v", table, column, seq, was, is, err)
			}
			tamper(t, r, `UPDATE `+table+` SET `+column+` = `+quote(was)+back)
			return true
		}
		for column, bits := range map[string]int{
			"centre": 1 << 10, "node": 1 << 10, "seq": 40, "at_ms": 62, "actor": 1 << 10, "action": 1 << 10, "object": 1 << 10,
			"detail": 1 << 10, "prev_hash": 1 << 10, "hash": 1 << 10,
		} {
			for _, seq := range []int64{1, 3, 5} {
				for bit := 0; bit < bits && turn("audit", column, seq, bit); bit += 5 {
				}
			}
		}
		for column, bits := range map[string]int{"seq": 40, "hash": 1 << 10, "node": 1 << 10} {
			for bit := 0; bit < bits && turn("audit_heads", column, 0, bit); bit += 5 {
			}
		}
		must(t, r.VerifyAudit(t.Context()))
	})
}

// long writes a chain of n rows.
func long(t testing.TB, r *Records, n int) {
	t.Helper()
	must(t, r.write(t.Context(), "many", func(tx *txn) error {
		for i := range n {
			if err := r.audit(t.Context(), tx, AuditRow{AtMS: noon + int64(i), Actor: "agent1", Action: "page.open", Object: "p1"}); err != nil {
				return err
			}
		}
		return nil
	}))
}

func TestAuditOfManyPages(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		r := open(t, fresh(t), "pj")
		for _, n := range []int{auditPage - 1, 1, 1, auditPage - 1} { // pages that are full and that are not
			long(t, r, n)
			must(t, r.VerifyAudit(t.Context()))
		}
		tamper(t, r, fmt.Sprintf(`UPDATE audit SET actor = 'agent2' WHERE seq = %d`, auditPage+1))
		fault, _ := errors.AsType[*AuditFault](r.VerifyAudit(t.Context()))
		equal(t, *fault, AuditFault{"node1", auditPage + 1, AuditChanged})
	})
}

func BenchmarkVerifyAudit(b *testing.B) {
	for name, fresh := range map[string]place{
		"sqlite": func(t testing.TB) string { return t.TempDir() }, "postgres": recordstest.Postgres,
	} {
		b.Run(name, func(b *testing.B) {
			r := open(b, fresh(b), "pj")
			for range 10 {
				long(b, r, 10_000)
			}
			for b.Loop() {
				must(b, r.VerifyAudit(b.Context()))
			}
		})
	}
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
