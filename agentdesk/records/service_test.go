package records

import (
	"slices"
	"testing"
)

// TestServices: what held a seat and is finished counts, newest first to be kept,
// oldest first in the answer; a centre does not see another's.
func TestServices(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		r, other := centres(t, fresh(t))
		ctx := t.Context()
		talk := func(station, key, matter string, at int64, epoch int64) {
			tk := press(t, r, station, key, at)
			must(t, r.Revise(ctx, tk.ID, "", "", matter))
			must(t, r.Accept(ctx, tk.ID, "agent1", epoch, at+1_000))
			must(t, r.Connected(ctx, tk.ID, epoch, at+3_000))
			must(t, r.End(ctx, tk.ID, epoch, "hang_up", at+100_000))
			must(t, r.Finish(ctx, Finish{Ticket: tk.ID, Agent: "agent1", Epoch: epoch, Disposition: "accepted", NextStep: "close", AtMS: at + 140_000}))
		}
		talk("s01", "k1", "a", noon, 1)
		talk("s01", "k2", "b", noon+200_000, 2)
		talk("s01", "k3", "a", noon+400_000, 3)
		left := press(t, r, "s01", "k4", noon)
		must(t, r.Abandon(ctx, left.ID, "abandoned", noon+500_000))
		one := func(matter string, at int64) Service {
			return Service{Matter: matter, AnswerMS: 2_000, TalkMS: 97_000, WrapUpMS: 40_000, FinishedMS: at + 140_000}
		}
		for _, tt := range []struct {
			name  string
			since int64
			limit int
			want  []Service
		}{
			{"all", 0, 10, []Service{one("a", noon), one("b", noon+200_000), one("a", noon+400_000)}},
			{"the newest", 0, 2, []Service{one("b", noon+200_000), one("a", noon+400_000)}},
			{"since the last look", noon + 340_000, 10, []Service{one("a", noon+400_000)}},
			{"nothing new", noon + 540_000, 10, nil},
		} {
			got, err := r.Services(ctx, tt.since, tt.limit)
			must(t, err)
			if !slices.Equal(got, tt.want) {
				t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
			}
		}
		if got, err := other.Services(ctx, 0, 10); err != nil || len(got) != 0 {
			t.Errorf("another centre: %v, %v", got, err)
		}
		_, err := r.Services(ctx, 0, 0)
		wants(t, err, ErrInvalid)
		must(t, r.Reprioritise(ctx, press(t, r, "s01", "k5", noon).ID, 3))
		wants(t, r.Reprioritise(ctx, left.ID, 3), ErrStale)
		if open, err := r.OpenTicketOf(ctx, "s01"); err != nil || open.Priority != 3 {
			t.Errorf("priority %d, %v", open.Priority, err)
		}
	})
}
