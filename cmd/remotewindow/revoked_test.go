package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/remotewindow/remotewindow/agentdesk/records"
	"github.com/remotewindow/remotewindow/signaling"
	"github.com/remotewindow/remotewindow/signaling/client"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// TestRevokedElsewhere: what another process does to an account, a new password
// or a lock, ends the open sockets of a node that was not told. How soon is
// logged; the promise is 5 s.
func TestRevokedElsewhere(t *testing.T) { onTwins(t, revokedElsewhere) }

func revokedElsewhere(t *testing.T, on twin) {
	ctx := testContext(t)
	p := startProcess(t, on.args...)
	user := func(stdin string, args ...string) {
		t.Helper()
		args = append(append([]string{"user"}, args...), "--data", p.data)
		if on.url != "" {
			args = append(args, "--database", on.url)
		}
		if code, _, errs := command(t, stdin, args...); code != 0 {
			t.Fatal(errs)
		}
	}
	stays := agent(t, p, "agent1")
	for login, act := range map[string]func(){
		"agent2": func() { user("battery staple\n", "password", "agent2") },
		"agent3": func() { user("", "disable", "agent3") },
	} {
		a := agent(t, p, login)
		must(t, a.Ready(ctx))
		began := time.Now()
		act()
		_, err := a.WaitState(ctx, func(protocol.DeskState) bool { return false })
		if !errors.Is(err, client.ErrEnded) {
			t.Errorf("%s: %v\n%s", login, err, p.output())
		}
		t.Logf("%s was out after %v", login, time.Since(began).Round(10*time.Millisecond))
	}
	if err := stays.Ready(context.WithoutCancel(ctx)); err != nil {
		t.Errorf("another agent: %v", err)
	}
}

// TestHeldTicketOfRevoked: a socket ticket that was issued before somebody was
// locked out, by another process, and is used after, opens nothing.
func TestHeldTicketOfRevoked(t *testing.T) {
	p := startProcess(t)
	held, used := heldTicket(t, p, "agent3"), heldTicket(t, p, "agent4")
	if code, _, errs := command(t, "", "user", "disable", "agent3", "--data", p.data); code != 0 {
		t.Fatal(errs)
	}
	if first := hello(t, p, held); first != (protocol.Error{Code: protocol.CodeExpired}) {
		t.Errorf("locked out: %#v", first)
	}
	if first, ok := hello(t, p, used).(protocol.Welcome); !ok || first.ID != "agent4" {
		t.Errorf("another agent: %#v", first)
	}
}

// heldTicket logs in at the desk and returns a socket ticket.
func heldTicket(t *testing.T, p *process, login string) string {
	t.Helper()
	jar, err := cookiejar.New(nil)
	must(t, err)
	browser := &http.Client{Jar: jar}
	post := func(path, body string, out any) {
		t.Helper()
		req, err := http.NewRequestWithContext(testContext(t), http.MethodPost, p.url+path, strings.NewReader(body))
		must(t, err)
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Origin", p.url)
		answer, err := browser.Do(req)
		must(t, err)
		defer func() { _ = answer.Body.Close() }()
		if answer.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s", path, answer.Status)
		}
		must(t, json.NewDecoder(answer.Body).Decode(out))
	}
	var out struct{ Ticket string }
	post("/api/login", `{"face":"desk","user":"`+login+`","password":"demo"}`, &struct{}{})
	post("/api/desk/socket", `{}`, &out)
	return out.Ticket
}

// hello opens a socket with a ticket and returns the answer.
func hello(t *testing.T, p *process, ticket string) protocol.Message {
	t.Helper()
	ws, answer, err := websocket.DefaultDialer.DialContext(testContext(t), "ws"+strings.TrimPrefix(p.url, "http")+"/ws", http.Header{"Origin": {p.url}})
	must(t, err)
	defer func() { _, _ = ws.Close(), answer.Body.Close() }()
	data, err := protocol.Encode("h", "", protocol.Hello{Protocol: protocol.Version, Layout: protocol.Layout, Ticket: ticket})
	must(t, err)
	must(t, ws.WriteMessage(websocket.TextMessage, data))
	must(t, ws.SetReadDeadline(time.Now().Add(patience)))
	_, data, err = ws.ReadMessage()
	must(t, err)
	_, first, err := protocol.DecodePush(data)
	must(t, err)
	return first
}

// TestAdmit: what stood behind a ticket is looked at again when it is used, and
// nobody gets in while nobody can tell.
func TestAdmit(t *testing.T) {
	ctx := testContext(t)
	db, err := records.Open(ctx, records.Options{Dir: t.TempDir(), Centre: "pj", Node: "test", AuditKey: make([]byte, 32), Location: time.UTC})
	must(t, err)
	t.Cleanup(func() { _ = db.Close() })
	must(t, db.Provision(ctx, []records.StationInfo{{ID: "s01", Name: "s01", Grid: "south"}}, nil))
	enrol := func(digit string) signaling.Identity {
		t.Helper()
		hash, now := strings.Repeat(digit, 64), time.Now().UnixMilli()
		must(t, db.IssueCode(ctx, "s01", hash, now+time.Hour.Milliseconds(), "admin"))
		point := append([]byte{4}, make([]byte, 64)...)
		point[1] = digit[0]
		k := records.StationKey{ID: strings.Repeat(digit, 32), PublicKey: base64.RawURLEncoding.EncodeToString(point), CreatedMS: now}
		_, err := db.RedeemCode(ctx, hash, k)
		must(t, err)
		return signaling.Identity{Role: protocol.RoleStation, ID: "s01", Face: protocol.FaceStation, Session: k.ID}
	}
	who := enrol("a")
	if got, err := (staff{db}).admit(ctx, who); err != nil || got != who {
		t.Errorf("%+v %v", got, err)
	}
	other := who
	other.ID = "s02"
	now := enrol("b") // takes the place of the first key
	for what, id := range map[string]signaling.Identity{
		"a key that was revoked": who, "the key of another station": other,
		"a log-in that was ended": {Role: protocol.RoleAgent, ID: "li", Face: protocol.FaceDesk, Session: "x"},
	} {
		if got, err := (staff{db}).admit(ctx, id); err == nil || errors.Is(err, signaling.ErrUnavailable) || got != (signaling.Identity{}) {
			t.Errorf("%s: %+v %v", what, got, err)
		}
	}
	must(t, db.Close())
	if _, err := (staff{db}).admit(ctx, now); !errors.Is(err, signaling.ErrUnavailable) {
		t.Errorf("without records: %v", err)
	}
}
