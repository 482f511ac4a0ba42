package signaling

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/signaling/call"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// stubQueue answers one enqueue and one accept, without Redis, so that time
// stands still in the tests below.
type stubQueue struct {
	Queue
	away     atomic.Bool
	enqueues atomic.Int64
}

func (q *stubQueue) Numbers() queue.Numbers { return queue.Numbers{} }

func (q *stubQueue) Why(context.Context, string) ([]queue.Why, error) { return nil, nil }

func (q *stubQueue) Enqueue(_ context.Context, t queue.Ticket, _ string) (queue.Ticket, error) {
	q.enqueues.Add(1)
	if q.away.Load() {
		return t, errors.New("connection refused")
	}
	t.Epoch, t.State = 1, queue.Waiting
	return t, nil
}

func (q *stubQueue) Accept(_ context.Context, id, agent string, epoch int64) (queue.Ticket, error) {
	return queue.Ticket{ID: id, Agent: agent, Epoch: epoch + 1, State: queue.Connecting, AcceptedMS: nowMS()}, nil
}

func newStubServer() (*Server, *stubQueue, *memoryStore) {
	q, store, media := &stubQueue{}, newMemoryStore(), newFakeMedia()
	s := New(Options{Queue: q, Media: media, Store: store, Directory: newMemoryDirectory()})
	media.handle = s.HandleMedia
	return s, q, store
}

func TestGrantsAreRenewedAndExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, _ := newStubServer()
		if err := s.press(t.Context(), "s01", "k", protocol.TicketTake{}); err != nil {
			t.Fatal(err)
		}
		o := s.owner(s.ticketOf("s01"))
		token := func() string { return o.shows.Load().grants[call.Station].Token }
		first := token()
		time.Sleep(80 * time.Second)
		if token() != first {
			t.Fatal("renewed too early")
		}
		time.Sleep(25 * time.Second)
		if token() == first || len(token()) != 32 {
			t.Fatal("not renewed when it lay unused for 90 s")
		}
		join := func(token string) error {
			_, err := o.ask(t.Context(), mediaOffer{party: call.Station, participant: "s01", token: token, sdp: "x"})
			return err
		}
		if err := join(first); !errors.Is(err, errMediaToken) {
			t.Errorf("an old token: %v", err)
		}
		second := token()
		if err := join(second); err != nil {
			t.Errorf("the present token: %v", err)
		}
		if err := join(second); !errors.Is(err, errMediaToken) {
			t.Errorf("a used token: %v", err)
		}
		third := token()
		if err := o.post(letter{event: call.Seen{State: call.Offered, Epoch: 2, Agent: "agent1"}}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := join(third); !errors.Is(err, errMediaToken) {
			t.Errorf("a token of an older epoch: %v", err)
		}
		if got := o.shows.Load().grants[call.Station]; got.MaxKbps != call.FullKbps {
			t.Errorf("ringing at %d kbit/s", got.MaxKbps)
		}
		if _, err := o.ask(t.Context(), mediaOffer{party: call.Agent, participant: "agent2", token: o.shows.Load().grants[call.Agent].Token}); !errors.Is(err, errMediaToken) {
			t.Errorf("another agent with this agent's token: %v", err)
		}
		if err := s.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestWhatRedisRefusedIsToldAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, q, _ := newStubServer()
		q.away.Store(true)
		if err := s.press(t.Context(), "s01", "k", protocol.TicketTake{}); err != nil {
			t.Fatalf("the press is kept: %v", err)
		}
		o := s.owner(s.ticketOf("s01"))
		time.Sleep(3500 * time.Millisecond)
		if n := q.enqueues.Load(); n < 4 || n > 6 || o.shows.Load().call.Enqueued {
			t.Errorf("%d tries in 3.5 s", n)
		}
		q.away.Store(false)
		time.Sleep(time.Second)
		if c := o.shows.Load().call; !c.Enqueued || c.Epoch != 1 {
			t.Errorf("%+v", c)
		}
		if err := s.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestBothSidesHearThatNoMediaCame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, store := newStubServer()
		if err := s.press(t.Context(), "s01", "k", protocol.TicketTake{}); err != nil {
			t.Fatal(err)
		}
		o := s.owner(s.ticketOf("s01"))
		late := func() (station, desk bool) {
			kiosk, err := s.stationState(t.Context(), "s01")
			if err != nil {
				t.Fatal(err)
			}
			agent, err := s.deskState(t.Context(), "agent1")
			if err != nil || agent.Call == nil {
				t.Fatalf("%+v %v", agent, err)
			}
			return kiosk.MediaLate, agent.Call.MediaLate
		}
		time.Sleep(time.Minute) // it waits
		for _, event := range []any{call.Seen{State: call.Offered, Epoch: 2, Agent: "agent1"}, call.Accept{Agent: "agent1", Epoch: 2}} {
			if _, err := o.ask(t.Context(), event); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(19 * time.Second)
		if station, desk := late(); station || desk {
			t.Error("told too early")
		}
		time.Sleep(2 * time.Second)
		if station, desk := late(); !station || !desk {
			t.Errorf("not told: station %v desk %v", station, desk)
		}
		if course := store.row(o.ticket).Course; len(course) != 2 || course[1].Kind != "no_media" {
			t.Errorf("course %+v", course)
		}
		if err := s.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestSummaryIsKeptForTwoMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, _ := newStubServer()
		s.settleBooth(call.Active, call.Call{Ticket: "t", Station: "s01", State: call.WrapUp})
		kiosk := func() protocol.KioskState {
			state, err := s.stationState(t.Context(), "s01")
			if err != nil {
				t.Fatal(err)
			}
			return state.State
		}
		time.Sleep(119 * time.Second)
		s.sweepBooths(time.Now())
		if kiosk() != protocol.KioskSummary {
			t.Error("gone too early")
		}
		time.Sleep(2 * time.Second)
		s.sweepBooths(time.Now())
		if kiosk() != protocol.KioskIdle {
			t.Error("kept for the next resident to see")
		}
		// Its outcome, when it comes, is nobody's any more.
		s.settleBooth(call.WrapUp, call.Call{Ticket: "t", Station: "s01", State: call.Closed})
		if kiosk() != protocol.KioskIdle {
			t.Error("came back")
		}
		if err := s.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestInboxIsBounded(t *testing.T) {
	o := &owner{wake: make(chan struct{}, 1)}
	for range inboxLetters {
		if err := o.post(letter{event: call.MediaFlows{}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := o.post(letter{event: call.Cancel{}}); !errors.Is(err, errBusy) {
		t.Errorf("err %v", err)
	}
}

func TestStatesAreBounded(t *testing.T) {
	s, _, _ := newStubServer()
	snap := queue.Snapshot{}
	for i := range 600 {
		snap.Tickets = append(snap.Tickets, queue.Ticket{ID: fmt.Sprint(i), State: queue.Waiting})
	}
	snap.Tickets[599].State = queue.Offered
	s.view.Store(newView(snap))
	c := callOf(CallRecord{Ticket: TicketRecord{ID: "t", Station: "s01", Agent: "agent1", State: "active", Epoch: 1}}, nil)
	for i := range 300 {
		c.Course = append(c.Course, protocol.CallEvent{AtMS: int64(i)})
	}
	o := s.own(c, "", nil)
	desk, err := s.deskState(t.Context(), "agent1")
	if err != nil {
		t.Fatal(err)
	}
	if len(desk.Queue) != 200 || desk.QueueTotal != 600 || desk.Queue[0].Ticket != "599" || desk.Queue[199].Ticket != "198" {
		t.Errorf("%d rows of %d", len(desk.Queue), desk.QueueTotal)
	}
	if n := len(desk.Call.Course); n != 200 || desk.Call.Course[199].AtMS != 299 {
		t.Errorf("%d lines of course", n)
	}
	board, err := s.board(t.Context())
	if err != nil || len(board.Waiting) != 500 || board.WaitingTotal != 600 {
		t.Errorf("%d rows of %d, %v", len(board.Waiting), board.WaitingTotal, err)
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	<-o.closed
}

func TestStatesCarryNoNull(t *testing.T) {
	s, _, _ := newStubServer()
	o := s.own(callOf(CallRecord{Ticket: TicketRecord{ID: "t", Station: "s01", Agent: "agent1", State: "active", Epoch: 1}}, nil), "", nil)
	station, err := s.stationState(t.Context(), "s01")
	if err != nil {
		t.Fatal(err)
	}
	desk, err := s.deskState(t.Context(), "agent1")
	if err != nil || desk.Call == nil {
		t.Fatalf("%+v %v", desk, err)
	}
	board, err := s.board(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []protocol.Message{station, desk, board} {
		data, err := protocol.Encode("", "", m)
		if err != nil {
			t.Fatal(err)
		}
		if i := indexOfNull(string(data)); i >= 0 {
			t.Errorf("%s: a list is null at %.60s", m.Type(), data[max(0, i-30):])
		}
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	<-o.closed
}

func indexOfNull(s string) int {
	for i := 0; i+4 < len(s); i++ {
		if s[i:i+5] == ":null" {
			return i
		}
	}
	return -1
}
