package signaling

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// blindQueue is the real queue, of which a node sees nothing new for a while.
type blindQueue struct {
	*queue.Queue
	blind atomic.Bool
}

func (q *blindQueue) Snapshot(ctx context.Context) (queue.Snapshot, error) {
	if q.blind.Load() {
		return queue.Snapshot{}, errRefusedConnection
	}
	return q.Queue.Snapshot(ctx)
}

func newBlindRig(t *testing.T) (*rig, *blindQueue) {
	q := &blindQueue{}
	r := newRig(t, func(o *Options) {
		q.Queue = o.Queue.(*queue.Queue)
		o.Queue = q
	})
	return r, q
}

// TestHangUpThatLosesToARequeue: the queue gives a call back to the line just
// before it hears that the resident hung up. No ghost of it may ring or hold
// the station.
func TestHangUpThatLosesToARequeue(t *testing.T) {
	for _, tt := range []struct {
		name  string
		sql   bool // SQL has heard of the requeue too
		ended string
		dispo string
	}{
		{"before SQL hears of it", false, "station_hang_up", "disconnected"},
		{"after SQL heard of it", true, "station_hang_up", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, line := newBlindRig(t)
			kiosk, gone, dead := r.call("s01", "agent1")
			gone.close()
			kiosk.until("agent lost", func() bool { return kiosk.station.AgentLost })
			desk := r.open("desk:agent2", available)
			desk.untilDesk(protocol.DeskReady)

			line.blind.Store(true)
			r.clock.Advance(t, 91*time.Second)
			var requeued queue.Ticket
			eventually(t, "offered to the other desk in the queue", func() bool {
				snap, err := r.queue.Snapshot(t.Context())
				if err != nil || len(snap.Tickets) != 1 {
					return false
				}
				requeued = snap.Tickets[0]
				return requeued.State == queue.Offered && requeued.Agent == "agent2"
			})
			if tt.sql {
				if err := r.store.Requeue(t.Context(), dead, requeued.Epoch); err != nil {
					t.Fatal(err)
				}
			}
			kiosk.must(protocol.CallHangUp{})
			kiosk.untilStation(protocol.KioskSummary)
			line.blind.Store(false)

			eventually(t, "closed in SQL", func() bool { return r.store.row(dead).Ticket.State == "closed" })
			eventually(t, "gone from the queue", func() bool {
				snap, err := r.queue.Snapshot(t.Context())
				return err == nil && len(snap.Tickets) == 0
			})
			if got := r.store.row(dead).Ticket; got.Ended != tt.ended || got.Dispo != tt.dispo {
				t.Errorf("%+v", got)
			}
			eventually(t, "its owner gone", func() bool { return r.server.owner(dead) == nil })
			kiosk.must(protocol.TicketTake{})
			desk.until("an offer", func() bool {
				if desk.desk.Offer != nil && desk.desk.Offer.Ticket == dead {
					t.Fatal("a ghost rings")
				}
				return desk.desk.Offer != nil
			})
			if kiosk.untilStation(protocol.KioskRinging); kiosk.station.Ticket.ID == dead || !kiosk.station.Ticket.Enqueued {
				t.Errorf("%+v", kiosk.station.Ticket)
			}
			o := desk.desk.Offer
			desk.must(protocol.OfferAccept{Ticket: o.Ticket, Epoch: o.Epoch})
			desk.untilDesk(protocol.DeskCall)
		})
	}
}

// TestWrapUpThatSQLClosed: somebody else gave the call up; its owner must not
// live on.
func TestWrapUpThatSQLClosed(t *testing.T) {
	r := newRig(t)
	kiosk, desk, ticket := r.call("s01", "agent1")
	kiosk.must(protocol.CallHangUp{})
	w := desk.untilDesk(protocol.DeskWrapUp)
	eventually(t, "its end in SQL", func() bool { return r.store.row(ticket).Ticket.State == "wrapup" })
	if err := r.store.Finish(t.Context(), Finish{Ticket: ticket, Epoch: w.Call.Epoch, Disposition: "disconnected"}); err != nil {
		t.Fatal(err)
	}
	desk.refused(protocol.CallFinish{Ticket: ticket, Epoch: w.Call.Epoch, Disposition: protocol.DispositionAccepted, NextStep: protocol.NextClose},
		protocol.CodeStale)
	eventually(t, "its owner gone", func() bool { return r.server.owner(ticket) == nil })
}

// TestWrapUpWhoseAgentHasAnother: Redis was emptied in wrap-up, and its agent
// has taken another ticket since.
func TestWrapUpWhoseAgentHasAnother(t *testing.T) {
	r, line := newBlindRig(t)
	kiosk, desk, ticket := r.call("s01", "agent1")
	kiosk.must(protocol.CallHangUp{})
	desk.untilDesk(protocol.DeskWrapUp)
	eventually(t, "its end in the queue", func() bool {
		v := r.server.view.Load().tickets[ticket]
		return v != nil && v.State == queue.WrapUp
	})
	line.blind.Store(true)
	if err := r.client.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	spec := queue.AgentSpec{ID: "agent1", Cap: 1}
	if _, err := r.queue.AgentBack(t.Context(), spec, "other"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.queue.AgentSet(t.Context(), spec, queue.PresenceAvailable, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := r.queue.StationBack(t.Context(), "s02", "other"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.queue.Enqueue(t.Context(), queue.Ticket{ID: "else", Station: "s02", Number: "B001"}, "k"); err != nil {
		t.Fatal(err)
	}
	line.blind.Store(false)
	eventually(t, "its owner gone", func() bool { return r.server.owner(ticket) == nil })
	if got := r.store.row(ticket).Ticket; got.State != "closed" || got.Dispo != "disconnected" || got.NextStep != "follow" {
		t.Errorf("%+v", got)
	}
}
