package agentdesk

import (
	"slices"
	"strings"
	"testing"

	"github.com/remotewindow/remotewindow/agentdesk/records"
)

func (o *office) person(login string) (person, bool) {
	o.t.Helper()
	var all struct {
		People []person `json:"people"`
	}
	o.fine("GET", "/api/admin/people", "", &all)
	i := slices.IndexFunc(all.People, func(p person) bool { return p.Login == login })
	if i < 0 {
		return person{}, false
	}
	return all.People[i], true
}

// takenTold returns what cmd was told since the last call.
func (o *office) takenTold() (changed []string, revoked []Identity) {
	o.told.Lock()
	defer o.told.Unlock()
	changed, revoked = o.changed, o.revoked
	o.changed, o.revoked = nil, nil
	return changed, revoked
}

func TestAdminPeople(t *testing.T) {
	eachStore(t, func(t *testing.T, o *office) {
		o.fine("POST", "/api/admin/people", `{"login":"wang.jing","name":" 王静 ","role":"agent","seat":"7 号座席","skills":["health"],"password":"`+goodPassword+`"}`, nil)
		p, _ := o.person("wang.jing")
		if p.Name != "王静" || p.Role != "agent" || p.Seat != "7 号座席" || strings.Join(p.Skills, " ") != "health" || p.Stations == nil || p.Disabled || p.CreatedMS == 0 {
			t.Errorf("%+v", p)
		}
		secret, err := o.records.PersonByLogin(t.Context(), "wang.jing")
		if err != nil || secret.PasswordHash != "hash of "+goodPassword {
			t.Errorf("%q %v", secret.PasswordHash, err)
		}
		if r := o.do("GET", "/api/admin/people", ""); strings.Contains(r.body, "hash") || strings.Contains(r.body, "password") {
			t.Error("the list tells of passwords")
		}
		if e := o.newest(); e.Actor != "admin" || e.Action != "person.add" || e.Object != "wang.jing" {
			t.Errorf("%+v", e)
		}
		if p, _ := o.person("agent1"); strings.Join(p.Stations, " ") != "s01 s02 s03" {
			t.Errorf("%+v", p)
		}
		if changed, revoked := o.takenTold(); !slices.Equal(changed, []string{ChangedPeople}) || len(revoked) != 0 {
			t.Errorf("told of %v %v", changed, revoked)
		}
		// A change that shuts nobody out.
		o.fine("PUT", "/api/admin/people/wang.jing", `{"login":"wang.jing","name":"王静","role":"agent","seat":"8","skills":[],"disabled":false}`, nil)
		if _, revoked := o.takenTold(); len(revoked) != 0 {
			t.Errorf("%v is out", revoked)
		}
		// Disabled: out at once, with the socket tickets not yet used.
		ticket := o.socket(t, "/api/desk/socket", "{}", o.in(FaceDesk, "agent1"))
		o.fine("PUT", "/api/admin/people/agent1", `{"name":"王静","role":"agent","disabled":true}`, nil)
		if _, revoked := o.takenTold(); !slices.Equal(revoked, []Identity{{Role: RoleAgent, ID: "agent1", Face: FaceDesk}}) {
			t.Errorf("told of %v", revoked)
		}
		if _, ok := o.Redeem(t.Context(), ticket); ok {
			t.Error("a socket ticket outlives its owner's account")
		}
		// Another role, another password.
		o.fine("PUT", "/api/admin/people/supervisor", `{"name":"赵","role":"helper","disabled":false}`, nil)
		if _, revoked := o.takenTold(); !slices.Equal(revoked, []Identity{{Role: RoleSupervisor, ID: "supervisor", Face: FaceBoard}}) {
			t.Errorf("told of %v", revoked)
		}
		o.fine("POST", "/api/admin/people/agent2/password", `{"password":"another 42 kettles"}`, nil)
		if _, revoked := o.takenTold(); !slices.Equal(revoked, []Identity{{Role: RoleAgent, ID: "agent2", Face: FaceDesk}}) {
			t.Errorf("told of %v", revoked)
		}
		if e := o.newest(); e.Actor != "admin" || e.Action != "person.password" || e.Object != "agent2" {
			t.Errorf("%+v", e)
		}
		if err := o.records.VerifyAudit(t.Context()); err != nil {
			t.Error(err)
		}
		for _, secret := range []string{goodPassword, "another 42 kettles", "王静"} {
			if strings.Contains(o.log.String(), secret) {
				t.Errorf("the log tells %q", secret)
			}
		}
	})
}

func TestAdminPeopleRefused(t *testing.T) {
	o := newOffice(t, t.TempDir())
	before := o.newest().Seq
	add := func(change ...string) string {
		return strings.NewReplacer(change...).Replace(`{"login":"new","name":"王","role":"agent","seat":"","skills":[],"password":"` + goodPassword + `"}`)
	}
	for name, tt := range map[string]struct {
		route, body string
		status      int
		code, field string
	}{
		"taken login":       {"POST /api/admin/people", add(`"new"`, `"agent1"`), 409, "exists", ""},
		"bad login":         {"POST /api/admin/people", add(`"new"`, `"../new"`), 422, "bad_login", "login"},
		"no login":          {"POST /api/admin/people", add(`"new"`, `""`), 422, "bad_login", "login"},
		"no name":           {"POST /api/admin/people", add(`"王"`, `"  "`), 422, "empty", "name"},
		"long name":         {"POST /api/admin/people", add(`王`, strings.Repeat("王", 41)), 422, "too_long", "name"},
		"name of two lines": {"POST /api/admin/people", add(`王`, `a\nb`), 422, "bad_text", "name"},
		"role":              {"POST /api/admin/people", add(`"agent"`, `"station"`), 422, "bad_role", "role"},
		"family":            {"POST /api/admin/people", add(`[]`, `["flying"]`), 422, "bad_family", "skills"},
		"no password":       {"POST /api/admin/people", add(goodPassword, ""), 422, "short_password", "password"},
		"short password":    {"POST /api/admin/people", add(goodPassword, "9 letters"), 422, "short_password", "password"},
		"common password":   {"POST /api/admin/people", add(goodPassword, "Password123!"), 422, "weak_password", "password"},
		"long password":     {"POST /api/admin/people", add(goodPassword, strings.Repeat("long ", 60)), 422, "too_long", "password"},
		"number for text":   {"POST /api/admin/people", `{"login":1}`, 400, "malformed", ""},
		"text for list":     {"POST /api/admin/people", `{"login":"new","skills":"health"}`, 400, "malformed", ""},
		"text for yes":      {"PUT /api/admin/people/agent1", `{"name":"王","role":"agent","disabled":"no"}`, 400, "malformed", ""},

		"other login":       {"PUT /api/admin/people/agent1", `{"login":"agent2","name":"王","role":"agent","disabled":false}`, 422, "conflict", "login"},
		"password on put":   {"PUT /api/admin/people/agent1", `{"name":"王","role":"agent","disabled":false,"password":"x"}`, 422, "conflict", "password"},
		"disabled unsaid":   {"PUT /api/admin/people/agent1", `{"name":"王","role":"agent"}`, 422, "empty", "disabled"},
		"own demotion":      {"PUT /api/admin/people/admin", `{"name":"钱","role":"supervisor","disabled":false}`, 409, "last_admin", "role"},
		"own end":           {"PUT /api/admin/people/admin", `{"name":"钱","role":"admin","disabled":true}`, 409, "last_admin", "disabled"},
		"put weak password": {"POST /api/admin/people/agent1/password", `{"password":"agent1agent1"}`, 422, "weak_password", "password"},
		"no such person":    {"POST /api/admin/people/agent9/password", `{"password":"` + goodPassword + `"}`, 404, "not_found", ""},
		"put unknown":       {"PUT /api/admin/people/agent9", `{"name":"王","role":"agent","disabled":false}`, 404, "not_found", ""},
	} {
		method, path, _ := strings.Cut(tt.route, " ")
		r := o.do(method, path, tt.body)
		if r.status != tt.status || r.refusal(t).Code != tt.code || tt.field != "" && !strings.Contains(r.body, `"field":"`+tt.field+`"`) {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	if o.newest().Seq != before {
		t.Error("something was written")
	}
	if changed, revoked := o.takenTold(); len(changed)+len(revoked) > 0 {
		t.Errorf("told of %v %v", changed, revoked)
	}
	// A person without a password cannot be let in, and is with one.
	if err := o.records.AddMember(t.Context(), records.Member{PersonInfo: records.PersonInfo{ID: "new", Name: "王", Role: "agent"}}, "", "admin"); err != nil {
		t.Fatal(err)
	}
	if r := o.do("PUT", "/api/admin/people/new", `{"name":"王","role":"agent","disabled":false}`); r.status != 409 || r.refusal(t).Code != "no_password" {
		t.Errorf("%d %s", r.status, r.body)
	}
	o.fine("POST", "/api/admin/people/new/password", `{"password":"`+goodPassword+`"}`, nil)
	if p, _ := o.person("new"); p.Disabled {
		t.Error("still disabled with a password")
	}
}
