package forecast

import (
	"cmp"
	"sync"
	"time"
)

const (
	// maxPromises bounds the tickets that are remembered between admission and end.
	maxPromises = 10_000
	// scored is the number of newest outcomes that the coverage is taken over.
	scored = 1000
	// learn is how far Level moves after one outcome, and between which bounds.
	learn              = 0.01
	lowLevel, topLevel = 0.5, 0.97
)

// Score compares the P80 that was promised at admission with what happened. The
// zero value is ready; it may be used by several goroutines.
//
// A wait that was answered within its bound is kept, one answered later is broken.
// Somebody who gives up is censored: how long the wait would have been is not
// known. Who had waited longer than the bound by then counts as broken, who left
// earlier counts for nothing but the number Left. So the coverage leans upward
// where many leave early, and Left says how many those are.
type Score struct {
	mu       sync.Mutex
	promised map[string]promise
	outcomes []bool // ring of the newest
	next     int
	left     int
	level    float64 // 0: not moved yet
}

type promise struct {
	atMS  int64
	bound time.Duration
}

// Promise records the band of a ticket at its admission; later ones of the same
// ticket and unsure ones are ignored.
func (s *Score) Promise(b Band, nowMS int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.promised[b.Ticket]; known || !b.Sure || len(s.promised) >= maxPromises {
		return
	}
	if s.promised == nil {
		s.promised = map[string]promise{}
	}
	s.promised[b.Ticket] = promise{nowMS, b.P80}
}

// Answered records that an agent was connected.
func (s *Score) Answered(ticket string, nowMS int64) { s.end(ticket, nowMS, true) }

// Left records that the ticket ended without an agent.
func (s *Score) Left(ticket string, nowMS int64) { s.end(ticket, nowMS, false) }

func (s *Score) end(ticket string, nowMS int64, answered bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.promised[ticket]
	if !ok {
		return
	}
	delete(s.promised, ticket)
	kept := time.Duration(nowMS-p.atMS)*time.Millisecond <= p.bound
	if kept && !answered {
		s.left++
		return
	}
	if len(s.outcomes) < scored {
		s.outcomes = append(s.outcomes, kept)
	} else {
		s.outcomes[s.next] = kept
		s.next = (s.next + 1) % scored
	}
	step := learn * defaultLevel
	if kept {
		step = -learn * (1 - defaultLevel)
	}
	s.level = min(max(cmp.Or(s.level, defaultLevel)+step, lowLevel), topLevel)
}

// Coverage is the share of the newest 1,000 outcomes that the promised P80
// covered, how many outcomes those are, and how many left before their bound since
// the Score began. The share is 0 while n is.
func (s *Score) Coverage() (share float64, n, left int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := 0
	for _, ok := range s.outcomes {
		if ok {
			kept++
		}
	}
	if n = len(s.outcomes); n > 0 {
		share = float64(kept) / float64(n)
	}
	return share, n, s.left
}

// Level is the quantile to ask for next (Options.Level) so that 80 % are covered
// in the long run although the replay does not know everything, such as breaks:
// adaptive conformal inference, I. Gibbs and E. Candès, NeurIPS 2021. It starts at
// 0.8, rises by 0.008 after a broken promise and falls by 0.002 after a kept one.
func (s *Score) Level() float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return cmp.Or(s.level, defaultLevel)
}
