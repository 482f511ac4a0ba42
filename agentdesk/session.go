package agentdesk

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"sync"
	"time"
)

// touchEvery is how exactly the last use of a session is known. Writing it at
// each request would make reading pages a load on the database.
const touchEvery = time.Minute

// secret returns 256 random bits as text.
func secret() string {
	b := make([]byte, 32)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// hashOf returns what is stored of a secret: whoever reads the store cannot log in.
func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// cookieName is rw_desk, rw_board, rw_admin or rw_device. Each face has a session
// of its own, so that desk and board run in one browser.
func (s *Server) cookieName(face string) string {
	if s.o.Secure {
		return "__Host-rw_" + face
	}
	return "rw_" + face
}

func (s *Server) setCookie(w http.ResponseWriter, face, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: s.cookieName(face), Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: s.o.Secure, SameSite: http.SameSiteStrictMode,
	})
}

// begin makes a session for the person and sets its cookie. An older session
// of this browser at this face ends, so a token never survives a log-in.
func (s *Server) begin(ctx context.Context, w http.ResponseWriter, r *http.Request, p Person, face string) error {
	if err := s.end(ctx, r, face); err != nil {
		return err
	}
	token := secret()
	now := s.o.Now()
	err := s.o.Sessions.CreateSession(ctx, Session{
		Hash: hashOf(token), Person: p.ID, Face: face,
		CreatedMS: now.UnixMilli(), SeenMS: now.UnixMilli(), ExpiresMS: now.Add(s.o.SessionAbsolute).UnixMilli(),
	})
	if err != nil {
		return err
	}
	s.setCookie(w, face, token, int(s.o.SessionAbsolute/time.Second))
	return nil
}

// sessionOf is the hash of the token in a request's cookie, "" without one.
func (s *Server) sessionOf(r *http.Request, face string) string {
	c, err := r.Cookie(s.cookieName(face))
	if err != nil {
		return ""
	}
	return hashOf(c.Value)
}

// end forgets the session of the request's cookie, if it has one.
func (s *Server) end(ctx context.Context, r *http.Request, face string) error {
	c, err := r.Cookie(s.cookieName(face))
	if err != nil {
		return nil
	}
	return s.o.Sessions.DeleteSession(ctx, hashOf(c.Value))
}

// whoIs returns the person of the request's session at a face. ErrNotFound
// when there is none, it is over or the account is closed.
func (s *Server) whoIs(ctx context.Context, w http.ResponseWriter, r *http.Request, face string) (Person, error) {
	c, err := r.Cookie(s.cookieName(face))
	if err != nil || len(c.Value) > 64 {
		return Person{}, ErrNotFound
	}
	hash := hashOf(c.Value)
	session, err := s.o.Sessions.SessionByHash(ctx, hash)
	if err != nil {
		return Person{}, err
	}
	now := s.o.Now()
	idle := now.Sub(time.UnixMilli(session.SeenMS))
	if session.Face != face || s.over(session, now) {
		s.setCookie(w, face, "", -1)
		if session.Face == face {
			if err := s.o.Sessions.DeleteSession(ctx, hash); err != nil {
				s.o.Logger.Warn("expired session not removed", "err", err)
			}
		}
		return Person{}, ErrNotFound
	}
	person, _, err := s.o.People.PersonByLogin(ctx, session.Person)
	if err != nil {
		return Person{}, err
	}
	if idle >= touchEvery {
		// The session holds without it, only shorter.
		if err := s.o.Sessions.TouchSession(ctx, hash, now.UnixMilli()); err != nil && !errors.Is(err, ErrNotFound) {
			s.o.Logger.Warn("use of a session not noted", "err", err)
		}
	}
	return person, nil
}

// over tells whether a session has ended by its age or for want of use.
func (s *Server) over(v Session, now time.Time) bool {
	return now.UnixMilli() >= v.ExpiresMS || now.Sub(time.UnixMilli(v.SeenMS)) >= s.o.SessionIdle
}

// socketKey is where the context of a socket's request has the channel on which
// Redeem tells the log-in that the socket lives by.
type socketKey struct{}

// socket answers GET /ws. While it is open, the log-in whose ticket it redeemed
// is in use: an agent who talks for an hour sends no other request. A socket of
// another face keeps nothing of it, nor does one that never said whose it is.
func (s *Server) socket(w http.ResponseWriter, r *http.Request) {
	redeemed := make(chan string, 1)
	ctx, done := context.WithCancel(context.WithoutCancel(r.Context()))
	var keeper sync.WaitGroup
	keeper.Go(func() { s.keepFrom(ctx, redeemed) })
	defer keeper.Wait()
	defer done()
	s.o.Socket.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), socketKey{}, redeemed)))
}

// Redeem takes a single-use socket ticket that the API issued less than 30 s
// ago and tells whose it is. With the context of the request for /ws, or one
// that has its values, the socket keeps the log-in of the ticket in use.
func (s *Server) Redeem(ctx context.Context, ticket string) (Identity, bool) {
	id, ok := s.tickets.redeem(ticket, s.o.Now())
	if !ok {
		return Identity{}, false
	}
	if redeemed, of := ctx.Value(socketKey{}).(chan string); of && id.Role != RoleStation {
		select {
		case redeemed <- id.Session:
		default: // a socket lives by one log-in
		}
	}
	return id, true
}

// keepFrom keeps the log-in that comes on redeemed, until it is over or ctx ends.
func (s *Server) keepFrom(ctx context.Context, redeemed <-chan string) {
	var session string
	select {
	case <-ctx.Done():
		return
	case session = <-redeemed:
	}
	tick := time.NewTicker(touchEvery)
	defer tick.Stop()
	for s.keep(ctx, session) {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// keep notes the use of a session and tells whether it still stands. It prolongs
// none beyond its absolute end and wakes none that was over.
func (s *Server) keep(ctx context.Context, hash string) bool {
	now := s.o.Now()
	v, err := s.o.Sessions.SessionByHash(ctx, hash)
	switch {
	case errors.Is(err, ErrNotFound):
		return false
	case err != nil: // the database is away: look again later
		return true
	case s.over(v, now):
		return false
	}
	if now.Sub(time.UnixMilli(v.SeenMS)) < touchEvery {
		return true
	}
	if err := s.o.Sessions.TouchSession(ctx, hash, now.UnixMilli()); err != nil && !errors.Is(err, ErrNotFound) {
		s.o.Logger.Warn("use of a session not noted", "err", err)
	}
	return true
}
