package client_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/remotewindow/remotewindow/signaling/client"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

func TestCommandsAreAnswered(t *testing.T) {
	sv := newServer(t, func(s *socket) { s.send(t, "", idle(1)) })
	sv.answer = func(s *socket, e protocol.Envelope, m protocol.Message) {
		if _, leave := m.(protocol.TicketLeave); leave {
			s.send(t, e.ID, protocol.Error{Code: protocol.CodeState, Detail: "no ticket"})
			return
		}
		s.send(t, e.ID, protocol.OK{})
		s.send(t, "", protocol.StationState{Version: 2, State: protocol.KioskWaiting, Ticket: &protocol.TicketView{Number: "A012"}})
	}
	s := station(t, sv, nil)
	ticket, err := s.Take(within(t))
	if err != nil || ticket.Number != "A012" {
		t.Fatalf("Take = %+v, %v; want ticket A012", ticket, err)
	}
	err = s.Leave(within(t))
	var refused *client.Error
	if !errors.As(err, &refused) || refused.Code != protocol.CodeState || refused.What != "ticket.leave" {
		t.Fatalf("Leave = %v, want a refusal wrong_state of ticket.leave", err)
	}
}

func TestCommandSurvivesABrokenSocket(t *testing.T) {
	sv := newServer(t, func(s *socket) { s.send(t, "", idle(1)) })
	var broken atomic.Bool
	sv.answer = func(s *socket, e protocol.Envelope, _ protocol.Message) {
		if broken.CompareAndSwap(false, true) { // the command arrived, its answer does not
			_ = s.conn.Close()
			return
		}
		s.send(t, e.ID, protocol.OK{})
	}
	s := station(t, sv, nil)
	if err := s.Help(within(t)); err != nil {
		t.Fatalf("Help: %v", err)
	}
	sv.mu.Lock()
	defer sv.mu.Unlock()
	if len(sv.seen) != 2 || sv.seen[0].ID != sv.seen[1].ID {
		t.Fatalf("server saw %+v, want the same id twice", sv.seen)
	}
}

func TestStatesReplaceOlderOnes(t *testing.T) {
	sv := newServer(t, func(s *socket) {
		for _, version := range []int64{5, 3, 7} { // 3 comes late
			s.send(t, "", protocol.StationState{Version: version, State: protocol.KioskIdle})
		}
	})
	var seen []int64
	s := station(t, sv, func(s protocol.StationState) { seen = append(seen, s.Version) })
	at := func(version int64) func(protocol.StationState) bool {
		return func(s protocol.StationState) bool { return s.Version == version }
	}
	if _, err := s.WaitState(within(t), at(7)); err != nil {
		t.Fatal(err)
	}
	s.Cut() // a server that starts again counts from the beginning
	if _, err := s.WaitState(within(t), at(5)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.WaitState(within(t), at(7)); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(within(t)); err != nil {
		t.Fatal(err)
	}
	if want := []int64{5, 7, 5, 7}; !equal(seen, want) {
		t.Fatalf("states %v, want %v", seen, want)
	}
	sv.mu.Lock()
	defer sv.mu.Unlock()
	if len(sv.seen) != 0 { // 6 never came: a state is whole, so nothing is missing
		t.Errorf("the gap was asked about: %+v", sv.seen)
	}
}

func equal(a, b []int64) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestWaitNamesTheLastState(t *testing.T) {
	sv := newServer(t, func(s *socket) { s.send(t, "", idle(1)) })
	s := station(t, sv, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.WaitFor(ctx, protocol.KioskCall)
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "last state: idle") {
		t.Fatalf("WaitFor = %v, want canceled with the last state", err)
	}
}

func TestByeThatIsFinal(t *testing.T) {
	sv := newServer(t, func(s *socket) { s.send(t, "", idle(1)) })
	sv.answer = func(s *socket, _ protocol.Envelope, _ protocol.Message) {
		s.send(t, "", protocol.Bye{Code: protocol.CodeReplaced})
	}
	s := station(t, sv, nil)
	err := s.Help(within(t))
	if !errors.Is(err, client.ErrEnded) || client.CodeOf(err) != protocol.CodeReplaced {
		t.Fatalf("Help = %v, want ended: replaced", err)
	}
	<-s.Done()
	if _, err := s.WaitFor(within(t), protocol.KioskCall); client.CodeOf(err) != protocol.CodeReplaced {
		t.Fatalf("WaitFor = %v, want replaced", err)
	}
}

func TestFirstConnection(t *testing.T) {
	tests := []struct {
		name   string
		greet  protocol.Message
		ticket int
		over   bool
		want   protocol.Code // "" = connects
		hellos int
	}{
		{"unknown station", nil, http.StatusNotFound, false, protocol.CodeNotFound, 0},
		{"another protocol", protocol.Error{Code: protocol.CodeProtocol}, 200, false, protocol.CodeProtocol, 1},
		{"another page is open", protocol.Bye{Code: protocol.CodeElsewhere}, 200, false, protocol.CodeElsewhere, 1},
		{"another page is taken over", protocol.Error{Code: protocol.CodeElsewhere}, 200, true, "", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sv := newServer(t, func(s *socket) { s.send(t, "", idle(1)) })
			sv.ticket = func(int) (int, any) {
				return tt.ticket, map[string]string{"ticket": "t", "code": string(protocol.CodeNotFound)}
			}
			welcome := sv.greet
			sv.greet = func(n int, h protocol.Hello) protocol.Message {
				if h.TakeOver {
					return welcome(n, h)
				}
				return tt.greet
			}
			s, err := client.NewStation(within(t), client.Options{URL: sv.URL, TakeOver: tt.over}, "s07", nil)
			if got := client.CodeOf(err); got != tt.want || (err == nil) != (tt.want == "") {
				t.Fatalf("NewStation: %v, want code %q", err, tt.want)
			}
			if s != nil {
				_ = s.Close(within(t))
			}
			sv.mu.Lock()
			defer sv.mu.Unlock()
			if len(sv.hellos) != tt.hellos {
				t.Fatalf("%d hellos, want %d", len(sv.hellos), tt.hellos)
			}
		})
	}
}

func TestURLThatCannotBeUsed(t *testing.T) {
	for _, url := range []string{"", "127.0.0.1:8080", "ftp://host", "http://"} {
		if _, err := client.NewStation(within(t), client.Options{URL: url}, "s07", nil); err == nil {
			t.Errorf("URL %q was taken", url)
		}
	}
}

func TestAgentLogsInAgain(t *testing.T) {
	sv := newServer(t, func(s *socket) { s.send(t, "", protocol.DeskState{Version: 1, State: protocol.DeskReady}) })
	user := sv.login
	sv.login = func(n int) (int, any) {
		if n == 0 {
			return http.StatusTooManyRequests, map[string]any{"code": "rate", "retry_ms": 1}
		}
		return user(n)
	}
	sv.ticket = func(n int) (int, any) {
		if n == 1 { // the server forgot the session between two sockets
			return http.StatusUnauthorized, map[string]string{"code": "login"}
		}
		return 200, map[string]string{"ticket": "t"}
	}
	a, err := client.NewAgent(within(t), client.Options{URL: sv.URL}, "agent1", "demo", nil)
	if err != nil {
		t.Fatalf("NewAgent: %v", err)
	}
	defer func() { _ = a.Close(context.Background()) }()
	a.Cut()
	if err := a.Ready(within(t)); err != nil {
		t.Fatalf("Ready: %v", err)
	}
	sv.mu.Lock()
	defer sv.mu.Unlock()
	if sv.logins != 3 { // refused, first, again
		t.Errorf("%d log-ins, want 3", sv.logins)
	}
	if got := sv.hellos[len(sv.hellos)-1].Presence; got != protocol.PresenceAvailable {
		t.Errorf("second hello says presence %q, want available", got)
	}
}

func TestWrongPassword(t *testing.T) {
	sv := newServer(t, func(*socket) {})
	sv.login = func(int) (int, any) { return http.StatusUnauthorized, map[string]string{"code": "bad_login"} }
	_, err := client.NewAgent(within(t), client.Options{URL: sv.URL}, "agent1", "wrong", nil)
	if client.CodeOf(err) != "bad_login" {
		t.Fatalf("NewAgent = %v, want bad_login", err)
	}
}
