package signaling

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

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
