package agentdesk

import (
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestSocketKeepsSession: while the desk's socket is open the log-in is in use;
// afterwards it rests for 15 minutes, and after 12 hours it is over in any case.
func TestSocketKeepsSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang, done := make(chan struct{}), make(chan struct{})
		d := newDesk(t, func(o *Options) { o.Now, o.Socket = time.Now, http.NotFoundHandler() })
		d.o.Socket = d.held(hang)
		c := d.in(FaceDesk, "agent1")
		me := func() int { return d.ask("GET", "/api/desk/me", "", cookie(c)).status }
		open := func(ticket string) {
			go func() { d.ask("GET", "/ws?ticket="+ticket, "", cookie(c)); done <- struct{}{} }()
			synctest.Wait()
		}
		open(d.socket(t, "/api/desk/socket", "{}", c))
		time.Sleep(3 * time.Hour)
		if got := me(); got != 200 {
			t.Errorf("in a call of three hours: %d", got)
		}
		time.Sleep(3 * time.Hour)
		hang <- struct{}{}
		<-done
		time.Sleep(14 * time.Minute)
		if got := me(); got != 200 {
			t.Errorf("14 minutes after the socket: %d", got)
		}
		// A ticket that is redeemed after the end of its log-in wakes nothing.
		time.Sleep(15*time.Minute - ticketLife)
		late, err := d.tickets.issue(Identity{Role: RoleAgent, ID: "agent1", Face: FaceDesk, Session: hashOf(c.Value)}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(ticketLife - time.Second)
		d.mu.Lock() // as if the log-in had rested a little longer
		v := d.sessions[hashOf(c.Value)]
		v.SeenMS -= 2000
		d.sessions[hashOf(c.Value)] = v
		d.mu.Unlock()
		open(late)
		time.Sleep(2 * time.Minute)
		hang <- struct{}{}
		<-done
		if got := me(); got != 401 {
			t.Errorf("15 minutes after the last use: %d", got)
		}
		c = d.in(FaceDesk, "agent1")
		open(d.socket(t, "/api/desk/socket", "{}", c))
		time.Sleep(12 * time.Hour)
		if got := me(); got != 401 {
			t.Errorf("after 12 hours of a socket: %d", got)
		}
		hang <- struct{}{}
		<-done
	})
}

// TestSocketKeepsItsOwn: a socket keeps the log-in that its ticket is of and no
// other of the browser's, and one without a ticket keeps none.
func TestSocketKeepsItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		d := newDesk(t, func(o *Options) { o.Now, o.Socket = time.Now, http.NotFoundHandler() })
		d.o.Socket = d.held(hang)
		desk, board, admin := d.in(FaceDesk, "agent1"), d.in(FaceBoard, "supervisor"), d.in(FaceAdmin, "admin")
		var sockets sync.WaitGroup
		open := func(ticket string) {
			sockets.Go(func() { d.ask("GET", "/ws?ticket="+ticket, "", cookie(desk), cookie(board), cookie(admin)) })
		}
		open(d.socket(t, "/api/board/socket", "{}", board))
		open(d.socket(t, "/api/station/socket", `{"station":"s01"}`, nil))
		open("") // says nothing
		open("nonsense")
		time.Sleep(16 * time.Minute)
		for path, want := range map[string]int{"/api/desk/me": 401, "/api/board/me": 200, "/api/admin/me": 401} {
			if got := d.ask("GET", path, "", cookie(desk), cookie(board), cookie(admin)).status; got != want {
				t.Errorf("%s: %d, want %d", path, got, want)
			}
		}
		close(hang)
		sockets.Wait()
	})
}
