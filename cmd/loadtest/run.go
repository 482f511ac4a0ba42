package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"time"
)

const (
	loginsAtOnce = 4 // a log-in costs the server tens of ms of CPU and much memory
	// spacing between the presses, so that calls join while others run.
	spacing    = 100 * time.Millisecond
	spacingAll = 10 * time.Second // at most, for all of them
	drain      = time.Second      // fixed, so that figures of runs can be compared
	leaveIn    = 10 * time.Second
)

// run plays all calls and reports. It ends early, with failures, when ctx ends.
func run(ctx context.Context, o options, out io.Writer) report {
	r := &runner{o: o, figures: &figures{}, out: progress{to: out, begin: time.Now()}, epoch: time.Now()}
	p, err := newPaper(o.documentBytes, rand.Uint64())
	if err != nil {
		r.figures.fail("documents", err)
		return r.figures.report(nil)
	}
	return r.play(ctx, p)
}

// runner leads all calls through the same steps together.
type runner struct {
	o       options
	figures *figures
	out     progress
	epoch   time.Time

	board switchboard
	calls []*call
	desks []*desk // nil where the log-in failed
}

func (r *runner) play(ctx context.Context, p *paper) report {
	watching, stop := context.WithCancel(ctx)
	r.board.calls = make(map[string]chan offered)
	id := rand.Uint64()
	for n := range r.o.Calls {
		c := newCall(n+1, r.o, r.figures, p, id, r.epoch)
		r.calls = append(r.calls, c)
		r.board.calls[c.id] = c.offers
	}
	r.desks = make([]*desk, r.o.Calls)
	defer r.out.end()
	defer r.leave()
	defer stop()

	slots := make(chan struct{}, loginsAtOnce)
	r.step(ctx, "connecting", r.o.Timeout, func(ctx context.Context, c *call) error {
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
		case <-ctx.Done():
			return ctx.Err()
		}
		var err error
		if r.desks[c.n-1], err = openDesk(ctx, watching, r.o, c.n, &r.board); err != nil {
			return err
		}
		return c.connect(ctx)
	})
	begin := time.Now()
	gap := min(spacing, spacingAll/time.Duration(r.o.Calls))
	r.step(ctx, "calling", r.o.Timeout+gap*time.Duration(r.o.Calls), func(ctx context.Context, c *call) error {
		if err := until(ctx, begin.Add(gap*time.Duration(c.n-1))); err != nil {
			return err
		}
		return c.place(ctx)
	})
	w, err := openWindow(r.o.ServerPID, r.figures.received.Load())
	if err != nil {
		r.figures.fail("measuring", err)
	}
	r.step(ctx, "talking", r.o.Duration+r.o.Timeout*time.Duration(r.o.Documents+1), func(ctx context.Context, c *call) error {
		return c.talk(ctx)
	})
	if w != nil {
		if err := w.close(r.figures.received.Load()); err != nil {
			r.figures.fail("measuring", err)
			w = nil
		}
	}
	for _, c := range r.calls {
		c.stop()
	}
	_ = until(context.WithoutCancel(ctx), time.Now().Add(r.o.drain)) // after an interrupt too: it ends by itself
	for _, c := range r.calls {
		c.account()
	}
	r.step(ctx, "hanging up", r.o.Timeout, func(ctx context.Context, c *call) error { return c.end(ctx) })
	return r.figures.report(w)
}

// step runs one step of every call that has not failed, all at once, and shows
// progress meanwhile.
func (r *runner) step(ctx context.Context, name string, within time.Duration, do func(context.Context, *call) error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	var steps sync.WaitGroup
	for _, c := range r.calls {
		if c.failed {
			continue
		}
		steps.Go(func() {
			if err := do(ctx, c); err != nil {
				c.failed = true
				r.figures.fail(fmt.Sprintf("call %d (%s), %s", c.n, c.id, name), err)
			}
		})
	}
	done := make(chan struct{})
	go func() {
		steps.Wait()
		close(done)
	}()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		r.out.line(name, r.figures)
		select {
		case <-done:
			return
		case <-tick.C:
		}
	}
}

// leave closes everything, also after an interrupt.
func (r *runner) leave() {
	ctx, cancel := context.WithTimeout(context.Background(), leaveIn)
	defer cancel()
	var all sync.WaitGroup
	for _, c := range r.calls {
		all.Go(func() { c.leave(ctx) })
	}
	all.Wait()
	for _, d := range r.desks {
		if d != nil {
			all.Go(func() { d.leave(ctx) })
		}
	}
	all.Wait()
	r.board.drain()
}
