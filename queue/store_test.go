package queue_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/queue/queuetest"
)

// TestFence: who does not know the store's present life may change nothing, and
// what was issued before it never wins.
func TestFence(t *testing.T) {
	onBoth(t, func(b *bench) {
		b.SetStoreEpoch(3)
		offer := b.bring(queue.Offered)
		if offer.Epoch>>20 != 3 || b.snapshot().StoreEpoch != 3 {
			b.Fatalf("epoch %d, store %d", offer.Epoch, b.snapshot().StoreEpoch)
		}
		other := queue.New(queue.Options{Client: b.client, Centre: b.centre, Logger: quiet})
		other.SetStoreEpoch(2)
		_, err := other.Accept(b.ctx, "ts1", "a1", offer.Epoch)
		b.want(err, queue.ErrFenced)
		if s, err := other.Snapshot(b.ctx); err != nil || s.StoreEpoch != 3 {
			b.Fatalf("a reader is told the epoch: %d %v", s.StoreEpoch, err)
		}

		other.SetStoreEpoch(4)
		_, err = other.Tick(b.ctx)
		b.ok(err)
		b.want(b.Decline(b.ctx, "ts1", "a1", offer.Epoch, "busy"), queue.ErrFenced)
		b.SetStoreEpoch(4)
		held, err := b.Accept(b.ctx, "ts1", "a1", offer.Epoch)
		b.ok(err)
		if held.Epoch>>20 != 4 {
			b.Fatalf("epoch %d", held.Epoch)
		}

		// A flushed store shows 0, also after operations, until someone announces.
		b.ok(b.client.FlushAll(b.ctx).Err())
		b.station("s1")
		if s := b.snapshot(); s.StoreEpoch != 0 {
			b.Fatalf("store epoch %d after a flush", s.StoreEpoch)
		}
		b.SetStoreEpoch(5)
		if s := b.snapshot(); s.StoreEpoch != 0 {
			b.Fatalf("a reader announced %d", s.StoreEpoch)
		}
		_, err = b.Tick(b.ctx)
		b.ok(err)
		if s := b.snapshot(); s.StoreEpoch != 5 {
			b.Fatalf("store epoch %d", s.StoreEpoch)
		}
	})
}

// TestOnFenced: the node is told that it missed a life of the store, not at every
// refused operation, and may then catch up.
func TestOnFenced(t *testing.T) {
	b := newBench(t, queuetest.Miniredis(t))
	b.SetStoreEpoch(2)
	b.station("s1")
	synctest.Test(t, func(t *testing.T) {
		told := 0
		old := queue.New(queue.Options{Client: fencing{}, Centre: b.centre, Logger: quiet, OnFenced: func() { told++ }})
		for range 3 {
			if err := old.Abandon(b.ctx, "t1", "left"); !errors.Is(err, queue.ErrFenced) {
				t.Fatalf("%v", err)
			}
		}
		if told != 1 {
			t.Fatalf("told %d times at once", told)
		}
		time.Sleep(time.Second)
		_ = old.Abandon(b.ctx, "t1", "left")
		if told != 2 {
			t.Fatalf("told %d times after a second", told)
		}
	})
	told := 0
	var late *queue.Queue
	late = queue.New(queue.Options{Client: b.client, Centre: b.centre, Logger: quiet, OnFenced: func() {
		told++
		late.SetStoreEpoch(2)
	}})
	late.SetStoreEpoch(1)
	_, err := late.StationBack(b.ctx, "s1", "s1-9")
	b.want(err, queue.ErrFenced)
	_, err = late.StationBack(b.ctx, "s1", "s1-9")
	b.ok(err)
	if told != 1 {
		t.Fatalf("told %d times", told)
	}
}

// fencing plays a Redis that refuses every script as fenced, without a network.
type fencing struct{ redis.UniversalClient }

func (fencing) EvalSha(ctx context.Context, _ string, _ []string, _ ...any) *redis.Cmd {
	cmd := redis.NewCmd(ctx)
	cmd.SetVal([]any{"fenced", ""})
	return cmd
}

// TestSetNumbers: the centre's times count from the next operation on; what rings
// already keeps its end.
func TestSetNumbers(t *testing.T) {
	onBoth(t, func(b *bench) {
		b.ready("a1")
		if offer := b.call("s1"); offer.ExpiresMS != start+20_000 {
			b.Fatalf("%+v", offer)
		}
		b.SetNumbers(queue.Numbers{Ring: 7 * time.Second, AgingBoost: time.Hour})
		if got := b.ticket("ts1"); got.ExpiresMS != start+20_000 {
			b.Fatalf("a ringing offer changed: %+v", got)
		}
		b.ready("a2")
		if offer := b.call("s2"); offer.ExpiresMS != start+7000 {
			b.Fatalf("%+v", offer)
		}
		b.call("s3", func(t *queue.Ticket) { t.ArrivedMS = start - 50*60_000 })
		b.call("s4", func(t *queue.Ticket) { t.Priority = 1 })
		b.line("ts4", "ts3")
		b.SetNumbers(queue.Numbers{}) // the defaults; places stay
		b.call("s5", func(t *queue.Ticket) { t.Priority = 1 })
		b.line("ts4", "ts3", "ts5")
	})
}

func TestScriptsForgotten(t *testing.T) {
	onBoth(t, func(b *bench) {
		b.bring(queue.Offered)
		b.ok(b.client.ScriptFlush(b.ctx).Err())
		_, err := b.Accept(b.ctx, "ts1", "a1", b.ticket("ts1").Epoch)
		b.ok(err)
	})
}

// TestCluster: every key of a centre is in one slot. The embedded server plays a
// cluster of one node.
func TestCluster(t *testing.T) {
	single := queuetest.Miniredis(t)
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{single.Options().Addr}})
	t.Cleanup(func() { _ = client.Close() })
	b := newBench(t, client)
	held := b.bring(queue.WrapUp)
	b.ok(b.Finish(b.ctx, "ts1", "a1", held.Epoch))
	b.isAgent("a1", queue.AgentReady)
	keys, err := single.Keys(b.ctx, "*").Result()
	b.ok(err)
	for _, key := range keys {
		if len(key) < len(queue.Prefix(b.Queue)) || key[:len(queue.Prefix(b.Queue))] != queue.Prefix(b.Queue) {
			t.Errorf("key %s outside %s", key, queue.Prefix(b.Queue))
		}
	}
}

// TestCentres: two centres on one Redis do not see each other.
func TestCentres(t *testing.T) {
	client := queuetest.Miniredis(t)
	one, two := newBench(t, client), newBench(t, client)
	one.ready("a1")
	two.call("s1")
	two.isState("ts1", queue.Waiting, "")
	if s := one.snapshot(); len(s.Tickets) != 0 || len(s.Stations) != 0 {
		t.Fatalf("%+v", s)
	}
}

func TestRestore(t *testing.T) {
	row := func(state queue.State, epoch int64) queue.Ticket {
		return queue.Ticket{ID: "ts1", Number: "A001", Station: "s1", ArrivedMS: start - 100_000, State: state, Agent: "a1",
			Epoch: epoch, AcceptedMS: start - 50_000, ConnectedMS: start - 49_000, EndedMS: start - 1000}
	}
	const high = 7<<20 + 9
	for name, run := range map[string]func(b *bench){
		"waiting, at its old place": func(b *bench) {
			b.call("s2", func(t *queue.Ticket) { t.ArrivedMS = start - 10_000 })
			b.station("s1")
			_, err := b.Restore(b.ctx, row(queue.Waiting, high))
			b.ok(err)
			b.line("ts1", "ts2")
			if got := b.ticket("ts1"); got.Epoch != high || got.StationLost || got.Agent != "" {
				b.Fatalf("%+v", got)
			}
		},
		"waiting, station gone": func(b *bench) {
			got, err := b.Restore(b.ctx, row(queue.Waiting, high))
			b.ok(err)
			b.ready("a1")
			if !got.StationLost || b.ticket("ts1").State != queue.Waiting {
				b.Fatalf("%+v", got)
			}
			b.pass(time.Minute)
			b.isState("ts1", "", "")
		},
		"active, both come back": func(b *bench) {
			got, err := b.Restore(b.ctx, row(queue.Active, high))
			b.ok(err)
			if !got.StationLost || !got.AgentLost || got.State != queue.Active || got.Epoch != high {
				b.Fatalf("%+v", got)
			}
			b.isAgent("a1", queue.AgentLost)
			b.pass(89 * time.Second)
			b.station("s1")
			b.ready("a1")
			b.isAgent("a1", queue.AgentCall)
			_, err = b.HangUp(b.ctx, "ts1", high, "done")
			b.ok(err)
		},
		"active, agent stays away": func(b *bench) {
			b.station("s1")
			_, err := b.Restore(b.ctx, row(queue.Active, high))
			b.ok(err)
			b.pass(90 * time.Second)
			if got := b.isState("ts1", queue.Waiting, ""); got.Epoch <= high {
				b.Fatalf("%+v", got)
			}
		},
		"active, agent has another call": func(b *bench) {
			b.ready("a1")
			_, err := b.Accept(b.ctx, "ts2", "a1", b.call("s2").Epoch)
			b.ok(err)
			b.station("s1")
			_, err = b.Restore(b.ctx, row(queue.Active, high))
			b.ok(err)
			// Its agent has lost it: nobody may act under the epoch of before.
			if got := b.isState("ts1", queue.Waiting, ""); got.Epoch <= high {
				b.Fatalf("%+v", got)
			}
			version := b.snapshot().Version
			_, err = b.Restore(b.ctx, row(queue.Active, high)) // told again: nothing
			b.ok(err)
			if got := b.snapshot().Version; got != version {
				b.Fatalf("version %d, was %d", got, version)
			}
			_, err = b.Restore(b.ctx, queue.Ticket{ID: "ts3", Station: "s3", State: queue.WrapUp, Agent: "a1", Epoch: 9})
			b.want(err, queue.ErrState)
		},
		"wrap-up": func(b *bench) {
			b.station("s1")
			got, err := b.Restore(b.ctx, row(queue.WrapUp, high))
			b.ok(err)
			if got.WrapUpEndsMS != start+60_000 {
				b.Fatalf("%+v", got)
			}
			b.ready("a1")
			b.isAgent("a1", queue.AgentWrapUp)
			_, err = b.Enqueue(b.ctx, queue.Ticket{ID: "again", Station: "s1"}, "")
			b.ok(err)
			b.ok(b.Finish(b.ctx, "ts1", "a1", high))
			b.isState("again", queue.Offered, "a1")
		},
		"known with the same epoch: nothing": func(b *bench) {
			held := b.bring(queue.Active)
			version := b.snapshot().Version
			got, err := b.Restore(b.ctx, row(queue.Waiting, held.Epoch))
			b.ok(err)
			if got.State != queue.Active || b.snapshot().Version != version {
				b.Fatalf("%+v", got)
			}
		},
		"closed here, open there: told": func(b *bench) {
			held := b.bring(queue.Closed)
			got, err := b.Restore(b.ctx, row(queue.Active, held.Epoch))
			b.ok(err)
			if got.State != queue.Closed {
				b.Fatalf("%+v", got)
			}
		},
		"known with a lower epoch: the accept that Redis lost": func(b *bench) {
			b.bring(queue.Offered)
			_, err := b.AgentBack(b.ctx, queue.AgentSpec{ID: "a9"}, "a9-1")
			b.ok(err)
			accepted := row(queue.Active, high)
			accepted.Agent = "a9"
			got, err := b.Restore(b.ctx, accepted)
			b.ok(err)
			if got.AgentLost || got.StationLost {
				b.Fatalf("%+v", got)
			}
			b.isState("ts1", queue.Active, "a9")
			b.isAgent("a1", queue.AgentReady)
		},
		"station has another": func(b *bench) {
			b.call("s1")
			other := row(queue.Waiting, high)
			other.ID = "older"
			_, err := b.Restore(b.ctx, other)
			b.want(err, queue.ErrStationBusy)
		},
		"drop frees the agent": func(b *bench) {
			b.bring(queue.Active)
			b.ok(b.Drop(b.ctx, "ts1"))
			b.ok(b.Drop(b.ctx, "ts1"))
			b.ok(b.Drop(b.ctx, "never was"))
			b.isState("ts1", "", "")
			b.isAgent("a1", queue.AgentReady)
		},
		"not open": func(b *bench) {
			_, err := b.Restore(b.ctx, row(queue.Closed, high))
			b.want(err, queue.ErrInvalid)
		},
	} {
		t.Run(name, func(t *testing.T) { onBoth(t, run) })
	}
}

// TestRun meets a deadline by the server's own clock.
func TestRun(t *testing.T) {
	client := queuetest.Redis(t)
	b := &bench{T: t, ctx: context.Background(), client: client, centre: "run"}
	b.Queue = queue.New(queue.Options{Client: client, Centre: "run", Logger: quiet, Numbers: queue.Numbers{Ring: 50 * time.Millisecond}})
	ctx, cancel := context.WithCancel(b.ctx)
	done := make(chan error)
	go func() { done <- b.Queue.Run(ctx) }()
	offer := b.bring(queue.Offered)
	b.eventually("another offer", func() bool { return b.ticket("ts1").Epoch > offer.Epoch })
	cancel()
	b.ok(<-done)
}
