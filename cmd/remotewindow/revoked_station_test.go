package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/signaling/client"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// administrator is the demo's, signed in at his page.
type administrator struct {
	t       *testing.T
	p       *process
	browser *http.Client
}

func signedIn(t *testing.T, p *process) administrator {
	t.Helper()
	jar, err := cookiejar.New(nil)
	must(t, err)
	a := administrator{t, p, &http.Client{Jar: jar}}
	a.ask(http.MethodPost, "/api/login", `{"face":"admin","user":"admin","password":"demo"}`, nil)
	return a
}

// ask sends a request and decodes what is answered into out, unless that is nil.
func (a administrator) ask(method, path, body string, out any) {
	a.t.Helper()
	req, err := http.NewRequestWithContext(testContext(a.t), method, a.p.url+path, strings.NewReader(body))
	must(a.t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", a.p.url)
	answer, err := a.browser.Do(req)
	must(a.t, err)
	defer func() { _ = answer.Body.Close() }()
	said, err := io.ReadAll(answer.Body)
	must(a.t, err)
	if answer.StatusCode != http.StatusOK && answer.StatusCode != http.StatusNoContent {
		a.t.Fatalf("%s %s: %s %s", method, path, answer.Status, said)
	}
	if out != nil {
		must(a.t, json.Unmarshal(said, out))
	}
}

// enrol gives a station a key and connects it.
func (a administrator) enrol(id string) *client.Station {
	a.t.Helper()
	ctx, o := testContext(a.t), client.Options{URL: a.p.url}
	var issued struct{ Code string }
	a.ask(http.MethodPost, "/api/admin/stations/"+id+"/code", "{}", &issued)
	key, err := client.NewKey()
	must(a.t, err)
	_, err = key.Enrol(ctx, o, issued.Code)
	must(a.t, err)
	s, err := client.NewEnrolledStation(ctx, o, key, nil)
	must(a.t, err)
	a.t.Cleanup(func() { _ = s.Close(context.Background()) })
	return s
}

// revoke takes a station's keys back and waits until its socket knows.
func (a administrator) revoke(s *client.Station) {
	a.t.Helper()
	a.ask(http.MethodDelete, "/api/admin/stations/"+s.ID()+"/keys", "", nil)
	_, err := s.WaitState(testContext(a.t), func(protocol.StationState) bool { return false })
	if code := client.CodeOf(err); !errors.Is(err, client.ErrEnded) && code != "not_enrolled" {
		a.t.Errorf("%s was told %q: %v\n%s", s.ID(), code, err, a.p.output())
	}
}

// rows opens the program's database beside it, to read.
func (on twin) rows(t *testing.T, p *process) *sql.DB {
	t.Helper()
	driver, source := "sqlite", "file:"+filepath.Join(p.data, "remotewindow.db")+"?mode=ro&_pragma=busy_timeout(5000)"
	if on.url != "" {
		driver, source = "pgx", on.url
	}
	db, err := sql.Open(driver, source)
	must(t, err)
	t.Cleanup(func() { _ = db.Close() }) // it was only read
	return db
}

// ended waits until a ticket's row says how it ended.
func ended(t *testing.T, p *process, db *sql.DB, ticket, state string) {
	t.Helper()
	var got, reason string
	p.eventually("the row of a ticket of a revoked station: "+state, func() bool {
		must(t, db.QueryRowContext(testContext(t), `SELECT state, ended FROM tickets WHERE id = '`+ticket+`'`).Scan(&got, &reason))
		return got == state && reason == string(protocol.EndRevoked)
	})
}

// inQueue is a ticket as Redis has it, and whether it is in it.
func (on twin) inQueue(t *testing.T, ticket string) (queue.Ticket, bool) {
	t.Helper()
	r := redis.NewClient(&redis.Options{Network: "unix", Addr: on.redis.socket})
	defer func() { _ = r.Close() }() // it was only read
	snap, err := queue.New(queue.Options{Client: r}).Snapshot(testContext(t))
	must(t, err)
	for _, k := range snap.Tickets {
		if k.ID == ticket {
			return k, true
		}
	}
	return queue.Ticket{}, false
}

// TestRevokedStation: an administrator takes the keys of a station that talks and
// of one that waits. The call is over for the agent, who writes it down as ever;
// what waited is closed; both rows say why, and the trail who did it.
func TestRevokedStation(t *testing.T) { onTwins(t, revokedStation) }

func revokedStation(t *testing.T, on twin) {
	ctx := testContext(t)
	p := startProcess(t, on.args...)
	admin := signedIn(t, p)
	talks, waits := admin.enrol("s01"), admin.enrol("s02")
	a := agent(t, p, "agent1")
	call := answered(ctx, t, talks, a)
	waiting, err := waits.Take(ctx)
	must(t, err)
	board, err := client.NewSupervisor(ctx, client.Options{URL: p.url}, "supervisor", "demo", nil)
	must(t, err)
	t.Cleanup(func() { _ = board.Close(context.Background()) })
	shows := func(waiting int) {
		t.Helper()
		_, err := board.WaitState(ctx, func(b protocol.Board) bool { return len(b.Waiting) == waiting })
		must(t, err)
	}
	shows(1)
	db := on.rows(t, p)

	admin.revoke(talks)
	d, err := a.WaitFor(ctx, protocol.DeskWrapUp)
	must(t, err)
	if d.Call.Ticket != call.Ticket || d.Call.Ended != protocol.EndRevoked || d.Call.StationLost || d.Call.GateOpen {
		t.Errorf("the agent sees %+v", d.Call)
	}
	ended(t, p, db, call.Ticket, "wrapup")
	if on.redis != nil {
		p.eventually("the queue has the call in wrap-up and knows why", func() bool {
			k, in := on.inQueue(t, call.Ticket)
			return in && k.State == queue.WrapUp && k.Reason == string(protocol.EndRevoked)
		})
	}

	admin.revoke(waits)
	shows(0)
	ended(t, p, db, waiting.ID, "closed")
	if on.redis != nil {
		p.eventually("the queue has let go of what waited", func() bool {
			_, in := on.inQueue(t, waiting.ID)
			return !in
		})
	}

	must(t, a.Finish(ctx, protocol.DispositionDisconnected, protocol.NextFollow, ""))
	d, err = a.WaitState(ctx, func(d protocol.DeskState) bool { return d.State == protocol.DeskReady && len(d.Today) == 1 })
	must(t, err)
	if d.Today[0].Ticket != call.Ticket || d.Today[0].Disposition != protocol.DispositionDisconnected {
		t.Errorf("today: %+v", d.Today)
	}
	ended(t, p, db, call.Ticket, "closed")

	var trail struct {
		Rows []struct{ Actor, Action, Object string }
	}
	admin.ask(http.MethodGet, "/api/admin/audit?limit=200", "", &trail)
	for _, id := range []string{"s01", "s02"} {
		n := 0
		for _, row := range trail.Rows {
			if row.Action == "station.revoke" && row.Object == id && row.Actor == "admin" {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d rows of the trail tell that %s was revoked: %+v", n, id, trail.Rows)
		}
	}
}
