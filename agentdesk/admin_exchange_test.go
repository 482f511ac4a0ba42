package agentdesk

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/remotewindow/remotewindow/agentdesk/csvfile"
)

// brief is an import's answer in one line.
func brief(in imported) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d rows, %d+%d=%d", in.Rows, in.Added, in.Changed, in.Same)
	for _, e := range in.Errors {
		fmt.Fprintf(&b, "; %d %s %s %s", e.Row, e.Column, e.Code, e.Value)
	}
	return b.String()
}

func (o *office) bring(kind, file string, dry bool) (int, imported) {
	o.t.Helper()
	path := "/api/admin/import/" + kind
	if dry {
		path += "?dry=1"
	}
	r := o.do("POST", path, file)
	var in imported
	if err := json.Unmarshal([]byte(r.body), &in); err != nil {
		o.t.Fatalf("%s: %d %s", kind, r.status, r.body)
	}
	if (r.status == http.StatusOK) != (len(in.Errors) == 0) || in.Errors == nil || (in.Code == "") != (len(in.Errors) == 0) {
		o.t.Errorf("%s: %d with %s", kind, r.status, r.body)
	}
	return r.status, in
}

func (o *office) export(kind string) string {
	o.t.Helper()
	r := o.do("GET", "/api/admin/export/"+kind+".csv", "")
	if r.status != 200 || !strings.HasPrefix(r.body, "\xef\xbb\xbf") || !strings.HasPrefix(r.header.Get("Content-Type"), "text/csv; charset=utf-8") ||
		r.header.Get("Content-Disposition") != `attachment; filename="`+kind+`.csv"` || r.header.Get("Cache-Control") != "no-store" {
		o.t.Fatalf("%s: %d %v", kind, r.status, r.header)
	}
	if e := o.newest(); e.Actor != "admin" || e.Action != "export."+kind {
		o.t.Errorf("%+v", e)
	}
	return r.body
}

// TestRoundTrip: what was exported changes nothing when it comes back, whatever
// a spreadsheet would take for a formula.
func TestRoundTrip(t *testing.T) {
	eachStore(t, func(t *testing.T, o *office) {
		for i, text := range []string{`=1+1`, `+86 "21"`, `-5,6`, `@SUM(A1)`, `'=x`, `''-x`, `'plain`, "a;b", "王静"} {
			name, _ := json.Marshal(text)
			o.fine("POST", "/api/admin/people", fmt.Sprintf(`{"login":"p%d","name":%s,"role":"agent","seat":%s,"skills":["health","housing"],"disabled":%v,"password":%q}`,
				i, name, name, i%2 == 0, goodPassword), nil)
			o.fine("PUT", fmt.Sprint("/api/admin/stations/t", i), fmt.Sprintf(`{"name":%s,"grid":"south","specialist":%s,"affinity":"p%d","closed":%v}`, name, name, i, i%2 == 0), nil)
		}
		o.fine("PUT", "/api/admin/hours", `{"always":false,"week":[{"weekday":1,"open":"08:30","close":"24:00"}],
			"holidays":[{"date":"2026-10-01","closed":true,"note":"=国庆"},{"date":"2026-10-02","closed":false,"open":"09:00","close":"12:00","note":"-"}]}`, nil)
		o.fine("PUT", "/api/admin/matters/"+aMatter(t), `{"enabled":false}`, nil)
		for kind := range exchanges {
			file := o.export(kind)
			if strings.Contains(file, "hash of") || strings.Contains(file, goodPassword) {
				t.Errorf("%s holds passwords", kind)
			}
			before := o.newest().Seq
			o.takenTold()
			rows := strings.Count(file, "\r\n") - 1
			for _, dry := range []bool{true, false} {
				if _, in := o.bring(kind, file, dry); brief(in) != fmt.Sprintf("%d rows, 0+0=%d", rows, rows) || rows < 2 {
					t.Errorf("%s, dry %v: %s", kind, dry, brief(in))
				}
			}
			// Without the mark, and with the lines of another system.
			plain := strings.ReplaceAll(strings.TrimPrefix(file, "\xef\xbb\xbf"), "\r\n", "\n")
			if _, in := o.bring(kind, plain, false); in.Same != rows {
				t.Errorf("%s, plain: %s", kind, brief(in))
			}
			if o.newest().Seq != before {
				t.Errorf("%s: something was written", kind)
			}
			if changed, revoked := o.takenTold(); len(changed)+len(revoked) > 0 {
				t.Errorf("%s: told of %v %v", kind, changed, revoked)
			}
		}
	})
}

func TestImportPeople(t *testing.T) {
	eachStore(t, func(t *testing.T, o *office) {
		file := "login,name,role,seat,skills,disabled,password\n" +
			"new1,新一,agent,9,health,false," + goodPassword + "\n" +
			"new2,新二,agent,,,,\n" +
			"agent1,王静,helper,1,,,\n" + // was an agent
			"agent2,李明,agent,2,,,another 42 kettles\n" +
			"helper,周,helper,,,,\n"
		before := o.newest().Seq
		_, in := o.bring("people", file, true)
		if brief(in) != "5 rows, 2+2=1" || in.WithoutPassword != 1 || o.newest().Seq != before {
			t.Errorf("dry: %s %+v", brief(in), in)
		}
		if _, known := o.person("new1"); known {
			t.Error("a dry run writes")
		}
		_, in = o.bring("people", file, false)
		if brief(in) != "5 rows, 2+2=1" || in.WithoutPassword != 1 {
			t.Errorf("%s", brief(in))
		}
		if p, err := o.records.PersonByLogin(t.Context(), "new1"); err != nil || p.PasswordHash != "hash of "+goodPassword || p.Disabled {
			t.Errorf("%+v %v", p, err)
		}
		if p, err := o.records.PersonByLogin(t.Context(), "new2"); err != nil || p.PasswordHash != "" || !p.Disabled {
			t.Errorf("%+v %v", p, err)
		}
		if s, _ := o.station("s01"); s.Affinity != "" {
			t.Errorf("bound to %q, who is no agent any more", s.Affinity)
		}
		changed, revoked := o.takenTold()
		if !slices.Equal(changed, []string{ChangedPeople, ChangedAffinity}) || !slices.Equal(revoked, []Identity{{Role: RoleAgent, ID: "agent1", Face: FaceDesk}, {Role: RoleAgent, ID: "agent2", Face: FaceDesk}}) {
			t.Errorf("told of %v %v", changed, revoked)
		}
		if e := o.newest(); e.Action != "import.people" || e.Actor != "admin" || e.Detail["added"] != "2" || e.Detail["changed"] != "2" {
			t.Errorf("%+v", e)
		}
		for _, login := range []string{"new1", "new2", "agent1", "agent2"} { // each has a row of its own
			if rows, err := o.records.AuditTrail(t.Context(), login, 20); err != nil || rows[len(rows)-1].Actor != "admin" {
				t.Errorf("%s: %+v %v", login, rows, err)
			}
		}
		// Columns that are not there leave what stands.
		_, in = o.bring("people", "login,name,role\nnew1,新一,agent\n", false)
		if p, _ := o.person("new1"); brief(in) != "1 rows, 0+0=1" || p.Seat != "9" || len(p.Skills) != 1 {
			t.Errorf("%s %+v", brief(in), p)
		}
		// Who has no password stays disabled until there is one.
		_, in = o.bring("people", "login,name,role,disabled\nnew2,新二,agent,false\n", false)
		if p, _ := o.person("new2"); brief(in) != "1 rows, 0+0=1" || !p.Disabled {
			t.Errorf("%s %+v", brief(in), p)
		}
		_, in = o.bring("people", "login,name,role,password\nnew2,新二,agent,"+goodPassword+"\n", false)
		if p, _ := o.person("new2"); brief(in) != "1 rows, 0+1=0" || p.Disabled {
			t.Errorf("%s %+v", brief(in), p)
		}
		if err := o.records.VerifyAudit(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestImportRefused: one wrong row and none is written; errors name row and column.
func TestImportRefused(t *testing.T) {
	o := newOffice(t, t.TempDir())
	before := o.newest().Seq
	passwords := "login,name,role,password\n"
	for i := range maxImportPasswords + 1 {
		passwords += fmt.Sprintf("q%d,王,agent,%s\n", i, goodPassword)
	}
	for name, tt := range map[string]struct{ kind, file, want string }{
		"people": {"people", "login,name,role,skills,disabled,password\n" +
			"good,王,agent,,,\n" + "Bad,王,agent,,,\n" + "x2,,agent,,,\n" + "x3,王,king,,,\n" + "x4,王,agent,flying,,\n" + "x5,王,agent,,perhaps,\n" +
			"good,王,agent,,,\n" + "x6,王,agent,,,short\n" + "x7,王,agent,,,password123\n" + ",王,agent,,,\n",
			"10 rows, 9+0=0; 3 login bad_login Bad; 4 name empty ; 5 role bad_role king; 6 skills bad_family flying; 7 disabled bad_bool perhaps; " +
				"8 login duplicate good; 9 password short_password ; 10 password weak_password ; 11 login empty "},
		"last admin":  {"people", "login,name,role,disabled\nadmin,钱,admin,true\n", "1 rows, 0+1=0; 2 disabled last_admin admin"},
		"passwords":   {"people", passwords, "201 rows, 201+0=0; 202 password too_many_passwords "},
		"stations":    {"stations", "id,name,grid,affinity,closed\ns01,云桥村,west,,\nS9,a,north,,\ns9,,north,agent9,\ns9,a,north,,x\n", "4 rows, 2+1=0; 2 grid bad_grid west; 3 id bad_id S9; 4 name empty ; 4 affinity unknown_agent agent9; 5 closed bad_bool x; 5 id duplicate s9"},
		"affinity":    {"affinity", "station,agent\ns99,agent1\ns01,nobody\ns02,helper\ns02,agent1\n", "4 rows, 1+2=0; 2 station unknown_station s99; 3 agent unknown_agent nobody; 4 agent unknown_agent helper; 5 station duplicate s02"},
		"hours":       {"hours", "weekday,open,close\n1,8:30,16:30\n1,9:00,10:00\n8,,\n2,16:30,8:30\n", "3 rows, 0+2=0; 3 weekday duplicate 1; 4 weekday bad_weekday 8; 5 close bad_time 8:30"},
		"holidays":    {"holidays", "date,closed\n2026-10-01,true\n2026/10/1,true\n2026-13-01,true\n1999-01-01,true\n", "3 rows, 2+0=0; 3 date duplicate 2026-10-01; 4 date bad_date 2026-13-01; 5 date bad_date 1999-01-01"},
		"matters":     {"matters", "id,enabled\n" + aMatter(t) + ",false\nnothing_like_it,false\n" + aMatter(t) + ",true\nx,\n", "4 rows, 0+3=0; 3 id unknown_matter nothing_like_it; 4 id duplicate " + aMatter(t) + "; 5 enabled empty ; 5 id unknown_matter x"},
		"encoding":    {"people", "login,name,role\nnew,\xcd\xf5,agent\n", "0 rows, 0+0=0; 0  gb18030 "},
		"column":      {"stations", "id,name,grid,keys\n", "0 rows, 0+0=0; 1 keys unknown_column keys"},
		"wrong kind":  {"stations", "login,name,role\nnew,王,agent\n", "0 rows, 0+0=0; 1 login unknown_column login; 1 role unknown_column role; 1 id missing_column ; 1 grid missing_column "},
		"long value":  {"people", "login,name,role\n" + strings.Repeat("长", 60) + ",王,agent\n", "1 rows, 1+0=0; 2 login bad_login " + strings.Repeat("长", 40)},
		"only header": {"people", "login,name,role\n", "0 rows, 0+0=0"},
	} {
		for _, dry := range []bool{true, false} {
			if _, in := o.bring(tt.kind, tt.file, dry); brief(in) != tt.want {
				t.Errorf("%s, dry %v: %s", name, dry, brief(in))
			}
		}
	}
	if o.newest().Seq != before {
		t.Error("something was written")
	}
	for name, tt := range map[string]struct {
		path, body, kind string
		status           int
		code             string
	}{
		"JSON":           {"people", `{}`, "application/json", 415, "type"},
		"spreadsheet":    {"people", "PK\x03\x04", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", 415, "type"},
		"no type":        {"people", "login,name,role\n", "", 415, "type"},
		"GB type":        {"people", "login,name,role\n", "text/csv; charset=gb18030", 415, "encoding"},
		"1 MiB and more": {"people", "login,name,role\n" + strings.Repeat("a", csvfile.MaxBytes), "text/csv", 413, "too_large"},
		"odd dry":        {"people?dry=true", "login,name,role\nnew,王,agent\n", "text/csv", 400, "malformed"},
	} {
		if r := o.do("POST", "/api/admin/import/"+tt.path, tt.body, header("Content-Type", tt.kind)); r.status != tt.status || r.refusal(t).Code != tt.code {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	if strings.Contains(o.log.String(), goodPassword) || o.newest().Seq != before {
		t.Error("something was written")
	}
}

// TestImportOthers: stations, 包联, hours, holidays and matters change what they name.
func TestImportOthers(t *testing.T) {
	eachStore(t, func(t *testing.T, o *office) {
		for _, tt := range []struct{ kind, file, want string }{
			{"stations", "id,name,grid,affinity\ns01,云桥村,middle,agent2\ns50,新村,south,\n", "2 rows, 1+1=0"},
			{"affinity", "station,agent\ns50,agent1\ns02,\ns03,agent1\n", "3 rows, 0+2=1"},
			{"hours", "weekday,open,close\n1,8:30,16:30\n2,8:30,16:30\n3,,\n", "3 rows, 0+2=1"},
			{"hours", "weekday,open,close\n1,,\n", "1 rows, 0+1=0"},
			{"holidays", "date,open,close,note\n2026-10-01,,,国庆\n2026-10-02,9:00,12:00,\n", "2 rows, 2+0=0"},
			{"holidays", "date,open,close,note\n2026-10-01,9:00,12:00,国庆\n", "1 rows, 0+1=0"},
			{"matters", "id,enabled\n" + aMatter(t) + ",否\n", "1 rows, 0+1=0"},
		} {
			if _, in := o.bring(tt.kind, tt.file, false); brief(in) != tt.want {
				t.Errorf("%s: %s", tt.kind, brief(in))
			}
			if e := o.newest(); e.Action != "import."+tt.kind {
				t.Errorf("%+v", e)
			}
		}
		for id, agent := range map[string]string{"s01": "agent2", "s02": "", "s03": "agent1", "s50": "agent1"} {
			if s, _ := o.station(id); s.Affinity != agent {
				t.Errorf("%s is bound to %q", id, s.Affinity)
			}
		}
		c, err := o.records.Calendar(t.Context())
		if err != nil || len(c.Week) != 1 || len(c.Holidays) != 2 || c.Holidays[0].Closed {
			t.Errorf("%+v %v", c, err)
		}
		off, err := o.records.DisabledMatters(t.Context())
		if err != nil || !off[aMatter(t)] || len(off) != 1 {
			t.Errorf("%v %v", off, err)
		}
	})
}

// TestImportMany: as many rows as a file may have.
func TestImportMany(t *testing.T) {
	eachStore(t, func(t *testing.T, o *office) {
		var b strings.Builder
		b.WriteString("id,name,grid\n")
		for i := range csvfile.MaxRows {
			fmt.Fprintf(&b, "m%04d,示例村 %d,south\n", i, i)
		}
		if _, in := o.bring("stations", b.String(), false); in.Added != csvfile.MaxRows {
			t.Errorf("%s", brief(in))
		}
		if err := o.records.VerifyAudit(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
