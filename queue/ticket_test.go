package queue_test

import (
	"errors"
	"testing"
	"time"

	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/queue/queuetest"
)

func TestOneCall(t *testing.T) {
	onBoth(t, func(b *bench) {
		b.ready("a1")
		offer := b.call("s1")
		if offer.State != queue.Offered || offer.Agent != "a1" || offer.ExpiresMS != start+20_000 {
			b.Fatalf("offer %+v", offer)
		}
		b.ok(b.Shown(b.ctx, "ts1", "a1", offer.Epoch))
		b.isAgent("a1", queue.AgentOffer)
		b.pass(3 * time.Second)
		held, err := b.Accept(b.ctx, "ts1", "a1", offer.Epoch)
		b.ok(err)
		if held.State != queue.Connecting || held.Epoch <= offer.Epoch || held.AcceptedMS != start+3000 {
			b.Fatalf("accepted %+v", held)
		}
		b.pass(time.Second)
		active, err := b.Connected(b.ctx, "ts1", held.Epoch)
		b.ok(err)
		if active.State != queue.Active || active.ConnectedMS != start+4000 {
			b.Fatalf("connected %+v", active)
		}
		b.isAgent("a1", queue.AgentCall)
		b.pass(time.Minute)
		ended, err := b.HangUp(b.ctx, "ts1", held.Epoch, "done")
		b.ok(err)
		if ended.State != queue.WrapUp || ended.WrapUpEndsMS != ended.EndedMS+60_000 || ended.Reason != "done" {
			b.Fatalf("ended %+v", ended)
		}
		b.isAgent("a1", queue.AgentWrapUp)
		b.ok(b.Finish(b.ctx, "ts1", "a1", held.Epoch))
		b.isAgent("a1", queue.AgentReady)
		if s := b.snapshot(); len(s.Tickets) != 0 || s.Stations[0].Ticket != "" {
			b.Fatalf("left over: %+v", s)
		}
		var version int64
		for _, e := range b.events() {
			if version++; e.Version != version {
				b.Fatalf("version %d, want %d", e.Version, version)
			}
		}
		if s := b.snapshot(); s.Version != version || s.NowMS != start+64_000 {
			b.Fatalf("snapshot %d %d, want %d %d", s.Version, s.NowMS, version, start+64_000)
		}
	})
}

// TestRefusals runs every operation that carries an epoch in every state, with
// the right epoch and agent, an older epoch and another agent.
func TestRefusals(t *testing.T) {
	type op struct {
		name string
		do   func(b *bench, agent string, epoch int64) error
		// right is the answer to the present epoch and agent, by state; wrong the
		// answer to others (in the states that right lists).
		right  map[queue.State]error
		agents bool // the operation names its agent
	}
	stale, state := queue.ErrStale, queue.ErrState
	ops := []op{
		{"shown", func(b *bench, a string, e int64) error { return b.Shown(b.ctx, "ts1", a, e) },
			map[queue.State]error{queue.Waiting: stale, queue.Offered: nil, queue.Connecting: stale, queue.Active: stale, queue.WrapUp: stale, queue.Closed: stale}, true},
		{"accept", func(b *bench, a string, e int64) error { _, err := b.Accept(b.ctx, "ts1", a, e); return err },
			map[queue.State]error{queue.Waiting: stale, queue.Offered: nil, queue.Connecting: stale, queue.Active: stale, queue.WrapUp: stale, queue.Closed: stale}, true},
		{"decline", func(b *bench, a string, e int64) error { return b.Decline(b.ctx, "ts1", a, e, "busy") },
			map[queue.State]error{queue.Waiting: stale, queue.Offered: nil, queue.Connecting: stale, queue.Active: stale, queue.WrapUp: stale, queue.Closed: stale}, true},
		{"connected", func(b *bench, _ string, e int64) error { _, err := b.Connected(b.ctx, "ts1", e); return err },
			map[queue.State]error{queue.Waiting: state, queue.Offered: state, queue.Connecting: nil, queue.Active: nil, queue.WrapUp: state, queue.Closed: state}, false},
		{"hang up", func(b *bench, _ string, e int64) error { _, err := b.HangUp(b.ctx, "ts1", e, "x"); return err },
			map[queue.State]error{queue.Waiting: state, queue.Offered: state, queue.Connecting: nil, queue.Active: nil, queue.WrapUp: nil, queue.Closed: nil}, false},
		{"requeue", func(b *bench, _ string, e int64) error { _, err := b.Requeue(b.ctx, "ts1", e, "x"); return err },
			map[queue.State]error{queue.Waiting: state, queue.Offered: state, queue.Connecting: nil, queue.Active: nil, queue.WrapUp: state, queue.Closed: state}, false},
		{"extend", func(b *bench, a string, e int64) error { _, err := b.Extend(b.ctx, "ts1", a, e); return err },
			map[queue.State]error{queue.Offered: state, queue.Connecting: state, queue.Active: state, queue.WrapUp: nil, queue.Closed: state}, true},
		{"finish", func(b *bench, a string, e int64) error { return b.Finish(b.ctx, "ts1", a, e) },
			map[queue.State]error{queue.Offered: state, queue.Connecting: state, queue.Active: state, queue.WrapUp: nil, queue.Closed: nil}, true},
	}
	states := []queue.State{queue.Waiting, queue.Offered, queue.Connecting, queue.Active, queue.WrapUp, queue.Closed}
	client := queuetest.Redis(t)
	for _, o := range ops {
		for _, s := range states {
			right, tried := o.right[s]
			if !tried {
				continue
			}
			t.Run(o.name+" "+string(s), func(t *testing.T) {
				b := newBench(t, client)
				ticket := b.bring(s)
				before := b.snapshot().Version
				if err := o.do(b, "a1", ticket.Epoch-1); o.name != "accept" || s != queue.Connecting && s != queue.Active {
					b.want(err, queue.ErrStale)
				} else {
					b.ok(err) // the accept that won, once more
				}
				b.want(o.do(b, "a1", ticket.Epoch+1), queue.ErrStale)
				if o.agents {
					b.want(o.do(b, "a2", ticket.Epoch), queue.ErrStale)
				}
				if v := b.snapshot().Version; v != before {
					b.Fatalf("refused operations made %d events", v-before)
				}
				b.want(o.do(b, "a1", ticket.Epoch), right)
			})
		}
		t.Run(o.name+" unknown", func(t *testing.T) { b := newBench(t, client); b.want(o.do(b, "a1", 1), queue.ErrNotFound) })
	}
}

func TestAgain(t *testing.T) {
	onBoth(t, func(b *bench) {
		b.station("s1")
		first, err := b.Enqueue(b.ctx, queue.Ticket{ID: "t1", Station: "s1", Who: "王"}, "key")
		b.ok(err)
		for name, again := range map[string]queue.Ticket{"id": {ID: "t1", Station: "s1"}, "key": {ID: "t2", Station: "s1"}} {
			stored, err := b.Enqueue(b.ctx, again, "key")
			b.ok(err)
			if stored.ID != "t1" || stored.Who != "王" || stored.Epoch != first.Epoch {
				b.Fatalf("same %s: %+v", name, stored)
			}
		}
		other, err := b.Enqueue(b.ctx, queue.Ticket{ID: "t3", Station: "s1"}, "another")
		b.want(err, queue.ErrStationBusy)
		if other.ID != "t1" {
			b.Fatalf("in the way: %+v", other)
		}
		b.station("s2")
		elsewhere, err := b.Enqueue(b.ctx, queue.Ticket{ID: "t4", Station: "s2"}, "key")
		b.ok(err)
		if elsewhere.ID != "t4" {
			b.Fatalf("the key of one station answers for another: %+v", elsewhere)
		}
		// A lost reply to decline, requeue or abandon is asked again.
		b.ready("a1")
		offer := b.isState("t1", queue.Offered, "a1")
		b.ready("a2")
		b.isState("t4", queue.Offered, "a2")
		b.ok(b.Decline(b.ctx, "t1", "a1", offer.Epoch, "busy"))
		b.ok(b.Decline(b.ctx, "t1", "a1", offer.Epoch, "busy"))
		b.ok(b.Abandon(b.ctx, "t1", "left"))
		b.ok(b.Abandon(b.ctx, "t1", "left"))
		count := map[string]int{}
		for _, e := range b.events() {
			count[e.Kind]++
		}
		if count["enqueued"] != 2 || count["declined"] != 1 || count["abandoned"] != 1 {
			b.Fatalf("events %v", count)
		}
	})
}

func TestInvalid(t *testing.T) {
	b := newBench(t, queuetest.Miniredis(t))
	long := make([]byte, 1000)
	for name, ticket := range map[string]queue.Ticket{
		"no id": {Station: "s"}, "no station": {ID: "t"}, "priority": {ID: "t", Station: "s", Priority: 4},
		"control": {ID: "t", Station: "s\x1f"}, "utf-8": {ID: "t", Station: "s", Who: "\xff"},
		"long": {ID: "t", Station: "s", Matter: string(long)}, "empty skill": {ID: "t", Station: "s", Skills: []string{""}},
		"skills": {ID: "t", Station: "s", Skills: make([]string, 65)},
	} {
		if _, err := b.Enqueue(b.ctx, ticket, ""); !errors.Is(err, queue.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := b.AgentSet(b.ctx, queue.AgentSpec{ID: "a"}, "sleeping", "")
	b.want(err, queue.ErrInvalid)
	_, err = b.AgentBack(b.ctx, queue.AgentSpec{ID: "a"}, "")
	b.want(err, queue.ErrInvalid)
	if s := b.snapshot(); s.Version != 0 || len(s.Agents) != 0 {
		t.Fatalf("refused arguments left %+v", s)
	}
}

// TestPlace: arrival decides, a step of priority is worth a minute, a future
// arrival is taken as now, and a decline or requeue changes no place.
func TestPlace(t *testing.T) {
	onBoth(t, func(b *bench) {
		b.call("s1", func(t *queue.Ticket) { t.ArrivedMS = start - 50_000 })
		b.call("s2", func(t *queue.Ticket) { t.ArrivedMS = start + 90_000_000 })
		b.call("s3", func(t *queue.Ticket) { t.Priority = 1 })
		b.call("s4", func(t *queue.Ticket) { t.ArrivedMS = start - 70_000 })
		b.line("ts4", "ts3", "ts1", "ts2")
		if got := b.ticket("ts2").ArrivedMS; got != start {
			b.Fatalf("arrived in the future: %d", got)
		}
		b.ready("a1")
		held, err := b.Accept(b.ctx, "ts4", "a1", b.isState("ts4", queue.Offered, "a1").Epoch)
		b.ok(err)
		b.pass(time.Minute)
		again, err := b.Requeue(b.ctx, "ts4", held.Epoch, "media")
		b.ok(err)
		if again.Epoch <= held.Epoch {
			b.Fatalf("epoch %d after %d", again.Epoch, held.Epoch)
		}
		// Nobody else is there, so the agent who gave it back is asked again.
		offer := b.isState("ts4", queue.Offered, "a1")
		b.ok(b.Decline(b.ctx, "ts4", "a1", offer.Epoch, "busy"))
		if again := b.isState("ts4", queue.Offered, "a1"); again.Epoch <= offer.Epoch {
			b.Fatalf("epoch %d after %d", again.Epoch, offer.Epoch)
		}
		b.line("ts3", "ts1", "ts2")
	})
}

func TestSkills(t *testing.T) {
	onBoth(t, func(b *bench) {
		b.ready("a1", "x")
		b.call("s1", func(t *queue.Ticket) { t.Skills = []string{"x", "y"} })
		b.call("s2", func(t *queue.Ticket) { t.Skills = []string{"x"} }) // does not wait for s1
		b.isState("ts2", queue.Offered, "a1")
		b.ready("a2", "y")
		b.isState("ts1", queue.Waiting, "")
		_, err := b.Revise(b.ctx, "ts1", queue.Revision{Matter: "m7", Skills: []string{"y"}})
		b.ok(err)
		if got := b.isState("ts1", queue.Offered, "a2"); got.Matter != "m7" {
			b.Fatalf("revised %+v", got)
		}
		b.ready("a3") // without skills takes everything
		b.call("s3", func(t *queue.Ticket) { t.Skills = []string{"z"} })
		b.isState("ts3", queue.Offered, "a3")
	})
}

func TestAffinity(t *testing.T) {
	own := func(t *queue.Ticket) { t.Affinity = "a1" }
	busy := func(b *bench) { // a1 in a call, a2 idle, ts1 held for a1
		b.ready("a1")
		_, err := b.Accept(b.ctx, "ts0", "a1", b.call("s0").Epoch)
		b.ok(err)
		b.ready("a2")
		b.call("s1", own)
		b.isState("ts1", queue.Waiting, "")
	}
	finish := func(b *bench) {
		held, err := b.HangUp(b.ctx, "ts0", b.ticket("ts0").Epoch, "done")
		b.ok(err)
		b.ok(b.Finish(b.ctx, "ts0", "a1", held.Epoch))
	}
	cases := map[string]struct {
		do   func(b *bench)
		gets string
	}{
		"own agent before one idle for longer": {func(b *bench) { b.ready("a2"); b.pass(time.Second); b.ready("a1"); b.call("s1", own) }, "a1"},
		"absent agent is not waited for":       {func(b *bench) { b.ready("a2"); b.call("s1", own) }, "a2"},
		"own agent comes free in the window":   {func(b *bench) { busy(b); finish(b) }, "a1"},
		"window passes":                        {func(b *bench) { busy(b); b.pass(15 * time.Second) }, "a2"},
		"window not yet past":                  {func(b *bench) { busy(b); b.pass(14 * time.Second) }, ""},
		"own agent is lost":                    {func(b *bench) { busy(b); b.ok(b.AgentDrop(b.ctx, "a1", "a1-1")) }, "a2"},
		"own agent goes away": {func(b *bench) {
			busy(b)
			_, err := b.AgentSet(b.ctx, queue.AgentSpec{ID: "a1"}, queue.PresenceAway, "lunch")
			b.ok(err)
		}, "a2"},
		"own agent cannot": {func(b *bench) {
			b.ready("a2")
			b.ready("a1", "x")
			b.call("s1", own, func(t *queue.Ticket) { t.Skills = []string{"y"} })
		}, "a2"},
		"own agent declined": {func(b *bench) {
			b.ready("a2")
			b.ready("a1")
			b.ok(b.Decline(b.ctx, "ts1", "a1", b.call("s1", own).Epoch, "busy"))
		}, "a2"},
	}
	client := queuetest.Redis(t)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, client)
			c.do(b)
			if got := b.ticket("ts1"); got.Agent != c.gets {
				b.Fatalf("%s gets it, want %s: %+v", got.Agent, c.gets, got)
			}
		})
	}
}

// TestRing: a ring-out counts only when the desk had drawn the offer.
func TestRing(t *testing.T) {
	onBoth(t, func(b *bench) {
		b.ready("a1")
		b.pass(time.Second)
		b.ready("a2")
		b.call("s1")
		b.pass(19 * time.Second)
		b.isState("ts1", queue.Offered, "a1")
		b.pass(time.Second) // never shown to a1: not its fault, but others are asked first
		offer := b.isState("ts1", queue.Offered, "a2")
		b.isAgent("a1", queue.AgentReady)
		if a := b.agent("a1"); !a.Suspect || a.IdleSinceMS != start+21_000 {
			b.Fatalf("after an undelivered offer: %+v", a)
		}
		b.ok(b.Shown(b.ctx, "ts1", "a2", offer.Epoch))
		b.pass(20 * time.Second)
		b.isAgent("a2", queue.AgentRONA)
		b.isState("ts1", queue.Offered, "a1") // the only one left, exclusion cleared
		_, err := b.Accept(b.ctx, "ts1", "a2", offer.Epoch)
		b.want(err, queue.ErrStale)
		_, err = b.AgentSet(b.ctx, queue.AgentSpec{ID: "a2"}, queue.PresenceAvailable, "")
		b.ok(err)
		b.isAgent("a2", queue.AgentReady)
	})
}

func TestAbandonWhileRinging(t *testing.T) {
	onBoth(t, func(b *bench) {
		b.ready("a1")
		offer := b.call("s1")
		b.call("s2")
		b.ok(b.Abandon(b.ctx, "ts1", "left"))
		b.isState("ts2", queue.Offered, "a1")
		_, err := b.Accept(b.ctx, "ts1", "a1", offer.Epoch)
		b.want(err, queue.ErrStale)
		_, err = b.Accept(b.ctx, "ts2", "a1", b.ticket("ts2").Epoch)
		b.ok(err)
		b.want(b.Abandon(b.ctx, "ts2", "left"), queue.ErrState)
	})
}

func TestWrapUp(t *testing.T) {
	onBoth(t, func(b *bench) {
		held := b.bring(queue.WrapUp)
		b.call("s2")
		for range 10 {
			_, err := b.Extend(b.ctx, "ts1", "a1", held.Epoch)
			b.ok(err)
		}
		_, err := b.Extend(b.ctx, "ts1", "a1", held.Epoch)
		b.want(err, queue.ErrState)
		b.pass(11*time.Minute - time.Second)
		if a := b.agent("a1"); a.Presence != queue.PresenceAvailable {
			b.Fatalf("before the end: %+v", a)
		}
		b.pass(time.Second)
		if a := b.agent("a1"); a.Presence != queue.PresenceAway || a.Reason != "wrapup_over" || a.State != queue.AgentWrapUp {
			b.Fatalf("after the end: %+v", a)
		}
		b.isState("ts2", queue.Waiting, "")
		b.pass(19 * time.Minute)
		b.isState("ts1", "", "")
		b.isAgent("a1", queue.AgentAway)
		if last := b.lastEvent("unfinished"); last.Ticket != "ts1" || last.Agent != "a1" {
			b.Fatalf("event %+v", last)
		}
	})
}
