package queue_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/queue/queuetest"
)

// start is when the frozen clock of a bench begins.
const start = int64(1_790_000_000_000)

var (
	centres atomic.Int64
	quiet   = slog.New(slog.DiscardHandler)
)

// bench is a queue in a centre of its own with a frozen clock.
type bench struct {
	*testing.T
	*queue.Queue
	ctx    context.Context
	client redis.UniversalClient
	centre string
	clock  *queuetest.Clock
}

func newBench(t *testing.T, client redis.UniversalClient) *bench {
	t.Helper()
	b := &bench{T: t, ctx: context.Background(), client: client, centre: fmt.Sprintf("c%d", centres.Add(1))}
	b.clock = queuetest.NewClock(client, b.centre)
	b.clock.Freeze(t, start)
	b.Queue = queue.New(queue.Options{Client: client, Centre: b.centre, Logger: quiet})
	return b
}

// onBoth runs a test on the embedded and on the real server.
func onBoth(t *testing.T, run func(b *bench)) {
	t.Helper()
	t.Run("miniredis", func(t *testing.T) { run(newBench(t, queuetest.Miniredis(t))) })
	t.Run("redis", func(t *testing.T) { run(newBench(t, queuetest.Redis(t))) })
}

func (b *bench) want(err, sentinel error) {
	b.Helper()
	if !errors.Is(err, sentinel) {
		b.Fatalf("error %v, want %v", err, sentinel)
	}
}

func (b *bench) ok(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// station connects a station.
func (b *bench) station(id string) {
	b.Helper()
	_, err := b.StationBack(b.ctx, id, id+"-1")
	b.ok(err)
}

// ready connects an agent and makes it available.
func (b *bench) ready(id string, skills ...string) {
	b.Helper()
	spec := queue.AgentSpec{ID: id, Skills: skills}
	_, err := b.AgentBack(b.ctx, spec, id+"-1")
	b.ok(err)
	_, err = b.AgentSet(b.ctx, spec, queue.PresenceAvailable, "")
	b.ok(err)
}

// call enqueues a ticket named like its station with a t in front.
func (b *bench) call(station string, with ...func(*queue.Ticket)) queue.Ticket {
	b.Helper()
	b.station(station)
	t := queue.Ticket{ID: "t" + station, Number: "A001", Station: station}
	for _, w := range with {
		w(&t)
	}
	t, err := b.Enqueue(b.ctx, t, "")
	b.ok(err)
	return t
}

func (b *bench) ticket(id string) queue.Ticket {
	b.Helper()
	for _, t := range b.snapshot().Tickets {
		if t.ID == id {
			return t
		}
	}
	return queue.Ticket{}
}

func (b *bench) agent(id string) queue.Agent {
	b.Helper()
	for _, a := range b.snapshot().Agents {
		if a.ID == id {
			return a
		}
	}
	b.Fatalf("no agent %s", id)
	return queue.Agent{}
}

func (b *bench) snapshot() queue.Snapshot {
	b.Helper()
	s, err := b.Snapshot(b.ctx)
	b.ok(err)
	return s
}

// pass moves the clock and acts on what is due.
func (b *bench) pass(d time.Duration) {
	b.Helper()
	b.clock.Advance(b.T, d)
	for {
		next, err := b.Tick(b.ctx)
		b.ok(err)
		if next > 0 {
			return
		}
	}
}

// isState checks state and agent of a ticket.
func (b *bench) isState(id string, state queue.State, agent string) queue.Ticket {
	b.Helper()
	t := b.ticket(id)
	if t.State != state || t.Agent != agent {
		b.Fatalf("ticket %s is %q at %q, want %q at %q", id, t.State, t.Agent, state, agent)
	}
	return t
}

func (b *bench) isAgent(id, state string) {
	b.Helper()
	if a := b.agent(id); a.State != state {
		b.Fatalf("agent %s is %q, want %q", id, a.State, state)
	}
}

// events lists the stream.
func (b *bench) events() []queue.Event {
	b.Helper()
	list, err := queue.Events(b.ctx, b.Queue)
	b.ok(err)
	return list
}

// bring makes ticket ts1, with agents a1 (who gets it) and a2 (away), and brings
// it to a state.
func (b *bench) bring(state queue.State) queue.Ticket {
	b.Helper()
	_, err := b.AgentBack(b.ctx, queue.AgentSpec{ID: "a2"}, "a2-1")
	b.ok(err)
	t := b.call("s1")
	if state == queue.Waiting {
		return t
	}
	b.ready("a1")
	t = b.isState("ts1", queue.Offered, "a1")
	if state == queue.Offered {
		return t
	}
	t, err = b.Accept(b.ctx, "ts1", "a1", t.Epoch)
	b.ok(err)
	if state == queue.Connecting {
		return t
	}
	t, err = b.Connected(b.ctx, "ts1", t.Epoch)
	b.ok(err)
	if state == queue.Active {
		return t
	}
	t, err = b.HangUp(b.ctx, "ts1", t.Epoch, "done")
	b.ok(err)
	if state == queue.Closed {
		b.ok(b.Finish(b.ctx, "ts1", "a1", t.Epoch))
	}
	return t
}

// line wants the waiting in this order.
func (b *bench) line(ids ...string) {
	b.Helper()
	var line []string
	for _, t := range b.snapshot().Tickets {
		if t.State == queue.Waiting {
			line = append(line, t.ID)
		}
	}
	if !slices.Equal(line, ids) {
		b.Fatalf("in line %v, want %v", line, ids)
	}
}

// lastEvent returns the newest event of a kind.
func (b *bench) lastEvent(kind string) queue.Event {
	b.Helper()
	var last queue.Event
	for _, e := range b.events() {
		if e.Kind == kind {
			last = e
		}
	}
	return last
}
