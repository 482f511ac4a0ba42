package queue

import (
	"context"
	"fmt"
)

// Invite rings at target, who is to be consulted or to join a running call as
// third person; see the Purpose constants. There is one at a time, and it has a
// seat like an owner: offer, then call. It rings for Numbers.Ring; a ring-out
// counts against target only when its desk had drawn it. ErrState, with [Because],
// when target is not ready or another is there. A repeat is fine.
func (q *Queue) Invite(ctx context.Context, id, agent string, epoch int64, target, purpose string) (Ticket, error) {
	if purpose != PurposeConsult && purpose != PurposeThird {
		return Ticket{}, fmt.Errorf("queue: invite: %w: purpose %q", ErrInvalid, purpose)
	}
	if target == agent {
		return Ticket{}, fmt.Errorf("queue: invite: %w: oneself", ErrInvalid)
	}
	return ticketReply(q.call(ctx, "invite", id, agent, epoch, target, purpose))
}

// ThirdShown notes that target's desk has drawn the invitation; repeats are fine.
func (q *Queue) ThirdShown(ctx context.Context, id, target string, thirdEpoch int64) error {
	_, err := q.call(ctx, "third_shown", id, target, thirdEpoch)
	return err
}

// ThirdAccept joins the call. ErrStale when the invitation is gone. A repeat of
// the accept that won returns the same.
func (q *Queue) ThirdAccept(ctx context.Context, id, target string, thirdEpoch int64) (Ticket, error) {
	return ticketReply(q.call(ctx, "third_accept", id, target, thirdEpoch))
}

// ThirdDecline refuses the invitation; repeats are fine.
func (q *Queue) ThirdDecline(ctx context.Context, id, target string, thirdEpoch int64, reason string) error {
	if err := check("reason", reason, maxText); err != nil {
		return fmt.Errorf("queue: third decline: %w", err)
	}
	_, err := q.call(ctx, "third_decline", id, target, thirdEpoch, reason)
	return err
}

// ThirdLeave ends target's part of the call, or takes the invitation back; of
// someone who has none it is fine.
func (q *Queue) ThirdLeave(ctx context.Context, id, target string) (Ticket, error) {
	return ticketReply(q.call(ctx, "third_leave", id, target))
}

// HandOver makes the third person, who has joined and is connected, the owner with
// a higher epoch, and frees the agent. A repeat is fine.
func (q *Queue) HandOver(ctx context.Context, id, agent string, epoch int64) (Ticket, error) {
	return ticketReply(q.call(ctx, "hand_over", id, agent, epoch))
}
