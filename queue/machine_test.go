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
