package records

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// States of a ticket in SQL; offers live in Redis alone.
const (
	StateScheduled = "scheduled" // until it is accepted, also while it waits in Redis
	StateWaiting   = "waiting"
	StateActive    = "active" // a pre-review: in hand
	StateWrapUp    = "wrapup"
	StateClosed    = "closed"
)

// Kinds of tickets; the words are those of package queue.
const (
	KindCall      = "call"
	KindCallback  = "callback"
	KindBooking   = "booking"
	KindPreReview = "prereview"
)

// Admission is a press as it is committed before anyone is told.
type Admission struct {
	Key         string // idempotency key of the command, scoped to the station
	Station     string
	ConsentText string // version of the notice under the button
	Lang        string
	Affinity    string // agent bound to the station (包联), may be empty
	Priority    int
	AtMS        int64
	Kind        string // "" is a call
	DueMS       int64  // of a call-back or booking
	Matter      string
	ArrivedMS   int64  // the place in line that it takes over; 0: AtMS
	By          string // who made it for the station; "": the station itself
}

// TicketRecord is a ticket as SQL remembers it.
type TicketRecord struct {
	ID         string // uuid v7
	Number     string // A012, per local day
	Case       string // PJ-261122-012
	Station    string
	Affinity   string
	Priority   int
	Who        string
	Theme      string
	Matter     string
	ArrivedMS  int64
	State      string // waiting, active, wrapup, closed
	Epoch      int64
	Agent      string
	AcceptedMS int64
	ConnectMS  int64
	EndedMS    int64
	Ended      string
	FinishedMS int64
	Dispo      string
	NextStep   string
	Note       string
	Kind       string
	DueMS      int64
}

const ticketColumns = `id, number, case_id, station, affinity, priority, who, theme, matter, arrived_ms, state, epoch,
	agent, accepted_ms, connect_ms, ended_ms, ended, finished_ms, dispo, next_step, note, kind, due_ms`

func scanTicket(row interface{ Scan(...any) error }) (TicketRecord, error) {
	var t TicketRecord
	err := row.Scan(&t.ID, &t.Number, &t.Case, &t.Station, &t.Affinity, &t.Priority, &t.Who, &t.Theme, &t.Matter,
		&t.ArrivedMS, &t.State, &t.Epoch, &t.Agent, &t.AcceptedMS, &t.ConnectMS, &t.EndedMS, &t.Ended,
		&t.FinishedMS, &t.Dispo, &t.NextStep, &t.Note, &t.Kind, &t.DueMS)
	return t, err
}

func (r *Records) ticket(ctx context.Context, tx *txn, id string) (TicketRecord, error) {
	return scanTicket(tx.row(ctx, `SELECT `+ticketColumns+` FROM tickets WHERE centre = ? AND id = ?`, r.centre, id))
}

// Ticket returns one ticket, open or closed.
func (r *Records) Ticket(ctx context.Context, id string) (TicketRecord, error) {
	var t TicketRecord
	err := r.read(ctx, "ticket", func(tx *txn) (err error) {
		t, err = r.ticket(ctx, tx, id)
		return err
	})
	return t, err
}

// Admit commits the press, its number, its case and its consent. The same key,
// or, for a call, a station whose ticket waits or talks, returns the existing
// ticket. An unknown station is ErrNotFound, a kind that is none, or a call-back or
// booking without a time, ErrInvalid.
func (r *Records) Admit(ctx context.Context, a Admission) (TicketRecord, error) {
	if a.Key == "" {
		return TicketRecord{}, fmt.Errorf("records: admit: %w: no idempotency key", ErrInvalid)
	}
	switch a.Kind {
	case "":
		a.Kind = KindCall
	case KindCall, KindPreReview:
	case KindCallback, KindBooking:
		if a.DueMS <= 0 {
			return TicketRecord{}, fmt.Errorf("records: admit: %w: %s without a time", ErrInvalid, a.Kind)
		}
	default:
		return TicketRecord{}, fmt.Errorf("records: admit: %w: kind %q", ErrInvalid, a.Kind)
	}
	if a.ArrivedMS <= 0 || a.ArrivedMS > a.AtMS {
		a.ArrivedMS = a.AtMS
	}
	if a.By == "" {
		a.By = a.Station
	}
	t, err := r.admit(ctx, a)
	if errors.Is(err, ErrExists) {
		// Another node admitted between our look and our insert: its row is the answer.
		return r.admit(ctx, a)
	}
	return t, err
}

func (r *Records) admit(ctx context.Context, a Admission) (TicketRecord, error) {
	var t TicketRecord
	err := r.write(ctx, "admit", func(tx *txn) error {
		var err error
		t, err = r.admitted(ctx, tx, a)
		if err == nil || !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		id, err := uuid.NewV7()
		if err != nil {
			return fmt.Errorf("ticket id: %w", err)
		}
		day := time.UnixMilli(a.AtMS).In(r.zone)
		seq, err := r.count(ctx, tx, "ticket:"+day.Format(time.DateOnly))
		if err != nil {
			return err
		}
		t = TicketRecord{
			ID: id.String(), Number: ticketNumber(seq), Station: a.Station, Affinity: a.Affinity, Priority: a.Priority,
			Case:      fmt.Sprintf("%s-%s-%03d", strings.ToUpper(r.centre), day.Format("060102"), seq),
			ArrivedMS: a.ArrivedMS, State: StateWaiting, Kind: a.Kind, DueMS: a.DueMS, Matter: a.Matter,
		}
		if a.Kind == KindCallback || a.Kind == KindBooking {
			t.State = StateScheduled
		}
		if _, err := tx.exec(ctx, `INSERT INTO tickets (centre, id, day, seq, number, case_id, station, idem_key, lang,
			affinity, priority, arrived_ms, state, kind, due_ms, matter) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			r.centre, t.ID, day.Format(time.DateOnly), seq, t.Number, t.Case, t.Station, a.Key, a.Lang,
			t.Affinity, t.Priority, t.ArrivedMS, t.State, t.Kind, t.DueMS, t.Matter); err != nil {
			return err
		}
		if _, err := tx.exec(ctx, `INSERT INTO cases (centre, id, ticket, opened_ms) VALUES (?, ?, ?, ?)`,
			r.centre, t.Case, t.ID, a.AtMS); err != nil {
			return err
		}
		if _, err := tx.exec(ctx, `INSERT INTO consents (centre, ticket, text_version, lang, given_by, at_ms)
			VALUES (?, ?, ?, ?, ?, ?)`, r.centre, t.ID, a.ConsentText, a.Lang, a.By, a.AtMS); err != nil {
			return err
		}
		admitted := map[string]string{"number": t.Number, "consent": a.ConsentText}
		if t.Kind != KindCall {
			admitted["kind"], admitted["due_ms"] = t.Kind, strconv.FormatInt(t.DueMS, 10)
		}
		return r.audit(ctx, tx, AuditRow{
			AtMS: a.AtMS, Actor: a.By, Action: "ticket.admit", Object: t.ID, Detail: admitted,
		})
	})
	if err != nil {
		return TicketRecord{}, err
	}
	return t, nil
}

// admitted returns the ticket that already answers a, or sql.ErrNoRows.
func (r *Records) admitted(ctx context.Context, tx *txn, a Admission) (TicketRecord, error) {
	t, err := scanTicket(tx.row(ctx, `SELECT `+ticketColumns+` FROM tickets
		WHERE centre = ? AND station = ? AND idem_key = ?`, r.centre, a.Station, a.Key))
	if !errors.Is(err, sql.ErrNoRows) || a.Kind != KindCall {
		return t, err
	}
	return r.openTicketOf(ctx, tx, a.Station)
}

// count raises a counter of this centre and returns it; the first is 1.
func (r *Records) count(ctx context.Context, tx *txn, name string) (int64, error) {
	var n int64
	err := tx.row(ctx, `INSERT INTO counters (centre, name, value) VALUES (?, ?, 1)
		ON CONFLICT (centre, name) DO UPDATE SET value = counters.value + 1 RETURNING value`, r.centre, name).Scan(&n)
	return n, err
}

// ticketNumber spells the nth ticket of a day: A001 … A999, B001 …, Z999, A001.
func ticketNumber(n int64) string {
	letter := rune('A' + (n-1)/999%26)
	return fmt.Sprintf("%c%03d", letter, (n-1)%999+1)
}

// Revise changes who, theme and matter of an open ticket; empty values stay as
// they are. A closed ticket is ErrStale.
func (r *Records) Revise(ctx context.Context, ticket, who, theme, matter string) error {
	return r.write(ctx, "revise", func(tx *txn) error {
		n, err := tx.exec(ctx, `UPDATE tickets SET
			who = CASE WHEN ? = '' THEN who ELSE ? END,
			theme = CASE WHEN ? = '' THEN theme ELSE ? END,
			matter = CASE WHEN ? = '' THEN matter ELSE ? END
			WHERE centre = ? AND id = ? AND state <> 'closed'`,
			who, who, theme, theme, matter, matter, r.centre, ticket)
		return r.changed(ctx, tx, ticket, n, err)
	})
}

// Reprioritise changes the priority of an open ticket. A closed one is ErrStale.
func (r *Records) Reprioritise(ctx context.Context, ticket string, priority int) error {
	return r.write(ctx, "reprioritise", func(tx *txn) error {
		n, err := tx.exec(ctx, `UPDATE tickets SET priority = ? WHERE centre = ? AND id = ? AND state <> 'closed'`,
			priority, r.centre, ticket)
		return r.changed(ctx, tx, ticket, n, err)
	})
}

// changed tells why a compare-and-set changed nothing.
func (r *Records) changed(ctx context.Context, tx *txn, ticket string, rows int64, err error) error {
	if err != nil || rows > 0 {
		return err
	}
	t, err := r.ticket(ctx, tx, ticket)
	if err != nil {
		return err
	}
	return fmt.Errorf("%w: ticket is %s", ErrStale, t.State)
}

// step is the audit row of a change of a ticket's state.
func (r *Records) step(ctx context.Context, tx *txn, ticket, action, actor string, epoch, atMS int64, more ...string) error {
	detail := map[string]string{"epoch": strconv.FormatInt(epoch, 10)}
	for i := 0; i+1 < len(more); i += 2 {
		detail[more[i]] = more[i+1]
	}
	return r.audit(ctx, tx, AuditRow{AtMS: atMS, Actor: actor, Action: action, Object: ticket, Detail: detail})
}
