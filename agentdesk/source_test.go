package agentdesk

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

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
