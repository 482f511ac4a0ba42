package records

import (
	"slices"
	"testing"
	"time"
)

func TestPeople(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		r, other := centres(t, fresh(t))
		ctx := t.Context()
		must(t, r.AddPerson(ctx, PersonInfo{ID: "agent1", Name: "王老师", Role: "agent", Seat: "1 号座席", Skills: []string{"health"}}, "$hash"))
		must(t, r.AddPerson(ctx, PersonInfo{ID: "admin", Name: "管理员", Role: "admin"}, "$hash2"))
		wants(t, r.AddPerson(ctx, PersonInfo{ID: "agent1", Name: "陈老师", Role: "agent"}, "$x"), ErrExists)
		for _, p := range []PersonInfo{{ID: "", Role: "agent"}, {ID: "Agent 1", Role: "agent"}, {ID: "a", Role: "king"}} {
			wants(t, r.AddPerson(ctx, p, "$x"), ErrInvalid)
		}
		p, err := r.PersonByLogin(ctx, "agent1")
		must(t, err)
		equal(t, p.PasswordHash, "$hash")
		equal(t, p.Name, "王老师")
		if !slices.Equal(p.Stations, []string{"s01", "s02", "s03"}) || !slices.Equal(p.Skills, []string{"health"}) {
			t.Fatalf("%+v", p)
		}
		_, err = other.Person(ctx, "agent1")
		wants(t, err, ErrNotFound)
		list, err := r.People(ctx)
		must(t, err)
		equal(t, len(list), 2)

		must(t, r.CreateSession(ctx, Session{Hash: "h1", Person: "agent1", Face: "desk", CreatedMS: noon, ExpiresMS: noon + 10}))
		must(t, r.ChangePassword(ctx, "agent1", "$new", actorSystem))
		_, err = r.SessionByHash(ctx, "h1")
		wants(t, err, ErrNotFound) // a new password ends what the old one opened
		must(t, r.SetDisabled(ctx, "agent1", true))
		_, err = r.Person(ctx, "agent1")
		wants(t, err, ErrNotFound)
		p, err = r.PersonByLogin(ctx, "agent1")
		must(t, err)
		equal(t, p.Disabled, true)
		equal(t, p.PasswordHash, "$new")
		wants(t, r.ChangePassword(ctx, "nobody", "$x", actorSystem), ErrNotFound)
	})
}

func TestSessions(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		r, other := centres(t, fresh(t))
		ctx := t.Context()
		must(t, r.AddPerson(ctx, PersonInfo{ID: "agent1", Name: "王老师", Role: "agent"}, "$hash"))
		s := Session{Hash: "h1", Person: "agent1", Face: "desk", CreatedMS: noon, SeenMS: noon, ExpiresMS: noon + 1000}
		must(t, r.CreateSession(ctx, s))
		got, err := r.SessionByHash(ctx, "h1")
		must(t, err)
		equal(t, got, s)
		_, err = other.SessionByHash(ctx, "h1")
		wants(t, err, ErrNotFound)
		must(t, r.TouchSession(ctx, "h1", noon+500))
		got, err = r.SessionByHash(ctx, "h1")
		must(t, err)
		equal(t, got.SeenMS, noon+500)
		must(t, r.CreateSession(ctx, Session{Hash: "h2", Person: "agent1", Face: "board", CreatedMS: noon + 3000, ExpiresMS: noon + 4000}))
		wants(t, r.TouchSession(ctx, "h1", noon), ErrNotFound) // it had ended and was swept when h2 was made
		must(t, r.DeleteSession(ctx, "h2"))
		must(t, r.DeleteSession(ctx, "h2"))
		wants(t, r.CreateSession(ctx, Session{Hash: "h3", Person: "nobody", CreatedMS: 1, ExpiresMS: 2}), ErrNotFound)
		wants(t, r.CreateSession(ctx, Session{Person: "agent1"}), ErrInvalid)
	})
}

func TestStations(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		r, other := centres(t, fresh(t))
		ctx := t.Context()
		_, err := r.SaveStation(ctx, StationInfo{ID: "s02", Name: "稻香村", Grid: "north", Specialist: "李老师", Closed: true}, "boss", Whatever)
		must(t, err)
		s, err := r.Station(ctx, "s02")
		must(t, err)
		equal(t, s, StationInfo{ID: "s02", Name: "稻香村", Grid: "north", Specialist: "李老师", Closed: true})
		list, err := r.Stations(ctx)
		must(t, err)
		equal(t, len(list), 3)
		s, err = other.Station(ctx, "s02")
		must(t, err)
		equal(t, s.Name, "云桥村")
		_, err = r.Station(ctx, "s99")
		wants(t, err, ErrNotFound)
		for _, bad := range []StationInfo{{ID: "s 1", Name: "x", Grid: "north"}, {ID: "s1", Grid: "north"}, {ID: "s1", Name: "x", Grid: "west"}} {
			wants(t, r.Provision(ctx, []StationInfo{bad}, nil), ErrInvalid)
		}
	})
}

func TestOpening(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		r, other := centres(t, fresh(t))
		ctx := t.Context()
		office, morning := Hours{8*60 + 30, 16*60 + 30}, Hours{8*60 + 30, 11*60 + 30}
		week := map[time.Weekday]Hours{}
		for d := time.Monday; d <= time.Saturday; d++ {
			week[d] = office
		}
		week[time.Saturday] = morning // Sunday closed
		must(t, r.SetHours(ctx, week))
		must(t, r.PutHoliday(ctx, Holiday{Date: "2026-10-01", Hours: morning, Note: "国庆节"}))
		must(t, r.PutHoliday(ctx, Holiday{Date: "2026-10-02", Closed: true}))
		at := func(day, clock string) int64 {
			m, err := time.ParseInLocation("2006-01-02 15:04", day+" "+clock, shanghai)
			must(t, err)
			return m.UnixMilli()
		}
		for name, c := range map[string]struct {
			at   int64
			want Opening
		}{
			"before":        {at("2026-11-23", "08:29"), Opening{false, "8:30–16:30", at("2026-11-23", "08:30"), at("2026-11-23", "08:30")}},
			"opens":         {at("2026-11-23", "08:30"), Opening{true, "8:30–16:30", at("2026-11-23", "08:30"), 0}},
			"shuts":         {at("2026-11-23", "16:30"), Opening{false, "8:30–16:30", at("2026-11-23", "08:30"), at("2026-11-24", "08:30")}},
			"over weekend":  {at("2026-11-21", "11:30"), Opening{false, "8:30–11:30", at("2026-11-21", "08:30"), at("2026-11-23", "08:30")}},
			"closed day":    {at("2026-11-22", "10:00"), Opening{false, "", 0, at("2026-11-23", "08:30")}},
			"holiday hours": {at("2026-10-01", "12:00"), Opening{false, "8:30–11:30", at("2026-10-01", "08:30"), at("2026-10-03", "08:30")}},
			"after UTC day": {at("2026-11-24", "00:30"), Opening{false, "8:30–16:30", at("2026-11-24", "08:30"), at("2026-11-24", "08:30")}},
		} {
			t.Run(name, func(t *testing.T) {
				got, err := r.Opening(ctx, c.at)
				must(t, err)
				equal(t, got, c.want)
			})
		}
		never, err := other.Opening(ctx, noon)
		must(t, err)
		equal(t, never, Opening{})
		must(t, other.SetRoundTheClock(ctx, true))
		always, err := other.Opening(ctx, noon)
		must(t, err)
		equal(t, always, Opening{Open: true, Hours: "0:00–24:00", OpenedMS: other.DayStart(noon)})
		wants(t, r.SetHours(ctx, map[time.Weekday]Hours{time.Monday: {600, 600}}), ErrInvalid)
		wants(t, r.PutHoliday(ctx, Holiday{Date: "1 October", Closed: true}), ErrInvalid)
	})
}
