package forecast

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func mean(points []point) float64 {
	var sum, all float64
	for _, p := range points {
		sum += p.value * p.weight
		all += p.weight
	}
	return sum / all
}

// A matter stands for itself from 30 services on; before that the rest of the
// weight is the family's, then the centre's, then the prior's.
func TestShrinkage(t *testing.T) {
	for _, test := range []struct {
		own, family, centre int     // services of 5, 20 and 60 minutes
		minutes             float64 // mean of the mixture
	}{
		{0, 0, 0, 12},
		{30, 0, 0, 5},
		{200, 200, 200, 5},
		{0, 30, 0, 20},
		{0, 0, 60, 60},
		{15, 30, 0, 0.5*5 + 0.5*(15*5+30*20)/45.},
		{3, 42, 0, 0.1*5 + 0.9*(3*5+42*20)/45.},
		{0, 15, 45, 0.5*20 + 0.5*(15*20+45*60)/60.},
	} {
		d := &Durations{}
		for _, add := range []struct {
			n              int
			matter, family string
			minutes        int64
		}{{test.centre, "other", "others", 60}, {test.family, "sister", "f", 20}, {test.own, "m", "f", 5}} {
			for range add.n {
				d.Add(add.matter, add.family, Service{Talk: ms(add.minutes * 60_000)})
			}
		}
		m := d.mixture("m", "f")
		if got := mean(m.services()) / 60; math.Abs(got-test.minutes) > 0.02*test.minutes {
			t.Errorf("%d of the matter, %d of the family, %d of the centre: mean %.2f min, want %.2f",
				test.own, test.family, test.centre, got, test.minutes)
		}
		if test.own == 0 && test.family == 0 && test.centre == 0 && m.count != priorCount {
			t.Errorf("the prior is worth %v services", m.count)
		}
	}
}

// How far a short history may be wrong widens the band of a long line: 40 services
// of 8 ± 5 minutes differ by 31 minutes by chance; when only 30 were ever seen their
// mean is uncertain by a ninth, another 35.
func TestFewDataWidenTheBand(t *testing.T) {
	spread := func(n int) time.Duration {
		s := State{NowMS: nowMS, Service: minutes(n, 2, 8, 14), Agents: []Agent{busySeat("a", 1)}}
		for i := range 40 {
			s.Waiting = append(s.Waiting, waits(fmt.Sprint(i), nil))
		}
		band := Waits(s, Options{Replays: 1024})[39]
		return band.P80 - band.P50
	}
	if few, many := spread(30), spread(200); few < many*6/5 || few > many*2 {
		t.Errorf("spread %v after 30 services, %v after 200", few, many)
	}
}

func TestResidual(t *testing.T) {
	m := minutes(200, 5, 15).mixture("m", "f")
	for _, test := range []struct{ age, want float64 }{
		{0, 600}, {100, 500}, {400, 500}, {899, 1},
	} {
		got := make([]float32, 1000)
		table(m.residual(test.age, true), got)
		var sum float64
		for _, v := range got {
			sum += float64(v) / 1000
		}
		// The lognormal part is worth 3 of 203 services, and more where it is alone.
		if tolerance := 20 + test.age/12; math.Abs(sum-test.want) > tolerance {
			t.Errorf("after %v s: %v s left, want %v ± %v", test.age, sum, test.want, tolerance)
		}
	}
	if got := mean(m.residual(1e6, true)); got != 1e6 {
		t.Errorf("longer than anything ever took: %v s left, want as much again", got)
	}
}

// A table's values lie where the weights say.
func TestTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var points []point
		for range rapid.IntRange(1, 40).Draw(t, "points") {
			points = append(points, point{rapid.Float64Range(0, 100).Draw(t, "value"), rapid.Float64Range(0.01, 5).Draw(t, "weight")})
		}
		slices.SortFunc(points, byValue)
		got := make([]float32, rapid.IntRange(1, 300).Draw(t, "size"))
		table(points, got)
		if !slices.IsSorted(got) || float64(got[0]) < points[0].value-1e-4 || float64(got[len(got)-1]) > points[len(points)-1].value+1e-4 {
			t.Fatalf("%v of %v", got, points)
		}
		var all float64
		for _, p := range points {
			all += p.weight
		}
		for i, v := range got {
			u := (float64(i) + 0.5) / float64(len(got)) * all
			var below, upTo float64 // weight strictly below v, and up to the next point
			for _, p := range points {
				if p.value < float64(v)-1e-3 {
					below += p.weight
				}
			}
			for _, p := range points {
				upTo += p.weight
				if p.value > float64(v)+1e-3 {
					break
				}
			}
			if below > u+5+1e-6 || upTo < u-1e-6 {
				t.Fatalf("%v at %v of %v: %v lies below, %v up to the next", v, u, all, below, upTo)
			}
		}
	})
}

// The newest 200 of each pool are kept, sorted, whatever is added.
func TestPoolsAreBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, all := &Durations{}, []float32(nil)
		seconds := rapid.SliceOfN(rapid.IntRange(0, 50), 1, 30).Draw(t, "seconds")
		for i := range rapid.IntRange(0, 600).Draw(t, "services") {
			s := seconds[i%len(seconds)] + i/100
			d.Add("m", "f", Service{Talk: time.Duration(s) * time.Second, WrapUp: -time.Second})
			if s > 0 {
				all = append(all, float32(s))
			}
		}
		want := slices.Sorted(slices.Values(all[max(0, len(all)-poolSize):]))
		for name, p := range map[string]*pool{"matter": d.matters["m"], "family": d.families["f"], "centre": &d.centre} {
			if p == nil {
				p = &pool{}
			}
			var got []float32
			for _, one := range p.sorted {
				got = append(got, one.total)
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%s: %v, want %v", name, got, want)
			}
		}
		if d.Seen() != len(all) {
			t.Fatalf("seen %d of %d", d.Seen(), len(all))
		}
	})
}

func TestMattersAreBounded(t *testing.T) {
	d := &Durations{}
	for i := range maxMatters + 50 {
		d.Add(fmt.Sprint("m", i), "", Service{Talk: time.Minute})
	}
	if len(d.matters) != maxMatters || len(d.families) != 0 || d.Seen() != maxMatters+50 {
		t.Errorf("%d matters, %d families, %d seen", len(d.matters), len(d.families), d.Seen())
	}
	if got := mean(d.mixture("m1070", "").services()); math.Abs(got-60) > 1 {
		t.Errorf("one without a pool: %v s, want the centre's 60", got)
	}
}

func TestPatienceRate(t *testing.T) {
	var p Patience
	for range 1000 {
		p.Left(20 * time.Minute)
		p.Served(10 * time.Minute)
	}
	if per := 1 / p.rate() / 60; math.Abs(per-30) > 1 {
		t.Errorf("one leaves every %v min of waiting, want 30", per)
	}
	if (*Patience)(nil).rate() != 0 {
		t.Error("without a history somebody gives up")
	}
}
