package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/remotewindow/remotewindow/agentdesk"
	"github.com/remotewindow/remotewindow/agentdesk/records"
	"github.com/remotewindow/remotewindow/signaling"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// staff gives agentdesk the people and sessions that it logs in with.
type staff struct{ records *records.Records }

// forDesk translates the errors that agentdesk branches on.
func forDesk(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, records.ErrNotFound):
		return fmt.Errorf("%w: %w", agentdesk.ErrNotFound, err)
	case errors.Is(err, records.ErrUnavailable):
		return fmt.Errorf("%w: %w", agentdesk.ErrUnavailable, err)
	default:
		return err
	}
}

func (s staff) PersonByLogin(ctx context.Context, login string) (agentdesk.Person, string, error) {
	p, err := s.records.PersonByLogin(ctx, login)
	if err != nil {
		return agentdesk.Person{}, "", forDesk(err)
	}
	if p.Disabled {
		return agentdesk.Person{}, "", fmt.Errorf("%s is disabled: %w", login, agentdesk.ErrNotFound)
	}
	return agentdesk.Person{ID: p.ID, Name: p.Name, Role: agentdesk.Role(p.Role), Seat: p.Seat}, p.PasswordHash, nil
}

func (s staff) CreateSession(ctx context.Context, v agentdesk.Session) error {
	return forDesk(s.records.CreateSession(ctx, records.Session(v)))
}

func (s staff) SessionByHash(ctx context.Context, hash string) (agentdesk.Session, error) {
	v, err := s.records.SessionByHash(ctx, hash)
	return agentdesk.Session(v), forDesk(err)
}

func (s staff) TouchSession(ctx context.Context, hash string, seenMS int64) error {
	return forDesk(s.records.TouchSession(ctx, hash, seenMS))
}

func (s staff) DeleteSession(ctx context.Context, hash string) error {
	return forDesk(s.records.DeleteSession(ctx, hash))
}

// identity says in signaling's words whom a socket ticket was issued to.
func identity(id agentdesk.Identity) signaling.Identity {
	return signaling.Identity{Role: protocol.Role(id.Role), ID: id.ID, Face: protocol.Face(id.Face), Session: id.Session}
}

// admit lets in whom a socket ticket was issued to, if he still may: he may have
// been locked out since, by another process too. ErrUnavailable: nobody can tell.
func (s staff) admit(ctx context.Context, who signaling.Identity) (signaling.Identity, error) {
	ok, err := s.valid(ctx, who)
	switch {
	case errors.Is(err, records.ErrUnavailable):
		return signaling.Identity{}, fmt.Errorf("%w: %w", signaling.ErrUnavailable, err)
	case err != nil:
		return signaling.Identity{}, err
	case !ok:
		return signaling.Identity{}, fmt.Errorf("%s %s was locked out after the ticket was issued: %w", who.Face, who.ID, signaling.ErrNotFound)
	}
	return who, nil
}

// valid tells whether an open socket may stay: the log-in that opened it stands,
// the account still has its role, the station's key counts. In a demo a station
// that opened by name stays while it is in the list.
func (s staff) valid(ctx context.Context, who signaling.Identity) (bool, error) {
	ok, err := s.stands(ctx, who)
	if errors.Is(err, records.ErrNotFound) {
		return false, nil
	}
	return ok, err
}

func (s staff) stands(ctx context.Context, who signaling.Identity) (bool, error) {
	if who.Role == protocol.RoleStation {
		if who.Session == "" {
			_, err := s.records.Station(ctx, who.ID)
			return true, err
		}
		key, err := s.records.Key(ctx, who.Session)
		return key.Station == who.ID, err
	}
	session, err := s.records.SessionByHash(ctx, who.Session)
	if err != nil {
		return false, err
	}
	p, err := s.records.Person(ctx, who.ID)
	return session.Person == who.ID && time.Now().UnixMilli() < session.ExpiresMS && p.Role == string(who.Role), err
}

// barred tells whether somebody who was sent away cannot come back by himself: a
// station without a valid key, a person who is locked out or has another role by
// now. Who only has to sign in again, with a new password too, may.
func (s staff) barred(ctx context.Context, who signaling.Identity) (bool, error) {
	if who.Role == protocol.RoleStation {
		enrolled, err := s.records.Enrolled(ctx, who.ID)
		return !enrolled, err
	}
	p, err := s.records.Person(ctx, who.ID)
	if errors.Is(err, records.ErrNotFound) {
		return true, nil
	}
	return p.Role != string(who.Role), err
}

// stations lists what the demo's index and the socket tickets of stations know.
func (s staff) stations(ctx context.Context) ([]agentdesk.Station, error) {
	rows, err := s.records.Stations(ctx)
	out := make([]agentdesk.Station, 0, len(rows))
	for _, r := range rows {
		out = append(out, agentdesk.Station{ID: r.ID, Name: r.Name, Grid: r.Grid})
	}
	return out, forDesk(err)
}
