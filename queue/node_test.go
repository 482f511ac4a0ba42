package queue_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/remotewindow/remotewindow/queue"
)

// TestNodeDies: the sockets of a silent node are dropped, those of others are
// not; the running call is adopted with a higher epoch and the old home is out.
func TestNodeDies(t *testing.T) {
	onBoth(t, func(b *bench) {
		old := b.Queue
		b.Queue = queue.New(queue.Options{Client: b.client, Centre: b.centre, Logger: quiet, Node: "n1"})
		beat := func(want bool) {
			b.Helper()
			lapsed, err := b.NodeBeat(b.ctx, "n1", 5*time.Second)
			b.ok(err)
			if lapsed != want {
				b.Fatalf("lapsed %v", lapsed)
			}
		}
		beat(true)
		beat(false)
		held := b.inCall()
		if held.Home != "n1" {
			b.Fatalf("%+v", held)
		}
		for i := range 150 {
			b.station(fmt.Sprintf("x%03d", i))
		}
		b.Queue = old
		b.station("s7") // at another node
		b.ready("a7")
		b.pass(5 * time.Second)
		if got := b.isState("ts1", queue.Active, "a1"); !got.StationLost || !got.AgentLost {
			b.Fatalf("%+v", got)
		}
		online := 0
		for _, s := range b.snapshot().Stations {
			if s.Online {
				online++
			}
		}
		if online != 1 || b.agent("a7").State != queue.AgentReady {
			b.Fatalf("%d online", online)
		}
		beat(true) // it woke up, and must announce its sockets again
		beat(false)

		b.station("s1")
		got, err := b.Adopt(b.ctx, "ts1", "n2", held.Epoch)
		b.ok(err)
		again, err := b.Adopt(b.ctx, "ts1", "n2", held.Epoch)
		b.ok(err)
		if got.Home != "n2" || got.Epoch <= held.Epoch || again.Epoch != got.Epoch || got.StationLost {
			b.Fatalf("%+v", got)
		}
		_, err = b.Adopt(b.ctx, "ts1", "n3", held.Epoch)
		b.want(err, queue.ErrStale)
		_, err = b.HangUp(b.ctx, "ts1", held.Epoch, "from the old home")
		b.want(err, queue.ErrStale)
		_, err = b.NodeBeat(b.ctx, "", time.Second)
		b.want(err, queue.ErrInvalid)
	})
}

// TestRestoreNew puts back what this version adds.
func TestRestoreNew(t *testing.T) {
	const high = 7<<20 + 9
	for name, run := range map[string]func(b *bench){
		"call-back, not due": func(b *bench) {
			got, err := b.Restore(b.ctx, queue.Ticket{ID: "c1", Station: "s1", Kind: queue.KindCallback, State: queue.Scheduled,
				ArrivedMS: start - 9000, DueMS: start + 1000, Epoch: high, Backup: "a2", Matters: []string{"m1", "m2"},
				Widen: []queue.WidenStep{{AfterMS: 5, Skills: []string{"x"}}, {AfterMS: 9}}})
			b.ok(err)
			if got.State != queue.Scheduled || got.Backup != "a2" || len(got.Matters) != 2 || len(got.Widen) != 2 || got.Widen[0].Skills[0] != "x" {
				b.Fatalf("%+v", got)
			}
			b.station("s1")
			b.pass(time.Second)
			b.isState("c1", queue.Waiting, "")
		},
		"call-back that waited, station busy": func(b *bench) {
			b.call("s1")
			_, err := b.Restore(b.ctx, queue.Ticket{ID: "c1", Station: "s1", Kind: queue.KindCallback, State: queue.Waiting, DueMS: start - 1, Epoch: high})
			b.ok(err)
			b.isState("c1", queue.Scheduled, "")
			b.ok(b.Abandon(b.ctx, "ts1", "left"))
			b.isState("c1", queue.Waiting, "")
		},
		"review in hand": func(b *bench) {
			b.ready("a1")
			got, err := b.Restore(b.ctx, queue.Ticket{ID: "r1", Station: "s1", Kind: queue.KindPreReview, State: queue.Review, Agent: "a1", Epoch: high})
			b.ok(err)
			if got.State != queue.Review || len(b.agent("a1").Reviews) != 1 || b.agent("a1").State != queue.AgentReady {
				b.Fatalf("%+v", got)
			}
			b.ok(b.FinishReview(b.ctx, "r1", "a1", high))
		},
		"call with third person and home": func(b *bench) {
			b.ready("a1")
			b.ready("a2")
			b.station("s1")
			got, err := b.Restore(b.ctx, queue.Ticket{ID: "t1", Station: "s1", State: queue.Active, Agent: "a1", Epoch: high, Home: "n1",
				HoldTotalMS: 700, Third: "a2", ThirdState: queue.ThirdJoined, ThirdPurpose: queue.PurposeThird, ThirdEpoch: 5})
			b.ok(err)
			if got.Third != "a2" || got.ThirdEpoch <= 5 || got.Home != "n1" || got.HoldTotalMS != 700 {
				b.Fatalf("%+v", got)
			}
			b.isAgent("a2", queue.AgentCall)
		},
		"call scheduled": func(b *bench) {
			_, err := b.Restore(b.ctx, queue.Ticket{ID: "t1", Station: "s1", State: queue.Scheduled, Epoch: high})
			b.want(err, queue.ErrInvalid)
		},
	} {
		t.Run(name, func(t *testing.T) { onBoth(t, run) })
	}
}
