package records

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
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
	plainOperations = 500
	longOperations  = 20_000 // with RW_LONG=1, as in make long
)

var (
	machineStations = []string{"s01", "s02", "s03", "s04"}
	machineAgents   = []string{"agent1", "agent2", "agent3"}
)

// twin is one pair of stores with its reconciler. Ticket ids are random, so twins
// are compared by the number of the case.
type twin struct {
	where  string
	client *redis.Client
	r      *Records
	q      *queue.Queue
	clock  *queuetest.Clock
	gate   *gate
	c      *Reconciler
	id     map[string]string // by case
	cases  map[string]string // by id
}

// machine plays one history on SQLite with the embedded queue and on PostgreSQL
// with the real one: what a node would do, step by step, with writes that get lost
// on the way to either store, a Redis that forgets everything, restarts, and passes
// of the reconciler that break off.
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
	steps   *int
}

// gate stands between the reconciler and the queue and cuts a pass off before its
// nth call: the queue alone fails, or the context ends and with it SQL.
type gate struct {
	Queue
	left int // calls until then; below 0 never
	cut  context.CancelFunc
}

var errGate = errors.New("connection reset by the test")

func (g *gate) pass() error {
	if g.left < 0 {
		return nil
	}
	if g.left--; g.left >= 0 {
		return nil
	}
	g.left = 0 // and so for every further call of this pass
	if g.cut != nil {
		g.cut()
	}
	return errGate
}

func (g *gate) Snapshot(ctx context.Context) (queue.Snapshot, error) {
	if err := g.pass(); err != nil {
		return queue.Snapshot{}, err
	}
	return g.Queue.Snapshot(ctx)
}

func (g *gate) Tick(ctx context.Context) (time.Duration, error) {
	if err := g.pass(); err != nil {
		return 0, err
	}
	return g.Queue.Tick(ctx)
}

func (g *gate) Restore(ctx context.Context, t queue.Ticket) (queue.Ticket, error) {
	if err := g.pass(); err != nil {
		return queue.Ticket{}, err
	}
	return g.Queue.Restore(ctx, t)
}

func (g *gate) Drop(ctx context.Context, id string) error {
	if err := g.pass(); err != nil {
		return err
	}
	return g.Queue.Drop(ctx, id)
}

func (g *gate) HangUp(ctx context.Context, id string, epoch int64, reason string) (queue.Ticket, error) {
	if err := g.pass(); err != nil {
		return queue.Ticket{}, err
	}
	return g.Queue.HangUp(ctx, id, epoch, reason)
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
					m.ok(w.r.Close())
				}
			}()
			m.run()
		})
	}
	t.Logf("%d operations on both twins in %d histories (%d asked for)", steps, histories, least)
}

func (m *machine) run() {
	m.freeze()
	for _, w := range m.twins {
		m.start(w)
		for _, s := range machineStations {
			m.ok(w.r.PutStation(m.ctx, StationInfo{ID: s, Name: "云桥村", Grid: "middle"}))
		}
	}
	m.once()
	for _, s := range machineStations {
		m.stationBack(s)
	}
	for _, a := range machineAgents {
		m.agentReady(a)
	}
	actions := map[string]func(*rapid.T){
		"":              func(*rapid.T) { m.check() },
		"press":         m.press,
		"press again":   m.press,
		"press once":    m.press,
		"agent ready":   func(t *rapid.T) { m.agentReady(rapid.SampledFrom(machineAgents).Draw(t, "agent")) },
		"agent drop":    m.seldom(m.agentDrop),
		"station back":  func(t *rapid.T) { m.stationBack(rapid.SampledFrom(machineStations).Draw(t, "station")) },
		"station drop":  m.seldom(m.stationDrop),
		"accept":        m.accept,
		"accept it":     m.accept,
		"accept now":    m.accept,
		"connect":       m.connect,
		"end":           m.end,
		"end it":        m.end,
		"end now":       m.end,
		"finish now":    m.finish,
		"finish":        m.finish,
		"finish it":     m.finish,
		"requeue":       m.requeue,
		"abandon":       m.seldom(m.abandon),
		"advance":       m.advance,
		"flush":         m.seldom(func(*rapid.T) { m.flush() }),
		"restart":       m.seldom(m.restart), // it takes long
		"pass":          func(*rapid.T) { m.once(); m.agree() },
		"broken pass":   m.brokenPass,
		"broken pass 2": m.brokenPass,
	}
	for name, action := range actions {
		if name != "" {
			actions[name] = func(t *rapid.T) {
				m.T = t
				*m.steps++
				action(t)
			}
		}
	}
	m.Repeat(actions)
	m.once()
	m.agree()
	m.later(settle + time.Second)
	m.once()
	m.agree()
	for _, w := range m.twins {
		m.ok(w.r.VerifyAudit(m.ctx))
	}
}

// seldom does an action once in three draws, and nothing in the others.
func (m *machine) seldom(action func(*rapid.T)) func(*rapid.T) {
	return func(t *rapid.T) {
		if rapid.IntRange(0, 2).Draw(t, "seldom") > 0 {
			*m.steps--
			return
		}
		action(t)
	}
}

func (m *machine) ok(err error) {
	m.Helper()
	if err != nil {
		m.Fatalf("%v", err)
	}
}

// start brings up a node of a twin: nothing is left of the one before.
func (m *machine) start(w *twin) {
	if w.r != nil {
		m.ok(w.r.Close())
	}
	r, err := Open(m.ctx, at(w.where, m.centre))
	m.ok(err)
	w.r = r
	w.q = queue.New(queue.Options{Client: w.client, Centre: m.centre, Logger: r.log})
	w.gate = &gate{Queue: w.q, left: -1}
	w.c = NewReconciler(ReconcilerOptions{Records: r, Queue: w.gate, Logger: r.log})
}

// freeze sets the clocks, which a flush forgets.
func (m *machine) freeze() {
	for _, w := range m.twins {
		w.clock = queuetest.NewClock(w.client, m.centre)
		w.clock.Freeze(m.T, m.now)
	}
}

// both does an operation on each twin and wants the same answer.
func (m *machine) both(what string, op func(w *twin) (any, error)) (any, error) {
	m.Helper()
	var answers [2]any
	var errs [2]error
	for i, w := range m.twins {
		answers[i], errs[i] = op(w)
	}
	if !errors.Is(errs[1], kind(errs[0])) || !reflect.DeepEqual(answers[0], answers[1]) {
		m.Fatalf("TWIN: %s differs:\nembedded %+v %v\nservers  %+v %v", what, answers[0], errs[0], answers[1], errs[1])
	}
	m.Logf("%s -> %v", what, kind(errs[0]))
	return answers[0], errs[0]
}

// kind is the error that callers branch on, or that of the test.
func kind(err error) error {
	for _, e := range []error{
		errGate, ErrNotFound, ErrStale, ErrUnavailable, ErrExists, ErrInvalid, queue.ErrStale, queue.ErrStationBusy, queue.ErrNotFound,
		queue.ErrState, queue.ErrFenced, queue.ErrInvalid,
	} {
		if errors.Is(err, e) {
			return e
		}
	}
	return err // nil, or one that nobody expects and no twin shares
}

func (w *twin) named(t queue.Ticket) queue.Ticket {
	t.ID = w.cases[t.ID]
	return t
}

func (w *twin) row(t TicketRecord) TicketRecord {
	if w.cases[t.ID] == "" {
		w.cases[t.ID], w.id[t.Case] = t.Case, t.ID
	}
	t.ID = t.Case
	return t
}

func (m *machine) snapshot(w *twin) queue.Snapshot {
	m.Helper()
	s, err := w.q.Snapshot(m.ctx)
	m.ok(err)
	s.RunID = ""
	for i, t := range s.Tickets {
		s.Tickets[i] = w.named(t)
	}
	for i, t := range s.Agents {
		s.Agents[i].Ticket = w.cases[t.Ticket]
	}
	for i, t := range s.Stations {
		s.Stations[i].Ticket = w.cases[t.Ticket]
	}
	return s
}

// rows are all tickets that SQL knows.
func (m *machine) rows(w *twin) []TicketRecord {
	m.Helper()
	list, err := w.r.tickets(m.ctx, "all", `1 = 1 ORDER BY day, seq`)
	m.ok(err)
	for i, t := range list {
		list[i] = w.row(t)
	}
	return list
}

// pick draws a ticket of Redis, mostly one in the wanted states; a zero one when
// there is none.
func (m *machine) pick(t *rapid.T, states ...queue.State) queue.Ticket {
	all := m.snapshot(m.twins[0]).Tickets
	fit := slices.DeleteFunc(slices.Clone(all), func(t queue.Ticket) bool { return !slices.Contains(states, t.State) })
	if rapid.IntRange(0, 19).Draw(t, "any") == 0 {
		fit = all
	}
	if len(fit) == 0 {
		*m.steps-- // nothing to do; a skipped action would end the history early
		return queue.Ticket{}
	}
	return rapid.SampledFrom(fit).Draw(t, "ticket")
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
		Priority: rapid.IntRange(0, 1).Draw(t, "priority"), AtMS: m.now}
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
			ArrivedMS: got.ArrivedMS, Priority: got.Priority, Epoch: got.Epoch}, key)
	})
}

// accept is decided by Redis and committed by SQL.
func (m *machine) accept(t *rapid.T) {
	offer := m.pick(t, queue.Offered)
	if offer.ID == "" {
		return
	}
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

func (m *machine) connect(t *rapid.T) {
	call := m.pick(t, queue.Connecting)
	if call.ID == "" {
		return
	}
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
	if call.ID == "" {
		return
	}
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
	if call.ID == "" {
		return
	}
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
	if call.ID == "" {
		return
	}
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
	if tk.ID == "" {
		return
	}
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
}

// restart kills a node and starts it again: no pass, no writes on the way.
func (m *machine) restart(*rapid.T) {
	for _, w := range m.twins {
		m.start(w)
	}
	m.Logf("restart")
}

func (m *machine) once() {
	m.Helper()
	_, err := m.both("pass", func(w *twin) (any, error) { return nil, w.c.Once(m.ctx) })
	m.ok(err)
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

// check holds after every step, whatever the stores have heard of each other.
func (m *machine) check() {
	m.Helper()
	answer, _ := m.both("rows", func(w *twin) (any, error) { return m.rows(w), nil })
	busy := map[string]string{}
	for _, row := range answer.([]TicketRecord) {
		if row.ArrivedMS != m.arrived[row.Case] {
			m.Fatalf("arrival of %s: %d, was %d", row.Case, row.ArrivedMS, m.arrived[row.Case])
		}
		if row.Epoch < m.epochs[row.Case] {
			m.Fatalf("epoch of %s fell from %d to %d", row.Case, m.epochs[row.Case], row.Epoch)
		}
		m.epochs[row.Case] = row.Epoch
		if row.State == StateWaiting || row.State == StateActive {
			if busy[row.Station] != "" {
				m.Fatalf("S9: %s and %s are open at %s", busy[row.Station], row.Case, row.Station)
			}
			busy[row.Station] = row.Case
		}
	}
	_, _ = m.both("snapshot", func(w *twin) (any, error) { return m.snapshot(w), nil })
}

// agree holds after a whole pass.
func (m *machine) agree() {
	m.Helper()
	w := m.twins[0] // the other one is the same, see check
	m.check()
	s := m.snapshot(w)
	known := map[string]queue.Ticket{}
	for _, t := range s.Tickets {
		known[t.ID] = t
	}
	open := slices.DeleteFunc(m.rows(w), func(t TicketRecord) bool { return t.State == StateClosed })
	for _, row := range open {
		t, there := known[row.Case]
		if !there {
			m.Fatalf("S10: %+v is open in SQL alone", row)
		}
		delete(known, row.Case)
		if t.ArrivedMS != row.ArrivedMS || t.Station != row.Station || t.Number != row.Number {
			m.Fatalf("S10: Redis has %+v, SQL %+v", t, row)
		}
		if t.Epoch < row.Epoch {
			m.Fatalf("S10: epoch of %s is %d in Redis and %d in SQL", row.Case, t.Epoch, row.Epoch)
		}
		if want := inSQL(t.State); want != row.State || want == StateActive && t.Agent != row.Agent {
			if s.NowMS-t.SinceMS >= settle.Milliseconds() {
				m.Fatalf("S10: a difference that is settled: Redis has %+v, SQL %+v", t, row)
			}
		}
	}
	for _, t := range known {
		m.Fatalf("S10: %+v is open in Redis alone", t)
	}
	for _, w := range m.twins {
		e, err := w.r.StoreEpoch(m.ctx)
		m.ok(err)
		if cmp.Or(cmp.Compare(e, m.store), cmp.Compare(s.StoreEpoch, e)) < 0 || s.StoreEpoch != e {
			m.Fatalf("store epoch %d in SQL, %d in Redis, was %d", e, s.StoreEpoch, m.store)
		}
	}
	m.store = s.StoreEpoch
}

// inSQL is the state that SQL has for one of Redis.
func inSQL(s queue.State) string {
	switch s {
	case queue.Waiting, queue.Offered:
		return StateWaiting
	case queue.Connecting, queue.Active:
		return StateActive
	case queue.WrapUp:
		return StateWrapUp
	}
	return StateClosed
}
