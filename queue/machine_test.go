package queue_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/queue/queuetest"
)

// Operations that a run of TestMachine does at least, each on both servers.
const (
	plainOperations = 2000
	longOperations  = 100_000 // with RW_LONG=1, as in make long
)

// machine does the same random operations on the embedded and on the real
// server, wants the same replies and the same keys, and checks the invariants
// after each one. The real server suffers faults between and during them.
type machine struct {
	*rapid.T
	ctx     context.Context
	world   *world
	queues  []*queue.Queue
	fenced  []*queue.Queue // of a node that does not know the store's present life
	second  []*queue.Queue // of the node n1, whose lease may run out
	clocks  []*queuetest.Clock
	history *history
	known   []string           // ids of all tickets ever
	epochs  map[string][]int64 // every epoch that a ticket ever had
	conns   map[string]int     // sockets made so far, by agent or station
	read    []string           // place in each stream
	raw     int64              // what the clocks are set to
	now     int64              // what the scripts take for it
	back    time.Duration      // by how much in all the clock has been set back
	swept   bool               // a tick has run since the clock moved
	store   int64              // store epoch
	last    queue.Snapshot
	bound   int // Numbers.MaxWaiting
}

var (
	agents   = []string{"a1", "a2", "a3", "a4", "a5"}
	stations = []string{"s1", "s2", "s3", "s4", "s5"}
	skills   = [][]string{nil, {"x"}, {"y"}, {"x", "y"}}
)

func TestMachine(t *testing.T) {
	w := newWorld(t)
	least := plainOperations
	if os.Getenv("RW_LONG") != "" {
		least = longOperations
	}
	for w.operations < least || len(w.missing(t)) > 0 && w.operations < 3*least {
		rapid.Check(t, func(t *rapid.T) { newMachine(t, w).run() })
	}
	t.Logf("%d operations on both servers in %d histories (%d asked for); %s", w.operations, w.histories, least, w.faults())
	w.covered(t)
}

func (m *machine) run() {
	actions := m.actions()
	m.Repeat(map[string]func(*rapid.T){
		"":       func(t *rapid.T) { m.T = t; m.check() },
		"action": func(t *rapid.T) { queuetest.Do(t, actions) },
	})
	m.drain()
}

// actions are what the machine does, with those that carry a call to its end more
// often than those that break it off.
func (m *machine) actions() []queuetest.Action {
	called := func() bool { return len(m.known) > 0 }
	in := func(states ...queue.State) func() bool {
		return func() bool {
			return slices.ContainsFunc(m.last.Tickets, func(t queue.Ticket) bool { return slices.Contains(states, t.State) })
		}
	}
	running := in(queue.Connecting, queue.Active)
	return []queuetest.Action{
		{Name: "enqueue", Weight: 12, Do: m.enqueue},
		{Name: "enqueue dup", Weight: 3, Fits: called, Do: m.repeat},
		{Name: "agent ready", Weight: 9, Do: m.agentReady},
		{Name: "agent set", Weight: 3, Do: m.agentSet},
		{Name: "agent drop", Weight: 3, Do: m.agentDrop},
		{Name: "station back", Weight: 3, Do: m.stationBack},
		{Name: "station drop", Weight: 1, Do: m.stationDrop},
		{Name: "station set", Weight: 1, Do: m.stationSet},
		{Name: "shown", Weight: 12, Fits: in(queue.Offered), Do: m.shown},
		{Name: "accept", Weight: 15, Fits: in(queue.Offered), Do: m.accept},
		{Name: "decline", Weight: 9, Fits: in(queue.Offered), Do: m.decline},
		{Name: "serve", Weight: 9, Fits: in(queue.Connecting), Do: m.serve},
		{Name: "hang up", Weight: 9, Fits: in(queue.Connecting, queue.Active), Do: m.hangUp},
		{Name: "extend", Weight: 12, Fits: in(queue.WrapUp), Do: m.extend},
		{Name: "finish", Weight: 6, Fits: in(queue.WrapUp), Do: m.finish},
		{Name: "abandon", Weight: 3, Fits: in(queue.Waiting, queue.Scheduled), Do: m.abandon},
		{Name: "abandon offer", Weight: 6, Fits: in(queue.Offered), Do: m.abandonOffer},
		{Name: "requeue", Weight: 9, Fits: in(queue.Connecting, queue.Active), Do: m.requeue},
		{Name: "revise", Weight: 3, Fits: in(queue.Waiting, queue.Offered), Do: m.revise},
		{Name: "transfer", Weight: 8, Fits: in(queue.Connecting, queue.Active), Do: m.transfer},
		{Name: "assign", Weight: 15, Fits: m.outOfTurnFits, Do: m.assign},
		{Name: "pull", Weight: 25, Fits: m.outOfTurnFits, Do: m.pull},
		{Name: "reprioritise", Weight: 3, Fits: in(queue.Waiting, queue.Offered, queue.Scheduled), Do: m.reprioritise},
		{Name: "hold", Weight: 10, Fits: in(queue.Active), Do: m.hold},
		{Name: "hours", Weight: 2, Do: m.setHours},
		{Name: "bound", Weight: 1, Do: m.setBound},
		{Name: "invite", Weight: 40, Fits: func() bool { return running() && m.someoneReady() }, Do: m.invite},
		{Name: "third shown", Weight: 15, Fits: m.hasThird(queue.ThirdOffered), Do: m.thirdShown},
		{Name: "third accept", Weight: 40, Fits: m.hasThird(queue.ThirdOffered), Do: m.thirdAccept},
		{Name: "third decline", Weight: 15, Fits: m.hasThird(queue.ThirdOffered), Do: m.thirdDecline},
		{Name: "third leave", Weight: 6, Fits: m.hasThird(queue.ThirdOffered, queue.ThirdJoined), Do: m.thirdLeave},
		{Name: "hand over", Weight: 40, Fits: m.hasThird(queue.ThirdJoined), Do: m.handOver},
		{Name: "review take", Weight: 6, Fits: m.hasReview, Do: m.takeReview},
		{Name: "review return", Weight: 2, Fits: in(queue.Review), Do: m.returnReview},
		{Name: "review finish", Weight: 2, Fits: in(queue.Review), Do: m.finishReview},
		{Name: "beat", Weight: 1, Do: func(*rapid.T) { m.beat() }},
		{Name: "adopt", Weight: 3, Fits: called, Do: m.adopt},
		{Name: "restore", Weight: 1, Fits: called, Do: m.restore},
		{Name: "drop", Weight: 1, Fits: in(queue.Waiting, queue.Offered, queue.Active), Do: m.dropTicket},
		{Name: "too late", Weight: 2, Fits: called, Do: m.tooLate},
		{Name: "advance", Weight: 3, Do: m.advance},
		{Name: "jump back", Weight: 1, Do: m.jumpBack},
		{Name: "pass", Weight: 3, Do: m.pass},
		{Name: "new life", Weight: 1, Do: m.newLife},
		{Name: "old node", Weight: 1, Fits: func() bool { return m.store > 0 && called() }, Do: m.oldNode},
		{Name: "flush", Weight: 3, Do: func(*rapid.T) { m.world.flushScripts(m) }},
		{Name: "kill", Weight: 3, Do: func(*rapid.T) { m.world.killConnections(m) }},
		{Name: "lose", Weight: 3, Do: m.loseAnswers},
	}
}

func newMachine(t *rapid.T, w *world) *machine {
	w.histories++
	m := &machine{T: t, ctx: context.Background(), world: w, history: newHistory(), epochs: map[string][]int64{},
		conns: map[string]int{}, read: make([]string, len(w.clients)), raw: start, now: start}
	centre := fmt.Sprintf("m%d", centres.Add(1))
	for _, client := range w.clients {
		// Listing the keys of a centre walks those of all histories before.
		if err := client.FlushDB(m.ctx).Err(); err != nil {
			m.Fatalf("flush: %v", err)
		}
		m.queues = append(m.queues, queue.New(queue.Options{Client: client, Centre: centre, Logger: quiet, Numbers: m.numbers()}))
		m.second = append(m.second, queue.New(queue.Options{Client: client, Centre: centre, Logger: quiet, Numbers: m.numbers(), Node: "n1"}))
		m.fenced = append(m.fenced, queue.New(queue.Options{Client: client, Centre: centre, Logger: quiet}))
		m.clocks = append(m.clocks, queuetest.NewClock(client, centre))
	}
	m.setClocks()
	for _, s := range stations {
		m.connectStation(s, "")
	}
	for _, id := range agents {
		m.connectAgent(id, "")
		m.available(id)
	}
	if rapid.Bool().Draw(t, "begin in a call") {
		m.beginInCall()
	}
	return m
}

// do runs an operation on both servers and wants the same reply, the same error
// and the same state afterwards. An operation whose answer was lost is sent again
// as it was, as a caller does.
func (m *machine) do(what string, op func(q *queue.Queue) (any, error)) error {
	m.Helper()
	m.world.operations++
	first, firstErr := op(m.queues[0])
	if firstErr != nil && sentinel(firstErr) == nil {
		m.Fatalf("%s: %v", what, firstErr) // no assertion: the script broke
	}
	second, secondErr := m.world.insist(m, what, func() (any, error) { return op(m.queues[1]) })
	if !errors.Is(secondErr, sentinel(firstErr)) || !reflect.DeepEqual(first, second) {
		m.Fatalf("TWIN: %s differs:\nminiredis %+v %v\nredis     %+v %v", what, first, firstErr, second, secondErr)
	}
	m.Logf("%s -> %v", what, firstErr)
	m.look(what)
	return firstErr
}

// look reads what the operation left on both servers and wants it equal: the
// state, the new events and every key.
func (m *machine) look(what string) {
	m.Helper()
	lose := m.world.wire.lose.Swap(0)
	defer m.world.wire.lose.Store(lose) // for the next operation, not for this
	var events [2][]queue.Event
	var snapshots [2]queue.Snapshot
	for i, q := range m.queues {
		var err error
		if snapshots[i], err = q.Snapshot(m.ctx); err != nil {
			m.Fatalf("snapshot: %v", err)
		}
		snapshots[i].RunID = ""
		if events[i], m.read[i], err = queue.EventsAfter(m.ctx, q, m.read[i]); err != nil {
			m.Fatalf("events: %v", err)
		}
	}
	if !reflect.DeepEqual(snapshots[0], snapshots[1]) {
		m.Fatalf("TWIN: after %s the states differ:\nminiredis %+v\nredis     %+v", what, snapshots[0], snapshots[1])
	}
	if !reflect.DeepEqual(events[0], events[1]) {
		m.Fatalf("TWIN: after %s the events differ:\nminiredis %+v\nredis     %+v", what, events[0], events[1])
	}
	if keys := m.world.keys(m); !slices.Equal(keys[0], keys[1]) {
		only := func(a, b []string) []string {
			return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
		}
		m.Fatalf("TWIN: after %s the keys differ:\nminiredis %q\nredis     %q", what, only(keys[0], keys[1]), only(keys[1], keys[0]))
	}
	m.last = snapshots[0]
	m.now = m.last.NowMS
	m.history.add(m, events[0])
	m.explained(events[0])
	for _, t := range m.last.Tickets {
		if !slices.Contains(m.epochs[t.ID], t.Epoch) {
			m.epochs[t.ID] = append(m.epochs[t.ID], t.Epoch)
		}
	}
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
	for _, s := range []error{queue.ErrStale, queue.ErrStationBusy, queue.ErrNotFound, queue.ErrState,
		queue.ErrFenced, queue.ErrInvalid, queue.ErrClosed, queue.ErrFull} {
		if errors.Is(err, s) {
			return s
		}
	}
	return nil
}

// numbers are the defaults with tight bounds.
func (m *machine) numbers() queue.Numbers { return queue.Numbers{MaxWaiting: m.bound, Reviews: 2} }

// via returns the queue of a node on the same server.
func (m *machine) via(q *queue.Queue, node string) *queue.Queue {
	if node == "" {
		return q
	}
	return m.second[slices.Index(m.queues, q)]
}

// pick draws a ticket, mostly one in the wanted states, and an agent and epoch
// for it: mostly the present ones, sometimes others. There has been a ticket.
func (m *machine) pick(t *rapid.T, states ...queue.State) (id, agent string, epoch int64) {
	var fit []queue.Ticket
	for _, ticket := range m.last.Tickets {
		if slices.Contains(states, ticket.State) {
			fit = append(fit, ticket)
		}
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

// drain lets everyone leave: every ticket must end (H8) and nothing may stay behind.
func (m *machine) drain() {
	m.move(m.back) // what was due later than it should be after the clock went back
	m.sweep()
	for _, id := range stations {
		conn := fmt.Sprint(id, "-", m.conns[id])
		_ = m.do("station drop "+conn, func(q *queue.Queue) (any, error) { return nil, q.StationDrop(m.ctx, id, conn) })
	}
	for _, id := range agents {
		conn := fmt.Sprint(id, "-", m.conns[id])
		_ = m.do("agent drop "+conn, func(q *queue.Queue) (any, error) { return nil, q.AgentDrop(m.ctx, id, conn) })
	}
	for _, d := range []time.Duration{61 * time.Second, 91 * time.Second, 91 * time.Second, 31 * time.Minute, 7*24*time.Hour + 10*time.Minute} {
		m.move(d)
		m.sweep()
		m.check()
		for _, t := range m.last.Tickets { // whoever had it in hand gives it back
			if t.Kind == queue.KindPreReview && t.State == queue.Waiting {
				_ = m.do("abandon "+t.ID, func(q *queue.Queue) (any, error) { return nil, q.Abandon(m.ctx, t.ID, "drained") })
			}
		}
	}
	if len(m.last.Tickets) != 0 {
		m.Fatalf("H8: tickets without an end: %+v", m.last.Tickets)
	}
	m.move(25 * time.Hour)
	m.sweep()
	for i, client := range m.world.clients {
		prefix := queue.Prefix(m.queues[i])
		for _, kind := range []string{"ticket:*", "why:*", "line:*", "parked:*", "sockets:*"} {
			left, err := client.Keys(m.ctx, prefix+kind).Result()
			if err != nil || len(left) != 0 {
				m.Fatalf("H8: not forgotten: %v %v", left, err)
			}
		}
		for _, name := range []string{"waiting", "reviews", "lines", "shut", "open", "idem", "deadlines", "idle", "staff"} {
			if n, err := client.Exists(m.ctx, prefix+name).Result(); n != 0 || err != nil {
				m.Fatalf("H8: %s is not empty (%v)", name, err)
			}
		}
	}
}
