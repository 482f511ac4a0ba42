package agentdesk

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/remotewindow/remotewindow/agentdesk/rights"
)

// routeOf returns method and path of a pattern, with names that the invented
// data know. The thing that the path names belongs to agent1.
func routeOf(pattern string) (method, path string) {
	method, path, ok := strings.Cut(pattern, " ")
	if !ok {
		method, path = http.MethodGet, pattern
	}
	switch path {
	case "/":
		return method, "/x/y"
	case "/api/":
		return method, "/api/x"
	case "/assets/{file...}":
		return method, "/assets/main-a1.js"
	case "/clips/{file...}":
		return method, "/clips/index.json"
	case "/api/station/pages/{id}":
		return method, "/api/station/pages/" + offered.id
	}
	return method, strings.NewReplacer("{$}", "", "{file}", "mark.svg", "{id}", "0a", "{login}", "agent2", "{kind}", "people").Replace(path)
}

// session makes a log-in of a role at a face, even where the role may not log
// in: it may have been changed since. nil for who has no log-in at all.
func (d *desk) session(login string, face string) *http.Cookie {
	d.t.Helper()
	if login == "" || !slices.Contains(staffFaces, face) {
		return nil
	}
	w := httptest.NewRecorder()
	if err := d.begin(d.t.Context(), w, httptest.NewRequest(http.MethodPost, "/", nil), d.people[login], face); err != nil {
		d.t.Fatal(err)
	}
	return w.Result().Cookies()[0]
}

// TestRights drives every cell of the table that is about a route: each role,
// each ownership, with the proof that the row asks for and with that of every
// other face.
func TestRights(t *testing.T) {
	d := newDesk(t, nil)
	owner := map[Role]string{RoleSpecialist: "specialist", RoleAgent: "agent1", RoleHelper: "helper", RoleSupervisor: "supervisor", RoleAdmin: "admin"}
	stranger := map[Role]string{RoleAgent: "agent2"}
	cells := 0
	for _, row := range rights.Table() {
		if !strings.Contains(row.Operation, "/") {
			continue
		}
		method, path := routeOf(row.Operation)
		if _, bound := d.mux.Handler(httptest.NewRequest(method, path, nil)); bound != row.Operation {
			t.Errorf("nothing serves %q: %s %s goes to %q", row.Operation, method, path, bound)
			continue
		}
		for _, role := range rights.Roles {
			for _, own := range rights.Ownerships {
				cells++
				may := rights.May(role, row.Operation, own)
				if _, named := row.Allow[rights.Own]; named == (own == rights.None) {
					if may {
						t.Errorf("%q: %s may with ownership %s, which no request of it has", row.Operation, role, own)
					}
					continue
				}
				var proof func(*http.Request)
				switch row.Proof {
				case rights.BySession:
					login := owner[role]
					if own == rights.Other && stranger[role] != "" {
						login = stranger[role]
					}
					proof = cookie(d.session(login, row.Faces()[cells%len(row.Faces())])) // any of them
				case rights.ByToken:
					token := ""
					if role == RoleStation {
						token = map[rights.Ownership]string{rights.Own: offered.token, rights.Other: "of another request"}[own]
					}
					proof = upload(token)
				default:
					proof = cookie(d.session(owner[role], FaceDesk))
				}
				r := d.ask(method, path, "{}", proof)
				refused := r.status == http.StatusUnauthorized || r.status == http.StatusForbidden
				if strings.HasPrefix(row.Operation, "POST /api/station/") { // refuses what the body says, not who asks
					code := r.refusal(t).Code
					refused = refused && code != "bad_code" && code != "not_enrolled"
				}
				if refused == may {
					t.Errorf("%s as %q, ownership %s: %d %.80s, the table says %v", row.Operation, role, own, r.status, r.body, may)
				}
			}
		}
		// A log-in at another face is none here.
		if row.Proof == rights.BySession {
			for role, login := range owner {
				for _, face := range staffFaces {
					if slices.Contains(row.Faces(), face) {
						continue
					}
					if r := d.ask(method, path, "{}", cookie(d.session(login, face))); r.status != http.StatusUnauthorized {
						t.Errorf("%s as %s with a log-in at the %s: %d", row.Operation, role, face, r.status)
					}
				}
			}
		}
	}
	if cells < 21*20 {
		t.Errorf("only %d cells", cells)
	}
	// What is served has a row.
	for _, pattern := range d.patterns {
		if _, ok := rights.Find(pattern); !ok {
			t.Errorf("route %q has no row", pattern)
		}
	}
	// What is not in the table is refused, even if somebody serves it.
	d.handle("GET /api/forgotten", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusOK) })
	if r := d.ask("GET", "/api/forgotten", "", cookie(d.session("admin", FaceBoard))); r.status != http.StatusForbidden {
		t.Errorf("route outside the table: %d", r.status)
	}
}

// TestLoginRights: each role at each face.
func TestLoginRights(t *testing.T) {
	d := newDesk(t, nil)
	for login, p := range d.people {
		for _, face := range staffFaces {
			want := http.StatusForbidden
			if rights.MayEnter(p.Role, face) {
				want = http.StatusOK
			}
			r := d.logIn(face, login, password)
			if r.status != want {
				t.Errorf("%s at the %s: %d, want %d", login, face, r.status, want)
			}
			if want == http.StatusForbidden && len(r.cookies) != 0 {
				t.Errorf("%s at the %s: refused with a cookie", login, face)
			}
		}
	}
}

// TestOrigin: nothing that another site's page sends changes anything.
func TestOrigin(t *testing.T) {
	for _, tt := range []struct {
		name, origin, site, host string
		secure, listed           bool
		want                     int
	}{
		{name: "own page", origin: "http://127.0.0.1:8080", want: 200},
		{name: "own page, other name", origin: "http://localhost:8080", host: "localhost:8080", want: 200},
		{name: "program", want: 200},
		{name: "listed origin", origin: "https://window.example", listed: true, want: 200},
		{name: "listed origin under another name", origin: "https://window.example", host: "localhost:8080", secure: true, listed: true, want: 200},
		{name: "own name beside a list", origin: "http://127.0.0.1:8080", listed: true, want: 403},
		{name: "own name by TLS beside a list", origin: "https://127.0.0.1:8080", secure: true, listed: true, want: 403},
		{name: "listed name without TLS", origin: "http://window.example", secure: true, listed: true, want: 403},
		{name: "name that somebody leads here", origin: "https://localhost:8080", host: "localhost:8080", secure: true, listed: true, want: 403},
		{name: "program beside a list", listed: true, want: 200},
		{name: "no origin beside a list", site: "same-origin", listed: true, want: 403},
		{name: "unlisted origin", origin: "https://window.example", want: 403},
		{name: "other site", origin: "http://evil.example", want: 403},
		{name: "other port", origin: "http://127.0.0.1:9090", want: 403},
		{name: "other scheme", origin: "https://127.0.0.1:8080", want: 403},
		{name: "own page by TLS", origin: "https://127.0.0.1:8080", secure: true, want: 200},
		{name: "plain page to TLS", origin: "http://127.0.0.1:8080", secure: true, want: 403},
		{name: "null", origin: "null", want: 403},
		{name: "no origin but another site", site: "cross-site", want: 403},
		{name: "no origin, same origin", site: "same-origin", want: 200},
	} {
		d := newDesk(t, func(o *Options) {
			if o.Secure = tt.secure; tt.listed {
				o.Origins = []string{"https://window.example"}
			}
		})
		r := d.ask("POST", "/api/station/socket", `{"station":"s01"}`, header("Origin", tt.origin), header("Sec-Fetch-Site", tt.site),
			func(r *http.Request) {
				if tt.host != "" {
					r.Host = tt.host
				}
			})
		if r.status != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, r.status, tt.want)
		}
		if tt.want == 403 && r.refusal(t).Code != "origin" {
			t.Errorf("%s: refused for another reason", tt.name)
		}
		for _, method := range []string{"DELETE", "PUT", "PATCH"} {
			if r := d.ask(method, "/api/info", "", header("Origin", "http://evil.example")); r.status < 400 {
				t.Errorf("%s: %d", method, r.status)
			}
		}
	}
}

// TestReadFromElsewhere: what another site's page reads with somebody's cookie
// is refused before it leaves anything behind; our own pages and the address bar
// read as ever.
func TestReadFromElsewhere(t *testing.T) {
	opened := 0
	d := newDesk(t, func(o *Options) {
		open := o.OpenPage
		o.OpenPage = func(ctx context.Context, p Person, id string) (PageMeta, io.ReadCloser, error) {
			opened++
			return open(ctx, p, id)
		}
	})
	c := d.in(FaceDesk, "agent1")
	d.pass(2 * touchEvery)
	seen := d.sessions[hashOf(c.Value)].SeenMS
	for _, row := range rights.Table() {
		method, path := routeOf(row.Operation)
		if row.Proof != rights.BySession || method != http.MethodGet {
			continue
		}
		for _, site := range []string{"cross-site", "same-site"} {
			r := d.ask("GET", path, "", cookie(c), header("Sec-Fetch-Site", site))
			if r.status != http.StatusForbidden || r.refusal(t).Code != "origin" {
				t.Errorf("%s %s: %d %s", row.Operation, site, r.status, r.body)
			}
		}
	}
	if opened != 0 || d.sessions[hashOf(c.Value)].SeenMS != seen {
		t.Errorf("%d pages opened, the log-in is used", opened)
	}
	for _, site := range []string{"", "none", "same-origin"} {
		if r := d.ask("GET", "/api/desk/pages/0a", "", cookie(c), header("Sec-Fetch-Site", site)); r.status != http.StatusOK {
			t.Errorf("%q: %d", site, r.status)
		}
	}
}
