package queue_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/queue/queuetest"
)

// TestEveryoneAtOnce: 31 stations press at the same moment over two nodes, and
// two desks of each of five agents race for the same offers. Each ticket is
// accepted once and finished once, and none is left.
func TestEveryoneAtOnce(t *testing.T) {
	b := newBench(t, queuetest.Redis(t))
	nodes := []*queue.Queue{b.Queue, queue.New(queue.Options{Client: b.client, Centre: b.centre, Logger: quiet})}
	const stations, agents = 31, 5
	var pressed atomic.Int64
	all := func() bool { return pressed.Load() == stations }
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	group, ctx := errgroup.WithContext(ctx)
	for i := range stations {
		group.Go(func() error {
			id := fmt.Sprintf("s%02d", i)
			if _, err := nodes[i%2].StationBack(ctx, id, id); err != nil {
				return err
			}
			_, err := nodes[i%2].Enqueue(ctx, queue.Ticket{ID: "t" + id, Station: id}, "press")
			pressed.Add(1)
			return err
		})
	}
	for i := range agents * 2 {
		id, node := fmt.Sprintf("a%d", i/2), nodes[i%2]
		group.Go(func() error {
			if _, err := node.AgentBack(ctx, queue.AgentSpec{ID: id}, id); err != nil {
				return err
			}
			if _, err := node.AgentSet(ctx, queue.AgentSpec{ID: id}, queue.PresenceAvailable, ""); err != nil {
				return err
			}
			return serve(ctx, node, id, all)
		})
	}
	b.ok(group.Wait())
	count := map[string]int{}
	for _, e := range b.events() {
		if e.Kind == "accepted" || e.Kind == "finished" {
			count[e.Kind+" "+e.Ticket]++
		}
	}
	if len(count) != 2*stations {
		b.Fatalf("%d kinds of ends, want %d: %v", len(count), 2*stations, count)
	}
	for what, n := range count {
		if n != 1 {
			b.Errorf("%s %d times", what, n)
		}
	}
}

// serve plays one desk of an agent until all have pressed and nothing is open; what
// the other desk did first is refused as stale or in another state.
func serve(ctx context.Context, q *queue.Queue, agent string, all func() bool) error {
	beaten := func(err error) bool { return errors.Is(err, queue.ErrStale) || errors.Is(err, queue.ErrState) }
	for {
		last := all() // before the snapshot, so that it contains every press
		s, err := q.Snapshot(ctx)
		if err != nil {
			return err
		}
		if last && len(s.Tickets) == 0 {
			return nil
		}
		for _, t := range s.Tickets {
			if t.Agent != agent {
				continue
			}
			switch t.State {
			case queue.Offered:
				_, err = q.Accept(ctx, t.ID, agent, t.Epoch)
			case queue.Connecting, queue.Active:
				_, err = q.HangUp(ctx, t.ID, t.Epoch, "done")
			case queue.WrapUp:
				err = q.Finish(ctx, t.ID, agent, t.Epoch)
			}
			if err != nil && !beaten(err) {
				return err
			}
		}
	}
}
