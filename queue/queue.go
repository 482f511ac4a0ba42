package queue

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
)

// Errors that callers branch on; they come wrapped.
var (
	// ErrStale: the epoch, or the agent, is not the one that holds the ticket now.
	ErrStale = errors.New("stale epoch")
	// ErrStationBusy: the station has another open ticket, which is returned with it.
	ErrStationBusy = errors.New("station has another open ticket")
	// ErrNotFound: no such ticket, agent or station.
	ErrNotFound = errors.New("not found")
	// ErrState: the ticket is in a state that does not allow the operation.
	ErrState = errors.New("not possible in this state")
	// ErrFenced: the store has been rebuilt under a higher store epoch than the
	// one given to SetStoreEpoch. Read it from SQL again, then retry.
	ErrFenced = errors.New("fenced by a higher store epoch")
	// ErrClosed: a call outside the opening hours of [Queue.SetHours].
	ErrClosed = errors.New("outside opening hours")
	// ErrFull: as many wait as Numbers.MaxWaiting allows, and no idle agent could
	// take the call at once.
	ErrFull = errors.New("queue is full")
	// ErrInvalid: an argument is missing, too long or of the wrong form.
	ErrInvalid = errors.New("invalid argument")
)

//go:embed lua/*.lua
var sources embed.FS

// prelude stands in front of every operation, in this order.
var prelude = []string{"common", "seat", "line", "third", "place", "match"}

// refusal is an error whose script said more than which it is.
type refusal struct {
	err     error
	because string
}

func (r *refusal) Error() string { return r.err.Error() + ": " + r.because }
func (r *refusal) Unwrap() error { return r.err }

// Because returns what stood in the way, of an operation that was refused with
// ErrState: the state of the ticket or of the agent, or one of lost (station or
// third person away), hours, skills, reviews (as many in hand as allowed) and
// third (another one is there, or none has joined). Empty when the script said no
// more.
func Because(err error) string {
	var r *refusal
	if errors.As(err, &r) {
		return r.because
	}
	return ""
}

// Numbers are the times and bounds of a centre. A zero field means its default.
type Numbers struct {
	Ring         time.Duration // an offer rings; default 20 s
	Affinity     time.Duration // a ticket is held for its own agent, from arrival; 15 s
	WaitingGrace time.Duration // a waiting station may be away; 60 s
	CallGrace    time.Duration // either side of a call may be away; 90 s
	AgentGrace   time.Duration // an agent without a call may be away; 30 s
	WrapUp       time.Duration // 60 s
	WrapUpHard   time.Duration // a wrap-up is closed as unfinished; 30 min
	AgingBoost   time.Duration // a step of priority is worth so much waiting; 60 s
	MaxWaiting   int           // calls that may wait at once; 0: as many as come
	Reviews      int           // pre-reviews that an agent may have in hand; 5
}

func (n Numbers) withDefaults() Numbers {
	for _, f := range []struct {
		value *time.Duration
		is    time.Duration
	}{
		{&n.Ring, 20 * time.Second}, {&n.Affinity, 15 * time.Second}, {&n.WaitingGrace, 60 * time.Second},
		{&n.CallGrace, 90 * time.Second}, {&n.AgentGrace, 30 * time.Second}, {&n.WrapUp, 60 * time.Second},
		{&n.WrapUpHard, 30 * time.Minute}, {&n.AgingBoost, 60 * time.Second},
	} {
		if *f.value <= 0 {
			*f.value = f.is
		}
	}
	if n.Reviews <= 0 {
		n.Reviews = 5
	}
	n.MaxWaiting = max(n.MaxWaiting, 0)
	return n
}

// Options configure a Queue.
type Options struct {
	// Client is a connection to Redis 6.2 or later, a Cluster, or the embedded
	// server. The caller closes it.
	Client redis.UniversalClient
	// Centre names the routing domain; default "pj". Letters, digits, - and _.
	Centre  string
	Numbers Numbers
	// Node names this node for NodeBeat, Ticket.Home and the sockets that it
	// announces; empty where there is only one.
	Node string
	// Logger gets one line for each expired deadline sweep that fails; default slog.Default.
	Logger *slog.Logger
	// Registerer gets the metrics of the queue; nil means none.
	Registerer prometheus.Registerer
	// OnFenced is called when an operation was refused with ErrFenced: the store
	// has a life that this node has not heard of, so its reconciler should run now.
	// At most once a second, in the goroutine of the refused call; it must not
	// block and may call the queue. Nil means nobody is told.
	OnFenced func()
}

// fencedEvery is how often OnFenced is called at most.
const fencedEvery = time.Second

// Queue is the queue of one centre. Its methods are safe for concurrent use;
// any number of them, on any number of nodes, share one Redis.
type Queue struct {
	client   redis.UniversalClient
	prefix   string
	node     string
	numbers  atomic.Pointer[Numbers] // whole: every script gets those of one moment
	log      *slog.Logger
	scripts  map[string]*redis.Script
	metrics  *metrics
	onFenced func()

	store     atomic.Int64 // store epoch given to every script
	announced atomic.Int64 // last store epoch written to Redis by us

	replicas replicas

	fenceMu sync.Mutex
	fenced  time.Time // when OnFenced was last called
}

// New returns the queue of a centre. It does not touch Redis. It panics when
// Options lack a client or carry a centre or node that cannot be a part of a key.
func New(o Options) *Queue {
	if o.Client == nil {
		panic("queue: Options.Client is nil")
	}
	if o.Centre == "" {
		o.Centre = "pj"
	}
	if err := check("node", o.Node, maxID); err != nil {
		panic("queue: " + err.Error())
	}
	if strings.Trim(o.Centre, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" {
		panic("queue: centre " + o.Centre)
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	q := &Queue{
		client:   o.Client,
		prefix:   "rw:{" + o.Centre + "}:",
		node:     o.Node,
		log:      o.Logger.With("centre", o.Centre),
		scripts:  make(map[string]*redis.Script),
		onFenced: o.OnFenced,
	}
	q.SetNumbers(o.Numbers)
	var common strings.Builder
	for _, name := range prelude {
		common.WriteString(mustRead(name))
	}
	for _, name := range operations() {
		q.scripts[name] = redis.NewScript(common.String() + mustRead(name))
	}
	q.metrics = newMetrics(q, o.Centre, o.Registerer)
	return q
}

// operations lists the scripts without the prelude.
func operations() []string {
	files, err := fs.Glob(sources, "lua/*.lua")
	if err != nil {
		panic(err) // the pattern is ours
	}
	var names []string
	for _, f := range files {
		if name := strings.TrimSuffix(strings.TrimPrefix(f, "lua/"), ".lua"); !slices.Contains(prelude, name) {
			names = append(names, name)
		}
	}
	return names
}

func mustRead(name string) string {
	source, err := sources.ReadFile("lua/" + name + ".lua")
	if err != nil {
		panic(err) // embedded at build time
	}
	return string(source)
}

// SetStoreEpoch gives the number of the store's present life, from SQL. It goes
// with every script; the next operation, a Tick at the latest, announces it in
// Redis, and whoever carries a lower one is refused with ErrFenced from then on.
// Snapshot neither announces nor is refused: after a FLUSHALL it shows 0 until
// SetStoreEpoch is called again.
func (q *Queue) SetStoreEpoch(e int64) {
	q.announced.Store(-1)
	q.store.Store(e)
}

// SetNumbers replaces the times of the centre from the next operation on. What
// has a deadline already keeps it, and a place in line never changes.
func (q *Queue) SetNumbers(n Numbers) {
	n = n.withDefaults()
	q.numbers.Store(&n)
}

// Numbers are those of the present moment, defaults filled in.
func (q *Queue) Numbers() Numbers { return *q.numbers.Load() }

// tellFenced calls OnFenced unless it was called a moment ago.
func (q *Queue) tellFenced() {
	if q.onFenced == nil {
		return
	}
	q.fenceMu.Lock()
	due := time.Since(q.fenced) >= fencedEvery
	if due {
		q.fenced = time.Now()
	}
	q.fenceMu.Unlock()
	if due {
		q.onFenced()
	}
}

// call runs an operation and returns its reply without status and results. It
// never runs in a pipeline, where a missing script could not be sent again.
func (q *Queue) call(ctx context.Context, name string, args ...any) ([]any, error) {
	store := q.store.Load()
	announce := "0"
	switch {
	case name == "snapshot":
		announce = "-"
	case store != 0 && q.announced.Load() != store:
		announce = "1"
	}
	argv := make([]any, 0, 13+len(args))
	argv = append(argv, store, announce)
	n := q.numbers.Load()
	for _, d := range []time.Duration{n.Ring, n.Affinity, n.WaitingGrace, n.CallGrace, n.AgentGrace, n.WrapUp, n.WrapUpHard, n.AgingBoost} {
		argv = append(argv, d.Milliseconds())
	}
	argv = append(argv, n.MaxWaiting, n.Reviews, q.node)
	argv = append(argv, args...)
	began := time.Now()
	reply, err := q.run(ctx, name, argv)
	q.metrics.seconds.Observe(time.Since(began).Seconds())
	if err != nil {
		if ctx.Err() == nil {
			q.metrics.storeErrors.Inc()
		}
		return nil, fmt.Errorf("queue: %s: %w", name, err)
	}
	if len(reply) < 2 {
		return nil, fmt.Errorf("queue: %s: reply of %d parts", name, len(reply))
	}
	status, results := text(reply[0]), text(reply[1])
	if status == "fenced" {
		q.announced.Store(-1)
		q.tellFenced()
	} else if announce == "1" {
		q.announced.Store(store)
	}
	if status == "ok" {
		for _, result := range strings.Fields(results) {
			q.metrics.offers.WithLabelValues(result).Inc()
		}
	}
	if sentinel := map[string]error{
		"stale": ErrStale, "busy": ErrStationBusy, "notfound": ErrNotFound,
		"state": ErrState, "fenced": ErrFenced, "invalid": ErrInvalid, "closed": ErrClosed, "full": ErrFull,
	}[status]; sentinel != nil {
		err := fmt.Errorf("queue: %s: %w", name, sentinel)
		if status == "state" && results != "" {
			err = &refusal{err, results}
		}
		return reply[2:], err
	}
	if status != "ok" {
		return nil, fmt.Errorf("queue: %s: unknown status %q", name, status)
	}
	return reply[2:], nil
}
