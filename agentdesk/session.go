package agentdesk

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
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

// cookieName is rw_desk or rw_board. Each face has a session of its own, so
// that desk and board run in one browser.
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
	if session.Face != face || now.UnixMilli() >= session.ExpiresMS || idle >= s.o.SessionIdle {
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
