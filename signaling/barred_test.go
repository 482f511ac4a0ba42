package signaling

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/sfu"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// newBarredRig bars whoever an id is set to; the clock of its queue stands, so
// no grace ends in it.
func newBarredRig(t *testing.T) (r *rig, bar func(id string), away *atomic.Bool) {
	barred, away := &atomic.Value{}, &atomic.Bool{}
	barred.Store("")
	r = newRig(t, func(o *Options) {
		o.Numbers.Valid = time.Hour
		o.Valid = func(_ context.Context, who Identity) (bool, error) { return who.ID != barred.Load(), nil }
		o.Barred = func(_ context.Context, who Identity) (bool, error) {
			if away.Load() {
				return false, errors.New("records away")
			}
			return who.ID == barred.Load(), nil
		}
	})
	return r, func(id string) { barred.Store(id) }, away
}

// TestBarredStation: its call ends and its place is given up at once, by the
// process that was told and by one that looks.
func TestBarredStation(t *testing.T) {
	for name, revoke := range map[string]func(*Server){
		"told":  func(s *Server) { s.Revoke(Identity{ID: "s01", Face: protocol.FaceStation, Role: protocol.RoleStation}) },
		"looks": func(s *Server) { s.Recheck() },
	} {
		t.Run(name, func(t *testing.T) {
			r, bar, away := newBarredRig(t)
			kiosk, desk, ticket := r.call("s01", "agent1")
			away.Store(true)
			bar("s01")
			revoke(r.server)
			if code := kiosk.untilBye(); code != protocol.CodeExpired {
				t.Errorf("bye %q", code)
			}
			desk.until("station lost", func() bool { return desk.desk.Call.StationLost }) // nobody can tell yet
			away.Store(false)
			w := desk.untilDesk(protocol.DeskWrapUp)
			if w.Call.Ended != protocol.EndRevoked || w.Call.StationLost || w.Call.GateOpen {
				t.Errorf("%+v", w.Call)
			}
			if got := r.media.look(ticket); !got.ended {
				t.Error("the room is open")
			}
			eventually(t, "in SQL", func() bool { return r.store.row(ticket).Ticket.Ended == "revoked" })
			eventually(t, "the station is free in the queue", func() bool {
				snap, err := r.queue.Snapshot(t.Context())
				return err == nil && len(snap.Tickets) == 1 && snap.Tickets[0].State == queue.WrapUp && snap.Tickets[0].Reason == "revoked"
			})

			// Who stands there next sees nothing of it, and may press.
			bar("")
			next := r.open("station:s01")
			if s := next.untilStation(protocol.KioskIdle); s.Summary != nil || s.Ticket != nil {
				t.Errorf("%+v", s)
			}
			next.must(protocol.TicketTake{})
			desk.must(protocol.CallFinish{Ticket: ticket, Epoch: w.Call.Epoch, Disposition: protocol.DispositionDisconnected, NextStep: protocol.NextFollow})
			desk.until("the next one", func() bool { return desk.desk.Offer != nil && desk.desk.Offer.Ticket != ticket })
		})
	}
}

// TestBarredStationInLine: a ticket that waits or rings is withdrawn, and those
// behind it move up.
func TestBarredStationInLine(t *testing.T) {
	for name, ringing := range map[string]bool{"waiting": false, "ringing": true} {
		t.Run(name, func(t *testing.T) {
			r, bar, _ := newBarredRig(t)
			kiosk, behind := r.open("station:s01"), r.open("station:s02")
			var desk *page
			kiosk.must(protocol.TicketTake{})
			kiosk.until("in the queue", func() bool { return kiosk.station.Ticket != nil && kiosk.station.Ticket.Enqueued })
			behind.must(protocol.TicketTake{})
			behind.until("behind", func() bool { return behind.station.Ticket != nil && behind.station.Ticket.Ahead == 1 })
			ticket := kiosk.station.Ticket.ID
			if ringing {
				desk = r.open("desk:agent1", available)
				desk.until("rings", func() bool { return desk.desk.Offer != nil && desk.desk.Offer.Ticket == ticket })
			}
			bar("s01")
			r.server.Recheck()
			kiosk.untilBye()
			if ringing {
				desk.until("the one behind rings", func() bool { return desk.desk.Offer != nil && desk.desk.Offer.Station.ID == "s02" })
			} else {
				behind.until("moved up", func() bool { return behind.station.Ticket.Ahead == 0 })
			}
			eventually(t, "in SQL", func() bool {
				row := r.store.row(ticket).Ticket
				return row.State == "closed" && row.Ended == "revoked"
			})
			eventually(t, "out of the queue", func() bool {
				snap, err := r.queue.Snapshot(t.Context())
				return err == nil && len(snap.Tickets) == 1 && snap.Tickets[0].Station == "s02"
			})
			eventually(t, "its owner gone", func() bool { return r.server.owner(ticket) == nil })
		})
	}
}

// TestBarredAgent: the resident is in line again at once, before those who came
// later, and what waits is not offered to who was barred.
func TestBarredAgent(t *testing.T) {
	r, bar, _ := newBarredRig(t)
	kiosk, desk, ticket := r.call("s01", "agent1")
	since := kiosk.station.Ticket.SinceMS
	later := r.open("station:s02")
	later.must(protocol.TicketTake{})
	later.until("in the queue", func() bool { return later.station.Ticket != nil && later.station.Ticket.Enqueued })

	bar("agent1")
	r.server.Revoke(Identity{ID: "agent1", Face: protocol.FaceDesk})
	if code := desk.untilBye(); code != protocol.CodeExpired {
		t.Errorf("bye %q", code)
	}
	if s := kiosk.untilStation(protocol.KioskWaiting); s.Ticket.ID != ticket || s.Ticket.SinceMS != since || s.Ticket.Ahead != 0 || s.GateOpen {
		t.Errorf("%+v", s.Ticket)
	}
	later.until("behind", func() bool { return later.station.State == protocol.KioskWaiting && later.station.Ticket.Ahead == 1 })
	if _, in := r.media.look(ticket).peers[sfu.Agent]; in {
		t.Error("the agent still hears")
	}
	eventually(t, "in SQL", func() bool {
		row := r.store.row(ticket).Ticket
		return row.State == "waiting" && row.Agent == ""
	})
	other := r.open("desk:agent2", available)
	other.until("the elder one rings", func() bool { return other.desk.Offer != nil })
	if o := other.desk.Offer; o.Ticket != ticket || o.WaitedMS < 0 {
		t.Errorf("%+v", o)
	}
	other.must(protocol.OfferAccept{Ticket: ticket, Epoch: other.desk.Offer.Epoch})
	kiosk.untilStation(protocol.KioskCall)
}

// TestBarredAgentWhileItRings: the next one is asked at once.
func TestBarredAgentWhileItRings(t *testing.T) {
	r, bar, _ := newBarredRig(t)
	desk := r.open("desk:agent1", available)
	desk.untilDesk(protocol.DeskReady)
	kiosk := r.open("station:s01")
	kiosk.must(protocol.TicketTake{})
	desk.until("rings", func() bool { return desk.desk.Offer != nil })
	other := r.open("desk:agent2", available)
	bar("agent1")
	r.server.Recheck()
	desk.untilBye()
	other.until("rings", func() bool { return other.desk.Offer != nil && other.desk.Offer.Station.ID == "s01" })
}
