package signaling

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

var errRefusedConnection = errors.New("connection refused")

// awayQueue is the real queue behind a line that can be cut.
type awayQueue struct {
	*queue.Queue
	away atomic.Bool
}

func (q *awayQueue) Enqueue(ctx context.Context, t queue.Ticket, idem string) (queue.Ticket, error) {
	if q.away.Load() {
		return t, errRefusedConnection
	}
	return q.Queue.Enqueue(ctx, t, idem)
}

func (q *awayQueue) Accept(ctx context.Context, id, agent string, epoch int64) (queue.Ticket, error) {
	if q.away.Load() {
		return queue.Ticket{}, errRefusedConnection
	}
	return q.Queue.Accept(ctx, id, agent, epoch)
}

func (q *awayQueue) HangUp(ctx context.Context, id string, epoch int64, reason string) (queue.Ticket, error) {
	if q.away.Load() {
		return queue.Ticket{}, errRefusedConnection
	}
	return q.Queue.HangUp(ctx, id, epoch, reason)
}

func (q *awayQueue) Finish(ctx context.Context, id, agent string, epoch int64) error {
	if q.away.Load() {
		return errRefusedConnection
	}
	return q.Queue.Finish(ctx, id, agent, epoch)
}

func (q *awayQueue) Snapshot(ctx context.Context) (queue.Snapshot, error) {
	if q.away.Load() {
		return queue.Snapshot{}, errRefusedConnection
	}
	return q.Queue.Snapshot(ctx)
}

func newAwayRig(t *testing.T) (*rig, *awayQueue) {
	line := &awayQueue{}
	r := newRig(t, func(o *Options) {
		line.Queue = o.Queue.(*queue.Queue)
		o.Queue = line
	})
	return r, line
}

func TestRecordsAwayAtThePress(t *testing.T) {
	r := newRig(t)
	kiosk := r.open("station:s01")
	r.store.setAway(true)
	answer := kiosk.commandAs("press", protocol.TicketTake{})
	if e, ok := answer.(protocol.Error); !ok || e.Code != protocol.CodeRecordsDown {
		t.Fatalf("%#v", answer)
	}
	if _, ok := kiosk.command(protocol.Ping{}).(protocol.Pong); !ok {
		t.Fatal("no pong")
	}
	r.store.setAway(false)
	if answer := kiosk.commandAs("press", protocol.TicketTake{}); answer != (protocol.OK{}) {
		t.Fatalf("the held press: %#v", answer)
	}
	kiosk.untilStation(protocol.KioskWaiting)
}

func TestQueueAwayAtThePress(t *testing.T) {
	r, line := newAwayRig(t)
	desk := r.open("desk:agent1", available)
	desk.untilDesk(protocol.DeskReady)
	kiosk := r.open("station:s01")
	line.away.Store(true)
	kiosk.must(protocol.TicketTake{})
	kiosk.untilStation(protocol.KioskWaiting)
	if kiosk.station.Ticket.Enqueued || kiosk.station.Ticket.Number == "" {
		t.Errorf("%+v", kiosk.station.Ticket)
	}
	line.away.Store(false)
	desk.untilDesk(protocol.DeskOffer)
}

func TestQueueAwayInTheCall(t *testing.T) {
	r, line := newAwayRig(t)
	kiosk, desk, ticket := r.call("s01", "agent1")
	line.away.Store(true)
	desk.must(protocol.CaptureAsk{Slot: "id_card", Side: protocol.SideBack})
	kiosk.until("asked", func() bool { return kiosk.station.Capture != nil })
	desk.must(protocol.CallHangUp{})
	w := desk.untilDesk(protocol.DeskWrapUp)
	kiosk.untilStation(protocol.KioskSummary)
	if r.media.look(ticket).open {
		t.Error("the gate is open")
	}
	desk.must(protocol.CallFinish{Ticket: ticket, Epoch: w.Call.Epoch, Disposition: protocol.DispositionConsulted, NextStep: protocol.NextClose})
	if got := r.store.row(ticket).Ticket; got.State != "closed" {
		t.Errorf("%+v", got)
	}
	line.away.Store(false)
	desk.untilDesk(protocol.DeskReady)
}

// TestQueueAwayIsSaid: a desk that waits must not show ready without notice, nor
// a station a place that nobody keeps.
func TestQueueAwayIsSaid(t *testing.T) {
	line := &awayQueue{}
	r := newRig(t, func(o *Options) {
		line.Queue = o.Queue.(*queue.Queue)
		o.Queue = line
		o.Numbers.Away = 30 * time.Millisecond
	})
	desk, kiosk := r.open("desk:agent2", available), r.open("station:s01")
	desk.untilDesk(protocol.DeskReady)
	desk.must(protocol.AgentSet{Presence: protocol.PresenceAway})
	desk.untilDesk(protocol.DeskAway)
	kiosk.must(protocol.TicketTake{})
	kiosk.until("enqueued", func() bool { s := kiosk.station; return s.Ticket != nil && s.Ticket.Enqueued })
	if desk.desk.QueueAwayMS != 0 || kiosk.station.Ticket.PlaceLate {
		t.Fatal("not away yet")
	}
	line.away.Store(true)
	desk.until("told", func() bool { return desk.desk.QueueAwayMS > 0 })
	first := desk.desk.QueueAwayMS
	desk.until("told again", func() bool { return desk.desk.QueueAwayMS > first })
	kiosk.until("told", func() bool { return kiosk.station.Ticket.PlaceLate })
	if kiosk.station.Ticket.Number != "A001" {
		t.Errorf("%+v", kiosk.station.Ticket)
	}
	line.away.Store(false)
	desk.until("told of the end", func() bool { return desk.desk.QueueAwayMS == 0 })
	kiosk.until("told of the end", func() bool { return !kiosk.station.Ticket.PlaceLate })
}

// TestRebuiltQueueIsTold: cmd compares SQL with Redis at once then.
func TestRebuiltQueueIsTold(t *testing.T) {
	told := make(chan struct{}, 8)
	r := newRig(t, func(o *Options) { o.Rebuilt = func() { told <- struct{}{} } })
	kiosk := r.open("station:s01")
	kiosk.must(protocol.TicketTake{})
	kiosk.untilStation(protocol.KioskWaiting)
	eventually(t, "the store epoch", func() bool { return r.server.view.Load().snap.StoreEpoch == 1 })
	if err := r.client.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-told:
	case <-time.After(patience):
		t.Fatal("nobody was told")
	}
	for _, tt := range []struct {
		before, now queue.Snapshot
		want        bool
	}{
		{queue.Snapshot{}, queue.Snapshot{RunID: "a", StoreEpoch: 4}, false}, // the first look
		{queue.Snapshot{RunID: "a", StoreEpoch: 4}, queue.Snapshot{RunID: "a", StoreEpoch: 5}, false},
		{queue.Snapshot{RunID: "a", StoreEpoch: 4}, queue.Snapshot{RunID: "b", StoreEpoch: 4}, true},
		{queue.Snapshot{RunID: "a", StoreEpoch: 4}, queue.Snapshot{StoreEpoch: 4}, false}, // it did not say
		{queue.Snapshot{RunID: "a", StoreEpoch: 4}, queue.Snapshot{RunID: "a", StoreEpoch: 0}, true},
	} {
		if got := rebuilt(tt.before, tt.now); got != tt.want {
			t.Errorf("%+v then %+v: %v", tt.before, tt.now, got)
		}
	}
}

func TestRecordsAwayAtTheAccept(t *testing.T) {
	r := newRig(t)
	desk := r.open("desk:agent1", available)
	desk.untilDesk(protocol.DeskReady)
	kiosk := r.open("station:s01")
	kiosk.must(protocol.TicketTake{})
	kiosk.untilStation(protocol.KioskRinging)
	kiosk.join("a")
	o := desk.untilDesk(protocol.DeskOffer).Offer
	desk.join("b")
	r.store.setAway(true)
	desk.refused(protocol.OfferAccept{Ticket: o.Ticket, Epoch: o.Epoch}, protocol.CodeRecordsDown)
	if r.media.look(o.Ticket).open || len(r.store.accepts) != 0 {
		t.Error("the gate opened over an accept that nobody remembers")
	}
	r.store.setAway(false)
	two := r.open("desk:agent2", available)
	two.until("offered or the first again", func() bool { return two.desk.State == protocol.DeskOffer || two.desk.State == protocol.DeskReady })
	var taker *page
	for taker == nil {
		for _, d := range []*page{desk, two} {
			if c := r.server.ownerOf(map[*page]string{desk: "agent1", two: "agent2"}[d], "offered"); c != nil && c.shows.Load().call.Epoch > o.Epoch {
				taker = d
			}
		}
		time.Sleep(time.Millisecond)
	}
	taker.until("a new offer", func() bool { return taker.desk.Offer != nil && taker.desk.Offer.Epoch > o.Epoch })
	taker.must(protocol.OfferAccept{Ticket: o.Ticket, Epoch: taker.desk.Offer.Epoch})
	taker.untilDesk(protocol.DeskCall)
	if len(r.store.accepts) != 1 {
		t.Errorf("accepts %v", r.store.accepts)
	}
}

func TestRecordsAwayAtTheEnd(t *testing.T) {
	r := newRig(t)
	kiosk, desk, ticket := r.call("s01", "agent1")
	r.store.setAway(true)
	kiosk.must(protocol.CallHangUp{})
	kiosk.untilStation(protocol.KioskSummary)
	w := desk.untilDesk(protocol.DeskWrapUp)
	finish := protocol.CallFinish{Ticket: ticket, Epoch: w.Call.Epoch, Disposition: protocol.DispositionPending, NextStep: protocol.NextFollow}
	desk.refused(finish, protocol.CodeRecordsDown)
	r.store.setAway(false)
	eventually(t, "its end in SQL", func() bool { return r.store.row(ticket).Ticket.State == "wrapup" })
	desk.must(finish)
	if got := r.store.row(ticket); got.Ticket.Ended != "station_hang_up" || got.Ticket.Dispo != "pending" {
		t.Errorf("%+v", got.Ticket)
	}
}

func TestFlushedQueueGetsEverythingBack(t *testing.T) {
	r := newRig(t)
	kiosk, desk, ticket := r.call("s01", "agent1")
	second := r.open("station:s02")
	second.must(protocol.TicketTake{})
	second.untilStation(protocol.KioskWaiting)
	arrived := second.station.Ticket.SinceMS
	if err := r.client.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	waiting := second.station.Ticket.ID
	eventually(t, "both tickets, agent and stations back in the queue", func() bool {
		v := r.server.view.Load()
		a, b := v.tickets[ticket], v.tickets[waiting]
		return v.snap.StoreEpoch == 0 && a != nil && a.State == queue.Active && !a.StationLost && !a.AgentLost &&
			b != nil && b.State == queue.Waiting && !b.StationLost && b.ArrivedMS == arrived &&
			v.agents["agent1"] != nil && v.agents["agent1"].Presence == queue.PresenceAvailable
	})
	desk.until("still in the call", func() bool { return desk.desk.State == protocol.DeskCall })
	if !r.media.look(ticket).open {
		t.Error("the gate was shut")
	}
	kiosk.must(protocol.CallHangUp{})
	w := desk.untilDesk(protocol.DeskWrapUp)
	desk.must(protocol.CallFinish{Ticket: ticket, Epoch: w.Call.Epoch, Disposition: protocol.DispositionAccepted, NextStep: protocol.NextClose})
	desk.untilDesk(protocol.DeskOffer)
}

// TestRestart is the program killed while one waits, one talks and one is in
// wrap-up, and started again on the same records with an empty Redis.
func TestRestart(t *testing.T) {
	r := newRig(t)
	kiosk1, desk1, ended := r.call("s01", "agent1")
	kiosk1.must(protocol.CallHangUp{})
	desk1.untilDesk(protocol.DeskWrapUp)
	_, desk2, talking := r.call("s02", "agent2")
	desk2.must(protocol.CaptureAsk{Slot: "id_card", Side: protocol.SideFront})
	desk2.must(protocol.SlotJudge{Slot: "id_card", Verdict: protocol.VerdictNA})
	r.store.addPage(PageRecord{ID: "p1", Ticket: talking, Slot: "id_card", Side: "front"})
	kiosk3 := r.open("station:s03")
	kiosk3.must(protocol.TicketTake{})
	kiosk3.untilStation(protocol.KioskWaiting)
	waiting := kiosk3.station.Ticket
	eventually(t, "saved", func() bool { return r.store.row(ended).Ticket.State == "wrapup" })

	r.stop()
	if err := r.client.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	r.start()

	kiosk3 = r.open("station:s03")
	kiosk3.until("waiting at the old place", func() bool { return kiosk3.station.Ticket != nil && kiosk3.station.Ticket.Enqueued })
	if got := kiosk3.station.Ticket; got.ID != waiting.ID || got.SinceMS != waiting.SinceMS || got.Number != waiting.Number {
		t.Errorf("%+v, before %+v", got, waiting)
	}
	kiosk2 := r.open("station:s02")
	kiosk2.untilStation(protocol.KioskCall)
	kiosk2.join("k")
	desk2 = r.open("desk:agent2", available)
	desk2.untilDesk(protocol.DeskCall)
	desk2.join("d")
	c := desk2.desk.Call
	if c.Ticket != talking || len(c.Pages) != 1 || c.Slots[0].Verdict != protocol.VerdictNA || c.Slots[0].Pages[0] != "p1" || len(c.Course) < 3 {
		t.Errorf("%+v", c)
	}
	if room := r.media.look(talking); !room.open || len(room.peers) != 2 {
		t.Errorf("%+v", room)
	}
	desk2.must(protocol.CallHangUp{})
	desk2.untilDesk(protocol.DeskWrapUp)

	// Wrap-up is found when its desk finishes it, though nobody restored it.
	desk1 = r.open("desk:agent1", available)
	desk1.must(protocol.CallFinish{Ticket: ended, Epoch: r.store.row(ended).Ticket.Epoch, Disposition: protocol.DispositionAccepted, NextStep: protocol.NextClose})
	if got := r.store.row(ended).Ticket; got.State != "closed" {
		t.Errorf("%+v", got)
	}
	if r.store.count() != 3 {
		t.Errorf("%d tickets", r.store.count())
	}
}

// TestCrashLeavesDeadSockets: this node's own connections of before a crash
// are told off, so that a station which never comes back gives its place up.
func TestCrashLeavesDeadSockets(t *testing.T) {
	r := newRig(t)
	if _, err := r.queue.StationBack(t.Context(), "s01", "node.dead"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.queue.StationBack(t.Context(), "s02", "another.live"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "s01 offline, s02 as it was", func() bool {
		v := r.server.view.Load()
		a, b := v.stations["s01"], v.stations["s02"]
		return a != nil && !a.Online && b != nil && b.Online
	})
}

// TestAcceptLostBetweenQueueAndRecords is a crash after the queue knew of an
// accept and before SQL did: the ticket goes back to its own place.
func TestAcceptLostBetweenQueueAndRecords(t *testing.T) {
	r := newRig(t)
	desk := r.open("desk:agent1", available)
	desk.untilDesk(protocol.DeskReady)
	kiosk := r.open("station:s01")
	kiosk.must(protocol.TicketTake{})
	o := desk.untilDesk(protocol.DeskOffer).Offer
	if _, err := r.queue.Accept(t.Context(), o.Ticket, "agent1", o.Epoch); err != nil {
		t.Fatal(err)
	}
	r.clock.Advance(t, 11*time.Second)
	desk.until("a new offer", func() bool { return desk.desk.Offer != nil && desk.desk.Offer.Epoch > o.Epoch })
	if r.media.look(o.Ticket).open {
		t.Error("the gate opened")
	}
	desk.must(protocol.OfferAccept{Ticket: o.Ticket, Epoch: desk.desk.Offer.Epoch})
	desk.untilDesk(protocol.DeskCall)
}
