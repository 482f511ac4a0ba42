package agentdesk

import (
	"context"
	"errors"
	"net/http"

	"github.com/remotewindow/remotewindow/agentdesk/records"
)

// Administration is what administrators keep: *records.Records. Every write
// names who did it and what he saw before. Errors are those of package records; a field that is wrong
// is a *records.Fault.
type Administration interface {
	Members(ctx context.Context) ([]records.Member, error)
	AddMember(ctx context.Context, m records.Member, passwordHash, actor string) error
	ChangeMember(ctx context.Context, m records.Member, actor string, seen records.Version) (before records.Member, err error)
	ChangePassword(ctx context.Context, login, passwordHash, actor string) error

	StationEntries(ctx context.Context) ([]records.StationEntry, error)
	SaveStation(ctx context.Context, s records.StationInfo, actor string, seen records.Version) (added bool, err error)
	SetAffinity(ctx context.Context, pairs []records.Affinity, actor string, seen records.Version) error
	IssueCode(ctx context.Context, station, codeHash string, expiresMS int64, actor string) error
	Revoke(ctx context.Context, station, actor string) error

	Calendar(ctx context.Context) (records.Calendar, error)
	SetCalendar(ctx context.Context, c records.Calendar, actor string, seen records.Version) error
	Numbers(ctx context.Context) (records.Numbers, error)
	SetNumbers(ctx context.Context, n records.Numbers, actor string, seen records.Version) error
	DisabledMatters(ctx context.Context) (map[string]bool, error)
	SetMatter(ctx context.Context, id string, enabled bool, actor string, seen records.Version) error

	ImportPeople(ctx context.Context, drafts []records.PersonDraft, actor string, dry bool, seen records.Version) (records.ImportResult, error)
	ImportStations(ctx context.Context, drafts []records.StationDraft, actor string, dry bool, seen records.Version) (records.ImportResult, error)
	ImportAffinity(ctx context.Context, pairs []records.Affinity, actor string, dry bool, seen records.Version) (records.ImportResult, error)
	ImportHours(ctx context.Context, days []records.DayDraft, actor string, dry bool, seen records.Version) (records.ImportResult, error)
	ImportHolidays(ctx context.Context, holidays []records.Holiday, actor string, dry bool, seen records.Version) (records.ImportResult, error)
	ImportMatters(ctx context.Context, drafts []records.MatterDraft, known func(id string) bool, actor string, dry bool, seen records.Version) (records.ImportResult, error)

	Audit(ctx context.Context, row records.AuditRow) error
	AuditPage(ctx context.Context, before records.AuditCursor, limit int) ([]records.AuditEntry, error)
	AuditRows(ctx context.Context) (int64, error)
	VerifyAudit(ctx context.Context) error
}

// Kinds of what an administrator changed, as Options.Changed is told.
const (
	ChangedPeople   = "people"
	ChangedStations = "stations"
	ChangedAffinity = "affinity"
	ChangedHours    = "hours"
	ChangedNumbers  = "numbers"
	ChangedMatters  = "matters"
)

// maxAdminBody is how long the body of an administrator's request may be, in
// bytes: a calendar with its holidays fits.
const maxAdminBody = 512 << 10

// adminRoutes binds the routes of the administration, if there is one.
func (s *Server) adminRoutes() {
	if s.o.Administration == nil {
		return
	}
	s.handle("GET /api/admin/people", s.adminPeople)
	s.handle("POST /api/admin/people", s.adminAddPerson)
	s.handle("PUT /api/admin/people/{login}", s.adminPutPerson)
	s.handle("POST /api/admin/people/{login}/password", s.adminPassword)
	s.handle("GET /api/admin/stations", s.adminStations)
	s.handle("PUT /api/admin/stations/{id}", s.adminPutStation)
	s.handle("POST /api/admin/stations/{id}/code", s.adminCode)
	s.handle("DELETE /api/admin/stations/{id}/keys", s.adminRevoke)
	s.handle("PUT /api/admin/affinity", s.adminPutAffinity)
	s.handle("GET /api/admin/hours", s.adminHours)
	s.handle("PUT /api/admin/hours", s.adminPutHours)
	s.handle("GET /api/admin/numbers", s.adminNumbers)
	s.handle("PUT /api/admin/numbers", s.adminPutNumbers)
	s.handle("GET /api/admin/matters", s.adminMatters)
	s.handle("PUT /api/admin/matters/{id}", s.adminPutMatter)
	s.handle("GET /api/admin/audit", s.adminAudit)
	s.handle("POST /api/admin/audit/verify", s.adminVerifyAudit)
	s.handle("GET /api/admin/export/{kind}", s.adminExport) // the kind and .csv
	s.handle("POST /api/admin/import/{kind}", s.adminImport)
}

// fieldFault refuses one field of what an administrator entered.
type fieldFault struct {
	Code  string `json:"code"`
	Field string `json:"field,omitempty"`
	Value string `json:"value,omitempty"`
}

// conflicts are faults of the present state rather than of the field alone.
var conflicts = map[string]bool{records.FaultLastAdmin: true, records.FaultNoPassword: true}

// refuseField answers 422 for a field, 409 where the state forbids it.
func refuseField(w http.ResponseWriter, field, code, value string) {
	status := http.StatusUnprocessableEntity
	if conflicts[code] {
		status = http.StatusConflict
	}
	answer(w, status, fieldFault{Code: code, Field: field, Value: value})
}

// adminFailed answers for what the administration refused.
func (s *Server) adminFailed(w http.ResponseWriter, r *http.Request, err error) {
	fault, ok := errors.AsType[*records.Fault](err)
	switch {
	case ok:
		refuseField(w, fault.Field, fault.Code, fault.Value)
	case errors.Is(err, records.ErrInvalid):
		refuse(w, http.StatusUnprocessableEntity, "invalid", "")
	case errors.Is(err, records.ErrNotFound):
		refuse(w, http.StatusNotFound, "not_found", "")
	case errors.Is(err, records.ErrExists):
		refuse(w, http.StatusConflict, "exists", "")
	case errors.Is(err, records.ErrChanged):
		refuse(w, http.StatusPreconditionFailed, "changed", "")
	default:
		s.unavailable(w, r, err)
	}
}

// done answers a write that was made and tells whoever it matters to.
func (s *Server) done(w http.ResponseWriter, kinds ...string) {
	s.tell(kinds...)
	answer(w, http.StatusOK, struct{}{})
}

// tell says what an administrator changed.
func (s *Server) tell(kinds ...string) {
	if s.o.Changed == nil {
		return
	}
	for _, kind := range kinds {
		s.o.Changed(kind)
	}
}

// actor is who an audit row names.
func actor(r *http.Request) string { return visitorOf(r).ID }
