package forecast

import (
	"cmp"
	"math"
	"slices"
)

// The weak prior of a centre that has seen nothing: a lognormal with a mean of
// 12 minutes, of which nine tenths are talk.
const (
	priorMean = 720.0 // seconds
	priorCV   = 0.8
	priorOpen = 0.9
	// priorCount is the number of services that the prior is worth.
	priorCount = 3
	// smooth is the number of services that the lognormal tail is worth beside the
	// observed ones.
	smooth = 3.0
	// tailAtoms is how finely a lognormal is cut.
	tailAtoms = 48
)

// atom is a part of a distribution: a service in seconds and its weight.
type atom struct {
	served
	weight float64
}

// mixture is the distribution of one matter, sorted by total.
type mixture struct {
	atoms     []atom
	mean, dev float64 // of total, seconds
	count     float64 // services that it is worth
}

// mixture is the matter's own distribution as far as there is one, then the
// family's, then the centre's, then the prior.
func (d *Durations) mixture(matter, family string) mixture {
	var m mixture
	left := 1.0
	if d != nil {
		d.mu.Lock()
		for _, p := range []*pool{d.matters[matter], d.families[family], &d.centre} {
			if p == nil || left == 0 {
				continue
			}
			n := len(p.sorted)
			share := left * min(1, float64(n)/enough)
			if left == 1 && n >= enough {
				m.count = float64(n)
			} else {
				m.count += share * min(float64(n), enough)
			}
			left -= share
			for _, one := range p.sorted {
				m.atoms = append(m.atoms, atom{one, share / float64(n)})
			}
		}
		d.mu.Unlock()
	}
	if left > 1e-9 {
		m.count += left * priorCount
		m.lognormal(priorMean, priorMean*priorCV, priorOpen, left)
	}
	m.moments()
	if left < 1 {
		open := 0.0
		for _, a := range m.atoms {
			open += a.weight * float64(a.open)
		}
		share := smooth / (m.count + smooth)
		for i := range m.atoms {
			m.atoms[i].weight *= 1 - share
		}
		m.lognormal(m.mean, max(m.dev, m.mean/20), open/m.mean, share)
	}
	slices.SortFunc(m.atoms, func(a, b atom) int { return byTotal(a.served, b.served) })
	return m
}

func (m *mixture) moments() {
	var sum, square float64
	for _, a := range m.atoms {
		sum += a.weight * float64(a.total)
		square += a.weight * float64(a.total) * float64(a.total)
	}
	m.mean, m.dev = sum, math.Sqrt(max(square-sum*sum, 0))
}

// lognormal adds one of the given mean and deviation, in equal parts; open is the
// share of a service before its wrap-up.
func (m *mixture) lognormal(mean, dev, open, weight float64) {
	variance := math.Log1p(dev * dev / (mean * mean))
	mu, sigma := math.Log(mean)-variance/2, math.Sqrt(variance)
	for i := range tailAtoms {
		total := math.Exp(mu + sigma*normal((float64(i)+0.5)/tailAtoms))
		m.atoms = append(m.atoms, atom{
			served{total: float32(total), open: float32(total * open)}, weight / tailAtoms,
		})
	}
}

// normal is the quantile function of the standard normal distribution.
func normal(u float64) float64 { return -math.Sqrt2 * math.Erfcinv(2*u) }

// point is a value of a distribution and its weight.
type point struct{ value, weight float64 }

func byValue(a, b point) int { return cmp.Compare(a.value, b.value) }

// services is the distribution of a whole service.
func (m mixture) services() []point {
	points := make([]point, len(m.atoms))
	for i, a := range m.atoms {
		points[i] = point{float64(a.total), a.weight}
	}
	return points
}

// residual is what is left of a service that holds its seat since age seconds,
// S − a | S > a; open says that its talk has not ended. Nobody ever took that
// long: then as much again as it took, evenly between nothing and twice that.
func (m mixture) residual(age float64, open bool) []point {
	var points []point
	for _, a := range m.atoms {
		if open && float64(a.open) > age || !open && float64(a.total) > age {
			points = append(points, point{float64(a.total) - age, a.weight})
		}
	}
	return orAgain(points, age)
}

// wrapUps is what is left of a wrap-up that began age seconds ago.
func (m mixture) wrapUps(age float64) []point {
	var points []point
	for _, a := range m.atoms {
		if rest := float64(a.total-a.open) - age; rest > 0 {
			points = append(points, point{rest, a.weight})
		}
	}
	slices.SortFunc(points, byValue)
	return orAgain(points, min(age, 300))
}

func orAgain(points []point, age float64) []point {
	if len(points) > 0 {
		return points
	}
	return []point{{0, 0.5}, {2 * age, 0.5}}
}

// table fills out with the quantiles at (i + ½)/len(out) of the sorted points:
// linear between the middles of their weights.
func table(points []point, out []float32) {
	var all float64
	for _, p := range points {
		all += p.weight
	}
	j, sum := 0, 0.0
	middle := func(j int) float64 { return sum + points[j].weight/2 }
	before, low := 0.0, points[0].value // the point before j: place and value
	for i := range out {
		u := (float64(i) + 0.5) / float64(len(out)) * all
		for j < len(points) && middle(j) < u {
			before, low = middle(j), points[j].value
			sum += points[j].weight
			j++
		}
		switch {
		case j == len(points):
			out[i] = float32(low)
		case j == 0:
			out[i] = float32(points[0].value)
		default:
			part := (u - before) / (middle(j) - before)
			out[i] = float32(low + part*(points[j].value-low))
		}
	}
}
