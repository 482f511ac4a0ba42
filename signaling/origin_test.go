package signaling

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// TestOrigins tries what a page of another site might get past a comparison
// with: mutations of each allowed origin, by the hundred.
func TestOrigins(t *testing.T) {
	const host = "window.example:8443"
	request := func(origins []string, tls *tls.ConnectionState) *http.Request {
		r := httptest.NewRequest(http.MethodGet, "/ws", nil)
		r.Host, r.TLS = host, tls
		for _, o := range origins {
			r.Header.Add("Origin", o)
		}
		return r
	}
	own := New(Options{})
	named := New(Options{Origins: []string{"https://desk.example", "http://kiosk.local:8080", "both.example"}})
	ofHost := []string{"https://" + host, "http://" + host}
	if own.originAllowed(request(ofHost[1:], &tls.ConnectionState{})) {
		t.Error("a page without TLS opens a socket with TLS")
	}
	strangeOrigins(t, host, own, ofHost, request)
	strangeOrigins(t, host, named, []string{
		"https://desk.example", "http://kiosk.local:8080", "https://both.example", "http://both.example",
	}, request)
	// The name that the request was sent to may be another's (DNS rebinding), and
	// without TLS before a proxy that ends it.
	for _, origin := range ofHost {
		if named.originAllowed(request([]string{origin}, nil)) || named.originAllowed(request([]string{origin}, &tls.ConnectionState{})) {
			t.Errorf("%q is not in the list", origin)
		}
	}
}

// strangeOrigins wants the server to allow what is allowed and no mutation of it.
func strangeOrigins(t *testing.T, host string, s *Server, allowed []string, request func([]string, *tls.ConnectionState) *http.Request) {
	t.Helper()
	for _, o := range allowed {
		if !s.originAllowed(request([]string{o}, nil)) {
			t.Errorf("%q is refused", o)
		}
	}
	refused := map[string][]string{"none": nil, "two": {allowed[0], allowed[1]}, "the same twice": {allowed[0], allowed[0]}}
	add := func(what, origin string) { refused[what+": "+fmt.Sprintf("%q", origin)] = []string{origin} }
	for _, bare := range []string{"", " ", "null", "*", "://", "//", "/", "http", "https", "https:", "https://", "http://", "http:///", "file://", "file:///etc/passwd",
		"about:blank", "data:text/html,x", "javascript:alert(1)", "blob:https://desk.example/x", "chrome-extension://abcdef", "localhost", "http://localhost",
		"http://127.0.0.1", "http://[::1]", "http://0.0.0.0", "http://evil.example", "https://evil.example", "https://example", "https://.", "https://..",
		"\x00", "\u00a0", "https://\u3002", "undefined", "https://*", "https://*.example", "desk.example", host, "both.example"} {
		add("bare", bare)
	}
	for _, origin := range allowed {
		scheme, rest, _ := strings.Cut(origin, "://")
		name, port, _ := strings.Cut(rest, ":")
		other := map[string]string{"": ":443", "8443": ":8444", "8080": ""}[port]
		for what, mutant := range map[string]string{
			"suffix":               origin + ".evil.example",
			"suffix without a dot": origin + "evil",
			"suffix of a digit":    origin + "0",
			"prefix":               scheme + "://evil" + rest,
			"prefix with a dot":    scheme + "://evil." + rest,
			"prefix of a site":     scheme + "://evil.example/" + rest,
			"port":                 scheme + "://" + name + other,
			"port 0":               scheme + "://" + name + ":0",
			"port twice":           origin + ":80:80",
			"port empty":           scheme + "://" + name + ":",
			"port padded":          scheme + "://" + name + ":0" + port,
			"upper case":           strings.ToUpper(origin),
			"upper case host":      scheme + "://" + strings.ToUpper(rest),
			"upper case scheme":    strings.ToUpper(scheme) + "://" + rest,
			"one letter of case":   strings.Replace(origin, "l", "L", 1),
			"unicode dot":          strings.Replace(origin, ".", "\u3002", 1),
			"unicode letter":       strings.Replace(origin, "l", "\u217c", 1),
			"unicode fold":         strings.Replace(origin, "k", "\u212a", 1) + "\u200b",
			"full width":           strings.Replace(origin, "l", "\uff4c", 1),
			"zero width":           origin + "\u200b",
			"trailing dot":         scheme + "://" + name + "." + strings.TrimPrefix(rest, name),
			"userinfo":             scheme + "://" + rest + "@evil.example",
			"userinfo of ours":     scheme + "://evil@" + rest,
			"userinfo and secret":  scheme + "://a:b@" + rest,
			"scheme ws":            "ws://" + rest,
			"scheme wss":           "wss://" + rest,
			"scheme ftp":           "ftp://" + rest,
			"scheme longer":        "x" + origin,
			"scheme none":          "://" + rest,
			"scheme relative":      "//" + rest,
			"one slash":            scheme + ":/" + rest,
			"three slashes":        scheme + ":///" + rest,
			"backslashes":          scheme + `:\\` + rest,
			"path":                 origin + "/",
			"path of a page":       origin + "/desk",
			"query":                origin + "?x",
			"fragment":             origin + "#x",
			"space before":         " " + origin,
			"space behind":         origin + " ",
			"tab behind":           origin + "\t",
			"nul behind":           origin + "\x00",
			"two in one":           origin + " " + origin,
			"two by a comma":       origin + "," + origin,
			"percent":              scheme + "://%" + fmt.Sprintf("%x", rest[0]) + rest[1:],
			"cut short":            origin[:len(origin)-1],
			"cut in front":         scheme + "://" + rest[1:],
		} {
			add(what, mutant)
		}
	}
	if len(refused) < 50*len(allowed) {
		t.Fatalf("only %d mutations", len(refused))
	}
	for name, origins := range refused {
		if s.originAllowed(request(origins, nil)) {
			t.Errorf("%s is allowed", name)
		}
	}
}

// TestStrangeOriginsGet403 is one of them over a real socket.
func TestStrangeOriginsGet403(t *testing.T) {
	r := newRig(t)
	for _, h := range []http.Header{{}, {"Origin": {"null"}}, {"Origin": {r.http.URL + "0"}}} {
		ws, resp, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(r.http.URL, "http")+"/ws", h)
		if err == nil {
			_ = ws.Close()
			t.Fatalf("%v opens a socket", h)
		}
		if resp.StatusCode != http.StatusForbidden {
			t.Errorf("%v: status %d", h, resp.StatusCode)
		}
		_ = resp.Body.Close()
	}
}

// TestStrangers bounds the sockets that have not said hello, by source and in
// all; those that have do not count.
func TestStrangers(t *testing.T) {
	r := newRig(t, func(o *Options) {
		o.Numbers.PerSource, o.Numbers.Strangers = 2, 3
		o.Source = func(r *http.Request) string { return r.URL.Query().Get("from") }
	})
	dial := func(from string) (*websocket.Conn, int) {
		t.Helper()
		ws, resp, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(r.http.URL, "http")+"/ws?from="+from, http.Header{"Origin": {r.http.URL}})
		defer func() { _ = resp.Body.Close() }()
		if err != nil {
			return nil, resp.StatusCode
		}
		t.Cleanup(func() { _ = ws.Close() })
		return ws, resp.StatusCode
	}
	counted := func(n int) {
		t.Helper()
		eventually(t, fmt.Sprintf("%d strangers", n), func() bool {
			r.server.mu.Lock()
			defer r.server.mu.Unlock()
			return r.server.strangers.all == n
		})
	}
	first, _ := dial("a")
	second, _ := dial("a")
	if _, status := dial("a"); status != http.StatusServiceUnavailable {
		t.Errorf("a third one of a source: %d", status)
	}
	if other, status := dial("b"); other == nil {
		t.Errorf("another source: %d", status)
	}
	if _, status := dial("c"); status != http.StatusServiceUnavailable {
		t.Errorf("a fourth one in all: %d", status)
	}
	data, err := protocol.Encode("h", "", protocol.Hello{Protocol: protocol.Version, Ticket: "station:s01"})
	if err != nil {
		t.Fatal(err)
	}
	if err := first.WriteMessage(websocket.TextMessage, data); err != nil {
		t.Fatal(err)
	}
	counted(2)
	if fourth, status := dial("a"); fourth == nil {
		t.Errorf("one of them has said hello: %d", status)
	}
	_ = second.Close()
	counted(2)
	if again, status := dial("a"); again == nil {
		t.Errorf("one of them is gone: %d", status)
	}
}

func TestSources(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.7:5000": "192.0.2.7", "[2001:db8:1:2:3:4:5:6]:5000": "2001:db8:1:2::/64", "[2001:db8:1:2::9]:1": "2001:db8:1:2::/64",
		"[fe80::1%eth0]:1": "fe80::/64", "[::ffff:192.0.2.7]:1": "::ffff:192.0.2.7", "@": "@",
	} {
		if got := peerOf(&http.Request{RemoteAddr: address}); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}
