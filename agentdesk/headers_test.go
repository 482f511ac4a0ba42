package agentdesk

import (
	"bufio"
	"errors"
	"flag"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write agentdesk/web/policy.gen.ts")

// policyOf is the whole policy of an answer to 127.0.0.1:8080, as it was agreed.
func policyOf(secure bool) string {
	connect := "'self' wss: ws://127.0.0.1:8080"
	if secure {
		connect = "'self' wss:"
	}
	return "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob:; font-src 'self'; " +
		"media-src 'self' blob:; connect-src " + connect + "; worker-src 'self' blob:; frame-src 'self' blob:; frame-ancestors 'none'; " +
		"base-uri 'none'; form-action 'self'; require-trusted-types-for 'script'; trusted-types vue remotewindow"
}

// TestHeaders: every answer of every route carries them: pages, assets, API,
// refusals, redirects, wrong methods, what does not exist, what panics.
func TestHeaders(t *testing.T) {
	for _, secure := range []bool{false, true} {
		d := newDesk(t, func(o *Options) { o.Secure = secure })
		d.mux.HandleFunc("GET /panic", func(http.ResponseWriter, *http.Request) { panic("on purpose") })
		type request struct {
			name, method, path string
			with               func(*http.Request)
			status             int // 0: any
		}
		requests := []request{
			{"redirect", "GET", "/assets/../kiosk", cookie(nil), 307},
			{"no such page", "GET", "/x/y", cookie(nil), 404},
			{"no such API", "GET", "/api/x", cookie(nil), 404},
			{"no such asset", "GET", "/assets/x.js", cookie(nil), 404},
			{"wrong method", "PATCH", "/kiosk", header("Origin", ""), 404},
			{"panic", "GET", "/panic", cookie(nil), 500},
			{"HEAD", "HEAD", "/desk", cookie(nil), 200},
			{"foreign name", "GET", "/", func(r *http.Request) { r.Host = "127.0.0.1.evil.example" }, 403},
		}
		for _, pattern := range d.patterns {
			method, path := routeOf(pattern)
			for name, with := range map[string]func(*http.Request){"": cookie(nil), " by a proxy": header("Via", "proxy"), " of another site": header("Origin", "http://evil.example")} {
				requests = append(requests, request{pattern + name, method, path, with, 0})
			}
		}
		for _, q := range requests {
			r := d.ask(q.method, q.path, "{}", q.with)
			if q.status != 0 && r.status != q.status {
				t.Errorf("%s: %d, want %d", q.name, r.status, q.status)
			}
			want := map[string]string{
				"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
				"Permissions-Policy":         "camera=(self), microphone=(self), geolocation=(), display-capture=()",
				"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
				"Content-Security-Policy": policyOf(secure), "Strict-Transport-Security": "",
			}
			if secure {
				want["Strict-Transport-Security"] = "max-age=31536000"
			}
			if q.name == "foreign name" {
				want["Content-Security-Policy"] = strings.ReplaceAll(policyOf(secure), "127.0.0.1:8080", "127.0.0.1.evil.example")
			}
			if strings.HasPrefix(q.path, "/api/") {
				want["Cache-Control"] = "no-store"
			}
			for name, value := range want {
				if got := r.header.Values(name); strings.Join(got, " | ") != value {
					t.Errorf("%s: %s is %q, want %q", q.name, name, got, value)
				}
			}
		}
	}
}

// TestPolicyOfPageSpecs: the specs that run without this server serve the pages
// under the same policy.
func TestPolicyOfPageSpecs(t *testing.T) {
	const file = "web/policy.gen.ts"
	want := "// Written from agentdesk/headers.go by TestPolicyOfPageSpecs (run with -update). Do not edit.\n\n" +
		"/** The Content-Security-Policy of every answer; HOST is the server's own. */\n" +
		"export const policy =\n  \"" + strings.ReplaceAll(policyOf(false), "127.0.0.1:8080", "HOST") + "\"\n"
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is stale: run go test ./agentdesk -run TestPolicyOfPageSpecs -update", file)
	}
}

func TestPolicyHost(t *testing.T) {
	d := newDesk(t, nil)
	for host, want := range map[string]bool{
		"window.example": true, "[::1]:8080": true, "a;script-src *": false, "a b": false, "a'": false, "": false, strings.Repeat("a", 256): false,
	} {
		if got := strings.Contains(d.policy(host), " ws://"); got != want {
			t.Errorf("host %.20q in the policy: %v", host, got)
		}
	}
}

// TestDemo: what came through a proxy or under a foreign name is refused.
func TestDemo(t *testing.T) {
	for _, name := range []string{"Forwarded", "Via", "X-Real-Ip", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Server"} {
		for _, path := range []string{"/", "/kiosk", "/api/info", "/ws", "/healthz", "/metrics"} {
			r := newDesk(t, nil).ask("GET", path, "", header(name, "x"))
			if f := r.refusal(t); r.status != 403 || f.Code != "forbidden" || !strings.Contains(f.Detail, "proxy") {
				t.Errorf("%s with %s: %d %+v", path, name, r.status, f)
			}
		}
		if r := newDesk(t, func(o *Options) { o.Demo = false }).ask("GET", "/", "", header(name, "x")); r.status != 200 {
			t.Errorf("outside a demo with %s: %d", name, r.status)
		}
	}
	for host, want := range map[string]int{
		"localhost:8080": 200, "localhost": 200, "LOCALHOST:8080": 200, "127.0.0.1": 200, "127.8.9.1:80": 200, "[::1]:8080": 200,
		"window.example": 403, "localhost.evil.example": 403, "10.0.0.1:8080": 403, "": 403, "user@localhost": 403, "[::1": 403, "127.0.0.1.nip.io": 403,
	} {
		r := newDesk(t, nil).ask("GET", "/", "", func(r *http.Request) { r.Host = host })
		if r.status != want {
			t.Errorf("host %q: %d, want %d", host, r.status, want)
		}
	}
}

// TestMetrics: only this machine reads them, and requests are counted by route.
func TestMetrics(t *testing.T) {
	d := newDesk(t, func(o *Options) { o.Demo = false })
	d.ask("GET", "/api/desk/pages/0a?secret=1", "")
	r := d.ask("GET", "/metrics", "")
	b := r.body
	if r.status != 200 || !strings.Contains(b, `remotewindow_http_requests_total{code="401",route="GET /api/desk/pages/{id}"} 1`) || strings.Contains(b, "secret") {
		t.Errorf("%d %s", r.status, b)
	}
	for name, change := range map[string]func(*http.Request){
		"other machine":   func(r *http.Request) { r.RemoteAddr = "192.0.2.1:1000" },
		"through a proxy": header("X-Forwarded-For", "192.0.2.1"),
		"no address":      func(r *http.Request) { r.RemoteAddr = "" },
	} {
		if r := d.ask("GET", "/metrics", "", change); r.status != 403 {
			t.Errorf("%s: %d", name, r.status)
		}
	}
	// Their own listener answers anyone who can reach it.
	w := httptest.NewRecorder()
	MetricsHandler(d.metrics).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != 200 || !strings.Contains(w.Body.String(), "remotewindow_") {
		t.Errorf("metrics listener: %d", w.Code)
	}
	if r := newDesk(t, func(o *Options) { o.Gatherer = nil }).ask("GET", "/metrics", ""); r.status != 404 {
		t.Errorf("without metrics: %d", r.status)
	}
}

// TestServer runs the handler behind NewHTTPServer: panics, a socket taken over,
// headers that are too long.
func TestServer(t *testing.T) {
	d := newDesk(t, func(o *Options) {
		o.Socket = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack() // as gorilla/websocket does
			if err != nil {
				t.Error(err)
				return
			}
			_, err = conn.Write([]byte("HTTP/1.1 101 Switching Protocols\r\n\r\n"))
			if err := errors.Join(err, conn.Close()); err != nil {
				t.Error(err)
			}
		})
	})
	d.mux.HandleFunc("GET /panic", func(http.ResponseWriter, *http.Request) { panic("on purpose") })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := NewHTTPServer(d.handler, slog.New(slog.DiscardHandler))
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	defer func() {
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	}()

	ask := func(request string) int {
		t.Helper()
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		if _, err := conn.Write([]byte(request)); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	for request, want := range map[string]int{
		"GET /ws HTTP/1.1\r\nHost: localhost\r\n\r\n":                                              101,
		"GET /panic HTTP/1.1\r\nHost: localhost\r\n\r\n":                                           500,
		"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n":                                         200,
		"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: " + strings.Repeat("a", 40<<10) + "\r\n\r\n": 431,
	} {
		if got := ask(request); got != want {
			t.Errorf("%.20q: %d, want %d", request, got, want)
		}
	}
	if n := d.counted("remotewindow_http_requests_total", "101", "GET /ws"); n != 1 {
		t.Errorf("%v sockets counted", n)
	}
}
