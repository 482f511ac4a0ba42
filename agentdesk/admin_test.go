package agentdesk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/remotewindow/remotewindow/agentdesk/catalogue"
	"github.com/remotewindow/remotewindow/agentdesk/records"
	"github.com/remotewindow/remotewindow/agentdesk/records/recordstest"
)

// quiet is an administration in which nothing is and nothing happens: for tests
// that are about who may ask.
type quiet struct{ Administration }

func (quiet) Members(context.Context) ([]records.Member, error)              { return nil, nil }
func (quiet) StationEntries(context.Context) ([]records.StationEntry, error) { return nil, nil }
func (quiet) Calendar(context.Context) (records.Calendar, error)             { return records.Calendar{}, nil }
func (quiet) Numbers(context.Context) (records.Numbers, error)               { return records.DefaultNumbers(), nil }
func (quiet) DisabledMatters(context.Context) (map[string]bool, error)       { return nil, nil }
func (quiet) Audit(context.Context, records.AuditRow) error                  { return nil }
func (quiet) AuditRows(context.Context) (int64, error)                       { return 0, nil }
func (quiet) VerifyAudit(context.Context) error                              { return nil }
func (quiet) Revoke(context.Context, string, string) error                   { return nil }
func (quiet) IssueCode(context.Context, string, string, int64, string) error { return nil }
func (quiet) AuditPage(context.Context, records.AuditCursor, int) ([]records.AuditEntry, error) {
	return nil, nil
}

func noMatters(context.Context) ([]catalogue.Matter, error) { return nil, nil }

// office is a desk over real records, with an administrator logged in.
type office struct {
	*desk
	records *records.Records
	admin   *http.Cookie

	told    sync.Mutex
	revoked []Identity
	changed []string
}

const goodPassword = "blue kettle sings 42"

// newOffice opens records at a data folder or the URL of a database, with
// stations s01 to s03 of agent1 and the people of newDesk.
func newOffice(t *testing.T, where string) *office {
	t.Helper()
	o := records.Options{Centre: "pj", Logger: slog.New(slog.DiscardHandler)}
	if strings.HasPrefix(where, "postgres://") {
		o.URL = where
	} else {
		o.Dir = where
	}
	r, err := records.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	of := &office{records: r}
	of.desk = newDesk(t, func(o *Options) {
		o.Administration = r
		o.Hash = func(given string) (string, error) { return "hash of " + given, nil }
		o.Matters = func(context.Context) ([]catalogue.Matter, error) {
			c, err := catalogue.Load()
			if err != nil {
				return nil, err
			}
			return c.Matters, nil
		}
		o.Revoked = func(who Identity) {
			of.told.Lock()
			defer of.told.Unlock()
			of.revoked = append(of.revoked, who)
		}
		o.Changed = func(kind string) {
			of.told.Lock()
			defer of.told.Unlock()
			of.changed = append(of.changed, kind)
		}
	})
	for login, p := range of.people {
		err := r.AddPerson(t.Context(), records.PersonInfo{ID: login, Name: p.Name, Role: string(p.Role), Seat: p.Seat}, "hash of "+password)
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range []string{"s01", "s02", "s03"} {
		if _, err := r.SaveStation(t.Context(), records.StationInfo{ID: id, Name: "云桥村", Grid: "middle", Affinity: "agent1"}, "boss", records.Whatever); err != nil {
			t.Fatal(err)
		}
	}
	of.admin = of.in(FaceAdmin, "admin")
	return of
}

// eachStore runs a test over SQLite and over PostgreSQL.
func eachStore(t *testing.T, test func(t *testing.T, o *office)) {
	t.Run("sqlite", func(t *testing.T) { test(t, newOffice(t, t.TempDir())) })
	t.Run("postgres", func(t *testing.T) { test(t, newOffice(t, recordstest.Postgres(t))) })
}

// do sends a request as the administrator, who writes over whatever stands
// unless with names a version.
func (o *office) do(method, path, body string, with ...func(*http.Request)) reply {
	kind := "application/json"
	if strings.Contains(path, "/import/") {
		kind = "text/csv"
	}
	over := header("If-Match", "*")
	if id, ok := strings.CutPrefix(path, "/api/admin/stations/"); ok && method == "PUT" {
		entries, err := o.records.StationEntries(o.t.Context())
		if err == nil && !slices.ContainsFunc(entries, func(e records.StationEntry) bool { return e.ID == id }) {
			over = header("If-None-Match", "*")
		}
	}
	return o.ask(method, path, body, append([]func(*http.Request){
		header("Content-Type", kind), header("Origin", "http://127.0.0.1:8080"), cookie(o.admin), over,
	}, with...)...)
}

// fine fails unless the request is taken, and reads the answer into v.
func (o *office) fine(method, path, body string, v any) {
	o.t.Helper()
	r := o.do(method, path, body)
	if r.status != http.StatusOK {
		o.t.Fatalf("%s %s: %d %s", method, path, r.status, r.body)
	}
	if v == nil {
		return
	}
	if err := json.Unmarshal([]byte(r.body), v); err != nil {
		o.t.Fatalf("%s %s: %v in %s", method, path, err, r.body)
	}
}

// newest returns the newest row of the audit.
func (o *office) newest() records.AuditEntry {
	o.t.Helper()
	rows, err := o.records.AuditPage(o.t.Context(), records.AuditCursor{}, records.MaxAuditPage)
	if err != nil || len(rows) == 0 {
		o.t.Fatalf("audit: %v", err)
	}
	last := rows[0]
	for _, e := range rows {
		if e.Seq > last.Seq {
			last = e
		}
	}
	return last
}

func TestAdminNeedsItsFuncs(t *testing.T) {
	var o Options
	newDesk(t, func(given *Options) { o = *given })
	o.Registerer = nil
	o.Administration, o.Hash = quiet{}, nil
	if _, err := New(o); err == nil {
		t.Error("an administration that cannot hash")
	}
	o.Administration = nil
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, pattern := range s.patterns {
		if strings.Contains(pattern, "/api/admin/") && pattern != "GET /api/admin/me" {
			t.Errorf("%s without an administration", pattern)
		}
	}
}

// TestAdminBadBodies: what no route of the administration takes.
func TestAdminBadBodies(t *testing.T) {
	o := newOffice(t, t.TempDir())
	before := o.newest().Seq
	bodies := map[string]struct {
		body, kind string
		status     int
		code       string
	}{
		"empty":          {"", "application/json", 400, "malformed"},
		"no JSON":        {"a=b", "application/json", 400, "malformed"},
		"array":          {"[]", "application/json", 400, "malformed"},
		"null twice":     {"{}{}", "application/json", 400, "malformed"},
		"unknown field":  {`{"nonsense":1}`, "application/json", 400, "unknown_field"},
		"key twice":      {`{"name":"a","name":"b"}`, "application/json", 400, "malformed"},
		"capitals":       {`{"Name":"a"}`, "application/json", 400, "malformed"},
		"U+0000":         {`{"name":"a\u0000"}`, "application/json", 400, "malformed"},
		"half":           {`{"name":"a`, "application/json", 400, "malformed"},
		"form":           {"{}", "application/x-www-form-urlencoded", 415, "malformed"},
		"no type":        {"{}", "", 415, "malformed"},
		"cut type":       {"{}", "application/", 415, "malformed"},
		"600 KiB":        {`{"name":"` + strings.Repeat("a", 600<<10) + `"}`, "application/json", 413, "too_large"},
		"600 KiB behind": {`{}` + strings.Repeat(" ", 600<<10), "application/json", 413, "too_large"},
	}
	for _, route := range []string{
		"POST /api/admin/people", "PUT /api/admin/people/agent1", "POST /api/admin/people/agent1/password", "PUT /api/admin/stations/s01",
		"PUT /api/admin/affinity", "PUT /api/admin/hours", "PUT /api/admin/numbers", "PUT /api/admin/matters/x",
	} {
		method, path, _ := strings.Cut(route, " ")
		for name, b := range bodies {
			if strings.HasPrefix(name, "600 KiB") && name == "600 KiB" && !strings.Contains(path, "people") && !strings.Contains(path, "stations") {
				continue // these know no field name: refused before it is read
			}
			r := o.do(method, path, b.body, header("Content-Type", b.kind))
			if f := r.refusal(t); r.status != b.status || f.Code != b.code {
				t.Errorf("%s with %s: %d %+v, want %d %s", route, name, r.status, f, b.status, b.code)
			}
		}
		if r := o.do(method, path, `{}`, header("Origin", "https://evil.example")); r.status != 403 {
			t.Errorf("%s from another site: %d", route, r.status)
		}
	}
	if after := o.newest().Seq; after != before {
		t.Errorf("%d rows in the audit of refused requests", after-before)
	}
}

// TestAdminPaths: ids that are none, and ways out of the path.
func TestAdminPaths(t *testing.T) {
	o := newOffice(t, t.TempDir())
	person := `{"name":"王","role":"agent","disabled":false}`
	station := `{"name":"云桥村","grid":"north","closed":false}`
	for _, id := range []string{
		"nobody", "%2e%2e", "..%2f..%2fetc", "a%20b", "A1", "a%00b", "%ff", "%E7%8E%8B", strings.Repeat("a", 33), "a%2Fb", "-a",
	} {
		for route, body := range map[string]string{
			"PUT /api/admin/people/" + id: person, "POST /api/admin/people/" + id + "/password": `{"password":"` + goodPassword + `"}`,
			"POST /api/admin/stations/" + id + "/code": `{}`, "DELETE /api/admin/stations/" + id + "/keys": "",
			"PUT /api/admin/matters/" + id: `{"enabled":false}`, "GET /api/admin/export/" + id: "", "GET /api/admin/export/" + id + ".csv": "",
			"POST /api/admin/import/" + id: "login,name,role\n",
		} {
			method, path, _ := strings.Cut(route, " ")
			if r := o.do(method, path, body); r.status != 404 || r.refusal(t).Code != "not_found" {
				t.Errorf("%s: %d %s", route, r.status, r.body)
			}
		}
		if id == "nobody" {
			continue // a new station may be called so
		}
		if r := o.do("PUT", "/api/admin/stations/"+id, station); r.status != 422 || r.refusal(t).Code != "bad_id" {
			t.Errorf("station %s: %d %s", id, r.status, r.body)
		}
	}
	for _, path := range []string{"/api/admin", "/api/admin/", "/api/admin/people/", "/api/admin/nothing", "/api/admin/export/people", "/api/admin/export/.csv", "/api/admin/export/people.csv.csv"} {
		if r := o.do("GET", path, ""); r.status != 404 {
			t.Errorf("%s: %d", path, r.status)
		}
	}
}

// TestAdminDown: the database is away, and every route says so.
func TestAdminDown(t *testing.T) {
	o := newOffice(t, t.TempDir())
	if err := o.records.Close(); err != nil {
		t.Fatal(err)
	}
	for route, body := range map[string]string{
		"GET /api/admin/people":                  "",
		"POST /api/admin/people":                 `{"login":"new","name":"王","role":"agent","password":"` + goodPassword + `"}`,
		"PUT /api/admin/people/agent1":           `{"name":"王","role":"agent","disabled":false}`,
		"POST /api/admin/people/agent1/password": `{"password":"` + goodPassword + `"}`,
		"GET /api/admin/stations":                "",
		"PUT /api/admin/stations/s01":            `{"name":"云桥村","grid":"north","closed":false}`,
		"POST /api/admin/stations/s01/code":      `{}`,
		"DELETE /api/admin/stations/s01/keys":    "",
		"PUT /api/admin/affinity":                `{"pairs":[]}`,
		"GET /api/admin/hours":                   "",
		"PUT /api/admin/hours":                   `{"always":true,"week":[],"holidays":[]}`,
		"GET /api/admin/numbers":                 "",
		"PUT /api/admin/numbers":                 numbersBody(t, records.DefaultNumbers()),
		"GET /api/admin/matters":                 "",
		"PUT /api/admin/matters/" + aMatter(t):   `{"enabled":false}`,
		"GET /api/admin/audit":                   "",
		"POST /api/admin/audit/verify":           "",
		"GET /api/admin/export/people.csv":       "",
		"POST /api/admin/import/people":          "login,name,role\nnew,王,agent\n",
		"POST /api/admin/import/stations?dry=1":  "id,name,grid\ns01,云桥村,north\n",
	} {
		method, path, _ := strings.Cut(route, " ")
		if r := o.do(method, path, body); r.status != 503 || r.refusal(t).Code != "records_away" {
			t.Errorf("%s: %d %s", route, r.status, r.body)
		}
	}
	o.told.Lock()
	defer o.told.Unlock()
	if len(o.changed) != 0 || len(o.revoked) != 0 {
		t.Errorf("told of %v and %v, and nothing was written", o.changed, o.revoked)
	}
}

func aMatter(t *testing.T) string {
	t.Helper()
	c, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	return c.Matters[0].ID
}

func numbersBody(t *testing.T, n records.Numbers) string {
	t.Helper()
	b, err := json.Marshal(map[string]any{"numbers": n})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestAdminRace: while it is being changed from many sides, every answer is one
// that somebody wrote, and the audit chain holds.
func TestAdminRace(t *testing.T) {
	eachStore(t, func(t *testing.T, o *office) {
		var wg sync.WaitGroup
		for n := range 4 {
			wg.Go(func() {
				for i := range 5 {
					r := o.do("PUT", "/api/admin/people/agent2", fmt.Sprintf(`{"name":"李明","role":"agent","seat":"%d-%d","disabled":false}`, n, i))
					if r.status != 200 {
						t.Errorf("%d %s", r.status, r.body)
					}
				}
			})
		}
		wg.Wait()
		if err := o.records.VerifyAudit(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

var errAway = errors.New("away")

// TestAdminHashFails: a hash that cannot be made sets nothing.
func TestAdminHashFails(t *testing.T) {
	o := newOffice(t, t.TempDir())
	o.o.Hash = func(string) (string, error) { return "", errAway }
	before := o.newest().Seq
	for route, body := range map[string]string{
		"POST /api/admin/people":                 `{"login":"new","name":"王","role":"agent","password":"` + goodPassword + `"}`,
		"POST /api/admin/people/agent1/password": `{"password":"` + goodPassword + `"}`,
		"POST /api/admin/import/people":          "login,name,role,password\nnew,王,agent," + goodPassword + "\n",
	} {
		method, path, _ := strings.Cut(route, " ")
		if r := o.do(method, path, body); r.status != 503 {
			t.Errorf("%s: %d %s", route, r.status, r.body)
		}
	}
	if o.newest().Seq != before {
		t.Error("something was written")
	}
}
