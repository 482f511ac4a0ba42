package agentdesk

import (
	"crypto/rand"
	"math/big"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/remotewindow/remotewindow/agentdesk/records"
)

// codeLife is how long an enrolment code may be used.
const codeLife = 10 * time.Minute

// stationKey is a station's key without the key.
type stationKey struct {
	ID        string `json:"id"`
	CreatedMS int64  `json:"created_ms"`
	UsedMS    int64  `json:"used_ms"`
	RevokedMS int64  `json:"revoked_ms"`
}

type stationRow struct {
	ID            string       `json:"id"`
	Name          string       `json:"name"`
	Grid          string       `json:"grid"`
	Specialist    string       `json:"specialist"`
	Affinity      string       `json:"affinity"`
	Closed        bool         `json:"closed"`
	Keys          []stationKey `json:"keys"`
	CodeExpiresMS int64        `json:"code_expires_ms"`
}

// stationPath is what a station's id looks like in a path.
var stationPath = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

// adminStations answers GET /api/admin/stations.
func (s *Server) adminStations(w http.ResponseWriter, r *http.Request) {
	entries, err := s.o.Administration.StationEntries(r.Context())
	if err != nil {
		s.adminFailed(w, r, err)
		return
	}
	now := s.o.Now().UnixMilli()
	rows := make([]stationRow, 0, len(entries))
	for _, e := range entries {
		row := stationRow{
			ID: e.ID, Name: e.Name, Grid: e.Grid, Specialist: e.Specialist, Affinity: e.Affinity, Closed: e.Closed, Keys: []stationKey{},
		}
		if e.CodeExpiresMS > now {
			row.CodeExpiresMS = e.CodeExpiresMS
		}
		for _, k := range e.Keys {
			row.Keys = append(row.Keys, stationKey{ID: k.ID, CreatedMS: k.CreatedMS, UsedMS: k.UsedMS, RevokedMS: k.RevokedMS})
		}
		rows = append(rows, row)
	}
	answer(w, http.StatusOK, struct {
		Stations []stationRow `json:"stations"`
	}{rows})
}

// adminPutStation answers PUT /api/admin/stations/{id}.
func (s *Server) adminPutStation(w http.ResponseWriter, r *http.Request) {
	var req struct {
		ID         string `json:"id"`
		Name       string `json:"name"`
		Grid       string `json:"grid"`
		Specialist string `json:"specialist"`
		Affinity   string `json:"affinity"`
		Closed     *bool  `json:"closed"`
	}
	if !decodeAdmin(w, r, &req) {
		return
	}
	id := r.PathValue("id")
	switch {
	case req.ID != "" && req.ID != id:
		refuseField(w, "id", "conflict", req.ID)
		return
	case req.Closed == nil:
		refuseField(w, "closed", records.FaultEmpty, "")
		return
	}
	_, err := s.o.Administration.SaveStation(r.Context(), records.StationInfo{
		ID: id, Name: strings.TrimSpace(req.Name), Grid: req.Grid, Specialist: strings.TrimSpace(req.Specialist),
		Affinity: req.Affinity, Closed: *req.Closed,
	}, actor(r))
	if err != nil {
		s.adminFailed(w, r, err)
		return
	}
	s.done(w, ChangedStations, ChangedAffinity)
}

// crockford is Crockford's base32: no I, L, O, U.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// newEnrolCode returns 80 random bits as somebody types them, "K7QD-…".
func newEnrolCode() string {
	var b strings.Builder
	for i := range 16 {
		if i > 0 && i%4 == 0 {
			b.WriteByte('-')
		}
		n, _ := rand.Int(rand.Reader, big.NewInt(int64(len(crockford)))) // never fails (crypto/rand)
		b.WriteByte(crockford[n.Int64()])
	}
	return b.String()
}

// adminCode answers POST /api/admin/stations/{id}/code. The code is told this
// once; the records know its hash.
func (s *Server) adminCode(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if !stationPath.MatchString(id) {
		refuse(w, http.StatusNotFound, "not_found", "")
		return
	}
	code, expires := newEnrolCode(), s.o.Now().Add(codeLife).UnixMilli()
	err := s.o.Administration.IssueCode(r.Context(), id, hashOf(strings.ReplaceAll(code, "-", "")), expires, actor(r))
	if err != nil {
		s.adminFailed(w, r, err)
		return
	}
	answer(w, http.StatusOK, struct {
		Code      string `json:"code"`
		ExpiresMS int64  `json:"expires_ms"`
	}{code, expires})
}

// adminRevoke answers DELETE /api/admin/stations/{id}/keys: the station is out.
func (s *Server) adminRevoke(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if !stationPath.MatchString(id) {
		refuse(w, http.StatusNotFound, "not_found", "")
		return
	}
	if err := s.o.Administration.Revoke(r.Context(), id, actor(r)); err != nil {
		s.adminFailed(w, r, err)
		return
	}
	s.out(Identity{Role: RoleStation, ID: id, Face: FaceStation})
	s.done(w, ChangedStations)
}

// adminPutAffinity answers PUT /api/admin/affinity.
func (s *Server) adminPutAffinity(w http.ResponseWriter, r *http.Request) {
	var req struct {
		Pairs *[]struct {
			Station string `json:"station"`
			Agent   string `json:"agent"`
		} `json:"pairs"`
	}
	if !decodeAdmin(w, r, &req) {
		return
	}
	if req.Pairs == nil { // an empty list unbinds everyone, a forgotten one must not
		refuseField(w, "pairs", records.FaultEmpty, "")
		return
	}
	pairs := make([]records.Affinity, 0, len(*req.Pairs))
	for _, p := range *req.Pairs {
		pairs = append(pairs, records.Affinity{Station: p.Station, Agent: p.Agent})
	}
	if err := s.o.Administration.SetAffinity(r.Context(), pairs, actor(r)); err != nil {
		s.adminFailed(w, r, err)
		return
	}
	s.done(w, ChangedAffinity)
}
