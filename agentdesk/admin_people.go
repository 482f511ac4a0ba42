package agentdesk

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"

	passwords "github.com/remotewindow/remotewindow/agentdesk/password"
	"github.com/remotewindow/remotewindow/agentdesk/records"
	"github.com/remotewindow/remotewindow/agentdesk/rights"
)

// person is a member of staff as the administration sees them.
type person struct {
	Login     string   `json:"login"`
	Name      string   `json:"name"`
	Role      string   `json:"role"`
	Seat      string   `json:"seat"`
	Skills    []string `json:"skills"`
	Stations  []string `json:"stations"`
	Disabled  bool     `json:"disabled"`
	CreatedMS int64    `json:"created_ms"`

	Version records.Version `json:"version"` // of what adminPutPerson replaces
}

// personRequest adds or replaces a person. Disabled must be said where it
// replaces something: who forgot it shall not let anyone in.
type personRequest struct {
	Login    string   `json:"login"`
	Name     string   `json:"name"`
	Role     string   `json:"role"`
	Seat     string   `json:"seat"`
	Skills   []string `json:"skills"`
	Disabled *bool    `json:"disabled"`
	Password string   `json:"password"`
}

func (p personRequest) member() records.Member {
	return records.Member{
		PersonInfo: records.PersonInfo{ID: p.Login, Name: strings.TrimSpace(p.Name), Role: p.Role, Seat: strings.TrimSpace(p.Seat), Skills: p.Skills},
		Disabled:   p.Disabled != nil && *p.Disabled,
	}
}

// loginPath is what a login looks like in a path; everything else is nobody's.
var loginPath = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,31}$`)

// adminPeople answers GET /api/admin/people.
func (s *Server) adminPeople(w http.ResponseWriter, r *http.Request) {
	people, err := s.peopleRows(r.Context())
	if err != nil {
		s.adminFailed(w, r, err)
		return
	}
	answer(w, http.StatusOK, struct {
		People []person `json:"people"`
	}{people})
}

func (s *Server) peopleRows(ctx context.Context) ([]person, error) {
	members, err := s.o.Administration.Members(ctx)
	if err != nil {
		return nil, err
	}
	people := make([]person, 0, len(members))
	for _, m := range members {
		people = append(people, person{
			Login: m.ID, Name: m.Name, Role: m.Role, Seat: m.Seat, Skills: orEmpty(m.Skills), Stations: orEmpty(m.Stations),
			Disabled: m.Disabled, CreatedMS: m.CreatedMS, Version: m.Version(),
		})
	}
	return people, nil
}

// one is the row of a list that is the one asked for, nil for none.
func one[T any](rows []T, is func(T) bool) *T {
	i := slices.IndexFunc(rows, is)
	if i < 0 {
		return nil
	}
	return &rows[i]
}

// orEmpty makes an absent list one that encodes to [].
func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// adminAddPerson answers POST /api/admin/people.
func (s *Server) adminAddPerson(w http.ResponseWriter, r *http.Request) {
	var req personRequest
	if !decodeAdmin(w, r, &req) {
		return
	}
	m := req.member()
	if faults := m.Faults(); len(faults) > 0 { // before the costly hash
		refuseField(w, faults[0].Field, faults[0].Code, faults[0].Value)
		return
	}
	hash, ok := s.hashOfNew(w, r, m.ID, req.Password)
	if !ok {
		return
	}
	if err := s.o.Administration.AddMember(r.Context(), m, hash, actor(r)); err != nil {
		s.adminFailed(w, r, err)
		return
	}
	s.done(w, ChangedPeople)
}

// hashOfNew checks a new password and answers if it will not do.
func (s *Server) hashOfNew(w http.ResponseWriter, r *http.Request, login, given string) (string, bool) {
	if code := passwordFault(login, given); code != "" {
		refuseField(w, "password", code, "")
		return "", false
	}
	hash, err := s.o.Hash(given)
	if err != nil {
		s.unavailable(w, r, err)
		return "", false
	}
	return hash, true
}

// passwordFault is the code of what is wrong with a new password, "" if it will do.
func passwordFault(login, given string) string {
	err := passwords.Check(login, given)
	switch {
	case err == nil:
		return ""
	case errors.Is(err, passwords.ErrShort):
		return "short_password"
	case errors.Is(err, passwords.ErrLength):
		return "too_long"
	default:
		return "weak_password"
	}
}

// adminPutPerson answers PUT /api/admin/people/{login}.
func (s *Server) adminPutPerson(w http.ResponseWriter, r *http.Request) {
	var req personRequest
	saw, ok := seen(w, r)
	if !ok || !decodeAdmin(w, r, &req) {
		return
	}
	login := r.PathValue("login")
	switch {
	case !loginPath.MatchString(login):
		refuse(w, http.StatusNotFound, "not_found", "")
		return
	case req.Login != "" && req.Login != login:
		refuseField(w, "login", "conflict", req.Login) // a login is for ever: audit and tickets name it
		return
	case req.Disabled == nil:
		refuseField(w, "disabled", records.FaultEmpty, "")
		return
	case req.Password != "":
		refuseField(w, "password", "conflict", "") // has a route of its own
		return
	}
	req.Login = login
	m := req.member()
	before, err := s.o.Administration.ChangeMember(r.Context(), m, actor(r), saw)
	if err != nil {
		s.notSaved(w, r, err, func(ctx context.Context) (any, error) {
			people, err := s.peopleRows(ctx)
			return one(people, func(p person) bool { return p.Login == login }), err
		})
		return
	}
	kinds := []string{ChangedPeople}
	if m.Disabled || before.Role != m.Role {
		s.lockOut(before)
		kinds = append(kinds, ChangedAffinity)
	}
	s.saved(w, m.Version(), kinds...)
}

// adminPassword answers POST /api/admin/people/{login}/password.
func (s *Server) adminPassword(w http.ResponseWriter, r *http.Request) {
	var req struct {
		Password string `json:"password"`
	}
	if !decodeAdmin(w, r, &req) {
		return
	}
	login := r.PathValue("login")
	if !loginPath.MatchString(login) {
		refuse(w, http.StatusNotFound, "not_found", "")
		return
	}
	members, err := s.o.Administration.Members(r.Context())
	if err != nil {
		s.adminFailed(w, r, err)
		return
	}
	i := slices.IndexFunc(members, func(m records.Member) bool { return m.ID == login })
	if i < 0 {
		refuse(w, http.StatusNotFound, "not_found", "")
		return
	}
	hash, ok := s.hashOfNew(w, r, login, req.Password)
	if !ok {
		return
	}
	if err := s.o.Administration.ChangePassword(r.Context(), login, hash, actor(r)); err != nil {
		s.adminFailed(w, r, err)
		return
	}
	s.lockOut(members[i])
	s.done(w, ChangedPeople)
}

// lockOut ends at once what a person has open on this node. Other nodes see it
// by the records' access version.
func (s *Server) lockOut(m records.Member) {
	for _, face := range staffFaces {
		if !rights.MayEnter(Role(m.Role), face) {
			continue
		}
		s.out(Identity{Role: Role(m.Role), ID: m.ID, Face: face})
	}
}

// out ends the sockets of an identity and takes back its socket tickets.
func (s *Server) out(who Identity) {
	s.tickets.revoke(who)
	if s.o.Revoked != nil {
		s.o.Revoked(who)
	}
}
