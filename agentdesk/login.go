package agentdesk

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/remotewindow/remotewindow/agentdesk/rights"
)

// maxLogins is how many log-ins may wait for a password check or sit out their
// delay; more are sent away.
const maxLogins = 512

type loginRequest struct {
	Face     string `json:"face"` // desk, board or admin
	User     string `json:"user"`
	Password string `json:"password"`
}

// user is what a page learns of who is logged in.
type user struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Role Role   `json:"role"`
	Seat string `json:"seat"`
}

func userOf(p Person) user { return user(p) }

// login answers POST /api/login. A wrong password and an unknown login look
// alike and take as long, unless the row in the audit, which only a known login
// has, takes longer than the answer is held back; the role is told only to who
// knows the password.
func (s *Server) login(w http.ResponseWriter, r *http.Request) {
	var req loginRequest
	if !decode(w, r, &req) {
		return
	}
	if !slices.Contains(staffFaces, req.Face) || req.User == "" || len(req.User) > 64 || len(req.Password) > 256 {
		refuse(w, http.StatusBadRequest, "malformed", "face is desk, board or admin, user has 1 to 64 bytes, password at most 256")
		return
	}
	if s.waiting.Add(1) > maxLogins {
		s.waiting.Add(-1)
		s.tooMany(w, time.Second)
		return
	}
	defer s.waiting.Add(-1)

	source, device := s.Source(r), s.deviceOf(r)
	bucket, known := s.bucketOf(device, req.User)
	if known {
		source = ""
	}
	if wait := s.guard.attempt(bucket, source, s.o.Now()); wait > 0 {
		s.tooMany(w, wait)
		return
	}
	p, err := s.check(r.Context(), req.User, req.Password)
	checked := time.Now()
	switch {
	case errors.Is(err, errBadLogin):
		s.metrics.logins.WithLabelValues("bad").Inc()
		if p.ID != "" { // what somebody typed who is not known may be anything, even a password
			s.audit(r.Context(), p.ID, "login.failed", req.Face)
		}
		hold(r.Context(), s.guard.failed(bucket)-time.Since(checked)) // the row's time is inside
		refuse(w, http.StatusUnauthorized, "bad_login", "")
		return
	case err != nil:
		s.guard.undecided(bucket, source)
		s.metrics.logins.WithLabelValues("error").Inc()
		s.unavailable(w, r, err)
		return
	}
	s.guard.succeeded(bucket, source)
	if !rights.MayEnter(p.Role, req.Face) {
		s.metrics.logins.WithLabelValues("forbidden").Inc()
		s.audit(r.Context(), p.ID, "login.forbidden", req.Face)
		refuse(w, http.StatusForbidden, "forbidden", "this account belongs to another page")
		return
	}
	if err := s.begin(r.Context(), w, r, p, req.Face); err != nil {
		s.metrics.logins.WithLabelValues("error").Inc()
		s.unavailable(w, r, err)
		return
	}
	s.setCookie(w, deviceName, s.devices.remember(device, p.ID).String(), int(deviceLife/time.Second))
	s.metrics.logins.WithLabelValues("ok").Inc()
	s.audit(r.Context(), p.ID, "login.ok", req.Face)
	answer(w, http.StatusOK, userOf(p))
}

// errBadLogin: unknown login or wrong password; nobody learns which.
var errBadLogin = errors.New("bad login")

// check verifies a password. Exactly one verification is made whether or not
// the login is known, at most four at once. With errBadLogin the person is who
// the login belongs to, if anyone.
func (s *Server) check(ctx context.Context, login, password string) (Person, error) {
	p, hash, err := s.o.People.PersonByLogin(ctx, login)
	unknown := errors.Is(err, ErrNotFound)
	if err != nil && !unknown {
		return Person{}, err
	}
	if unknown {
		hash = s.o.DummyHash
	}
	select {
	case s.verify <- struct{}{}:
		defer func() { <-s.verify }()
	case <-ctx.Done():
		return Person{}, ctx.Err()
	}
	ok, err := s.o.Verify(hash, password)
	if err != nil && !unknown {
		s.o.Logger.Error("stored password hash cannot be read", "err", err)
	}
	if unknown {
		return Person{}, errBadLogin
	}
	if err != nil || !ok {
		return p, errBadLogin
	}
	return p, nil
}

// audit writes down what came of a log-in. One that cannot be written is told
// to the engineers and does not keep anyone out.
func (s *Server) audit(ctx context.Context, login, action, face string) {
	if s.o.Audit == nil {
		return
	}
	if err := s.o.Audit(ctx, login, action, face); err != nil {
		s.o.Logger.Error("log-in not in the audit", "action", action, "err", err)
	}
}

// hold waits for d, or until the client goes away.
func hold(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

func (s *Server) tooMany(w http.ResponseWriter, wait time.Duration) {
	s.metrics.logins.WithLabelValues("rate").Inc()
	answer(w, http.StatusTooManyRequests, failure{Code: "rate", RetryMS: wait.Milliseconds()})
}

// logout answers POST /api/logout: the session ends, and so do socket tickets
// of it that were not redeemed. Log-ins of the same person elsewhere stay.
func (s *Server) logout(w http.ResponseWriter, r *http.Request) {
	var req struct {
		Face string `json:"face"`
	}
	if !decode(w, r, &req) {
		return
	}
	if !slices.Contains(staffFaces, req.Face) {
		refuse(w, http.StatusBadRequest, "malformed", "face is desk, board or admin")
		return
	}
	var who Identity
	if p, err := s.whoIs(r.Context(), w, r, req.Face); err == nil {
		who = Identity{Role: p.Role, ID: p.ID, Face: req.Face, Session: s.sessionOf(r, req.Face)}
		s.tickets.revoke(who)
	}
	if err := s.end(r.Context(), r, req.Face); err != nil {
		s.unavailable(w, r, err)
		return
	}
	if who.ID != "" && s.o.SignedOut != nil {
		s.o.SignedOut(who)
	}
	s.setCookie(w, req.Face, "", -1)
	answer(w, http.StatusOK, struct{}{})
}

// me answers GET /api/{desk|board}/me.
func (s *Server) me(w http.ResponseWriter, r *http.Request) {
	answer(w, http.StatusOK, userOf(visitorOf(r).Person))
}
