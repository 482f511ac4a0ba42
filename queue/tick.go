package queue

import (
	"context"
	"time"
)

// idleTick is how long Run sleeps when no deadline is set.
const idleTick = time.Second

// Tick acts on due deadlines, at most 100, and returns the time until the next
// one: 0 when more are due, idleTick at most. Any node may run it at any time.
func (q *Queue) Tick(ctx context.Context) (next time.Duration, err error) {
	reply, err := q.call(ctx, "tick")
	if err != nil {
		return idleTick, err
	}
	ms := fields{"next": text(reply[0])}.ms("next")
	if ms < 0 {
		return idleTick, nil
	}
	return min(time.Duration(ms)*time.Millisecond, idleTick), nil
}

// Run sweeps deadlines until ctx ends, and returns nil then. Redis being away is
// logged once and tried again every second: what was due is done late. Every
// node runs it; the first one to see a deadline acts on it.
func (q *Queue) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	away := false
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		next, err := q.Tick(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && !away:
			away = true
			q.log.Error("queue: deadlines are not swept", "err", err)
		case err == nil && away:
			away = false
			q.log.Info("queue: deadlines are swept again")
		}
		timer.Reset(min(next, q.longestSleep()))
	}
}

// longestSleep bounds the pause between two sweeps: a deadline that is set while
// asleep must not be met late by more than a part of it.
func (q *Queue) longestSleep() time.Duration {
	longest, n := idleTick, q.numbers.Load()
	for _, d := range []time.Duration{n.Ring, n.Affinity, n.WaitingGrace, n.CallGrace, n.AgentGrace, n.WrapUp} {
		longest = min(longest, max(d/4, 10*time.Millisecond))
	}
	return longest
}
