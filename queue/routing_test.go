package queue_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/queue/queuetest"
)

// inCall brings ticket ts1 into a call with a1, and makes others ready.
func (b *bench) inCall(others ...string) queue.Ticket {
	b.Helper()
	t := b.bring(queue.Active)
	for _, id := range others {
		b.ready(id)
	}
	return t
}

// why wants the newest explanation of a ticket.
func (b *bench) why(id string) queue.Why {
	b.Helper()
	list, err := b.Why(b.ctx, id)
	b.ok(err)
	if len(list) == 0 {
		b.Fatalf("%s has no explanation", id)
	}
	return list[0]
}

// TestWidening: after each step other skills are needed, without an operation
// from outside; a ticket that none can take does not block those behind it.
func TestWidening(t *testing.T) {
	onBoth(t, func(b *bench) {
		b.ready("a1", "x")
		b.call("s1", func(t *queue.Ticket) {
			t.Skills = []string{"y", "沪语"}
			t.Widen = []queue.WidenStep{{AfterMS: 10_000, Skills: []string{"y"}}, {AfterMS: 20_000, Skills: []string{"x"}}}
		})
		b.pass(10 * time.Second)
		if got := b.isState("ts1", queue.Waiting, ""); got.Step != 1 || len(got.Need) != 1 || len(got.Skills) != 2 {
			b.Fatalf("%+v", got)
		}
		b.pass(9 * time.Second)
		b.isState("ts1", queue.Waiting, "")
		b.pass(time.Second)
		offer := b.isState("ts1", queue.Offered, "a1")
		if w := b.why("ts1"); w.Rule != queue.RuleLongestIdle || w.Step != 2 || w.WaitedMS != 20_000 || len(w.Need) != 1 {
			b.Fatalf("%+v", w)
		}
		if e := b.lastEvent("widened"); e.Detail != "2" {
			b.Fatalf("%+v", e)
		}
		// A revision with skills starts over: the steps were those of another matter.
		got, err := b.Revise(b.ctx, "ts1", queue.Revision{Skills: []string{"z"}})
		b.ok(err)
		if got.Step != 0 || len(got.Widen) != 0 || got.Need[0] != "z" || got.Epoch != offer.Epoch {
			b.Fatalf("%+v", got)
		}
	})
}

// TestBackup: the back-up owner counts while the owner cannot be had, and goes
// before those who are idle for longer once the window is over.
func TestBackup(t *testing.T) {
	own := func(t *queue.Ticket) { t.Affinity, t.Backup = "a1", "a2" }
	busy := func(b *bench, id, station string) {
		b.ready(id)
		_, err := b.Accept(b.ctx, "t"+station, id, b.call(station).Epoch)
		b.ok(err)
	}
	for name, c := range map[string]struct {
		do         func(b *bench)
		gets, rule string
	}{
		"owner is there": {func(b *bench) { b.ready("a2"); b.ready("a1"); b.call("s1", own) }, "a1", queue.RuleOwn},
		"owner is on leave": {func(b *bench) {
			b.ready("a3")
			b.pass(time.Second)
			b.ready("a2")
			b.call("s1", own)
		}, "a2", queue.RuleBackup},
		"owner is in a call: held": {func(b *bench) { busy(b, "a1", "s8"); b.ready("a2"); b.call("s1", own) }, "", ""},
		"window over": {func(b *bench) {
			busy(b, "a1", "s8")
			b.ready("a3")
			b.pass(time.Second)
			b.ready("a2")
			b.call("s1", own)
			b.pass(15 * time.Second)
		}, "a2", queue.RuleBackup},
		"held for the back-up owner":    {func(b *bench) { busy(b, "a2", "s8"); b.ready("a3"); b.call("s1", own) }, "", ""},
		"and no longer than its window": {func(b *bench) { busy(b, "a2", "s8"); b.ready("a3"); b.call("s1", own); b.pass(15 * time.Second) }, "a3", queue.RuleLongestIdle},
		"neither is there":              {func(b *bench) { b.ready("a3"); b.call("s1", own) }, "a3", queue.RuleLongestIdle},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, queuetest.Miniredis(t))
			c.do(b)
			if got := b.ticket("ts1"); got.Agent != c.gets {
				b.Fatalf("%q gets it, want %q: %+v", got.Agent, c.gets, got)
			}
			if c.gets != "" && b.why("ts1").Rule != c.rule {
				b.Fatalf("%+v", b.why("ts1"))
			}
		})
	}
}

// TestColdTransfer keeps the age, asks the named agent first within a window of
// its own, and not again who gave it away.
func TestColdTransfer(t *testing.T) {
	onBoth(t, func(b *bench) {
		held := b.inCall()
		b.pass(time.Minute)
		b.ready("a2")
		_, err := b.Accept(b.ctx, "ts9", "a2", b.call("s9").Epoch)
		b.ok(err)
		b.ready("a3")
		_, err = b.Transfer(b.ctx, "ts1", "a1", held.Epoch, queue.To{Agent: "a1"})
		b.want(err, queue.ErrInvalid)
		_, err = b.Transfer(b.ctx, "ts1", "a2", held.Epoch, queue.To{Agent: "a3"})
		b.want(err, queue.ErrStale)
		got, err := b.Transfer(b.ctx, "ts1", "a1", held.Epoch, queue.To{Agent: "a2", Reason: "medical"})
		b.ok(err)
		again, err := b.Transfer(b.ctx, "ts1", "a1", held.Epoch, queue.To{Agent: "a2", Reason: "medical"})
		b.ok(err)
		if got.State != queue.Waiting || got.ArrivedMS != held.ArrivedMS || got.Epoch <= held.Epoch || again.Epoch != got.Epoch {
			b.Fatalf("%+v, again %+v", got, again)
		}
		b.isAgent("a1", queue.AgentReady)
		done, err := b.HangUp(b.ctx, "ts9", b.ticket("ts9").Epoch, "done")
		b.ok(err)
		b.ok(b.Finish(b.ctx, "ts9", "a2", done.Epoch))
		offer := b.isState("ts1", queue.Offered, "a2")
		if w := b.why("ts1"); w.Rule != queue.RuleTransferred {
			b.Fatalf("%+v", w)
		}
		b.ok(b.Decline(b.ctx, "ts1", "a2", offer.Epoch, "no"))
		b.isState("ts1", queue.Offered, "a3") // a1 and a2 had it
	})
}

// TestTransferBySkills goes to whoever has them, and never past the boost.
func TestTransferBySkills(t *testing.T) {
	onBoth(t, func(b *bench) {
		held := b.inCall()
		b.ready("a2", "x")
		b.ready("a3", "y")
		_, err := b.Transfer(b.ctx, "ts1", "a1", held.Epoch, queue.To{Skills: []string{"y"}})
		b.ok(err)
		b.isState("ts1", queue.Offered, "a3")
	})
}

// TestAssign: a supervisor gives a ticket out of turn, to an agent who is ready.
func TestAssign(t *testing.T) {
	onBoth(t, func(b *bench) {
		b.ready("a1", "x")
		b.call("s1", func(t *queue.Ticket) { t.Skills = []string{"y"} })
		b.call("s2", func(t *queue.Ticket) { t.Skills = []string{"z"} })
		got, err := b.Assign(b.ctx, "ts2", "a1", "sv", "speaks it")
		b.ok(err)
		again, err := b.Assign(b.ctx, "ts2", "a1", "sv", "speaks it")
		b.ok(err)
		if got.State != queue.Offered || got.Agent != "a1" || again.Epoch != got.Epoch {
			b.Fatalf("%+v", got)
		}
		w := b.why("ts2")
		if w.Rule != queue.RuleAssigned || w.AheadN != 1 || w.Ahead[0] != (queue.WhyTicket{Ticket: "ts1", Because: "skills"}) {
			b.Fatalf("%+v", w)
		}
		if e := b.lastEvent("assigned"); e.Detail != "sv: speaks it" || e.Agent != "a1" {
			b.Fatalf("%+v", e)
		}
		_, err = b.Assign(b.ctx, "ts1", "a1", "sv", "")
		b.want(err, queue.ErrState)
		if because := queue.Because(err); because != queue.AgentOffer {
			b.Fatalf("because %q: %v", because, err)
		}
		b.ok(b.StationDrop(b.ctx, "s1", "s1-1"))
		b.ready("a2")
		_, err = b.Assign(b.ctx, "ts1", "a2", "sv", "")
		if because := queue.Because(err); because != "lost" {
			b.Fatalf("because %q: %v", because, err)
		}
		_, err = b.Assign(b.ctx, "ts1", "nobody", "sv", "")
		b.want(err, queue.ErrNotFound)
	})
}

// TestPull: an agent takes one that is held for another, if it has the skills.
func TestPull(t *testing.T) {
	onBoth(t, func(b *bench) {
		b.ready("a1")
		_, err := b.Accept(b.ctx, "ts0", "a1", b.call("s0").Epoch)
		b.ok(err)
		b.ready("a2", "x")
		b.call("s1", func(t *queue.Ticket) { t.Affinity = "a1" })
		b.call("s2", func(t *queue.Ticket) { t.Skills = []string{"y"} })
		_, err = b.Pull(b.ctx, "ts2", "a2")
		if because := queue.Because(err); because != "skills" {
			b.Fatalf("because %q: %v", because, err)
		}
		got, err := b.Pull(b.ctx, "ts1", "a2")
		b.ok(err)
		if _, err := b.Accept(b.ctx, "ts1", "a2", got.Epoch); err != nil {
			b.Fatal(err)
		}
		if w := b.why("ts1"); w.Rule != queue.RulePulled || w.Result != "accepted" {
			b.Fatalf("%+v", w)
		}
	})
}

// TestReprioritise moves a place, audited, and nothing else does.
func TestReprioritise(t *testing.T) {
	onBoth(t, func(b *bench) {
		b.call("s1", func(t *queue.Ticket) { t.ArrivedMS = start - 30_000 })
		b.call("s2")
		got, err := b.Reprioritise(b.ctx, "ts2", 1, "sv")
		b.ok(err)
		_, err = b.Reprioritise(b.ctx, "ts2", 1, "sv")
		b.ok(err)
		if got.Priority != 1 || got.ArrivedMS != start {
			b.Fatalf("%+v", got)
		}
		b.line("ts2", "ts1")
		if e := b.lastEvent("reprioritised"); e.Detail != "sv 0 1" {
			b.Fatalf("%+v", e)
		}
		_, err = b.Reprioritise(b.ctx, "ts2", 4, "sv")
		b.want(err, queue.ErrInvalid)
	})
}

// TestHold: holds are counted, and end with the talk.
func TestHold(t *testing.T) {
	onBoth(t, func(b *bench) {
		held := b.inCall()
		hold := func(on bool, d time.Duration) queue.Ticket {
			got, err := b.Hold(b.ctx, "ts1", held.Epoch, on)
			b.ok(err)
			b.pass(d)
			return got
		}
		hold(true, 10*time.Second)
		hold(true, 10*time.Second)
		if got := hold(false, 5*time.Second); got.HoldTotalMS != 20_000 || got.HeldSinceMS != 0 {
			b.Fatalf("%+v", got)
		}
		hold(true, 7*time.Second)
		_, err := b.Hold(b.ctx, "ts1", held.Epoch-1, false)
		b.want(err, queue.ErrStale)
		got, err := b.HangUp(b.ctx, "ts1", held.Epoch, "done")
		b.ok(err)
		if got.HoldTotalMS != 27_000 || got.HeldSinceMS != 0 {
			b.Fatalf("%+v", got)
		}
	})
}

// TestWhy tells who was passed over and why, and what became of each offer; the
// newest twenty stay.
func TestWhy(t *testing.T) {
	onBoth(t, func(b *bench) {
		b.ready("a1")
		b.pass(time.Second)
		b.ready("a2", "x")
		b.ready("a3")
		_, err := b.AgentBack(b.ctx, queue.AgentSpec{ID: "a4"}, "a4-1")
		b.ok(err)
		_, err = b.AgentSet(b.ctx, queue.AgentSpec{ID: "a4"}, queue.PresenceAway, "lunch")
		b.ok(err)
		b.call("s1", func(t *queue.Ticket) { t.Affinity, t.Skills = "a5", []string{"y"} })
		w := b.why("ts1")
		got := map[string]string{}
		for _, a := range w.Agents {
			got[a.Agent] = a.Because
		}
		if w.Agent != "a1" || w.Rule != queue.RuleLongestIdle || got["a2"] != "skills" || got["a3"] != "idle_later" || got["a4"] != "away" || len(got) != 3 {
			b.Fatalf("%+v", w)
		}
		for range 24 {
			offer := b.ticket("ts1")
			b.ok(b.Decline(b.ctx, "ts1", offer.Agent, offer.Epoch, "busy"))
		}
		list, err := b.Why(b.ctx, "ts1")
		b.ok(err)
		if len(list) != 20 || list[0].Result != "" || list[1].Result != "declined" || list[1].Epoch >= list[0].Epoch {
			b.Fatalf("%d: %+v", len(list), list[:2])
		}
		_, err = b.Why(b.ctx, "other")
		b.want(err, queue.ErrNotFound)
	})
}

// TestManyWait: a match reads few of those who wait, whom nobody idle can serve.
func TestManyWait(t *testing.T) {
	onBoth(t, func(b *bench) {
		for i := range 60 {
			b.call(fmt.Sprintf("n%02d", i), func(t *queue.Ticket) { t.Skills = []string{"z"} })
		}
		for i := range 25 {
			b.call(fmt.Sprintf("s%02d", i), func(t *queue.Ticket) { t.Skills = []string{"x"} })
		}
		for i := range 25 {
			b.ready(fmt.Sprintf("a%02d", i), "x")
		}
		for i := range 25 {
			if got := b.ticket(fmt.Sprintf("ts%02d", i)); got.State != queue.Offered || got.Agent != fmt.Sprintf("a%02d", i) {
				b.Fatalf("%d: %+v", i, got)
			}
		}
	})
}
