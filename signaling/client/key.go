package client

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"

	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// Key is the device key of an enrolled station: ECDSA on P-256 (FIPS 186-5). A
// kiosk holds its own in the browser, where it cannot leave; this one lives in
// memory.
type Key struct {
	private *ecdsa.PrivateKey
	public  string // base64url of the uncompressed point
	id      string
}

// NewKey draws a key.
func NewKey() (*Key, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("client: key: %w", err)
	}
	point, err := private.PublicKey.Bytes()
	if err != nil {
		return nil, fmt.Errorf("client: key: %w", err)
	}
	sum := sha256.Sum256(point)
	return &Key{private: private, public: base64.RawURLEncoding.EncodeToString(point), id: hex.EncodeToString(sum[:16])}, nil
}

// ID names the key: the first 16 bytes of the SHA-256 of its public point, hex.
func (k *Key) ID() string { return k.id }

// Public is the key as it crosses the wire: base64url, no padding, of the 65
// bytes of the uncompressed point (SEC 1 2.3.3).
func (k *Key) Public() string { return k.public }

// sign signs lines joined by newlines: r and s of 32 bytes each (IEEE P1363),
// base64url.
func (k *Key) sign(lines ...string) (string, error) {
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	r, s, err := ecdsa.Sign(rand.Reader, k.private, sum[:])
	if err != nil {
		return "", fmt.Errorf("client: sign: %w", err)
	}
	var raw [64]byte
	r.FillBytes(raw[:32])
	s.FillBytes(raw[32:])
	return base64.RawURLEncoding.EncodeToString(raw[:]), nil
}

// Enrolled is what the server says of a station that has just been enrolled.
type Enrolled struct {
	Station string `json:"station"` // id
	Name    string `json:"name"`
	Key     string `json:"key"` // id
}

// Enrol makes the key the station's for which the one-time code was issued. A
// code that is unknown, used or too old is refused with "bad_code".
func (k *Key) Enrol(ctx context.Context, o Options, code string) (Enrolled, error) {
	e, err := newEndpoint(o)
	if err != nil {
		return Enrolled{}, err
	}
	defer e.web.CloseIdleConnections()
	proof, err := k.sign("rw-enrol-v1", normalCode(code), k.public)
	if err != nil {
		return Enrolled{}, err
	}
	var out Enrolled
	in := map[string]string{"code": code, "public_key": k.public, "proof": proof}
	return out, e.post(ctx, "/api/station/enrol", in, &out)
}

// normalCode is a code as it is signed, however it was typed (Crockford).
func normalCode(code string) string {
	return strings.NewReplacer("-", "", " ", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(code))
}

// Rotate puts next in the place of k, which stays good until next is first used.
func (k *Key) Rotate(ctx context.Context, o Options, next *Key) error {
	e, err := newEndpoint(o)
	if err != nil {
		return err
	}
	defer e.web.CloseIdleConnections()
	return k.withNonce(ctx, e, func(centre, nonce string) error {
		signature, err := k.sign("rw-rotate-v1", centre, k.id, nonce, next.public)
		if err != nil {
			return err
		}
		proof, err := next.sign("rw-rotate-v1", centre, k.id, nonce, next.public)
		if err != nil {
			return err
		}
		return e.post(ctx, "/api/station/rotate", map[string]string{
			"key": k.id, "nonce": nonce, "signature": signature, "public_key": next.public, "proof": proof,
		}, nil)
	})
}

// withNonce lets f sign a fresh nonce, and once more another one if the first
// came too late or counts no longer ("nonce"): that says nothing of the key.
func (k *Key) withNonce(ctx context.Context, e *endpoint, f func(centre, nonce string) error) error {
	for again := true; ; again = false {
		centre, nonce, err := k.challenge(ctx, e)
		if err != nil {
			return err
		}
		if err = f(centre, nonce); CodeOf(err) != "nonce" || !again {
			return err
		}
	}
}

// challenge asks for something fresh to sign, and for the centre that it is for.
func (k *Key) challenge(ctx context.Context, e *endpoint) (centre, nonce string, err error) {
	var info struct {
		Centre string `json:"centre"`
	}
	if err := e.get(ctx, "/api/info", &info); err != nil {
		return "", "", err
	}
	var out struct {
		Nonce string `json:"nonce"`
	}
	if err := e.post(ctx, "/api/station/challenge", map[string]string{"key": k.id}, &out); err != nil {
		return "", "", err
	}
	return info.Centre, out.Nonce, nil
}

// LogIn is what a station gets for a signed nonce.
type LogIn struct {
	Ticket  string `json:"ticket"` // for one socket
	Station string `json:"station"`
	Name    string `json:"name"`
	Rotate  bool   `json:"rotate"` // the key is old: Rotate
}

func (k *Key) logIn(ctx context.Context, e *endpoint) (LogIn, error) {
	var out LogIn
	err := k.withNonce(ctx, e, func(centre, nonce string) error {
		signature, err := k.sign("rw-station-v1", centre, k.id, nonce)
		if err != nil {
			return err
		}
		return e.post(ctx, "/api/station/socket", map[string]string{"key": k.id, "nonce": nonce, "signature": signature}, &out)
	})
	if err != nil {
		return LogIn{}, err
	}
	if out.Ticket == "" || out.Station == "" {
		return LogIn{}, fmt.Errorf("client: POST /api/station/socket: answer carries no ticket or station")
	}
	return out, nil
}

// NewEnrolledStation connects the station that a key was enrolled for and waits
// for its first state; each socket is logged in by a signed nonce of its own. A
// key that is not, or no longer, enrolled ends it with "not_enrolled".
func NewEnrolledStation(ctx context.Context, o Options, key *Key, observe func(protocol.StationState)) (*Station, error) {
	e, err := newEndpoint(o)
	if err != nil {
		return nil, err
	}
	first, err := key.logIn(ctx, e)
	if err != nil {
		e.web.CloseIdleConnections()
		return nil, err
	}
	unused := make(chan string, 1) // the ticket of the first log-in
	unused <- first.Ticket
	return newStation(ctx, o, e, first.Station, observe, func(ctx context.Context) (string, error) {
		select {
		case ticket := <-unused:
			return ticket, nil
		default:
		}
		next, err := key.logIn(ctx, e)
		return next.Ticket, err
	})
}

// get decodes the JSON of a GET into out.
func (e *endpoint) get(ctx context.Context, path string, out any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, e.path(path), nil)
	if err != nil {
		return fmt.Errorf("client: GET %s: %w", path, err)
	}
	return e.exchange(req, out)
}
