package client

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

const (
	backoffBase = 500 * time.Millisecond
	backoffCap  = 8 * time.Second
)

// backoff returns how long to wait before attempt n (0 is the first retry):
// full jitter, so that a thousand stations do not come back in step. chance is
// in [0,1).
func backoff(n int, chance float64) time.Duration {
	ceiling := backoffCap
	if n < 5 { // 0.5 s · 2^4 is the cap
		ceiling = min(backoffBase<<n, backoffCap)
	}
	return time.Duration(chance * float64(ceiling))
}

// pause waits d or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func pauseJittered(ctx context.Context, attempt int) error {
	return pause(ctx, backoff(attempt, rand.Float64()))
}

func asError(err error, target **Error) bool { return errors.As(err, target) }
