package history_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"github.com/remotewindow/remotewindow/agentdesk/demo"
	"github.com/remotewindow/remotewindow/agentdesk/records"
	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/queue/queuetest"
)

const (
	centre   = "pj"
	stations = 10
	agents   = 4
	// stretch is how many calls are finished before the fault, and again after it.
	stretch = 25
	// patience bounds each wait of the test; it decides nothing but failure.
	patience = 90 * time.Second
	// answerWithin is how long a client waits for one answer of Redis.
	answerWithin = time.Second
	// pause lies between two looks of a client.
	pause = 20 * time.Millisecond
)

// TestPrimaryDies: kill -9 of the primary.
func TestPrimaryDies(t *testing.T) {
	play(t, func(g *queuetest.Guarded, _ func(int)) {
		old := g.Primary(t)
		old.Kill()
		g.Moved(t, old)
	})
}

// TestPrimarySleeps: the primary is silent until another stands in its place, and
// wakes up with what was sent to it meanwhile, believing that it still is one.
func TestPrimarySleeps(t *testing.T) {
	play(t, func(g *queuetest.Guarded, _ func(int)) {
		old := g.Primary(t)
		old.Pause(t)
		g.Moved(t, old)
		old.Resume(t)
	})
}

// TestPartition: one node and the primary on one side of a cut, everything else on
// the other. Both sides have a primary for a while, and what the old one took is
// thrown away when the line is mended.
func TestPartition(t *testing.T) {
	play(t, func(g *queuetest.Guarded, more func(calls int)) {
		old := g.Primary(t)
		g.Line.Cut()
		g.Moved(t, old)
		more(stretch)
		g.Line.Mend()
	})
}

// node is one of two that share SQL and Redis.
type node struct {
	*queue.Queue
	records *records.Records
}

// hall is everybody who presses and answers.
type hall struct {
	journal
	nodes []node
}

// play lets stations press and agents answer on two nodes, brings the fault over
// them, and judges what they were told.
func play(t *testing.T, fault func(g *queuetest.Guarded, more func(calls int))) {
	quiet := slog.New(slog.DiscardHandler)
	g := queuetest.Sentinels(t, "appendonly yes", "appendfsync always")
	r, err := records.Open(t.Context(), records.Options{Dir: t.TempDir(), Centre: centre, AuditKey: make([]byte, 32), Logger: quiet})
	must(t, err)
	t.Cleanup(func() { must(t, r.Close()) })
	must(t, demo.Seed(t.Context(), r, demo.Options{Stations: stations, Agents: agents}))

	h := &hall{journal: journal{began: time.Now()}}
	ctx, stop := context.WithTimeout(t.Context(), 3*patience)
	defer stop()
	loops, working := errgroup.WithContext(ctx)
	for _, client := range []*redis.Client{g.Inside(t), g.Client(t)} {
		var reconciler *records.Reconciler
		q := queue.New(queue.Options{
			Client: client, Centre: centre, Logger: quiet, OnFenced: func() { reconciler.Kick() },
			Numbers: queue.Numbers{Ring: 3 * time.Second},
		})
		reconciler = records.NewReconciler(records.ReconcilerOptions{Records: r, Queue: q, Every: time.Second, Logger: quiet})
		must(t, reconciler.Once(ctx))
		h.nodes = append(h.nodes, node{q, r})
		loops.Go(func() error { return reconciler.Run(working) })
		loops.Go(func() error { return q.Run(working) })
	}
	pressing, rest := context.WithCancel(working)
	defer rest()
	for i := range stations {
		loops.Go(func() error { return h.station(pressing, working, i) })
	}
	for i := range agents {
		loops.Go(func() error { return h.agent(working, i) })
	}
	finished := func(n int) {
		t.Helper()
		h.until(working, t, fmt.Sprintf("%d calls are finished", n), func() bool { return h.count(finish) >= n })
	}
	finished(stretch)
	began := time.Now()
	fault(g, func(calls int) { finished(h.count(finish) + calls) })
	finished(h.count(finish) + stretch)
	t.Logf("fault over and %d calls more after %v", stretch, time.Since(began).Round(time.Millisecond))
	rest()
	h.until(working, t, "nobody is left in line", func() bool {
		open, err := r.OpenTickets(ctx)
		return err == nil && len(open) == 0
	})
	stop()
	if err := loops.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("a client: %v", err)
	}

	// What SQL remembers must be what was told.
	accepts, taken := map[string]int{}, 0
	for _, o := range h.ops {
		in, out := o.Input.(asked), o.Output.(told)
		if in.what == admit && out.yes {
			accepts[in.ticket] = 0
		}
		if in.what == accept && out.yes {
			if accepts[in.ticket]++; accepts[in.ticket] > 1 {
				taken++
			}
		}
	}
	for id := range accepts {
		h.note(stations+agents, func() (asked, told) {
			row, err := r.Ticket(context.WithoutCancel(ctx), id)
			return asked{what: look, ticket: id}, told{yes: err == nil, done: row.State == records.StateClosed, agent: row.Agent}
		})
	}
	h.judge(t)
	t.Logf("%d operations: %d admitted, %d accepted, %d of them over another's, %d finished",
		len(h.ops), len(accepts), h.count(accept), taken, h.count(finish))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (h *hall) until(ctx context.Context, t *testing.T, what string, ok func() bool) {
	t.Helper()
	late := time.After(patience)
	for !ok() {
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			t.Fatalf("%s: %v", what, context.Cause(ctx))
		case <-late:
			t.Fatalf("waited in vain: %s; %d admitted, %d accepted, %d finished", what, h.count(admit), h.count(accept), h.count(finish))
		}
	}
}

// station presses, waits until its call is over, and presses again, until pressing
// ends. Its node tells Redis that it is there, again after a failover.
func (h *hall) station(pressing, working context.Context, i int) error {
	id, n := fmt.Sprintf("s%02d", i+1), h.nodes[i%2]
	for presses := 0; pressing.Err() == nil; presses++ {
		var t records.TicketRecord
		h.note(i, func() (asked, told) {
			var err error
			t, err = n.records.Admit(working, records.Admission{Key: fmt.Sprint(presses), Station: id, ConsentText: "v1", Lang: "zh", AtMS: time.Now().UnixMilli()})
			return asked{what: admit, ticket: t.ID}, told{yes: err == nil}
		})
		if t.ID == "" {
			return fmt.Errorf("%s was not admitted", id)
		}
		entered := false
		for working.Err() == nil {
			ctx, cancel := context.WithTimeout(working, answerWithin)
			_, err := n.StationBack(ctx, id, id+"-1")
			if err == nil && !entered { // else the reconciler puts it in
				_, err = n.Enqueue(ctx, queue.Ticket{ID: t.ID, Number: t.Number, Station: id, ArrivedMS: t.ArrivedMS}, "")
				entered = err == nil
			}
			cancel()
			row, err := n.records.Ticket(working, t.ID)
			if err == nil && row.State == records.StateClosed {
				break
			}
			wait(working, 5*pause)
		}
	}
	return nil
}

// agent looks at the line as its node shows it, answers what it is offered, and
// ends what it has in hand.
func (h *hall) agent(working context.Context, i int) error {
	me, client, n := fmt.Sprintf("agent%d", i+1), stations+i, h.nodes[i%2]
	spec := queue.AgentSpec{ID: me}
	for working.Err() == nil {
		wait(working, pause)
		ctx, cancel := context.WithTimeout(working, answerWithin)
		s, err := n.Snapshot(ctx)
		if err == nil && !present(s, me) {
			if _, err = n.AgentBack(ctx, spec, me+"-1"); err == nil {
				_, _ = n.AgentSet(ctx, spec, queue.PresenceAvailable, "") // else the next look says so
			}
		}
		cancel()
		if err != nil {
			continue
		}
		for _, t := range s.Tickets {
			switch {
			case t.State == queue.Offered && t.Agent == me:
				h.answer(working, client, n, t)
			case t.State == queue.Offered && rand.IntN(5) == 0:
				h.note(client, func() (asked, told) {
					ctx, cancel := context.WithTimeout(working, answerWithin)
					defer cancel()
					_, err := n.Accept(ctx, t.ID, me, t.Epoch)
					return asked{what: steal, ticket: t.ID, agent: me}, told{yes: err == nil}
				})
			case t.Agent == me && (t.State == queue.Connecting || t.State == queue.Active || t.State == queue.WrapUp):
				h.end(working, client, n, t)
			}
		}
	}
	return nil
}

// present tells whether Redis knows an agent as there and not paused by a ring-out.
func present(s queue.Snapshot, id string) bool {
	for _, a := range s.Agents {
		if a.ID == id {
			return a.State != queue.AgentOffline && a.State != queue.AgentLost && a.State != queue.AgentRONA && a.State != queue.AgentAway
		}
	}
	return false
}

// answer accepts: Redis decides who wins, SQL has it before the agent is told.
func (h *hall) answer(working context.Context, client int, n node, offer queue.Ticket) {
	var t queue.Ticket
	h.note(client, func() (asked, told) {
		in := asked{what: accept, ticket: offer.ID, agent: offer.Agent}
		for { // an answer that was lost is asked for again
			ctx, cancel := context.WithTimeout(working, answerWithin)
			var err error
			t, err = n.Accept(ctx, offer.ID, offer.Agent, offer.Epoch)
			cancel()
			if err == nil {
				break
			}
			if refused(err) || working.Err() != nil {
				return in, told{}
			}
			wait(working, pause)
		}
		if rand.IntN(4) == 0 { // a slow database: who was first in Redis may be second here
			wait(working, rand.N(20*pause))
		}
		if err := n.records.Accept(working, t.ID, t.Agent, t.Epoch, t.AcceptedMS); err != nil {
			ctx, cancel := context.WithTimeout(working, answerWithin)
			defer cancel()
			_, _ = n.Requeue(ctx, t.ID, t.Epoch, "untold") // else the next look finds it in hand
			return in, told{}
		}
		return in, told{yes: true, epoch: t.Epoch}
	})
}

// end finishes in SQL, which is right about the close, and tells Redis, again at
// the next look if it must be. What SQL does not know as the agent's goes back.
func (h *hall) end(working context.Context, client int, n node, t queue.Ticket) {
	row, err := n.records.Ticket(working, t.ID)
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(working, answerWithin)
	defer cancel()
	switch {
	case row.State == records.StateClosed:
	case row.Agent != t.Agent || row.State == records.StateWaiting:
		if row.Epoch <= t.Epoch {
			_, _ = n.Requeue(ctx, t.ID, t.Epoch, "untold")
		}
		return
	default:
		ended := false
		h.note(client, func() (asked, told) {
			now := time.Now().UnixMilli()
			err := n.records.End(working, t.ID, t.Epoch, "done", now)
			if err == nil {
				err = n.records.Finish(working, records.Finish{
					Ticket: t.ID, Agent: t.Agent, Epoch: t.Epoch, Disposition: "accepted", NextStep: "close", AtMS: now,
				})
			}
			ended = err == nil
			return asked{what: finish, ticket: t.ID, agent: t.Agent, epoch: t.Epoch}, told{yes: ended}
		})
		if !ended {
			return
		}
	}
	if held, err := n.HangUp(ctx, t.ID, t.Epoch, "done"); err == nil {
		_ = n.Finish(ctx, t.ID, t.Agent, held.Epoch)
	}
}

// refused tells an answer of Redis from none.
func refused(err error) bool {
	return errors.Is(err, queue.ErrStale) || errors.Is(err, queue.ErrNotFound) || errors.Is(err, queue.ErrState)
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
