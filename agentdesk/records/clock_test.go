package records

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/remotewindow/remotewindow/queue"
)

// TestClockSetBack: a node's clock jumps back, as after a dead battery or a wrong
// hand. Numbers stay single, sessions stay, and the audit fits.
func TestClockSetBack(t *testing.T) {
	for name, back := range map[string]time.Duration{
		"a second": time.Second, "an hour": time.Hour, "over midnight": 13 * time.Hour, "a year": 365 * 24 * time.Hour, "to 1970": time.Duration(noon)*time.Millisecond - time.Hour,
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, fresh place) {
				r, _ := centres(t, fresh(t))
				ctx := t.Context()
				early := noon - back.Milliseconds()
				must(t, r.AddPerson(ctx, PersonInfo{ID: "agent1", Name: "王老师", Role: "agent"}, "$hash"))

				must(t, r.CreateSession(ctx, Session{Hash: "before", Person: "agent1", Face: "desk", CreatedMS: noon, SeenMS: noon, ExpiresMS: noon + 1000}))
				must(t, r.CreateSession(ctx, Session{Hash: "after", Person: "agent1", Face: "desk", CreatedMS: early, SeenMS: early, ExpiresMS: early + 1000}))
				must(t, r.TouchSession(ctx, "before", early))
				for _, hash := range []string{"before", "after"} {
					s, err := r.SessionByHash(ctx, hash)
					must(t, err)
					equal(t, s.SeenMS, early)
				}

				numbers, cases := map[string]bool{}, map[string]bool{}
				var last TicketRecord
				for i, at := range []int64{noon, early, noon + 1, early + 1, noon - 1, early} {
					tk := press(t, r, fmt.Sprintf("s%02d", i%3+1), fmt.Sprint("k", i), at)
					day := time.UnixMilli(at).In(shanghai).Format(time.DateOnly) + " " + tk.Number
					if numbers[day] || cases[tk.Case] {
						t.Fatalf("%s %s was given twice", day, tk.Case)
					}
					numbers[day], cases[tk.Case] = true, true
					last = tk
					if i < 5 {
						must(t, r.Abandon(ctx, tk.ID, "left", early))
					}
				}
				// A whole call runs backwards.
				must(t, r.Accept(ctx, last.ID, "agent1", epoch(1), noon))
				must(t, r.Connected(ctx, last.ID, epoch(1), early-1))
				must(t, r.End(ctx, last.ID, epoch(1), "agent", early-2))
				must(t, r.Finish(ctx, Finish{Ticket: last.ID, Agent: "agent1", Epoch: epoch(1), Disposition: "accepted", AtMS: early - 3}))
				trail, err := r.AuditTrail(ctx, last.ID, 10)
				must(t, err)
				var did []string
				for _, e := range trail {
					did = append(did, e.Action)
				}
				if want := []string{"ticket.admit", "ticket.accept", "ticket.end", "ticket.finish"}; !slices.Equal(did, want) {
					t.Fatalf("audit says %v, want %v", did, want)
				}
				must(t, r.VerifyAudit(ctx))
				day, err := r.Today(ctx, early+10)
				must(t, err)
				if day.P90WaitMS < 0 || day.Answered != 1 {
					t.Fatalf("%+v", day)
				}
				_, err = r.Minutes(ctx, early-60_000, early+10)
				must(t, err)
			})
		})
	}
}

// TestFencedNodeCatchesUp: a node that hears from Redis that another one raised
// the store epoch takes it over by Kick, long before its next pass is due.
func TestFencedNodeCatchesUp(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		h := newHall(t, fresh(t))
		quiet := slog.New(slog.DiscardHandler)
		var c *Reconciler
		c.Kick() // the queue is there first
		q := queue.New(queue.Options{Client: h.client, Centre: "pj", Logger: quiet, OnFenced: func() { c.Kick() }})
		c = NewReconciler(ReconcilerOptions{Records: h.r, Queue: q, Logger: quiet, Every: time.Hour})
		must(t, c.Once(t.Context()))
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- c.Run(ctx) }()
		defer func() {
			cancel()
			must(t, <-ended)
		}()
		for range 3 {
			h.flush() // the other node meets it
			until(t, "the fenced node goes on", func() bool {
				_, err := q.StationBack(t.Context(), "s01", "conn")
				return err == nil && h.snapshot().StoreEpoch == func() int64 {
					e, err := h.r.StoreEpoch(t.Context())
					must(t, err)
					return e
				}()
			})
		}
	})
}
