package client_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/remotewindow/remotewindow/sfu"
	"github.com/remotewindow/remotewindow/signaling/client"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// room is a real SFU behind the scripted server.
type room struct {
	sfu   *sfu.SFU
	flows chan struct{} // a token: a packet reached somebody
}

func newRoom(t *testing.T, sv *server) *room {
	t.Helper()
	r := &room{flows: make(chan struct{}, 1)}
	var err error
	r.sfu, err = sfu.New(sfu.Options{LoopbackOnly: true, TCP: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.sfu.Close(context.Background()) })
	sv.answer = func(s *socket, e protocol.Envelope, m protocol.Message) {
		var sdp string
		var err error
		switch m := m.(type) {
		case protocol.MediaOffer:
			sdp, err = r.sfu.Join(t.Context(), "room", sfu.Participant{ID: "s07", Role: sfu.Station, Epoch: 1}, m.SDP)
		case protocol.MediaRestart:
			sdp, err = r.sfu.Restart(t.Context(), "room", "s07", m.SDP)
		default:
			s.send(t, e.ID, protocol.OK{})
			return
		}
		if err != nil {
			t.Logf("sfu: %v", err)
			s.send(t, e.ID, protocol.Error{Code: protocol.CodeMedia})
			return
		}
		s.send(t, e.ID, protocol.MediaAnswer{SDP: sdp})
	}
	return r
}

func waiting() protocol.StationState {
	return protocol.StationState{Version: 1, State: protocol.KioskWaiting, Media: grant()}
}

// TestRestart gives one connection a new path again and again: the fingerprint
// stays, the ICE credentials do not, and the channels live on.
func TestRestart(t *testing.T) {
	for _, tcp := range []bool{false, true} {
		t.Run(fmt.Sprintf("tcp %v", tcp), func(t *testing.T) {
			sv := newServer(t, func(s *socket) { s.send(t, "", waiting()) })
			newRoom(t, sv)
			s := station(t, sv, nil)
			m, err := s.Join(within(t), client.MediaOptions{LoopbackOnly: true, TCP: tcp})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = m.Close() }()
			if want := map[bool]string{false: "udp", true: "tcp"}[tcp]; m.Path() != want {
				t.Errorf("path %q, want %q", m.Path(), want)
			}
			if err := m.Page.WaitOpen(within(t)); err != nil {
				t.Fatal(err)
			}
			fingerprint, ufrag := line(t, m.LocalSDP(), "a=fingerprint:"), line(t, m.LocalSDP(), "a=ice-ufrag:")
			for i := range 5 {
				if i == 2 { // the command survives a socket that breaks
					s.Cut()
				}
				if err := s.Restart(within(t), m); err != nil {
					t.Fatalf("restart %d: %v", i, err)
				}
				next := line(t, m.LocalSDP(), "a=ice-ufrag:")
				if next == ufrag || line(t, m.LocalSDP(), "a=fingerprint:") != fingerprint {
					t.Fatalf("restart %d: ufrag %q then %q", i, ufrag, next)
				}
				ufrag = next
			}
			if !m.Connected() {
				t.Error("not connected")
			}
			send(t, m, client.Microphone, "sound", func() bool { return true })
			if err := m.Page.Send([]byte{0}); err != nil {
				t.Errorf("document channel: %v", err)
			}
		})
	}
}

// TestRestartOfNothing: the SFU lost the connection, so the page joins anew; a
// restart that was refused does not keep the next one from working.
func TestRestartOfNothing(t *testing.T) {
	sv := newServer(t, func(s *socket) { s.send(t, "", waiting()) })
	r := newRoom(t, sv)
	s := station(t, sv, nil)
	m, err := s.Join(within(t), client.MediaOptions{LoopbackOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = m.Close() }()
	works := sv.answer
	var refuse atomic.Value
	refuse.Store(protocol.CodeQueueDown)
	sv.mu.Lock()
	sv.answer = func(s *socket, e protocol.Envelope, m protocol.Message) {
		if code, _ := refuse.Load().(protocol.Code); code != "" {
			s.send(t, e.ID, protocol.Error{Code: code})
			return
		}
		works(s, e, m)
	}
	sv.mu.Unlock()
	if err := s.Restart(within(t), m); client.CodeOf(err) != protocol.CodeQueueDown {
		t.Fatalf("Restart = %v", err)
	}
	refuse.Store(protocol.Code(""))
	if err := s.Restart(within(t), m); err != nil {
		t.Fatalf("after a refusal: %v", err)
	}
	refuse.Store(protocol.CodeMedia)
	if err := s.Restart(within(t), m); client.CodeOf(err) != protocol.CodeMedia {
		t.Fatalf("Restart = %v, want media_token", err)
	}
	r.sfu.CloseRoom("room")
	if err := s.Restart(within(t), m); err == nil {
		t.Fatal("a connection that the SFU ended was restarted")
	}
}

func line(t *testing.T, sdp, prefix string) string {
	t.Helper()
	for l := range strings.SplitSeq(sdp, "\r\n") {
		if strings.HasPrefix(l, prefix) {
			return l
		}
	}
	t.Fatalf("no %s in the SDP", prefix)
	return ""
}
