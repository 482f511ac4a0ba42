package queue_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/queue/queuetest"
)

// start is when the frozen clock of a bench begins.
const start = int64(1_790_000_000_000)

var centres atomic.Int64

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
	b.Queue = queue.New(queue.Options{Client: client, Centre: b.centre})
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

// events lists the stream as "kind ticket agent detail".
func (b *bench) events() []queue.Event {
	b.Helper()
	list, err := queue.Events(b.ctx, b.Queue)
	b.ok(err)
	return list
}
