package client_test

import (
	"context"
	"net/http/httptest"
	"testing"

	"github.com/remotewindow/remotewindow/signaling/client"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// Of several addresses the next one is tried when one does not answer, and when a
// node says that it ends.
func TestSeveralNodes(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	names := func(id string) func(*socket) {
		return func(s *socket) {
			s.send(t, "", protocol.StationState{Version: 1, State: protocol.KioskIdle, Station: protocol.Station{ID: id}})
		}
	}
	first, second := newServer(t, names("first")), newServer(t, names("second"))
	ctx := within(t)
	s, err := client.NewStation(ctx, client.Options{URL: gone.URL, URLs: []string{first.URL, second.URL}}, "s07", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close(context.Background()) }()
	at := func(id string) {
		t.Helper()
		if _, err := s.WaitState(ctx, func(st protocol.StationState) bool { return st.Station.ID == id }); err != nil {
			t.Fatal(err)
		}
	}
	at("first")
	first.mu.Lock()
	socket := first.sockets[0]
	first.mu.Unlock()
	socket.send(t, "", protocol.Bye{Code: protocol.CodeShutdown})
	at("second")
	s.Cut() // what answers is gone back to
	second.mu.Lock()
	n := len(second.hellos)
	second.mu.Unlock()
	if n == 0 {
		t.Error("no hello at the second")
	}
	if err := s.Help(ctx); err != nil {
		t.Error(err)
	}
	if _, err := client.NewStation(ctx, client.Options{URL: first.URL, URLs: []string{"nowhere"}}, "s07", nil); err == nil {
		t.Error("an address that is none is taken")
	}
}
