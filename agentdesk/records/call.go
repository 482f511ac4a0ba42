package records

import (
	"context"
	"database/sql"
	"fmt"
)

// SlotVerdict is the present verdict on one slot of a ticket's checklist.
type SlotVerdict struct {
	Slot    string
	Verdict string
	Reason  string
}

// CourseEvent is one line of the course of a call.
type CourseEvent struct {
	AtMS   int64
	Kind   string
	Detail string
}

// CallRecord is everything needed to show a call again after a restart.
type CallRecord struct {
	Ticket TicketRecord
	Pages  []PageRecord
	Slots  []SlotVerdict
	Course []CourseEvent
}

// Judge sets the verdict on a slot and, when page is not empty, on that page.
func (r *Records) Judge(ctx context.Context, ticket, page string, v SlotVerdict, by string, atMS int64) error {
	return r.write(ctx, "judge", func(tx *txn) error {
		if _, err := tx.exec(ctx, `INSERT INTO slot_verdicts (centre, ticket, slot, verdict, reason, given_by, at_ms)
			VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (centre, ticket, slot) DO UPDATE
			SET verdict = excluded.verdict, reason = excluded.reason, given_by = excluded.given_by, at_ms = excluded.at_ms`,
			r.centre, ticket, v.Slot, v.Verdict, v.Reason, by, atMS); err != nil {
			return err
		}
		if page != "" {
			n, err := tx.exec(ctx, `UPDATE pages SET verdict = ?, reason = ? WHERE centre = ? AND id = ? AND ticket = ?`,
				v.Verdict, v.Reason, r.centre, page, ticket)
			if err != nil {
				return err
			}
			if n == 0 {
				return fmt.Errorf("%w: page of this ticket", ErrNotFound)
			}
			if _, err := tx.exec(ctx, `INSERT INTO page_verdicts (centre, page, seq, verdict, reason, given_by, at_ms)
				SELECT ?, ?, COALESCE(MAX(seq), 0) + 1, ?, ?, ?, ? FROM page_verdicts WHERE centre = ? AND page = ?`,
				r.centre, page, v.Verdict, v.Reason, by, atMS, r.centre, page); err != nil {
				return err
			}
		}
		return r.audit(ctx, tx, AuditRow{
			AtMS: atMS, Actor: by, Action: "slot.judge", Object: ticket,
			Detail: map[string]string{"slot": v.Slot, "page": page, "verdict": v.Verdict, "reason": v.Reason},
		})
	})
}

// AddCourse appends one line to the course of a call.
func (r *Records) AddCourse(ctx context.Context, ticket string, e CourseEvent) error {
	return r.write(ctx, "add course", func(tx *txn) error {
		_, err := tx.exec(ctx, `INSERT INTO course (centre, ticket, seq, at_ms, kind, detail)
			SELECT ?, ?, COALESCE(MAX(seq), 0) + 1, ?, ?, ? FROM course WHERE centre = ? AND ticket = ?`,
			r.centre, ticket, e.AtMS, e.Kind, e.Detail, r.centre, ticket)
		return err
	})
}

// Call returns a ticket with its pages (oldest first, deleted ones left out),
// verdicts and course.
func (r *Records) Call(ctx context.Context, ticket string) (CallRecord, error) {
	var c CallRecord
	err := r.read(ctx, "call", func(tx *txn) (err error) {
		if c.Ticket, err = r.ticket(ctx, tx, ticket); err != nil {
			return err
		}
		if c.Pages, err = r.pagesOf(ctx, tx, ticket); err != nil {
			return err
		}
		err = tx.each(ctx, func(rows *sql.Rows) error {
			var v SlotVerdict
			if err := rows.Scan(&v.Slot, &v.Verdict, &v.Reason); err != nil {
				return err
			}
			c.Slots = append(c.Slots, v)
			return nil
		}, `SELECT slot, verdict, reason FROM slot_verdicts WHERE centre = ? AND ticket = ? ORDER BY slot`, r.centre, ticket)
		if err != nil {
			return err
		}
		return tx.each(ctx, func(rows *sql.Rows) error {
			var e CourseEvent
			if err := rows.Scan(&e.AtMS, &e.Kind, &e.Detail); err != nil {
				return err
			}
			c.Course = append(c.Course, e)
			return nil
		}, `SELECT at_ms, kind, detail FROM course WHERE centre = ? AND ticket = ? ORDER BY seq`, r.centre, ticket)
	})
	if err != nil {
		return CallRecord{}, err
	}
	return c, nil
}

func (r *Records) openTicketOf(ctx context.Context, tx *txn, station string) (TicketRecord, error) {
	return scanTicket(tx.row(ctx, `SELECT `+ticketColumns+` FROM tickets
		WHERE centre = ? AND station = ? AND state IN ('waiting', 'active') AND kind <> 'prereview'`, r.centre, station))
}

// OpenTicketOf returns the ticket of a station that waits or talks; a pre-review
// has no seat there.
func (r *Records) OpenTicketOf(ctx context.Context, station string) (TicketRecord, error) {
	var t TicketRecord
	err := r.read(ctx, "open ticket", func(tx *txn) (err error) {
		t, err = r.openTicketOf(ctx, tx, station)
		return err
	})
	return t, err
}

// OpenTickets lists every ticket that is not closed, in order of arrival.
func (r *Records) OpenTickets(ctx context.Context) ([]TicketRecord, error) {
	return r.tickets(ctx, "open tickets", `state <> 'closed' ORDER BY arrived_ms, id`)
}

// FinishedBy lists the tickets that an agent finished since sinceMS, newest first, at most limit.
func (r *Records) FinishedBy(ctx context.Context, agent string, sinceMS int64, limit int) ([]TicketRecord, error) {
	return r.tickets(ctx, "finished by", `agent = ? AND state = 'closed' AND finished_ms > 0 AND finished_ms >= ?
		ORDER BY finished_ms DESC, id DESC LIMIT ?`, agent, sinceMS, limit)
}

func (r *Records) tickets(ctx context.Context, doing, where string, args ...any) ([]TicketRecord, error) {
	var list []TicketRecord
	err := r.read(ctx, doing, func(tx *txn) error {
		return tx.each(ctx, func(rows *sql.Rows) error {
			t, err := scanTicket(rows)
			if err == nil {
				list = append(list, t)
			}
			return err
		}, `SELECT `+ticketColumns+` FROM tickets WHERE centre = ? AND `+where, append([]any{r.centre}, args...)...)
	})
	return list, err
}
