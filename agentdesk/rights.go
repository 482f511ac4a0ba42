package agentdesk

import (
	"context"
	"errors"
	"net/http"

	"github.com/remotewindow/remotewindow/agentdesk/rights"
)

// Role is what a person may do; the table of package rights says what.
type Role = rights.Role

// Roles of staff (architecture 6), and that of stations.
const (
	RoleStation    = rights.Station
	RoleSpecialist = rights.Specialist
	RoleAgent      = rights.Agent
	RoleHelper     = rights.Helper
	RoleSupervisor = rights.Supervisor
	RoleAdmin      = rights.Admin
)

// Faces with a log-in of their own, and the one of stations.
const (
	FaceStation = "station"
	FaceDesk    = "desk"
	FaceBoard   = "board"
	FaceAdmin   = "admin"
)

// staffFaces are those with a log-in.
var staffFaces = []string{FaceDesk, FaceBoard, FaceAdmin}

// visitor is who sends a request to a route with a face.
type visitor struct {
	Person
	face    string
	session string // hash of the log-in's token
}

type visitorKey struct{}

// visitorOf returns who admit let in. Only routes with a face have one.
func visitorOf(r *http.Request) visitor {
	v, _ := r.Context().Value(visitorKey{}).(visitor)
	return v
}

// admit checks a request against the table of rights and answers it if it is
// refused. Whose the thing is that a path names, its handler finds out.
func (s *Server) admit(w http.ResponseWriter, r *http.Request, pattern string) (*http.Request, bool) {
	row, known := rights.Find(pattern)
	// Reading has no Origin to go by. It leaves little behind (the last use of a
	// log-in, in the audit who opened a page), and only behind a log-in, whose
	// cookie is SameSite=Strict: what a browser says of the site is asked there.
	// GET /ws checks its origin itself.
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	if site := r.Header.Get("Sec-Fetch-Site"); !reads && !s.sameOrigin(r) ||
		reads && row.Proof == rights.BySession && (site == "cross-site" || site == "same-site") {
		refuse(w, http.StatusForbidden, "origin", "the request comes from a page of another site")
		return r, false
	}
	switch {
	case !known:
	case row.Proof == rights.ByNothing && rights.May(rights.Nobody, pattern, rights.None):
		return r, true
	case row.Proof == rights.ByToken: // the handler knows what the token is for
		return r, true
	case row.Proof == rights.ByAddress && isLocal(r):
		return r, true
	case row.Proof == rights.BySession:
		p, face, err := s.atOneOf(w, r, row)
		switch {
		case errors.Is(err, ErrNotFound):
			refuse(w, http.StatusUnauthorized, "login", "")
			return r, false
		case err != nil:
			s.unavailable(w, r, err)
			return r, false
		case rights.May(p.Role, pattern, rights.None) || rights.May(p.Role, pattern, rights.Own):
			v := visitor{Person: p, face: face, session: s.sessionOf(r, face)}
			return r.WithContext(context.WithValue(r.Context(), visitorKey{}, v)), true
		}
	}
	refuse(w, http.StatusForbidden, "forbidden", "")
	return r, false
}

// atOneOf finds who has a log-in at one of the row's faces, the first where his
// role may do what the row says. ErrNotFound: nobody is logged in at any.
func (s *Server) atOneOf(w http.ResponseWriter, r *http.Request, row rights.Row) (p Person, face string, err error) {
	err = ErrNotFound
	for _, at := range row.Faces() {
		who, failed := s.whoIs(r.Context(), w, r, at)
		switch {
		case errors.Is(failed, ErrNotFound):
		case failed != nil:
			return Person{}, at, failed
		case rights.May(who.Role, row.Operation, rights.None) || rights.May(who.Role, row.Operation, rights.Own):
			return who, at, nil
		default:
			p, face, err = who, at, nil
		}
	}
	return p, face, err
}
