package agentdesk

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"math/big"
	"net/http"
	"strings"

	"github.com/remotewindow/remotewindow/agentdesk/records"
)

// StationKeys remembers the public keys of stations: *records.Records. Errors
// are those of package records.
type StationKeys interface {
	// RedeemCode takes a code that is out, by its SHA-256 in hex, and makes k
	// the one key of its station. ErrNotFound: unknown, used or expired.
	RedeemCode(ctx context.Context, codeHash string, k records.StationKey) (records.StationInfo, error)
	// Key returns a valid key; ErrNotFound for one that was revoked, too.
	Key(ctx context.Context, id string) (records.StationKey, error)
	// TouchKey notes a use. The first use of a key ends the one it replaces.
	TouchKey(ctx context.Context, id string, atMS int64) error
	// Rotate adds k beside the valid key oldID of the same station.
	Rotate(ctx context.Context, oldID string, k records.StationKey) error
}

const (
	codeChars = 16 // of an enrolment code: 80 bits in Crockford's base32
	pointSize = 65 // bytes of an uncompressed P-256 point
	proofSize = 64 // bytes of r||s (IEEE P1363)
)

// normaliseCode gives a code as it was issued from what somebody typed, "" if
// it cannot be one: upper case, no dashes and spaces, O is 0, I and L are 1.
func normaliseCode(typed string) string {
	if len(typed) > 64 {
		return ""
	}
	code := strings.NewReplacer("-", "", " ", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(typed))
	if len(code) != codeChars || strings.Trim(code, crockford) != "" {
		return ""
	}
	return code
}

// publicKey reads a public key off the wire: base64url of the uncompressed
// point, which must be on the curve P-256. id is its name.
func publicKey(wire string) (key *ecdsa.PublicKey, id string, ok bool) {
	if len(wire) != base64.RawURLEncoding.EncodedLen(pointSize) {
		return nil, "", false
	}
	point, err := base64.RawURLEncoding.Strict().DecodeString(wire)
	if err != nil {
		return nil, "", false
	}
	if key, err = ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point); err != nil {
		return nil, "", false
	}
	sum := sha256.Sum256(point)
	return key, hex.EncodeToString(sum[:16]), true
}

// isKeyID tells whether s has the form of a key's id.
func isKeyID(s string) bool { return len(s) == 32 && strings.Trim(s, "0123456789abcdef") == "" }

// signed tells whether proof (base64url of r||s) is the key's signature over
// the lines.
func signed(key *ecdsa.PublicKey, proof string, lines ...string) bool {
	if len(proof) != base64.RawURLEncoding.EncodedLen(proofSize) {
		return false
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(proof)
	if err != nil {
		return false
	}
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	return ecdsa.Verify(key, sum[:], new(big.Int).SetBytes(b[:32]), new(big.Int).SetBytes(b[32:]))
}

type enrolRequest struct {
	Code      string `json:"code"`
	PublicKey string `json:"public_key"`
	Proof     string `json:"proof"` // of having the private key
}

// redemption is an enrolRequest that holds together.
type redemption struct {
	code string // normalised
	key  records.StationKey
}

// redeemable checks whatever can be checked without the records.
func (q enrolRequest) redeemable() (redemption, bool) {
	code := normaliseCode(q.Code)
	key, id, ok := publicKey(q.PublicKey)
	if code == "" || !ok || !signed(key, q.Proof, "rw-enrol-v1", code, q.PublicKey) {
		return redemption{}, false
	}
	return redemption{code: code, key: records.StationKey{ID: id, PublicKey: q.PublicKey}}, true
}

// enrol answers POST /api/station/enrol: a browser that shows a one-time code
// becomes the station that the code was issued for. All failures look alike.
func (s *Server) enrol(w http.ResponseWriter, r *http.Request) {
	if s.o.StationKeys == nil {
		s.nothing(w, r)
		return
	}
	var req enrolRequest
	if !decode(w, r, &req) {
		return
	}
	source := s.Source(r)
	now := s.o.Now()
	if wait := s.strangers.attempt(source, now); wait > 0 {
		s.metrics.stations.WithLabelValues("rate").Inc()
		answer(w, http.StatusTooManyRequests, failure{Code: "rate", RetryMS: wait.Milliseconds()})
		return
	}
	var st records.StationInfo
	err := records.ErrNotFound
	if q, ok := req.redeemable(); ok {
		q.key.CreatedMS = now.UnixMilli()
		st, err = s.o.StationKeys.RedeemCode(r.Context(), hashOf(q.code), q.key)
		if err == nil {
			s.strangers.succeeded(source)
			s.metrics.stations.WithLabelValues("enrolled").Inc()
			s.out(Identity{Role: RoleStation, ID: st.ID, Face: FaceStation}) // the browser that stood there before
			answer(w, http.StatusOK, struct {
				Station string `json:"station"`
				Name    string `json:"name"`
				Key     string `json:"key"`
			}{st.ID, st.Name, q.key.ID})
			return
		}
	}
	if !errors.Is(err, records.ErrNotFound) && !errors.Is(err, records.ErrInvalid) && !errors.Is(err, records.ErrExists) {
		s.strangers.undecided(source)
		s.unavailable(w, r, err)
		return
	}
	s.metrics.stations.WithLabelValues("bad_code").Inc()
	// attempt let it through, so these rows are bounded too.
	s.audit(r.Context(), "station", "station.enrol_failed", FaceStation)
	refuse(w, http.StatusForbidden, "bad_code", "")
}
