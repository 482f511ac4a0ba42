package records

import (
	"context"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"pgregory.net/rapid"

	"github.com/remotewindow/remotewindow/agentdesk/records/recordstest"
	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/queue/queuetest"
)

// Operations that a run of TestTwins does at least, each on both twins.
const (
	plainOperations = 1000
	longOperations  = 20_000 // with RW_LONG=1, as in make long
)

var (
	machineStations = []string{"s01", "s02", "s03", "s04"}
	machineAgents   = []string{"agent1", "agent2", "agent3"}
)

// machine plays one history on SQLite with the embedded queue and on PostgreSQL
// with the real one: what the two nodes of a centre would do, step by step, with
// writes that get lost on the way to either store, a Redis that forgets everything,
// restarts, and passes of the reconciler that break off or cross a change.
type machine struct {
	*rapid.T
	ctx     context.Context
	centre  string
	twins   []*twin
	now     int64
	conns   int
	known   []string         // cases of all presses
	arrived map[string]int64 // by case
	epochs  map[string]int64 // highest that SQL ever held, by case
	store   int64            // store epoch
	last    queue.Snapshot   // of the first twin, after the last step
	steps   *int
}

// TestTwins is S10: after any history one pass makes the tickets that are open in
// SQL those that are open in Redis, with their arrival, and no epoch ever falls.
func TestTwins(t *testing.T) {
	least, steps, histories := plainOperations, 0, 0
	if os.Getenv("RW_LONG") != "" {
		least = longOperations
	}
	places := []string{t.TempDir(), recordstest.Postgres(t)}
	clients := []*redis.Client{queuetest.Miniredis(t), queuetest.Redis(t)}
	for steps < least {
		rapid.Check(t, func(t *rapid.T) {
			histories++
			m := &machine{T: t, ctx: context.Background(), centre: fmt.Sprint("m", histories), now: noon, steps: &steps,
				arrived: map[string]int64{}, epochs: map[string]int64{}}
			for i, where := range places {
				m.twins = append(m.twins, &twin{where: where, client: clients[i], id: map[string]string{}, cases: map[string]string{}})
			}
			defer func() {
				for _, w := range m.twins {
					for _, n := range w.nodes {
						m.ok(n.r.Close())
					}
				}
			}()
			m.run()
		})
	}
	t.Logf("%d operations on both twins in %d histories (%d asked for)", steps, histories, least)
}

func (m *machine) run() {
	m.freeze()
	var stations []StationInfo
	for i, s := range machineStations {
		stations = append(stations, StationInfo{ID: s, Name: "云桥村", Grid: "middle", Affinity: m.affinity(i)})
	}
	for _, w := range m.twins {
		for place := range w.nodes {
			m.start(w, place)
		}
		m.ok(w.r.Provision(m.ctx, stations, nil))
	}
	m.once()
	for _, s := range machineStations {
		m.stationBack(s)
	}
	for _, a := range machineAgents {
		m.agentReady(a)
	}
	actions := m.actions()
	m.Repeat(map[string]func(*rapid.T){
		"": func(t *rapid.T) { m.T = t; m.check() },
		"action": func(t *rapid.T) {
			m.T = t
			*m.steps++
			queuetest.DoEvenly(t, actions)
		},
	})
	m.once()
	m.agree()
	m.later(settle + time.Second)
	m.once()
	m.agree()
	for _, w := range m.twins {
		m.ok(w.r.VerifyAudit(m.ctx))
	}
}

// affinity is the agent that the nth station is bound to: none of every second one.
func (m *machine) affinity(n int) string {
	if n%2 > 0 {
		return ""
	}
	return machineAgents[n%len(machineAgents)]
}

// actions are what the machine does, with those that carry a call to its end more
// often than those that break it off, and restarts seldom, which take long.
func (m *machine) actions() []queuetest.Action {
	in := func(states ...queue.State) func() bool {
		return func() bool { return len(m.are(states...)) > 0 }
	}
	online := func() bool {
		return slices.ContainsFunc(m.last.Stations, func(s queue.Station) bool { return s.Online })
	}
	return []queuetest.Action{
		{Name: "press", Weight: 6, Do: m.press},
		{Name: "agent ready", Weight: 5, Do: func(t *rapid.T) { m.agentReady(rapid.SampledFrom(machineAgents).Draw(t, "agent")) }},
		{Name: "agent drop", Weight: 1, Fits: func() bool { return len(m.last.Agents) > 0 }, Do: m.agentDrop},
		{Name: "station back", Weight: 3, Do: func(t *rapid.T) { m.stationBack(rapid.SampledFrom(machineStations).Draw(t, "station")) }},
		{Name: "station drop", Weight: 1, Fits: online, Do: m.stationDrop},
		{Name: "revise", Weight: 2, Fits: in(queue.Waiting, queue.Offered), Do: m.revise},
		{Name: "accept", Weight: 16, Fits: in(queue.Offered), Do: m.accept},
		{Name: "accept that Redis forgot", Weight: 2, Fits: in(queue.Offered), Do: m.forgotAccept},
		{Name: "requeue that Redis forgot", Weight: 1, Fits: in(queue.Active, queue.Connecting), Do: m.forgotRequeue},
		{Name: "adopt", Weight: 1, Fits: in(queue.Active, queue.Connecting), Do: m.adopt},
		{Name: "connect", Weight: 12, Fits: in(queue.Connecting), Do: m.connect},
		{Name: "end", Weight: 12, Fits: in(queue.Active, queue.Connecting), Do: m.end},
		{Name: "finish", Weight: 12, Fits: in(queue.WrapUp), Do: m.finish},
		{Name: "requeue", Weight: 10, Fits: in(queue.Active, queue.Connecting), Do: m.requeue},
		{Name: "abandon", Weight: 2, Fits: in(queue.Waiting, queue.Offered), Do: m.abandon},
		{Name: "advance", Weight: 3, Do: m.advance},
		{Name: "flush", Weight: 1, Do: func(*rapid.T) { m.flush() }},
		{Name: "restart", Weight: 1, Do: m.restart},
		{Name: "other node", Weight: 2, Do: func(*rapid.T) { m.otherNode() }},
		{Name: "backup", Weight: 1, Fits: func() bool { return m.store > 0 }, Do: func(*rapid.T) { m.backup() }},
		{Name: "pass", Weight: 4, Do: func(*rapid.T) { m.once(); m.agree() }},
		{Name: "pass and call", Weight: 3, Fits: func() bool { return len(m.last.Tickets) > 0 }, Do: m.crossedPass},
		{Name: "broken pass", Weight: 4, Do: m.brokenPass},
	}
}

func (m *machine) ok(err error) {
	m.Helper()
	if err != nil {
		m.Fatalf("%v", err)
	}
}
