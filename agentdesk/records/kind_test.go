package records

import (
	"slices"
	"testing"
	"time"

	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/queue/queuetest"
)

// TestKinds: call-backs and pre-reviews stand beside the one call of a station,
// each is accepted, put back and closed like a ticket, and a day counts calls.
func TestKinds(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		r, _ := centres(t, fresh(t))
		ctx := t.Context()
		call := press(t, r, "s01", "k1", noon)
		admit := func(key, kind string, due int64) TicketRecord {
			tk, err := r.Admit(ctx, Admission{Key: key, Station: "s01", AtMS: noon + 1000, Kind: kind, DueMS: due, ArrivedMS: noon})
			must(t, err)
			return tk
		}
		back, review := admit("k2", KindCallback, noon+3600e3), admit("k3", KindPreReview, 0)
		if back.ID == call.ID || back.State != StateScheduled || back.ArrivedMS != noon || review.State != StateWaiting || review.ID == back.ID {
			t.Fatalf("call-back %+v, review %+v", back, review)
		}
		if again := admit("k2", KindCallback, noon+3600e3); again != back {
			t.Fatalf("a repeat %+v", again)
		}
		for _, a := range []Admission{{Kind: KindBooking}, {Kind: "walk-in"}} {
			a.Key, a.Station, a.AtMS = "bad", "s01", noon
			_, err := r.Admit(ctx, a)
			wants(t, err, ErrInvalid)
		}
		if open, err := r.OpenTicketOf(ctx, "s01"); err != nil || open.ID != call.ID {
			t.Fatalf("open %+v, %v", open, err)
		}
		must(t, r.Accept(ctx, review.ID, "agent1", 5, noon+2000)) // beside the call that waits
		must(t, r.Requeue(ctx, review.ID, 6))
		must(t, r.Abandon(ctx, call.ID, "abandoned", noon+3000))
		must(t, r.Accept(ctx, back.ID, "agent1", 7, noon+3600e3))
		must(t, r.Requeue(ctx, back.ID, 8))
		if open, err := r.OpenTicketOf(ctx, "s01"); err != nil || open.ID != back.ID || open.DueMS != noon+3600e3 {
			t.Fatalf("open %+v, %v", open, err)
		}
		late := admit("k4", KindBooking, noon+7200e3)
		must(t, r.Abandon(ctx, late.ID, "cancelled", noon+4000))
		day, err := r.Today(ctx, noon+5000)
		must(t, err)
		if day.Offered != 1 || day.Abandoned != 1 {
			t.Errorf("the day counts calls: %+v", day)
		}
	})
}

// TestScheduledIsRestored: an emptied Redis gets back what is scheduled, with its
// time and its place, and what is in hand.
func TestScheduledIsRestored(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		r, _ := centres(t, fresh(t))
		ctx := t.Context()
		client := queuetest.Miniredis(t)
		q := queue.New(queue.Options{Client: client})
		c := NewReconciler(ReconcilerOptions{Records: r, Queue: q})
		now := time.Now().UnixMilli()
		admit := func(key, kind string, due int64) string {
			tk, err := r.Admit(ctx, Admission{Key: key, Station: "s01", AtMS: now - 60_000, Kind: kind, DueMS: due})
			must(t, err)
			return tk.ID
		}
		back, waits, hand := admit("k1", KindCallback, now+3600e3), admit("k2", KindPreReview, 0), admit("k3", KindPreReview, 0)
		must(t, r.Accept(ctx, hand, "agent1", 9, now))
		must(t, c.Once(ctx))
		s, err := q.Snapshot(ctx)
		must(t, err)
		want := map[string]queue.State{back: queue.Scheduled, waits: queue.Waiting, hand: queue.Review}
		for id, state := range want {
			i := slices.IndexFunc(s.Tickets, func(tk queue.Ticket) bool { return tk.ID == id })
			if i < 0 || s.Tickets[i].State != state || s.Tickets[i].ArrivedMS != now-60_000 {
				t.Errorf("%s is not %s in %+v", id, state, s.Tickets)
				continue
			}
			if id == back && s.Tickets[i].DueMS != now+3600e3 || id == hand && s.Tickets[i].Agent != "agent1" {
				t.Errorf("restored %+v", s.Tickets[i])
			}
		}
		must(t, c.Once(ctx)) // and stays
	})
}

// TestOpenings: the days ahead, a night without closing as one, none where the
// centre is always open.
func TestOpenings(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		r, _ := centres(t, fresh(t))
		ctx := t.Context()
		week := map[time.Weekday]Hours{time.Monday: {8*60 + 30, 16*60 + 30}, time.Saturday: {9 * 60, 24 * 60}, time.Sunday: {0, 12 * 60}}
		must(t, r.SetHours(ctx, week))
		must(t, r.SetRoundTheClock(ctx, false))
		list, always, err := r.Openings(ctx, noon)
		must(t, err)
		if always || len(list) != 7 { // noon is a Sunday; the last Saturday is cut at the end of the three weeks
			t.Fatalf("%v, always %v", list, always)
		}
		for i, s := range list {
			if hours := time.Duration(s.CloseMS-s.OpenMS) * time.Millisecond; i > 0 && i < len(list)-1 && hours != 8*time.Hour && hours != 27*time.Hour || i > 0 && s.OpenMS <= list[i-1].CloseMS {
				t.Errorf("%d: %v", i, s)
			}
			if o, err := r.Opening(ctx, s.OpenMS); err != nil || !o.Open {
				t.Errorf("not open at %d: %+v, %v", s.OpenMS, o, err)
			}
		}
		must(t, r.SetRoundTheClock(ctx, true))
		if list, always, err := r.Openings(ctx, noon); err != nil || !always || len(list) != 0 {
			t.Errorf("%v %v %v", list, always, err)
		}
	})
}
