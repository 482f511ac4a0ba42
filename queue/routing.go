package queue

import (
	"context"
	"errors"
	"fmt"
)

// To says where a transfer goes.
type To struct {
	// Agent is asked first, for the affinity window from now on; it becomes the
	// ticket's Affinity. Empty: that stays.
	Agent string
	// Skills replace those needed, and the widening steps, unless nil.
	Skills []string
	Reason string
}

// Transfer gives a call away without a word to the next agent: the ticket waits
// again at its own place, another agent is asked first, and this one is free at
// once. A repeat after a lost answer is fine.
func (q *Queue) Transfer(ctx context.Context, id, agent string, epoch int64, to To) (Ticket, error) {
	skills, err := joined("skills", to.Skills)
	err = errors.Join(err, check("agent", to.Agent, maxID), check("reason", to.Reason, maxText))
	if to.Agent != "" && to.Agent == agent {
		err = errors.Join(err, fmt.Errorf("%w: transfer to oneself", ErrInvalid))
	}
	if err != nil {
		return Ticket{}, fmt.Errorf("queue: transfer: %w", err)
	}
	replace := 0
	if to.Skills != nil {
		replace = 1
	}
	return ticketReply(q.call(ctx, "transfer", id, agent, epoch, to.Agent, replace, skills, to.Reason))
}

// Assign offers a waiting ticket to this agent, out of turn and whatever its
// skills. ErrState, with [Because], when the agent is not ready or the ticket
// cannot be offered. A repeat is fine. by and reason stand in the event.
func (q *Queue) Assign(ctx context.Context, id, agent, by, reason string) (Ticket, error) {
	if err := errors.Join(check("by", by, maxID), check("reason", reason, maxText)); err != nil {
		return Ticket{}, fmt.Errorf("queue: assign: %w", err)
	}
	return ticketReply(q.call(ctx, "assign", id, agent, by, reason))
}

// Pull offers a waiting ticket to the agent who asks for it, out of turn; the
// caller accepts it next. ErrState, with [Because], when the agent is not ready or
// lacks a skill, or the ticket cannot be offered. A repeat is fine.
func (q *Queue) Pull(ctx context.Context, id, agent string) (Ticket, error) {
	return ticketReply(q.call(ctx, "pull", id, agent))
}

// Reprioritise gives a ticket that is scheduled, waits or rings another priority,
// and with it another place. It is the only operation that moves a place.
func (q *Queue) Reprioritise(ctx context.Context, id string, priority int, by string) (Ticket, error) {
	err := check("by", by, maxID)
	if priority < 0 || priority > maxPriority {
		err = errors.Join(err, fmt.Errorf("%w: priority %d", ErrInvalid, priority))
	}
	if err != nil {
		return Ticket{}, fmt.Errorf("queue: reprioritise: %w", err)
	}
	return ticketReply(q.call(ctx, "reprioritise", id, priority, by))
}

// Hold begins or ends a hold of an active call; repeated calls are fine. A hold
// ends with the talk, and when the call changes its owner.
func (q *Queue) Hold(ctx context.Context, id string, epoch int64, on bool) (Ticket, error) {
	flag := 0
	if on {
		flag = 1
	}
	return ticketReply(q.call(ctx, "hold", id, epoch, flag))
}
