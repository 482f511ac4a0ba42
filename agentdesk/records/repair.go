package records

import (
	"context"
	"errors"

	"github.com/remotewindow/remotewindow/queue"
)

// repair brings Redis and SQL together, ticket by ticket.
func (c *Reconciler) repair(ctx context.Context, s queue.Snapshot, rows []TicketRecord) error {
	open := make(map[string]bool, len(rows))
	for _, row := range rows {
		open[row.ID] = true
	}
	known := make(map[string]queue.Ticket, len(s.Tickets))
	dropped, restored := 0, 0
	// First what SQL has closed: it may hold a station or an agent that a row needs.
	for _, t := range s.Tickets {
		known[t.ID] = t
		if open[t.ID] {
			continue
		}
		if err := c.o.Queue.Drop(ctx, t.ID); err != nil {
			return err
		}
		dropped++
	}
	for _, row := range rows {
		t, there := known[row.ID]
		var err error
		if !there || t.Epoch < row.Epoch {
			restored++
			err = c.restore(ctx, row)
		} else {
			err = c.writeBack(ctx, row, t, s.NowMS)
		}
		if err := c.tolerate(row.ID, err); err != nil {
			return err
		}
	}
	if dropped+restored > 0 {
		c.log.Info("reconciled", "restored", restored, "dropped", dropped, "open", len(rows))
	}
	return nil
}

// tolerate lets go what concerns one ticket only, and what has changed while we
// looked: the next pass sees it. What is left means that a store is away.
func (c *Reconciler) tolerate(ticket string, err error) error {
	for _, one := range []error{
		ErrStale, ErrNotFound, ErrInvalid, queue.ErrStale, queue.ErrNotFound, queue.ErrState, queue.ErrInvalid,
		queue.ErrStationBusy,
	} {
		if errors.Is(err, one) {
			c.log.Warn("ticket not reconciled", "ticket", ticket, "err", err)
			return nil
		}
	}
	return err
}

// restore tells Redis of a ticket that it has forgotten or knows in an older
// state. If Redis has closed it meanwhile, SQL hears of that instead.
func (c *Reconciler) restore(ctx context.Context, row TicketRecord) error {
	t, err := c.o.Queue.Restore(ctx, c.queueTicket(ctx, row))
	if errors.Is(err, queue.ErrState) && row.State == StateWrapUp {
		// Its agent has taken another ticket: nobody will finish this one.
		return c.o.Records.CloseUnfinished(ctx, row.ID, row.Epoch, row.EndedMS)
	}
	if err != nil {
		return err
	}
	switch {
	case issuedTwice(row, t):
		return c.reclaim(ctx, row)
	case t.State == queue.Closed:
		return c.closed(ctx, row, t)
	case row.State == StateActive && row.Epoch < t.Epoch && (t.State == queue.Waiting || t.State == queue.Offered):
		return c.o.Records.Requeue(ctx, row.ID, t.Epoch) // its agent has taken another ticket
	}
	return nil
}

// issuedTwice tells that an epoch stands for one owner in SQL and for another, or
// none, in Redis. Each change of owner takes a new epoch, so this is no change under
// way: Redis has lost one in a failover and has issued its epoch again.
func issuedTwice(row TicketRecord, t queue.Ticket) bool {
	if row.Epoch != t.Epoch || row.State != StateWaiting && row.State != StateActive {
		return false
	}
	owner := ""
	switch t.State {
	case queue.Waiting, queue.Offered:
	case queue.Connecting, queue.Active, queue.WrapUp:
		owner = t.Agent
	case queue.Closed:
		if t.AcceptedMS > 0 {
			owner = t.Agent
		}
	default:
		return false
	}
	return row.Agent != owner
}

// reclaim lets the owner that SQL has committed go on, or the ticket wait, under an
// epoch that nobody else was given.
func (c *Reconciler) reclaim(ctx context.Context, row TicketRecord) error {
	row.Epoch++
	if err := c.o.Records.Reclaim(ctx, row.ID, row.Epoch); err != nil {
		return err
	}
	return c.restore(ctx, row)
}

func (c *Reconciler) queueTicket(ctx context.Context, row TicketRecord) queue.Ticket {
	t := queue.Ticket{
		ID: row.ID, Number: row.Number, Station: row.Station, Affinity: row.Affinity, Who: row.Who, Theme: row.Theme,
		Matter: row.Matter, Priority: row.Priority, ArrivedMS: row.ArrivedMS, Epoch: row.Epoch, State: queue.Waiting,
		Kind: queue.Kind(row.Kind), DueMS: row.DueMS,
	}
	if row.Matter != "" {
		t.Skills = c.o.Skills(ctx, row.Matter)
	}
	switch row.State {
	case StateWaiting:
		return t
	case StateScheduled:
		t.State = queue.Scheduled
		return t
	}
	t.Agent, t.AcceptedMS, t.ConnectedMS = row.Agent, row.AcceptedMS, row.ConnectMS
	switch {
	case row.Kind == KindPreReview:
		t.State = queue.Review
	case row.State == StateWrapUp:
		t.State, t.EndedMS, t.Reason = queue.WrapUp, row.EndedMS, row.Ended
	case row.ConnectMS > 0:
		t.State = queue.Active
	default:
		t.State = queue.Connecting
	}
	return t
}

// closed writes to SQL how Redis closed a ticket. A finish is in SQL before Redis
// hears of it, so one that was served and is still open here was never finished.
func (c *Reconciler) closed(ctx context.Context, row TicketRecord, t queue.Ticket) error {
	r := c.o.Records
	if row.State == StateWrapUp {
		return r.CloseUnfinished(ctx, row.ID, t.Epoch, max(t.SinceMS, t.EndedMS))
	}
	if t.AcceptedMS == 0 {
		if row.State == StateActive {
			if err := r.Requeue(ctx, row.ID, t.Epoch); err != nil {
				return err
			}
		}
		return r.Abandon(ctx, row.ID, t.Reason, t.EndedMS)
	}
	if err := c.ended(ctx, row, t); err != nil {
		return err
	}
	return r.CloseUnfinished(ctx, row.ID, t.Epoch, max(t.SinceMS, t.EndedMS))
}

// ended brings a row that waits or talks to wrapup.
func (c *Reconciler) ended(ctx context.Context, row TicketRecord, t queue.Ticket) error {
	r := c.o.Records
	if row.State == StateWaiting || row.State == StateScheduled || row.State == StateActive && row.Epoch < t.Epoch {
		if err := r.Accept(ctx, row.ID, t.Agent, t.Epoch, t.AcceptedMS); err != nil {
			return err
		}
	}
	if t.ConnectedMS > 0 && row.ConnectMS == 0 && row.State != StateWrapUp {
		if err := r.Connected(ctx, row.ID, t.Epoch, t.ConnectedMS); err != nil {
			return err
		}
	}
	return r.End(ctx, row.ID, t.Epoch, t.Reason, t.EndedMS)
}

// writeBack brings a row to what Redis knows under the same or a higher epoch.
// Whoever changes an owner tells Redis first and SQL next, so a difference
// younger than settle may be a change under way and is left alone.
func (c *Reconciler) writeBack(ctx context.Context, row TicketRecord, t queue.Ticket, nowMS int64) error {
	r := c.o.Records
	owned := t.State == queue.Connecting || t.State == queue.Active || t.State == queue.Review
	switch {
	case row.State == StateWrapUp && (t.State == queue.Waiting || t.State == queue.Offered || owned && t.Agent != row.Agent):
		// Redis changed the owner before it heard of the end. Nobody is there to be
		// served, and the agent who was can end no wrap-up of it.
		if err := c.o.Queue.Drop(ctx, row.ID); err != nil {
			return err
		}
		return r.CloseUnfinished(ctx, row.ID, t.Epoch, max(nowMS, row.EndedMS))
	case row.State == StateWrapUp && owned:
		_, err := c.o.Queue.HangUp(ctx, row.ID, t.Epoch, row.Ended) // SQL has ended it, Redis has not heard
		return err
	case issuedTwice(row, t):
		return c.reclaim(ctx, row)
	case nowMS-t.SinceMS < settle.Milliseconds():
		return nil
	case owned && (row.State == StateWaiting || row.State == StateScheduled || row.State == StateActive && row.Epoch < t.Epoch):
		if err := r.Accept(ctx, row.ID, t.Agent, t.Epoch, t.AcceptedMS); err != nil {
			return err
		}
		row.State, row.ConnectMS = StateActive, 0
	case row.State == StateActive && (t.State == queue.Waiting || t.State == queue.Offered) && row.Epoch < t.Epoch:
		return r.Requeue(ctx, row.ID, t.Epoch)
	case t.State == queue.WrapUp && row.State != StateWrapUp:
		return c.ended(ctx, row, t)
	}
	if row.State == StateActive && t.State == queue.Active && row.ConnectMS == 0 {
		return r.Connected(ctx, row.ID, t.Epoch, t.ConnectedMS)
	}
	return nil
}

// apply writes to SQL what an event of the queue tells of a ticket's end. The one
// who caused it may write the same: each of these changes can be repeated.
func (c *Reconciler) apply(ctx context.Context, e queue.Event) error {
	r := c.o.Records
	var err error
	switch e.Kind {
	case queue.Resync:
		c.Kick()
	case "connected":
		err = r.Connected(ctx, e.Ticket, e.Epoch, e.AtMS)
	case "requeued", "transferred", "review_returned":
		err = r.Requeue(ctx, e.Ticket, e.Epoch)
	case "handed_over":
		err = r.Accept(ctx, e.Ticket, e.Agent, e.Epoch, e.AtMS)
	case "ended":
		err = r.End(ctx, e.Ticket, e.Epoch, e.Detail, e.AtMS)
	case "abandoned":
		err = r.Abandon(ctx, e.Ticket, e.Detail, e.AtMS)
	case "unfinished":
		err = r.CloseUnfinished(ctx, e.Ticket, e.Epoch, e.AtMS)
	}
	if errors.Is(err, ErrStale) || errors.Is(err, ErrNotFound) {
		return nil // old news, or another's ticket; a pass looks at what is left
	}
	return err
}
