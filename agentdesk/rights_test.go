package agentdesk

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// TestRights walks every cell: each route of the table as nobody, as each role
// with a session at each face, and at the wrong face.
func TestRights(t *testing.T) {
	roles := []Role{RoleSpecialist, RoleAgent, RoleHelper, RoleSupervisor, RoleAdmin}
	// What each route answers to whom: "nobody" is everyone without a session
	// at the route's face.
	type cells struct {
		path, body string
		public     int // for public routes: the answer to all
		face       string
		allowed    map[Role]int
	}
	table := map[string]cells{
		"GET /{$}":                 {path: "/", public: 200},
		"GET /kiosk":               {path: "/kiosk", public: 200},
		"GET /desk":                {path: "/desk", public: 200},
		"GET /board":               {path: "/board", public: 200},
		"GET /assets/{file...}":    {path: "/assets/main-a1.js", public: 200},
		"GET /{file}":              {path: "/mark.svg", public: 200},
		"POST /api/login":          {path: "/api/login", body: `{}`, public: 400},
		"POST /api/logout":         {path: "/api/logout", body: `{}`, public: 400},
		"POST /api/station/socket": {path: "/api/station/socket", body: `{"station":"s01"}`, public: 200},
		"GET /api/catalogue":       {path: "/api/catalogue", public: 200},
		"GET /api/info":            {path: "/api/info", public: 200},
		"/api/":                    {path: "/api/x", public: 404},
		"GET /ws":                  {path: "/ws", public: 426},
		"GET /healthz":             {path: "/healthz", public: 200},
		"GET /readyz":              {path: "/readyz", public: 200},
		"GET /metrics":             {path: "/metrics", public: 200}, // from this machine; see TestMetrics
		"/":                        {path: "/x/y", public: 404},
		"GET /api/desk/me":         {path: "/api/desk/me", face: FaceDesk, allowed: map[Role]int{RoleAgent: 200}},
		"GET /api/board/me":        {path: "/api/board/me", face: FaceBoard, allowed: map[Role]int{RoleSupervisor: 200, RoleAdmin: 200}},
		"POST /api/desk/socket":    {path: "/api/desk/socket", body: `{}`, face: FaceDesk, allowed: map[Role]int{RoleAgent: 200}},
		"POST /api/board/socket":   {path: "/api/board/socket", body: `{}`, face: FaceBoard, allowed: map[Role]int{RoleSupervisor: 200, RoleAdmin: 200}},
		"GET /api/desk/pages/{id}": {path: "/api/desk/pages/0a", face: FaceDesk, allowed: map[Role]int{RoleAgent: 200}},
	}
	for pattern := range rights {
		if _, ok := table[pattern]; !ok {
			t.Errorf("route %q has no cells here", pattern)
		}
	}
	d := newDesk(t, nil)
	logins := map[Role]string{RoleSpecialist: "specialist", RoleAgent: "agent1", RoleHelper: "helper", RoleSupervisor: "supervisor", RoleAdmin: "admin"}
	// A session at a face that the role may not use can exist: the role was
	// changed after the log-in.
	session := func(role Role, face string) *http.Cookie {
		w := httptest.NewRecorder()
		if err := d.begin(t.Context(), w, httptest.NewRequest(http.MethodPost, "/", nil), d.people[logins[role]], face); err != nil {
			t.Fatal(err)
		}
		return w.Result().Cookies()[0]
	}
	for pattern, c := range table {
		if _, ok := rights[pattern]; !ok {
			t.Errorf("no right for %q", pattern)
			continue
		}
		method, _, _ := strings.Cut(pattern, " ")
		if strings.HasPrefix(pattern, "/") {
			method = "GET"
		}
		ask := func(as *http.Cookie) int { return d.ask(method, c.path, c.body, cookie(as)).status }
		want := c.public
		if c.face != "" {
			want = http.StatusUnauthorized
		}
		if got := ask(nil); got != want {
			t.Errorf("%s as nobody: %d, want %d", pattern, got, want)
		}
		for _, role := range roles {
			for _, face := range []string{FaceDesk, FaceBoard} {
				want := c.public
				if c.face != "" {
					want = http.StatusUnauthorized
					if face == c.face {
						want = http.StatusForbidden
						if status, ok := c.allowed[role]; ok {
							want = status
						}
					}
				}
				if got := ask(session(role, face)); got != want {
					t.Errorf("%s as %s with a session at the %s: %d, want %d", pattern, role, face, got, want)
				}
			}
		}
	}
	// What is not in the table is refused, even if somebody serves it.
	d.handle("GET /api/forgotten", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusOK) })
	if r := d.ask("GET", "/api/forgotten", "", cookie(session(RoleAdmin, FaceBoard))); r.status != http.StatusForbidden {
		t.Errorf("route outside the table: %d", r.status)
	}
}

// TestLoginRights: each role at each face.
func TestLoginRights(t *testing.T) {
	d := newDesk(t, nil)
	for login, p := range d.people {
		for _, face := range []string{FaceDesk, FaceBoard} {
			want := http.StatusForbidden
			if slices.Contains(faces[face], p.Role) {
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
		secure                   bool
		want                     int
	}{
		{name: "own page", origin: "http://127.0.0.1:8080", want: 200},
		{name: "own page, other name", origin: "http://localhost:8080", host: "localhost:8080", want: 200},
		{name: "program", want: 200},
		{name: "listed origin", origin: "https://window.example", want: 200},
		{name: "other site", origin: "http://evil.example", want: 403},
		{name: "other port", origin: "http://127.0.0.1:9090", want: 403},
		{name: "other scheme", origin: "https://127.0.0.1:8080", want: 403},
		{name: "own page by TLS", origin: "https://127.0.0.1:8080", secure: true, want: 200},
		{name: "plain page to TLS", origin: "http://127.0.0.1:8080", secure: true, want: 403},
		{name: "null", origin: "null", want: 403},
		{name: "no origin but another site", site: "cross-site", want: 403},
		{name: "no origin, same origin", site: "same-origin", want: 200},
	} {
		d := newDesk(t, func(o *Options) { o.Origins, o.Secure = []string{"https://window.example"}, tt.secure })
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
