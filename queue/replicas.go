package queue

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// replicaBound is how long an operation waits for a replica at most.
	replicaBound = 200 * time.Millisecond
	// replicasEvery is how old what is known of the replicas may be.
	replicasEvery = 5 * time.Second
)

// replicated names the operations that give a ticket to another owner. A failover
// that swallowed one of them would offer somebody's call to a second agent until
// SQL's epoch is seen.
var replicated = map[string]bool{"accept": true, "transfer": true, "hand_over": true}

// replicas is what is known of the primary's replicas.
type replicas struct {
	online  atomic.Int32 // that follow it now
	checked atomic.Int64 // unix ns, 0: never, or look again
}

// run sends an operation. One that must survive a failover goes with WAIT 1 on one
// connection, for WAIT speaks of the writes of its own connection. When no replica
// has it in time the operation stands all the same and is counted: SQL, which
// holds the epoch a moment later, is what the reconciler believes. Where there is
// no replica nothing is waited for or counted.
func (q *Queue) run(ctx context.Context, name string, argv []any) ([]any, error) {
	keys := []string{q.prefix}
	if !replicated[name] || !q.hasReplica(ctx) {
		return q.scripts[name].Run(ctx, q.client, keys, argv...).Slice()
	}
	primary, err := q.primary(ctx)
	if err == nil {
		conn := primary.Conn()
		defer func() { _ = conn.Close() }() // back to the pool
		var reply []any
		if reply, err = q.scripts[name].Run(ctx, conn, keys, argv...).Slice(); err == nil {
			if n, err := conn.Wait(ctx, 1, replicaBound).Result(); err != nil || n < 1 {
				q.unreplicated()
			}
			return reply, nil
		}
	}
	if ctx.Err() != nil {
		return nil, err
	}
	// The connection was of a primary that is one no more. The client finds the new
	// one, which may have no replica yet; a repeat changes nothing.
	reply, err := q.scripts[name].Run(ctx, q.client, keys, argv...).Slice()
	if err == nil {
		q.unreplicated()
	}
	return reply, err
}

// unreplicated counts an operation that only the primary is known to have.
func (q *Queue) unreplicated() {
	q.metrics.unreplicated.Inc()
	q.replicas.checked.Store(0)
}

// hasReplica tells whether a replica follows the primary, by INFO now and then.
// Where that is refused, or unknown to the embedded server, there is none.
func (q *Queue) hasReplica(ctx context.Context) bool {
	r := &q.replicas
	seen := r.checked.Load()
	now := time.Now().UnixNano()
	if seen != 0 && now-seen < int64(replicasEvery) || !r.checked.CompareAndSwap(seen, now) {
		return r.online.Load() > 0
	}
	primary, err := q.primary(ctx)
	if err != nil {
		return r.online.Load() > 0
	}
	info, err := primary.Info(ctx, "replication").Result()
	if err != nil && ctx.Err() != nil {
		r.checked.Store(0)
		return r.online.Load() > 0
	}
	online := int32(onlineReplicas(info))
	if before := r.online.Swap(online); before > 0 && online == 0 {
		q.log.Warn("queue: no replica follows redis: what it loses now comes back from the database only")
	}
	return online > 0
}

// primary is the client of the server that holds this centre's keys.
func (q *Queue) primary(ctx context.Context) (*redis.Client, error) {
	switch c := q.client.(type) {
	case *redis.Client:
		return c, nil
	case *redis.ClusterClient:
		return c.MasterForKey(ctx, q.prefix)
	}
	return nil, redis.ErrClosed // no other kind speaks to one server
}

// onlineReplicas counts the replicas in an INFO that have caught up once.
func onlineReplicas(info string) (n int) {
	for line := range strings.Lines(info) {
		name, value, _ := strings.Cut(line, ":")
		if strings.HasPrefix(name, "slave") && strings.Contains(value, "state=online") {
			n++
		}
	}
	return n
}
