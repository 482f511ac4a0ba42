package forecast

import "time"

// States of an agent that is, or will be again, a seat. The words are those of
// package queue; an agent in any other state serves nobody in the replay.
const (
	Ready  = "ready"
	Offer  = "offer"
	Call   = "call"
	WrapUp = "wrapup"
)

// Agent is a seat. Leave out, or give another state to, one who does not take the
// next ticket: away, ringing out, or leaving after the present call.
type Agent struct {
	ID     string
	Skills []string // empty: everything
	State  string
	// SinceMS is for ready the time since when it is idle (longest idle first), for
	// offer and call the time of the offer, for wrapup the end of the talk.
	SinceMS        int64
	Matter, Family string // of the ticket that it has
}

// Step widens a ticket: from AfterMS after Ticket.FromMS Skills are needed instead.
type Step struct {
	AfterMS int64
	Skills  []string
}

// Ticket waits. Times are unix ms.
type Ticket struct {
	ID             string
	Matter, Family string // empty when not known yet
	Skills         []string
	Widen          []Step // by AfterMS
	Affinity       string // kept for this agent within State.AffinityMS
	Backup         string // kept for this one while Affinity does not serve
	Excluded       []string
	ArrivedMS      int64
	FromMS         int64 // Widen counts from here; 0: ArrivedMS
	AffinityFromMS int64 // the window counts from here; 0: ArrivedMS
	Score          int64 // match order: arrival less priority times the aging boost; 0: ArrivedMS
	// Lost: the station is away; it may come back or not, so it takes its turn in
	// every second replay, and none at once. Its own band is never sure.
	Lost bool
}

// Stream is a kind of ticket that may still come and overtake by priority.
type Stream struct {
	PerHour float64
	LeadMS  int64 // priority times the aging boost
	Skills  []string
	Matter  string
	Family  string
}

// State is what the forecast replays.
type State struct {
	NowMS      int64
	AffinityMS int64 // how long a ticket is kept for its own agent
	Agents     []Agent
	Waiting    []Ticket   // in match order; from the 201st on nothing is forecast
	Service    *Durations // nil: nothing is known
	Patience   *Patience  // nil: nobody gives up
	Overtaking []Stream
}

// Options of a forecast; the zero value means the defaults.
type Options struct {
	Replays int     // 256; at least 32, at most 4096, fewer when the state is large
	Seed    uint64  // of the draws
	Level   float64 // quantile of Band.P80: 0.8, or what Score.Level asks for
	Fewest  int     // services seen in the centre below which no band is sure: 10
}

// Bounds of what is replayed.
const (
	maxTickets     = 200
	defaultReplays = 256
	leastReplays   = 32
	mostReplays    = 4096
	defaultLevel   = 0.8
	defaultFewest  = 10
	// maxSteps bounds replays × tickets × groups of tickets, the cost of the replay.
	maxSteps = 4 << 20
)

// Band is the forecast of one ticket: from now until an agent is connected.
type Band struct {
	Ticket   string
	P50, P80 time.Duration // 0 both when no seat will come free for it
	Sure     bool          // good enough to be shown; see Shown
}

// Waits forecasts every waiting ticket in one pass, in the order of s.Waiting.
func Waits(s State, o Options) []Band {
	o = o.withDefaults()
	bands := make([]Band, len(s.Waiting))
	for i, t := range s.Waiting {
		bands[i].Ticket = t.ID
	}
	if len(s.Waiting) == 0 {
		return bands
	}
	p := newPlan(s, o)
	starts := p.replay()
	known := s.Service.Seen() >= o.Fewest
	for i := range p.tickets {
		row := starts[i*p.replays : (i+1)*p.replays]
		p50, p80 := twoQuantiles(row, 0.5, o.Level)
		if p80 >= never {
			continue
		}
		band := &bands[p.tickets[i].place]
		band.P50, band.P80 = seconds(p50), seconds(p80)
		band.Sure = (known || band.P80 == 0) && narrow(band.P50, band.P80) && !p.tickets[i].lost
	}
	return bands
}

// Wait forecasts one waiting ticket; false: unsure, show its place only.
func Wait(s State, ticket string, o Options) (Band, bool) {
	for _, band := range Waits(s, o) {
		if band.Ticket == ticket {
			return band, band.Sure
		}
	}
	return Band{Ticket: ticket}, false
}

func (o Options) withDefaults() Options {
	if o.Replays == 0 {
		o.Replays = defaultReplays
	}
	o.Replays = min(max(o.Replays, leastReplays), mostReplays)
	if o.Level <= 0 || o.Level >= 1 {
		o.Level = defaultLevel
	}
	if o.Fewest == 0 {
		o.Fewest = defaultFewest
	}
	return o
}

func seconds(s float32) time.Duration { return time.Duration(float64(s) * float64(time.Second)) }
