package agentdesk

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// device is the cookie by which a browser is known again.
func (r reply) device() *http.Cookie {
	for _, c := range r.cookies {
		if strings.HasSuffix(c.Name, "rw_device") {
			return c
		}
	}
	return nil
}

// TestKnownDevice: ten wrong guesses by a stranger lock the stranger out and
// not the agent at the seat where he has logged in before.
func TestKnownDevice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, func(o *Options) { o.Now = time.Now })
		first := d.logIn(FaceDesk, "agent1", password)
		seat := first.device()
		if seat == nil || !seat.HttpOnly || seat.SameSite != http.SameSiteStrictMode || seat.Path != "/" || strings.Contains(seat.Value, "agent") {
			t.Fatalf("cookie of the device: %+v", seat)
		}
		try := func(login, with string, at *http.Cookie) reply {
			return d.ask("POST", "/api/login", fmt.Sprintf(`{"face":"desk","user":%q,"password":%q}`, login, with), cookie(at))
		}
		for range accountLimit {
			if r := try("agent1", "wrong", nil); r.status != 401 || r.device() != nil {
				t.Fatalf("stranger: %d %v", r.status, r.cookies)
			}
		}
		if r := try("agent1", password, nil); r.status != 429 {
			t.Errorf("stranger after %d guesses: %d", accountLimit, r.status)
		}
		if r := try("agent1", password, &http.Cookie{Name: "rw_device", Value: "AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAA"}); r.status != 429 {
			t.Errorf("invented device: %d", r.status)
		}
		other := try("agent2", password, nil).device()
		if r := try("agent1", password, other); r.status != 429 {
			t.Errorf("device of a colleague: %d", r.status)
		}
		if r := try("agent1", password, seat); r.status != 200 {
			t.Fatalf("own seat: %d", r.status)
		}
		// His own mistakes there count there.
		for range accountLimit {
			if r := try("agent1", "wrong", seat); r.status != 401 {
				t.Fatalf("own seat: %d", r.status)
			}
		}
		if r := try("agent1", password, seat); r.status != 429 {
			t.Errorf("own seat after %d mistakes: %d", accountLimit, r.status)
		}
		// A colleague at the same seat is not kept out, and both are remembered.
		r := try("agent2", password, seat)
		if r.status != 200 || r.device() == nil {
			t.Fatalf("colleague at the seat: %d", r.status)
		}
		both, _ := parseDevice(r.device().Value)
		if !d.devices.knows(both, "agent1") || !d.devices.knows(both, "agent2") || d.devices.knows(both, "admin") {
			t.Errorf("the seat remembers %v", both.tags)
		}
	})
}

// TestKnownDeviceBehindSource: what others at the same address have used up of
// the address's share does not keep an agent out at his own seat, and his
// mistakes there take nothing from it.
func TestKnownDeviceBehindSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, func(o *Options) { o.Now, o.LoginPerSource = time.Now, 3 })
		seat := d.logIn(FaceDesk, "agent1", password).device()
		try := func(login, with string, at *http.Cookie) int {
			return d.ask("POST", "/api/login", fmt.Sprintf(`{"face":"desk","user":%q,"password":%q}`, login, with), cookie(at)).status
		}
		for range 3 {
			if got := try("agent1", "wrong", seat); got != 401 {
				t.Fatalf("mistake at the seat: %d", got)
			}
		}
		for i := range 3 {
			if got := try(fmt.Sprint("name", i), "wrong", nil); got != 401 {
				t.Fatalf("guess %d at the address: %d", i+1, got)
			}
		}
		if got := try("agent2", password, nil); got != 429 {
			t.Errorf("unknown device after 3 guesses at its address: %d", got)
		}
		if got := try("agent1", password, seat); got != 200 {
			t.Errorf("own seat at an address that is used up: %d", got)
		}
		if got := try("agent2", password, nil); got != 429 {
			t.Errorf("a good log-in at the seat gave the address something back: %d", got)
		}
	})
}

func TestDeviceRemembersFew(t *testing.T) {
	d := devices{key: make([]byte, 32)}
	var v device
	for i := range 3 * maxAccounts {
		v = d.remember(v, fmt.Sprint("agent", i))
		v = d.remember(v, fmt.Sprint("agent", i)) // again is no second
		again, ok := parseDevice(v.String())
		if !ok || again.String() != v.String() || again.id != v.id {
			t.Fatalf("%q is not read back", v)
		}
	}
	if len(v.tags) != maxAccounts || d.knows(v, "agent0") || !d.knows(v, fmt.Sprint("agent", 3*maxAccounts-1)) {
		t.Errorf("%d accounts", len(v.tags))
	}
	if other := (devices{key: append(make([]byte, 31), 1)}); other.knows(v, fmt.Sprint("agent", 3*maxAccounts-1)) {
		t.Error("another secret knows it")
	}
}

func TestClientAddr(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("127.0.0.1/32")}
	for _, tt := range []struct {
		peer      string
		forwarded []string
		want      string
	}{
		{"192.0.2.1:1000", nil, "192.0.2.1"},
		{"192.0.2.1:1000", []string{"203.0.113.5"}, "192.0.2.1"}, // not a proxy of ours: not believed
		{"10.0.0.1:1000", nil, "10.0.0.1"},
		{"10.0.0.1:1000", []string{"203.0.113.5"}, "203.0.113.5"},
		{"10.0.0.1:1000", []string{"6.6.6.6, 203.0.113.5"}, "203.0.113.5"}, // what stands left was sent by the client
		{"10.0.0.1:1000", []string{"6.6.6.6", "203.0.113.5"}, "203.0.113.5"},
		{"10.0.0.1:1000", []string{"203.0.113.5, 10.0.0.7"}, "203.0.113.5"},
		{"10.0.0.1:1000", []string{"203.0.113.5", "10.0.0.7"}, "203.0.113.5"},
		{"10.0.0.1:1000", []string{"203.0.113.5:4711"}, "203.0.113.5"},
		{"10.0.0.1:1000", []string{"[2001:470::1]:4711"}, "2001:470::1"},
		{"10.0.0.1:1000", []string{"2001:470::1"}, "2001:470::1"},
		{"10.0.0.1:1000", []string{"::ffff:203.0.113.5"}, "203.0.113.5"},
		{"[::ffff:10.0.0.1]:1000", []string{"203.0.113.5"}, "203.0.113.5"},
		{"10.0.0.1:1000", []string{"203.0.113.5, nonsense"}, "10.0.0.1"},
		{"10.0.0.1:1000", []string{"203.0.113.5, , 10.0.0.7"}, "10.0.0.7"},
		{"10.0.0.1:1000", []string{""}, "10.0.0.1"},
		{"10.0.0.1:1000", []string{"10.0.0.2, 10.0.0.3"}, "10.0.0.2"},
		{"10.0.0.1:1000", []string{strings.Repeat("10.0.0.2,", 1000) + "10.0.0.3"}, "10.0.0.2"},
		{"10.0.0.1:1000", []string{"203.0.113.5%eth0"}, "10.0.0.1"},
		{"10.0.0.1:1000", []string{"fe80::1%eth0"}, "fe80::1"},
		{"nonsense", []string{"203.0.113.5"}, ""},
	} {
		got, ok := clientAddr(tt.peer, tt.forwarded, trusted)
		if ok != (tt.want != "") || ok && got.String() != tt.want {
			t.Errorf("%s with %.60q: %s %v, want %q", tt.peer, tt.forwarded, got, ok, tt.want)
		}
	}
	d := newDesk(t, nil)
	for addr, want := range map[string]string{"[2001:470::1]:1": "2001:470::/64", "[2001:470::ffff:1]:1": "2001:470::/64", "192.0.2.1:1": "192.0.2.1", "": "unknown"} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = addr
		if got := d.Source(r); got != want {
			t.Errorf("source of %q: %s", addr, got)
		}
	}
}

// TestLoginBehindProxy: with a trusted proxy failures count against whom it
// answers, so that one of them does not lock the others out.
func TestLoginBehindProxy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, func(o *Options) {
			o.Now, o.Demo, o.LoginPerSource, o.TrustedProxies = time.Now, false, 3, []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
		})
		try := func(from, login, with string) int {
			return d.ask("POST", "/api/login", fmt.Sprintf(`{"face":"desk","user":%q,"password":%q}`, login, with), header("X-Forwarded-For", from)).status
		}
		for i := range 3 {
			if got := try("203.0.113.5", fmt.Sprint("name", i), "wrong"); got != 401 {
				t.Fatal(got)
			}
		}
		if got := try("203.0.113.5", "agent1", password); got != 429 {
			t.Errorf("after 3 failures: %d", got)
		}
		if got := try("1.1.1.1, 203.0.113.5", "agent1", password); got != 429 {
			t.Errorf("with an invented address before its own: %d", got)
		}
		if got := try("203.0.113.6", "agent1", password); got != 200 {
			t.Errorf("another client of the proxy: %d", got)
		}
	})
}

func TestTraffic(t *testing.T) {
	d := newDesk(t, func(o *Options) { o.Demo, o.RequestsPerSource, o.RequestBurst = false, 2, 5 })
	from := func(addr string) func(*http.Request) { return func(r *http.Request) { r.RemoteAddr = addr + ":1" } }
	for i := range 5 {
		if r := d.ask("GET", "/healthz", "", from("192.0.2.1")); r.status != 200 {
			t.Fatalf("request %d: %d", i, r.status)
		}
	}
	r := d.ask("GET", "/healthz", "", from("192.0.2.1"))
	if f := r.refusal(t); r.status != 503 || f.Code != "busy" || r.header.Get("Retry-After") != "1" {
		t.Errorf("over the bound: %d %s", r.status, r.body)
	}
	if r := d.ask("GET", "/healthz", "", from("192.0.2.2")); r.status != 200 {
		t.Errorf("another source: %d", r.status)
	}
	for range 20 {
		if r := d.ask("GET", "/healthz", ""); r.status != 200 {
			t.Errorf("this machine: %d", r.status)
		}
	}
	d.pass(time.Second)
	for i, want := range []int{200, 200, 503} {
		if r := d.ask("GET", "/healthz", "", from("192.0.2.1")); r.status != want {
			t.Errorf("a second later, request %d: %d", i, r.status)
		}
	}
	d.pass(-time.Hour) // a clock that jumps back neither fills nor empties anything
	if r := d.ask("GET", "/healthz", "", from("192.0.2.1")); r.status != 503 {
		t.Errorf("clock set back: %d", r.status)
	}
	if n := d.counted("remotewindow_http_turned_away_total", "source"); n != 3 {
		t.Errorf("%v counted", n)
	}
	tr, now := newTraffic(1, 2, 1), time.Now()
	for i := range 3 * maxSources {
		tr.take(fmt.Sprint(i), now)
	}
	if len(tr.buckets) > maxSources {
		t.Errorf("%d sources are kept", len(tr.buckets))
	}
}

// TestRequestsAtOnce: past the bound requests are sent away; sockets do not count.
func TestRequestsAtOnce(t *testing.T) {
	hold, in := make(chan struct{}), make(chan struct{})
	d := newDesk(t, func(o *Options) {
		o.MaxRequests = 1
		o.Catalogue = func(context.Context) (any, error) { in <- struct{}{}; <-hold; return nil, nil }
		o.Socket = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { in <- struct{}{}; <-hold })
	})
	done := make(chan int)
	go func() { done <- d.ask("GET", "/ws", "").status }()
	<-in
	go func() { done <- d.ask("GET", "/api/catalogue", "").status }()
	<-in
	if r := d.ask("GET", "/healthz", ""); r.status != 503 || r.header.Get("Retry-After") == "" {
		t.Errorf("one too many: %d", r.status)
	}
	close(hold)
	for range 2 {
		if got := <-done; got != 200 {
			t.Errorf("of those that ran: %d", got)
		}
	}
	if r := d.ask("GET", "/healthz", ""); r.status != 200 {
		t.Errorf("afterwards: %d", r.status)
	}
}

// serve runs the desk's handler behind a bounded listener and returns its address.
func (d *desk) serve(limits ConnectionLimits, config *tls.Config) (string, *limitListener) {
	d.t.Helper()
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		d.t.Fatal(err)
	}
	bounded := LimitListener(plain, limits).(*limitListener)
	var l net.Listener = bounded
	if config != nil {
		l = tls.NewListener(l, config)
	}
	srv := NewHTTPServer(d.handler, slog.New(slog.DiscardHandler))
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	d.t.Cleanup(func() {
		if err := srv.Close(); err != nil {
			d.t.Error(err)
		}
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			d.t.Error(err)
		}
	})
	return plain.Addr().String(), bounded
}

// speak sends a request on a connection that stays open and reads its answer.
func speak(t *testing.T, conn net.Conn) (status int, header http.Header, last bool) {
	t.Helper()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, resp.Close
}

// TestConnections: slow and idle connections up to the bound do no harm, one
// more is told to come again, and a place that is given back is used.
func TestConnections(t *testing.T) {
	for _, encrypted := range []bool{false, true} {
		t.Run(fmt.Sprint("TLS ", encrypted), func(t *testing.T) {
			d := newDesk(t, nil)
			var config *tls.Config
			if encrypted {
				own := httptest.NewTLSServer(nil)
				config = &tls.Config{Certificates: own.TLS.Certificates, NextProtos: []string{"http/1.1"}}
				own.Close()
			}
			addr, l := d.serve(ConnectionLimits{Total: 200}, config)
			dial := func() net.Conn {
				t.Helper()
				var c net.Conn
				c, err := net.Dial("tcp", addr)
				if err != nil {
					t.Fatal(err)
				}
				if encrypted {
					c = tls.Client(c, &tls.Config{InsecureSkipVerify: true}) // its own certificate, made for this test
				}
				t.Cleanup(func() { _ = c.Close() })
				return c
			}
			var slow []net.Conn
			for range 199 {
				c, err := net.Dial("tcp", addr)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = c.Close() })
				if !encrypted {
					if _, err := io.WriteString(c, "GET / HT"); err != nil { // and never more
						t.Fatal(err)
					}
				}
				slow = append(slow, c)
			}
			if status, _, _ := speak(t, dial()); status != 200 {
				t.Errorf("beside 199 slow ones: %d", status)
			}
			status, header, last := speak(t, dial())
			if status != 503 || header.Get("Retry-After") == "" || !last || header.Get("Content-Security-Policy") == "" {
				t.Errorf("one too many: %d %v", status, header)
			}
			for _, c := range slow {
				_ = c.Close()
			}
			for deadline := time.Now().Add(20 * time.Second); ; {
				l.mu.Lock()
				total := l.total
				l.mu.Unlock()
				if total <= 1 {
					break
				}
				if time.Now().After(deadline) {
					t.Fatalf("%d places were not given back", total)
				}
				time.Sleep(5 * time.Millisecond) // polls with the deadline above
			}
			if status, _, _ := speak(t, dial()); status != 200 {
				t.Errorf("afterwards: %d", status)
			}
		})
	}
}

// TestConnectionsPerSource counts without a network: a source has its share,
// proxies and this machine have all.
func TestConnectionsPerSource(t *testing.T) {
	l := LimitListener(nil, ConnectionLimits{Total: 100, PerSource: 2, Exempt: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}).(*limitListener)
	from := func(addr string) (over, ok bool) {
		c, ok := l.count(&addressed{addr: addr})
		return ok && c.(*countedConn).over, ok
	}
	for _, tt := range []struct {
		addr string
		over bool
	}{
		{"192.0.2.1", false}, {"192.0.2.1", false}, {"192.0.2.1", true}, {"192.0.2.2", false},
		{"10.0.0.1", false}, {"10.0.0.1", false}, {"10.0.0.1", false}, {"127.0.0.1", false}, {"127.0.0.1", false}, {"127.0.0.1", false},
		{"2001:470::1", false}, {"2001:470::ffff:2", false}, {"2001:470::3", true}, {"2001:470:0:1::1", false}, {"::ffff:192.0.2.1", true},
	} {
		if over, ok := from(tt.addr); !ok || over != tt.over {
			t.Errorf("%s: over %v, taken %v", tt.addr, over, ok)
		}
	}
	// Those over the bound hear why, a share of each source.
	for range overPer - 2 {
		if over, ok := from("192.0.2.1"); !over || !ok {
			t.Fatalf("over %v, taken %v", over, ok)
		}
	}
	if _, ok := from("192.0.2.1"); ok {
		t.Error("one source keeps more than its share waiting for a refusal")
	}
	if over, ok := from("2001:470::4"); !over || !ok {
		t.Errorf("another source beside it: over %v, taken %v", over, ok)
	}
	for i := range 3 * overMax {
		from(fmt.Sprintf("198.51.100.%d", i%250+1))
	}
	for i := range 2 * overMax { // each has its two by now
		from(fmt.Sprintf("198.51.100.%d", i%250+1))
	}
	if _, ok := from("2001:470::5"); ok || l.over != overMax {
		t.Errorf("%d wait for a refusal", l.over)
	}
	l = LimitListener(nil, ConnectionLimits{Total: 1}).(*limitListener)
	from("192.0.2.7")
	c, _ := l.count(&addressed{addr: "192.0.2.3"})
	_ = c.Close()
	if l.over != 0 || len(l.overs) != 0 || l.total != 1 {
		t.Errorf("%d over of %v, %d in all", l.over, l.overs, l.total)
	}
	l = LimitListener(nil, ConnectionLimits{}).(*limitListener)
	c, _ = l.count(&addressed{addr: "192.0.2.3"})
	for range 3 { // closing twice gives one place back
		_ = c.Close()
	}
	if len(l.sources) != 0 || l.total != 0 {
		t.Errorf("%d in all, %v", l.total, l.sources)
	}
}

type addressed struct {
	net.Conn
	addr string
}

func (a *addressed) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.ParseIP(a.addr), Port: 1} }
func (a *addressed) Close() error         { return nil }

// held serves sockets that redeem the ticket of their query and hang until end.
func (d *desk) held(end <-chan struct{}) http.Handler {
	return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		d.Redeem(r.Context(), r.FormValue("ticket"))
		<-end
	})
}

// TestSocketKeepsSession: while the desk's socket is open the log-in is in use;
// afterwards it rests for 15 minutes, and after 12 hours it is over in any case.
func TestSocketKeepsSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang, done := make(chan struct{}), make(chan struct{})
		d := newDesk(t, func(o *Options) { o.Now, o.Socket = time.Now, http.NotFoundHandler() })
		d.o.Socket = d.held(hang)
		c := d.in(FaceDesk, "agent1")
		me := func() int { return d.ask("GET", "/api/desk/me", "", cookie(c)).status }
		open := func(ticket string) {
			go func() { d.ask("GET", "/ws?ticket="+ticket, "", cookie(c)); done <- struct{}{} }()
			synctest.Wait()
		}
		open(d.socket(t, "/api/desk/socket", "{}", c))
		time.Sleep(3 * time.Hour)
		if got := me(); got != 200 {
			t.Errorf("in a call of three hours: %d", got)
		}
		time.Sleep(3 * time.Hour)
		hang <- struct{}{}
		<-done
		time.Sleep(14 * time.Minute)
		if got := me(); got != 200 {
			t.Errorf("14 minutes after the socket: %d", got)
		}
		// A ticket that is redeemed after the end of its log-in wakes nothing.
		time.Sleep(15*time.Minute - ticketLife)
		late, err := d.tickets.issue(Identity{Role: RoleAgent, ID: "agent1", Face: FaceDesk, Session: hashOf(c.Value)}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(ticketLife - time.Second)
		d.mu.Lock() // as if the log-in had rested a little longer
		v := d.sessions[hashOf(c.Value)]
		v.SeenMS -= 2000
		d.sessions[hashOf(c.Value)] = v
		d.mu.Unlock()
		open(late)
		time.Sleep(2 * time.Minute)
		hang <- struct{}{}
		<-done
		if got := me(); got != 401 {
			t.Errorf("15 minutes after the last use: %d", got)
		}
		c = d.in(FaceDesk, "agent1")
		open(d.socket(t, "/api/desk/socket", "{}", c))
		time.Sleep(12 * time.Hour)
		if got := me(); got != 401 {
			t.Errorf("after 12 hours of a socket: %d", got)
		}
		hang <- struct{}{}
		<-done
	})
}

// TestSocketKeepsItsOwn: a socket keeps the log-in that its ticket is of and no
// other of the browser's, and one without a ticket keeps none.
func TestSocketKeepsItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		d := newDesk(t, func(o *Options) { o.Now, o.Socket = time.Now, http.NotFoundHandler() })
		d.o.Socket = d.held(hang)
		desk, board, admin := d.in(FaceDesk, "agent1"), d.in(FaceBoard, "supervisor"), d.in(FaceAdmin, "admin")
		var sockets sync.WaitGroup
		open := func(ticket string) {
			sockets.Go(func() { d.ask("GET", "/ws?ticket="+ticket, "", cookie(desk), cookie(board), cookie(admin)) })
		}
		open(d.socket(t, "/api/board/socket", "{}", board))
		open(d.socket(t, "/api/station/socket", `{"station":"s01"}`, nil))
		open("") // says nothing
		open("nonsense")
		time.Sleep(16 * time.Minute)
		for path, want := range map[string]int{"/api/desk/me": 401, "/api/board/me": 200, "/api/admin/me": 401} {
			if got := d.ask("GET", path, "", cookie(desk), cookie(board), cookie(admin)).status; got != want {
				t.Errorf("%s: %d, want %d", path, got, want)
			}
		}
		close(hang)
		sockets.Wait()
	})
}
