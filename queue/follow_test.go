package queue_test

import (
	"context"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/queue/queuetest"
)

// follow starts Follow and returns its events; it ends with the test.
func (b *bench) follow(q *queue.Queue) <-chan queue.Event {
	b.Helper()
	events, done := make(chan queue.Event, 4096), make(chan error)
	ctx, cancel := context.WithCancel(b.ctx)
	go func() { done <- q.Follow(ctx, func(e queue.Event) { events <- e }) }()
	b.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			b.Error(err)
		}
	})
	b.next(events, queue.Resync) // it has begun
	return events
}

// next returns the first event of a kind and fails when it does not come.
func (b *bench) next(events <-chan queue.Event, kind string) queue.Event {
	b.Helper()
	limit := time.After(10 * time.Second)
	for {
		select {
		case e := <-events:
			if e.Kind == kind {
				return e
			}
		case <-limit:
			b.Fatalf("no event %s", kind)
		}
	}
}

// eventually polls a condition.
func (b *bench) eventually(what string, done func() bool) {
	b.Helper()
	for limit := time.Now().Add(10 * time.Second); !done(); {
		if time.Now().After(limit) {
			b.Fatalf("never: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestFollow(t *testing.T) {
	onBoth(t, func(b *bench) {
		b.call("s0") // before: not told
		events := b.follow(b.Queue)
		version := b.snapshot().Version
		b.ready("a1")
		b.ok(b.Shown(b.ctx, "ts0", "a1", b.ticket("ts0").Epoch))
		want := b.events()[version:]
		for _, w := range want {
			if got := <-events; got != w {
				b.Fatalf("event %+v, want %+v", got, w)
			}
		}
		if last := want[len(want)-1]; last.Kind != "shown" || last.Ticket != "ts0" || last.Agent != "a1" ||
			last.Station != "s0" || last.Epoch == 0 || last.AtMS != start {
			b.Fatalf("last event %+v", last)
		}
	})
}

// TestFollowFlush: a flushed store is noticed with and without new events.
func TestFollowFlush(t *testing.T) {
	for name, after := range map[string]func(b *bench){
		"silent":     func(*bench) {},
		"new events": func(b *bench) { b.call("s9") },
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(b *bench) {
				b.call("s1")
				b.call("s2")
				events := b.follow(b.Queue)
				b.call("s3")
				b.next(events, "enqueued")
				b.ok(b.client.FlushAll(b.ctx).Err())
				after(b)
				b.next(events, queue.Resync)
				b.station("s5")
				b.next(events, "station")
			})
		})
	}
}

// TestFollowGap: events trimmed before they were read.
func TestFollowGap(t *testing.T) {
	onBoth(t, func(b *bench) {
		b.call("s1")
		reads, release := make(chan queue.Event), make(chan struct{})
		ctx, cancel := context.WithCancel(b.ctx)
		done := make(chan error)
		go func() {
			done <- b.Follow(ctx, func(e queue.Event) {
				reads <- e
				<-release
			})
		}()
		if e := <-reads; e.Kind != queue.Resync {
			b.Fatalf("first event %+v", e)
		}
		b.call("s2")
		b.call("s3")
		b.ok(b.client.XTrimMaxLen(b.ctx, queue.Prefix(b.Queue)+"events", 1).Err())
		close(release)
		gap, last := <-reads, <-reads
		if gap.Kind != queue.Resync || gap.Version != last.Version || last.Kind != "enqueued" || last.Ticket != "ts3" {
			b.Fatalf("after the gap: %+v, %+v", gap, last)
		}
		cancel()
		b.ok(<-done)
	})
}

// TestFollowReconnect: the connection breaks, and another server may be there.
func TestFollowReconnect(t *testing.T) {
	client := queuetest.Redis(t)
	b := newBench(t, client)
	second := redis.NewClient(&redis.Options{Network: "unix", Addr: client.Options().Addr, MaxRetries: -1})
	t.Cleanup(func() { _ = second.Close() })
	q := queue.New(queue.Options{Client: second, Centre: b.centre, Logger: quiet})
	events := b.follow(q)
	b.call("s1")
	b.next(events, "enqueued")
	// KILL spares the connection that asks.
	b.ok(client.ClientKillByFilter(b.ctx, "TYPE", "normal", "SKIPME", "yes").Err())
	b.next(events, queue.Resync)
	b.call("s2")
	b.next(events, "enqueued")
}
