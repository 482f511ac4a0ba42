package agentdesk

import (
	"context"
	"crypto/rand"
	"errors"
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

	Version records.Version `json:"version"` // of what adminPutStation replaces
}

// stationPath is what a station's id looks like in a path.
var stationPath = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

// adminStations answers GET /api/admin/stations, with the version of what
// adminPutAffinity replaces.
func (s *Server) adminStations(w http.ResponseWriter, r *http.Request) {
	rows, bound, err := s.stationRows(r.Context())
	if err != nil {
		s.adminFailed(w, r, err)
		return
	}
	answer(w, http.StatusOK, struct {
		Stations        []stationRow    `json:"stations"`
		AffinityVersion records.Version `json:"affinity_version"`
	}{rows, bound})
}

func (s *Server) stationRows(ctx context.Context) ([]stationRow, records.Version, error) {
	entries, err := s.o.Administration.StationEntries(ctx)
	if err != nil {
		return nil, "", err
	}
	now := s.o.Now().UnixMilli()
	rows, stations := make([]stationRow, 0, len(entries)), make([]records.StationInfo, 0, len(entries))
	for _, e := range entries {
		stations = append(stations, e.StationInfo)
		row := stationRow{
			ID: e.ID, Name: e.Name, Grid: e.Grid, Specialist: e.Specialist, Affinity: e.Affinity, Closed: e.Closed, Keys: []stationKey{},
			Version: e.Version(),
		}
		if e.CodeExpiresMS > now {
			row.CodeExpiresMS = e.CodeExpiresMS
		}
		for _, k := range e.Keys {
			row.Keys = append(row.Keys, stationKey{ID: k.ID, CreatedMS: k.CreatedMS, UsedMS: k.UsedMS, RevokedMS: k.RevokedMS})
		}
		rows = append(rows, row)
	}
	return rows, records.AffinityVersion(stations), nil
}

// adminPutStation answers PUT /api/admin/stations/{id}: If-None-Match: * adds,
// If-Match replaces.
func (s *Server) adminPutStation(w http.ResponseWriter, r *http.Request) {
	var req struct {
		ID         string `json:"id"`
		Name       string `json:"name"`
		Grid       string `json:"grid"`
		Specialist string `json:"specialist"`
		Affinity   string `json:"affinity"`
		Closed     *bool  `json:"closed"`
	}
	saw, ok := seenOrAbsent(w, r)
	if !ok || !decodeAdmin(w, r, &req) {
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
	station := records.StationInfo{
		ID: id, Name: strings.TrimSpace(req.Name), Grid: req.Grid, Specialist: strings.TrimSpace(req.Specialist),
		Affinity: req.Affinity, Closed: *req.Closed,
	}
	_, err := s.o.Administration.SaveStation(r.Context(), station, actor(r), saw)
	switch {
	case errors.Is(err, records.ErrExists):
		refuse(w, http.StatusPreconditionFailed, "exists", "")
	case err != nil:
		s.notSaved(w, r, err, func(ctx context.Context) (any, error) {
			rows, _, err := s.stationRows(ctx)
			return one(rows, func(s stationRow) bool { return s.ID == id }), err
		})
	default:
		s.saved(w, station.Version(), ChangedStations, ChangedAffinity)
	}
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

// pair binds a station to an agent.
type pair struct {
	Station string `json:"station"`
	Agent   string `json:"agent"`
}

// adminPutAffinity answers PUT /api/admin/affinity. Its version is the
// affinity_version of the stations.
func (s *Server) adminPutAffinity(w http.ResponseWriter, r *http.Request) {
	var req struct {
		Pairs *[]pair `json:"pairs"`
	}
	saw, ok := seen(w, r)
	if !ok || !decodeAdmin(w, r, &req) {
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
	if err := s.o.Administration.SetAffinity(r.Context(), pairs, actor(r), saw); err != nil {
		s.notSaved(w, r, err, func(ctx context.Context) (any, error) { return s.pairs(ctx) })
		return
	}
	s.saved(w, "", ChangedAffinity)
}

// bindings are all stations with whom they are bound to, "" nobody.
type bindings struct {
	Pairs   []pair          `json:"pairs"`
	Version records.Version `json:"version"`
}

func (s *Server) pairs(ctx context.Context) (bindings, error) {
	rows, v, err := s.stationRows(ctx)
	b := bindings{Pairs: make([]pair, 0, len(rows)), Version: v}
	for _, row := range rows {
		b.Pairs = append(b.Pairs, pair{row.ID, row.Affinity})
	}
	return b, err
}
