package queue_test

import (
	"testing"
	"time"

	"github.com/remotewindow/remotewindow/queue"
)

// callback enqueues a call-back of a station that is connected.
func (b *bench) callback(station string, due int64, with ...func(*queue.Ticket)) queue.Ticket {
	b.Helper()
	b.station(station)
	t := queue.Ticket{ID: "c" + station, Station: station, Kind: queue.KindCallback, DueMS: due}
	for _, w := range with {
		w(&t)
	}
	t, err := b.Enqueue(b.ctx, t, "")
	b.ok(err)
	return t
}

func (b *bench) hours(list ...queue.Interval) {
	b.Helper()
	b.ok(b.SetHours(b.ctx, list))
}

// TestCallback: it waits when it is due, with the right of its arrival, and does
// not take the station's seat before.
func TestCallback(t *testing.T) {
	onBoth(t, func(b *bench) {
		got := b.callback("s1", start+60_000)
		if got.State != queue.Scheduled || got.DueMS != start+60_000 {
			b.Fatalf("%+v", got)
		}
		b.pass(30 * time.Second)
		b.call("s2")
		call := b.call("s1")
		b.pass(30 * time.Second)
		b.isState("cs1", queue.Scheduled, "") // its station is busy
		b.ok(b.Abandon(b.ctx, call.ID, "left"))
		if got := b.isState("cs1", queue.Waiting, ""); got.FromMS != start+60_000 || got.ArrivedMS != start {
			b.Fatalf("%+v", got)
		}
		b.line("cs1", "ts2")
		again, err := b.Enqueue(b.ctx, queue.Ticket{ID: "t9", Station: "s1"}, "")
		b.want(err, queue.ErrStationBusy)
		if again.ID != "cs1" {
			b.Fatalf("%+v", again)
		}
		b.ready("a1")
		b.isState("cs1", queue.Offered, "a1")
	})
}

// TestCallbackOfLostStation: nobody hangs up on a call-back because a screen is
// off; it comes back with its station, and after a week it is missed.
func TestCallbackOfLostStation(t *testing.T) {
	onBoth(t, func(b *bench) {
		b.callback("s1", start-1)
		b.isState("cs1", queue.Waiting, "")
		b.ok(b.StationDrop(b.ctx, "s1", "s1-1"))
		b.pass(time.Minute)
		b.isState("cs1", queue.Scheduled, "")
		b.station("s1")
		b.isState("cs1", queue.Waiting, "")
		b.ok(b.StationDrop(b.ctx, "s1", "s1-1"))
		b.pass(time.Minute)
		b.pass(7 * 24 * time.Hour)
		b.isState("cs1", "", "")
		if e := b.lastEvent("abandoned"); e.Detail != "missed" {
			b.Fatalf("%+v", e)
		}
	})
}

// TestHours: outside them no call is admitted, and one taken then comes first next
// morning; what was admitted inside is served after closing.
func TestHours(t *testing.T) {
	const hour = int64(3_600_000)
	onBoth(t, func(b *bench) {
		b.hours(queue.Interval{OpenMS: start - hour, CloseMS: start + 60_000}, queue.Interval{OpenMS: start + 15*hour, CloseMS: start + 23*hour})
		version := b.snapshot().Version
		b.hours(queue.Interval{OpenMS: start - hour, CloseMS: start + 60_000}, queue.Interval{OpenMS: start + 15*hour, CloseMS: start + 23*hour})
		if s := b.snapshot(); s.Version != version || len(s.Hours) != 2 || !s.Open() {
			b.Fatalf("%+v", s)
		}
		b.call("s1")
		b.callback("s2", start) // waits for an agent at closing time
		b.pass(time.Minute)
		b.station("s3")
		_, err := b.Enqueue(b.ctx, queue.Ticket{ID: "late", Station: "s3"}, "")
		b.want(err, queue.ErrClosed)
		b.callback("s3", start+60_000, func(t *queue.Ticket) { t.ArrivedMS = start })
		b.pass(time.Second)
		b.isState("cs3", queue.Scheduled, "")
		b.ready("a1")
		held, err := b.Accept(b.ctx, "ts1", "a1", b.isState("ts1", queue.Offered, "a1").Epoch)
		b.ok(err)
		b.ready("a2")
		b.isState("cs2", queue.Waiting, "")
		_, err = b.Assign(b.ctx, "cs2", "a2", "sv", "")
		if because := queue.Because(err); because != "hours" {
			b.Fatalf("because %q: %v", because, err)
		}
		_, err = b.HangUp(b.ctx, "ts1", held.Epoch, "done")
		b.ok(err)
		_, err = b.AgentSet(b.ctx, queue.AgentSpec{ID: "a2"}, queue.PresenceAway, "night")
		b.ok(err)
		b.pass(15*time.Hour - time.Minute - time.Second)
		b.isState("cs3", queue.Waiting, "")
		b.station("s4")
		_, err = b.Enqueue(b.ctx, queue.Ticket{ID: "early", Station: "s4"}, "")
		b.ok(err)
		b.line("cs2", "cs3", "early")
		b.ready("a2")
		b.isState("cs2", queue.Offered, "a2")
		b.ok(b.SetHours(b.ctx, nil))
		b.want(b.SetHours(b.ctx, []queue.Interval{{OpenMS: 2, CloseMS: 1}}), queue.ErrInvalid)
	})
}

// TestQueueFull: no more wait than the centre allows, and whom an idle agent takes
// at once is not refused.
func TestQueueFull(t *testing.T) {
	onBoth(t, func(b *bench) {
		b.SetNumbers(queue.Numbers{MaxWaiting: 2})
		y := func(t *queue.Ticket) { t.Skills = []string{"y"} }
		b.call("s1", y)
		b.call("s2", y)
		b.station("s3")
		_, err := b.Enqueue(b.ctx, queue.Ticket{ID: "ts3", Station: "s3"}, "")
		b.want(err, queue.ErrFull)
		b.callback("s3", start+1000) // the way out
		b.ready("a1", "x")
		b.call("s4", func(t *queue.Ticket) { t.Skills = []string{"x"} })
		b.isState("ts4", queue.Offered, "a1")
	})
}

// TestReviews: pre-reviews need no call and no seat, a few an agent.
func TestReviews(t *testing.T) {
	onBoth(t, func(b *bench) {
		b.SetNumbers(queue.Numbers{Reviews: 2})
		b.ready("a1")
		b.station("s1")
		for _, id := range []string{"r1", "r2", "r3"} {
			_, err := b.Enqueue(b.ctx, queue.Ticket{ID: id, Station: "s1", Kind: queue.KindPreReview}, "")
			b.ok(err)
		}
		first, err := b.TakeReview(b.ctx, "r1", "a1")
		b.ok(err)
		again, err := b.TakeReview(b.ctx, "r1", "a1")
		b.ok(err)
		if first.State != queue.Review || again.Epoch != first.Epoch {
			b.Fatalf("%+v %+v", first, again)
		}
		second, err := b.TakeReview(b.ctx, "r2", "a1")
		b.ok(err)
		_, err = b.TakeReview(b.ctx, "r3", "a1")
		if because := queue.Because(err); because != "reviews" {
			b.Fatalf("because %q: %v", because, err)
		}
		b.isAgent("a1", queue.AgentReady)
		b.call("s1") // the station is not taken either
		b.isState("ts1", queue.Offered, "a1")
		_, err = b.HangUp(b.ctx, "r1", first.Epoch, "")
		b.want(err, queue.ErrState)
		_, err = b.ReturnReview(b.ctx, "r1", "a1", first.Epoch, "later")
		b.ok(err)
		b.want(b.FinishReview(b.ctx, "r1", "a1", first.Epoch), queue.ErrStale)
		b.ok(b.FinishReview(b.ctx, "r2", "a1", second.Epoch))
		b.ok(b.FinishReview(b.ctx, "r2", "a1", second.Epoch))
		_, err = b.TakeReview(b.ctx, "r3", "a1")
		b.ok(err)
		b.ok(b.AgentDrop(b.ctx, "a1", "a1-1"))
		b.pass(30 * time.Second)
		b.isState("r3", queue.Waiting, "") // back in its line
		b.ok(b.Abandon(b.ctx, "r3", "withdrawn"))
	})
}
