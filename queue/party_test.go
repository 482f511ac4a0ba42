package queue_test

import (
	"testing"
	"time"

	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/queue/queuetest"
)

func TestAgentStates(t *testing.T) {
	onBoth(t, func(b *bench) {
		spec := queue.AgentSpec{ID: "a1", Skills: []string{"x"}}
		back, err := b.AgentBack(b.ctx, spec, "one")
		b.ok(err)
		if back.State != queue.AgentOffline || back.Conn != "one" || back.Cap != 1 {
			b.Fatalf("newly connected: %+v", back)
		}
		b.pass(time.Second)
		set := func(presence, reason, want string) queue.Agent {
			b.Helper()
			a, err := b.AgentSet(b.ctx, spec, presence, reason)
			b.ok(err)
			if a.State != want || a.Reason != reason {
				b.Fatalf("%s: %+v, want %s", presence, a, want)
			}
			return a
		}
		set("available", "", queue.AgentReady)
		b.pass(time.Second)
		set("away", "lunch", queue.AgentAway)
		if v := b.snapshot().Version; v != b.lastEvent("agent").Version {
			b.Fatalf("version %d", v)
		}
		set("away", "meeting", queue.AgentAway) // same state, other reason: still told
		if last := b.lastEvent("agent"); last.Version != b.snapshot().Version || last.Detail != "away" {
			b.Fatalf("event %+v", last)
		}
		if a := set("available", "", queue.AgentReady); a.IdleSinceMS != start || a.SinceMS != start+2000 {
			b.Fatalf("going away reset the idle clock: %+v", a)
		}
		b.ok(b.AgentDrop(b.ctx, "a1", "other")) // not its socket
		b.isAgent("a1", queue.AgentReady)
		b.ok(b.AgentDrop(b.ctx, "a1", "one"))
		b.isAgent("a1", queue.AgentLost)
		b.pass(29 * time.Second)
		back, err = b.AgentBack(b.ctx, spec, "two")
		b.ok(err)
		if back.State != queue.AgentReady || back.IdleSinceMS != start {
			b.Fatalf("back in time: %+v", back)
		}
		b.ok(b.AgentDrop(b.ctx, "a1", "one")) // the old socket closes late
		b.isAgent("a1", queue.AgentReady)
		b.ok(b.AgentDrop(b.ctx, "a1", "two"))
		b.pass(30 * time.Second)
		b.isAgent("a1", queue.AgentOffline)
		back, err = b.AgentBack(b.ctx, spec, "three")
		b.ok(err)
		if back.State != queue.AgentOffline || back.Presence != queue.PresenceOffline {
			b.Fatalf("back too late: %+v", back)
		}
		b.want(b.AgentDrop(b.ctx, "nobody", "x"), queue.ErrNotFound)
		b.want(b.StationDrop(b.ctx, "nowhere", "x"), queue.ErrNotFound)
	})
}

func TestAgentLeavesWhileRinging(t *testing.T) {
	onBoth(t, func(b *bench) {
		offer := b.bring(queue.Offered)
		b.ok(b.Shown(b.ctx, "ts1", "a1", offer.Epoch))
		b.ok(b.AgentDrop(b.ctx, "a1", "a1-1"))
		b.isAgent("a1", queue.AgentLost)
		b.isState("ts1", queue.Offered, "a1") // runs out normally
		b.pass(20 * time.Second)
		b.isState("ts1", queue.Waiting, "")
		_, err := b.AgentBack(b.ctx, queue.AgentSpec{ID: "a1"}, "a1-2")
		b.ok(err)
		b.isState("ts1", queue.Offered, "a1") // away from its desk: no RONA
	})
}

func TestAgentLeavesCall(t *testing.T) {
	onBoth(t, func(b *bench) {
		held := b.bring(queue.Active)
		b.call("s2")
		b.ok(b.AgentDrop(b.ctx, "a1", "a1-1"))
		if got := b.isState("ts1", queue.Active, "a1"); !got.AgentLost {
			b.Fatalf("%+v", got)
		}
		b.pass(89 * time.Second)
		_, err := b.AgentBack(b.ctx, queue.AgentSpec{ID: "a1"}, "a1-2")
		b.ok(err)
		if got := b.isState("ts1", queue.Active, "a1"); got.AgentLost || got.Epoch != held.Epoch {
			b.Fatalf("back in the call: %+v", got)
		}
		b.ok(b.AgentDrop(b.ctx, "a1", "a1-2"))
		b.pass(90 * time.Second)
		b.isAgent("a1", queue.AgentOffline)
		b.line("ts1", "ts2")
		if got := b.isState("ts1", queue.Waiting, ""); !got.AgentLost || got.Epoch <= held.Epoch || got.StationLost {
			b.Fatalf("waits again: %+v", got)
		}
		_, err = b.HangUp(b.ctx, "ts1", held.Epoch, "done")
		b.want(err, queue.ErrStale)
		b.ready("a3")
		offer := b.isState("ts1", queue.Offered, "a3")
		_, err = b.AgentBack(b.ctx, queue.AgentSpec{ID: "a3"}, "a3-2") // says nothing of the call of a1
		b.ok(err)
		if got := b.isState("ts1", queue.Offered, "a3"); !got.AgentLost {
			b.Fatalf("%+v", got)
		}
		if got, err := b.Accept(b.ctx, "ts1", "a3", offer.Epoch); err != nil || got.AgentLost {
			b.Fatalf("%+v %v", got, err)
		}
	})
}

func TestStationLeaves(t *testing.T) {
	leave := func(b *bench) { b.Helper(); b.ok(b.StationDrop(b.ctx, "s1", "s1-1")) }
	back := func(b *bench) { b.Helper(); _, err := b.StationBack(b.ctx, "s1", "s1-2"); b.ok(err) }
	client := queuetest.Redis(t)
	for name, run := range map[string]func(b *bench){
		"waiting, not offered while away, back": func(b *bench) {
			b.bring(queue.Waiting)
			leave(b)
			b.ready("a1")
			if got := b.isState("ts1", queue.Waiting, ""); !got.StationLost {
				b.Fatalf("%+v", got)
			}
			b.pass(59 * time.Second)
			back(b)
			b.isState("ts1", queue.Offered, "a1")
		},
		"waiting, gone": func(b *bench) {
			b.bring(queue.Waiting)
			leave(b)
			b.pass(60 * time.Second)
			if e := b.lastEvent("abandoned"); e.Ticket != "ts1" || e.Detail != "lost" {
				b.Fatalf("%+v", e)
			}
		},
		"ringing: withdrawn without blame, next in line": func(b *bench) {
			offer := b.bring(queue.Offered)
			b.ok(b.Shown(b.ctx, "ts1", "a1", offer.Epoch))
			b.call("s2")
			leave(b)
			b.isState("ts2", queue.Offered, "a1")
			if got := b.isState("ts1", queue.Waiting, ""); len(got.Excluded) != 0 {
				b.Fatalf("%+v", got)
			}
			_, err := b.Accept(b.ctx, "ts1", "a1", offer.Epoch)
			b.want(err, queue.ErrStale)
			back(b)
			b.line("ts1")
		},
		"in call, back": func(b *bench) {
			held := b.bring(queue.Active)
			leave(b)
			b.pass(89 * time.Second)
			back(b)
			b.pass(time.Hour)
			if got := b.isState("ts1", queue.Active, "a1"); got.StationLost || got.Epoch != held.Epoch {
				b.Fatalf("%+v", got)
			}
		},
		"in call, gone": func(b *bench) {
			b.bring(queue.Active)
			leave(b)
			b.pass(90 * time.Second)
			if got := b.isState("ts1", queue.WrapUp, "a1"); got.Reason != "lost" || got.StationLost {
				b.Fatalf("%+v", got)
			}
			back(b)
			b.call("s2") // wrap-up holds no station: s1 could call again as well
			again, err := b.Enqueue(b.ctx, queue.Ticket{ID: "again", Station: "s1"}, "")
			b.ok(err)
			if again.State != queue.Waiting {
				b.Fatalf("%+v", again)
			}
		},
		"press over another path while away": func(b *bench) {
			b.station("s1")
			leave(b)
			b.ready("a1")
			got, err := b.Enqueue(b.ctx, queue.Ticket{ID: "ts1", Station: "s1"}, "")
			b.ok(err)
			if !got.StationLost || got.State != queue.Waiting {
				b.Fatalf("%+v", got)
			}
			back(b)
			b.isState("ts1", queue.Offered, "a1")
		},
		"an older socket closes": func(b *bench) {
			b.bring(queue.Offered)
			back(b)
			leave(b)
			b.isState("ts1", queue.Offered, "a1")
		},
	} {
		t.Run(name, func(t *testing.T) { run(newBench(t, client)) })
	}
}

func TestStationSet(t *testing.T) {
	onBoth(t, func(b *bench) {
		b.station("s1")
		yes, no := true, false
		want := func(faults int, help bool) {
			b.Helper()
			if s := b.snapshot().Stations[0]; len(s.Faults) != faults || s.Help != help || !s.Online {
				b.Fatalf("%+v", s)
			}
		}
		b.ok(b.StationSet(b.ctx, "s1", []string{"mic_missing", "camera_denied"}, nil))
		want(2, false)
		b.ok(b.StationSet(b.ctx, "s1", []string{"mic_missing"}, &yes))
		want(1, true)
		b.ok(b.StationSet(b.ctx, "s1", nil, nil))
		want(0, true)
		version := b.snapshot().Version
		b.ok(b.StationSet(b.ctx, "s1", nil, nil)) // nothing new, no event
		if v := b.snapshot().Version; v != version {
			b.Fatalf("version %d after %d", v, version)
		}
		b.ok(b.StationSet(b.ctx, "s1", nil, &no))
		want(0, false)
	})
}
