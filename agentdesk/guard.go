package agentdesk

import (
	"sync"
	"time"
)

const (
	failureWindow = 15 * time.Minute
	accountLimit  = 10 // failures of one account in the window, then it waits
	// sourceLimit is higher: a whole hall of service stands behind one address.
	sourceLimit = 50
	maxTracked  = 10_000 // accounts, and as many sources

	firstDelay = 300 * time.Millisecond
	maxDelay   = 5 * time.Second
)

// guard counts failed log-ins by account and by source address. A restart
// forgets them: at worst an attacker wins ten more guesses.
type guard struct {
	mu       sync.Mutex
	accounts map[string][]time.Time // of failures inside the window, oldest first
	sources  map[string][]time.Time
}

func newGuard() *guard {
	return &guard{accounts: make(map[string][]time.Time), sources: make(map[string][]time.Time)}
}

// attempt counts a try as failed until succeeded takes it back, so that many
// tries at once do not slip past the limit. It returns 0, or how long account
// or source must wait.
func (g *guard) attempt(account, source string, now time.Time) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	a, s := recent(g.accounts, account, now), recent(g.sources, source, now)
	var wait time.Duration
	if len(a) >= accountLimit {
		wait = a[0].Add(failureWindow).Sub(now)
	}
	if len(s) >= sourceLimit {
		wait = max(wait, s[0].Add(failureWindow).Sub(now))
	}
	if wait == 0 {
		makeRoom(g.accounts, account, now)
		g.accounts[account] = append(a, now)
	}
	return wait
}

// failed notes the failure at its source and returns how long to hold back
// the answer: 0.3 s at first, doubled each time, at most 5 s.
func (g *guard) failed(account, source string, now time.Time) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	makeRoom(g.sources, source, now)
	s := append(recent(g.sources, source, now), now)
	g.sources[source] = s
	n := max(len(g.accounts[account]), len(s))
	delay := firstDelay
	for ; n > 1 && delay < maxDelay; n-- {
		delay *= 2
	}
	return min(delay, maxDelay)
}

// succeeded forgets the failures of the account, the try itself among them.
func (g *guard) succeeded(account string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.accounts, account)
}

// undecided takes back a try that was neither right nor wrong: the database was away.
func (g *guard) undecided(account string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if a := g.accounts[account]; len(a) > 0 {
		g.accounts[account] = a[:len(a)-1]
	}
}

// recent returns the failures of key that are still in the window.
func recent(m map[string][]time.Time, key string, now time.Time) []time.Time {
	times := m[key]
	for len(times) > 0 && now.Sub(times[0]) >= failureWindow {
		times = times[1:]
	}
	return times
}

// makeRoom keeps m bounded. It looks at a few entries, as a map gives them in
// no order, drops those that are over, and if none is, any one: under a flood
// of invented names the cost of a log-in must not grow with their number.
func makeRoom(m map[string][]time.Time, key string, now time.Time) {
	if _, ok := m[key]; ok || len(m) < maxTracked {
		return
	}
	looked, last := 0, ""
	for k := range m {
		if len(recent(m, k, now)) == 0 {
			delete(m, k)
		}
		last = k
		if looked++; looked == 16 {
			break
		}
	}
	if len(m) >= maxTracked {
		delete(m, last)
	}
}
