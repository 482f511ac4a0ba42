package forecast

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// plan is a state made ready for the replay: seats, tickets in match order, and
// every random draw. Times are seconds from now.
type plan struct {
	replays int
	tickets []planned
	groups  []group
	streams []stream
	seats   []seat
	changes []change // by time
	// Draws, one row a replay.
	free    []float32 // of each seat: when it is free
	service []float32 // of each ticket: how long it will hold its seat
	gone    []float32 // of each ticket: when it gives up; nil: nobody does
	answer  []float32 // from the offer until connected, one a replay
	coming  []arrival // those who overtake, by replay
	comes   []int     // where the replay's part of coming begins
}

type planned struct {
	place  int     // in State.Waiting
	score  float64 // seconds from now
	group  int
	seat   int   // that takes it at once, or -1
	prefer []int // seats asked first
	matter int   // of builder.mixes
	lost   bool
}

// group is the tickets that the same seats can take, in match order. One that is
// kept for its own agent or will widen changes with time and is a group of itself.
type group struct {
	tickets []int
	stages  []stage
}

type stage struct {
	from float32
	able []bool // by seat
}

// at returns the present stage.
func (g *group) at(t float32) *stage {
	i := len(g.stages) - 1
	for i > 0 && g.stages[i].from > t {
		i--
	}
	return &g.stages[i]
}

// seat is an agent of the plan; groups and streams are those it may ever take.
type seat struct {
	agent   Agent
	groups  []int
	streams []int
	idle    float64 // since; of a ready one
}

type stream struct {
	Stream
	able   []bool
	matter int
}

// arrival is a ticket that comes during the replay and overtakes those with a
// higher score.
type arrival struct {
	stream      int
	at, service float32
	score       float64
}

// change is the moment at which an idle seat may take a ticket that it could not
// take before.
type change struct {
	at     float32
	ticket int
}

// builder holds what is needed only while a plan is made.
type builder struct {
	*plan
	state  State
	matter map[[2]string]int
	mixes  []mixture
	rng    *rand.PCG
}

func newPlan(s State, o Options) *plan {
	b := &builder{plan: &plan{}, state: s, matter: map[[2]string]int{},
		rng: rand.NewPCG(o.Seed, 0x9e3779b97f4a7c15)}
	for _, a := range s.Agents {
		switch a.State {
		case Ready, Offer, Call, WrapUp:
			b.seats = append(b.seats, seat{agent: a, idle: float64(a.SinceMS-s.NowMS) / 1000})
		}
	}
	for i, t := range s.Waiting[:min(len(s.Waiting), maxTickets)] {
		b.tickets = append(b.tickets, planned{place: i, score: float64(cmp.Or(t.Score, t.ArrivedMS)-s.NowMS) / 1000, seat: -1,
			matter: b.mix(t.Matter, t.Family), lost: t.Lost})
	}
	b.group()
	b.atOnce()
	steps := max(len(b.tickets)*(len(b.seats)+len(b.groups)), 1)
	b.replays = min(o.Replays, max(maxSteps/steps, leastReplays))
	b.draw()
	b.overtaking()
	return b.plan
}

// mix returns the number of the matter's distribution.
func (b *builder) mix(matter, family string) int {
	key := [2]string{matter, family}
	i, ok := b.matter[key]
	if !ok {
		i = len(b.mixes)
		b.matter[key] = i
		b.mixes = append(b.mixes, b.state.Service.mixture(matter, family))
	}
	return i
}

// group sorts the tickets into groups and tells each seat of those it may take.
func (b *builder) group() {
	same := map[string]int{}
	for i := range b.tickets {
		t := b.state.Waiting[b.tickets[i].place]
		b.tickets[i].prefer = b.prefer(t)
		stages := b.stages(t, b.tickets[i].prefer)
		g := len(b.groups)
		if len(stages) == 1 {
			key := bits(stages[0].able)
			if old, ok := same[key]; ok {
				g = old
			}
			same[key] = g
		}
		if g == len(b.groups) {
			b.groups = append(b.groups, group{stages: stages})
		}
		b.groups[g].tickets = append(b.groups[g].tickets, i)
		b.tickets[i].group = g
		for _, stage := range stages[1:] {
			b.changes = append(b.changes, change{stage.from, i})
		}
	}
	slices.SortStableFunc(b.changes, func(x, y change) int { return cmp.Compare(x.at, y.at) })
	for g := range b.groups {
		for s := range b.seats {
			if slices.ContainsFunc(b.groups[g].stages, func(x stage) bool { return x.able[s] }) {
				b.seats[s].groups = append(b.seats[s].groups, g)
			}
		}
	}
}

// stages lists who can take the ticket from when on. In its window it is kept for
// its own agent, or for the back-up while that one does not serve or cannot.
func (b *builder) stages(t Ticket, prefer []int) []stage {
	now, from := b.state.NowMS, []int64{0}
	window := cmp.Or(t.AffinityFromMS, t.ArrivedMS) + b.state.AffinityMS - now
	if len(prefer) > 0 && window > 0 {
		from = append(from, window)
	}
	for _, step := range t.Widen {
		if at := t.widens(step) - now; at > 0 {
			from = append(from, at)
		}
	}
	slices.Sort(from)
	var stages []stage
	for _, at := range slices.Compact(from) {
		x := stage{float32(at) / 1000, b.able(t, t.needs(now+at))}
		if at < window {
			if i := slices.IndexFunc(prefer, func(s int) bool { return x.able[s] }); i >= 0 {
				clear(x.able)
				x.able[prefer[i]] = true
			}
		}
		if n := len(stages); n == 0 || !slices.Equal(stages[n-1].able, x.able) {
			stages = append(stages, x)
		}
	}
	return stages
}

// needs are the skills that the ticket asks for at a time.
func (t Ticket) needs(atMS int64) []string {
	skills := t.Skills
	for _, step := range t.Widen {
		if t.widens(step) <= atMS {
			skills = step.Skills
		}
	}
	return skills
}

func (t Ticket) widens(step Step) int64 { return cmp.Or(t.FromMS, t.ArrivedMS) + step.AfterMS }

// prefer returns the seats of the ticket's own agent and of its back-up.
func (b *builder) prefer(t Ticket) []int {
	var prefer []int
	for _, id := range []string{t.Affinity, t.Backup} {
		if s := slices.IndexFunc(b.seats, func(s seat) bool { return id != "" && s.agent.ID == id }); s >= 0 {
			prefer = append(prefer, s)
		}
	}
	return prefer
}

// able says which seats have the skills and are not excluded; when that leaves
// nobody, exclusion is lifted, as the queue does.
func (b *builder) able(t Ticket, skills []string) []bool {
	able, with := make([]bool, len(b.seats)), make([]bool, len(b.seats))
	some := false
	for s := range b.seats {
		a := b.seats[s].agent
		able[s] = covers(a.Skills, skills)
		with[s] = able[s] && !slices.Contains(t.Excluded, a.ID)
		some = some || with[s]
	}
	if some {
		return with
	}
	return able
}

// covers reports whether an agent's skills are all that a ticket needs; one
// without any covers everything.
func covers(agent, ticket []string) bool {
	return len(agent) == 0 || !slices.ContainsFunc(ticket, func(s string) bool { return !slices.Contains(agent, s) })
}

func bits(able []bool) string {
	key := make([]byte, len(able))
	for i, yes := range able {
		if yes {
			key[i] = 1
		}
	}
	return string(key)
}

// atOnce matches the seats that are ready with the tickets, as the queue is about
// to do: own agent, back-up, then the longest idle.
func (b *builder) atOnce() {
	taken := make([]bool, len(b.seats))
	for i := range b.tickets {
		if b.tickets[i].lost {
			continue
		}
		s := b.groups[b.tickets[i].group].stages[0].choose(b.tickets[i].prefer, func(s int) (float64, bool) {
			return b.seats[s].idle, b.seats[s].agent.State == Ready && !taken[s]
		})
		if s >= 0 {
			taken[s], b.tickets[i].seat = true, s
		}
	}
}

// choose returns the seat for a ticket: one to be asked first, or the longest idle
// of those that are free, or -1.
func (x *stage) choose(prefer []int, free func(seat int) (idle float64, ok bool)) int {
	for _, s := range prefer {
		if _, ok := free(s); ok && x.able[s] {
			return s
		}
	}
	best, longest := -1, math.Inf(1)
	for s, able := range x.able {
		if !able {
			continue
		}
		if idle, ok := free(s); ok && idle < longest {
			best, longest = s, idle
		}
	}
	return best
}
