package agentdesk

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/remotewindow/remotewindow/agentdesk/records"
)

// ring is what the records keep of stations' keys, in memory.
type ring struct {
	mu       sync.Mutex
	codes    map[string]string // by hash: the station
	keys     map[string]records.StationKey
	replaces map[string]string
	down     error
}

func newRing() *ring {
	return &ring{codes: map[string]string{}, keys: map[string]records.StationKey{}, replaces: map[string]string{}}
}

func (g *ring) RedeemCode(_ context.Context, hash string, k records.StationKey) (records.StationInfo, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	station, ok := g.codes[hash]
	if g.down != nil || !ok {
		return records.StationInfo{}, errors.Join(g.down, map[bool]error{false: records.ErrNotFound}[ok || g.down != nil])
	}
	delete(g.codes, hash)
	for id, old := range g.keys {
		if old.Station == station {
			delete(g.keys, id)
		}
	}
	k.Station = station
	g.keys[k.ID] = k
	return records.StationInfo{ID: station, Name: "东风村"}, nil
}

func (g *ring) Key(_ context.Context, id string) (records.StationKey, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	k, ok := g.keys[id]
	if g.down == nil && !ok {
		return k, records.ErrNotFound
	}
	return k, g.down
}

func (g *ring) TouchKey(_ context.Context, id string, atMS int64) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	k, ok := g.keys[id]
	if !ok {
		return records.ErrNotFound
	}
	k.UsedMS = atMS
	g.keys[id] = k
	delete(g.keys, g.replaces[id])
	return g.down
}

func (g *ring) Rotate(_ context.Context, oldID string, k records.StationKey) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	old, ok := g.keys[oldID]
	if !ok {
		return records.ErrNotFound
	}
	k.Station = old.Station
	g.keys[k.ID], g.replaces[k.ID] = k, oldID
	return g.down
}

// kiosk is a browser with a key of its own.
type kiosk struct {
	key        *ecdsa.PrivateKey
	public, id string
}

func newKiosk(t *testing.T) kiosk {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(point)
	return kiosk{key, base64.RawURLEncoding.EncodeToString(point), hex.EncodeToString(sum[:16])}
}

// sign signs as WebCrypto does.
func (k kiosk) sign(t *testing.T, lines ...string) string {
	t.Helper()
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	r, s, err := ecdsa.Sign(rand.Reader, k.key, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...))
}

const (
	typedCode = "k7qd-0o1l 2m9x-ABCD"
	plainCode = "K7QD00112M9XABCD"
)

func (d *desk) post(path string, body any, with ...func(*http.Request)) reply {
	d.t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		d.t.Fatal(err)
	}
	return d.ask("POST", path, string(b), with...)
}

// enrolled makes a desk with a station that is enrolled, outside a demo.
func enrolled(t *testing.T, change func(*Options)) (*desk, *ring, kiosk) {
	t.Helper()
	g, k := newRing(), newKiosk(t)
	d := newDesk(t, func(o *Options) {
		o.StationKeys, o.Demo = g, false
		if change != nil {
			change(o)
		}
	})
	g.codes[hashOf(plainCode)] = "s01"
	r := d.post("/api/station/enrol", enrolRequest{Code: typedCode, PublicKey: k.public, Proof: k.sign(t, "rw-enrol-v1", plainCode, k.public)})
	if want := fmt.Sprintf(`{"station":"s01","name":"东风村","key":%q}`+"\n", k.id); r.status != 200 || r.body != want {
		t.Fatalf("enrol: %d %s", r.status, r.body)
	}
	return d, g, k
}

func (d *desk) nonce(key string) string {
	d.t.Helper()
	r := d.post("/api/station/challenge", map[string]string{"key": key})
	var a struct{ Nonce string }
	if err := json.Unmarshal([]byte(r.body), &a); r.status != 200 || err != nil || len(a.Nonce) != 43 {
		d.t.Fatalf("challenge: %d %s", r.status, r.body)
	}
	return a.Nonce
}

func (d *desk) proof(k kiosk) keyProof {
	d.t.Helper()
	n := d.nonce(k.id)
	return keyProof{Key: k.id, Nonce: n, Signature: k.sign(d.t, "rw-station-v1", "pj", k.id, n)}
}

func TestEnrolRefusals(t *testing.T) {
	g, k := newRing(), newKiosk(t)
	failed := 0
	d := newDesk(t, func(o *Options) {
		o.StationKeys = g
		o.Audit = func(_ context.Context, who, action, face string) error {
			if who+" "+action+" "+face != "station station.enrol_failed station" {
				t.Errorf("audited %s %s %s", who, action, face)
			}
			failed++
			return nil
		}
	})
	g.codes[hashOf(plainCode)] = "s01"
	proof := k.sign(t, "rw-enrol-v1", plainCode, k.public)
	off := base64.RawURLEncoding.EncodeToString(append([]byte{4}, make([]byte, 64)...)) // 0, 0 is not on the curve
	compressed := base64.RawURLEncoding.EncodeToString(append([]byte{2}, make([]byte, 32)...))
	other := newKiosk(t)
	cases := map[string]enrolRequest{
		"empty":                 {},
		"unknown code":          {"K7QD00112M9XABCE", k.public, k.sign(t, "rw-enrol-v1", "K7QD00112M9XABCE", k.public)},
		"short code":            {"K7QD", k.public, proof},
		"code with U":           {"K7QD00112M9XABCU", k.public, proof},
		"long code":             {strings.Repeat("-", 60) + plainCode, k.public, proof},
		"no proof":              {plainCode, k.public, ""},
		"another's proof":       {plainCode, k.public, other.sign(t, "rw-enrol-v1", plainCode, k.public)},
		"proof of another key":  {plainCode, other.public, proof},
		"proof of another code": {plainCode, k.public, k.sign(t, "rw-enrol-v1", "K7QD00112M9XABCE", k.public)},
		"point off the curve":   {plainCode, off, proof},
		"compressed point":      {plainCode, compressed, proof},
		"key of 64 bytes":       {plainCode, k.public[:86], proof},
		"padded key":            {plainCode, k.public + "=", proof},
	}
	for name, body := range cases {
		if r := d.post("/api/station/enrol", body); r.status != 403 || r.body != `{"code":"bad_code"}`+"\n" {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	if failed != len(cases) {
		t.Errorf("%d of %d failures are in the audit", failed, len(cases))
	}
	good := enrolRequest{plainCode, k.public, proof}
	g.down = records.ErrUnavailable
	if r := d.post("/api/station/enrol", good); r.status != 503 {
		t.Errorf("database away: %d", r.status)
	}
	g.down = nil
	if r := d.post("/api/station/enrol", good); r.status != 200 {
		t.Errorf("good: %d %s", r.status, r.body)
	}
	if r := d.post("/api/station/enrol", good); r.status != 403 {
		t.Errorf("second use of a code: %d", r.status)
	}
	// Guesses are bounded by their source.
	for range enrolPerSource {
		d.post("/api/station/enrol", cases["unknown code"])
	}
	g.codes[hashOf(plainCode)] = "s01"
	r := d.post("/api/station/enrol", good)
	if f := r.refusal(t); r.status != 429 || f.Code != "rate" || f.RetryMS <= 0 {
		t.Errorf("after %d failures: %d %s", enrolPerSource, r.status, r.body)
	}
	if r := d.post("/api/station/enrol", good, func(r *http.Request) { r.RemoteAddr = "192.0.2.9:1" }); r.status != 200 {
		t.Errorf("from elsewhere: %d", r.status)
	}
	d.pass(failureWindow)
	g.codes[hashOf(plainCode)] = "s01"
	if r := d.post("/api/station/enrol", good); r.status != 200 {
		t.Errorf("after the window: %d", r.status)
	}
	for name, kind := range map[string]string{"text": "text/plain", "no kind": ""} {
		if r := d.ask("POST", "/api/station/enrol", "{}", header("Content-Type", kind)); r.status != 415 {
			t.Errorf("%s: %d", name, r.status)
		}
	}
	if r := newDesk(t, nil).ask("POST", "/api/station/enrol", "{}"); r.status != 404 {
		t.Errorf("without keys: %d", r.status)
	}
}

// TestEnrolPerSource: the bound of failures from one address is an option.
func TestEnrolPerSource(t *testing.T) {
	d := newDesk(t, func(o *Options) { o.StationKeys, o.EnrolPerSource = newRing(), 2 })
	for i, want := range []int{403, 403, 429} {
		if r := d.post("/api/station/enrol", enrolRequest{}); r.status != want {
			t.Errorf("failure %d: %d, want %d", i+1, r.status, want)
		}
	}
}

// TestEnrolAgain: a new browser takes the place of the old one, whose socket
// ticket is taken back.
func TestEnrolAgain(t *testing.T) {
	var out []Identity
	d, g, k := enrolled(t, func(o *Options) { o.Revoked = func(who Identity) { out = append(out, who) } })
	r := d.post("/api/station/socket", d.proof(k))
	var a ticketAnswer
	if err := json.Unmarshal([]byte(r.body), &a); err != nil || r.status != 200 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	g.codes[hashOf(plainCode)] = "s01"
	next := newKiosk(t)
	if r := d.post("/api/station/enrol", enrolRequest{plainCode, next.public, next.sign(t, "rw-enrol-v1", plainCode, next.public)}); r.status != 200 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	if _, ok := d.Redeem(t.Context(), a.Ticket); ok {
		t.Error("the old browser's socket ticket is still good")
	}
	if want := (Identity{Role: RoleStation, ID: "s01", Face: FaceStation}); len(out) != 2 || out[1] != want {
		t.Errorf("told that %v are out", out)
	}
	if r := d.post("/api/station/socket", d.proof(k)); r.status != 401 {
		t.Errorf("the old browser: %d", r.status)
	}
	if r := d.post("/api/station/socket", d.proof(next)); r.status != 200 {
		t.Errorf("the new browser: %d", r.status)
	}
}
