package agentdesk

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/remotewindow/remotewindow/agentdesk/catalogue"
	"github.com/remotewindow/remotewindow/agentdesk/records"
)

// versioned is one thing of the administration that a PUT replaces.
type versioned struct {
	name, path string
	body       func(n int) string // its n-th state; no two alike
	version    func(o *office) string
}

// each thing that carries a version.
func everyVersioned(t *testing.T) []versioned {
	t.Helper()
	matter := aMatter(t)
	field := func(o *office, path string, of any) {
		o.fine("GET", "/api/admin/"+path, "", of)
	}
	return []versioned{
		{
			"hours", "hours", func(n int) string {
				return fmt.Sprintf(`{"always":false,"week":[{"weekday":1,"open":"08:%02d","close":"16:30"}],"holidays":[]}`, n)
			},
			func(o *office) string {
				var h hours
				field(o, "hours", &h)
				return string(h.Version)
			},
		},
		{
			"numbers", "numbers", func(n int) string {
				numbers := records.DefaultNumbers()
				numbers.RingS = 30 + n
				return numbersBody(t, numbers)
			},
			func(o *office) string {
				var of numbers
				field(o, "numbers", &of)
				return string(of.Version)
			},
		},
		{
			"affinity", "affinity", func(n int) string {
				return []string{
					`{"pairs":[]}`, `{"pairs":[{"station":"s01","agent":"agent2"}]}`, `{"pairs":[{"station":"s02","agent":"agent2"}]}`,
					`{"pairs":[{"station":"s03","agent":"agent2"}]}`,
				}[n]
			},
			func(o *office) string {
				var all struct {
					V string `json:"affinity_version"`
				}
				field(o, "stations", &all)
				return all.V
			},
		},
		{
			"person", "people/agent2", func(n int) string {
				return fmt.Sprintf(`{"name":"李明","role":"agent","seat":"%d 号","skills":["health"],"disabled":false}`, n)
			},
			func(o *office) string {
				p, _ := o.person("agent2")
				return string(p.Version)
			},
		},
		{
			"station", "stations/s02", func(n int) string {
				return fmt.Sprintf(`{"name":"云桥村 %d","grid":"middle","affinity":"agent1","closed":false}`, n)
			},
			func(o *office) string {
				s, _ := o.station("s02")
				return string(s.Version)
			},
		},
		{
			"matter", "matters/" + matter, func(n int) string { return fmt.Sprintf(`{"enabled":%v}`, n%2 == 1) },
			func(o *office) string {
				var all struct {
					Matters []matterRow `json:"matters"`
				}
				field(o, "matters", &all)
				return string(one(all.Matters, func(m matterRow) bool { return m.ID == matter }).Version)
			},
		},
	}
}

func (o *office) put(v versioned, n int, version string) reply {
	return o.do("PUT", "/api/admin/"+v.path, v.body(n), header("If-Match", `"`+version+`"`))
}

// TestVersions: who saw what stands may write, who did not is told what does.
func TestVersions(t *testing.T) {
	eachStore(t, func(t *testing.T, o *office) {
		for _, v := range everyVersioned(t) {
			first := v.version(o)
			if r := o.put(v, 0, first); r.status != 200 {
				t.Fatalf("%s: %d %s", v.name, r.status, r.body)
			}
			second := v.version(o)
			if second == first || len(second) != 22 {
				t.Errorf("%s: version %q after %q", v.name, second, first)
			}
			before := o.newest().Seq
			o.takenTold()
			r := o.put(v, 1, first)
			var told struct {
				Code    string
				Present struct{ Version string }
			}
			if err := json.Unmarshal([]byte(r.body), &told); err != nil {
				t.Fatalf("%s: %v in %s", v.name, err, r.body)
			}
			if r.status != http.StatusPreconditionFailed || told.Code != "changed" || told.Present.Version != second {
				t.Errorf("%s on what was: %d %s", v.name, r.status, r.body)
			}
			changed, _ := o.takenTold()
			if o.newest().Seq != before || len(changed) != 0 || v.version(o) != second {
				t.Errorf("%s: something was written or told: %v", v.name, changed)
			}
			// The answer was lost and the same is sent again.
			if r := o.put(v, 0, first); r.status != 200 {
				t.Errorf("%s again: %d %s", v.name, r.status, r.body)
			}
			if r := o.put(v, 1, told.Present.Version); r.status != 200 {
				t.Errorf("%s on what stands: %d %s", v.name, r.status, r.body)
			}
			// A version names a state, not a turn: back where it was, it is what it was.
			if r := o.put(v, 0, v.version(o)); r.status != 200 || v.version(o) != second {
				t.Errorf("%s back again: %d %s, version %q", v.name, r.status, r.body, v.version(o))
			}
		}
	})
}

// TestVersionsTold: the ETag says what the field says, and a write answers the
// version that it made.
func TestVersionsTold(t *testing.T) {
	o := newOffice(t, t.TempDir())
	for _, v := range everyVersioned(t) {
		r := o.put(v, 0, v.version(o))
		var made struct{ Version string }
		if err := json.Unmarshal([]byte(r.body), &made); err != nil {
			t.Fatal(err)
		}
		if v.name != "affinity" && made.Version != v.version(o) {
			t.Errorf("%s: made %q, is %q", v.name, made.Version, v.version(o))
		}
		if v.name != "hours" && v.name != "numbers" {
			continue
		}
		if etag := o.do("GET", "/api/admin/"+v.path, "").header.Get("ETag"); etag != `"`+v.version(o)+`"` {
			t.Errorf("%s: ETag %s, version %s", v.name, etag, v.version(o))
		}
	}
}

// TestVersionHeader: how a version may be named.
func TestVersionHeader(t *testing.T) {
	o := newOffice(t, t.TempDir())
	some := strings.Repeat("A", 22)
	for i, tt := range []struct {
		match  []string
		status int
		code   string
	}{
		{nil, 428, "version"},
		{[]string{`*`}, 200, ""},
		{[]string{`"` + some + `"`}, 412, "changed"},
		{[]string{""}, 400, "malformed"},
		{[]string{`""`}, 400, "malformed"},
		{[]string{`"*"`}, 400, "malformed"},
		{[]string{`"-"`}, 400, "malformed"},
		{[]string{some}, 400, "malformed"},
		{[]string{`W/"` + some + `"`}, 400, "malformed"},
		{[]string{`"` + some + `", "` + some + `"`}, 400, "malformed"},
		{[]string{`"` + some + `"`, `"` + some + `"`}, 400, "malformed"},
		{[]string{`"` + some + `A"`}, 400, "malformed"},
		{[]string{`"` + some + "\u00e9" + `"`}, 400, "malformed"},
	} {
		for _, v := range everyVersioned(t) {
			r := o.do("PUT", "/api/admin/"+v.path, v.body(i%2), func(r *http.Request) {
				r.Header.Del("If-Match")
				r.Header["If-Match"] = tt.match
			})
			if r.status != tt.status || tt.code != "" && r.refusal(t).Code != tt.code {
				t.Errorf("%s with %q: %d %s, want %d %s", v.name, tt.match, r.status, r.body, tt.status, tt.code)
			}
		}
	}
}

// TestStationAbsent: who adds a station does not write over one.
func TestStationAbsent(t *testing.T) {
	o := newOffice(t, t.TempDir())
	none := header("If-None-Match", "*")
	bare := header("If-Match", "")
	for _, tt := range []struct {
		name, id, body string
		with           []func(*http.Request)
		status         int
		code           string
	}{
		{"new", "s40", `{"name":"新村","grid":"north","closed":false}`, []func(*http.Request){bare, none}, 200, ""},
		{"new again", "s40", `{"name":"新村","grid":"north","closed":false}`, []func(*http.Request){bare, none}, 200, ""},
		{"new of another", "s40", `{"name":"他村","grid":"north","closed":false}`, []func(*http.Request){bare, none}, 412, "exists"},
		{"over none", "s41", `{"name":"他村","grid":"north","closed":false}`, []func(*http.Request){header("If-Match", `*`), header("If-None-Match", "")}, 404, "not_found"},
		{"on a version of none", "s41", `{"name":"他村","grid":"north","closed":false}`,
			[]func(*http.Request){header("If-Match", `"`+strings.Repeat("A", 22)+`"`)}, 404, "not_found"},
		{"unless it is that", "s42", `{"name":"他村","grid":"north","closed":false}`, []func(*http.Request){bare, header("If-None-Match", `"x"`)}, 428, "version"},
		{"nothing said", "s42", `{"name":"他村","grid":"north","closed":false}`, []func(*http.Request){bare, header("If-None-Match", "")}, 428, "version"},
	} {
		r := o.do("PUT", "/api/admin/stations/"+tt.id, tt.body, tt.with...)
		if r.status != tt.status || tt.code != "" && r.refusal(t).Code != tt.code {
			t.Errorf("%s: %d %s, want %d %s", tt.name, r.status, r.body, tt.status, tt.code)
		}
	}
}

// TestTwoWriters: of those who saw the same, one wins, and all others are told.
func TestTwoWriters(t *testing.T) {
	const writers = 3 // with a state each; a matter has two, so there they may agree
	eachStore(t, func(t *testing.T, o *office) {
		for _, v := range everyVersioned(t) {
			if r := o.do("PUT", "/api/admin/"+v.path, v.body(0)); r.status != 200 {
				t.Fatalf("%s: %d %s", v.name, r.status, r.body)
			}
			saw := v.version(o)
			before := o.newest().Seq
			var wg sync.WaitGroup
			answers := make([]reply, writers)
			for n := range writers {
				wg.Go(func() { answers[n] = o.put(v, n+1, saw) })
			}
			wg.Wait()
			won, lost := 0, 0
			for _, r := range answers {
				switch r.status {
				case 200:
					won++
				case 412:
					lost++
				default:
					t.Errorf("%s: %d %s", v.name, r.status, r.body)
				}
			}
			rows := int(o.newest().Seq - before)
			if v.name == "matter" {
				if rows != 1 { // one state or the other: who wants what stands is not refused
					t.Errorf("matter: %d changes", rows)
				}
				continue
			}
			if won != 1 || lost != writers-1 || rows != 1 {
				t.Errorf("%s: %d won, %d lost, %d changes", v.name, won, lost, rows)
			}
		}
		if err := o.records.VerifyAudit(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestImportVersion: what a dry run showed is what is written.
func TestImportVersion(t *testing.T) {
	c, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		kind, file  string
		other, body string // a change between the two runs
	}{
		{"people", "login,name,role\nnew,新,agent\n", "people/agent2", `{"name":"李明","role":"agent","seat":"77","disabled":false}`},
		{"stations", "id,name,grid\ns09,新村,north\n", "stations/s03", `{"name":"旧村","grid":"south","closed":false}`},
		{"affinity", "station,agent\ns01,agent2\n", "affinity", `{"pairs":[]}`},
		{"hours", "weekday,open,close\n1,08:30,16:30\n", "hours", `{"always":true,"week":[],"holidays":[]}`},
		{"holidays", "date,closed,open,close,note\n2026-10-01,true,,,\n", "hours", `{"always":true,"week":[],"holidays":[]}`},
		{"matters", "id,enabled\n" + c.Matters[0].ID + ",false\n", "matters/" + c.Matters[1].ID, `{"enabled":false}`},
	} {
		t.Run(tt.kind, func(t *testing.T) {
			eachStore(t, func(t *testing.T, o *office) {
				path := "/api/admin/import/" + tt.kind
				dry := func() string {
					t.Helper()
					var in imported
					o.fine("POST", path+"?dry=1", tt.file, &in)
					if in.Version == "" || in.Added+in.Changed != 1 {
						t.Fatalf("dry: %+v", in)
					}
					if tag := o.do("POST", path+"?dry=1", tt.file).header.Get("ETag"); tag != `"`+string(in.Version)+`"` {
						t.Errorf("ETag %s, version %s", tag, in.Version)
					}
					return `"` + string(in.Version) + `"`
				}
				refused := func(file, match string, status int, code string) {
					t.Helper()
					before := o.newest().Seq
					r := o.do("POST", path, file, header("If-Match", match))
					if r.status != status || r.refusal(t).Code != code || o.newest().Seq != before {
						t.Errorf("with %q: %d %s, want %d %s", match, r.status, r.body, status, code)
					}
				}
				shown := dry()
				refused(tt.file, "", 428, "version")
				refused(tt.file, `"`+strings.Repeat("A", 22)+`"`, 400, "malformed")
				refused(tt.file+"\n", shown, 412, "other_file")
				o.fine("PUT", "/api/admin/"+tt.other, tt.body, nil)
				refused(tt.file, shown, 412, "changed")
				if r := o.do("POST", path, tt.file, header("If-Match", dry())); r.status != 200 || strings.Contains(r.body, "version") {
					t.Errorf("%d %s", r.status, r.body)
				}
				// Its answer was lost: nothing is left to be written.
				if r := o.do("POST", path, tt.file, header("If-Match", shown)); r.status != 200 {
					t.Errorf("again: %d %s", r.status, r.body)
				}
			})
		})
	}
}
