package queue

import (
	"context"
	"fmt"
)

// TakeReview gives a waiting pre-review to a connected agent: state review, with a
// higher epoch. It takes no seat: the agent is offered calls all the same.
// ErrState, with [Because], when it has Numbers.Reviews in hand. A repeat by the
// same agent is fine.
func (q *Queue) TakeReview(ctx context.Context, id, agent string) (Ticket, error) {
	return ticketReply(q.call(ctx, "review_take", id, agent))
}

// ReturnReview puts a pre-review back at its own place; repeats are fine. So does
// the queue when the agent stays away beyond its grace.
func (q *Queue) ReturnReview(ctx context.Context, id, agent string, epoch int64, reason string) (Ticket, error) {
	if err := check("reason", reason, maxText); err != nil {
		return Ticket{}, fmt.Errorf("queue: return review: %w", err)
	}
	return ticketReply(q.call(ctx, "review_return", id, agent, epoch, reason))
}

// FinishReview closes a pre-review; repeated calls are fine.
func (q *Queue) FinishReview(ctx context.Context, id, agent string, epoch int64) error {
	_, err := q.call(ctx, "review_finish", id, agent, epoch)
	return err
}
