package agentdesk

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"
)

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

func (a *addressed) Close() error { return nil }

// held serves sockets that redeem the ticket of their query and hang until end.
func (d *desk) held(end <-chan struct{}) http.Handler {
	return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		d.Redeem(r.Context(), r.FormValue("ticket"))
		<-end
	})
}
