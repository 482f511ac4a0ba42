package agentdesk

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/remotewindow/remotewindow/agentdesk/records"
)

const (
	// rotateAfter is how old a station's key may grow.
	rotateAfter = 90 * 24 * time.Hour
	// touchKeyEvery is how exactly the last use of a key is known.
	touchKeyEvery = time.Minute
)

// challenge answers POST /api/station/challenge with something to sign. It does
// so for unknown keys, too: who asks learns nothing.
func (s *Server) challenge(w http.ResponseWriter, r *http.Request) {
	var req struct {
		Key string `json:"key"`
	}
	if !decode(w, r, &req) {
		return
	}
	if !isKeyID(req.Key) {
		refuse(w, http.StatusBadRequest, "malformed", "key has 32 hex digits")
		return
	}
	answer(w, http.StatusOK, struct {
		Nonce string `json:"nonce"`
	}{s.nonces.issue(req.Key, s.o.Now())})
}

// keyProof shows that a station has the private key: the nonce that was given
// for the key, signed together with what is asked for.
type keyProof struct {
	Key       string `json:"key"`
	Nonce     string `json:"nonce"`
	Signature string `json:"signature"`
}

var (
	errNotEnrolled = errors.New("station not enrolled")
	// errNonce says nothing of the key: whoever has a good one asks for another
	// nonce and gets in.
	errNonce = errors.New("nonce not issued for the key, used or over")
)

// proven returns the key of a proof; errNonce for a nonce that does not count,
// and errNotEnrolled whatever else is wrong: a key that is unknown or revoked,
// another's signature.
func (s *Server) proven(ctx context.Context, p keyProof, lines ...string) (records.StationKey, error) {
	if s.o.StationKeys == nil || !isKeyID(p.Key) {
		return records.StationKey{}, errNotEnrolled
	}
	now := s.o.Now()
	ends, ok := s.nonces.good(p.Nonce, p.Key, now)
	if !ok {
		return records.StationKey{}, errNonce
	}
	k, err := s.o.StationKeys.Key(ctx, p.Key)
	if errors.Is(err, records.ErrNotFound) {
		return records.StationKey{}, errNotEnrolled
	}
	if err != nil {
		return records.StationKey{}, err
	}
	key, id, ok := publicKey(k.PublicKey)
	if !ok || id != k.ID || k.RevokedMS != 0 || !signed(key, p.Signature, lines...) {
		return records.StationKey{}, errNotEnrolled
	}
	if !s.nonces.use(p.Nonce, ends, now) {
		return records.StationKey{}, errNonce
	}
	return k, nil
}

// refuseProof answers for a proof that does not hold.
func (s *Server) refuseProof(w http.ResponseWriter, r *http.Request, err error) {
	code := "not_enrolled"
	switch {
	case errors.Is(err, errNonce):
		code = "nonce"
	case !errors.Is(err, errNotEnrolled):
		s.unavailable(w, r, err)
		return
	}
	s.metrics.stations.WithLabelValues(code).Inc()
	refuse(w, http.StatusUnauthorized, code, "")
}

// stationLogin answers POST /api/station/socket. A demo believes a station its
// name; elsewhere it signs with its key.
func (s *Server) stationLogin(w http.ResponseWriter, r *http.Request) {
	var req struct {
		keyProof
		Station string `json:"station"`
	}
	if !decode(w, r, &req) {
		return
	}
	if s.o.Demo && req.Key == "" {
		s.stationByName(w, r, req.Station)
		return
	}
	k, err := s.proven(r.Context(), req.keyProof, "rw-station-v1", s.o.Centre, req.Key, req.Nonce)
	var st Station
	if err == nil {
		if st, err = s.station(r.Context(), k.Station); errors.Is(err, ErrNotFound) {
			err = errNotEnrolled
		}
	}
	if err != nil {
		s.refuseProof(w, r, err)
		return
	}
	now := s.o.Now()
	if now.Sub(time.UnixMilli(k.UsedMS)) >= touchKeyEvery {
		// The first use decides which of two keys counts, so it has to be written.
		err := s.o.StationKeys.TouchKey(r.Context(), k.ID, now.UnixMilli())
		switch {
		case errors.Is(err, records.ErrNotFound): // revoked since
			s.refuseProof(w, r, errNotEnrolled)
			return
		case err != nil && k.UsedMS == 0:
			s.unavailable(w, r, err)
			return
		case err != nil:
			s.o.Logger.Warn("use of a station's key not noted", "err", err)
		}
	}
	t, err := s.tickets.issue(Identity{Role: RoleStation, ID: st.ID, Face: FaceStation, Session: k.ID}, now)
	if err != nil {
		s.metrics.stations.WithLabelValues("rate").Inc()
		answer(w, http.StatusTooManyRequests, failure{Code: "rate", Detail: err.Error(), RetryMS: ticketLife.Milliseconds()})
		return
	}
	s.metrics.stations.WithLabelValues("ok").Inc()
	if k.UsedMS == 0 { // a key that was never seen; every further log-in would be noise
		s.audit(r.Context(), st.ID, "station.login", FaceStation)
	}
	answer(w, http.StatusOK, struct {
		Ticket  string `json:"ticket"`
		Station string `json:"station"`
		Name    string `json:"name"`
		Rotate  bool   `json:"rotate"` // the key is due for another one
	}{t, st.ID, st.Name, now.Sub(time.UnixMilli(k.CreatedMS)) >= rotateAfter})
}

// stationByName lets a demo's station in.
func (s *Server) stationByName(w http.ResponseWriter, r *http.Request, id string) {
	st, err := s.station(r.Context(), id)
	switch {
	case errors.Is(err, ErrNotFound):
		refuse(w, http.StatusNotFound, "not_found", "no such station")
	case err != nil:
		s.unavailable(w, r, err)
	default:
		s.issue(w, Identity{Role: RoleStation, ID: st.ID, Face: FaceStation})
	}
}

// rotate answers POST /api/station/rotate: a station's next key, vouched for by
// the present one and proven by a signature of its own over the same lines.
func (s *Server) rotate(w http.ResponseWriter, r *http.Request) {
	var req struct {
		keyProof
		PublicKey string `json:"public_key"`
		Proof     string `json:"proof"`
	}
	if !decode(w, r, &req) {
		return
	}
	lines := []string{"rw-rotate-v1", s.o.Centre, req.Key, req.Nonce, req.PublicKey}
	next, id, ok := publicKey(req.PublicKey)
	if !ok || !signed(next, req.Proof, lines...) {
		s.refuseProof(w, r, errNotEnrolled)
		return
	}
	_, err := s.proven(r.Context(), req.keyProof, lines...)
	if err == nil {
		err = s.o.StationKeys.Rotate(r.Context(), req.Key, records.StationKey{
			ID: id, PublicKey: req.PublicKey, CreatedMS: s.o.Now().UnixMilli(),
		})
		if errors.Is(err, records.ErrNotFound) || errors.Is(err, records.ErrInvalid) || errors.Is(err, records.ErrExists) {
			err = errNotEnrolled
		}
	}
	if err != nil {
		s.refuseProof(w, r, err)
		return
	}
	s.metrics.stations.WithLabelValues("rotated").Inc()
	answer(w, http.StatusOK, struct {
		Key string `json:"key"`
	}{id})
}
