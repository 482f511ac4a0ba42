package agentdesk

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestWrongPassword: unknown and known accounts cost and look the same, the
// answers come slower each time, and after ten failures none is checked.
func TestWrongPassword(t *testing.T) {
	for _, login := range []string{"agent1", "nobody"} {
		synctest.Test(t, func(t *testing.T) {
			d := newDesk(t, func(o *Options) { o.Now = time.Now })
			want := []int64{300, 600, 1200, 2400, 4800, 5000, 5000, 5000, 5000, 5000}
			for i, ms := range want {
				start := time.Now()
				r := d.logIn(FaceDesk, login, "wrong")
				if f := r.refusal(t); r.status != 401 || f != (failure{Code: "bad_login"}) || len(r.cookies) != 0 {
					t.Errorf("%s, failure %d: %d %+v", login, i+1, r.status, f)
				}
				if took := time.Since(start).Milliseconds(); took != ms {
					t.Errorf("%s, failure %d was held back %d ms, want %d", login, i+1, took, ms)
				}
			}
			if d.verified != accountLimit {
				t.Errorf("%s: %d verifications for %d tries", login, d.verified, accountLimit)
			}
			r := d.logIn(FaceDesk, login, password)
			f := r.refusal(t)
			if r.status != 429 || f.Code != "rate" || f.RetryMS <= 0 || f.RetryMS > failureWindow.Milliseconds() {
				t.Errorf("%s, after the limit: %d %+v", login, r.status, f)
			}
			if d.verified != accountLimit {
				t.Errorf("%s: verified behind the limit", login)
			}
			d.in(FaceBoard, "supervisor") // others are not locked out
			time.Sleep(time.Duration(f.RetryMS) * time.Millisecond)
			if r := d.logIn(FaceDesk, login, "wrong"); r.status != 401 {
				t.Errorf("%s, after the wait: %d", login, r.status)
			}
			for result, n := range map[string]float64{"bad": 11, "rate": 1, "ok": 1} {
				if got := d.counted("remotewindow_logins_total", result); got != n {
					t.Errorf("%s: %v log-ins counted as %s, want %v", login, got, result, n)
				}
			}
		})
	}
}

// TestWrongPasswordAudited: the row that only a known login has does not show in
// the time of the answer.
func TestWrongPasswordAudited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows := 0
		d := newDesk(t, func(o *Options) {
			o.Now = time.Now
			o.Audit = func(context.Context, string, string, string) error {
				rows++
				time.Sleep(200 * time.Millisecond) // of the bubble: a slow disk
				return nil
			}
		})
		for _, login := range []string{"agent1", "nobody"} {
			start := time.Now()
			if r := d.logIn(FaceDesk, login, "wrong"); r.status != 401 {
				t.Fatalf("%s: %d", login, r.status)
			}
			if took := time.Since(start); took != firstDelay {
				t.Errorf("%s: answered after %v, want %v", login, took, firstDelay)
			}
		}
		if rows != 1 {
			t.Errorf("%d rows in the audit", rows)
		}
	})
}

// TestManyTriesAtOnce: the limit holds when all come at the same moment.
func TestManyTriesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, func(o *Options) { o.Now = time.Now })
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() { d.logIn(FaceDesk, "agent1", "wrong") })
		}
		wg.Wait()
		if d.verified != accountLimit {
			t.Errorf("%d passwords were checked, want %d", d.verified, accountLimit)
		}
	})
}

// TestSource: one address that tries many accounts is stopped, another is not.
func TestSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, func(o *Options) { o.Now, o.Demo, o.LoginPerSource = time.Now, false, 50 })
		try := func(from, login, with string) int {
			return d.ask("POST", "/api/login", fmt.Sprintf(`{"face":"desk","user":%q,"password":%q}`, login, with),
				func(r *http.Request) { r.RemoteAddr = from + ":1000" }).status
		}
		for i := range 50 {
			if got := try("192.0.2.1", fmt.Sprint("name", i), "wrong"); got != 401 {
				t.Fatalf("try %d: %d", i, got)
			}
		}
		if got := try("192.0.2.1", "agent1", password); got != 429 {
			t.Errorf("after %d failures from one address: %d", 50, got)
		}
		if got := try("192.0.2.2", "agent1", password); got != 200 {
			t.Errorf("from another address: %d", got)
		}
	})
}

func TestFailuresBounded(t *testing.T) {
	f := newFailures(accountLimit)
	now := time.Now()
	for i := range 3 * maxTracked {
		f.attempt(fmt.Sprint(i), now)
	}
	if len(f.at) > maxTracked {
		t.Errorf("%d keys are kept", len(f.at))
	}
	// After the window entries go, a few with each new one.
	for i := range maxTracked {
		f.attempt(fmt.Sprint("new", i), now.Add(failureWindow))
	}
	old := 0
	for name := range f.at {
		if len(f.recent(name, now.Add(failureWindow))) == 0 {
			old++
		}
	}
	if old > maxTracked/2 {
		t.Errorf("%d keys are kept after the window", old)
	}
}

// TestFailuresClock: a clock that is set back locks nobody out for longer.
func TestFailuresClock(t *testing.T) {
	f := newFailures(1)
	now := time.Now()
	if f.attempt("a", now) != 0 || f.attempt("a", now) == 0 {
		t.Error("the limit does not hold")
	}
	if wait := f.attempt("a", now.Add(-24*time.Hour)); wait != 0 {
		t.Errorf("locked out for %v by a clock set back a day", wait)
	}
}
