package records

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/remotewindow/remotewindow/queue"
)

// The operations of the machine. Each is drawn only when there is something to do
// it to.

// pick draws a ticket of Redis, mostly one in the wanted states. There is one.
func (m *machine) pick(t *rapid.T, states ...queue.State) queue.Ticket {
	fit := m.are(states...)
	if rapid.IntRange(0, 19).Draw(t, "any") == 0 {
		fit = m.last.Tickets
	}
	return rapid.SampledFrom(fit).Draw(t, "ticket")
}

// are returns the tickets of Redis in these states.
func (m *machine) are(states ...queue.State) []queue.Ticket {
	return slices.DeleteFunc(slices.Clone(m.last.Tickets), func(t queue.Ticket) bool { return !slices.Contains(states, t.State) })
}

// reaches draws which of the stores a change gets to: both, mostly.
func (m *machine) reaches(t *rapid.T) (sql, redis bool) {
	n := rapid.IntRange(0, 4).Draw(t, "lost on the way")
	return n != 1, n != 2
}

// sql runs a write of SQL, or one that finds the database away.
func (m *machine) sql(what string, reaches bool, op func(ctx context.Context, w *twin) error) error {
	m.Helper()
	ctx := m.ctx
	if !reaches {
		gone, cancel := context.WithCancel(ctx)
		cancel()
		ctx = gone
	}
	_, err := m.both("sql "+what, func(w *twin) (any, error) { return nil, op(ctx, w) })
	if !reaches && !errors.Is(err, ErrUnavailable) {
		m.Fatalf("%s without a database: %v", what, err)
	}
	return err
}

func (m *machine) redis(what string, reaches bool, op func(w *twin) (queue.Ticket, error)) (t queue.Ticket) {
	m.Helper()
	if !reaches {
		return t
	}
	answer, _ := m.both("redis "+what, func(w *twin) (any, error) {
		t, err := op(w)
		return w.named(t), err
	})
	return answer.(queue.Ticket)
}

func (m *machine) conn() string {
	m.conns++
	return fmt.Sprint("conn", m.conns)
}

func (m *machine) stationBack(id string) {
	conn := m.conn()
	_, _ = m.both("station back "+id, func(w *twin) (any, error) {
		s, err := w.q.StationBack(m.ctx, id, conn)
		s.Ticket = w.cases[s.Ticket]
		return s, err
	})
}

func (m *machine) stationDrop(t *rapid.T) {
	id := rapid.SampledFrom(machineStations).Draw(t, "station")
	_, _ = m.both("station drop "+id, func(w *twin) (any, error) {
		for _, s := range m.snapshot(w).Stations {
			if s.ID == id {
				return nil, w.q.StationDrop(m.ctx, id, s.Conn)
			}
		}
		return nil, nil
	})
}

func (m *machine) agentReady(id string) {
	conn := m.conn()
	_, _ = m.both("agent ready "+id, func(w *twin) (any, error) {
		spec := queue.AgentSpec{ID: id}
		if _, err := w.q.AgentBack(m.ctx, spec, conn); err != nil {
			return nil, err
		}
		a, err := w.q.AgentSet(m.ctx, spec, queue.PresenceAvailable, "")
		a.Ticket = w.cases[a.Ticket]
		return a, err
	})
}

func (m *machine) agentDrop(t *rapid.T) {
	id := rapid.SampledFrom(machineAgents).Draw(t, "agent")
	_, _ = m.both("agent drop "+id, func(w *twin) (any, error) {
		for _, a := range m.snapshot(w).Agents {
			if a.ID == id {
				return nil, w.q.AgentDrop(m.ctx, id, a.Conn)
			}
		}
		return nil, nil
	})
}

// press is taken by SQL first; only then Redis hears of it.
func (m *machine) press(t *rapid.T) {
	m.later(time.Millisecond) // no two arrivals are the same
	toSQL, toRedis := m.reaches(t)
	station := rapid.SampledFrom(machineStations).Draw(t, "station")
	key := fmt.Sprint("k", rapid.IntRange(0, 2*len(m.known)+3).Draw(t, "key")) // now and then one that was used
	press := Admission{Key: key, Station: station, ConsentText: "2026-1", Lang: "zh",
		Affinity: m.affinity(slices.Index(machineStations, station)), Priority: rapid.IntRange(0, 1).Draw(t, "priority"), AtMS: m.now}
	var got TicketRecord
	err := m.sql("admit "+station+" "+key, toSQL, func(ctx context.Context, w *twin) error {
		tk, err := w.r.Admit(ctx, press)
		if err == nil {
			got = w.row(tk)
		}
		return err
	})
	if err != nil {
		return
	}
	if m.arrived[got.Case] == 0 {
		m.arrived[got.Case] = got.ArrivedMS
		m.known = append(m.known, got.Case)
	}
	if got.State != StateWaiting {
		return
	}
	m.redis("enqueue "+got.Case, toRedis, func(w *twin) (queue.Ticket, error) {
		return w.q.Enqueue(m.ctx, queue.Ticket{ID: w.id[got.Case], Number: got.Number, Station: got.Station,
			Affinity: got.Affinity, ArrivedMS: got.ArrivedMS, Priority: got.Priority, Epoch: got.Epoch}, key)
	})
}

// skillsOf are what a matter needs in Redis; every agent has all skills.
func skillsOf(matter string) []string { return []string{"skill of " + matter} }

func (m *machine) revise(t *rapid.T) {
	tk := m.pick(t, queue.Waiting, queue.Offered)
	toSQL, toRedis := m.reaches(t)
	matter := rapid.SampledFrom([]string{"pension", "serious_illness"}).Draw(t, "matter")
	_ = m.sql("revise "+tk.ID, toSQL, func(ctx context.Context, w *twin) error {
		return w.r.Revise(ctx, w.id[tk.ID], "self", "medical", matter)
	})
	m.redis("revise "+tk.ID, toRedis, func(w *twin) (queue.Ticket, error) {
		return w.q.Revise(m.ctx, w.id[tk.ID], queue.Revision{Who: "self", Theme: "medical", Matter: matter, Skills: skillsOf(matter)})
	})
}

// accept is decided by Redis and committed by SQL.
func (m *machine) accept(t *rapid.T) {
	offer := m.pick(t, queue.Offered)
	toSQL, toRedis := m.reaches(t)
	got := m.redis("accept "+offer.ID, toRedis, func(w *twin) (queue.Ticket, error) {
		return w.q.Accept(m.ctx, w.id[offer.ID], offer.Agent, offer.Epoch)
	})
	if got.ID != "" {
		_ = m.sql("accept "+got.ID, toSQL, func(ctx context.Context, w *twin) error {
			return w.r.Accept(ctx, w.id[got.ID], got.Agent, got.Epoch, got.AcceptedMS)
		})
	}
}

// forgotAccept is one that SQL committed and Redis lost in a failover: there the
// offer still rings.
func (m *machine) forgotAccept(t *rapid.T) {
	offer := rapid.SampledFrom(m.are(queue.Offered)).Draw(t, "ticket")
	_ = m.sql("accept that Redis forgot "+offer.ID, true, func(ctx context.Context, w *twin) error {
		return w.r.Accept(ctx, w.id[offer.ID], offer.Agent, offer.Epoch+1, m.now)
	})
}

// forgotRequeue is one that SQL committed and Redis lost: there the call goes on.
func (m *machine) forgotRequeue(t *rapid.T) {
	call := rapid.SampledFrom(m.are(queue.Active, queue.Connecting)).Draw(t, "ticket")
	_ = m.sql("requeue that Redis forgot "+call.ID, true, func(ctx context.Context, w *twin) error {
		return w.r.Requeue(ctx, w.id[call.ID], call.Epoch+1)
	})
}

// adopt is what the other node does with a call whose home is away.
func (m *machine) adopt(t *rapid.T) {
	call := m.pick(t, queue.Active, queue.Connecting)
	node := rapid.SampledFrom([]string{"node1", "node2"}).Draw(t, "node")
	m.redis("adopt "+call.ID, true, func(w *twin) (queue.Ticket, error) {
		return w.q.Adopt(m.ctx, w.id[call.ID], node, call.Epoch)
	})
}

func (m *machine) connect(t *rapid.T) {
	call := m.pick(t, queue.Connecting)
	toSQL, toRedis := m.reaches(t)
	_ = m.sql("connected "+call.ID, toSQL, func(ctx context.Context, w *twin) error {
		return w.r.Connected(ctx, w.id[call.ID], call.Epoch, m.now)
	})
	m.redis("connected "+call.ID, toRedis, func(w *twin) (queue.Ticket, error) {
		return w.q.Connected(m.ctx, w.id[call.ID], call.Epoch)
	})
}

func (m *machine) end(t *rapid.T) {
	call := m.pick(t, queue.Active, queue.Connecting)
	toSQL, toRedis := m.reaches(t)
	_ = m.sql("end "+call.ID, toSQL, func(ctx context.Context, w *twin) error {
		return w.r.End(ctx, w.id[call.ID], call.Epoch, "agent", m.now)
	})
	m.redis("hang up "+call.ID, toRedis, func(w *twin) (queue.Ticket, error) {
		return w.q.HangUp(m.ctx, w.id[call.ID], call.Epoch, "agent")
	})
}

func (m *machine) finish(t *rapid.T) {
	call := m.pick(t, queue.WrapUp)
	toSQL, toRedis := m.reaches(t)
	err := m.sql("finish "+call.ID, toSQL, func(ctx context.Context, w *twin) error {
		return w.r.Finish(ctx, Finish{Ticket: w.id[call.ID], Agent: call.Agent, Epoch: call.Epoch, Disposition: "accepted",
			NextStep: "close", AtMS: m.now})
	})
	if err == nil {
		m.redis("finish "+call.ID, toRedis, func(w *twin) (queue.Ticket, error) {
			return queue.Ticket{}, w.q.Finish(m.ctx, w.id[call.ID], call.Agent, call.Epoch)
		})
	}
}

func (m *machine) requeue(t *rapid.T) {
	call := m.pick(t, queue.Active, queue.Connecting)
	toSQL, toRedis := m.reaches(t)
	got := m.redis("requeue "+call.ID, toRedis, func(w *twin) (queue.Ticket, error) {
		return w.q.Requeue(m.ctx, w.id[call.ID], call.Epoch, "device")
	})
	if got.ID != "" {
		_ = m.sql("requeue "+got.ID, toSQL, func(ctx context.Context, w *twin) error {
			return w.r.Requeue(ctx, w.id[got.ID], got.Epoch)
		})
	}
}

func (m *machine) abandon(t *rapid.T) {
	tk := m.pick(t, queue.Waiting, queue.Offered)
	toSQL, toRedis := m.reaches(t)
	_ = m.sql("abandon "+tk.ID, toSQL, func(ctx context.Context, w *twin) error {
		return w.r.Abandon(ctx, w.id[tk.ID], "left", m.now)
	})
	m.redis("abandon "+tk.ID, toRedis, func(w *twin) (queue.Ticket, error) {
		return queue.Ticket{}, w.q.Abandon(m.ctx, w.id[tk.ID], "left")
	})
}

func (m *machine) advance(t *rapid.T) {
	m.later(time.Duration(rapid.SampledFrom([]int{1, 5, 11, 21, 61, 91, 31 * 60}).Draw(t, "seconds")) * time.Second)
}

// later moves the clocks and sweeps what is due then.
func (m *machine) later(d time.Duration) {
	m.Helper()
	m.now += d.Milliseconds()
	for _, w := range m.twins {
		w.clock.Advance(m.T, d)
	}
	_, _ = m.both(fmt.Sprint("later ", d), func(w *twin) (any, error) {
		next, err := w.q.Tick(m.ctx)
		return next, err
	})
}

func (m *machine) flush() {
	for _, w := range m.twins {
		m.ok(w.client.FlushAll(m.ctx).Err())
	}
	m.freeze()
	m.Logf("flush")
	m.forgotten()
}

// forgotten lowers what is asked of the store epoch to what any store still knows.
func (m *machine) forgotten() {
	m.store = m.snapshot(m.twins[0]).StoreEpoch
	for _, w := range m.twins {
		e, err := w.r.StoreEpoch(m.ctx)
		m.ok(err)
		m.store = max(m.store, e)
	}
}

// restart kills a node and starts it again: no pass, no writes on the way.
func (m *machine) restart(t *rapid.T) {
	place := rapid.IntRange(0, 1).Draw(t, "node")
	for _, w := range m.twins {
		m.start(w, place)
	}
	m.Logf("restart of node %d", place)
}

// otherNode lets the centre's other node do what comes next. It may not have heard
// of what the first has met.
func (m *machine) otherNode() {
	for _, w := range m.twins {
		if w.node == w.nodes[0] {
			w.node = w.nodes[1]
		} else {
			w.node = w.nodes[0]
		}
	}
	m.Logf("other node")
}

// backup makes SQL forget the last life of Redis, as one that comes back from a
// backup has.
func (m *machine) backup() {
	_, err := m.both("backup", func(w *twin) (any, error) {
		return nil, w.r.write(m.ctx, "backup", func(tx *txn) error {
			_, err := tx.exec(m.ctx, `UPDATE counters SET value = value - 1 WHERE centre = ? AND name = ?`, m.centre, storeEpoch)
			return err
		})
	})
	m.ok(err)
	m.forgotten()
}
