package records

import (
	"context"
	"fmt"

	"pgregory.net/rapid"

	"github.com/remotewindow/remotewindow/queue"
)

// The passes of the machine: whole ones, and those that cross a call or break off.

// crossedPass is one during which a call goes on: between its look at Redis and
// its look at SQL. Nothing of that may break it off.
func (m *machine) crossedPass(t *rapid.T) {
	tk := rapid.SampledFrom(m.last.Tickets).Draw(t, "ticket")
	end := rapid.Bool().Draw(t, "end")
	m.Logf("crossed by %s, which is %s", tk.ID, tk.State)
	_, err := m.both("pass and call", func(w *twin) (any, error) {
		w.gate.meanwhile = func() { m.goOn(w, tk, end) }
		return nil, w.c.Once(m.ctx)
	})
	m.ok(err)
}

// goOn takes a ticket a step further, or ends it, in both stores. A node that is
// fenced, or too late, does nothing.
func (m *machine) goOn(w *twin, tk queue.Ticket, end bool) {
	id := w.id[tk.ID]
	switch {
	case tk.State == queue.Waiting || tk.State == queue.Offered && end:
		_ = w.r.Abandon(m.ctx, id, "left", m.now)
		_ = w.q.Abandon(m.ctx, id, "left")
	case tk.State == queue.Offered:
		if got, err := w.q.Accept(m.ctx, id, tk.Agent, tk.Epoch); err == nil {
			_ = w.r.Accept(m.ctx, id, got.Agent, got.Epoch, got.AcceptedMS)
		}
	case tk.State == queue.WrapUp:
		if w.r.Finish(m.ctx, Finish{Ticket: id, Agent: tk.Agent, Epoch: tk.Epoch, Disposition: "accepted", NextStep: "close", AtMS: m.now}) == nil {
			_ = w.q.Finish(m.ctx, id, tk.Agent, tk.Epoch)
		}
	case end:
		_ = w.r.End(m.ctx, id, tk.Epoch, "agent", m.now)
		_, _ = w.q.HangUp(m.ctx, id, tk.Epoch, "agent")
	default:
		if got, err := w.q.Requeue(m.ctx, id, tk.Epoch, "device"); err == nil {
			_ = w.r.Requeue(m.ctx, id, got.Epoch)
		}
	}
}

func (m *machine) once() {
	m.Helper()
	before := m.look()
	_, err := m.both("pass", func(w *twin) (any, error) { return nil, w.c.Once(m.ctx) })
	m.ok(err)
	m.passed(before, m.look())
}

// brokenPass breaks a pass off at a random place: what was done stays, and the
// next one ends it.
func (m *machine) brokenPass(t *rapid.T) {
	after := rapid.IntRange(0, 8).Draw(t, "calls")
	both := rapid.Bool().Draw(t, "SQL too")
	_, _ = m.both(fmt.Sprint("pass broken after ", after, " SQL too ", both), func(w *twin) (any, error) {
		ctx, cancel := context.WithCancel(m.ctx)
		defer cancel()
		w.gate.left = after
		if both {
			w.gate.cut = cancel
		}
		err := w.c.Once(ctx)
		w.gate.left, w.gate.cut = -1, nil
		return nil, err
	})
	if rapid.Bool().Draw(t, "flushed meanwhile") && after%4 == 0 {
		m.flush()
	}
}
