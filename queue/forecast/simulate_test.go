package forecast

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// client is one who comes to the simulated centre. Times are ms.
type client struct {
	arrives        int64
	talk, wrapUp   int64
	patience       int64 // gives up after; 0: never
	matter, family string
	skills         []string
	affinity       string
	priority       int64
	started        int64 // when it was its turn, -1 before; also of one who had given up
	left           bool
}

const (
	simBoost    = 60_000
	simAffinity = 15_000
)

func (c *client) score() int64 { return c.arrives - c.priority*simBoost }

// simSeat serves one client at a time.
type simSeat struct {
	id     string
	skills []string
	serves *client // nil: idle
	since  int64   // idle since, or began to serve
	away   int64   // on a break until
}

// centre is a discrete-event simulation of the queue's rules: the score order,
// skills, the window of the own agent, the longest idle seat, one call a seat.
type centre struct {
	now     int64
	seats   []*simSeat
	clients []*client // by arrival
	waiting []*client // by score
	service Durations
	patient Patience
	recent  Recent
	// pause is how long a seat is away after a client, 0 for most; nil: never.
	pause  func() int64
	last   int64 // wait of the last who entered service (LES)
	moving int64 // moving average of app_queue
	// admitted is called for each who has to wait; turn when it is its turn.
	admitted func(c *client)
	turn     func(c *client, waited int64)
}

func (s *centre) run() {
	next := 0
	for {
		// The next event: an arrival, a seat that comes free, a window that ends.
		at := int64(math.MaxInt64)
		if next < len(s.clients) {
			at = s.clients[next].arrives
		}
		for _, seat := range s.seats {
			if seat.serves != nil {
				at = min(at, seat.since+seat.serves.talk+seat.serves.wrapUp)
			} else if seat.away > s.now {
				at = min(at, seat.away)
			}
		}
		for _, c := range s.waiting {
			if end := c.arrives + simAffinity; c.affinity != "" && end > s.now {
				at = min(at, end)
			}
		}
		if at == math.MaxInt64 {
			return
		}
		s.now = at
		for _, seat := range s.seats {
			if c := seat.serves; c != nil && seat.since+c.talk+c.wrapUp <= s.now {
				s.service.Add(c.matter, c.family, Service{Talk: ms(c.talk), WrapUp: ms(c.wrapUp)})
				seat.serves, seat.since = nil, s.now
				if s.pause != nil {
					seat.away = s.now + s.pause()
				}
			}
		}
		s.match()
		for next < len(s.clients) && s.clients[next].arrives == s.now {
			c := s.clients[next]
			next++
			s.recent.Add(Ticket{ArrivedMS: c.arrives, Skills: c.skills, Matter: c.matter, Family: c.family}, c.priority*simBoost)
			place, _ := slices.BinarySearchFunc(s.waiting, c, func(a, b *client) int {
				return cmp.Or(cmp.Compare(a.score(), b.score()), -1)
			})
			s.waiting = slices.Insert(s.waiting, place, c)
			s.match()
			if c.started < 0 && s.admitted != nil {
				s.admitted(c)
			}
		}
	}
}

func (s *centre) match() {
	for i := 0; i < len(s.waiting); i++ {
		c := s.waiting[i]
		seat := s.choose(c)
		if seat == nil {
			continue
		}
		s.waiting = slices.Delete(s.waiting, i, i+1)
		i--
		waited := s.now - c.arrives
		c.started = s.now
		if c.patience > 0 && waited > c.patience {
			c.left = true
			s.patient.Left(ms(c.patience))
			if s.turn != nil {
				s.turn(c, waited)
			}
			continue
		}
		s.patient.Served(ms(waited))
		seat.serves, seat.since = c, s.now
		s.last = waited
		s.moving = (3*s.moving + waited) / 4
		if s.turn != nil {
			s.turn(c, waited)
		}
	}
}

func (s *centre) choose(c *client) *simSeat {
	var best *simSeat
	for _, seat := range s.seats {
		if !covers(seat.skills, c.skills) || seat.away > s.now {
			continue
		}
		if seat.id == c.affinity {
			if seat.serves == nil {
				return seat
			}
			if s.now < c.arrives+simAffinity {
				return nil
			}
		}
		if seat.serves == nil && (best == nil || seat.since < best.since) {
			best = seat
		}
	}
	return best
}

// state is what the forecast would be told now.
func (s *centre) state() State {
	state := State{NowMS: s.now, AffinityMS: simAffinity, Service: &s.service, Patience: &s.patient,
		Overtaking: s.recent.Streams(s.now)}
	for _, seat := range s.seats {
		if seat.away > s.now {
			continue
		}
		a := Agent{ID: seat.id, Skills: seat.skills, State: Ready, SinceMS: seat.since}
		if c := seat.serves; c != nil {
			a.State, a.Matter, a.Family = Call, c.matter, c.family
			if s.now >= seat.since+c.talk {
				a.State, a.SinceMS = WrapUp, seat.since+c.talk
			}
		}
		state.Agents = append(state.Agents, a)
	}
	for _, c := range s.waiting {
		if c.patience > 0 && s.now-c.arrives > c.patience {
			continue // has given up
		}
		state.Waiting = append(state.Waiting, Ticket{ID: c.id(), Matter: c.matter, Family: c.family, Skills: c.skills,
			Affinity: c.affinity, ArrivedMS: c.arrives, Score: c.score()})
	}
	return state
}

func (c *client) id() string { return time.UnixMilli(c.arrives).UTC().Format(time.RFC3339Nano) }

func ms(n int64) time.Duration { return time.Duration(n) * time.Millisecond }

// Distributions of a service, all with the given mean in ms.
var services = []struct {
	name string
	draw func(rng *rand.Rand, mean float64) float64
}{
	{"exponential", func(rng *rand.Rand, mean float64) float64 { return rng.ExpFloat64() * mean }},
	{"lognormal", func(rng *rand.Rand, mean float64) float64 { // variation 0.8
		variance := math.Log1p(0.64)
		return mean * math.Exp(math.Sqrt(variance)*rng.NormFloat64()-variance/2)
	}},
	{"bimodal", func(rng *rand.Rand, mean float64) float64 { // a question, or a whole application
		if rng.Float64() < 0.6 {
			return mean * 0.35 * (0.7 + 0.6*rng.Float64())
		}
		return mean * 1.975 * (0.8 + 0.4*rng.Float64())
	}},
}

// Arrival processes: times in ms of n clients, who together keep seats busy for
// the given share.
var arrivals = []struct {
	name string
	draw func(rng *rand.Rand, n int, gap float64) []int64
}{
	{"Poisson", func(rng *rand.Rand, n int, gap float64) []int64 {
		times, at := make([]int64, n), 0.0
		for i := range times {
			at += rng.ExpFloat64() * gap
			times[i] = int64(at)
		}
		return times
	}},
	// Bursts of 20 minutes with 2.5 times the rate, 40 minutes with a quarter of it.
	{"bursty", func(rng *rand.Rand, n int, gap float64) []int64 {
		times, at, burst := make([]int64, n), 0.0, false
		ends := 0.0
		for i := 0; i < n; {
			if at >= ends {
				burst = !burst
				ends = at + rng.ExpFloat64()*20*60_000
				if !burst {
					ends += rng.ExpFloat64() * 20 * 60_000
				}
			}
			rate := 0.25 / gap
			if burst {
				rate = 2.5 / gap
			}
			step := rng.ExpFloat64() / rate
			if at+step > ends {
				at = ends
				continue
			}
			at += step
			times[i] = int64(at)
			i++
		}
		return times
	}},
}
