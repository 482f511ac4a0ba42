package records

import (
	"context"
	"time"
)

// actorSystem stands in the audit chain for what no person did.
const actorSystem = "system"

// Finish ends wrap-up.
type Finish struct {
	Ticket      string
	Agent       string
	Epoch       int64
	Disposition string
	NextStep    string
	Note        string
	AtMS        int64
}

// Accept commits the change of owner: the ticket is active under agent. It
// succeeds only while the ticket waits or talks and only with an epoch strictly
// greater than the row's; else ErrStale.
func (r *Records) Accept(ctx context.Context, ticket, agent string, epoch, atMS int64) error {
	return r.write(ctx, "accept", func(tx *txn) error {
		n, err := tx.exec(ctx, `UPDATE tickets SET state = 'active', agent = ?, epoch = ?, accepted_ms = ?, connect_ms = 0
			WHERE centre = ? AND id = ? AND epoch < ? AND state IN ('scheduled', 'waiting', 'active')`,
			agent, epoch, atMS, r.centre, ticket, epoch)
		if err := r.changed(ctx, tx, ticket, n, err); err != nil {
			return err
		}
		return r.step(ctx, tx, ticket, "ticket.accept", agent, epoch, atMS)
	})
}

// Requeue puts an active ticket back to waiting with a strictly higher epoch;
// its arrival stays. A waiting ticket only takes the epoch, if it is higher.
func (r *Records) Requeue(ctx context.Context, ticket string, epoch int64) error {
	return r.write(ctx, "requeue", func(tx *txn) error {
		t, err := r.ticket(ctx, tx, ticket)
		if err != nil || t.State == StateWaiting && t.Epoch >= epoch {
			return err
		}
		n, err := tx.exec(ctx, `UPDATE tickets SET state = 'waiting', agent = '', epoch = ?, accepted_ms = 0, connect_ms = 0
			WHERE centre = ? AND id = ? AND epoch < ? AND state IN ('waiting', 'active')`, epoch, r.centre, ticket, epoch)
		if err := r.changed(ctx, tx, ticket, n, err); err != nil {
			return err
		}
		return r.step(ctx, tx, ticket, "ticket.requeue", actorSystem, epoch, time.Now().UnixMilli(), "from", t.Agent)
	})
}

// Reclaim gives an open ticket a strictly higher epoch and changes nothing else of
// it: its owner stays, and what was issued under the epoch of before is stale.
func (r *Records) Reclaim(ctx context.Context, ticket string, epoch int64) error {
	return r.write(ctx, "reclaim", func(tx *txn) error {
		n, err := tx.exec(ctx, `UPDATE tickets SET epoch = ? WHERE centre = ? AND id = ? AND epoch < ? AND state <> 'closed'`,
			epoch, r.centre, ticket, epoch)
		if err := r.changed(ctx, tx, ticket, n, err); err != nil {
			return err
		}
		return r.step(ctx, tx, ticket, "ticket.reclaim", actorSystem, epoch, time.Now().UnixMilli())
	})
}

// Connected notes that both sides have media. The first moment stays; a
// repetition changes nothing.
func (r *Records) Connected(ctx context.Context, ticket string, epoch, atMS int64) error {
	return r.write(ctx, "connected", func(tx *txn) error {
		n, err := tx.exec(ctx, `UPDATE tickets SET epoch = ?,
			connect_ms = CASE WHEN connect_ms = 0 THEN ? ELSE connect_ms END,
			answered_ms = CASE WHEN answered_ms = 0 THEN ? ELSE answered_ms END
			WHERE centre = ? AND id = ? AND epoch <= ? AND state = 'active'`,
			epoch, atMS, atMS, r.centre, ticket, epoch)
		return r.changed(ctx, tx, ticket, n, err)
	})
}

// End stops the talk: active to wrapup. A ticket already in wrapup keeps its
// first reason and time, and the repetition succeeds.
func (r *Records) End(ctx context.Context, ticket string, epoch int64, reason string, atMS int64) error {
	return r.write(ctx, "end", func(tx *txn) error {
		t, err := r.ticket(ctx, tx, ticket)
		if err != nil || t.State == StateWrapUp && t.Epoch <= epoch {
			return err
		}
		n, err := tx.exec(ctx, `UPDATE tickets SET state = 'wrapup', epoch = ?, ended_ms = ?, ended = ?
			WHERE centre = ? AND id = ? AND epoch <= ? AND state = 'active'`,
			epoch, atMS, reason, r.centre, ticket, epoch)
		if err := r.changed(ctx, tx, ticket, n, err); err != nil {
			return err
		}
		return r.step(ctx, tx, ticket, "ticket.end", t.Agent, epoch, atMS, "reason", reason)
	})
}

// Finish closes a ticket in wrapup. Only the agent who talked may; another one,
// an older epoch or another state is ErrStale. Repeating the same finish succeeds.
func (r *Records) Finish(ctx context.Context, f Finish) error {
	return r.write(ctx, "finish", func(tx *txn) error {
		t, err := r.ticket(ctx, tx, f.Ticket)
		if err != nil {
			return err
		}
		if t.State == StateClosed && t.Agent == f.Agent && t.Epoch <= f.Epoch && f.Disposition != "" &&
			t.Dispo == f.Disposition && t.NextStep == f.NextStep {
			return nil
		}
		n, err := tx.exec(ctx, `UPDATE tickets SET state = 'closed', epoch = ?, finished_ms = ?, dispo = ?, next_step = ?, note = ?
			WHERE centre = ? AND id = ? AND agent = ? AND epoch <= ? AND state = 'wrapup'`,
			f.Epoch, f.AtMS, f.Disposition, f.NextStep, f.Note, r.centre, f.Ticket, f.Agent, f.Epoch)
		if err := r.changed(ctx, tx, f.Ticket, n, err); err != nil {
			return err
		}
		// A case that goes on (relay, call back) stays open; its retention has not begun.
		closed := f.AtMS
		if f.NextStep != "" && f.NextStep != "close" {
			closed = 0
		}
		if err := r.closeCase(ctx, tx, f.Ticket, f.NextStep, closed); err != nil {
			return err
		}
		return r.step(ctx, tx, f.Ticket, "ticket.finish", f.Agent, f.Epoch, f.AtMS, "disposition", f.Disposition, "next", f.NextStep)
	})
}

// CloseUnfinished closes a ticket whose wrap-up ran out for good, as 断线未完 with
// the next step "follow", so that somebody looks. A closed ticket stays as it is.
func (r *Records) CloseUnfinished(ctx context.Context, ticket string, epoch, atMS int64) error {
	return r.write(ctx, "close unfinished", func(tx *txn) error {
		t, err := r.ticket(ctx, tx, ticket)
		if err != nil || t.State == StateClosed {
			return err
		}
		n, err := tx.exec(ctx, `UPDATE tickets SET state = 'closed', epoch = ?, finished_ms = ?, dispo = 'disconnected', next_step = 'follow'
			WHERE centre = ? AND id = ? AND epoch <= ? AND state = 'wrapup'`, epoch, atMS, r.centre, ticket, epoch)
		if err := r.changed(ctx, tx, ticket, n, err); err != nil {
			return err
		}
		if err := r.closeCase(ctx, tx, ticket, "follow", 0); err != nil {
			return err
		}
		return r.step(ctx, tx, ticket, "ticket.unfinished", actorSystem, epoch, atMS, "agent", t.Agent)
	})
}

// Abandon closes a ticket that waits or is scheduled. A ticket already abandoned keeps its first
// reason; one that is active or was answered and finished is ErrStale.
func (r *Records) Abandon(ctx context.Context, ticket, reason string, atMS int64) error {
	return r.write(ctx, "abandon", func(tx *txn) error {
		t, err := r.ticket(ctx, tx, ticket)
		if err != nil || t.State == StateClosed && t.FinishedMS == 0 {
			return err
		}
		n, err := tx.exec(ctx, `UPDATE tickets SET state = 'closed', ended_ms = ?, ended = ?
			WHERE centre = ? AND id = ? AND state IN ('scheduled', 'waiting')`, atMS, reason, r.centre, ticket)
		if err := r.changed(ctx, tx, ticket, n, err); err != nil {
			return err
		}
		if err := r.closeCase(ctx, tx, ticket, "", atMS); err != nil {
			return err
		}
		return r.step(ctx, tx, ticket, "ticket.abandon", t.Station, t.Epoch, atMS, "reason", reason)
	})
}

func (r *Records) closeCase(ctx context.Context, tx *txn, ticket, next string, atMS int64) error {
	_, err := tx.exec(ctx, `UPDATE cases SET next_step = ?, closed_ms = ? WHERE centre = ? AND ticket = ?`,
		next, atMS, r.centre, ticket)
	return err
}
