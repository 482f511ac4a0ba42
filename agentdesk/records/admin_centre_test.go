package records

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestCentresApart: what one centre's administrators do, another's do not see.
func TestCentresApart(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		r, other := centres(t, fresh(t))
		ctx := t.Context()
		for _, c := range []*Records{r, other} {
			must(t, c.AddMember(ctx, admin("boss"), "$h", "system"))
			must(t, c.AddMember(ctx, Member{PersonInfo: PersonInfo{ID: "agent1", Name: "王", Role: "agent"}}, "$h", "system"))
		}
		version, err := other.AccessVersion(ctx)
		must(t, err)
		rows, err := other.AuditRows(ctx)
		must(t, err)

		n := DefaultNumbers()
		n.RingS = 33
		must(t, r.SetNumbers(ctx, n, "boss", Whatever))
		must(t, r.SetMatter(ctx, "a_matter", false, "boss", Whatever))
		must(t, r.SetCalendar(ctx, Calendar{Always: true, Week: map[time.Weekday]Hours{time.Monday: {510, 990}}, Holidays: []Holiday{{Date: "2026-10-01", Closed: true}}}, "boss", Whatever))
		must(t, r.SetAffinity(ctx, nil, "boss", Whatever))
		must(t, r.ChangePassword(ctx, "agent1", "$new", "boss"))
		_, err = r.SaveStation(ctx, StationInfo{ID: "s01", Name: "新村", Grid: "south", Closed: true}, "boss", Whatever)
		must(t, err)
		_, err = r.ImportStations(ctx, []StationDraft{{ID: "s77", Name: new("新村"), Grid: new("south")}}, "boss", false, Whatever)
		must(t, err)
		_, err = r.ImportPeople(ctx, []PersonDraft{{Login: "agent1", Disabled: new(true)}}, "boss", false, Whatever)
		must(t, err)
		must(t, r.IssueCode(ctx, "s01", codeHash("code"), noon+600_000, "boss"))
		_, err = r.RedeemCode(ctx, codeHash("code"), keyNumber(1))
		must(t, err)

		theirs, err := other.Numbers(ctx)
		must(t, err)
		equal(t, theirs, DefaultNumbers())
		off, err := other.DisabledMatters(ctx)
		must(t, err)
		equal(t, len(off), 0)
		c, err := other.Calendar(ctx)
		must(t, err)
		equal(t, fmt.Sprint(c.Always, len(c.Week), len(c.Holidays)), "false 0 0")
		s, err := other.StationEntries(ctx)
		must(t, err)
		equal(t, fmt.Sprintf("%d %s %s %d", len(s), s[0].Name, s[0].Affinity, len(s[0].Keys)), "3 云桥村 agent1 0")
		p, err := other.PersonByLogin(ctx, "agent1")
		must(t, err)
		equal(t, fmt.Sprintf("%s %v", p.PasswordHash, p.Disabled), "$h false")
		after, err := other.AccessVersion(ctx)
		must(t, err)
		equal(t, after, version)
		count, err := other.AuditRows(ctx)
		must(t, err)
		equal(t, count, rows)
		page, err := other.AuditPage(ctx, AuditCursor{}, MaxAuditPage)
		must(t, err)
		equal(t, int64(len(page)), rows)

		ours, err := r.Numbers(ctx)
		must(t, err)
		equal(t, ours, n)
		off, err = r.DisabledMatters(ctx)
		must(t, err)
		equal(t, fmt.Sprint(off), "map[a_matter:true]")
		must(t, r.VerifyAudit(ctx))
		must(t, other.VerifyAudit(ctx))
	})
}

// TestAccessRises: every change of who may do what raises the version; the
// others and dry runs leave it.
func TestAccessRises(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		r, _ := centres(t, fresh(t))
		ctx := t.Context()
		agent := Member{PersonInfo: PersonInfo{ID: "agent1", Name: "王", Role: "agent"}}
		must(t, r.AddMember(ctx, admin("boss"), "$h", "system"))
		for _, c := range []struct {
			name   string
			change func() error
			rises  bool
		}{
			{"person", func() error { return r.AddMember(ctx, agent, "$h", "boss") }, true},
			{"the same person", func() error { _, err := r.ChangeMember(ctx, agent, "boss", Whatever); return err }, false},
			{"disabled", func() error {
				d := agent
				d.Disabled = true
				_, err := r.ChangeMember(ctx, d, "boss", Whatever)
				return err
			}, true},
			{"password", func() error { return r.ChangePassword(ctx, "agent1", "$n", "boss") }, true},
			{"password of the program", func() error { return r.ChangePassword(ctx, "agent1", "$n", actorSystem) }, true},
			{"disabled by the program", func() error { return r.SetDisabled(ctx, "agent1", false) }, true},
			{"station closed", func() error {
				_, err := r.SaveStation(ctx, StationInfo{ID: "s01", Name: "云桥村", Grid: "middle", Closed: true}, "boss", Whatever)
				return err
			}, true},
			{"code", func() error { return r.IssueCode(ctx, "s01", codeHash("code"), noon+600_000, "boss") }, false},
			{"enrolled", func() error { _, err := r.RedeemCode(ctx, codeHash("code"), keyNumber(1)); return err }, true},
			{"used", func() error { return r.TouchKey(ctx, keyNumber(1).ID, noon) }, false},
			{"rotated", func() error { return r.Rotate(ctx, keyNumber(1).ID, keyNumber(2)) }, true},
			{"used anew", func() error { return r.TouchKey(ctx, keyNumber(2).ID, noon) }, true},
			{"revoked", func() error { return r.Revoke(ctx, "s01", "boss") }, true},
			{"dry import", func() error {
				_, err := r.ImportPeople(ctx, []PersonDraft{{Login: "agent1", Disabled: new(true)}}, "boss", true, Whatever)
				return err
			}, false},
			{"import", func() error {
				_, err := r.ImportPeople(ctx, []PersonDraft{{Login: "agent1", Disabled: new(true)}}, "boss", false, Whatever)
				return err
			}, true},
			{"numbers", func() error { n := DefaultNumbers(); n.RingS = 21; return r.SetNumbers(ctx, n, "boss", Whatever) }, false},
		} {
			before, err := r.AccessVersion(ctx)
			must(t, err)
			if err := c.change(); err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			after, err := r.AccessVersion(ctx)
			must(t, err)
			if (after > before) != c.rises {
				t.Errorf("%s: %d to %d", c.name, before, after)
			}
		}
	})
}

// TestAdministrationRefuses: what no row may carry.
func TestAdministrationRefuses(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		r, _ := centres(t, fresh(t))
		ctx := t.Context()
		n := DefaultNumbers()
		n.TargetPct = 101
		faulty(t, r.SetNumbers(ctx, n, "boss", Whatever), "target_pct", FaultNumber)
		faulty(t, r.SetMatter(ctx, strings.Repeat("m", 65), false, "boss", Whatever), "id", FaultUnknownMatter)
		faulty(t, r.SetCalendar(ctx, Calendar{Week: map[time.Weekday]Hours{7: {510, 990}}}, "boss", Whatever), "weekday", FaultWeekday)
		faulty(t, r.SetAffinity(ctx, []Affinity{{"s01", "nobody"}}, "boss", Whatever), "agent", FaultUnknownAgent)
		_, err := r.SaveStation(ctx, StationInfo{ID: "s01", Name: "云桥村", Grid: "middle", Affinity: "agent1"}, "boss", Whatever)
		must(t, err) // it was bound so before agent1 was known here
		_, err = r.SaveStation(ctx, StationInfo{ID: "s01", Name: "云桥村", Grid: "middle", Affinity: "agent2"}, "boss", Whatever)
		faulty(t, err, "affinity", FaultUnknownAgent)
		for _, limit := range []int{0, -1, MaxAuditPage + 1} {
			_, err := r.AuditPage(ctx, AuditCursor{}, limit)
			wants(t, err, ErrInvalid)
		}
		// A number that a row holds beyond our bounds counts as not chosen.
		must(t, r.write(ctx, "spoil", func(tx *txn) error {
			for name, value := range map[string]string{"ring_s": "99999", "wrap_up_s": "x", "unknown_s": "5"} {
				if _, err := tx.exec(ctx, `INSERT INTO settings (centre, name, value) VALUES (?, ?, ?)`, r.centre, numberPrefix+name, value); err != nil {
					return err
				}
			}
			return nil
		}))
		got, err := r.Numbers(ctx)
		must(t, err)
		equal(t, got, DefaultNumbers())
	})
}
