package agentdesk

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// socket asks for a socket ticket.
func (d *desk) socket(t *testing.T, path, body string, as *http.Cookie) string {
	t.Helper()
	r := d.ask("POST", path, body, cookie(as))
	var a ticketAnswer
	if err := json.Unmarshal([]byte(r.body), &a); r.status != 200 || err != nil || len(a.Ticket) != 43 {
		t.Fatalf("%s: %d %v", path, r.status, err)
	}
	return a.Ticket
}

func TestSocketTicket(t *testing.T) {
	d := newDesk(t, nil)
	for _, tt := range []struct {
		path, body string
		as         *http.Cookie
		want       Identity
	}{
		{"/api/desk/socket", "{}", d.in(FaceDesk, "agent1"), Identity{Role: RoleAgent, ID: "agent1", Face: FaceDesk}},
		{"/api/desk/socket", "", d.in(FaceDesk, "agent2"), Identity{Role: RoleAgent, ID: "agent2", Face: FaceDesk}},
		{"/api/board/socket", "{}", d.in(FaceBoard, "supervisor"), Identity{Role: RoleSupervisor, ID: "supervisor", Face: FaceBoard}},
		{"/api/board/socket", "{}", d.in(FaceBoard, "admin"), Identity{Role: RoleAdmin, ID: "admin", Face: FaceBoard}},
		{"/api/station/socket", `{"station":"s02"}`, nil, Identity{Role: RoleStation, ID: "s02", Face: FaceStation}},
	} {
		ticket := d.socket(t, tt.path, tt.body, tt.as)
		id, ok := d.Redeem(t.Context(), ticket)
		if !ok || id.holder() != tt.want {
			t.Errorf("%s: %+v %v", tt.path, id, ok)
		}
		if byLogin := tt.as != nil; (id.Session != "") != byLogin {
			t.Errorf("%s: lives by %q", tt.path, id.Session)
		}
		if _, ok := d.Redeem(t.Context(), ticket); ok {
			t.Errorf("%s: the ticket works twice", tt.path)
		}
	}
	ticket := d.socket(t, "/api/station/socket", `{"station":"s01"}`, nil)
	d.pass(ticketLife - time.Millisecond)
	if _, ok := d.Redeem(t.Context(), ticket); !ok {
		t.Error("over before 30 s")
	}
	ticket = d.socket(t, "/api/station/socket", `{"station":"s01"}`, nil)
	d.pass(ticketLife)
	if _, ok := d.Redeem(t.Context(), ticket); ok {
		t.Error("works after 30 s")
	}
	for _, bad := range []string{"", "x", ticket} {
		if _, ok := d.Redeem(t.Context(), bad); ok {
			t.Errorf("%q works", bad)
		}
	}
	if n := len(d.tickets.all) + len(d.tickets.byID); n != 0 {
		t.Errorf("%d entries are left", n)
	}
}

// TestTicketRace: of many who redeem one ticket at once exactly one gets in.
func TestTicketRace(t *testing.T) {
	d := newDesk(t, nil)
	ticket := d.socket(t, "/api/station/socket", `{"station":"s01"}`, nil)
	var mu sync.Mutex
	var wg sync.WaitGroup
	in := 0
	for range 20 {
		wg.Go(func() {
			if _, ok := d.Redeem(t.Context(), ticket); ok {
				mu.Lock()
				in++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if in != 1 {
		t.Errorf("%d got in", in)
	}
}

func TestTicketsBounded(t *testing.T) {
	tk, now := newTickets(), time.Now()
	one := Identity{Role: "station", ID: "s01", Face: FaceStation}
	var issued []string
	for range maxOwn + 3 {
		v, err := tk.issue(one, now)
		if err != nil {
			t.Fatal(err)
		}
		issued = append(issued, v)
	}
	if _, ok := tk.redeem(issued[2], now); ok {
		t.Error("more than the newest tickets of one identity are kept")
	}
	if _, ok := tk.redeem(issued[3], now); !ok {
		t.Error("one of the newest tickets is gone")
	}
	for i := 0; len(tk.all) < maxTickets; i++ {
		if _, err := tk.issue(Identity{Role: "station", ID: fmt.Sprint("x", i), Face: FaceStation}, now); err != nil {
			t.Fatal(err)
		}
	}
	other := Identity{Role: "station", ID: "other", Face: FaceStation}
	if _, err := tk.issue(other, now); !errors.Is(err, errTooMany) {
		t.Errorf("past the bound: %v", err)
	}
	if _, err := tk.issue(other, now.Add(ticketLife)); err != nil {
		t.Errorf("after all others are over: %v", err)
	}
}

func TestStationTicket(t *testing.T) {
	d := newDesk(t, nil)
	for _, id := range []string{"s99", "", "S01", "../s01"} {
		if r := d.ask("POST", "/api/station/socket", `{"station":"`+id+`"}`); r.status != 404 || r.refusal(t).Code != "not_found" {
			t.Errorf("station %q: %d", id, r.status)
		}
	}
	d = newDesk(t, func(o *Options) { o.Demo = false })
	r := d.ask("POST", "/api/station/socket", `{"station":"s01"}`)
	if f := r.refusal(t); r.status != 401 || f.Code != "not_enrolled" {
		t.Errorf("outside a demo: %d %+v", r.status, f)
	}
}

func TestInfo(t *testing.T) {
	want := `{"build":"b1","demo":true,"centre":"pj","zone":"Asia/Shanghai","now_ms":1795309200000,"clips":true,"title":"云见面","consent_text":"c1","stations":[{"id":"s01","name":"东风村","grid":"south"},{"id":"s02","name":"\u003cb\u003e","grid":"north"}]}` + "\n"
	if got := newDesk(t, nil).ask("GET", "/api/info", "").body; got != want {
		t.Errorf("demo: %s", got)
	}
	want = `{"build":"b1","demo":false,"centre":"pj","zone":"Asia/Shanghai","now_ms":1795309200000,"clips":true,"title":"云见面","consent_text":"c1"}` + "\n"
	if got := newDesk(t, func(o *Options) { o.Demo = false }).ask("GET", "/api/info", "").body; got != want {
		t.Errorf("real: %s", got)
	}
	if got := newDesk(t, nil).ask("GET", "/api/catalogue", "").body; got != `{"edition":"e1"}`+"\n" {
		t.Errorf("catalogue: %s", got)
	}
}

// broken gives the first n bytes of the page and then an error.
func broken(n int, err error) func() io.ReadCloser {
	return func() io.ReadCloser {
		return io.NopCloser(io.MultiReader(bytes.NewReader(jpeg[:n]), readerFunc(func([]byte) (int, error) { return 0, err })))
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestCapturedPage(t *testing.T) {
	d := newDesk(t, nil)
	owner, other := d.in(FaceDesk, "agent1"), d.in(FaceDesk, "agent2")
	r := d.ask("GET", "/api/desk/pages/0a", "", cookie(owner))
	if got := r.body; r.status != 200 || got != string(jpeg) {
		t.Fatalf("%d, %d bytes", r.status, len(got))
	}
	for name, want := range map[string]string{
		"Content-Type": "image/jpeg", "Cache-Control": "no-store", "Content-Disposition": "inline",
		"Content-Length": fmt.Sprint(len(jpeg)), "X-Content-Type-Options": "nosniff",
		"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
	} {
		if got := r.header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if r := d.ask("GET", "/api/desk/pages/0a", "", cookie(other)); r.status != 403 || r.refusal(t).Code != "forbidden" {
		t.Errorf("another agent: %d", r.status)
	}
	for _, id := range []string{"0b", "..%2f0a", strings.Repeat("a", 65), "x"} {
		if r := d.ask("GET", "/api/desk/pages/"+id, "", cookie(owner)); r.status != 404 {
			t.Errorf("page %q: %d", id, r.status)
		}
	}
	// A page whose first bytes cannot be read is an error, not an empty picture.
	d.body = broken(0, errors.New("changed"))
	if r := d.ask("GET", "/api/desk/pages/0a", "", cookie(owner)); r.status != 500 || r.refusal(t).Code != "internal" {
		t.Errorf("unreadable page: %d", r.status)
	}
}

// TestCapturedPageBroken: over a real connection, a page that fails on its way
// reaches nobody as if it were whole.
func TestCapturedPageBroken(t *testing.T) {
	d := newDesk(t, nil)
	c := d.in(FaceDesk, "agent1")
	srv := httptest.NewServer(d.handler)
	defer srv.Close()
	for name, body := range map[string]func() io.ReadCloser{
		"error at half": broken(len(jpeg)/2, errors.New("changed")),
		"too short":     broken(len(jpeg)/2, io.EOF),
	} {
		d.body = body
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+"/api/desk/pages/0a", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.AddCookie(c)
		resp, err := srv.Client().Do(req)
		if err != nil {
			continue // broken off before the header: nobody got anything
		}
		b, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err == nil {
			t.Errorf("%s: %d bytes came as a whole page", name, len(b))
		}
	}
}
