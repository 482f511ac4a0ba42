package signaling

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/remotewindow/remotewindow/sfu"
	"github.com/remotewindow/remotewindow/signaling/call"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

func TestRevoke(t *testing.T) {
	r := newRig(t)
	desk, other := r.open("desk:agent1", available), r.open("desk:agent2")
	board, kiosk := r.open("board:supervisor"), r.open("station:s01")
	r.server.Revoke(Identity{})                                                     // nobody
	r.server.Revoke(Identity{ID: "agent1", Face: protocol.FaceBoard})               // another page of his
	r.server.Revoke(Identity{ID: "s01", Role: protocol.RoleAgent})                  // another one of that name
	r.server.Revoke(Identity{ID: "nobody", Face: protocol.FaceDesk})                // not here
	r.server.Revoke(Identity{ID: "agent1", Face: protocol.FaceDesk, Role: "agent"}) // he
	if code := desk.untilBye(); code != protocol.CodeExpired {
		t.Errorf("bye %q", code)
	}
	for _, p := range []*page{other, board, kiosk} {
		if _, ok := p.command(protocol.Ping{}).(protocol.Pong); !ok {
			t.Fatal("somebody else was sent away")
		}
	}
	r.server.Revoke(Identity{ID: "supervisor"})
	if code := board.untilBye(); code != protocol.CodeExpired {
		t.Errorf("bye %q", code)
	}
}

func TestSocketEndsWithItsSession(t *testing.T) {
	var ended, away atomic.Bool
	var looks atomic.Int64
	r := newRig(t, func(o *Options) {
		o.Numbers.Valid = 5 * time.Millisecond
		o.Valid = func(_ context.Context, who Identity) (bool, error) {
			looks.Add(1)
			if away.Load() {
				return false, errors.New("records away")
			}
			return who.ID != "agent1" || !ended.Load(), nil
		}
	})
	desk, other := r.open("desk:agent1"), r.open("desk:agent2")
	away.Store(true)
	seen := looks.Load()
	eventually(t, "looked at while the records are away", func() bool { return looks.Load() > seen+4 })
	if _, ok := desk.command(protocol.Ping{}).(protocol.Pong); !ok {
		t.Fatal("sent away because nobody could tell")
	}
	away.Store(false)
	ended.Store(true)
	if code := desk.untilBye(); code != protocol.CodeExpired {
		t.Errorf("bye %q", code)
	}
	if _, ok := other.command(protocol.Ping{}).(protocol.Pong); !ok {
		t.Fatal("somebody else was sent away")
	}
}

// TestPageThatIsBackHasAGrantOfItsOwn: the unused grant of before is void, and
// the first state of the new socket carries the one that counts.
func TestPageThatIsBackHasAGrantOfItsOwn(t *testing.T) {
	r := newRig(t)
	desk := r.open("desk:agent1", available)
	desk.untilDesk(protocol.DeskReady)
	kiosk := r.open("station:s01")
	kiosk.must(protocol.TicketTake{})
	desk.until("a grant", func() bool { return desk.desk.Media != nil })
	kiosk.until("a grant of the offer", func() bool { return kiosk.station.State == protocol.KioskRinging && kiosk.station.Media != nil })
	for _, side := range []struct {
		ticket string
		old    *page
		token  func(*page) string
	}{
		{"station:s01", kiosk, func(p *page) string {
			p.until("a state", func() bool { return p.station.Media != nil })
			return p.station.Media.Token
		}},
		{"desk:agent1", desk, func(p *page) string {
			p.until("a state", func() bool { return p.desk.Media != nil })
			return p.desk.Media.Token
		}},
	} {
		old := side.token(side.old)
		back := r.open(side.ticket, takeOver)
		if token := side.token(back); token == old {
			t.Errorf("%s: the grant of before", side.ticket)
		}
		back.refusedMedia(old, protocol.CodeMedia)
		back.join("sdp")
	}
}

// TestRevokeEndsMedia: whoever is locked out neither hears nor sees any more,
// with and without a socket.
func TestRevokeEndsMedia(t *testing.T) {
	r := newRig(t)
	kiosk, desk, ticket := r.call("s01", "agent1")
	there := func(role sfu.Role) bool { _, in := r.media.look(ticket).peers[role]; return in }
	token := func() string { return r.server.owner(ticket).shows.Load().grants[call.Station].Token }
	before := token()
	r.server.Revoke(Identity{ID: "s01", Face: protocol.FaceStation, Role: protocol.RoleStation})
	if there(sfu.Station) || !there(sfu.Agent) {
		t.Fatal("at once, and nobody else")
	}
	if code := kiosk.untilBye(); code != protocol.CodeExpired {
		t.Errorf("bye %q", code)
	}
	eventually(t, "the call has heard", func() bool { return !r.server.owner(ticket).shows.Load().call.StationUp && token() != before })
	desk.until("station lost", func() bool { return desk.desk.Call.StationLost })

	desk.close() // the socket is gone, the connection to the SFU is not
	eventually(t, "gone", func() bool { return r.server.session(seat{protocol.FaceDesk, "agent1"}) == nil })
	if !there(sfu.Agent) {
		t.Fatal("a lost socket is in its grace")
	}
	r.server.Revoke(Identity{ID: "agent1"})
	if there(sfu.Agent) {
		t.Error("the agent still hears")
	}
}

// TestRevokeOneSession leaves the other log-ins of a person, and what belongs
// to them.
func TestRevokeOneSession(t *testing.T) {
	r := newRig(t, func(o *Options) {
		o.Authenticate = func(ctx context.Context, ticket string) (Identity, error) {
			ticket, session, _ := strings.Cut(ticket, "#")
			who, err := identities(ctx, ticket)
			who.Session = session
			return who, err
		}
	})
	desk, one, two := r.open("desk:agent1#a"), r.open("board:supervisor#b"), r.open("board:supervisor#c")
	r.server.Revoke(Identity{ID: "agent1", Session: "old"})
	r.server.Revoke(Identity{ID: "supervisor", Session: "b"})
	if code := one.untilBye(); code != protocol.CodeExpired {
		t.Errorf("bye %q", code)
	}
	for _, p := range []*page{desk, two} {
		if _, ok := p.command(protocol.Ping{}).(protocol.Pong); !ok {
			t.Fatal("another log-in was sent away")
		}
	}
}

// TestRecheck asks for everyone at once and keeps asking while nobody can tell.
func TestRecheck(t *testing.T) {
	var closed, away atomic.Bool
	r := newRig(t, func(o *Options) {
		o.Numbers.Valid = time.Hour
		o.Valid = func(_ context.Context, who Identity) (bool, error) {
			if away.Load() {
				return false, errors.New("records away")
			}
			return !closed.Load() || who.ID != "s01", nil
		}
	})
	kiosk, desk, ticket := r.call("s01", "agent1")
	r.server.Recheck()
	away.Store(true)
	closed.Store(true)
	r.server.Recheck()
	if _, ok := kiosk.command(protocol.Ping{}).(protocol.Pong); !ok {
		t.Fatal("sent away because nobody could tell")
	}
	away.Store(false) // and nobody asks again: the question stands
	if code := kiosk.untilBye(); code != protocol.CodeExpired {
		t.Errorf("bye %q", code)
	}
	eventually(t, "its media gone", func() bool { _, in := r.media.look(ticket).peers[sfu.Station]; return !in })
	if _, ok := desk.command(protocol.Ping{}).(protocol.Pong); !ok {
		t.Fatal("somebody else was sent away")
	}
}

// TestLockedOutWhileSayingHello: the socket ticket was redeemed before, the seat
// is taken after.
func TestLockedOutWhileSayingHello(t *testing.T) {
	var closed atomic.Bool
	redeemed, proceed := make(chan struct{}), make(chan struct{})
	r := newRig(t, func(o *Options) {
		o.Numbers.Valid = time.Hour
		o.Valid = func(context.Context, Identity) (bool, error) { return !closed.Load(), nil }
		o.Authenticate = func(ctx context.Context, ticket string) (Identity, error) {
			close(redeemed)
			<-proceed
			return identities(ctx, ticket)
		}
	})
	p := r.dial()
	p.send("h", protocol.Hello{Protocol: protocol.Version, Ticket: "station:s01"})
	<-redeemed
	closed.Store(true)
	r.server.Revoke(Identity{ID: "s01"})
	close(proceed)
	if code := p.untilBye(); code != protocol.CodeExpired {
		t.Errorf("bye %q", code)
	}
}
