package demo

import (
	"fmt"
	"log/slog"
	"reflect"
	"testing"
	"time"

	"github.com/remotewindow/remotewindow/agentdesk/password"
	"github.com/remotewindow/remotewindow/agentdesk/records"
	"github.com/remotewindow/remotewindow/agentdesk/records/recordstest"
)

var zone = time.FixedZone("CST", 8*3600)

// both runs a test on each of the databases.
func both(t *testing.T, test func(t *testing.T, at records.Options)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, records.Options{Dir: t.TempDir()}) })
	t.Run("postgres", func(t *testing.T) { test(t, records.Options{URL: recordstest.Postgres(t)}) })
}

func seeded(t *testing.T, at records.Options, o Options) *records.Records {
	t.Helper()
	at.Centre, at.Location, at.Logger = "pj", zone, slog.New(slog.DiscardHandler)
	r, err := records.Open(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	seed(t, r, o)
	return r
}

func seed(t *testing.T, r *records.Records, o Options) {
	t.Helper()
	if err := Seed(t.Context(), r, o); err != nil {
		t.Fatal(err)
	}
}

func TestSeed(t *testing.T) {
	both(t, func(t *testing.T, at records.Options) {
		r := seeded(t, at, Options{})
		stations, err := r.Stations(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		grids, names, specialists := map[string]int{}, map[string]bool{}, map[string]bool{}
		for i, s := range stations {
			grids[s.Grid]++
			names[s.Name] = true
			specialists[s.Specialist] = true
			if s.ID != StationID(i+1) || s.Affinity != AgentID(i+1) || s.Closed {
				t.Errorf("%+v", s)
			}
		}
		if len(stations) != 31 || len(names) != 31 || len(specialists) != 31 || grids["north"] != 10 || grids["middle"] != 11 || grids["south"] != 10 {
			t.Fatalf("%d stations, %d names, %d specialists, grids %v", len(stations), len(names), len(specialists), grids)
		}
		if s := stations[6]; s.Name != "云桥村" || s.Grid != "middle" || s.Specialist != "李老师" {
			t.Errorf("s07 is %+v", s)
		}
		people, err := r.People(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		roles := map[string]int{}
		for _, p := range people {
			roles[p.Role]++
		}
		if roles["agent"] != 35 || len(people) != 39 || len(roles) != 5 {
			t.Fatalf("roles %v", roles)
		}
		p, err := r.PersonByLogin(t.Context(), "agent7")
		if err != nil {
			t.Fatal(err)
		}
		if p.Seat != "7 号座席" || len(p.Stations) != 1 || p.Stations[0] != "s07" {
			t.Errorf("%+v", p)
		}
		if ok, err := password.Verify(p.PasswordHash, Password); !ok || err != nil {
			t.Errorf("the password does not open: %v", err)
		}
		if p, err := r.Person(t.Context(), "agent32"); err != nil || len(p.Stations) != 0 {
			t.Errorf("%+v %v", p, err)
		}
	})
}

func TestSeedAgainKeepsWhatIsThere(t *testing.T) {
	both(t, func(t *testing.T, at records.Options) {
		r := seeded(t, at, Options{})
		ctx := t.Context()
		changed := records.StationInfo{ID: "s07", Name: "新云桥村", Grid: "middle", Affinity: "agent2", Closed: true}
		if _, err := r.SaveStation(ctx, changed, "admin", records.Whatever); err != nil {
			t.Fatal(err)
		}
		if err := r.ChangePassword(ctx, "admin", "$other", "admin"); err != nil {
			t.Fatal(err)
		}
		seed(t, r, Options{Stations: 40, Agents: 50})
		if s, err := r.Station(ctx, "s07"); err != nil || s != changed {
			t.Errorf("%+v %v", s, err)
		}
		if p, err := r.PersonByLogin(ctx, "admin"); err != nil || p.PasswordHash != "$other" {
			t.Errorf("%+v %v", p, err)
		}
		stations, err := r.Stations(ctx)
		if err != nil || len(stations) != 40 || stations[31].Affinity != "" {
			t.Errorf("%d stations, %v", len(stations), err)
		}
		if _, err := r.Person(ctx, "agent50"); err != nil {
			t.Error(err)
		}
	})
}

func TestHours(t *testing.T) {
	both(t, func(t *testing.T, at records.Options) {
		now := time.Date(2026, 9, 1, 12, 0, 0, 0, zone)
		r := seeded(t, at, Options{OfficeHours: true, Now: func() time.Time { return now }})
		for day, want := range map[string]string{
			"2026-11-23": "8:30–16:30", // Monday
			"2026-11-22": "8:30–11:30", // Sunday
			"2026-10-01": "8:30–11:30", // Thursday, 国庆节
			"2027-01-01": "8:30–11:30", // Friday, 元旦
		} {
			at, err := time.ParseInLocation(time.DateOnly, day, zone)
			if err != nil {
				t.Fatal(err)
			}
			o, err := r.Opening(t.Context(), at.UnixMilli())
			if err != nil || o.Open || o.Hours != want {
				t.Errorf("%s: %+v %v, want %s", day, o, err, want)
			}
		}
	})
}

func TestRoundTheClock(t *testing.T) {
	both(t, func(t *testing.T, at records.Options) {
		r := seeded(t, at, Options{})
		night := time.Date(2026, 9, 1, 3, 0, 0, 0, zone)
		if o, err := r.Opening(t.Context(), night.UnixMilli()); err != nil || !o.Open {
			t.Errorf("not open at night: %+v %v", o, err)
		}
	})
}

// TestSeedAgainKeepsTheCalendar: what an administrator made of it outlives a
// start with whatever options.
func TestSeedAgainKeepsTheCalendar(t *testing.T) {
	both(t, func(t *testing.T, at records.Options) {
		r := seeded(t, at, Options{})
		ctx := t.Context()
		for _, err := range []error{
			r.SetRoundTheClock(ctx, false),
			r.SetHours(ctx, map[time.Weekday]records.Hours{time.Tuesday: {Open: 600, Close: 660}}),
			r.PutHoliday(ctx, records.Holiday{Date: fmt.Sprintf("%d-10-01", time.Now().Year()), Closed: true}),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		want, err := r.Calendar(ctx)
		if err != nil || want.Always || len(want.Week) != 1 {
			t.Fatalf("%+v %v", want, err)
		}
		for _, o := range []Options{{}, {OfficeHours: true}} {
			seed(t, r, o)
			if got, err := r.Calendar(ctx); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%+v %v, want %+v", got, err, want)
			}
		}
	})
}

func TestSeedRefuses(t *testing.T) {
	for _, o := range []Options{{Stations: -1}, {Agents: MaxAgents + 1}} {
		if err := Seed(t.Context(), nil, o); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
}
