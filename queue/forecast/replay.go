package forecast

import "math"

const busy = math.MaxFloat64 // idle time of a seat that is not idle

// run is the moving part of one replay.
type run struct {
	*plan
	next   []int     // of each group: the first ticket not placed
	freeAt []float32 // of each seat; never: idle or not needed
	idleAt []float64 // of each seat: since when; +Inf: not idle
	coming []arrival // not placed yet, by score
	left   int       // tickets not placed
}

// replay returns when each ticket is connected, one row of replays a ticket;
// never: in this replay nobody comes free for it.
func (p *plan) replay() []float32 {
	n, seats := len(p.tickets), len(p.seats)
	starts := make([]float32, n*p.replays)
	for i := range starts {
		starts[i] = never
	}
	x := run{plan: p, next: make([]int, len(p.groups)), freeAt: make([]float32, seats), idleAt: make([]float64, seats)}
	var pending []arrival
	for r := range p.replays {
		clear(x.next)
		pending = append(pending[:0], p.coming[p.comes[r]:p.comes[r+1]]...)
		x.coming, x.left = pending, n
		copy(x.freeAt, p.free[r*seats:])
		var gone []float32
		if p.gone != nil {
			gone = p.gone[r*n : (r+1)*n]
		}
		x.one(starts, r, p.service[r*n:(r+1)*n], gone)
		for k := range n {
			if at := &starts[k*p.replays+r]; *at != never {
				*at += p.answer[r]
			}
		}
	}
	return starts
}

// one replays the line once.
func (x *run) one(starts []float32, r int, service, gone []float32) {
	for s := range x.seats {
		x.idleAt[s] = busy
		if x.seats[s].agent.State == Ready {
			x.idleAt[s] = x.seats[s].idle
			x.freeAt[s] = never
		}
	}
	placed := func(k, s int, at float32) {
		starts[k*x.replays+r] = at
		x.left--
		x.idleAt[s], x.freeAt[s] = busy, at+service[k]
	}
	for k := range x.tickets {
		if s := x.tickets[k].seat; s >= 0 {
			placed(k, s, 0)
		}
	}
	changes := x.changes
	for x.left > 0 {
		s, at := x.first()
		if len(changes) > 0 && changes[0].at < at {
			c := changes[0]
			changes = changes[1:]
			if starts[c.ticket*x.replays+r] != never {
				continue
			}
			s := x.groups[x.tickets[c.ticket].group].at(c.at).choose(func(s int) (float64, bool) {
				return x.idleAt[s], x.idleAt[s] != busy
			})
			if s < 0 {
				continue
			}
			starts[c.ticket*x.replays+r] = c.at
			x.left--
			if gone == nil || gone[c.ticket] >= c.at {
				x.idleAt[s], x.freeAt[s] = busy, c.at+service[c.ticket]
			}
			continue
		}
		if s < 0 {
			return
		}
		x.serve(s, at, starts, r, service, gone)
	}
}

// serve gives a seat that comes free its next ticket. One that has given up by
// then learns when it would have been its turn, and the next one is taken.
func (x *run) serve(s int, at float32, starts []float32, r int, service, gone []float32) {
	for {
		k, g := x.head(s, at, starts, r)
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
		x.left--
		starts[k*x.replays+r] = at
		if gone == nil || gone[k] >= at {
			x.freeAt[s] = at + service[k]
			return
		}
	}
}

// first returns the seat that comes free first, or -1.
func (x *run) first() (int, float32) {
	best, at := -1, never
	for s, t := range x.freeAt {
		if t < at {
			best, at = s, t
		}
	}
	return best, at
}

// head returns the first ticket of the match order that the seat can take and its
// group, or -1.
func (x *run) head(s int, at float32, starts []float32, r int) (ticket, ofGroup int) {
	ticket, ofGroup = -1, -1
	for _, g := range x.seats[s].groups {
		group := &x.groups[g]
		i := x.next[g]
		for i < len(group.tickets) && starts[group.tickets[i]*x.replays+r] != never {
			i++ // placed at once or by a change
		}
		x.next[g] = i
		if i == len(group.tickets) {
			continue
		}
		k := group.tickets[i]
		if ticket >= 0 && k > ticket {
			continue
		}
		if len(group.stages) > 1 && !group.at(at).able[s] {
			continue
		}
		ticket, ofGroup = k, g
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
