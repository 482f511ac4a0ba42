package forecast

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/queue/queuetest"
)

// One agent with a history, two residents, the real queue: what was forecast at
// admission is when the queue gives them the agent.
func TestOnTheQueue(t *testing.T) {
	ctx, client := context.Background(), queuetest.Miniredis(t)
	clock := queuetest.NewClock(client, "f")
	clock.Freeze(t, nowMS)
	q := queue.New(queue.Options{Client: client, Centre: "f"})
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	agent := queue.AgentSpec{ID: "a"}
	_, err := q.AgentBack(ctx, agent, "socket")
	must(err)
	_, err = q.AgentSet(ctx, agent, queue.PresenceAvailable, "")
	must(err)
	for _, id := range []string{"1", "2", "3"} {
		_, err = q.StationBack(ctx, "s"+id, "socket"+id)
		must(err)
		_, err = q.Enqueue(ctx, queue.Ticket{ID: id, Station: "s" + id, Matter: "m"}, "")
		must(err)
	}
	ticket := func(id string) queue.Ticket {
		t.Helper()
		s, err := q.Snapshot(ctx)
		must(err)
		i := slices.IndexFunc(s.Tickets, func(x queue.Ticket) bool { return x.ID == id })
		if i < 0 {
			t.Fatalf("%s is not open", id)
		}
		return s.Tickets[i]
	}
	// serve takes the ticket that rings through a call of nine minutes and a wrap-up
	// of one.
	serve := func(id string) {
		t.Helper()
		one, err := q.Accept(ctx, id, "a", ticket(id).Epoch)
		must(err)
		_, err = q.Connected(ctx, id, one.Epoch)
		must(err)
		clock.Advance(t, 9*time.Minute)
		_, err = q.HangUp(ctx, id, one.Epoch, "done")
		must(err)
		clock.Advance(t, 59*time.Second)
		must(q.Finish(ctx, id, "a", one.Epoch))
	}
	history := minutes(100, 10)
	look := func(id string) Band {
		t.Helper()
		s, err := q.Snapshot(ctx)
		must(err)
		state := Of(s, queue.Numbers{Affinity: 15 * time.Second, AgingBoost: time.Minute}, nil)
		state.Service = history
		band, sure := Wait(state, id, Options{})
		if !sure {
			t.Fatalf("%s: not sure: %v of %+v", id, band, state)
		}
		return band
	}
	second, third := look("2"), look("3")
	about(t, "the second's bound", second.P80, 10*time.Minute, time.Minute)
	about(t, "the third's bound", third.P80, 20*time.Minute, 2*time.Minute)
	serve("1")
	about(t, "the second's wait", time.Duration(ticket("2").OfferedMS-nowMS)*time.Millisecond, second.P50, time.Minute)
	about(t, "what is left of the third's", look("3").P80, 10*time.Minute, time.Minute)
	serve("2")
	about(t, "the third's wait", time.Duration(ticket("3").OfferedMS-nowMS)*time.Millisecond, third.P50, 2*time.Minute)
}
