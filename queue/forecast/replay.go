package forecast

import "math"

// busy stands for the idle time of a seat that is not idle.
const busy = math.MaxFloat64

// run is the moving part of one replay.
type run struct {
	*plan
	start         []float32 // of each ticket: when it is its turn; never: not yet
	service, gone []float32 // of each ticket, drawn; no gone: nobody gives up
	next          []int     // of each group: the first ticket not placed
	freeAt        []float32 // of each seat; never: idle or not needed
	idleAt        []float64 // of each seat: since when; busy: not idle
	coming        []arrival // not placed yet, by score
	left          int       // tickets not placed
}

// replay returns when each ticket is connected, one row of replays a ticket;
// never: in this replay nobody comes free for it.
func (p *plan) replay() []float32 {
	n, seats := len(p.tickets), len(p.seats)
	starts := make([]float32, n*p.replays)
	x := run{plan: p, start: make([]float32, n), next: make([]int, len(p.groups)),
		freeAt: make([]float32, seats), idleAt: make([]float64, seats)}
	for r := range p.replays {
		x.begin(r)
		x.play()
		for k, at := range x.start {
			if at != never {
				at += p.answer[r]
			}
			starts[k*p.replays+r] = at
		}
	}
	return starts
}

// begin puts everything where it is now.
func (x *run) begin(r int) {
	n, seats := len(x.tickets), len(x.seats)
	x.service = x.plan.service[r*n : (r+1)*n]
	if x.plan.gone != nil {
		x.gone = x.plan.gone[r*n : (r+1)*n]
	}
	x.coming = append(x.coming[:0], x.plan.coming[x.comes[r]:x.comes[r+1]]...)
	x.left = n
	clear(x.next)
	copy(x.freeAt, x.free[r*seats:])
	for s := range x.seats {
		x.idleAt[s] = busy
		if x.seats[s].agent.State == Ready {
			x.idleAt[s], x.freeAt[s] = x.seats[s].idle, never
		}
	}
	for k := range x.tickets {
		x.start[k] = never
		if s := x.tickets[k].seat; s >= 0 {
			x.turn(k, s, 0)
		}
	}
}

// play runs until every ticket had its turn or no seat is left that could.
func (x *run) play() {
	changes := x.changes
	for x.left > 0 {
		s, at := x.first()
		switch {
		case len(changes) > 0 && changes[0].at < at:
			x.change(changes[0])
			changes = changes[1:]
		case s >= 0:
			x.serve(s, at)
		default:
			return
		}
	}
}

// turn says that it is the ticket's turn at a seat, which it takes unless it has
// given up: then it learns when that would have been, and false is returned.
func (x *run) turn(ticket, seat int, at float32) bool {
	x.start[ticket] = at
	x.left--
	if x.gone != nil && x.gone[ticket] < at {
		return false
	}
	x.idleAt[seat], x.freeAt[seat] = busy, at+x.service[ticket]
	return true
}

// change lets an idle seat take the ticket that has come within its reach.
func (x *run) change(c change) {
	if x.start[c.ticket] != never {
		return
	}
	t := &x.tickets[c.ticket]
	s := x.groups[t.group].at(c.at).choose(t.prefer, func(s int) (float64, bool) {
		return x.idleAt[s], x.idleAt[s] != busy
	})
	if s >= 0 {
		x.turn(c.ticket, s, c.at)
	}
}

// serve gives a seat that comes free its next ticket, or lets it idle.
func (x *run) serve(s int, at float32) {
	for {
		k, g := x.head(s, at)
		if len(x.coming) > 0 {
			if i := x.overtaker(s, at, k); i >= 0 {
				x.freeAt[s] = at + x.coming[i].service
				x.coming = append(x.coming[:i], x.coming[i+1:]...)
				return
			}
		}
		if k < 0 {
			x.freeAt[s], x.idleAt[s] = never, float64(at)
			return
		}
		x.next[g]++
		if x.turn(k, s, at) {
			return
		}
	}
}

// first returns the seat that comes free first, or -1.
func (x *run) first() (seat int, at float32) {
	seat, at = -1, never
	for s, t := range x.freeAt {
		if t < at {
			seat, at = s, t
		}
	}
	return seat, at
}

// head returns the first ticket of the match order that the seat can take and its
// group, or -1.
func (x *run) head(s int, at float32) (ticket, ofGroup int) {
	ticket, ofGroup = -1, -1
	for _, g := range x.seats[s].groups {
		group, i := &x.groups[g], x.next[g]
		for i < len(group.tickets) && x.start[group.tickets[i]] != never {
			i++ // placed at once or by a change
		}
		x.next[g] = i
		if i == len(group.tickets) || ticket >= 0 && group.tickets[i] > ticket ||
			len(group.stages) > 1 && !group.at(at).able[s] {
			continue
		}
		ticket, ofGroup = group.tickets[i], g
	}
	return ticket, ofGroup
}

// overtaker returns which of the coming the seat takes before ticket, or -1.
func (x *run) overtaker(s int, at float32, ticket int) int {
	for i, a := range x.coming {
		if ticket >= 0 && a.score >= x.tickets[ticket].score {
			return -1
		}
		if a.at <= at && x.streams[a.stream].able[s] {
			return i
		}
	}
	return -1
}

// twoQuantiles returns the p and the q quantile, p < q, of values, whose order it
// changes: the smallest value with at least that share at or below it.
func twoQuantiles(values []float32, p, q float64) (float32, float32) {
	i, j := rank(len(values), p), rank(len(values), q)
	low := nth(values, i)
	if j <= i {
		return low, nth(values, j)
	}
	return low, nth(values[i:], j-i)
}

func rank(n int, p float64) int {
	i := int(p*float64(n) - 1e-9) // exact shares stay below
	return min(max(i, 0), n-1)
}

// nth returns the value that stands at i when values are sorted, and puts the
// smaller ones before it (Hoare's selection).
func nth(values []float32, i int) float32 {
	low, high := 0, len(values)-1
	for low < high {
		pivot := values[low+(high-low)/2]
		l, h := low, high
		for l <= h {
			for values[l] < pivot {
				l++
			}
			for values[h] > pivot {
				h--
			}
			if l <= h {
				values[l], values[h] = values[h], values[l]
				l++
				h--
			}
		}
		switch {
		case i <= h:
			high = h
		case i >= l:
			low = l
		default:
			return values[i]
		}
	}
	return values[i]
}
