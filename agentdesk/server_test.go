package agentdesk

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const password = "demo"

// offered is the one page that a station may send over HTTP.
var offered = struct{ id, token, offer string }{strings.Repeat("0a", 16), "a-token", `{"sha256":"00","size":4}`}

var jpeg = append([]byte{0xff, 0xd8, 0xff, 0xe0}, bytes.Repeat([]byte("page"), 40_000)...)

func TestPages(t *testing.T) {
	d := newDesk(t, nil)
	for _, tt := range []struct {
		path, kind, cache, holds string
		status                   int
	}{
		{"/", "text/html; charset=utf-8", "no-cache", "/kiosk?station=s01", 200},
		{"/kiosk?station=s01", "text/html; charset=utf-8", "no-cache", "kiosk", 200},
		{"/desk", "text/html; charset=utf-8", "no-cache", "desk", 200},
		{"/board", "text/html; charset=utf-8", "no-cache", "board", 200},
		{"/mark.svg", "image/svg+xml", "no-cache", "<svg", 200},
		{"/assets/main-a1.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable", "let a", 200},
		{"/assets/x.woff2", "font/woff2", "public, max-age=31536000, immutable", "font", 200},
		{"/assets/", "application/json; charset=utf-8", "no-store", "not_found", 404},
		{"/assets/.hidden", "application/json; charset=utf-8", "no-store", "not_found", 404},
		{"/assets/none.js", "application/json; charset=utf-8", "no-store", "not_found", 404},
		{"/assets/%2e%2e/kiosk.html", "application/json; charset=utf-8", "no-store", "not_found", 404},
		{"/.built", "application/json; charset=utf-8", "no-store", "not_found", 404},
		{"/clips/index.json", "application/json", "no-cache", `{"en":{},"zh":{"idle.call":"idle.call.mp3"}}`, 200},
		{"/clips/zh/idle.call.mp3", "audio/mpeg", "no-cache", "sound", 200},
		{"/clips/zh/secret.mp3", "application/json; charset=utf-8", "no-store", "not_found", 404},
		{"/clips/zh/../index.json", "text/html; charset=utf-8", "no-store", "", 307},
		{"/kiosk.html", "application/json; charset=utf-8", "no-store", "not_found", 404},
		{"/nothing/here", "application/json; charset=utf-8", "no-store", "not_found", 404},
		{"/api/nothing", "application/json; charset=utf-8", "no-store", "not_found", 404},
		{"/healthz", "text/plain; charset=utf-8", "no-store", "ok", 200},
	} {
		r := d.ask("GET", tt.path, "")
		if b := r.body; r.status != tt.status || r.header.Get("Content-Type") != tt.kind || r.header.Get("Cache-Control") != tt.cache || !strings.Contains(b, tt.holds) {
			t.Errorf("%s: %d %q %q %.80q", tt.path, r.status, r.header.Get("Content-Type"), r.header.Get("Cache-Control"), b)
		}
	}
	r := d.ask("GET", "/desk", "")
	if again := d.ask("GET", "/desk", "", header("If-None-Match", r.header.Get("ETag"))); again.status != http.StatusNotModified {
		t.Errorf("unchanged page is sent again: %d", again.status)
	}
}

func TestIndex(t *testing.T) {
	b := newDesk(t, nil).ask("GET", "/", "").body
	for _, want := range []string{"云见面", "东风村", "agent1", password, "南片", "lang=\"en\"", "&lt;b&gt;"} {
		if !strings.Contains(b, want) {
			t.Errorf("the demo's index lacks %q", want)
		}
	}
	b = newDesk(t, func(o *Options) { o.Demo = false }).ask("GET", "/", "").body
	for _, secret := range []string{"东风村", "agent1", "?station="} {
		if strings.Contains(b, secret) {
			t.Errorf("outside a demo the index tells %q", secret)
		}
	}
}

func TestNotBuilt(t *testing.T) {
	d := newDesk(t, func(o *Options) { o.Dist = fstest.MapFS{".gitkeep": {}} })
	for _, path := range []string{"/kiosk", "/desk", "/board", "/admin"} {
		r := d.ask("GET", path, "")
		if b := r.body; r.status != http.StatusServiceUnavailable || !strings.Contains(b, "make build") || r.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %q", path, r.status, b)
		}
	}
	if r := d.ask("GET", "/", ""); r.status != http.StatusOK {
		t.Errorf("index without a build: %d", r.status)
	}
}

func TestReady(t *testing.T) {
	d := newDesk(t, nil)
	if r := d.ask("GET", "/readyz", ""); r.status != 200 || r.body != `{"disk":"ok","sql":"ok"}`+"\n" {
		t.Errorf("ready: %d", r.status)
	}
	d.down = errors.New("secret cause")
	if r := d.ask("GET", "/readyz", ""); r.status != 200 {
		t.Errorf("looked again within %v: %d", checkEvery, r.status)
	}
	d.pass(checkEvery)
	if r := d.ask("GET", "/readyz", ""); r.status != 503 || r.body != `{"disk":"ok","sql":"failed"}`+"\n" {
		t.Errorf("database away: %d", r.status)
	}
	if r := d.ask("GET", "/healthz", ""); r.status != 200 {
		t.Errorf("alive with the database away: %d", r.status)
	}
}

func TestMissingOptions(t *testing.T) {
	if _, err := New(Options{}); err == nil {
		t.Error("a server without anything")
	}
	var o Options
	newDesk(t, func(given *Options) { o = *given })
	o.Registerer = prometheus.NewRegistry()
	if _, err := New(o); err != nil {
		t.Fatal(err)
	}
	if _, err := New(o); err == nil {
		t.Error("metrics registered twice")
	}
}

// TestDown: the database is away. Every answer says so and nobody is let in.
func TestDown(t *testing.T) {
	d := newDesk(t, nil)
	c := d.in(FaceDesk, "agent1")
	d.down = ErrUnavailable
	for _, r := range []reply{
		d.ask("GET", "/api/catalogue", ""), d.ask("GET", "/api/info", ""), d.ask("GET", "/", ""),
		d.ask("GET", "/api/desk/me", "", cookie(c)), d.ask("POST", "/api/desk/socket", "{}", cookie(c)),
		d.ask("GET", "/api/desk/pages/0a", "", cookie(c)), d.ask("POST", "/api/station/socket", `{"station":"s01"}`),
		d.ask("POST", "/api/logout", `{"face":"desk"}`, cookie(c)), d.logIn(FaceDesk, "agent1", password),
	} {
		if f := r.refusal(t); r.status != http.StatusServiceUnavailable || f.Code != "records_away" {
			t.Errorf("%d %+v", r.status, f)
		}
	}
	for range accountLimit + 1 { // such tries are nobody's failures
		d.logIn(FaceDesk, "agent1", password)
	}
	d.down = nil
	d.in(FaceDesk, "agent1")
}
