package forecast

import (
	"cmp"
	"math"
	"slices"
)

// never is later than anything.
const never = float32(math.MaxFloat32)

// draw fills the plan's draws. Each column is a shuffled table of quantiles, so
// that over the replays it has exactly its distribution.
func (b *builder) draw() {
	n, r := len(b.tickets), b.replays
	values := make([]float32, r)
	tables := make([][]float32, len(b.mixes))
	for i, m := range b.mixes {
		tables[i] = make([]float32, r)
		table(m.services(), tables[i])
	}
	b.free = make([]float32, r*len(b.seats))
	for s := range b.seats {
		b.residual(b.seats[s].agent, values)
		b.shuffle(values)
		for i, v := range values {
			b.free[i*len(b.seats)+s] = v
		}
	}
	// How far the true mean may lie from the observed one is the same in all draws
	// of a replay.
	errs := make([]float32, r)
	for i := range errs {
		errs[i] = float32(normal((float64(i) + 0.5) / float64(r)))
	}
	b.shuffle(errs)
	scales := make([][]float32, len(b.mixes))
	for i, m := range b.mixes {
		scales[i] = make([]float32, r)
		sigma := m.dev / m.mean / math.Sqrt(m.count)
		for j, z := range errs {
			scales[i][j] = float32(math.Exp(sigma*float64(z) - sigma*sigma/2))
		}
	}
	b.service = make([]float32, r*n)
	for k := range b.tickets {
		scale := scales[b.tickets[k].matter]
		copy(values, tables[b.tickets[k].matter])
		b.shuffle(values)
		for i, v := range values {
			b.service[i*n+k] = v * scale[i]
		}
	}
	b.patience(values)
	b.answer = make([]float32, r)
	if points := b.state.Service.answers(); len(points) > 0 {
		table(points, b.answer) // in order: all else is shuffled
	}
}

// residual fills out with when the agent's seat is free.
func (b *builder) residual(a Agent, out []float32) {
	if a.State == Ready {
		clear(out)
		return
	}
	m := b.mixes[b.mix(a.Matter, a.Family)]
	age := float64(max(b.state.NowMS-a.SinceMS, 0)) / 1000
	if a.State == WrapUp {
		table(m.wrapUps(age), out)
		return
	}
	table(m.residual(age, a.State == Call), out)
}

// patience draws when each ticket gives up.
func (b *builder) patience(values []float32) {
	rate := b.state.Patience.rate()
	lost := slices.ContainsFunc(b.tickets, func(t planned) bool { return t.lost })
	if rate == 0 && !lost {
		return
	}
	n := len(b.tickets)
	b.gone = make([]float32, b.replays*n)
	for i := range values {
		values[i] = never
		if rate > 0 {
			values[i] = float32(-math.Log((float64(i)+0.5)/float64(len(values))) / rate)
		}
	}
	for k := range b.tickets {
		b.shuffle(values)
		for i, v := range values {
			if b.tickets[k].lost && i%2 == 1 {
				v = -1
			}
			b.gone[i*n+k] = v
		}
	}
}

// overtaking draws those who come later and go before some of the present ones.
func (b *builder) overtaking() {
	b.comes = make([]int, b.replays+1)
	if len(b.state.Overtaking) == 0 || len(b.tickets) == 0 {
		return
	}
	for _, s := range b.state.Overtaking {
		x := stream{Stream: s, able: make([]bool, len(b.seats)), matter: b.mix(s.Matter, s.Family)}
		for i := range b.seats {
			x.able[i] = covers(b.seats[i].agent.Skills, s.Skills)
			if x.able[i] {
				b.seats[i].streams = append(b.seats[i].streams, len(b.streams))
			}
		}
		b.streams = append(b.streams, x)
	}
	last := slices.MaxFunc(b.tickets, func(x, y planned) int { return cmp.Compare(x.score, y.score) }).score
	tables := make([][]float32, len(b.streams))
	for i, s := range b.streams {
		tables[i] = make([]float32, b.replays)
		table(b.mixes[s.matter].services(), tables[i])
	}
	for r := range b.replays {
		b.comes[r] = len(b.coming)
		for i, s := range b.streams {
			lead := float64(s.LeadMS) / 1000
			for at := 0.0; s.PerHour > 0 && len(b.coming)-b.comes[r] < maxTickets; {
				at += -math.Log(1-b.uniform()) / s.PerHour * 3600
				if at-lead >= last {
					break
				}
				b.coming = append(b.coming, arrival{i, float32(at), tables[i][b.below(b.replays)], at - lead})
			}
		}
		slices.SortFunc(b.coming[b.comes[r]:], func(x, y arrival) int { return cmp.Compare(x.score, y.score) })
	}
	b.comes[b.replays] = len(b.coming)
}

func (b *builder) uniform() float64 { return float64(b.rng.Uint64()>>11) / (1 << 53) }

func (b *builder) below(n int) int { return int(b.rng.Uint64() >> 32 * uint64(n) >> 32) }

func (b *builder) shuffle(values []float32) {
	for i := len(values) - 1; i > 0; i-- {
		j := b.below(i + 1)
		values[i], values[j] = values[j], values[i]
	}
}
