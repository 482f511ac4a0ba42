package agentdesk

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
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
