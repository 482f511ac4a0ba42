package records

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
)

// epoch is the nth epoch of the first store epoch.
func epoch(n int64) int64 { return 1<<20 + n }

func state(t *testing.T, r *Records, id string) TicketRecord {
	t.Helper()
	tk, err := r.Ticket(t.Context(), id)
	must(t, err)
	return tk
}

func TestLifeOfATicket(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		r, _ := centres(t, fresh(t))
		ctx := t.Context()
		tk := press(t, r, "s01", "k1", noon)
		must(t, r.Revise(ctx, tk.ID, "self", "medical", ""))
		must(t, r.Revise(ctx, tk.ID, "", "", "medical_record_book"))
		must(t, r.Accept(ctx, tk.ID, "agent1", epoch(2), noon+10_000))
		must(t, r.Connected(ctx, tk.ID, epoch(2), noon+10_200))
		must(t, r.Connected(ctx, tk.ID, epoch(2), noon+99_999)) // again: the first moment stays
		open, err := r.OpenTicketOf(ctx, "s01")
		must(t, err)
		equal(t, open.ID, tk.ID)
		must(t, r.End(ctx, tk.ID, epoch(2), "agent", noon+60_000))
		must(t, r.End(ctx, tk.ID, epoch(2), "station", noon+61_000)) // again: the first reason stays
		_, err = r.OpenTicketOf(ctx, "s01")
		wants(t, err, ErrNotFound) // a wrap-up does not hold the station
		f := Finish{Ticket: tk.ID, Agent: "agent1", Epoch: epoch(2), Disposition: "accepted", NextStep: "close", Note: "好", AtMS: noon + 70_000}
		must(t, r.Finish(ctx, f))
		f.AtMS += 5
		must(t, r.Finish(ctx, f)) // a repetition
		equal(t, state(t, r, tk.ID), TicketRecord{
			ID: tk.ID, Number: "A001", Case: "PJ-261122-001", Station: "s01", Affinity: "agent1", Priority: 1,
			Who: "self", Theme: "medical", Matter: "medical_record_book", ArrivedMS: noon, State: StateClosed,
			Epoch: epoch(2), Agent: "agent1", AcceptedMS: noon + 10_000, ConnectMS: noon + 10_200, EndedMS: noon + 60_000,
			Ended: "agent", FinishedMS: noon + 70_000, Dispo: "accepted", NextStep: "close", Note: "好", Kind: KindCall,
		})
		list, err := r.FinishedBy(ctx, "agent1", noon, 10)
		must(t, err)
		equal(t, len(list), 1)
		left, err := r.OpenTickets(ctx)
		must(t, err)
		equal(t, len(left), 0)
		trail, err := r.AuditTrail(ctx, tk.ID, 10)
		must(t, err)
		var did []string
		for _, e := range trail {
			did = append(did, e.Action)
		}
		if want := []string{"ticket.admit", "ticket.accept", "ticket.end", "ticket.finish"}; !slices.Equal(did, want) {
			t.Fatalf("audit says %v, want %v", did, want)
		}
	})
}

// TestStale walks every refusal: each case brings a ticket somewhere and tries
// what must not work from there.
func TestStale(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		type act func(r *Records, id string) error
		ctx := t.Context()
		accept := func(agent string, e int64) act {
			return func(r *Records, id string) error { return r.Accept(ctx, id, agent, e, noon) }
		}
		end := func(e int64) act {
			return func(r *Records, id string) error { return r.End(ctx, id, e, "agent", noon) }
		}
		requeue := func(e int64) act { return func(r *Records, id string) error { return r.Requeue(ctx, id, e) } }
		connected := func(e int64) act { return func(r *Records, id string) error { return r.Connected(ctx, id, e, noon) } }
		abandon := func(r *Records, id string) error { return r.Abandon(ctx, id, "left", noon) }
		unfinished := func(e int64) act {
			return func(r *Records, id string) error { return r.CloseUnfinished(ctx, id, e, noon) }
		}
		finish := func(agent string, e int64, dispo string) act {
			return func(r *Records, id string) error {
				return r.Finish(ctx, Finish{Ticket: id, Agent: agent, Epoch: e, Disposition: dispo, AtMS: noon})
			}
		}
		revise := func(r *Records, id string) error { return r.Revise(ctx, id, "self", "", "") }
		wrapped := []act{accept("agent1", epoch(2)), end(epoch(2))}
		done := append(slices.Clone(wrapped), finish("agent1", epoch(2), "accepted"))
		for name, c := range map[string]struct {
			before []act
			try    act
		}{
			"accept the same epoch":          {[]act{accept("agent1", epoch(2))}, accept("agent1", epoch(2))},
			"accept an older epoch":          {[]act{accept("agent1", epoch(2))}, accept("agent2", epoch(1))},
			"accept in wrapup":               {wrapped, accept("agent2", epoch(3))},
			"accept when closed":             {done, accept("agent2", epoch(3))},
			"connected before accept":        {nil, connected(epoch(1))},
			"connected with an older epoch":  {[]act{accept("agent1", epoch(2))}, connected(epoch(1))},
			"end while waiting":              {nil, end(epoch(2))},
			"end with an older epoch":        {[]act{accept("agent1", epoch(2))}, end(epoch(1))},
			"requeue with the same epoch":    {[]act{accept("agent1", epoch(2))}, requeue(epoch(2))},
			"requeue in wrapup":              {wrapped, requeue(epoch(3))},
			"finish while talking":           {[]act{accept("agent1", epoch(2))}, finish("agent1", epoch(2), "accepted")},
			"finish by another agent":        {wrapped, finish("agent2", epoch(2), "accepted")},
			"finish with an older epoch":     {wrapped, finish("agent1", epoch(1), "accepted")},
			"finish again, otherwise":        {done, finish("agent1", epoch(2), "refused")},
			"abandon while talking":          {[]act{accept("agent1", epoch(2))}, abandon},
			"abandon in wrapup":              {wrapped, abandon},
			"abandon when finished":          {done, abandon},
			"revise when closed":             {done, revise},
			"unfinished while talking":       {[]act{accept("agent1", epoch(2))}, unfinished(epoch(2))},
			"unfinished with an older epoch": {wrapped, unfinished(epoch(1))},
		} {
			t.Run(name, func(t *testing.T) {
				r, _ := centres(t, fresh(t))
				tk := press(t, r, "s01", "k1", noon)
				for _, do := range c.before {
					must(t, do(r, tk.ID))
				}
				was := state(t, r, tk.ID)
				wants(t, c.try(r, tk.ID), ErrStale)
				equal(t, state(t, r, tk.ID), was)
				wants(t, c.try(r, "no such ticket"), ErrNotFound)
			})
		}
	})
}

func TestOneAcceptWins(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		r, _ := centres(t, fresh(t))
		tk := press(t, r, "s01", "k1", noon)
		var won, lost atomic.Int32
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				if r.Accept(t.Context(), tk.ID, fmt.Sprint("agent", i), epoch(2), noon) == nil {
					won.Add(1)
				} else {
					lost.Add(1)
				}
			})
		}
		all.Wait()
		equal(t, won.Load(), 1)
		equal(t, lost.Load(), 7)
		equal(t, state(t, r, tk.ID).State, StateActive)
	})
}

func TestRequeueKeepsArrival(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		r, _ := centres(t, fresh(t))
		ctx := t.Context()
		tk := press(t, r, "s01", "k1", noon)
		must(t, r.Accept(ctx, tk.ID, "agent1", epoch(2), noon+1))
		must(t, r.Connected(ctx, tk.ID, epoch(2), noon+2))
		must(t, r.Requeue(ctx, tk.ID, epoch(3)))
		must(t, r.Requeue(ctx, tk.ID, epoch(3))) // a repetition
		must(t, r.Requeue(ctx, tk.ID, epoch(2))) // late news of what is so already
		got := state(t, r, tk.ID)
		tk.Epoch = epoch(3)
		equal(t, got, tk)
		must(t, r.Requeue(ctx, tk.ID, epoch(4))) // an accept that SQL never saw was taken back
		wants(t, r.Accept(ctx, tk.ID, "agent2", epoch(4), noon+5), ErrStale)
		must(t, r.Accept(ctx, tk.ID, "agent2", epoch(5), noon+5))
		must(t, r.Accept(ctx, tk.ID, "supervisor", epoch(6), noon+6)) // a take-over of a running call
		equal(t, state(t, r, tk.ID).Agent, "supervisor")
	})
}

func TestUnfinishedWrapUp(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		r, _ := centres(t, fresh(t))
		ctx := t.Context()
		tk := press(t, r, "s01", "k1", noon)
		must(t, r.Accept(ctx, tk.ID, "agent1", epoch(2), noon))
		must(t, r.End(ctx, tk.ID, epoch(2), "lost", noon))
		must(t, r.CloseUnfinished(ctx, tk.ID, epoch(2), noon+9))
		must(t, r.CloseUnfinished(ctx, tk.ID, epoch(2), noon+99))
		got := state(t, r, tk.ID)
		equal(t, got.State, StateClosed)
		equal(t, got.FinishedMS, noon+9)
		equal(t, got.Dispo, "disconnected")
		equal(t, got.NextStep, "follow")
	})
}

func TestReopenLosesNothing(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		where := fresh(t)
		r := open(t, where, "pj")
		ctx := t.Context()
		must(t, r.Provision(ctx, []StationInfo{{ID: "s01", Name: "云桥村", Grid: "middle"}}, nil))
		tk := press(t, r, "s01", "k1", noon)
		must(t, r.Accept(ctx, tk.ID, "agent1", epoch(2), noon))
		must(t, r.AddCourse(ctx, tk.ID, CourseEvent{AtMS: noon, Kind: "accepted"}))
		// The first one stays open, as after a kill -9 whose lock nobody gave back:
		// the next process must read what was committed and go on.
		again := open(t, where, "pj")
		c, err := again.Call(ctx, tk.ID)
		must(t, err)
		equal(t, c.Ticket.State, StateActive)
		equal(t, c.Ticket.Epoch, epoch(2))
		equal(t, len(c.Course), 1)
		must(t, again.End(ctx, tk.ID, epoch(2), "lost", noon+5))
		equal(t, press(t, again, "s01", "k2", noon+9).Number, "A002")
		must(t, again.VerifyAudit(ctx))
	})
}

func TestStoreEpochOnlyRises(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		r, other := centres(t, fresh(t))
		ctx := t.Context()
		e, err := r.StoreEpoch(ctx)
		must(t, err)
		equal(t, e, 0)
		for _, c := range []struct{ floor, want int64 }{{0, 1}, {0, 2}, {1, 3}, {7, 8}, {2, 9}} {
			e, err := r.RaiseStoreEpoch(ctx, c.floor)
			must(t, err)
			equal(t, e, c.want)
		}
		e, err = r.StoreEpoch(ctx)
		must(t, err)
		equal(t, e, 9)
		e, err = other.StoreEpoch(ctx)
		must(t, err)
		equal(t, e, 0)
		e, err = other.RaiseStoreEpoch(ctx, 4) // the first raise also clears the floor
		must(t, err)
		equal(t, e, 5)
	})
}
