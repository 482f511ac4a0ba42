package records

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/remotewindow/remotewindow/agentdesk/records/recordstest"
)

func TestOpenPostgresRefuses(t *testing.T) {
	silent, err := os.MkdirTemp("", "rw") // a socket's path is short
	must(t, err)
	t.Cleanup(func() { must(t, os.RemoveAll(silent)) })
	l, err := net.Listen("unix", filepath.Join(silent, ".s.PGSQL.5432")) // the kernel takes connections, nobody answers
	must(t, err)
	t.Cleanup(func() { must(t, l.Close()) })
	for name, c := range map[string]struct{ url, says string }{
		"no URL":      {"postgres://remotewindow:hush@db:port/x", "postgres://user:password@host"},
		"nobody home": {"postgres://remotewindow:hush@/x?host=" + url.QueryEscape(t.TempDir()), "does not answer"},
		"no database": {strings.Replace(recordstest.Postgres(t), "/t", "/no_such_", 1), "does not answer"},
		"says nothing": {
			"postgres://remotewindow:hush@/x?connect_timeout=1&sslmode=disable&host=" + url.QueryEscape(silent), "does not answer"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := Open(t.Context(), at(c.url, "pj"))
			if err == nil {
				t.Fatal("opened", r.Close())
			}
			if !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "hush") {
				t.Fatal(err)
			}
		})
	}
}

func TestNodesThatStartAtOnce(t *testing.T) {
	where := recordstest.Postgres(t)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			r, err := Open(t.Context(), at(where, "pj"))
			if err != nil {
				t.Error(err)
				return
			}
			if err := errors.Join(r.Ping(t.Context()), r.Close()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

func TestSessionsOfPostgresAreBounded(t *testing.T) {
	r := open(t, recordstest.Postgres(t)+"&lock_timeout=7s", "pj")
	for _, db := range []*sql.DB{r.writer, r.readers} {
		for setting, want := range map[string]string{
			"statement_timeout": "20s", "lock_timeout": "7s", "idle_in_transaction_session_timeout": "10s",
			"application_name": "remotewindow", "fsync": "off",
		} {
			var got string
			must(t, db.QueryRowContext(t.Context(), "SHOW "+setting).Scan(&got))
			equal(t, got, want)
		}
	}
	equal(t, r.writer.Stats().MaxOpenConnections, writers)
	equal(t, r.readers.Stats().MaxOpenConnections, readers)
}

// TestManyNodesOneCentre: nodes press, accept, end and finish at once, two of them
// under one name by mistake, at the same stations.
func TestManyNodesOneCentre(t *testing.T) {
	where := recordstest.Postgres(t)
	const presses = 12
	var nodes []*Records
	for _, name := range []string{"node1", "node2", "node2"} {
		o := at(where, "pj")
		o.Node = name
		r, err := Open(t.Context(), o)
		must(t, err)
		t.Cleanup(func() { must(t, r.Close()) })
		nodes = append(nodes, r)
	}
	stations := []string{"s01", "s02", "s03"}
	for _, s := range stations {
		must(t, nodes[0].Provision(t.Context(), []StationInfo{{ID: s, Name: "云桥村", Grid: "middle"}}, nil))
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	answered := map[string]int64{} // ticket -> how many presses it answered
	var epochs atomic.Int64
	for i, r := range nodes {
		for _, s := range stations {
			all.Go(func() {
				for n := range presses {
					tk, err := r.Admit(t.Context(), Admission{Key: fmt.Sprint("node", i, "press", n), Station: s, AtMS: noon})
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					answered[tk.ID]++
					mu.Unlock()
					// Whoever is first of those who hold the ticket brings it to its end.
					e := epoch(epochs.Add(1))
					for _, step := range []error{
						r.Accept(t.Context(), tk.ID, fmt.Sprint("agent", i), e, noon),
						r.End(t.Context(), tk.ID, e, "agent", noon),
						r.Finish(t.Context(), Finish{Ticket: tk.ID, Agent: fmt.Sprint("agent", i), Epoch: e, Disposition: "accepted", AtMS: noon}),
					} {
						if step != nil && !errors.Is(step, ErrStale) {
							t.Error(step)
						}
					}
				}
			})
		}
	}
	all.Wait()
	var numbers []string
	var rows int64
	must(t, nodes[0].read(t.Context(), "count", func(tx *txn) error {
		numbers, rows = nil, 0
		return tx.each(t.Context(), func(r *sql.Rows) error {
			var number string
			rows++
			err := r.Scan(&number)
			numbers = append(numbers, number)
			return err
		}, `SELECT number FROM tickets ORDER BY seq`)
	}))
	equal(t, rows, int64(len(answered)))
	for i, number := range numbers {
		equal(t, number, ticketNumber(int64(i+1))) // no gap and none twice
	}
	sum := int64(0)
	for _, n := range answered {
		sum += n
	}
	equal(t, sum, int64(len(nodes)*len(stations)*presses))
	open, err := nodes[0].OpenTickets(t.Context())
	must(t, err)
	busy := map[string]bool{}
	for _, tk := range open {
		if tk.State != StateWrapUp && busy[tk.Station] {
			t.Errorf("two open tickets of %s", tk.Station)
		}
		busy[tk.Station] = busy[tk.Station] || tk.State != StateWrapUp
	}
	must(t, nodes[0].VerifyAudit(t.Context()))
}

func TestOneAcceptWinsAmongNodes(t *testing.T) {
	where := recordstest.Postgres(t)
	r, _ := centres(t, where)
	nodes := []*Records{r, open(t, where, "pj"), open(t, where, "pj")}
	for n := range int64(10) {
		tk := press(t, r, "s01", fmt.Sprint("k", n), noon)
		var won atomic.Int32
		var all sync.WaitGroup
		for i := range 9 {
			all.Go(func() {
				err := nodes[i%3].Accept(t.Context(), tk.ID, fmt.Sprint("agent", i), epoch(n), noon)
				if err == nil {
					won.Add(1)
				} else if !errors.Is(err, ErrStale) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		equal(t, won.Load(), 1)
		must(t, r.End(t.Context(), tk.ID, epoch(n), "agent", noon))
	}
}

// TestLockedOut: a centre whose lock another node holds answers within the
// caller's time; the next centre is not concerned, nor are readers.
func TestLockedOut(t *testing.T) {
	where := recordstest.Postgres(t)
	r, other := centres(t, where)
	ctx, cancel := context.WithCancel(t.Context())
	held, ended := make(chan struct{}), make(chan error, 1)
	node := open(t, where, "pj")
	go func() {
		ended <- node.write(ctx, "hold", func(*txn) error {
			close(held)
			<-ctx.Done()
			return ctx.Err()
		})
	}()
	<-held
	soon, stop := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer stop()
	_, err := r.Admit(soon, Admission{Key: "k1", Station: "s01", AtMS: noon})
	wants(t, err, ErrUnavailable)
	wants(t, err, context.DeadlineExceeded)
	press(t, other, "s01", "k1", noon)
	_, err = r.Station(t.Context(), "s01")
	must(t, err)
	cancel()
	wants(t, <-ended, ErrUnavailable)
	press(t, r, "s01", "k1", noon)
}

// TestPostgresComesBack stops the server while presses go on: each is told that
// the database is away, none that was acknowledged is lost, and the first one
// after its return is taken.
func TestPostgresComesBack(t *testing.T) {
	for name, stop := range map[string]func(*recordstest.Server, testing.TB){
		"stopped": (*recordstest.Server).Stop, "killed": (*recordstest.Server).Kill,
	} {
		t.Run(name, func(t *testing.T) {
			server := recordstest.Start(t)
			r, _ := centres(t, server.URL(recordstest.Database))
			var known sync.Map // station -> tickets acknowledged
			away, done := make(chan struct{}), make(chan struct{})
			var once sync.Once
			var all sync.WaitGroup
			for _, station := range []string{"s01", "s02", "s03"} {
				all.Go(func() {
					var acknowledged []string
					for n := 0; ; n++ {
						tk, err := r.Admit(t.Context(), Admission{Key: fmt.Sprint("k", n), Station: station, AtMS: noon})
						switch {
						case err == nil:
							acknowledged = append(acknowledged, tk.ID)
							// Abandon makes room for the next; away or not, it may be repeated.
							if err := r.Abandon(t.Context(), tk.ID, "left", noon); err != nil && !errors.Is(err, ErrUnavailable) {
								t.Error(err)
							}
						case errors.Is(err, ErrUnavailable):
							once.Do(func() { close(away) })
						default:
							t.Error(err)
						}
						select {
						case <-done:
							known.Store(station, acknowledged)
							return
						default:
						}
					}
				})
			}
			stop(server, t)
			<-away
			soon, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			wants(t, r.Ping(soon), ErrUnavailable)
			server.Start(t)
			must(t, r.Ping(t.Context())) // at once, by itself
			_, err := r.Stations(t.Context())
			must(t, err)
			close(done)
			all.Wait()
			known.Range(func(_, list any) bool {
				for _, id := range list.([]string) {
					state(t, r, id)
				}
				return true
			})
			must(t, r.VerifyAudit(t.Context()))
		})
	}
}

// TestIdleConnectionsDieUnseen: a server that was restarted between two requests
// shows in neither, whether the pool had looked at its connections or not.
func TestIdleConnectionsDieUnseen(t *testing.T) {
	server := recordstest.Start(t)
	r, _ := centres(t, server.URL(recordstest.Database))
	for _, stop := range []func(testing.TB){server.Stop, server.Kill} {
		// Fill the pool.
		var all, ready sync.WaitGroup
		ready.Add(readers)
		for range readers {
			all.Go(func() {
				err := r.read(t.Context(), "hold", func(*txn) error {
					ready.Done()
					ready.Wait()
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		equal(t, r.readers.Stats().OpenConnections, readers)
		stop(t)
		server.Start(t)
		_, err := r.Stations(t.Context())
		must(t, err)
		must(t, r.Ping(t.Context()))
	}
}

func TestErrorsOfPostgres(t *testing.T) {
	r, _ := centres(t, recordstest.Postgres(t))
	for name, c := range map[string]struct {
		err  error
		want error
		runs int32 // of the transaction's body
	}{
		"shut down":       {&pgconn.PgError{Code: "57P01"}, ErrUnavailable, 1},
		"crashed":         {&pgconn.PgError{Code: "57P02"}, ErrUnavailable, 1},
		"starting":        {&pgconn.PgError{Code: "57P03"}, ErrUnavailable, 1},
		"connection lost": {&pgconn.PgError{Code: "08006"}, ErrUnavailable, 1},
		"disk full":       {&pgconn.PgError{Code: "53100"}, ErrUnavailable, 1},
		"standby":         {&pgconn.PgError{Code: "25006"}, ErrUnavailable, 1},
		"statement limit": {&pgconn.PgError{Code: "57014"}, ErrUnavailable, 1},
		"reset":           {net.ErrClosed, ErrUnavailable, 1},
		"exists":          {&pgconn.PgError{Code: "23505"}, ErrExists, 1},
		"no parent":       {&pgconn.PgError{Code: "23503"}, ErrNotFound, 1},
		"no row":          {pgx.ErrNoRows, ErrNotFound, 1},
		"serialization":   {&pgconn.PgError{Code: "40001"}, ErrUnavailable, attempts},
		"deadlock":        {&pgconn.PgError{Code: "40P01"}, ErrUnavailable, attempts},
		"plan":            {&pgconn.PgError{Code: "0A000"}, ErrUnavailable, attempts},
		"stale":           {fmt.Errorf("%w: ticket", ErrStale), ErrStale, 1},
	} {
		t.Run(name, func(t *testing.T) {
			var runs atomic.Int32
			err := r.write(t.Context(), "fail", func(*txn) error {
				runs.Add(1)
				return c.err
			})
			wants(t, err, c.want)
			for _, other := range []error{ErrUnavailable, ErrExists, ErrNotFound, ErrStale} {
				if !errors.Is(other, c.want) && errors.Is(err, other) {
					t.Errorf("also %v", other)
				}
			}
			equal(t, runs.Load(), c.runs)
		})
	}
	// What passes by itself is not seen by anyone.
	first := true
	must(t, r.write(t.Context(), "pass", func(*txn) error {
		if first {
			first = false
			return &pgconn.PgError{Code: "40001"}
		}
		return nil
	}))
	equal(t, first, false)
}

// TestSchemasAgree: both sets of migrations make the same tables and columns.
func TestSchemasAgree(t *testing.T) {
	columns := func(r *Records, query string) []string {
		var list []string
		must(t, r.read(t.Context(), "columns", func(tx *txn) error {
			list = nil
			return tx.each(t.Context(), func(rows *sql.Rows) error {
				var c string
				err := rows.Scan(&c)
				list = append(list, c)
				return err
			}, query)
		}))
		slices.Sort(list)
		return list
	}
	embedded := columns(open(t, t.TempDir(), "pj"), `SELECT m.name || '.' || c.name FROM sqlite_master m, pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE 'goose%'`)
	server := columns(open(t, recordstest.Postgres(t), "pj"), `SELECT table_name || '.' || column_name FROM information_schema.columns
		WHERE table_schema = 'public' AND table_name NOT LIKE 'goose%'`)
	if !slices.Equal(embedded, server) || len(server) < 100 {
		t.Fatalf("SQLite has\n%v\nPostgreSQL\n%v", embedded, server)
	}
	// Keys and lists sort by bytes: a text column without COLLATE "C" would not.
	loose := columns(open(t, recordstest.Postgres(t), "pj"), `SELECT table_name || '.' || column_name FROM information_schema.columns
		WHERE table_schema = 'public' AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'`)
	equal(t, len(loose), 0)
}
