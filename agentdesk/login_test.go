package agentdesk

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestLogin(t *testing.T) {
	d := newDesk(t, nil)
	r := d.logIn(FaceDesk, "agent1", password)
	if b := r.body; r.status != 200 || b != `{"id":"agent1","name":"王静","role":"agent","seat":"1"}`+"\n" {
		t.Fatalf("%d %s", r.status, b)
	}
	c := r.sessionCookie()
	if c.Name != "rw_desk" || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Secure || c.MaxAge != 12*3600 || len(c.Value) != 43 {
		t.Errorf("cookie %+v", c)
	}
	for hash, s := range d.sessions {
		if hash == c.Value || s.Hash != hashOf(c.Value) {
			t.Errorf("the token itself is stored")
		}
	}
	if r := d.ask("GET", "/api/desk/me", "", cookie(c)); r.status != 200 || !strings.Contains(r.body, `"agent1"`) {
		t.Errorf("me: %d", r.status)
	}
	// Desk and board in one browser: two sessions side by side.
	board := d.in(FaceBoard, "supervisor")
	if board.Name != "rw_board" {
		t.Errorf("cookie of the board: %s", board.Name)
	}
	for _, path := range []string{"/api/desk/me", "/api/board/me"} {
		if r := d.ask("GET", path, "", cookie(c), cookie(board)); r.status != 200 {
			t.Errorf("%s with both sessions: %d", path, r.status)
		}
	}
	// A new log-in ends the old session of this browser.
	again := d.ask("POST", "/api/login", `{"face":"desk","user":"agent2","password":"demo"}`, cookie(c))
	if again.status != 200 || again.sessionCookie().Value == c.Value {
		t.Errorf("log-in over a session: %d", again.status)
	}
	if r := d.ask("GET", "/api/desk/me", "", cookie(c)); r.status != http.StatusUnauthorized || r.refusal(t).Code != "login" {
		t.Errorf("the old session lives: %d", r.status)
	}
	for name, value := range map[string]string{"unknown": strings.Repeat("a", 43), "long": strings.Repeat("a", 5000), "empty": ""} {
		if r := d.ask("GET", "/api/desk/me", "", cookie(&http.Cookie{Name: "rw_desk", Value: value})); r.status != http.StatusUnauthorized {
			t.Errorf("%s token: %d", name, r.status)
		}
	}
	if r := d.ask("GET", "/api/board/me", "", cookie(&http.Cookie{Name: "rw_board", Value: again.sessionCookie().Value})); r.status != http.StatusUnauthorized {
		t.Errorf("session of the desk at the board: %d", r.status)
	}
}

func TestLoginSecure(t *testing.T) {
	d := newDesk(t, func(o *Options) { o.Secure = true })
	r := d.ask("POST", "/api/login", `{"face":"board","user":"admin","password":"demo"}`, header("Origin", "https://127.0.0.1:8080"))
	if r.status != 200 {
		t.Fatal(r.status)
	}
	if c := r.sessionCookie(); c.Name != "__Host-rw_board" || !c.Secure || c.Path != "/" || c.Domain != "" {
		t.Errorf("cookie %+v", c)
	}
}

func TestLoginIsAudited(t *testing.T) {
	var rows []string
	d := newDesk(t, func(o *Options) {
		o.Audit = func(_ context.Context, login, action, face string) error {
			rows = append(rows, login+" "+action+" "+face)
			return nil
		}
	})
	for _, body := range []string{
		`{"face":"desk","user":"agent1","password":"wrong"}`,
		`{"face":"desk","user":"hunter2","password":"demo"}`, // a password in the wrong field stays out
		`{"face":"board","user":"agent1","password":"demo"}`,
		`{"face":"desk","user":"agent1","password":"demo"}`,
	} {
		d.ask("POST", "/api/login", body)
	}
	want := []string{"agent1 login.failed desk", "agent1 login.forbidden board", "agent1 login.ok desk"}
	if !slices.Equal(rows, want) {
		t.Errorf("audit %v, want %v", rows, want)
	}
}

func TestLogout(t *testing.T) {
	var told []Identity
	d := newDesk(t, func(o *Options) { o.SignedOut = func(who Identity) { told = append(told, who) } })
	c, board := d.in(FaceDesk, "agent1"), d.in(FaceBoard, "admin")
	ticket := d.socket(t, "/api/desk/socket", "{}", c)
	r := d.ask("POST", "/api/logout", `{"face":"desk"}`, cookie(c), cookie(board))
	if r.status != 200 || len(r.cookies) != 1 || r.cookies[0].MaxAge >= 0 || r.cookies[0].Name != "rw_desk" {
		t.Errorf("logout: %d %v", r.status, r.cookies)
	}
	if r := d.ask("GET", "/api/desk/me", "", cookie(c)); r.status != http.StatusUnauthorized {
		t.Errorf("after logout: %d", r.status)
	}
	if r := d.ask("GET", "/api/board/me", "", cookie(board)); r.status != 200 {
		t.Errorf("the other face: %d", r.status)
	}
	if _, ok := d.Redeem(t.Context(), ticket); ok {
		t.Error("a socket ticket outlived the log-out")
	}
	if r := d.ask("POST", "/api/logout", `{"face":"desk"}`); r.status != 200 {
		t.Errorf("logout of nobody: %d", r.status)
	}
	if want := (Identity{Role: "agent", ID: "agent1", Face: "desk", Session: hashOf(c.Value)}); len(told) != 1 || told[0] != want {
		t.Errorf("told of %v, want %v once", told, want)
	}
}

// TestLogoutElsewhere: a sign-out at one machine takes nothing from the log-in
// of the same person at another.
func TestLogoutElsewhere(t *testing.T) {
	var told []Identity
	d := newDesk(t, func(o *Options) { o.SignedOut = func(who Identity) { told = append(told, who) } })
	here, there := d.in(FaceDesk, "agent1"), d.in(FaceDesk, "agent1")
	stays := d.socket(t, "/api/desk/socket", "{}", there)
	goes := d.socket(t, "/api/desk/socket", "{}", here)
	if r := d.ask("POST", "/api/logout", `{"face":"desk"}`, cookie(here)); r.status != 200 {
		t.Fatalf("logout: %d", r.status)
	}
	if _, ok := d.Redeem(t.Context(), goes); ok {
		t.Error("a socket ticket outlived its log-in")
	}
	if id, ok := d.Redeem(t.Context(), stays); !ok || id.Session != hashOf(there.Value) {
		t.Errorf("the other machine's socket ticket is %+v's, %v", id, ok)
	}
	if r := d.ask("GET", "/api/desk/me", "", cookie(there)); r.status != 200 {
		t.Errorf("the other machine: %d", r.status)
	}
	if len(told) != 1 || told[0].Session != hashOf(here.Value) {
		t.Errorf("told of %+v", told)
	}
	// Who is shut out as a person loses the tickets of every log-in.
	a, b := d.socket(t, "/api/desk/socket", "{}", there), d.socket(t, "/api/desk/socket", "{}", d.in(FaceDesk, "agent1"))
	d.out(Identity{Role: RoleAgent, ID: "agent1", Face: FaceDesk})
	for _, ticket := range []string{a, b} {
		if _, ok := d.Redeem(t.Context(), ticket); ok {
			t.Error("a socket ticket outlived its person's account")
		}
	}
	if len(d.tickets.all) != 0 || len(d.tickets.byID) != 0 {
		t.Errorf("%d tickets and %d holders are left", len(d.tickets.all), len(d.tickets.byID))
	}
}

func TestSessionEnds(t *testing.T) {
	d := newDesk(t, nil)
	me := func(c *http.Cookie) int { return d.ask("GET", "/api/desk/me", "", cookie(c)).status }
	c := d.in(FaceDesk, "agent1")
	d.pass(15*time.Minute - time.Second)
	if me(c) != 200 {
		t.Error("over before 15 idle minutes")
	}
	d.pass(15*time.Minute - time.Second) // use was noted
	if me(c) != 200 {
		t.Error("use does not prolong")
	}
	d.pass(15 * time.Minute)
	if me(c) != 401 || len(d.sessions) != 0 {
		t.Errorf("15 idle minutes do not end it, %d sessions stay", len(d.sessions))
	}
	c = d.in(FaceDesk, "agent1")
	for range 71 {
		d.pass(10 * time.Minute)
		if me(c) != 200 {
			t.Fatal("over before twelve hours")
		}
	}
	d.pass(10 * time.Minute)
	if me(c) != 401 {
		t.Error("twelve hours do not end it")
	}
	c = d.in(FaceDesk, "agent1")
	d.people["agent1"] = Person{ID: "agent1", Role: RoleHelper}
	if me(c) != 403 {
		t.Error("a role taken away does not count at once")
	}
	delete(d.people, "agent1")
	if me(c) != 401 {
		t.Error("a closed account does not count at once")
	}
}

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

func TestLoginBadInput(t *testing.T) {
	d := newDesk(t, nil)
	for _, tt := range []struct {
		name, body, kind, code string
		status                 int
	}{
		{"no body", "", "application/json", "malformed", 400},
		{"no JSON", "face=desk&user=agent1&password=demo", "application/json", "malformed", 400},
		{"form", "face=desk&user=agent1&password=demo", "application/x-www-form-urlencoded", "malformed", 415},
		{"text", `{"face":"desk","user":"agent1","password":"demo"}`, "text/plain", "malformed", 415},
		{"no kind", `{"face":"desk","user":"agent1","password":"demo"}`, "", "malformed", 415},
		{"array", `[]`, "application/json", "malformed", 400},
		{"two objects", `{"face":"desk","user":"agent1","password":"demo"}{}`, "application/json", "malformed", 400},
		{"unknown face", `{"face":"kiosk","user":"agent1","password":"demo"}`, "application/json", "malformed", 400},
		{"no user", `{"face":"desk","password":"demo"}`, "application/json", "malformed", 400},
		{"long user", `{"face":"desk","user":"` + strings.Repeat("a", 65) + `","password":"demo"}`, "application/json", "malformed", 400},
		{"long password", `{"face":"desk","user":"agent1","password":"` + strings.Repeat("a", 257) + `"}`, "application/json", "malformed", 400},
		{"user is no text", `{"face":"desk","user":1,"password":"demo"}`, "application/json", "malformed", 400},
		{"5 KiB", `{"face":"desk","user":"agent1","password":"` + strings.Repeat("a", 5000) + `"}`, "application/json", "too_large", 413},
		{"with charset", `{"face":"desk","user":"agent1","password":"demo"}`, "application/json; charset=utf-8", "", 200},
	} {
		r := d.ask("POST", "/api/login", tt.body, header("Content-Type", tt.kind))
		if f := r.refusal(t); r.status != tt.status || f.Code != tt.code {
			t.Errorf("%s: %d %+v", tt.name, r.status, f)
		}
	}
	if d.verified != 1 {
		t.Errorf("%d passwords were checked", d.verified)
	}
	for _, path := range []string{"/api/logout", "/api/station/socket"} {
		for _, body := range []string{"", "[", `{"face":3,"station":3}`, `{"face":"` + strings.Repeat("a", 5000) + `"}`} {
			if r := d.ask("POST", path, body); r.status != 400 && r.status != 413 {
				t.Errorf("%s with %.20q: %d", path, body, r.status)
			}
		}
	}
}

// TestNoPersonInLog: what people typed or are called is not in the log.
func TestNoPersonInLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, func(o *Options) {
			verify := o.Verify
			o.Verify = func(hash, given string) (bool, error) {
				if given == "unreadable" {
					return false, errors.New("bad hash")
				}
				return verify(hash, given)
			}
		})
		c := d.in(FaceDesk, "agent1")
		d.logIn(FaceDesk, "agent2", "Geheim-17")
		d.logIn(FaceDesk, "agent2", "unreadable")
		d.ask("GET", "/kiosk?station=s01&id=330211199001011234", "", cookie(c))
		d.ask("GET", "/api/desk/pages/0a?x=330211199001011234", "", cookie(c))
		for _, secret := range []string{"Geheim", "agent", "王静", "330211", c.Value, "demo"} {
			if strings.Contains(d.log.String(), secret) {
				t.Errorf("the log tells %q:\n%s", secret, d.log.String())
			}
		}
		if !strings.Contains(d.log.String(), "GET /kiosk") {
			t.Error("nothing was logged at all")
		}
	})
}
