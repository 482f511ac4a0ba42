package records

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/queue/queuetest"
)

// hall is SQL, Redis and a reconciler of one centre, beside a second centre.
type hall struct {
	t      *testing.T
	r      *Records
	other  *Records
	client *redis.Client
	q      *queue.Queue
	clock  *queuetest.Clock
	c      *Reconciler
	start  int64 // Redis' frozen clock at the beginning
}

func newHall(t *testing.T, where string) *hall {
	t.Helper()
	r, other := centres(t, where)
	h := &hall{t: t, r: r, other: other}
	h.redis(queuetest.Miniredis(t))
	return h
}

// redis takes another Redis, as after a restart of the embedded one, with a new
// reconciler. Its clock stands still.
func (h *hall) redis(client *redis.Client) {
	h.t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	h.client = client
	h.q = queue.New(queue.Options{Client: client, Centre: "pj", Logger: quiet})
	h.clock = queuetest.NewClock(client, "pj")
	h.freeze()
	h.c = NewReconciler(ReconcilerOptions{
		Records: h.r, Queue: h.q, Logger: quiet,
		Skills: func(_ context.Context, matter string) []string { return []string{"skill of " + matter} },
	})
	h.once()
}

// freeze sets Redis' clock, which a flush forgets.
func (h *hall) freeze() {
	if h.start == 0 {
		h.start = noon
	}
	h.clock.Freeze(h.t, h.start+60_000)
}

func (h *hall) once() {
	h.t.Helper()
	must(h.t, h.c.Once(h.t.Context()))
}

// flush wipes Redis and lets a pass rebuild it.
func (h *hall) flush() {
	h.t.Helper()
	must(h.t, h.client.FlushAll(h.t.Context()).Err())
	h.freeze()
	h.once()
}

// wait brings a press of a station into SQL and Redis.
func (h *hall) wait(n int) TicketRecord {
	h.t.Helper()
	station := fmt.Sprintf("s%02d", n)
	tk := press(h.t, h.r, station, fmt.Sprint("k", n), h.start+int64(n))
	_, err := h.q.StationBack(h.t.Context(), station, "conn")
	must(h.t, err)
	_, err = h.q.Enqueue(h.t.Context(), queue.Ticket{
		ID: tk.ID, Number: tk.Number, Station: tk.Station, ArrivedMS: tk.ArrivedMS, Priority: tk.Priority,
	}, "")
	must(h.t, err)
	return tk
}

// seat brings an agent, who gets the first waiting ticket.
func (h *hall) seat(agent string) {
	h.t.Helper()
	spec := queue.AgentSpec{ID: agent}
	_, err := h.q.AgentBack(h.t.Context(), spec, "conn")
	must(h.t, err)
	_, err = h.q.AgentSet(h.t.Context(), spec, queue.PresenceAvailable, "")
	must(h.t, err)
}

// accept takes the agent's offer in Redis and, unless lost, in SQL.
func (h *hall) accept(id string, lost bool) queue.Ticket {
	h.t.Helper()
	offer := h.inRedis(id)
	t, err := h.q.Accept(h.t.Context(), id, offer.Agent, offer.Epoch)
	must(h.t, err)
	if !lost {
		must(h.t, h.r.Accept(h.t.Context(), id, t.Agent, t.Epoch, t.AcceptedMS))
	}
	return t
}

func (h *hall) snapshot() queue.Snapshot {
	h.t.Helper()
	s, err := h.q.Snapshot(h.t.Context())
	must(h.t, err)
	return s
}

// inRedis returns an open ticket of Redis, or a zero one.
func (h *hall) inRedis(id string) queue.Ticket {
	h.t.Helper()
	for _, t := range h.snapshot().Tickets {
		if t.ID == id {
			return t
		}
	}
	return queue.Ticket{}
}

// later moves Redis' clock and sweeps what is due then.
func (h *hall) later(d time.Duration) {
	h.t.Helper()
	h.clock.Advance(h.t, d)
	_, err := h.q.Tick(h.t.Context())
	must(h.t, err)
}
