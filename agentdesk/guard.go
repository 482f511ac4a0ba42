package agentdesk

import (
	"sync"
	"time"
)

const (
	failureWindow = 15 * time.Minute
	accountLimit  = 10 // failures of one account from one device in the window, then it waits
	// loginPerSource is far higher: every seat of a centre may stand behind one
	// address, and in the morning all of them log in.
	loginPerSource = 300
	enrolPerSource = 30     // stations are enrolled from one room, and codes are mistyped
	maxTracked     = 10_000 // accounts with their devices, and as many sources

	firstDelay = 300 * time.Millisecond
	maxDelay   = 5 * time.Second
)

// failures counts what went wrong in the last failureWindow, by key. A restart
// forgets them: at worst somebody wins as many guesses more.
type failures struct {
	limit int

	mu sync.Mutex
	at map[string][]time.Time // inside the window, oldest first
}

func newFailures(limit int) *failures {
	return &failures{limit: limit, at: make(map[string][]time.Time)}
}

// attempt counts a try as failed until it is taken back, so that many tries at
// once do not slip past the limit. It returns 0, or how long the key must wait;
// then nothing was counted.
func (f *failures) attempt(key string, now time.Time) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	times := f.recent(key, now)
	if len(times) >= f.limit {
		return max(times[0].Add(failureWindow).Sub(now), time.Millisecond)
	}
	f.makeRoom(key, now)
	f.at[key] = append(times, now)
	return 0
}

// count tells how many failures a key has.
func (f *failures) count(key string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.at[key])
}

// succeeded forgets the failures of a key.
func (f *failures) succeeded(key string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.at, key)
}

// undecided takes back one try: it was right, or neither right nor wrong.
func (f *failures) undecided(key string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch times := f.at[key]; len(times) {
	case 0:
	case 1:
		delete(f.at, key)
	default:
		f.at[key] = times[:len(times)-1]
	}
}

// recent returns the failures of key that are still in the window. A clock that
// was set back must not keep anybody out for longer than the window.
func (f *failures) recent(key string, now time.Time) []time.Time {
	times := f.at[key]
	for len(times) > 0 && (now.Sub(times[0]) >= failureWindow || times[0].After(now.Add(time.Minute))) {
		times = times[1:]
	}
	return times
}

// makeRoom keeps the keys bounded. It looks at a few, as a map gives them in no
// order, drops those that are over, and if none is, any one: under a flood of
// invented names the cost of a log-in must not grow with their number.
func (f *failures) makeRoom(key string, now time.Time) {
	if _, ok := f.at[key]; ok || len(f.at) < maxTracked {
		return
	}
	looked, last := 0, ""
	for k := range f.at {
		if len(f.recent(k, now)) == 0 {
			delete(f.at, k)
		}
		last = k
		if looked++; looked == 16 {
			break
		}
	}
	if len(f.at) >= maxTracked {
		delete(f.at, last)
	}
}

// guard counts failed log-ins: by account and device first, then by source. A
// device on which the account has logged in before has a count of its own, and
// no source counts it ("" below); all others share one. So a stranger's guesses
// never lock an agent out at the seat where he works, not even a stranger's who
// sits behind the same address.
type guard struct {
	accounts *failures
	sources  *failures
}

func newGuard(perSource int) *guard {
	return &guard{accounts: newFailures(accountLimit), sources: newFailures(perSource)}
}

// attempt counts a try against both and returns 0, or how long to wait. The
// source is "" for a device that the account is known on, in all methods.
func (g *guard) attempt(account, source string, now time.Time) time.Duration {
	if wait := g.accounts.attempt(account, now); wait > 0 || source == "" {
		return wait
	}
	wait := g.sources.attempt(source, now)
	if wait > 0 {
		g.accounts.undecided(account)
	}
	return wait
}

// failed returns how long after its check the answer of a try that failed goes
// out: 0.3 s at first, doubled each time, at most 5 s. Others behind the same address are
// not slowed.
func (g *guard) failed(account string) time.Duration {
	delay := firstDelay
	for n := g.accounts.count(account); n > 1 && delay < maxDelay; n-- {
		delay *= 2
	}
	return min(delay, maxDelay)
}

// succeeded forgets the failures of the account there, and the try at its source.
func (g *guard) succeeded(account, source string) {
	g.accounts.succeeded(account)
	if source != "" {
		g.sources.undecided(source)
	}
}

// undecided takes back a try that was neither right nor wrong: the database was away.
func (g *guard) undecided(account, source string) {
	g.accounts.undecided(account)
	if source != "" {
		g.sources.undecided(source)
	}
}
