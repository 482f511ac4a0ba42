package agentdesk

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// desk is a Server on invented data, with what a test wants to look at.
type desk struct {
	*Server
	t       *testing.T
	handler http.Handler
	log     bytes.Buffer
	metrics *prometheus.Registry

	mu       sync.Mutex
	now      time.Time
	verified int // password checks made
	down     error
	people   map[string]Person
	sessions map[string]Session
	body     func() io.ReadCloser // of the one page there is
	came     []byte               // of the page that comes over HTTP
}

// upload proves by a token that an agent asked for the page.
func upload(token string) func(*http.Request) {
	return func(r *http.Request) {
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		r.Header.Set("Page-Offer", base64.RawURLEncoding.EncodeToString([]byte(offered.offer)))
		r.Header.Set("Upload-Offset", "0")
		r.Header.Set("Content-Type", "image/jpeg")
	}
}

func built() fs.FS {
	return fstest.MapFS{
		"kiosk.html":        {Data: []byte("<!doctype html>kiosk")},
		"desk.html":         {Data: []byte("<!doctype html>desk")},
		"board.html":        {Data: []byte("<!doctype html>board")},
		"admin.html":        {Data: []byte("<!doctype html>admin")},
		"mark.svg":          {Data: []byte("<svg/>")},
		".built":            {Data: []byte("x")},
		"assets/main-a1.js": {Data: []byte("let a")},
		"assets/x.woff2":    {Data: []byte("font")},
		"assets/.hidden":    {Data: []byte("x")},
	}
}

func newDesk(t *testing.T, change func(*Options)) *desk {
	t.Helper()
	d := &desk{
		t: t, now: time.Date(2026, 11, 22, 1, 0, 0, 0, time.UTC), metrics: prometheus.NewRegistry(),
		sessions: map[string]Session{}, people: map[string]Person{},
		body: func() io.ReadCloser { return io.NopCloser(bytes.NewReader(jpeg)) },
	}
	for _, p := range []Person{
		{"agent1", "王静", RoleAgent, "1"}, {"agent2", "李明", RoleAgent, "2"}, {"specialist", "陈", RoleSpecialist, ""},
		{"helper", "周", RoleHelper, ""}, {"supervisor", "赵", RoleSupervisor, ""}, {"admin", "钱", RoleAdmin, ""},
	} {
		d.people[p.ID] = p
	}
	o := Options{
		Build: "b1", Centre: "pj", Zone: "Asia/Shanghai", Title: "云见面", ConsentText: "c1", Demo: true,
		DemoLogins: []DemoLogin{{"agent1", password, FaceDesk, "王静"}},
		People:     d, Sessions: d,
		Verify: func(hash, given string) (bool, error) {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.verified++
			return hash == "hash of "+given, nil
		},
		DummyHash: "hash of nothing",
		Stations: func(context.Context) ([]Station, error) {
			return []Station{{"s01", "东风村", "south"}, {"s02", "<b>", "north"}}, d.down
		},
		Administration: quiet{}, Matters: noMatters,
		Hash:      func(given string) (string, error) { return "hash of " + given, nil },
		Catalogue: func(context.Context) (any, error) { return map[string]string{"edition": "e1"}, d.down },
		OpenPage: func(_ context.Context, p Person, id string) (PageMeta, io.ReadCloser, error) {
			switch {
			case d.down != nil:
				return PageMeta{}, nil, d.down
			case id != "0a":
				return PageMeta{}, nil, ErrNotFound
			case p.ID != "agent1":
				return PageMeta{}, nil, ErrForbidden
			}
			return PageMeta{MIME: "image/jpeg", Size: int64(len(jpeg))}, d.body(), nil
		},
		Why: func(_ context.Context, p Person, face, ticket string) (any, error) {
			switch {
			case d.down != nil:
				return nil, d.down
			case ticket != "0a" || face == FaceDesk && p.ID != "agent1":
				return nil, ErrNotFound
			}
			return []map[string]string{{"agent": p.ID, "face": face}}, nil
		},
		Upload: UploadFuncs{
			Have: func(_ context.Context, token, page string, offer []byte) (int64, error) {
				if token != offered.token || page != offered.id || string(offer) != offered.offer {
					return 0, &UploadError{Code: "upload", Status: http.StatusUnauthorized}
				}
				return int64(len(d.came)), d.down
			},
			Receive: func(_ context.Context, token, page string, offer []byte, offset int64, body io.Reader) error {
				switch {
				case token != offered.token || page != offered.id || string(offer) != offered.offer:
					return &UploadError{Code: "upload", Status: http.StatusUnauthorized}
				case offset != int64(len(d.came)):
					return &UploadError{Code: "offset", Status: http.StatusConflict, Have: int64(len(d.came))}
				}
				return d.receive(offset, body)
			},
		},
		Clips: fstest.MapFS{
			"index.json":       {Data: []byte(`{"zh":{"idle.call":"idle.call.mp3"},"en":{}}`)},
			"zh/idle.call.mp3": {Data: []byte("sound")}, "zh/secret.mp3": {Data: []byte("unlisted")},
		},
		Ready:    []Check{{"sql", func(context.Context) error { return d.down }}, {"disk", func(context.Context) error { return nil }}},
		Socket:   http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusUpgradeRequired) }),
		Dist:     built(),
		Now:      func() time.Time { d.mu.Lock(); defer d.mu.Unlock(); return d.now },
		Logger:   slog.New(slog.NewTextHandler(&d.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Gatherer: d.metrics, Registerer: d.metrics,
	}
	if change != nil {
		change(&o)
	}
	var err error
	if d.Server, err = New(o); err != nil {
		t.Fatal(err)
	}
	d.handler = d.Handler()
	return d
}

func (d *desk) PersonByLogin(_ context.Context, login string) (Person, string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.down != nil {
		return Person{}, "", d.down
	}
	p, ok := d.people[login]
	if !ok {
		return Person{}, "", ErrNotFound
	}
	return p, "hash of " + password, nil
}

func (d *desk) CreateSession(_ context.Context, s Session) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sessions[s.Hash] = s
	return d.down
}

func (d *desk) SessionByHash(_ context.Context, hash string) (Session, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s, ok := d.sessions[hash]
	if d.down == nil && !ok {
		return s, ErrNotFound
	}
	return s, d.down
}

func (d *desk) TouchSession(_ context.Context, hash string, seenMS int64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.sessions[hash]
	s.SeenMS = seenMS
	d.sessions[hash] = s
	return d.down
}

func (d *desk) DeleteSession(_ context.Context, hash string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.sessions, hash)
	return d.down
}

// receive takes bytes of the page that comes over HTTP: it has four.
func (d *desk) receive(offset int64, body io.Reader) error {
	b, err := io.ReadAll(body)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.came = append(d.came[:offset], b...)
	switch {
	case err != nil:
		return err
	case len(d.came) > 4:
		return &UploadError{Code: "too_large", Status: http.StatusRequestEntityTooLarge}
	case len(d.came) < 4:
		return &UploadError{Code: "offset", Status: http.StatusConflict, Have: int64(len(d.came))}
	case string(d.came) != "page":
		d.came = nil
		return &UploadError{Code: "bad_hash", Status: http.StatusUnprocessableEntity}
	}
	return d.down
}

func (d *desk) pass(by time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now = d.now.Add(by)
}

// reply is an answer read to its end.
type reply struct {
	status  int
	header  http.Header
	body    string
	cookies []*http.Cookie
}

// ask sends one request as from this machine. Cookies and changes come from with.
func (d *desk) ask(method, path, body string, with ...func(*http.Request)) reply {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Host, r.RemoteAddr = "127.0.0.1:8080", "127.0.0.1:40000"
	r = r.WithContext(context.WithValue(d.t.Context(), http.LocalAddrContextKey, net.Addr(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080})))
	if method != http.MethodGet {
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Origin", "http://127.0.0.1:8080")
	}
	for _, f := range with {
		f(r)
	}
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	res := w.Result()
	defer res.Body.Close()
	return reply{w.Code, res.Header, w.Body.String(), res.Cookies()}
}

func cookie(c *http.Cookie) func(*http.Request) {
	return func(r *http.Request) {
		if c != nil {
			r.AddCookie(c)
		}
	}
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) {
		if value == "" {
			r.Header.Del(name)
			return
		}
		r.Header.Set(name, value)
	}
}

func (r reply) refusal(t *testing.T) failure {
	t.Helper()
	var f failure
	if json.Unmarshal([]byte(r.body), &f) != nil {
		t.Errorf("no JSON: %q", r.body)
	}
	return f
}

func (d *desk) logIn(face, login, with string) reply {
	return d.ask("POST", "/api/login", fmt.Sprintf(`{"face":%q,"user":%q,"password":%q}`, face, login, with))
}

// in logs a person in and returns the cookie.
func (d *desk) in(face, login string) *http.Cookie {
	d.t.Helper()
	r := d.logIn(face, login, password)
	if r.status != http.StatusOK || r.sessionCookie() == nil {
		d.t.Fatalf("log-in of %s: %d %s", login, r.status, r.body)
	}
	return r.sessionCookie()
}

// sessionCookie is the one of a log-in, beside that of the device.
func (r reply) sessionCookie() *http.Cookie {
	for _, c := range r.cookies {
		if !strings.HasSuffix(c.Name, "rw_device") {
			return c
		}
	}
	return nil
}

// counted reads a counter by the values of its labels, in the order of their names.
func (d *desk) counted(name string, values ...string) float64 {
	families, err := d.metrics.Gather()
	if err != nil {
		d.t.Error(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			var got []string
			for _, l := range m.GetLabel() {
				got = append(got, l.GetValue())
			}
			if f.GetName() == name && slices.Equal(got, values) {
				return m.GetCounter().GetValue()
			}
		}
	}
	return 0
}
