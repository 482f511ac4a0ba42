package queue_test

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/queue/queuetest"
)

// TestRealCluster: every operation on a Cluster of three primaries with a replica
// each. A centre lies on one of them, its keys never part, and those of its
// operations that change an owner wait for that one's replica.
func TestRealCluster(t *testing.T) {
	nodes := queuetest.Cluster(t, true)
	client := nodes.Client(t)
	b, unreplicated := counted(t, client)
	events := b.follow(b.Queue)
	do := func(_ queue.Ticket, err error) {
		t.Helper()
		b.ok(err)
	}
	epoch := func(id string) int64 { return b.ticket(id).Epoch }
	third := func() int64 { return b.ticket("ts1").ThirdEpoch }

	b.SetStoreEpoch(3)
	b.ok(b.SetHours(b.ctx, []queue.Interval{{OpenMS: start - 1000, CloseMS: start + 8*3_600_000}}))
	_, err := b.NodeBeat(b.ctx, "n1", time.Hour)
	b.ok(err)

	// A call that is held, and that a third person takes over, and another then.
	b.call("s1")
	do(b.Revise(b.ctx, "ts1", queue.Revision{Matter: "residence", Skills: []string{"household"}}))
	do(b.Reprioritise(b.ctx, "ts1", 1, "boss"))
	b.ok(b.StationSet(b.ctx, "s1", []string{"printer"}, nil))
	b.ready("a1", "household")
	b.ok(b.Shown(b.ctx, "ts1", "a1", epoch("ts1")))
	do(b.Accept(b.ctx, "ts1", "a1", epoch("ts1")))
	do(b.Connected(b.ctx, "ts1", epoch("ts1")))
	do(b.Hold(b.ctx, "ts1", epoch("ts1"), true))
	do(b.Adopt(b.ctx, "ts1", "n1", epoch("ts1")))
	b.ready("a2", "household")
	do(b.Invite(b.ctx, "ts1", "a1", epoch("ts1"), "a2", "consult"))
	b.ok(b.ThirdShown(b.ctx, "ts1", "a2", third()))
	b.ok(b.ThirdDecline(b.ctx, "ts1", "a2", third(), "busy"))
	for _, leaves := range []bool{true, false} {
		do(b.Invite(b.ctx, "ts1", "a1", epoch("ts1"), "a2", "consult"))
		do(b.ThirdAccept(b.ctx, "ts1", "a2", third()))
		if leaves {
			do(b.ThirdLeave(b.ctx, "ts1", "a2"))
		}
	}
	do(b.HandOver(b.ctx, "ts1", "a1", epoch("ts1")))
	do(b.Transfer(b.ctx, "ts1", "a2", epoch("ts1"), queue.To{Agent: "a1", Reason: "department"}))
	b.ok(b.Decline(b.ctx, "ts1", "a1", b.isState("ts1", queue.Offered, "a1").Epoch, "busy"))
	if e := b.next(events, "handed_over"); e.Ticket != "ts1" || e.Agent != "a2" {
		t.Errorf("followed %+v", e)
	}
	if why, err := b.Why(b.ctx, "ts1"); err != nil || len(why) == 0 {
		t.Errorf("why: %v %v", why, err)
	}
	b.ok(b.Abandon(b.ctx, "ts1", "left"))

	// Assigned, requeued, pulled, ended, extended, finished.
	for _, a := range []string{"a1", "a2"} {
		b.ready(a, "household")
	}
	b.call("s2", func(t *queue.Ticket) { t.Skills = []string{"other"} })
	b.ready("a3", "other", "household")
	b.ok(b.Decline(b.ctx, "ts2", "a3", b.isState("ts2", queue.Offered, "a3").Epoch, "busy"))
	b.ready("a3", "other", "household")
	if b.ticket("ts2").State == queue.Waiting {
		do(b.Assign(b.ctx, "ts2", "a3", "boss", "knows it"))
	}
	do(b.Accept(b.ctx, "ts2", "a3", b.isState("ts2", queue.Offered, "a3").Epoch))
	do(b.Requeue(b.ctx, "ts2", epoch("ts2"), "no media"))
	if b.ticket("ts2").State == queue.Waiting {
		do(b.Pull(b.ctx, "ts2", "a3"))
	}
	do(b.Accept(b.ctx, "ts2", "a3", b.isState("ts2", queue.Offered, "a3").Epoch))
	do(b.HangUp(b.ctx, "ts2", epoch("ts2"), "done"))
	do(b.Extend(b.ctx, "ts2", "a3", epoch("ts2")))
	b.ok(b.Finish(b.ctx, "ts2", "a3", epoch("ts2")))

	// Pre-reviews, a row that only SQL has, and parties that go.
	for _, id := range []string{"s3", "s4"} {
		b.call(id, func(t *queue.Ticket) { t.Kind = queue.KindPreReview })
	}
	do(b.TakeReview(b.ctx, "ts3", "a1"))
	do(b.ReturnReview(b.ctx, "ts3", "a1", epoch("ts3"), "unclear"))
	do(b.TakeReview(b.ctx, "ts4", "a1"))
	b.ok(b.FinishReview(b.ctx, "ts4", "a1", epoch("ts4")))
	do(b.Restore(b.ctx, queue.Ticket{ID: "ts5", Station: "s5", State: queue.Waiting, ArrivedMS: start - 1000, Epoch: 3<<20 + 1}))
	b.ok(b.Drop(b.ctx, "ts5"))
	b.ok(b.StationDrop(b.ctx, "s1", "s1-1"))
	b.ok(b.AgentDrop(b.ctx, "a3", "a3-1"))
	b.pass(time.Minute)
	s := b.snapshot()
	if s.RunID == "" || s.StoreEpoch != 3 || len(s.Tickets) != 1 || s.Tickets[0].ID != "ts3" {
		t.Errorf("snapshot %+v", s)
	}
	if n := unreplicated(); n > 4 { // a busy machine may be late for one
		t.Errorf("%v of 5 counted, and the replica was there", n)
	}

	// Everything lies on one primary and, but for the last moments, on its replica.
	primary, replica := nodes.Of(t, client, queue.Prefix(b.Queue))
	at := func(s *queuetest.Server) *redis.Client {
		c := s.Client()
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	if n := b.waits(at(primary)); n != 5 {
		t.Errorf("%d waits, want one for each of 3 accepts, a transfer and a hand-over", n)
	}
	keys := func(s *queuetest.Server) int { return len(at(s).Keys(b.ctx, queue.Prefix(b.Queue)+"*").Val()) }
	b.eventually("the replica has every key", func() bool { return keys(primary) > 0 && keys(replica) == keys(primary) })

	// The primary ends: its replica takes over, and is known for another life.
	primary.Kill()
	b.eventually("the line is read again", func() bool {
		after, err := b.Snapshot(b.ctx)
		return err == nil && len(after.Tickets) == 1 && after.RunID != "" && after.RunID != s.RunID
	})
	b.next(events, queue.Resync)
	b.call("s6")
	if e := b.next(events, "enqueued"); e.Ticket != "ts6" {
		t.Errorf("followed %+v", e)
	}
}
