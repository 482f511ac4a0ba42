package records

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"time"
)

// StationKey is the public half of the key pair of a station's browser.
type StationKey struct {
	ID        string // first 16 bytes of SHA-256 of the point, hex
	Station   string
	PublicKey string // base64url without padding, 65 bytes of an uncompressed P-256 point
	CreatedMS int64
	UsedMS    int64 // last log-in, 0 = never
	RevokedMS int64 // 0 = valid
}

var (
	keyForm  = regexp.MustCompile(`^[0-9a-f]{32}$`)
	hashForm = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

func (k StationKey) check() error {
	b, err := base64.RawURLEncoding.Strict().DecodeString(k.PublicKey)
	if err != nil || len(b) != 65 || b[0] != 4 || !keyForm.MatchString(k.ID) {
		return fmt.Errorf("%w: a key has 32 hex digits and the 65 bytes of a point", ErrInvalid)
	}
	return nil
}

// IssueCode puts out a code, by its SHA-256 in hex, that enrols one browser as
// the station until expiresMS. A code that was out before is void.
func (r *Records) IssueCode(ctx context.Context, station, codeHash string, expiresMS int64, actor string) error {
	if !hashForm.MatchString(codeHash) || expiresMS <= 0 {
		return fmt.Errorf("records: issue code: %w: 64 hex digits and an end are required", ErrInvalid)
	}
	return r.write(ctx, "issue code", func(tx *txn) error {
		if _, err := tx.exec(ctx, `INSERT INTO enrol_codes (centre, station, hash, expires_ms, used_ms) VALUES (?, ?, ?, ?, 0)
			ON CONFLICT (centre, station) DO UPDATE SET hash = excluded.hash, expires_ms = excluded.expires_ms, used_ms = 0`,
			r.centre, station, codeHash, expiresMS); err != nil {
			return err // a station that is not there breaks the foreign key: ErrNotFound
		}
		return r.audit(ctx, tx, AuditRow{AtMS: time.Now().UnixMilli(), Actor: actor, Action: "station.code", Object: station})
	})
}

// RedeemCode takes a code that is out and makes k the one key of its station:
// what the station had before is revoked, for a new browser takes the place of
// the old one. Of many who come with one code exactly one wins; an unknown, used
// or expired code (by k.CreatedMS) is ErrNotFound. Doing it again with the same key
// is fine: the first answer may have been lost. k.Station is ignored.
func (r *Records) RedeemCode(ctx context.Context, codeHash string, k StationKey) (StationInfo, error) {
	if err := k.check(); err != nil {
		return StationInfo{}, fmt.Errorf("records: redeem code: %w", err)
	}
	if k.CreatedMS <= 0 {
		k.CreatedMS = time.Now().UnixMilli()
	}
	var s StationInfo
	err := r.write(ctx, "redeem code", func(tx *txn) error {
		var station string
		err := tx.row(ctx, `UPDATE enrol_codes SET used_ms = ? WHERE centre = ? AND hash = ? AND used_ms = 0 AND expires_ms > ?
			RETURNING station`, k.CreatedMS, r.centre, codeHash, k.CreatedMS).Scan(&station)
		if errors.Is(err, sql.ErrNoRows) {
			s, err = r.redeemed(ctx, tx, codeHash, k)
			return err
		}
		if err != nil {
			return err
		}
		if _, err := r.revokeKeys(ctx, tx, station, k.CreatedMS); err != nil {
			return err
		}
		if err := r.insertKey(ctx, tx, station, k, ""); err != nil {
			return err
		}
		if err := r.raiseAccess(ctx, tx); err != nil {
			return err
		}
		if err := r.audit(ctx, tx, AuditRow{
			AtMS: k.CreatedMS, Actor: station, Action: "station.enrol", Object: station, Detail: map[string]string{"key": k.ID},
		}); err != nil {
			return err
		}
		s, err = r.stationIn(ctx, tx, station)
		return err
	})
	if err != nil {
		return StationInfo{}, err
	}
	return s, nil
}

// redeemed returns the station that this very key was enrolled for by this code.
func (r *Records) redeemed(ctx context.Context, tx *txn, codeHash string, k StationKey) (StationInfo, error) {
	var station string
	err := tx.row(ctx, `SELECT c.station FROM enrol_codes c JOIN station_keys k ON k.centre = c.centre AND k.station = c.station
		WHERE c.centre = ? AND c.hash = ? AND c.used_ms > 0 AND c.expires_ms > ? AND k.id = ? AND k.public_key = ? AND k.revoked_ms = 0
		AND k.created_ms = c.used_ms`,
		r.centre, codeHash, k.CreatedMS, k.ID, k.PublicKey).Scan(&station)
	if err != nil {
		return StationInfo{}, err
	}
	return r.stationIn(ctx, tx, station)
}

func (r *Records) stationIn(ctx context.Context, tx *txn, id string) (StationInfo, error) {
	var s StationInfo
	err := tx.row(ctx, `SELECT id, name, grid, specialist, affinity, closed FROM stations WHERE centre = ? AND id = ?`, r.centre, id).
		Scan(&s.ID, &s.Name, &s.Grid, &s.Specialist, &s.Affinity, &s.Closed)
	if err != nil {
		return StationInfo{}, err
	}
	return s, nil
}

func (r *Records) insertKey(ctx context.Context, tx *txn, station string, k StationKey, replaces string) error {
	_, err := tx.exec(ctx, `INSERT INTO station_keys (centre, id, station, public_key, created_ms, replaces) VALUES (?, ?, ?, ?, ?, ?)`,
		r.centre, k.ID, station, k.PublicKey, k.CreatedMS, replaces)
	return err
}

// Key returns a key that is valid; one that was revoked is ErrNotFound like one
// that never was.
func (r *Records) Key(ctx context.Context, id string) (StationKey, error) {
	var k StationKey
	err := r.read(ctx, "key", func(tx *txn) error {
		var err error
		k, err = r.key(ctx, tx, id)
		return err
	})
	return k, err
}

func (r *Records) key(ctx context.Context, tx *txn, id string) (StationKey, error) {
	var k StationKey
	err := tx.row(ctx, `SELECT id, station, public_key, created_ms, used_ms FROM station_keys
		WHERE centre = ? AND id = ? AND revoked_ms = 0`, r.centre, id).Scan(&k.ID, &k.Station, &k.PublicKey, &k.CreatedMS, &k.UsedMS)
	if err != nil {
		return StationKey{}, err
	}
	return k, nil
}

// Enrolled tells whether a station has a valid key. A station that is not there
// has none.
func (r *Records) Enrolled(ctx context.Context, station string) (bool, error) {
	var n int
	err := r.read(ctx, "enrolled", func(tx *txn) error {
		return tx.row(ctx, `SELECT COUNT(*) FROM station_keys WHERE centre = ? AND station = ? AND revoked_ms = 0`, r.centre, station).Scan(&n)
	})
	return n > 0, err
}

// TouchKey notes that a valid key was used. The first use of a key that replaces
// another one revokes that.
func (r *Records) TouchKey(ctx context.Context, id string, atMS int64) error {
	return r.write(ctx, "touch key", func(tx *txn) error {
		var used int64
		var station, replaces string
		if err := tx.row(ctx, `SELECT used_ms, station, replaces FROM station_keys WHERE centre = ? AND id = ? AND revoked_ms = 0`,
			r.centre, id).Scan(&used, &station, &replaces); err != nil {
			return err
		}
		if _, err := tx.exec(ctx, `UPDATE station_keys SET used_ms = ? WHERE centre = ? AND id = ? AND used_ms < ?`, atMS, r.centre, id, atMS); err != nil {
			return err
		}
		if used > 0 || replaces == "" {
			return nil
		}
		n, err := tx.exec(ctx, `UPDATE station_keys SET revoked_ms = ? WHERE centre = ? AND id = ? AND revoked_ms = 0`, atMS, r.centre, replaces)
		if err != nil || n == 0 {
			return err
		}
		if err := r.raiseAccess(ctx, tx); err != nil {
			return err
		}
		return r.audit(ctx, tx, AuditRow{
			AtMS: atMS, Actor: station, Action: "station.key_replaced", Object: station, Detail: map[string]string{"key": id, "key_was": replaces},
		})
	})
}

// Rotate adds k beside a valid key of the same station; the old one stays valid
// until k is first used. Of several that were to replace one key only the latest
// counts; doing it again with the same key is fine. k.Station is ignored.
// ErrNotFound: the old key is unknown or revoked.
func (r *Records) Rotate(ctx context.Context, oldID string, k StationKey) error {
	if err := k.check(); err != nil {
		return fmt.Errorf("records: rotate: %w", err)
	}
	if k.CreatedMS <= 0 {
		k.CreatedMS = time.Now().UnixMilli()
	}
	return r.write(ctx, "rotate", func(tx *txn) error {
		old, err := r.key(ctx, tx, oldID)
		if err != nil {
			return err
		}
		var done int
		err = tx.row(ctx, `SELECT 1 FROM station_keys WHERE centre = ? AND id = ? AND public_key = ? AND replaces = ? AND revoked_ms = 0`,
			r.centre, k.ID, k.PublicKey, oldID).Scan(&done)
		if err == nil || !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if _, err := tx.exec(ctx, `UPDATE station_keys SET revoked_ms = ? WHERE centre = ? AND replaces = ? AND used_ms = 0 AND revoked_ms = 0`,
			k.CreatedMS, r.centre, oldID); err != nil {
			return err
		}
		if err := r.insertKey(ctx, tx, old.Station, k, oldID); err != nil {
			return err
		}
		if err := r.raiseAccess(ctx, tx); err != nil {
			return err
		}
		return r.audit(ctx, tx, AuditRow{
			AtMS: k.CreatedMS, Actor: old.Station, Action: "station.rotate", Object: old.Station,
			Detail: map[string]string{"key": k.ID, "key_was": oldID},
		})
	})
}

// Revoke ends every key of a station and the code that is out for it, on behalf
// of actor.
func (r *Records) Revoke(ctx context.Context, station, actor string) error {
	return r.write(ctx, "revoke", func(tx *txn) error {
		var known int
		if err := tx.row(ctx, `SELECT 1 FROM stations WHERE centre = ? AND id = ?`, r.centre, station).Scan(&known); err != nil {
			return err
		}
		now := time.Now().UnixMilli()
		n, err := r.revokeKeys(ctx, tx, station, now)
		if err != nil {
			return err
		}
		if _, err := tx.exec(ctx, `DELETE FROM enrol_codes WHERE centre = ? AND station = ?`, r.centre, station); err != nil {
			return err
		}
		if err := r.raiseAccess(ctx, tx); err != nil {
			return err
		}
		return r.audit(ctx, tx, AuditRow{
			AtMS: now, Actor: actor, Action: "station.revoke", Object: station, Detail: map[string]string{"keys": fmt.Sprint(n)},
		})
	})
}

func (r *Records) revokeKeys(ctx context.Context, tx *txn, station string, atMS int64) (int64, error) {
	return tx.exec(ctx, `UPDATE station_keys SET revoked_ms = ? WHERE centre = ? AND station = ? AND revoked_ms = 0`, atMS, r.centre, station)
}

// keysOf lists the keys of each station, newest first.
func (r *Records) keysOf(ctx context.Context, tx *txn) (map[string][]StationKey, error) {
	keys := map[string][]StationKey{}
	err := tx.each(ctx, func(rows *sql.Rows) error {
		var k StationKey
		if err := rows.Scan(&k.ID, &k.Station, &k.PublicKey, &k.CreatedMS, &k.UsedMS, &k.RevokedMS); err != nil {
			return err
		}
		keys[k.Station] = append(keys[k.Station], k)
		return nil
	}, `SELECT id, station, public_key, created_ms, used_ms, revoked_ms FROM station_keys WHERE centre = ?
		ORDER BY station, created_ms DESC, id`, r.centre)
	return keys, err
}
