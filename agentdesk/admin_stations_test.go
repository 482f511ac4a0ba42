package agentdesk

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/remotewindow/remotewindow/agentdesk/records"
)

func (o *office) station(id string) (stationRow, bool) {
	o.t.Helper()
	var all struct {
		Stations []stationRow `json:"stations"`
	}
	o.fine("GET", "/api/admin/stations", "", &all)
	i := slices.IndexFunc(all.Stations, func(s stationRow) bool { return s.ID == id })
	if i < 0 {
		return stationRow{}, false
	}
	return all.Stations[i], true
}

func TestAdminStations(t *testing.T) {
	eachStore(t, func(t *testing.T, o *office) {
		o.fine("PUT", "/api/admin/stations/s09", `{"id":"s09","name":"新桥村","grid":"south","specialist":"李老师","affinity":"agent2","closed":false}`, nil)
		if s, ok := o.station("s09"); !ok || s.Name != "新桥村" || s.Affinity != "agent2" || s.Keys == nil || len(s.Keys) != 0 || s.CodeExpiresMS != 0 {
			t.Errorf("%+v", s)
		}
		if e := o.newest(); e.Actor != "admin" || e.Action != "station.add" || e.Object != "s09" {
			t.Errorf("%+v", e)
		}
		o.fine("PUT", "/api/admin/stations/s09", `{"name":"新桥村","grid":"north","closed":true}`, nil)
		if s, _ := o.station("s09"); s.Grid != "north" || !s.Closed || s.Affinity != "" || s.Specialist != "" {
			t.Errorf("%+v", s)
		}
		if e := o.newest(); e.Action != "station.change" || e.Detail["grid"] != "north" || e.Detail["grid_was"] != "south" || e.Detail["specialist"] != "changed" {
			t.Errorf("%+v", e)
		}

		var code struct {
			Code      string `json:"code"`
			ExpiresMS int64  `json:"expires_ms"`
		}
		o.fine("POST", "/api/admin/stations/s09/code", `{}`, &code)
		if !regexp.MustCompile(`^([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$`).MatchString(code.Code) || code.ExpiresMS != o.o.Now().Add(codeLife).UnixMilli() {
			t.Errorf("%+v", code)
		}
		if s, _ := o.station("s09"); s.CodeExpiresMS != code.ExpiresMS {
			t.Errorf("%+v", s)
		}
		o.pass(codeLife)
		if s, _ := o.station("s09"); s.CodeExpiresMS != 0 {
			t.Error("a code that ran out is shown")
		}
		o.pass(-codeLife)
		if r := o.do("GET", "/api/admin/audit", ""); strings.Contains(r.body, code.Code) || strings.Contains(o.log.String(), code.Code) {
			t.Error("the code stands where it may be read")
		}
		point := "BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"[:87]
		_, err := o.records.RedeemCode(t.Context(), hashOf(strings.ReplaceAll(code.Code, "-", "")),
			records.StationKey{ID: strings.Repeat("0a", 16), PublicKey: point, CreatedMS: o.o.Now().UnixMilli()})
		if err != nil {
			t.Fatal(err)
		}
		if s, _ := o.station("s09"); len(s.Keys) != 1 || s.Keys[0].ID != strings.Repeat("0a", 16) || s.Keys[0].RevokedMS != 0 || s.CodeExpiresMS != 0 {
			t.Errorf("%+v", s)
		}
		if r := o.do("GET", "/api/admin/stations", ""); strings.Contains(r.body, point) {
			t.Error("the list holds public keys")
		}
		o.takenTold()
		ticket := o.socket(t, "/api/station/socket", `{"station":"s01"}`, nil)
		o.fine("DELETE", "/api/admin/stations/s01/keys", "", nil)
		o.fine("DELETE", "/api/admin/stations/s09/keys", "", nil)
		if _, revoked := o.takenTold(); !slices.Equal(revoked, []Identity{{Role: RoleStation, ID: "s01", Face: FaceStation}, {Role: RoleStation, ID: "s09", Face: FaceStation}}) {
			t.Errorf("told of %v", revoked)
		}
		if _, ok := o.Redeem(t.Context(), ticket); ok {
			t.Error("a socket ticket outlives the station's keys")
		}
		if s, _ := o.station("s09"); s.Keys[0].RevokedMS == 0 {
			t.Errorf("%+v", s)
		}
	})
}

func TestAdminStationsRefused(t *testing.T) {
	o := newOffice(t, t.TempDir())
	before := o.newest().Seq
	for name, tt := range map[string]struct {
		route, body string
		status      int
		code        string
	}{
		"grid":           {"PUT /api/admin/stations/s01", `{"name":"a","grid":"west","closed":false}`, 422, "bad_grid"},
		"no name":        {"PUT /api/admin/stations/s01", `{"name":"","grid":"north","closed":false}`, 422, "empty"},
		"other id":       {"PUT /api/admin/stations/s01", `{"id":"s02","name":"a","grid":"north","closed":false}`, 422, "conflict"},
		"closed unsaid":  {"PUT /api/admin/stations/s01", `{"name":"a","grid":"north"}`, 422, "empty"},
		"no such agent":  {"PUT /api/admin/stations/s01", `{"name":"a","grid":"north","affinity":"agent9","closed":false}`, 422, "unknown_agent"},
		"no agent":       {"PUT /api/admin/stations/s01", `{"name":"a","grid":"north","affinity":"helper","closed":false}`, 422, "unknown_agent"},
		"pairs unsaid":   {"PUT /api/admin/affinity", `{}`, 422, "empty"},
		"pair twice":     {"PUT /api/admin/affinity", `{"pairs":[{"station":"s01","agent":"agent1"},{"station":"s01","agent":"agent2"}]}`, 422, "duplicate"},
		"pair station":   {"PUT /api/admin/affinity", `{"pairs":[{"station":"s99","agent":"agent1"}]}`, 422, "unknown_station"},
		"pair agent":     {"PUT /api/admin/affinity", `{"pairs":[{"station":"s01","agent":"admin"}]}`, 422, "unknown_agent"},
		"code of nobody": {"POST /api/admin/stations/s99/code", `{}`, 404, "not_found"},
		"keys of nobody": {"DELETE /api/admin/stations/s99/keys", ``, 404, "not_found"},
	} {
		method, path, _ := strings.Cut(tt.route, " ")
		if r := o.do(method, path, tt.body); r.status != tt.status || r.refusal(t).Code != tt.code {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	if o.newest().Seq != before {
		t.Error("something was written")
	}
}

func TestAdminAffinity(t *testing.T) {
	eachStore(t, func(t *testing.T, o *office) {
		o.fine("PUT", "/api/admin/affinity", `{"pairs":[{"station":"s01","agent":"agent2"},{"station":"s02","agent":"agent1"}]}`, nil)
		for id, agent := range map[string]string{"s01": "agent2", "s02": "agent1", "s03": ""} {
			if s, _ := o.station(id); s.Affinity != agent {
				t.Errorf("%s is bound to %q", id, s.Affinity)
			}
		}
		if changed, _ := o.takenTold(); !slices.Equal(changed, []string{ChangedAffinity}) {
			t.Errorf("told of %v", changed)
		}
		rows, err := o.records.AuditTrail(t.Context(), "s03", 10)
		if err != nil || rows[len(rows)-1].Detail["affinity_was"] != "agent1" {
			t.Errorf("%+v %v", rows, err)
		}
	})
}

func TestEnrolCodes(t *testing.T) {
	seen := map[string]bool{}
	for range 2000 {
		code := newEnrolCode()
		if seen[code] || len(code) != 19 || normaliseCode(strings.ToLower(code)) != strings.ReplaceAll(code, "-", "") {
			t.Fatal(code)
		}
		seen[code] = true
	}
}
