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
	Scheduled  State = "scheduled" // a call-back or booking that is not due, or whose station is busy or away
	Waiting    State = "waiting"
	Offered    State = "offered"    // rings at one agent
	Connecting State = "connecting" // accepted, media not yet there on both sides
	Active     State = "active"
	WrapUp     State = "wrapup" // the station is free again, the agent writes up
	Review     State = "review" // a pre-review in an agent's hand
	Closed     State = "closed"
)

// Kind of a ticket.
type Kind string

// Kinds of tickets. Only a call is refused outside the opening hours and when the
// queue is full.
const (
	KindCall      Kind = "call"      // somebody stands there; the default
	KindCallback  Kind = "callback"  // to be called back from DueMS on
	KindBooking   Kind = "booking"   // an appointment at DueMS
	KindPreReview Kind = "prereview" // materials to be looked at, without a call
)

// WidenStep asks for less, or other, skills once a ticket has waited.
type WidenStep struct {
	AfterMS int64    // since Ticket.FromMS
	Skills  []string // needed from then on instead; none: any agent
}

// Parts that a third person plays, and how far it is.
const (
	PurposeConsult = "consult" // the agent asks before it hands over
	PurposeThird   = "third"   // talks with both

	ThirdOffered = "offered" // rings at the third person
	ThirdJoined  = "joined"
)

// Ticket is one request for live service. Times are unix ms of Redis' clock, 0
// when it has not happened.
type Ticket struct {
	ID       string // sorts by time, so that equal scores keep their order
	Kind     Kind   // empty: a call
	Number   string // what the resident sees
	Station  string
	Affinity string // agent asked first, may be empty
	Backup   string // asked instead while Affinity is not there, and before others after its window
	Who      string
	Theme    string
	Matter   string
	Matters  []string // of a bundle, the first is Matter; empty of a single matter
	Skills   []string // all of them are needed; none: any agent
	Widen    []WidenStep
	Need     []string // Skills or those of the widening step reached
	Step     int      // widening steps done
	Priority int      // 0 to 3
	// ArrivedMS is set at admission and never changes; a time in the future is
	// taken as now, 0 as well.
	ArrivedMS      int64
	DueMS          int64 // of a call-back or booking
	FromMS         int64 // when it began to wait: arrival, or when it came due
	AffinityFromMS int64 // when the window of its own agent began
	State          State
	Epoch          int64  // fencing token of the present owner
	Agent          string // owner, and of a closed ticket the last one
	Home           string // node that owns the call
	SinceMS        int64  // when State began
	OfferedMS      int64
	ShownMS        int64 // the desk has drawn the offer
	ExpiresMS      int64 // the offer rings out
	AcceptedMS     int64
	ConnectedMS    int64
	HeldSinceMS    int64 // on hold since; 0 when not
	HoldTotalMS    int64 // holds that are over, in all
	EndedMS        int64 // the talk ended, or the ticket closed without one
	WrapUpEndsMS   int64
	Third          string // agent who is asked, or takes part, as third person
	ThirdState     string // empty without one
	ThirdPurpose   string
	ThirdEpoch     int64    // fencing token of the third person, rises with each invitation
	ThirdShownMS   int64    // its desk has drawn the invitation
	ThirdExpiresMS int64    // the invitation rings out
	StationLost    bool     // the station is away; not offered meanwhile
	AgentLost      bool     // the agent of the call is away, or left and the ticket waits again
	Excluded       []string // agents not asked again before all others
	Extended       int      // how often wrap-up was extended
	Reason         string   // why it ended
}

// InLine reports whether the ticket waits for an agent to call. Pre-reviews wait
// in a line of their own.
func (t Ticket) InLine() bool { return t.State == Waiting && t.Kind != KindPreReview }

// Timed reports whether the ticket is due at a time of its own and is served in
// opening hours only.
func (t Ticket) Timed() bool { return t.Kind == KindCallback || t.Kind == KindBooking }

// Revision changes what a ticket is about. Empty strings and nil Skills stay as
// they are; empty but non-nil Skills mean that anyone may serve.
type Revision struct {
	Who, Theme, Matter string
	Matters            []string // replaces them when Matter is given
	Skills             []string
	Widen              []WidenStep // replaces the steps when Skills is not nil
}

// Enqueue admits t by ID, Kind, Number, Station, Affinity, Backup, Who, Theme,
// Matter, Matters, Skills, Widen, Priority, ArrivedMS, DueMS and Epoch; other
// fields are ignored. The same ID, or the same idem (may be empty) of the station
// within a day of its close, returns what is stored.
//
// A call is refused with ErrStationBusy, and the other open ticket returned, with
// ErrClosed outside the opening hours and with ErrFull. A call-back or booking is
// scheduled: it waits from DueMS on, at the place of its arrival, as soon as its
// station is there and free and the centre open. One whose station did not come
// for a week after is closed as missed. A pre-review waits in a line of its own.
// Only a call, or a call-back or booking that is due, has the station's one seat.
func (q *Queue) Enqueue(ctx context.Context, t Ticket, idem string) (Ticket, error) {
	l, err := checkTicket(t)
	if err == nil {
		err = check("idem", idem, maxText)
	}
	if err != nil {
		return Ticket{}, fmt.Errorf("queue: enqueue: %w", err)
	}
	return ticketReply(q.call(ctx, "enqueue", append(described(t, l), idem)...))
}

// described are the arguments that enqueue and restore begin with.
func described(t Ticket, l lists) []any {
	kind := t.Kind
	if kind == "" {
		kind = KindCall
	}
	return []any{t.ID, t.Number, t.Station, t.Affinity, t.Who, t.Theme, t.Matter, l.skills, t.Priority, t.ArrivedMS,
		t.Epoch, string(kind), l.matters, t.Backup, t.DueMS, l.widen}
}

// Revise changes an open ticket; its place stays, and an offer is not withdrawn.
func (q *Queue) Revise(ctx context.Context, id string, r Revision) (Ticket, error) {
	skills, err := joined("skills", r.Skills)
	matters, errMatters := joined("matters", r.Matters)
	widen, errWiden := steps(r.Widen)
	err = errors.Join(err, errMatters, errWiden)
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
	return ticketReply(q.call(ctx, "revise", id, r.Who, r.Theme, r.Matter, replace, skills, matters, widen))
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

// Abandon closes a ticket that nobody has accepted, a scheduled one and a
// pre-review that waits too, and withdraws its offer;
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
	l, err := checkTicket(t)
	for _, s := range []string{t.Agent, t.Reason, t.Home, t.Third, t.ThirdPurpose} {
		err = errors.Join(err, check("agent or reason", s, maxText))
	}
	if err != nil {
		return Ticket{}, fmt.Errorf("queue: restore: %w", err)
	}
	return ticketReply(q.call(ctx, "restore", append(described(t, l), string(t.State), t.Agent, t.AcceptedMS, t.ConnectedMS,
		t.EndedMS, t.WrapUpEndsMS, t.Reason, t.Home, t.HoldTotalMS, t.Third, t.ThirdState, t.ThirdPurpose, t.ThirdEpoch,
		t.FromMS)...))
}

// Drop removes a ticket that SQL has closed, whatever its state; an unknown one
// is fine.
func (q *Queue) Drop(ctx context.Context, id string) error {
	_, err := q.call(ctx, "drop", id)
	return err
}
