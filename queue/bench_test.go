package queue_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/queue/queuetest"
)

// The size of the centre under which each operation is measured.
const benchAgents, benchWaiting = 20, 1000

// BenchmarkOperations times each operation, a script of lua/ each, with 20 agents
// in calls or ready and 1,000 tickets waiting that none of the ready can take. The
// two stores take turns, so that the ratio printed beside each operation, embedded
// to real, holds whatever else the machine does.
func BenchmarkOperations(b *testing.B) {
	halls := []*hall{newHall(b, queuetest.Miniredis(b)), newHall(b, queuetest.Redis(b))}
	for _, op := range benchOperations {
		b.Run(op.name, func(b *testing.B) {
			var took [2]time.Duration
			b.ResetTimer()
			for range b.N {
				for n, h := range halls {
					h.B = b
					b.StopTimer()
					do := op.prepare(h)
					b.StartTimer()
					began := time.Now()
					err := do()
					took[n] += time.Since(began)
					b.StopTimer()
					if err != nil {
						b.Fatalf("%s: %v", op.name, err)
					}
					h.tidy()
					b.StartTimer()
				}
			}
			b.StopTimer()
			b.ReportMetric(0, "ns/op") // of both together, which says nothing
			b.ReportMetric(float64(took[0].Microseconds())/float64(b.N), "miniredis-us/op")
			b.ReportMetric(float64(took[1].Microseconds())/float64(b.N), "redis-us/op")
			b.ReportMetric(float64(took[0])/float64(took[1]), "miniredis/redis")
		})
	}
}

// TestBenchCovers wants a benchmark of every script.
func TestBenchCovers(t *testing.T) {
	var missing []string
	for _, name := range queue.Scripts(queue.New(queue.Options{Client: queuetest.Miniredis(t), Centre: "names"})) {
		if !slices.ContainsFunc(benchOperations, func(op benchOperation) bool { return op.name == name }) {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		t.Errorf("without a benchmark: %s", strings.Join(missing, ", "))
	}
}

// hall is a centre of the size that is measured: a01 is in call t-call with
// station s-call; a02 to a19 are in calls, a20 is ready and lacks the skill z that
// all who wait need.
type hall struct {
	*testing.B
	*queue.Queue
	ctx  context.Context
	n    int
	made []string // tickets since newHall
}

func newHall(b *testing.B, client redis.UniversalClient) *hall {
	b.Helper()
	h := &hall{B: b, ctx: context.Background()}
	h.Queue = queue.New(queue.Options{Client: client, Centre: "bench", Logger: quiet, Node: "n1",
		Numbers: queue.Numbers{Reviews: 1 << 20, Ring: time.Hour, WrapUp: time.Hour}})
	for i := range benchAgents {
		h.ready(fmt.Sprintf("a%02d", i+1))
		if i+1 < benchAgents {
			h.accepted(h.call("x"))
		}
	}
	for range benchWaiting {
		h.call("z")
	}
	h.made = nil
	return h
}

func (h *hall) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *hall) spec(id string) queue.AgentSpec { return queue.AgentSpec{ID: id, Skills: []string{"x"}} }

func (h *hall) ready(id string) {
	_, err := h.AgentBack(h.ctx, h.spec(id), id+"-1")
	h.must(err)
	_, err = h.AgentSet(h.ctx, h.spec(id), queue.PresenceAvailable, "")
	h.must(err)
}

// fresh is a ticket of a station of its own, which is connected.
func (h *hall) fresh(skill string) queue.Ticket {
	h.n++
	station := fmt.Sprintf("s%06d", h.n)
	_, err := h.StationBack(h.ctx, station, station+"-1")
	h.must(err)
	h.made = append(h.made, fmt.Sprintf("t%06d", h.n))
	return queue.Ticket{ID: fmt.Sprintf("t%06d", h.n), Station: station, Skills: []string{skill}}
}

func (h *hall) call(skill string) queue.Ticket {
	t, err := h.Enqueue(h.ctx, h.fresh(skill), "")
	h.must(err)
	return t
}

func (h *hall) accepted(t queue.Ticket) queue.Ticket {
	t, err := h.Accept(h.ctx, t.ID, t.Agent, t.Epoch)
	h.must(err)
	return t
}

func (h *hall) active() queue.Ticket {
	t := h.accepted(h.call("x"))
	t, err := h.Connected(h.ctx, t.ID, t.Epoch)
	h.must(err)
	return t
}

func (h *hall) wrapUp() queue.Ticket {
	t := h.active()
	t, err := h.HangUp(h.ctx, t.ID, t.Epoch, "done")
	h.must(err)
	return t
}

// invited is a call of a20 that has asked a21 to join.
func (h *hall) invited() queue.Ticket {
	t := h.active()
	h.ready("a21")
	t, err := h.Invite(h.ctx, t.ID, t.Agent, t.Epoch, "a21", queue.PurposeThird)
	h.must(err)
	return t
}

func (h *hall) joined() queue.Ticket {
	t := h.invited()
	t, err := h.ThirdAccept(h.ctx, t.ID, t.Third, t.ThirdEpoch)
	h.must(err)
	return t
}

func (h *hall) review() queue.Ticket {
	t := h.fresh("z")
	t.Kind = queue.KindPreReview
	t, err := h.Enqueue(h.ctx, t, "")
	h.must(err)
	return t
}

func (h *hall) taken() queue.Ticket {
	t, err := h.TakeReview(h.ctx, h.review().ID, "a20")
	h.must(err)
	return t
}

// tidy brings the hall back: nobody but those in newHall has a ticket.
func (h *hall) tidy() {
	for _, id := range h.made {
		h.must(h.Drop(h.ctx, id))
	}
	h.made = nil
	h.ready("a20")
	_, err := h.AgentSet(h.ctx, h.spec("a21"), queue.PresenceOffline, "")
	h.must(err)
	_, err = h.StationBack(h.ctx, "s000900", "s000900-1")
	h.must(err)
}

type benchOperation struct {
	name    string
	prepare func(h *hall) func() error // what is timed
}

// on times an operation on a ticket that is made before.
func on(name string, ticket func(h *hall) queue.Ticket, do func(h *hall, t queue.Ticket) error) benchOperation {
	return benchOperation{name, func(h *hall) func() error {
		t := ticket(h)
		return func() error { return do(h, t) }
	}}
}

func nothing(*hall) queue.Ticket { return queue.Ticket{} }

// first is the first of those who wait.
func first(*hall) queue.Ticket { return queue.Ticket{ID: fmt.Sprintf("t%06d", benchAgents)} }

var benchOperations = []benchOperation{
	on("enqueue", func(h *hall) queue.Ticket { return h.fresh("x") }, func(h *hall, t queue.Ticket) error { _, err := h.Enqueue(h.ctx, t, ""); return err }),
	on("shown", func(h *hall) queue.Ticket { return h.call("x") }, func(h *hall, t queue.Ticket) error { return h.Shown(h.ctx, t.ID, t.Agent, t.Epoch) }),
	on("accept", func(h *hall) queue.Ticket { return h.call("x") }, func(h *hall, t queue.Ticket) error {
		_, err := h.Accept(h.ctx, t.ID, t.Agent, t.Epoch)
		return err
	}),
	on("decline", func(h *hall) queue.Ticket { return h.call("x") }, func(h *hall, t queue.Ticket) error {
		return h.Decline(h.ctx, t.ID, t.Agent, t.Epoch, "busy")
	}),
	on("connected", func(h *hall) queue.Ticket { return h.accepted(h.call("x")) }, func(h *hall, t queue.Ticket) error {
		_, err := h.Connected(h.ctx, t.ID, t.Epoch)
		return err
	}),
	on("hangup", (*hall).active, func(h *hall, t queue.Ticket) error { _, err := h.HangUp(h.ctx, t.ID, t.Epoch, "done"); return err }),
	on("extend", (*hall).wrapUp, func(h *hall, t queue.Ticket) error { _, err := h.Extend(h.ctx, t.ID, t.Agent, t.Epoch); return err }),
	on("finish", (*hall).wrapUp, func(h *hall, t queue.Ticket) error { return h.Finish(h.ctx, t.ID, t.Agent, t.Epoch) }),
	on("abandon", func(h *hall) queue.Ticket { return h.call("z") }, func(h *hall, t queue.Ticket) error { return h.Abandon(h.ctx, t.ID, "left") }),
	on("requeue", (*hall).active, func(h *hall, t queue.Ticket) error { _, err := h.Requeue(h.ctx, t.ID, t.Epoch, "media"); return err }),
	on("revise", func(h *hall) queue.Ticket { return h.call("z") }, func(h *hall, t queue.Ticket) error {
		_, err := h.Revise(h.ctx, t.ID, queue.Revision{Matter: "m", Skills: []string{"y"}})
		return err
	}),
	on("restore", func(h *hall) queue.Ticket { return h.fresh("z") }, func(h *hall, t queue.Ticket) error {
		t.State, t.Epoch = queue.Waiting, 9
		_, err := h.Restore(h.ctx, t)
		return err
	}),
	on("drop", func(h *hall) queue.Ticket { return h.call("z") }, func(h *hall, t queue.Ticket) error { return h.Drop(h.ctx, t.ID) }),
	on("transfer", (*hall).active, func(h *hall, t queue.Ticket) error {
		_, err := h.Transfer(h.ctx, t.ID, t.Agent, t.Epoch, queue.To{Skills: []string{"z"}})
		return err
	}),
	on("assign", func(h *hall) queue.Ticket { return h.call("y") }, func(h *hall, t queue.Ticket) error {
		_, err := h.Assign(h.ctx, t.ID, "a20", "sv", "")
		return err
	}),
	on("pull", func(h *hall) queue.Ticket { // held for a01
		t := h.fresh("x")
		t.Affinity = "a01"
		t, err := h.Enqueue(h.ctx, t, "")
		h.must(err)
		return t
	}, func(h *hall, t queue.Ticket) error { _, err := h.Pull(h.ctx, t.ID, "a20"); return err }),
	on("reprioritise", first, func(h *hall, t queue.Ticket) error {
		h.n++
		_, err := h.Reprioritise(h.ctx, t.ID, h.n%4, "sv")
		return err
	}),
	on("hold", (*hall).active, func(h *hall, t queue.Ticket) error { _, err := h.Hold(h.ctx, t.ID, t.Epoch, true); return err }),
	on("why", func(h *hall) queue.Ticket { return h.call("x") }, func(h *hall, t queue.Ticket) error { _, err := h.Why(h.ctx, t.ID); return err }),
	on("set_hours", nothing, func(h *hall, _ queue.Ticket) error {
		h.n++
		return h.SetHours(h.ctx, []queue.Interval{{OpenMS: 1, CloseMS: 1<<50 + int64(h.n)}})
	}),
	on("invite", func(h *hall) queue.Ticket { t := h.active(); h.ready("a21"); return t }, func(h *hall, t queue.Ticket) error {
		_, err := h.Invite(h.ctx, t.ID, t.Agent, t.Epoch, "a21", queue.PurposeConsult)
		return err
	}),
	on("third_shown", (*hall).invited, func(h *hall, t queue.Ticket) error { return h.ThirdShown(h.ctx, t.ID, t.Third, t.ThirdEpoch) }),
	on("third_accept", (*hall).invited, func(h *hall, t queue.Ticket) error {
		_, err := h.ThirdAccept(h.ctx, t.ID, t.Third, t.ThirdEpoch)
		return err
	}),
	on("third_decline", (*hall).invited, func(h *hall, t queue.Ticket) error {
		return h.ThirdDecline(h.ctx, t.ID, t.Third, t.ThirdEpoch, "busy")
	}),
	on("third_leave", (*hall).joined, func(h *hall, t queue.Ticket) error { _, err := h.ThirdLeave(h.ctx, t.ID, t.Third); return err }),
	on("hand_over", (*hall).joined, func(h *hall, t queue.Ticket) error {
		_, err := h.HandOver(h.ctx, t.ID, t.Agent, t.Epoch)
		return err
	}),
	on("review_take", (*hall).review, func(h *hall, t queue.Ticket) error { _, err := h.TakeReview(h.ctx, t.ID, "a20"); return err }),
	on("review_return", (*hall).taken, func(h *hall, t queue.Ticket) error {
		_, err := h.ReturnReview(h.ctx, t.ID, t.Agent, t.Epoch, "later")
		return err
	}),
	on("review_finish", (*hall).taken, func(h *hall, t queue.Ticket) error { return h.FinishReview(h.ctx, t.ID, t.Agent, t.Epoch) }),
	on("node_beat", nothing, func(h *hall, _ queue.Ticket) error { _, err := h.NodeBeat(h.ctx, "n1", time.Hour); return err }),
	on("adopt", (*hall).active, func(h *hall, t queue.Ticket) error { _, err := h.Adopt(h.ctx, t.ID, "n2", t.Epoch); return err }),
	on("agent_back", nothing, func(h *hall, _ queue.Ticket) error { _, err := h.AgentBack(h.ctx, h.spec("a20"), "a20-1"); return err }),
	on("agent_set", nothing, func(h *hall, _ queue.Ticket) error {
		_, err := h.AgentSet(h.ctx, h.spec("a20"), queue.PresenceAvailable, "")
		return err
	}),
	on("agent_drop", nothing, func(h *hall, _ queue.Ticket) error { return h.AgentDrop(h.ctx, "a20", "a20-1") }),
	on("station_back", nothing, func(h *hall, _ queue.Ticket) error {
		_, err := h.StationBack(h.ctx, "s000900", "s000900-1")
		return err
	}),
	on("station_drop", nothing, func(h *hall, _ queue.Ticket) error { return h.StationDrop(h.ctx, "s000900", "s000900-1") }),
	on("station_set", nothing, func(h *hall, _ queue.Ticket) error {
		h.n++
		return h.StationSet(h.ctx, "s000900", []string{fmt.Sprint(h.n)}, nil)
	}),
	on("snapshot", nothing, func(h *hall, _ queue.Ticket) error { _, err := h.Snapshot(h.ctx); return err }),
	on("tick", nothing, func(h *hall, _ queue.Ticket) error { _, err := h.Tick(h.ctx); return err }),
}
