package records

import (
	"context"
	"errors"
	"reflect"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/queue/queuetest"
)

// twin is one pair of stores, with two nodes on it as a centre has. Ticket ids are
// random, so twins are compared by the number of the case.
type twin struct {
	*node  // that does what is done now
	nodes  [2]*node
	where  string
	client *redis.Client
	clock  *queuetest.Clock
	id     map[string]string // by case
	cases  map[string]string // by id
}

// node is one process on the stores.
type node struct {
	r    *Records
	q    *queue.Queue
	gate *gate
	c    *Reconciler
}

// gate stands between the reconciler and the queue and cuts a pass off before its
// nth call: the queue alone fails, or the context ends and with it SQL.
type gate struct {
	Queue
	left      int // calls until then; below 0 never
	cut       context.CancelFunc
	meanwhile func() // done by somebody else once the pass has looked
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
	s, err := g.Queue.Snapshot(ctx)
	if g.meanwhile != nil {
		g.meanwhile()
		g.meanwhile = nil
	}
	return s, err
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

// start brings up a node of a twin: nothing is left of the one before.
func (m *machine) start(w *twin, place int) {
	if old := w.nodes[place]; old != nil {
		m.ok(old.r.Close())
	}
	r, err := Open(m.ctx, at(w.where, m.centre))
	m.ok(err)
	n := &node{r: r, q: queue.New(queue.Options{Client: w.client, Centre: m.centre, Logger: r.log})}
	n.gate = &gate{Queue: n.q, left: -1}
	n.c = NewReconciler(ReconcilerOptions{Records: r, Queue: n.gate, Logger: r.log,
		Skills: func(_ context.Context, matter string) []string { return skillsOf(matter) }})
	w.nodes[place], w.node = n, n
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
