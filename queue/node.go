package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// NodeBeat says that a node lives and will say so again within ttl. When it does
// not, each socket that it announced (Options.Node of the queue that did) is
// dropped as if it had closed, at most 100 in a step. lapsed tells a node that it
// had no lease: it is new, or it was taken for dead, and must announce its sockets
// again.
func (q *Queue) NodeBeat(ctx context.Context, node string, ttl time.Duration) (lapsed bool, err error) {
	err = check("node", node, maxID)
	if node == "" || ttl < time.Millisecond {
		err = errors.Join(err, fmt.Errorf("%w: node %q for %v", ErrInvalid, node, ttl))
	}
	if err != nil {
		return false, fmt.Errorf("queue: node beat: %w", err)
	}
	reply, err := q.call(ctx, "node_beat", node, ttl.Milliseconds())
	if err != nil {
		return false, err
	}
	return text(reply[0]) == "1", nil
}

// Adopt makes node the home of an open ticket. A running call gets a higher epoch,
// so that its old home is fenced out; ErrStale when it has another epoch than the
// caller's. Of a node that is the home already it changes nothing.
func (q *Queue) Adopt(ctx context.Context, id, node string, epoch int64) (Ticket, error) {
	if err := check("node", node, maxID); err != nil || node == "" {
		return Ticket{}, fmt.Errorf("queue: adopt: %w: node %q", ErrInvalid, node)
	}
	return ticketReply(q.call(ctx, "adopt", id, node, epoch))
}

// NodeLives reports whether a node has a lease: it said so within its ttl, or
// nobody has swept the deadlines since.
func (q *Queue) NodeLives(ctx context.Context, node string) (bool, error) {
	err := q.client.ZScore(ctx, q.prefix+"deadlines", "node:"+node).Err()
	if errors.Is(err, redis.Nil) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("queue: node lives: %w", err)
	}
	return true, nil
}
