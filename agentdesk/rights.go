package agentdesk

import (
	"context"
	"errors"
	"net/http"
	"slices"
)

// Role is what a person may do.
type Role string

// Roles of staff (architecture 6). A station is no person and has none here.
const (
	RoleSpecialist Role = "specialist"
	RoleAgent      Role = "agent"
	RoleHelper     Role = "helper"
	RoleSupervisor Role = "supervisor"
	RoleAdmin      Role = "admin"
)

// Faces with a log-in of their own, and the one of stations.
const (
	FaceStation = "station"
	FaceDesk    = "desk"
	FaceBoard   = "board"
)

// roleStation is the role in the Identity of a station.
const roleStation Role = "station"

// faces says which roles may log in at which face.
var faces = map[string][]Role{
	FaceDesk:  {RoleAgent},
	FaceBoard: {RoleSupervisor, RoleAdmin},
}

// right is who may use a route. Its zero value is nobody.
type right struct {
	public bool   // anyone
	local  bool   // anyone on this machine, not through a proxy
	face   string // whoever has a session at this face, with a role that may use it
}

// rights is the whole table of routes; what is not in it is refused.
var rights = map[string]right{
	"GET /{$}":              {public: true},
	"GET /kiosk":            {public: true},
	"GET /desk":             {public: true}, // shows the log-in
	"GET /board":            {public: true}, // shows the log-in
	"GET /assets/{file...}": {public: true},
	"GET /{file}":           {public: true},

	"POST /api/login":          {public: true},
	"POST /api/logout":         {public: true}, // ends only the session of the cookie
	"GET /api/desk/me":         {face: FaceDesk},
	"GET /api/board/me":        {face: FaceBoard},
	"POST /api/desk/socket":    {face: FaceDesk},
	"POST /api/board/socket":   {face: FaceBoard},
	"POST /api/station/socket": {public: true}, // demo only, checked there
	"GET /api/catalogue":       {public: true},
	"GET /api/info":            {public: true},
	"GET /api/desk/pages/{id}": {face: FaceDesk}, // and only who handles the ticket: OpenPage
	"/api/":                    {public: true},   // 404

	"GET /ws":      {public: true}, // the first message carries a ticket
	"GET /healthz": {public: true},
	"GET /readyz":  {public: true},
	"GET /metrics": {local: true},
	"/":            {public: true}, // 404
}

// visitor is who sends a request to a route with a face.
type visitor struct {
	Person
	face string
}

type visitorKey struct{}

// visitorOf returns who admit let in. Only routes with a face have one.
func visitorOf(r *http.Request) visitor {
	v, _ := r.Context().Value(visitorKey{}).(visitor)
	return v
}

// admit checks a request against the table of rights and answers it if it is
// refused.
func (s *Server) admit(w http.ResponseWriter, r *http.Request, pattern string) (*http.Request, bool) {
	// Reading never changes anything, so the origin matters for the rest.
	if r.Method != http.MethodGet && r.Method != http.MethodHead && !s.sameOrigin(r) {
		refuse(w, http.StatusForbidden, "origin", "the request comes from a page of another site")
		return r, false
	}
	right := rights[pattern]
	switch {
	case right.public:
		return r, true
	case right.local && isLocal(r):
		return r, true
	case right.face != "":
		p, err := s.whoIs(r.Context(), w, r, right.face)
		switch {
		case errors.Is(err, ErrNotFound):
			refuse(w, http.StatusUnauthorized, "login", "")
			return r, false
		case err != nil:
			s.unavailable(w, r, err)
			return r, false
		case slices.Contains(faces[right.face], p.Role):
			v := visitor{Person: p, face: right.face}
			return r.WithContext(context.WithValue(r.Context(), visitorKey{}, v)), true
		}
	}
	refuse(w, http.StatusForbidden, "forbidden", "")
	return r, false
}
