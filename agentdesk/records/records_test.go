package records

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/remotewindow/remotewindow/agentdesk/records/recordstest"
)

// shanghai is the zone of the pilot, fixed so that tests need no zone files.
var shanghai = time.FixedZone("CST", 8*3600)

// place gives a test a fresh database: a data folder, or the URL of one.
type place func(t testing.TB) string

// both runs a test on each of the databases.
func both(t *testing.T, test func(t *testing.T, fresh place)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, func(t testing.TB) string { return t.TempDir() }) })
	t.Run("postgres", func(t *testing.T) { test(t, recordstest.Postgres) })
}

// at is Options for a place.
func at(where, centre string) Options {
	o := Options{Centre: centre, Location: shanghai, Logger: slog.New(slog.DiscardHandler)}
	if isPostgres(where) {
		o.URL = where
	} else {
		o.Dir = where
	}
	return o
}

func open(t testing.TB, where, centre string) *Records {
	t.Helper()
	r, err := Open(t.Context(), at(where, centre))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// centres opens a database with two centres, each with stations s01 to s03, and
// returns the first; the second is always there so that a missing centre in a
// query shows.
func centres(t testing.TB, where string) (r, other *Records) {
	t.Helper()
	r, other = open(t, where, "pj"), open(t, where, "xz")
	for _, c := range []*Records{r, other} {
		for _, id := range []string{"s01", "s02", "s03"} {
			must(t, c.Provision(t.Context(), []StationInfo{{ID: id, Name: "云桥村", Grid: "middle", Affinity: "agent1"}}, nil))
		}
	}
	return r, other
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wants(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got %v, want %v", err, want)
	}
}

func equal[T comparable](t testing.TB, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("got %+v, want %+v", got, want)
	}
}

// noon is 2026-11-22 12:00 in Shanghai.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, shanghai).UnixMilli()

func press(t testing.TB, r *Records, station, key string, at int64) TicketRecord {
	t.Helper()
	tk, err := r.Admit(t.Context(), Admission{
		Key: key, Station: station, ConsentText: "2026-1", Lang: "zh", Affinity: "agent1", Priority: 1, AtMS: at,
	})
	must(t, err)
	return tk
}

func TestOpenRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, []byte("x"), 0o600))
	broken := t.TempDir()
	must(t, os.WriteFile(filepath.Join(broken, fileName), []byte("this is no database, whatever its name says"), 0o600))
	for name, o := range map[string]Options{
		"no centre":     {Dir: t.TempDir()},
		"no folder":     {Centre: "pj"},
		"mysql":         {Centre: "pj", URL: "mysql://db/remotewindow"},
		"folder a file": {Centre: "pj", Dir: file},
		"not SQLite":    {Centre: "pj", Dir: broken},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := Open(t.Context(), o)
			if err == nil {
				t.Fatal("opened", r.Close())
			}
			if (name == "mysql") != errors.Is(err, ErrUnsupported) {
				t.Fatal(err)
			}
		})
	}
}

func TestPragmasHold(t *testing.T) {
	r := open(t, t.TempDir(), "pj")
	must(t, r.write(t.Context(), "pragmas", func(tx *txn) error {
		for pragma, want := range map[string]string{
			"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000",
		} {
			var got string
			if err := tx.row(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil {
				return err
			}
			if got != want {
				t.Errorf("%s is %s, want %s", pragma, got, want)
			}
		}
		return nil
	}))
	info, err := os.Stat(filepath.Join(filepath.Dir(dbPath(t, r)), fileName))
	must(t, err)
	equal(t, info.Mode().Perm(), 0o600)
}

// dbPath asks SQLite where its file lies.
func dbPath(t *testing.T, r *Records) string {
	t.Helper()
	var seq int
	var name, file string
	must(t, r.readers.QueryRowContext(t.Context(), "PRAGMA database_list").Scan(&seq, &name, &file))
	return file
}

func TestReadersCannotWrite(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		r, _ := centres(t, fresh(t))
		err := r.read(t.Context(), "write", func(tx *txn) error {
			_, err := tx.exec(t.Context(), `DELETE FROM stations`)
			return err
		})
		wants(t, err, ErrUnavailable)
	})
}

func TestUnavailable(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		reg := prometheus.NewRegistry()
		o := at(fresh(t), "pj")
		o.Registerer = reg
		r, err := Open(t.Context(), o)
		must(t, err)
		late, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
		defer cancel()
		wants(t, r.Ping(late), ErrUnavailable)
		must(t, r.Ping(t.Context()))
		must(t, r.Close())
		wants(t, r.Ping(t.Context()), ErrUnavailable)
		_, err = r.Admit(t.Context(), Admission{Key: "k", Station: "s01"})
		wants(t, err, ErrUnavailable)
		families, err := reg.Gather()
		must(t, err)
		equal(t, families[0].GetName(), "remotewindow_store_errors_total")
		equal(t, families[0].GetMetric()[0].GetCounter().GetValue(), 3)
		o = at(fresh(t), "pj")
		o.Registerer = reg
		again, err := Open(t.Context(), o)
		must(t, err) // the same registry twice is one counter
		must(t, again.Close())
	})
}

func TestTextThatNoDatabaseKeeps(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		r, _ := centres(t, fresh(t))
		tk := press(t, r, "s01", "k1", noon)
		for name, text := range map[string]string{"NUL": "a\x00b", "half a character": "\xe5\x8d", "surrogate": "\xed\xa0\x80"} {
			_, err := r.Admit(t.Context(), Admission{Key: text, Station: "s02", AtMS: noon})
			wants(t, err, ErrInvalid)
			wants(t, r.AddCourse(t.Context(), tk.ID, CourseEvent{AtMS: noon, Kind: "note", Detail: text}), ErrInvalid)
			if _, err := r.Ticket(t.Context(), text); !errors.Is(err, ErrInvalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		must(t, r.AddCourse(t.Context(), tk.ID, CourseEvent{AtMS: noon, Kind: "note", Detail: "𠮷野家'; DROP TABLE tickets; -- ?\\"}))
		c, err := r.Call(t.Context(), tk.ID)
		must(t, err)
		equal(t, len(c.Course), 1)
		equal(t, c.Course[0].Detail, "𠮷野家'; DROP TABLE tickets; -- ?\\")
	})
}

// TestListsSortByBytes: the databases of the tests have a dictionary's order.
func TestListsSortByBytes(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		r := open(t, fresh(t), "pj")
		ids := []string{"s-1", "s-a", "s1", "s10", "s2", "sa", "sa-b", "sab"}
		for _, i := range []int{4, 2, 0, 7, 6, 1, 3, 5} {
			must(t, r.Provision(t.Context(), []StationInfo{{ID: ids[i], Name: "云桥村", Grid: "middle", Affinity: "agent1"}}, nil))
			must(t, r.AddPerson(t.Context(), PersonInfo{ID: ids[i], Name: "王老师", Role: "agent"}, "$hash"))
		}
		stations, err := r.Stations(t.Context())
		must(t, err)
		people, err := r.People(t.Context())
		must(t, err)
		for i, id := range ids {
			equal(t, stations[i].ID, id)
			equal(t, people[i].ID, id)
		}
	})
}

// TestAccessVersion: it rises with each change of who may do what, and with no other.
func TestAccessVersion(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		r := open(t, fresh(t), "pj")
		ctx := t.Context()
		last := int64(0)
		step := func(what string, rises bool, err error) {
			t.Helper()
			must(t, err)
			v, err := r.AccessVersion(ctx)
			must(t, err)
			if (v > last) != rises || v < last {
				t.Errorf("%s: version %d after %d", what, v, last)
			}
			last = v
		}
		step("nothing", false, nil)
		step("station", true, r.Provision(ctx, []StationInfo{{ID: "s01", Name: "云桥村", Grid: "middle"}}, nil))
		_, err := r.SaveStation(ctx, StationInfo{ID: "s01", Name: "云桥村", Grid: "middle", Closed: true}, "boss", Whatever)
		step("closing", true, err)
		step("person", true, r.AddPerson(ctx, PersonInfo{ID: "agent1", Name: "王老师", Role: "agent"}, "$hash"))
		step("password", true, r.ChangePassword(ctx, "agent1", "$new", actorSystem))
		step("disabled", true, r.SetDisabled(ctx, "agent1", true))
		step("enabled", true, r.SetDisabled(ctx, "agent1", false))
		step("provision", true, r.Provision(ctx, []StationInfo{{ID: "s02", Name: "稻香村", Grid: "middle"}}, nil))
		step("provision again", false, r.Provision(ctx, []StationInfo{{ID: "s02", Name: "稻香村", Grid: "middle"}}, nil))
		step("hours", false, r.SetRoundTheClock(ctx, true))
		step("session", false, r.CreateSession(ctx, Session{Hash: "h", Person: "agent1", Face: "desk", ExpiresMS: 1}))
		press(t, r, "s01", "k1", noon)
		step("press", false, nil)
		wants(t, r.SetDisabled(ctx, "nobody", true), ErrNotFound)
		step("nobody", false, nil)
	})
}

func TestBind(t *testing.T) {
	const q = `UPDATE t SET a = ?, b = ? WHERE c = ?`
	equal(t, sqliteDialect.bind(q), q)
	equal(t, postgresDialect.bind(q), `UPDATE t SET a = $1, b = $2 WHERE c = $3`)
}

func TestAdmitIsIdempotent(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		r, other := centres(t, fresh(t))
		first := press(t, r, "s01", "k1", noon)
		equal(t, first.Number, "A001")
		equal(t, first.Case, "PJ-261122-001")
		equal(t, first.State, StateWaiting)
		equal(t, first.Priority, 1)
		equal(t, press(t, r, "s01", "k1", noon+5), first) // the same key
		equal(t, press(t, r, "s01", "k2", noon+5), first) // another press while it waits
		equal(t, press(t, r, "s02", "k1", noon+9).Number, "A002")
		equal(t, press(t, other, "s01", "k1", noon).Number, "A001")

		must(t, r.Abandon(t.Context(), first.ID, "left", noon+20))
		again := press(t, r, "s01", "k1", noon+30) // the key is spent for good
		equal(t, again.ID, first.ID)
		equal(t, again.State, StateClosed)
		equal(t, press(t, r, "s01", "k3", noon+30).Number, "A003")

		_, err := r.Admit(t.Context(), Admission{Key: "k", Station: "s99", AtMS: noon})
		wants(t, err, ErrNotFound)
		_, err = r.Admit(t.Context(), Admission{Station: "s01", AtMS: noon})
		wants(t, err, ErrInvalid)
		equal(t, press(t, r, "s03", "k4", noon).Number, "A004") // a refused press spends no number
	})
}

func TestAdmitAtOnce(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		r, _ := centres(t, fresh(t))
		ids := make([]string, 8)
		var all sync.WaitGroup
		for i := range ids {
			all.Go(func() {
				tk, err := r.Admit(t.Context(), Admission{Key: fmt.Sprint("k", i%2), Station: "s01", AtMS: noon})
				if err != nil {
					t.Error(err)
				}
				ids[i] = tk.ID
			})
		}
		all.Wait()
		for _, id := range ids {
			equal(t, id, ids[0])
		}
	})
}

func TestNumbersBeginAnewEachLocalDay(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		r, other := centres(t, fresh(t))
		midnight := time.Date(2026, 11, 23, 0, 0, 0, 0, shanghai).UnixMilli() // 16:00 UTC of the 22nd
		for i, c := range []struct {
			station        string
			at             int64
			number, caseID string
		}{
			{"s01", midnight - 2, "A001", "PJ-261122-001"},
			{"s02", midnight - 1, "A002", "PJ-261122-002"},
			{"s03", midnight, "A001", "PJ-261123-001"},
		} {
			tk := press(t, r, c.station, fmt.Sprint("k", i), c.at)
			equal(t, tk.Number, c.number)
			equal(t, tk.Case, c.caseID)
		}
		equal(t, press(t, other, "s01", "k", midnight+1).Case, "XZ-261123-001")
	})
}

func TestTicketNumber(t *testing.T) {
	for n, want := range map[int64]string{1: "A001", 12: "A012", 999: "A999", 1000: "B001", 26 * 999: "Z999", 26*999 + 1: "A001"} {
		equal(t, ticketNumber(n), want)
	}
}
