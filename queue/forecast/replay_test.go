package forecast

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const nowMS = 1_700_000_000_000

// minutes is a history in which every service of every matter took so long.
func minutes(n int, length ...float64) *Durations {
	d := &Durations{}
	for i := range n {
		talk := time.Duration(length[i%len(length)] * float64(time.Minute))
		d.Add("m", "f", Service{Talk: talk})
	}
	return d
}

// anyState draws a state with overlapping skills, own agents, back-ups, widening
// steps and exclusions.
func anyState(t *rapid.T) State {
	tags := []string{"x", "y", "z"}
	some := func(name string) []string {
		var list []string
		for _, tag := range tags {
			if rapid.IntRange(0, 2).Draw(t, name) == 0 {
				list = append(list, tag)
			}
		}
		return list
	}
	ids := []string{"", "a0", "a1", "a2", "a3", "gone"}
	s := State{NowMS: nowMS, AffinityMS: 15_000,
		Service: minutes(rapid.IntRange(0, 60).Draw(t, "history"), 3, 9, 20)}
	for i := range rapid.IntRange(0, 4).Draw(t, "agents") {
		s.Agents = append(s.Agents, Agent{ID: fmt.Sprint("a", i), Skills: some("has"),
			State:   rapid.SampledFrom([]string{Ready, Offer, Call, Call, WrapUp, "away"}).Draw(t, "state"),
			SinceMS: nowMS - rapid.Int64Range(0, 900_000).Draw(t, "since") - int64(i), Matter: "m", Family: "f"})
	}
	for i := range rapid.IntRange(1, 12).Draw(t, "waiting") {
		w := Ticket{ID: fmt.Sprint("t", i), Matter: "m", Family: "f", Skills: some("needs"),
			ArrivedMS: nowMS - rapid.Int64Range(0, 40_000).Draw(t, "age"),
			Affinity:  rapid.SampledFrom(ids).Draw(t, "own"), Backup: rapid.SampledFrom(ids).Draw(t, "backup")}
		if id := rapid.SampledFrom(ids).Draw(t, "excluded"); id != "" {
			w.Excluded = []string{id}
		}
		if rapid.IntRange(0, 3).Draw(t, "widens") == 0 {
			w.Widen = []Step{{AfterMS: rapid.Int64Range(1, 90_000).Draw(t, "after"), Skills: some("then")}}
		}
		s.Waiting = append(s.Waiting, w)
	}
	return s
}

// slow is the queue's match as the script has it, without any shortcut: at each
// moment at which something changes every ticket is looked at in order.
func slow(s State, free, service, gone []float32) []float32 {
	seats := slices.DeleteFunc(slices.Clone(s.Agents), func(a Agent) bool { return a.State == "away" })
	freeAt, idle := make([]float64, len(seats)), make([]float64, len(seats))
	for i, a := range seats {
		freeAt[i] = float64(free[i])
		if a.State == Ready {
			freeAt[i], idle[i] = 0, float64(a.SinceMS-nowMS)/1000
		} else {
			idle[i] = freeAt[i]
		}
	}
	start := make([]float32, len(s.Waiting))
	moments := []float64{0}
	for k, t := range s.Waiting {
		start[k] = never
		for _, step := range t.Widen {
			moments = append(moments, float64(t.ArrivedMS+step.AfterMS-nowMS)/1000)
		}
		moments = append(moments, float64(t.ArrivedMS+s.AffinityMS-nowMS)/1000)
	}
	now := 0.0
	for {
		for k, t := range s.Waiting {
			for start[k] == never {
				i := pick(s, seats, t, now, freeAt, idle)
				if i < 0 {
					break
				}
				start[k] = float32(now)
				if gone[k] >= float32(now) {
					freeAt[i] = float64(float32(now) + service[k])
					idle[i] = freeAt[i]
				}
			}
		}
		next := math.Inf(1)
		for _, at := range append(slices.Clone(moments), freeAt...) {
			if at > now {
				next = min(next, at)
			}
		}
		if math.IsInf(next, 1) {
			return start
		}
		now = next
	}
}

func pick(s State, seats []Agent, t Ticket, now float64, freeAt, idle []float64) int {
	need := t.Skills
	for _, step := range t.Widen {
		if float64(t.ArrivedMS+step.AfterMS-nowMS)/1000 <= now {
			need = step.Skills
		}
	}
	able := func(a Agent) bool { return covers(a.Skills, need) && !slices.Contains(t.Excluded, a.ID) }
	if !slices.ContainsFunc(seats, able) {
		able = func(a Agent) bool { return covers(a.Skills, need) }
	}
	held := now < float64(t.ArrivedMS+s.AffinityMS-nowMS)/1000
	for _, id := range []string{t.Affinity, t.Backup} {
		i := slices.IndexFunc(seats, func(a Agent) bool { return a.ID == id })
		if i < 0 || !able(seats[i]) {
			continue
		}
		if freeAt[i] <= now {
			return i
		}
		if held {
			return -1
		}
	}
	best := -1
	for i, a := range seats {
		if freeAt[i] <= now && able(a) && (best < 0 || idle[i] < idle[best]) {
			best = i
		}
	}
	return best
}

// The replay with its groups and changes places everyone as the plain match does.
func TestReplayIsTheMatch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anyState(t)
		if rapid.Bool().Draw(t, "impatient") {
			s.Patience = &Patience{}
			for range 60 {
				s.Patience.Left(2 * time.Minute)
			}
		}
		p := newPlan(s, Options{Seed: rapid.Uint64().Draw(t, "seed")}.withDefaults())
		for i := range p.service { // no two seats come free at the same moment
			p.service[i] += 0.01 * float32(i%1000)
		}
		for i := range p.free {
			p.free[i] += 0.0137 * float32(i%97+1)
		}
		n, starts := len(s.Waiting), p.replay()
		for r := range leastReplays {
			gone := slices.Repeat([]float32{never}, n)
			if p.gone != nil {
				gone = p.gone[r*n : (r+1)*n]
			}
			want := slow(s, p.free[r*len(p.seats):(r+1)*len(p.seats)], p.service[r*n:(r+1)*n], gone)
			for k := range n {
				if got := starts[k*p.replays+r]; math.Abs(float64(got-want[k])) > 0.01 {
					t.Fatalf("replay %d: %s starts at %v s, the match says %v", r, s.Waiting[k].ID, got, want[k])
				}
			}
		}
	})
}

func TestQuantiles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float32Range(0, 50), 1, 300).Draw(t, "values")
		p := rapid.Float64Range(0.01, 0.99).Draw(t, "p")
		q := rapid.Float64Range(p, 0.99).Draw(t, "q")
		sorted := slices.Sorted(slices.Values(values))
		want := func(p float64) float32 { // the smallest value that p of all do not exceed
			i := slices.IndexFunc(sorted, func(v float32) bool {
				below := 0
				for _, x := range sorted {
					if x <= v {
						below++
					}
				}
				return float64(below) >= p*float64(len(sorted))-1e-9
			})
			return sorted[i]
		}
		low, high := twoQuantiles(values, p, q)
		if low != want(p) || high != want(q) {
			t.Fatalf("got %v and %v, want %v and %v", low, high, want(p), want(q))
		}
	})
}
