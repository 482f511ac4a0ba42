package records

import (
	"context"
	"fmt"
)

// Session is one log-in of a person at one face. The token itself is never stored.
type Session struct {
	Hash      string // hex SHA-256 of the cookie's token
	Person    string
	Face      string // desk or board
	CreatedMS int64
	SeenMS    int64
	ExpiresMS int64
}

// CreateSession stores a session and removes those of the centre that expired
// before it was made.
func (r *Records) CreateSession(ctx context.Context, s Session) error {
	if s.Hash == "" || s.ExpiresMS <= s.CreatedMS {
		return fmt.Errorf("records: create session: %w: hash and a later end are required", ErrInvalid)
	}
	return r.write(ctx, "create session", func(tx *txn) error {
		if _, err := tx.exec(ctx, `DELETE FROM sessions WHERE centre = ? AND expires_ms <= ?`, r.centre, s.CreatedMS); err != nil {
			return err
		}
		if _, err := tx.exec(ctx, `INSERT INTO sessions (centre, hash, person, face, created_ms, last_seen_ms, expires_ms)
			VALUES (?, ?, ?, ?, ?, ?, ?)`,
			r.centre, s.Hash, s.Person, s.Face, s.CreatedMS, s.SeenMS, s.ExpiresMS); err != nil {
			return err
		}
		return r.audit(ctx, tx, AuditRow{
			AtMS: s.CreatedMS, Actor: s.Person, Action: "session.open", Object: s.Person, Detail: map[string]string{"face": s.Face},
		})
	})
}

// SessionByHash returns a session whose person is not disabled; else
// ErrNotFound. The caller compares ExpiresMS with its clock.
func (r *Records) SessionByHash(ctx context.Context, hash string) (Session, error) {
	var s Session
	err := r.read(ctx, "session", func(tx *txn) error {
		return tx.row(ctx, `SELECT s.hash, s.person, s.face, s.created_ms, s.last_seen_ms, s.expires_ms
			FROM sessions s JOIN people p ON p.centre = s.centre AND p.login = s.person
			WHERE s.centre = ? AND s.hash = ? AND p.disabled = 0`, r.centre, hash).
			Scan(&s.Hash, &s.Person, &s.Face, &s.CreatedMS, &s.SeenMS, &s.ExpiresMS)
	})
	if err != nil {
		return Session{}, err
	}
	return s, nil
}

// TouchSession notes a session's last use.
func (r *Records) TouchSession(ctx context.Context, hash string, seenMS int64) error {
	return r.write(ctx, "touch session", func(tx *txn) error {
		n, err := tx.exec(ctx, `UPDATE sessions SET last_seen_ms = ? WHERE centre = ? AND hash = ?`,
			seenMS, r.centre, hash)
		if err == nil && n == 0 {
			return ErrNotFound
		}
		return err
	})
}

// DeleteSession ends a session; ending it again succeeds.
func (r *Records) DeleteSession(ctx context.Context, hash string) error {
	return r.write(ctx, "delete session", func(tx *txn) error {
		_, err := tx.exec(ctx, `DELETE FROM sessions WHERE centre = ? AND hash = ?`, r.centre, hash)
		return err
	})
}
