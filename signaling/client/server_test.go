package client_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"github.com/remotewindow/remotewindow/signaling/client"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server speaks the protocol as a script: a test says what it answers.
type server struct {
	*httptest.Server
	answer func(s *socket, e protocol.Envelope, m protocol.Message) // of commands

	mu      sync.Mutex // guards the following fields
	greet   func(n int, h protocol.Hello) protocol.Message
	login   func(n int) (status int, body any)
	ticket  func(n int) (status int, body any)
	hellos  []protocol.Hello
	logins  int
	tickets int
	seen    []protocol.Envelope
	sockets []*socket
}

type socket struct {
	mu   sync.Mutex
	conn *websocket.Conn
}

func (s *socket) send(t testing.TB, re string, m protocol.Message) {
	frame, err := protocol.Encode("", re, m)
	if err != nil {
		t.Errorf("encode: %v", err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.conn.WriteMessage(websocket.TextMessage, frame) // the test sees what does not arrive
}

func newServer(t *testing.T, push func(s *socket)) *server {
	t.Helper()
	sv := &server{
		greet: func(int, protocol.Hello) protocol.Message {
			return protocol.Welcome{Protocol: protocol.Version, PingMS: 50, DeadMS: 10_000}
		},
		login: func(int) (int, any) {
			return 200, client.User{ID: "agent1", Name: "王老师", Role: protocol.RoleAgent}
		},
		ticket: func(int) (int, any) { return 200, map[string]string{"ticket": "t"} },
		answer: func(s *socket, e protocol.Envelope, _ protocol.Message) { s.send(t, e.ID, protocol.OK{}) },
	}
	mux := http.NewServeMux()
	reply := func(w http.ResponseWriter, status int, body any) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body)
	}
	mux.HandleFunc("POST /api/login", func(w http.ResponseWriter, _ *http.Request) {
		sv.mu.Lock()
		status, body := sv.login(sv.logins)
		sv.logins++
		sv.mu.Unlock()
		http.SetCookie(w, &http.Cookie{Name: "rw_desk", Value: "1", Path: "/"})
		reply(w, status, body)
	})
	mux.HandleFunc("POST /api/{face}/socket", func(w http.ResponseWriter, _ *http.Request) {
		sv.mu.Lock()
		status, body := sv.ticket(sv.tickets)
		sv.tickets++
		sv.mu.Unlock()
		reply(w, status, body)
	})
	var serving sync.WaitGroup
	mux.HandleFunc("/ws", func(w http.ResponseWriter, r *http.Request) {
		serving.Add(1)
		defer serving.Done()
		conn, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		sv.serve(t, &socket{conn: conn}, push)
	})
	sv.Server = httptest.NewServer(mux)
	t.Cleanup(func() {
		sv.CloseClientConnections()
		sv.mu.Lock()
		for _, s := range sv.sockets {
			_ = s.conn.Close()
		}
		sv.mu.Unlock()
		serving.Wait()
		sv.Close()
	})
	return sv
}

func (sv *server) serve(t *testing.T, s *socket, push func(s *socket)) {
	_, frame, err := s.conn.ReadMessage()
	if err != nil {
		return
	}
	e, m, err := protocol.Decode(frame)
	hello, ok := m.(protocol.Hello)
	if err != nil || !ok {
		t.Errorf("first message %s: %v", frame, err)
		return
	}
	sv.mu.Lock()
	answer := sv.greet(len(sv.hellos), hello)
	sv.hellos = append(sv.hellos, hello)
	sv.sockets = append(sv.sockets, s)
	sv.mu.Unlock()
	s.send(t, e.ID, answer)
	if _, welcome := answer.(protocol.Welcome); !welcome {
		return
	}
	push(s)
	for {
		_, frame, err := s.conn.ReadMessage()
		if err != nil {
			return
		}
		e, m, err := protocol.Decode(frame)
		if err != nil {
			t.Errorf("message %s: %v", frame, err)
			return
		}
		if ping, is := m.(protocol.Ping); is {
			s.send(t, e.ID, protocol.Pong{AtMS: ping.AtMS})
			continue
		}
		sv.mu.Lock()
		sv.seen = append(sv.seen, e)
		sv.mu.Unlock()
		sv.answer(s, e, m)
	}
}

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func station(t *testing.T, sv *server, observe func(protocol.StationState)) *client.Station {
	t.Helper()
	s, err := client.NewStation(within(t), client.Options{URL: sv.URL}, "s07", observe)
	if err != nil {
		t.Fatalf("NewStation: %v", err)
	}
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	return s
}

func idle(version int64) protocol.StationState {
	return protocol.StationState{Version: version, State: protocol.KioskIdle}
}
