package records

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/remotewindow/remotewindow/queue"
)

// Queue is what the reconciler needs of the dispatcher: *queue.Queue.
type Queue interface {
	SetStoreEpoch(e int64)
	Snapshot(ctx context.Context) (queue.Snapshot, error)
	Tick(ctx context.Context) (time.Duration, error)
	Restore(ctx context.Context, t queue.Ticket) (queue.Ticket, error)
	Drop(ctx context.Context, id string) error
	HangUp(ctx context.Context, id string, epoch int64, reason string) (queue.Ticket, error)
	Follow(ctx context.Context, fn func(queue.Event)) error
}

// ReconcilerOptions configure a Reconciler. Records and Queue are needed.
type ReconcilerOptions struct {
	Records *Records
	Queue   Queue
	// Skills are those that a matter needs; nil means none. A matter that it does
	// not know needs none either.
	Skills func(ctx context.Context, matter string) []string
	// Every is the time between passes that nothing asked for; default 1 minute.
	Every time.Duration
	// Logger gets one line per pass that repaired something; slog.Default when nil.
	Logger *slog.Logger
}

const (
	// settle is how long an owner may differ between Redis and SQL before it is a
	// fault and not a change under way.
	settle = 10 * time.Second
	// retry is the pause after a pass that a store did not answer.
	retry = time.Second
	// backlog is how many events may wait for SQL; beyond it a whole pass catches up.
	backlog = 256
)

// Reconciler keeps Redis and SQL telling the same story. SQL is right about
// admission and close, the higher epoch about the owner. One mechanism covers a
// flushed Redis, lost writes, a failover and a restart of the embedded one.
type Reconciler struct {
	o    ReconcilerOptions
	log  *slog.Logger
	kick chan struct{}

	pass    sync.Mutex // one pass at a time
	epoch   int64      // store epoch that the queue was given; 0 before the first pass
	version int64      // newest version of Redis' events that was met under this run
}

// NewReconciler returns a reconciler; it does nothing until Once or Run.
func NewReconciler(o ReconcilerOptions) *Reconciler {
	if o.Every <= 0 {
		o.Every = time.Minute
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Skills == nil {
		o.Skills = func(context.Context, string) []string { return nil }
	}
	return &Reconciler{o: o, log: o.Logger, kick: make(chan struct{}, 1)}
}

// Kick asks for a pass soon; it never blocks. Give it to queue.Options.OnFenced: a
// store epoch that another node has raised is then taken over within the pass. A nil
// Reconciler takes no notice, since the queue is built before it.
func (c *Reconciler) Kick() {
	if c == nil {
		return
	}
	select {
	case c.kick <- struct{}{}:
	default: // one is asked for already
	}
}

// Run follows the queue's events, writing to SQL how tickets end there, and runs
// a pass at once, every minute, after a gap in the events and at each Kick. It
// returns nil when ctx ends; stores that are away are tried again.
func (c *Reconciler) Run(ctx context.Context) error {
	events := make(chan queue.Event, backlog)
	followed := make(chan error, 1)
	go func() {
		followed <- c.o.Queue.Follow(ctx, func(e queue.Event) {
			select {
			case events <- e:
			default:
				c.Kick() // SQL is slow: a pass finds what this event told
			}
		})
	}()
	c.Kick()
	timer := time.NewTimer(c.o.Every)
	defer timer.Stop()
	away := false
	for {
		select {
		case err := <-followed:
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("records: follow the queue: %w", err)
		case e := <-events:
			if err := c.apply(ctx, e); err != nil {
				c.Kick()
			}
			continue
		case <-c.kick:
		case <-timer.C:
		}
		err := c.Once(ctx)
		switch {
		case err == nil:
			away = false
			timer.Reset(c.o.Every)
			continue
		case !away && ctx.Err() == nil:
			away = true
			c.log.Error("reconcile", "err", err)
		}
		timer.Reset(retry)
	}
}

// Once runs one pass. An error means that a store did not answer; what was
// repaired until then stays so.
func (c *Reconciler) Once(ctx context.Context) error {
	c.pass.Lock()
	defer c.pass.Unlock()
	snapshot, err := c.look(ctx)
	if err != nil {
		return fmt.Errorf("records: reconcile: %w", err)
	}
	// SQL is read after Redis: a ticket that Redis knew then was committed before,
	// so one that is not open in SQL now has been closed.
	rows, err := c.o.Records.OpenTickets(ctx)
	if err != nil {
		return fmt.Errorf("records: reconcile: %w", err)
	}
	if err := c.repair(ctx, snapshot, rows); err != nil {
		return fmt.Errorf("records: reconcile: %w", err)
	}
	return nil
}

// look takes a snapshot and raises the store epoch when this Redis is not the one
// met before: flushed, rebuilt, behind, or another process.
func (c *Reconciler) look(ctx context.Context) (queue.Snapshot, error) {
	r, q := c.o.Records, c.o.Queue
	epoch, err := r.StoreEpoch(ctx)
	if err != nil {
		return queue.Snapshot{}, err
	}
	if c.epoch != epoch && epoch != 0 { // also what another node has raised: it met the loss before us
		q.SetStoreEpoch(epoch)
		c.epoch, c.version = epoch, 0
	}
	s, err := q.Snapshot(ctx)
	if err != nil {
		return s, err
	}
	known, err := r.redisRunID(ctx)
	if err != nil {
		return s, err
	}
	var why string
	switch {
	case s.StoreEpoch == 0:
		why = "Redis is empty"
	case s.StoreEpoch != epoch:
		why = "Redis and SQL differ in the store epoch"
	case s.RunID != "" && known != "" && s.RunID != known:
		why = "Redis was restarted"
	case s.Version < c.version:
		why = "Redis has lost events"
	}
	if why != "" {
		if s, err = c.raise(ctx, s.StoreEpoch); err != nil {
			return s, err
		}
		c.log.Warn("store epoch raised", "why", why, "store_epoch", c.epoch)
	}
	if s.RunID != known && s.RunID != "" {
		if err := r.setRedisRunID(ctx, s.RunID); err != nil {
			return s, err
		}
	}
	c.version = s.Version
	return s, nil
}

// raise takes a store epoch above Redis' and SQL's, announces it, and looks again.
// SQL holding less than Redis means that SQL came back from a backup.
func (c *Reconciler) raise(ctx context.Context, floor int64) (queue.Snapshot, error) {
	epoch, err := c.o.Records.RaiseStoreEpoch(ctx, floor)
	if err != nil {
		return queue.Snapshot{}, err
	}
	c.o.Queue.SetStoreEpoch(epoch)
	c.epoch = epoch
	// A snapshot announces nothing; a sweep does, and is due anyway. If it is
	// fenced, another node has raised it further: the next pass takes that one.
	if _, err := c.o.Queue.Tick(ctx); err != nil {
		return queue.Snapshot{}, err
	}
	return c.o.Queue.Snapshot(ctx)
}
