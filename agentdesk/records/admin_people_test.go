package records

import (
	"errors"
	"strings"
	"sync"
	"testing"
)

// faulty fails unless err is a fault of this field and code.
func faulty(t *testing.T, err error, field, code string) {
	t.Helper()
	f, ok := errors.AsType[*Fault](err)
	if !ok || f.Field != field || f.Code != code || !errors.Is(err, ErrInvalid) {
		t.Fatalf("got %v, want %s of %s", err, code, field)
	}
}

// lastAudit returns the newest row of the audit.
func lastAudit(t *testing.T, r *Records) AuditEntry {
	t.Helper()
	list, err := r.AuditPage(t.Context(), AuditCursor{}, 50)
	must(t, err)
	newest := list[0]
	for _, e := range list { // of one node; rows of one millisecond stand in no promised order
		if e.Seq > newest.Seq {
			newest = e
		}
	}
	return newest
}

func admin(login string) Member {
	return Member{PersonInfo: PersonInfo{ID: login, Name: "钱老师", Role: "admin"}}
}

func TestMembers(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		r, other := centres(t, fresh(t))
		ctx := t.Context()
		must(t, r.AddMember(ctx, admin("boss"), "$hash", "system"))
		m := Member{PersonInfo: PersonInfo{ID: "agent1", Name: "王老师", Role: "agent", Seat: "1 号座席", Skills: []string{"health", "housing"}}}
		before, err := r.AccessVersion(ctx)
		must(t, err)
		must(t, r.AddMember(ctx, m, "$hash", "boss"))
		wants(t, r.AddMember(ctx, m, "$hash", "boss"), ErrExists)
		e := lastAudit(t, r)
		equal(t, e.Actor+" "+e.Action+" "+e.Object, "boss person.add agent1")
		after, err := r.AccessVersion(ctx)
		must(t, err)
		equal(t, after > before, true)

		list, err := r.Members(ctx)
		must(t, err)
		equal(t, len(list), 2)
		if got := list[0]; got.ID != "agent1" || got.CreatedMS == 0 || !got.Password || got.Disabled ||
			strings.Join(got.Stations, " ") != "s01 s02 s03" || strings.Join(got.Skills, " ") != "health housing" {
			t.Fatalf("%+v", got)
		}
		theirs, err := other.Members(ctx)
		must(t, err)
		equal(t, len(theirs), 0)

		// A change: the session ends with the role, and 包联 with the agent.
		must(t, r.CreateSession(ctx, Session{Hash: "h1", Person: "agent1", Face: "desk", CreatedMS: noon, ExpiresMS: noon + 10}))
		m.Seat = "2 号座席"
		old, err := r.ChangeMember(ctx, m, "boss", Whatever)
		must(t, err)
		equal(t, old.Seat, "1 号座席")
		_, err = r.SessionByHash(ctx, "h1")
		must(t, err)
		e = lastAudit(t, r)
		equal(t, e.Detail["seat"]+" was "+e.Detail["seat_was"], "2 号座席 was 1 号座席")
		seq := e.Seq
		_, err = r.ChangeMember(ctx, m, "boss", Whatever)
		must(t, err)
		equal(t, lastAudit(t, r).Seq, seq) // nothing changed, nothing written
		m.Role, m.Name = "helper", "王老大"
		_, err = r.ChangeMember(ctx, m, "boss", Whatever)
		must(t, err)
		_, err = r.SessionByHash(ctx, "h1")
		wants(t, err, ErrNotFound)
		e = lastAudit(t, r)
		equal(t, e.Detail["role_was"]+">"+e.Detail["role"]+" "+e.Detail["name"]+" "+e.Detail["stations_was"], "agent>helper changed s01 s02 s03")
		s, err := r.Station(ctx, "s01")
		must(t, err)
		equal(t, s.Affinity, "")
		s, err = other.Station(ctx, "s01")
		must(t, err)
		equal(t, s.Affinity, "agent1")
		m.ID = "nobody"
		_, err = r.ChangeMember(ctx, m, "boss", Whatever)
		wants(t, err, ErrNotFound)
		must(t, r.VerifyAudit(ctx))
	})
}

func TestMemberFaults(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		r := open(t, fresh(t), "pj")
		for name, c := range map[string]struct {
			change      func(*Member)
			field, code string
		}{
			"no login":     {func(m *Member) { m.ID = "" }, "login", FaultLogin},
			"capitals":     {func(m *Member) { m.ID = "Agent" }, "login", FaultLogin},
			"path":         {func(m *Member) { m.ID = "../x" }, "login", FaultLogin},
			"long login":   {func(m *Member) { m.ID = strings.Repeat("a", 33) }, "login", FaultLogin},
			"no name":      {func(m *Member) { m.Name = "  " }, "name", FaultEmpty},
			"long name":    {func(m *Member) { m.Name = strings.Repeat("王", 41) }, "name", FaultTooLong},
			"NUL":          {func(m *Member) { m.Name = "a\x00" }, "name", FaultText},
			"two lines":    {func(m *Member) { m.Seat = "1\n2" }, "seat", FaultText},
			"turned round": {func(m *Member) { m.Name = "a\u202eb" }, "name", FaultText},
			"GB18030":      {func(m *Member) { m.Name = "\xcd\xf5" }, "name", FaultText},
			"role":         {func(m *Member) { m.Role = "king" }, "role", FaultRole},
			"station":      {func(m *Member) { m.Role = "station" }, "role", FaultRole},
			"family":       {func(m *Member) { m.Skills = []string{"flying"} }, "skills", FaultFamily},
			"family twice": {func(m *Member) { m.Skills = []string{"health", "health"} }, "skills", FaultDuplicate},
		} {
			m := Member{PersonInfo: PersonInfo{ID: "agent1", Name: "王", Role: "agent"}}
			c.change(&m)
			t.Run(name, func(t *testing.T) { faulty(t, r.AddMember(t.Context(), m, "$h", "boss"), c.field, c.code) })
		}
	})
}

func TestWithoutPassword(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		r := open(t, fresh(t), "pj")
		ctx := t.Context()
		m := Member{PersonInfo: PersonInfo{ID: "agent1", Name: "王", Role: "agent"}}
		must(t, r.AddMember(ctx, m, "", "boss"))
		_, err := r.Person(ctx, "agent1")
		wants(t, err, ErrNotFound) // disabled until there is a password
		_, err = r.ChangeMember(ctx, m, "boss", Whatever)
		faulty(t, err, "disabled", FaultNoPassword)
		wants(t, r.ChangePassword(ctx, "agent1", "", "boss"), ErrInvalid)
		must(t, r.ChangePassword(ctx, "agent1", "$h", "boss"))
		_, err = r.Person(ctx, "agent1")
		must(t, err)
		e := lastAudit(t, r)
		equal(t, e.Actor+" "+e.Action, "boss person.password")
		// Who was disabled for another reason stays so.
		m.Disabled = true
		_, err = r.ChangeMember(ctx, m, "boss", Whatever)
		must(t, err)
		must(t, r.ChangePassword(ctx, "agent1", "$h2", "boss"))
		_, err = r.Person(ctx, "agent1")
		wants(t, err, ErrNotFound)
		wants(t, r.ChangePassword(ctx, "nobody", "$h", "boss"), ErrNotFound)
	})
}

// TestLastAdmin: two administrators that lock each other out at once leave one.
func TestLastAdmin(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		r := open(t, fresh(t), "pj")
		ctx := t.Context()
		must(t, r.AddMember(ctx, admin("a"), "$h", "system"))
		must(t, r.AddMember(ctx, admin("none"), "", "system")) // counts for nothing: cannot log in
		demoted, disabled := admin("a"), admin("a")
		demoted.Role, disabled.Disabled = "supervisor", true
		_, err := r.ChangeMember(ctx, demoted, "a", Whatever)
		faulty(t, err, "role", FaultLastAdmin)
		_, err = r.ChangeMember(ctx, disabled, "a", Whatever)
		faulty(t, err, "disabled", FaultLastAdmin)
		res, err := r.ImportPeople(ctx, []PersonDraft{{Login: "a", Role: new("agent")}}, "a", false, Whatever)
		must(t, err)
		if len(res.Faults) != 1 || res.Faults[0].Code != FaultLastAdmin {
			t.Fatalf("%+v", res)
		}
		must(t, r.AddMember(ctx, admin("b"), "$h", "a"))
		var wg sync.WaitGroup
		results := make(chan error, 2)
		for _, login := range []string{"a", "b"} {
			m := admin(login)
			m.Disabled = true
			wg.Go(func() {
				_, err := r.ChangeMember(ctx, m, "x", Whatever)
				results <- err
			})
		}
		wg.Wait()
		failed := 0
		for range 2 {
			if err := <-results; err != nil {
				faulty(t, err, "disabled", FaultLastAdmin)
				failed++
			}
		}
		equal(t, failed, 1)
	})
}
