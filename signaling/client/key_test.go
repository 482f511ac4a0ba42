package client_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/remotewindow/remotewindow/signaling/client"
)

// signed tells whether a signature by a public key, both as they cross the
// wire, is over the lines.
func signed(t *testing.T, public, signature string, lines ...string) bool {
	t.Helper()
	point, err := base64.RawURLEncoding.DecodeString(public)
	if err != nil || len(point) != 65 {
		t.Fatalf("public key %q", public)
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil || len(raw) != 64 {
		t.Fatalf("signature %q", signature)
	}
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	return ecdsa.Verify(key, sum[:], new(big.Int).SetBytes(raw[:32]), new(big.Int).SetBytes(raw[32:]))
}

func TestEnrolAndRotate(t *testing.T) {
	key, err := client.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	next, err := client.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	point, _ := base64.RawURLEncoding.DecodeString(key.Public())
	if sum := sha256.Sum256(point); key.ID() != hex.EncodeToString(sum[:16]) || key.ID() == next.ID() {
		t.Errorf("id %s", key.ID())
	}
	mux := http.NewServeMux()
	handle := func(pattern string, f func(in map[string]string) (int, any)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			in := map[string]string{}
			_ = json.NewDecoder(r.Body).Decode(&in)
			status, body := f(in)
			w.WriteHeader(status)
			_ = json.NewEncoder(w).Encode(body)
		})
	}
	handle("GET /api/info", func(map[string]string) (int, any) { return 200, map[string]string{"centre": "pj"} })
	handle("POST /api/station/enrol", func(in map[string]string) (int, any) {
		if in["code"] == "gone" || !signed(t, in["public_key"], in["proof"], "rw-enrol-v1", "K7QD0110", in["public_key"]) {
			return 403, map[string]string{"code": "bad_code"}
		}
		return 200, client.Enrolled{Station: "s07", Name: "云桥村", Key: key.ID()}
	})
	handle("POST /api/station/challenge", func(map[string]string) (int, any) { return 200, map[string]string{"nonce": "n"} })
	handle("POST /api/station/rotate", func(in map[string]string) (int, any) {
		lines := []string{"rw-rotate-v1", "pj", key.ID(), "n", next.Public()}
		if in["key"] != key.ID() || in["public_key"] != next.Public() || !signed(t, key.Public(), in["signature"], lines...) || !signed(t, next.Public(), in["proof"], lines...) {
			return 401, map[string]string{"code": "not_enrolled"}
		}
		return 200, map[string]string{"key": next.ID()}
	})
	sv := httptest.NewServer(mux)
	defer sv.Close()
	o := client.Options{URL: sv.URL}
	got, err := key.Enrol(within(t), o, "k7qd-oi1l0 ")
	if err == nil {
		t.Errorf("a code of another length: %+v", got)
	}
	if got, err = key.Enrol(within(t), o, "k7qd-oIl o"); err != nil || got.Station != "s07" || got.Key != key.ID() {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := key.Enrol(within(t), o, "gone"); client.CodeOf(err) != "bad_code" {
		t.Errorf("%v", err)
	}
	if err := key.Rotate(within(t), o, next); err != nil {
		t.Error(err)
	}
}

// TestEnrolledStation signs a nonce of its own for each socket, and ends when
// its key is no longer good.
func TestEnrolledStation(t *testing.T) {
	key, err := client.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	sv := newServer(t, func(s *socket) { s.send(t, "", idle(1)) })
	nonces, over, revoked := 0, "", false // over: a nonce that came too late
	sv.Config.Handler.(*http.ServeMux).HandleFunc("GET /api/info", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"centre":"pj"}`))
	})
	sv.Config.Handler.(*http.ServeMux).HandleFunc("POST /api/station/challenge", func(w http.ResponseWriter, _ *http.Request) {
		sv.mu.Lock()
		defer sv.mu.Unlock()
		nonces++
		_, _ = w.Write([]byte(`{"nonce":"` + strings.Repeat("n", nonces) + `"}`))
	})
	sv.Config.Handler.(*http.ServeMux).HandleFunc("POST /api/station/socket", func(w http.ResponseWriter, r *http.Request) {
		in := map[string]string{}
		_ = json.NewDecoder(r.Body).Decode(&in)
		sv.mu.Lock()
		defer sv.mu.Unlock()
		if in["nonce"] == over {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"code":"nonce"}`))
			return
		}
		if revoked || in["nonce"] != strings.Repeat("n", nonces) || !signed(t, key.Public(), in["signature"], "rw-station-v1", "pj", key.ID(), in["nonce"]) {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"code":"not_enrolled"}`))
			return
		}
		_ = json.NewEncoder(w).Encode(client.LogIn{Ticket: "t", Station: "s07"})
	})
	s, err := client.NewEnrolledStation(within(t), client.Options{URL: sv.URL}, key, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close(within(t)) }()
	if s.ID() != "s07" {
		t.Errorf("station %s", s.ID())
	}
	s.Cut()
	if err := s.Help(within(t)); err != nil {
		t.Fatal(err)
	}
	sv.mu.Lock()
	if nonces != 2 || len(sv.hellos) != 2 || sv.hellos[0].TakeOver || !sv.hellos[1].TakeOver {
		t.Errorf("%d nonces, hellos %+v", nonces, sv.hellos)
	}
	over = "nnn" // the third, so that the fourth is signed at once
	sv.mu.Unlock()
	s.Cut()
	if err := s.Help(within(t)); err != nil {
		t.Fatal(err)
	}
	sv.mu.Lock()
	if nonces != 4 || len(sv.hellos) != 3 {
		t.Errorf("%d nonces, %d hellos", nonces, len(sv.hellos))
	}
	revoked = true
	sv.mu.Unlock()
	s.Cut()
	<-s.Done()
	if err := s.Help(within(t)); client.CodeOf(err) != "not_enrolled" {
		t.Errorf("%v", err)
	}
}
