package queue

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
)

// State of a ticket.
type State string

// States of a ticket.
const (
	Waiting    State = "waiting"
	Offered    State = "offered"    // rings at one agent
	Connecting State = "connecting" // accepted, media not yet there on both sides
	Active     State = "active"
	WrapUp     State = "wrapup" // the station is free again, the agent writes up
	Closed     State = "closed"
)

// Ticket is one request for live service. Times are unix ms of Redis' clock, 0
// when it has not happened.
type Ticket struct {
	ID       string // sorts by time, so that equal scores keep their order
	Number   string // what the resident sees
	Station  string
	Affinity string // agent asked first, may be empty
	Who      string
	Theme    string
	Matter   string
	Skills   []string // all of them are needed; none: any agent
	Priority int      // 0 to 3
	// ArrivedMS is set at admission and never changes; a time in the future is
	// taken as now, 0 as well.
	ArrivedMS    int64
	State        State
	Epoch        int64  // fencing token of the present owner
	Agent        string // owner, and of a closed ticket the last one
	SinceMS      int64  // when State began
	OfferedMS    int64
	ShownMS      int64 // the desk has drawn the offer
	ExpiresMS    int64 // the offer rings out
	AcceptedMS   int64
	ConnectedMS  int64
	EndedMS      int64 // the talk ended, or the ticket closed without one
	WrapUpEndsMS int64
	StationLost  bool     // the station is away; not offered meanwhile
	AgentLost    bool     // the agent of the call is away, or left and the ticket waits again
	Excluded     []string // agents not asked again before all others
	Extended     int      // how often wrap-up was extended
	Reason       string   // why it ended
}

// Revision changes what a ticket is about. Empty strings and nil Skills stay as
// they are; empty but non-nil Skills mean that anyone may serve.
type Revision struct {
	Who, Theme, Matter string
	Skills             []string
}

// Enqueue admits t by ID, Number, Station, Affinity, Who, Theme, Matter, Skills,
// Priority, ArrivedMS and Epoch; other fields are ignored. The same ID, or the
// same idem (may be empty) of the station within a day of its close, returns
// what is stored. With ErrStationBusy the other open ticket is returned.
func (q *Queue) Enqueue(ctx context.Context, t Ticket, idem string) (Ticket, error) {
	skills, err := checkTicket(t)
	if err == nil {
		err = check("idem", idem, maxText)
	}
	if err != nil {
		return Ticket{}, fmt.Errorf("queue: enqueue: %w", err)
	}
	return ticketReply(q.call(ctx, "enqueue", t.ID, t.Number, t.Station, t.Affinity, t.Who, t.Theme, t.Matter, skills,
		t.Priority, t.ArrivedMS, t.Epoch, idem))
}

// Revise changes an open ticket; its place stays, and an offer is not withdrawn.
func (q *Queue) Revise(ctx context.Context, id string, r Revision) (Ticket, error) {
	skills, err := joined("skills", r.Skills)
	for _, s := range []string{r.Who, r.Theme, r.Matter} {
		err = errors.Join(err, check("revision", s, maxText))
	}
	if err != nil {
		return Ticket{}, fmt.Errorf("queue: revise: %w", err)
	}
	replace := 0
	if r.Skills != nil {
		replace = 1
	}
	return ticketReply(q.call(ctx, "revise", id, r.Who, r.Theme, r.Matter, replace, skills))
}

// Shown notes that the agent's desk has drawn the offer; repeated calls are fine.
func (q *Queue) Shown(ctx context.Context, id, agent string, epoch int64) error {
	_, err := q.call(ctx, "shown", id, agent, epoch)
	return err
}

// Accept makes the agent the owner: state connecting, with a higher epoch. ErrStale
// when the offer is gone. A repeat of the accept that won returns the same.
func (q *Queue) Accept(ctx context.Context, id, agent string, epoch int64) (Ticket, error) {
	return ticketReply(q.call(ctx, "accept", id, agent, epoch))
}

// Connected notes that both sides have media; repeated calls are fine.
func (q *Queue) Connected(ctx context.Context, id string, epoch int64) (Ticket, error) {
	return ticketReply(q.call(ctx, "connected", id, epoch))
}

// Decline refuses an offer; the ticket keeps its place and asks others first.
func (q *Queue) Decline(ctx context.Context, id, agent string, epoch int64, reason string) error {
	if err := check("reason", reason, maxText); err != nil {
		return fmt.Errorf("queue: decline: %w", err)
	}
	_, err := q.call(ctx, "decline", id, agent, epoch, reason)
	return err
}

// HangUp ends the talk of a connecting or active ticket and begins wrap-up; the
// station may call again at once. Of an ended call it returns the ticket.
func (q *Queue) HangUp(ctx context.Context, id string, epoch int64, reason string) (Ticket, error) {
	if err := check("reason", reason, maxText); err != nil {
		return Ticket{}, fmt.Errorf("queue: hang up: %w", err)
	}
	return ticketReply(q.call(ctx, "hangup", id, epoch, reason))
}

// Extend gives a running wrap-up 60 s more, at most ten times; then, or when it
// has run out, ErrState. Every call is another minute; only what the client of
// Redis sends again by itself after a lost answer counts once.
func (q *Queue) Extend(ctx context.Context, id, agent string, epoch int64) (Ticket, error) {
	return ticketReply(q.call(ctx, "extend", id, agent, epoch, rand.Text()))
}

// Finish closes a ticket in wrap-up and frees its agent; repeated calls are fine.
func (q *Queue) Finish(ctx context.Context, id, agent string, epoch int64) error {
	_, err := q.call(ctx, "finish", id, agent, epoch)
	return err
}

// Abandon closes a ticket that nobody has accepted and withdraws its offer;
// repeated calls are fine. ErrState once it has been accepted.
func (q *Queue) Abandon(ctx context.Context, id, reason string) error {
	if err := check("reason", reason, maxText); err != nil {
		return fmt.Errorf("queue: abandon: %w", err)
	}
	_, err := q.call(ctx, "abandon", id, reason)
	return err
}

// Requeue takes a connecting or active ticket from its agent and puts it back at
// its own place with a higher epoch; the agent is asked again last.
func (q *Queue) Requeue(ctx context.Context, id string, epoch int64, reason string) (Ticket, error) {
	if err := check("reason", reason, maxText); err != nil {
		return Ticket{}, fmt.Errorf("queue: requeue: %w", err)
	}
	return ticketReply(q.call(ctx, "requeue", id, epoch, reason))
}

// Restore puts back a ticket that SQL holds open: waiting (and offered) at its
// original place, connecting and active held for parties that are not connected,
// or in wrap-up. When Redis knows the ticket with the same or a higher epoch,
// nothing changes and Redis' ticket is returned, which may be closed: then SQL
// has missed the close. An active ticket whose agent has taken another one waits
// again; a wrap-up in that case is ErrState.
func (q *Queue) Restore(ctx context.Context, t Ticket) (Ticket, error) {
	skills, err := checkTicket(t)
	for _, s := range []string{t.Agent, t.Reason} {
		err = errors.Join(err, check("agent or reason", s, maxText))
	}
	if err != nil {
		return Ticket{}, fmt.Errorf("queue: restore: %w", err)
	}
	return ticketReply(q.call(ctx, "restore", t.ID, t.Number, t.Station, t.Affinity, t.Who, t.Theme, t.Matter, skills,
		t.Priority, t.ArrivedMS, t.Epoch, string(t.State), t.Agent, t.AcceptedMS, t.ConnectedMS, t.EndedMS,
		t.WrapUpEndsMS, t.Reason))
}

// Drop removes a ticket that SQL has closed, whatever its state; an unknown one
// is fine.
func (q *Queue) Drop(ctx context.Context, id string) error {
	_, err := q.call(ctx, "drop", id)
	return err
}
