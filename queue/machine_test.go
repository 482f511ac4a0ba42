package queue_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"pgregory.net/rapid"

	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/queue/queuetest"
)

// machine does the same random operations on the embedded and on the real
// server, wants the same replies, and checks the invariants after each one.
type machine struct {
	*rapid.T
	ctx     context.Context
	clients []redis.UniversalClient
	queues  []*queue.Queue
	clocks  []*queuetest.Clock
	history *history
	known   []string           // ids of all tickets ever
	epochs  map[string][]int64 // every epoch that a ticket ever had
	conns   map[string]int     // sockets made so far, by agent or station
	now     int64
	last    queue.Snapshot
}

var (
	agents   = []string{"a1", "a2", "a3"}
	stations = []string{"s1", "s2", "s3", "s4", "s5"}
	skills   = [][]string{nil, {"x"}, {"y"}, {"x", "y"}}
)

func TestMachine(t *testing.T) {
	clients := []redis.UniversalClient{queuetest.Miniredis(t), queuetest.Redis(t)}
	rapid.Check(t, func(t *rapid.T) {
		m := newMachine(t, clients)
		t.Repeat(map[string]func(*rapid.T){
			"":             func(t *rapid.T) { m.T = t; m.check() },
			"enqueue":      m.enqueue,
			"enqueue more": m.enqueue,
			"enqueue dup":  m.repeat,
			"agent ready":  m.agentReady,
			"agent set":    m.agentSet,
			"agent drop":   m.agentDrop,
			"station back": m.stationBack,
			"station drop": m.stationDrop,
			"shown":        m.shown,
			"accept":       m.accept,
			"accept more":  m.accept,
			"decline":      m.decline,
			"serve":        m.serve,
			"hang up":      m.hangUp,
			"extend":       m.extend,
			"finish":       m.finish,
			"finish more":  m.finish,
			"abandon":      m.abandon,
			"requeue":      m.requeue,
			"revise":       m.revise,
			"restore":      m.restore,
			"drop":         m.dropTicket,
			"advance":      m.advance,
			"pass":         m.pass,
			"flush":        m.flushScripts,
		})
		m.drain()
	})
}

func newMachine(t *rapid.T, clients []redis.UniversalClient) *machine {
	m := &machine{T: t, ctx: context.Background(), clients: clients, history: newHistory(), epochs: map[string][]int64{},
		conns: map[string]int{}, now: start}
	centre := fmt.Sprintf("m%d", centres.Add(1))
	for _, client := range clients {
		m.queues = append(m.queues, queue.New(queue.Options{Client: client, Centre: centre}))
		m.clocks = append(m.clocks, queuetest.NewClock(client, centre))
	}
	for i := range m.clocks {
		m.clocks[i].Freeze(t, m.now)
	}
	for _, s := range stations {
		m.connectStation(s)
	}
	m.agentReady(t)
	return m
}

// do runs an operation on both servers and wants the same reply, the same error
// and the same state afterwards.
func (m *machine) do(what string, op func(q *queue.Queue) (any, error)) error {
	m.Helper()
	first, firstErr := op(m.queues[0])
	second, secondErr := op(m.queues[1])
	for _, err := range []error{firstErr, secondErr} {
		if err != nil && sentinel(err) == nil {
			m.Fatalf("%s: %v", what, err)
		}
	}
	if !errors.Is(secondErr, sentinel(firstErr)) || !reflect.DeepEqual(first, second) {
		m.Fatalf("%s differs:\nminiredis %+v %v\nredis     %+v %v", what, first, firstErr, second, secondErr)
	}
	var events [2][]queue.Event
	var snapshots [2]queue.Snapshot
	for i, q := range m.queues {
		var err error
		if snapshots[i], err = q.Snapshot(m.ctx); err != nil {
			m.Fatalf("snapshot: %v", err)
		}
		snapshots[i].RunID = ""
		if events[i], err = queue.Events(m.ctx, q); err != nil {
			m.Fatalf("events: %v", err)
		}
	}
	if !reflect.DeepEqual(snapshots[0], snapshots[1]) {
		m.Fatalf("after %s the states differ:\nminiredis %+v\nredis     %+v", what, snapshots[0], snapshots[1])
	}
	if !reflect.DeepEqual(events[0], events[1]) {
		m.Fatalf("after %s the events differ:\nminiredis %+v\nredis     %+v", what, events[0], events[1])
	}
	m.last = snapshots[0]
	m.Logf("%s -> %v", what, firstErr)
	m.history.add(m, events[0])
	for _, t := range m.last.Tickets {
		if !slices.Contains(m.epochs[t.ID], t.Epoch) {
			m.epochs[t.ID] = append(m.epochs[t.ID], t.Epoch)
		}
	}
	return firstErr
}

// own is do for an operation that carries an epoch, and an agent unless empty. It
// is H2: what had an effect carried those of the present owner.
func (m *machine) own(what, id, agent string, epoch int64, op func(q *queue.Queue) (any, error)) {
	m.Helper()
	before := m.last
	err := m.do(fmt.Sprint(what, " ", id, " ", agent, " ", epoch), op)
	if err != nil || m.last.Version == before.Version {
		return
	}
	i := slices.IndexFunc(before.Tickets, func(t queue.Ticket) bool { return t.ID == id })
	if i < 0 || before.Tickets[i].Epoch != epoch || agent != "" && before.Tickets[i].Agent != agent {
		m.Fatalf("H2: %s %s by %q with epoch %d had an effect on %+v", what, id, agent, epoch, before.Tickets)
	}
}

func sentinel(err error) error {
	for _, s := range []error{queue.ErrStale, queue.ErrStationBusy, queue.ErrNotFound, queue.ErrState, queue.ErrFenced, queue.ErrInvalid} {
		if errors.Is(err, s) {
			return s
		}
	}
	return nil
}

// pick draws a ticket, mostly one in the wanted states, and an agent and epoch
// for it: mostly the present ones, sometimes others.
func (m *machine) pick(t *rapid.T, states ...queue.State) (id, agent string, epoch int64) {
	var fit []queue.Ticket
	for _, ticket := range m.last.Tickets {
		if slices.Contains(states, ticket.State) {
			fit = append(fit, ticket)
		}
	}
	if len(m.known) == 0 {
		t.Skip("no ticket yet")
	}
	if len(fit) > 0 && rapid.IntRange(0, 9).Draw(t, "fit") > 0 {
		ticket := rapid.SampledFrom(fit).Draw(t, "ticket")
		id, agent, epoch = ticket.ID, ticket.Agent, ticket.Epoch
		if rapid.IntRange(0, 5).Draw(t, "stale") == 0 {
			epoch = rapid.SampledFrom(m.epochs[id]).Draw(t, "epoch")
		}
		if rapid.IntRange(0, 9).Draw(t, "other") == 0 {
			agent = rapid.SampledFrom(agents).Draw(t, "agent")
		}
		return id, agent, epoch
	}
	id = rapid.SampledFrom(m.known).Draw(t, "any")
	return id, rapid.SampledFrom(agents).Draw(t, "agent"), rapid.SampledFrom(m.epochs[id]).Draw(t, "epoch")
}

func (m *machine) enqueue(t *rapid.T) {
	ticket := queue.Ticket{
		ID:        fmt.Sprintf("t%03d", len(m.known)),
		Station:   rapid.SampledFrom(stations).Draw(t, "station"),
		Affinity:  rapid.SampledFrom([]string{"", "", "a1", "a2", "nobody"}).Draw(t, "affinity"),
		Skills:    rapid.SampledFrom(skills).Draw(t, "skills"),
		Priority:  rapid.SampledFrom([]int{0, 0, 0, 1, 3}).Draw(t, "priority"),
		ArrivedMS: m.now - rapid.SampledFrom([]int64{-9000, 0, 0, 0, 4000, 40_000}).Draw(t, "arrived"),
	}
	m.history.expect(ticket, min(ticket.ArrivedMS, m.now))
	err := m.do("enqueue "+ticket.ID, func(q *queue.Queue) (any, error) { return q.Enqueue(m.ctx, ticket, "k"+ticket.ID) })
	if err == nil {
		m.known = append(m.known, ticket.ID)
	} else if !errors.Is(err, queue.ErrStationBusy) {
		t.Fatalf("enqueue: %v", err)
	}
}

// repeat sends a press again, by id or by key, and wants the stored ticket and no event.
func (m *machine) repeat(t *rapid.T) {
	if len(m.known) == 0 {
		t.Skip("no ticket yet")
	}
	old, version := rapid.SampledFrom(m.known).Draw(t, "old"), m.last.Version
	ticket := queue.Ticket{ID: old, Station: m.history.tickets[old].Station}
	if rapid.Bool().Draw(t, "by key") && !m.history.tickets[old].restored {
		ticket.ID = "other"
	}
	err := m.do("repeat "+old, func(q *queue.Queue) (any, error) {
		stored, err := q.Enqueue(m.ctx, ticket, "k"+old)
		if err == nil && stored.ID != old {
			t.Fatalf("repeat of %s returned %s", old, stored.ID)
		}
		return stored, err
	})
	if err != nil || m.last.Version != version {
		t.Fatalf("repeat: %v, version %d after %d", err, m.last.Version, version)
	}
}

func (m *machine) spec(id string) queue.AgentSpec {
	return queue.AgentSpec{ID: id, Skills: map[string][]string{"a1": nil, "a2": {"x"}, "a3": {"x", "y"}}[id], Cap: 1}
}

func (m *machine) agentReady(t *rapid.T) {
	id := rapid.SampledFrom(agents).Draw(t, "agent")
	m.conns[id]++
	conn := fmt.Sprint(id, "-", m.conns[id])
	_ = m.do("agent back "+conn, func(q *queue.Queue) (any, error) { return q.AgentBack(m.ctx, m.spec(id), conn) })
	if rapid.IntRange(0, 3).Draw(t, "press") > 0 {
		_ = m.do("agent available "+id, func(q *queue.Queue) (any, error) {
			return q.AgentSet(m.ctx, m.spec(id), queue.PresenceAvailable, "")
		})
	}
}

func (m *machine) agentSet(t *rapid.T) {
	id := rapid.SampledFrom(agents).Draw(t, "agent")
	presence := rapid.SampledFrom([]string{"available", "available", "away", "offline", "nonsense"}).Draw(t, "presence")
	_ = m.do("agent "+presence+" "+id, func(q *queue.Queue) (any, error) {
		return q.AgentSet(m.ctx, m.spec(id), presence, "lunch")
	})
}

func (m *machine) agentDrop(t *rapid.T) {
	id := rapid.SampledFrom(agents).Draw(t, "agent")
	older := rapid.SampledFrom([]int{0, 0, 0, 1}).Draw(t, "older")
	conn, version := fmt.Sprint(id, "-", m.conns[id]-older), m.last.Version
	_ = m.do("agent drop "+conn, func(q *queue.Queue) (any, error) { return nil, q.AgentDrop(m.ctx, id, conn) })
	if older > 0 && m.last.Version != version {
		t.Fatalf("the close of an older socket had an effect")
	}
}

func (m *machine) connectStation(id string) {
	m.conns[id]++
	conn := fmt.Sprint(id, "-", m.conns[id])
	_ = m.do("station back "+conn, func(q *queue.Queue) (any, error) { return q.StationBack(m.ctx, id, conn) })
}

func (m *machine) stationBack(t *rapid.T) {
	m.connectStation(rapid.SampledFrom(stations).Draw(t, "station"))
}

func (m *machine) stationDrop(t *rapid.T) {
	id := rapid.SampledFrom(stations).Draw(t, "station")
	older := rapid.SampledFrom([]int{0, 0, 0, 1}).Draw(t, "older")
	conn, version := fmt.Sprint(id, "-", m.conns[id]-older), m.last.Version
	_ = m.do("station drop "+conn, func(q *queue.Queue) (any, error) { return nil, q.StationDrop(m.ctx, id, conn) })
	if older > 0 && m.last.Version != version {
		t.Fatalf("the close of an older socket had an effect")
	}
}

func (m *machine) shown(t *rapid.T) {
	id, agent, epoch := m.pick(t, queue.Offered)
	m.own("shown", id, agent, epoch, func(q *queue.Queue) (any, error) { return nil, q.Shown(m.ctx, id, agent, epoch) })
}

func (m *machine) accept(t *rapid.T) {
	id, agent, epoch := m.pick(t, queue.Offered)
	m.own("accept", id, agent, epoch, func(q *queue.Queue) (any, error) {
		return q.Accept(m.ctx, id, agent, epoch)
	})
}

func (m *machine) decline(t *rapid.T) {
	id, agent, epoch := m.pick(t, queue.Offered)
	m.own("decline", id, agent, epoch, func(q *queue.Queue) (any, error) { return nil, q.Decline(m.ctx, id, agent, epoch, "busy") })
}

func (m *machine) serve(t *rapid.T) {
	id, _, epoch := m.pick(t, queue.Connecting)
	m.own("connected", id, "", epoch, func(q *queue.Queue) (any, error) { return q.Connected(m.ctx, id, epoch) })
}

func (m *machine) hangUp(t *rapid.T) {
	id, _, epoch := m.pick(t, queue.Connecting, queue.Active)
	m.own("hang up", id, "", epoch, func(q *queue.Queue) (any, error) { return q.HangUp(m.ctx, id, epoch, "done") })
}

func (m *machine) extend(t *rapid.T) {
	id, agent, epoch := m.pick(t, queue.WrapUp)
	m.own("extend", id, agent, epoch, func(q *queue.Queue) (any, error) { return q.Extend(m.ctx, id, agent, epoch) })
}

func (m *machine) finish(t *rapid.T) {
	id, agent, epoch := m.pick(t, queue.WrapUp)
	m.own("finish", id, agent, epoch, func(q *queue.Queue) (any, error) { return nil, q.Finish(m.ctx, id, agent, epoch) })
}

func (m *machine) abandon(t *rapid.T) {
	id, _, _ := m.pick(t, queue.Waiting, queue.Offered)
	_ = m.do("abandon "+id, func(q *queue.Queue) (any, error) { return nil, q.Abandon(m.ctx, id, "left") })
}

func (m *machine) requeue(t *rapid.T) {
	id, _, epoch := m.pick(t, queue.Connecting, queue.Active)
	m.own("requeue", id, "", epoch, func(q *queue.Queue) (any, error) { return q.Requeue(m.ctx, id, epoch, "media") })
}

func (m *machine) revise(t *rapid.T) {
	id, _, _ := m.pick(t, queue.Waiting, queue.Offered)
	r := queue.Revision{Matter: "m", Skills: rapid.SampledFrom(skills[1:]).Draw(t, "skills")}
	before := m.history.tickets[id].Skills
	m.history.tickets[id].Skills = r.Skills
	if m.do("revise "+id, func(q *queue.Queue) (any, error) { return q.Revise(m.ctx, id, r) }) != nil {
		m.history.tickets[id].Skills = before
	}
}

// restore plays a reconciler that holds a ticket in some state of its own, with
// a lower, equal or higher epoch.
func (m *machine) restore(t *rapid.T) {
	if len(m.known) == 0 {
		t.Skip("no ticket yet")
	}
	id := rapid.SampledFrom(m.known).Draw(t, "ticket")
	ticket := m.history.tickets[id].Ticket
	ticket.ArrivedMS = m.history.tickets[id].arrived
	ticket.State = rapid.SampledFrom([]queue.State{queue.Waiting, queue.Active, queue.WrapUp}).Draw(t, "state")
	ticket.Agent = rapid.SampledFrom(agents).Draw(t, "agent")
	ticket.AcceptedMS = m.now
	epochs := m.epochs[id]
	ticket.Epoch = epochs[len(epochs)-1] + int64(rapid.SampledFrom([]int{-1, 0, 2}).Draw(t, "epoch"))
	_ = m.do(fmt.Sprint("restore ", id, " ", ticket.State, " ", ticket.Agent, " ", ticket.Epoch), func(q *queue.Queue) (any, error) {
		return q.Restore(m.ctx, ticket)
	})
}

func (m *machine) dropTicket(t *rapid.T) {
	if rapid.IntRange(0, 3).Draw(t, "seldom") > 0 {
		t.Skip("seldom")
	}
	id, _, _ := m.pick(t, queue.Waiting, queue.Offered, queue.Active)
	_ = m.do("drop "+id, func(q *queue.Queue) (any, error) { return nil, q.Drop(m.ctx, id) })
}

// advance moves the clock and lets what is due be late.
func (m *machine) advance(t *rapid.T) {
	d := rapid.SampledFrom([]time.Duration{time.Second, 5 * time.Second, 16 * time.Second, 21 * time.Second, 31 * time.Second,
		61 * time.Second, 91 * time.Second, 10 * time.Minute}).Draw(t, "d")
	m.move(d)
}

func (m *machine) move(d time.Duration) {
	m.now += d.Milliseconds()
	for i := range m.clocks {
		m.clocks[i].Advance(m.T, d)
	}
	m.Logf("advance %v", d)
}

func (m *machine) pass(t *rapid.T) {
	if rapid.Bool().Draw(t, "advance too") {
		m.advance(t)
	}
	m.sweep()
}

func (m *machine) sweep() {
	for more := true; more; {
		_ = m.do("tick", func(q *queue.Queue) (any, error) {
			next, err := q.Tick(m.ctx)
			more = next == 0
			return next, err
		})
	}
}

// flushScripts makes the servers forget every script, as a restart does.
func (m *machine) flushScripts(*rapid.T) {
	for _, client := range m.clients {
		if err := client.ScriptFlush(m.ctx).Err(); err != nil {
			m.Fatalf("script flush: %v", err)
		}
	}
}

// drain lets everyone leave: every ticket must end and nothing may stay behind.
func (m *machine) drain() {
	for _, id := range stations {
		conn := fmt.Sprint(id, "-", m.conns[id])
		_ = m.do("station drop "+conn, func(q *queue.Queue) (any, error) { return nil, q.StationDrop(m.ctx, id, conn) })
	}
	for _, d := range []time.Duration{61 * time.Second, 91 * time.Second, 91 * time.Second, 31 * time.Minute} {
		m.move(d)
		m.sweep()
		m.check()
	}
	if len(m.last.Tickets) != 0 {
		m.Fatalf("tickets without an end: %+v", m.last.Tickets)
	}
	m.move(25 * time.Hour)
	m.sweep()
	for i, client := range m.clients {
		prefix := queue.Prefix(m.queues[i])
		left, err := client.Keys(m.ctx, prefix+"ticket:*").Result()
		if err != nil || len(left) != 0 {
			m.Fatalf("tickets not forgotten: %v %v", left, err)
		}
		for _, name := range []string{"waiting", "open", "idem", "deadlines"} {
			if n, err := client.Exists(m.ctx, prefix+name).Result(); n != 0 || err != nil {
				m.Fatalf("%s is not empty (%v)", name, err)
			}
		}
	}
}
