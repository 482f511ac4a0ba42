package records

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func page(ticket, slot, side string, n int) SealedPage {
	return SealedPage{
		PageRecord: PageRecord{
			ID: fmt.Sprintf("%032x", n), Ticket: ticket, Slot: slot, Side: side, SHA256: strings.Repeat("a", 64),
			Bytes: 1 << 20, MIME: "image/jpeg", Width: 3264, Height: 2448, Sharp: 120.5, AtMS: noon + int64(n),
		},
		Algorithm: "AES-256-GCM", KeyID: "k1", WrappedKey: []byte{1, 2, 3}, BlobPath: "pj/ab/" + fmt.Sprint(n),
	}
}

func TestPagesAndVerdicts(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		r, other := centres(t, fresh(t))
		ctx := t.Context()
		tk := press(t, r, "s01", "k1", noon)
		first, second := page(tk.ID, "id_card", "front", 1), page(tk.ID, "id_card", "front", 2)
		must(t, r.AddPage(ctx, second))
		must(t, r.AddPage(ctx, first))
		must(t, r.AddPage(ctx, first)) // a repetition
		another := first
		another.SHA256 = strings.Repeat("b", 64)
		wants(t, r.AddPage(ctx, another), ErrExists)
		wants(t, r.AddPage(ctx, page("no such ticket", "id_card", "front", 3)), ErrNotFound)
		wants(t, r.AddPage(ctx, SealedPage{}), ErrInvalid)

		must(t, r.Judge(ctx, tk.ID, first.ID, SlotVerdict{"id_card", "retake", "blurred"}, "agent1", noon+5))
		must(t, r.Judge(ctx, tk.ID, second.ID, SlotVerdict{"id_card", "passed", ""}, "agent1", noon+6))
		must(t, r.Judge(ctx, tk.ID, "", SlotVerdict{"photo", "not_applicable", ""}, "agent1", noon+7))
		wants(t, r.Judge(ctx, tk.ID, "ff", SlotVerdict{"photo", "passed", ""}, "agent1", noon+8), ErrNotFound)
		wants(t, r.Judge(ctx, "no such ticket", "", SlotVerdict{"photo", "passed", ""}, "agent1", noon+8), ErrNotFound)
		must(t, r.AddCourse(ctx, tk.ID, CourseEvent{noon, "accepted", "agent1"}))
		must(t, r.AddCourse(ctx, tk.ID, CourseEvent{noon, "connected", ""}))
		wants(t, r.AddCourse(ctx, "no such ticket", CourseEvent{noon, "accepted", ""}), ErrNotFound)

		c, err := r.Call(ctx, tk.ID)
		must(t, err)
		first.Verdict, first.Reason, second.Verdict = "retake", "blurred", "passed"
		if want := []PageRecord{first.PageRecord, second.PageRecord}; !slices.Equal(c.Pages, want) {
			t.Fatalf("pages %+v, want %+v", c.Pages, want)
		}
		if want := []SlotVerdict{{"id_card", "passed", ""}, {"photo", "not_applicable", ""}}; !slices.Equal(c.Slots, want) {
			t.Fatalf("slots %+v, want %+v", c.Slots, want)
		}
		if want := []CourseEvent{{noon, "accepted", "agent1"}, {noon, "connected", ""}}; !slices.Equal(c.Course, want) {
			t.Fatalf("course %+v, want %+v", c.Course, want)
		}
		_, err = other.Call(ctx, tk.ID)
		wants(t, err, ErrNotFound)
		_, err = other.Page(ctx, first.ID)
		wants(t, err, ErrNotFound)

		got, err := r.Page(ctx, first.ID)
		must(t, err)
		equal(t, got.Station, "s01")
		equal(t, string(got.WrappedKey), string(first.WrappedKey))
		must(t, r.write(ctx, "delete", func(tx *txn) error {
			_, err := tx.exec(ctx, `UPDATE pages SET wrapped_key = NULL, deleted_ms = ? WHERE centre = ? AND id = ?`, noon+9, "pj", first.ID)
			return err
		}))
		got, err = r.Page(ctx, first.ID)
		must(t, err)
		equal(t, got.DeletedMS, noon+9)
		equal(t, len(got.WrappedKey), 0)
		c, err = r.Call(ctx, tk.ID)
		must(t, err)
		equal(t, len(c.Pages), 1)
		must(t, r.VerifyAudit(ctx))
	})
}

func TestToday(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		r, other := centres(t, fresh(t))
		ctx := t.Context()
		// talk brings a ticket of a station from press to finish.
		talk := func(r *Records, n int, at, wait int64, dispo, next string) string {
			tk := press(t, r, fmt.Sprintf("s%02d", n%3+1), fmt.Sprint("k", n), at)
			must(t, r.Accept(ctx, tk.ID, "agent1", epoch(int64(n)), at+wait-1))
			must(t, r.Connected(ctx, tk.ID, epoch(int64(n)), at+wait))
			must(t, r.End(ctx, tk.ID, epoch(int64(n)), "agent", at+wait+60_000))
			must(t, r.Finish(ctx, Finish{Ticket: tk.ID, Agent: "agent1", Epoch: epoch(int64(n)), Disposition: dispo, NextStep: next, AtMS: at + wait + 70_000}))
			return tk.ID
		}
		talk(r, 1, r.DayStart(noon)-1, 1000, "accepted", "close") // yesterday
		talk(other, 2, noon, 1000, "accepted", "close")           // elsewhere
		id := talk(r, 3, noon, 30_000, "accepted", "close")
		talk(r, 4, noon, 30_001, "consulted", "relay")
		for n, gone := range map[int]int64{5: 9_999, 6: 10_000} {
			tk := press(t, r, "s03", fmt.Sprint("k", n), noon+int64(n))
			must(t, r.Abandon(ctx, tk.ID, "left", noon+int64(n)+gone))
		}
		press(t, r, "s03", "k7", noon+99) // waits
		for n, verdict := range []string{"retake", "passed", "passed", ""} {
			p := page(id, []string{"id_card", "id_card", "photo", "form"}[n], "front", n)
			must(t, r.AddPage(ctx, p))
			if verdict != "" {
				must(t, r.Judge(ctx, id, p.ID, SlotVerdict{p.Slot, verdict, ""}, "agent1", noon))
			}
		}
		day, err := r.Today(ctx, noon+500_000)
		must(t, err)
		equal(t, day, Today{
			AsOfMS: noon + 500_000, Offered: 5, Answered: 2, InTime: 1, Abandoned: 2, ShortAbandoned: 1, ServiceMS: 30_000,
			TargetPct: 80, P90WaitMS: 30_001, Accepted: 1, Finished: 2, Relayed: 1, PagesPassed: 2, PagesFirst: 1, Pages: 4,
		})
		empty, err := r.Today(ctx, noon+48*3600_000)
		must(t, err)
		equal(t, empty.Offered+empty.Pages, 0)
	})
}

func TestMinutes(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		r, _ := centres(t, fresh(t))
		ctx := t.Context()
		const minute = 60_000
		a := press(t, r, "s01", "k1", noon)
		must(t, r.Accept(ctx, a.ID, "agent1", epoch(1), noon+90_000))
		must(t, r.End(ctx, a.ID, epoch(1), "agent", noon+190_000))
		b := press(t, r, "s02", "k2", noon+100_000)
		must(t, r.Abandon(ctx, b.ID, "left", noon+130_000))
		press(t, r, "s03", "k3", noon+200_000)
		got, err := r.Minutes(ctx, noon-minute+7, noon+201_000)
		must(t, err)
		if want := []Minute{
			{noon - minute, 0, 0}, {noon, 1, 0}, {noon + minute, 1, 1}, {noon + 2*minute, 0, 1}, {noon + 3*minute, 1, 0},
		}; !slices.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
		_, err = r.Minutes(ctx, noon-48*3600_000, noon)
		wants(t, err, ErrInvalid)
	})
}
