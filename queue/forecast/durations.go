package forecast

import (
	"slices"
	"sync"
	"time"
)

const (
	poolSize = 200 // newest services that are kept of a matter, a family, the centre
	// enough is the number of services from which on a matter stands for itself.
	enough = 30
	// maxMatters bounds the matters, and the families, that have a pool of their own;
	// those above it count for the centre alone.
	maxMatters = 1024
)

// Service is how long one finished ticket held its seat.
type Service struct {
	Answer time.Duration // offer → connected
	Talk   time.Duration // connected → ended, hold included
	WrapUp time.Duration // ended → seat free
}

// Durations remembers the newest services of each matter. The zero value is
// empty and ready; it may be used by several goroutines. Of a nil one nothing is
// known.
type Durations struct {
	mu       sync.Mutex
	matters  map[string]*pool
	families map[string]*pool
	centre   pool
	seen     int
}

// pool is a ring of the newest services and the same ones sorted by total.
type pool struct {
	ring   []served
	next   int
	sorted []served
}

// served is a service in seconds: open is answer and talk, total holds the wrap-up.
type served struct{ total, open, answer float32 }

// Add records one finished ticket, oldest first. A negative part counts as 0, and
// a service of no length at all is left out.
func (d *Durations) Add(matter, family string, s Service) {
	answer, talk, wrapUp := max(s.Answer, 0), max(s.Talk, 0), max(s.WrapUp, 0)
	if answer+talk+wrapUp == 0 {
		return
	}
	one := served{
		total:  float32((answer + talk + wrapUp).Seconds()),
		open:   float32((answer + talk).Seconds()),
		answer: float32(answer.Seconds()),
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.matters == nil {
		d.matters, d.families = map[string]*pool{}, map[string]*pool{}
	}
	d.seen++
	d.centre.add(one)
	addTo(d.matters, matter, one)
	addTo(d.families, family, one)
}

// Seen is the number of services that were added.
func (d *Durations) Seen() int {
	if d == nil {
		return 0
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.seen
}

func addTo(pools map[string]*pool, name string, one served) {
	if name == "" {
		return
	}
	p := pools[name]
	if p == nil {
		if len(pools) >= maxMatters {
			return
		}
		p = &pool{}
		pools[name] = p
	}
	p.add(one)
}

func (p *pool) add(one served) {
	if len(p.ring) < poolSize {
		p.ring = append(p.ring, one)
	} else {
		at, _ := slices.BinarySearchFunc(p.sorted, p.ring[p.next], byTotal)
		p.sorted = slices.Delete(p.sorted, at, at+1)
		p.ring[p.next] = one
		p.next = (p.next + 1) % poolSize
	}
	at, _ := slices.BinarySearchFunc(p.sorted, one, byTotal)
	p.sorted = slices.Insert(p.sorted, at, one)
}

// byTotal orders services by total; the other parts make equal ones equal.
func byTotal(a, b served) int {
	for _, d := range [...]float32{a.total - b.total, a.open - b.open, a.answer - b.answer} {
		if d < 0 {
			return -1
		}
		if d > 0 {
			return 1
		}
	}
	return 0
}

// Patience learns how soon people give up, as if each gave up at a constant rate:
// the number that left over the time that all of them waited, which is the
// estimator of maximum likelihood when those who were served count as censored.
// The zero value is ready; it may be used by several goroutines.
type Patience struct {
	mu     sync.Mutex
	left   float64
	waited float64 // seconds
}

const (
	// patiencePrior is waiting without anybody leaving that stands before the data,
	// in seconds: one who left early says little.
	patiencePrior = 3600
	// patienceMemory is the number of leavers after which old ones fade.
	patienceMemory = 200
)

// Served records that someone was served after waiting for d.
func (p *Patience) Served(d time.Duration) { p.add(d, 0) }

// Left records that someone gave up after waiting for d.
func (p *Patience) Left(d time.Duration) { p.add(d, 1) }

func (p *Patience) add(d time.Duration, left float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waited += max(d, 0).Seconds()
	p.left += left
	if p.left > patienceMemory {
		p.left, p.waited = p.left/2, p.waited/2
	}
}

// rate is how many give up in a second of waiting, for each who waits.
func (p *Patience) rate() float64 {
	if p == nil {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.left / (p.waited + patiencePrior)
}

// answers is how long the centre takes from an offer until connected.
func (d *Durations) answers() []point {
	if d == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	points := make([]point, len(d.centre.sorted))
	for i, one := range d.centre.sorted {
		points[i] = point{float64(one.answer), 1}
	}
	slices.SortFunc(points, byValue)
	return points
}
