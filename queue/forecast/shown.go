package forecast

import "time"

// steps are the minutes that a band is shown in.
var steps = [...]int{1, 2, 3, 5, 10, 15, 20, 30, 45, 60}

// Longest is the longest wait that is ever named: beyond it a person is better
// served by a call-back.
const Longest = 60 * time.Minute

// Shown is what a resident is told: "about from to to minutes", both rounded up to
// 1, 2, 3, 5, 10, 15, 20, 30, 45 or 60. False: show the place only. From and to may
// be equal.
func Shown(b Band) (fromMin, toMin int, ok bool) {
	if !b.Sure || b.P80 > Longest || b.P50 > b.P80 || b.P50 < 0 {
		return 0, 0, false
	}
	return roundUp(b.P50), roundUp(b.P80), true
}

func roundUp(d time.Duration) int {
	for _, step := range steps {
		if d <= time.Duration(step)*time.Minute {
			return step
		}
	}
	return steps[len(steps)-1]
}

// narrow says that a band tells something: a bound within five minutes always
// does, a later one when it is at most four times the median.
func narrow(p50, p80 time.Duration) bool {
	return p80 <= Longest && (p80 <= 5*time.Minute || p80 <= 4*p50)
}
