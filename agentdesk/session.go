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

// socket answers GET /ws. While it is open, the log-ins of the browser are in
// use: an agent who talks for an hour sends no other request.
func (s *Server) socket(w http.ResponseWriter, r *http.Request) {
	var held []string
	for _, face := range staffFaces {
		if c, err := r.Cookie(s.cookieName(face)); err == nil && len(c.Value) <= 64 {
			held = append(held, hashOf(c.Value))
		}
	}
	ctx := context.WithoutCancel(r.Context())
	if held = s.keep(ctx, held); len(held) > 0 {
		ctx, done := context.WithCancel(ctx)
		var keeper sync.WaitGroup
		keeper.Go(func() {
			tick := time.NewTicker(touchEvery)
			defer tick.Stop()
			for len(held) > 0 {
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
					held = s.keep(ctx, held)
				}
			}
		})
		defer keeper.Wait()
		defer done()
	}
	s.o.Socket.ServeHTTP(w, r)
}

// keep notes the use of sessions and returns those that still stand. It
// prolongs none beyond its absolute end and wakes none that was over.
func (s *Server) keep(ctx context.Context, hashes []string) []string {
	var kept []string
	now := s.o.Now()
	for _, hash := range hashes {
		v, err := s.o.Sessions.SessionByHash(ctx, hash)
		switch {
		case errors.Is(err, ErrNotFound):
			continue
		case err != nil: // the database is away: look again later
			kept = append(kept, hash)
			continue
		case s.over(v, now):
			continue
		}
		kept = append(kept, hash)
		if now.Sub(time.UnixMilli(v.SeenMS)) < touchEvery {
			continue
		}
		if err := s.o.Sessions.TouchSession(ctx, hash, now.UnixMilli()); err != nil && !errors.Is(err, ErrNotFound) {
			s.o.Logger.Warn("use of a session not noted", "err", err)
		}
	}
	return kept
}
