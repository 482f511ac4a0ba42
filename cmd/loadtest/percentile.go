package main

import (
	"math"
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// quantiles is how the report shows a distribution. An empty one is all zeros.
type quantiles struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

// samples keeps every value: it is for figures of which a call has a handful.
type samples struct {
	mu     sync.Mutex
	values []float64
}

func (s *samples) add(v float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.values = append(s.values, v)
}

// addSince adds the milliseconds since begin.
func (s *samples) addSince(begin time.Time) {
	s.add(float64(time.Since(begin).Microseconds()) / 1000)
}

func (s *samples) quantiles() quantiles {
	s.mu.Lock()
	sorted := slices.Clone(s.values)
	s.mu.Unlock()
	slices.Sort(sorted)
	return quantiles{P50: rank(sorted, 0.50), P95: rank(sorted, 0.95), P99: rank(sorted, 0.99), Max: rank(sorted, 1)}
}

// rank returns the nearest-rank quantile: the smallest value that at least
// share of all are not above.
func rank(sorted []float64, share float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	n := int(math.Ceil(share*float64(len(sorted)))) - 1
	return sorted[min(max(n, 0), len(sorted)-1)]
}

// Buckets of a histogram: exact below 64, above it 32 to each power of two, so
// a figure is at most 3 % too high. The last one holds all above 2^40.
const (
	exactBelow = 64
	perPower   = 32
	topPower   = 40
	buckets    = exactBelow + (topPower-6)*perPower + 1
)

// histogram counts whole numbers in bounded memory, from any goroutine, without
// a lock: it is for figures that every packet has.
type histogram struct {
	counts  [buckets]atomic.Int64
	highest atomic.Int64
}

func bucketOf(v int64) int {
	if v < exactBelow {
		return int(max(v, 0))
	}
	power := bits.Len64(uint64(v)) - 1 // at least 6
	if power >= topPower {
		return buckets - 1
	}
	within := int(v>>(power-5)) - perPower // the five bits after the leading one
	return exactBelow + (power-6)*perPower + within
}

// ceilingOf returns the largest value that falls into bucket b.
func ceilingOf(b int) int64 {
	if b < exactBelow {
		return int64(b)
	}
	power, within := (b-exactBelow)/perPower+6, int64((b-exactBelow)%perPower)
	return (within+perPower+1)<<(power-5) - 1
}

func (h *histogram) add(v int64) {
	h.counts[bucketOf(v)].Add(1)
	for {
		top := h.highest.Load()
		if v <= top || h.highest.CompareAndSwap(top, v) {
			return
		}
	}
}

func (h *histogram) quantiles() quantiles {
	var counts [buckets]int64
	var total int64
	for i := range counts {
		counts[i] = h.counts[i].Load()
		total += counts[i]
	}
	if total == 0 {
		return quantiles{}
	}
	highest := h.highest.Load()
	at := func(share float64) float64 {
		want := int64(math.Ceil(share * float64(total)))
		var seen int64
		for i, n := range counts {
			if seen += n; seen >= want {
				return float64(min(ceilingOf(i), highest))
			}
		}
		return float64(highest)
	}
	return quantiles{P50: at(0.50), P95: at(0.95), P99: at(0.99), Max: float64(highest)}
}
