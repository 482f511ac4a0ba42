package agentdesk

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// FuzzDevice: a device's cookie that is taken is written back as it was, is
// bounded, and is known by nobody's secret.
func FuzzDevice(f *testing.F) {
	d := devices{key: make([]byte, 32)}
	known := d.remember(d.remember(device{id: strings.Repeat("A", deviceID)}, "agent1"), "agent2") // the same in every process
	for _, seed := range []string{"", ".", "..", known.String(), known.id, known.String() + ".", known.id + "." + strings.Repeat("A", deviceTag), strings.Repeat("A.", 200), "AAAAAAAAAAAAAAAAAAAAA=.AAAAAAAAAAAAAAAA"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		v, ok := parseDevice(value)
		if !ok {
			return
		}
		if v.String() != value || len(v.id) != deviceID || len(v.tags) > maxAccounts {
			t.Errorf("%q is read as %+v", value, v)
		}
		if value != known.String() && v.id != known.id && d.knows(v, "agent1") {
			t.Errorf("%q is known", value)
		}
		if next := d.remember(v, "agent1"); !d.knows(next, "agent1") || len(next.tags) > maxAccounts {
			t.Errorf("%q is not remembered: %+v", value, next)
		}
	})
}

// FuzzTokens: no session token, socket ticket or nonce but the one that was
// given out lets anybody in.
func FuzzTokens(f *testing.F) {
	now := time.Date(2026, 11, 22, 1, 0, 0, 0, time.UTC)
	key := strings.Repeat("0a", 16)
	for _, seed := range []string{"", "A", strings.Repeat("A", 43), secret(), newNonces(make([]byte, 32)).issue(key, now), strings.Repeat("A", 5000), "a\x00b", "=", "rw_desk"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		d := newDesk(t, nil)
		d.in(FaceDesk, "agent1")
		if _, err := d.tickets.issue(Identity{Role: RoleAgent, ID: "agent1", Face: FaceDesk}, now); err != nil {
			t.Fatal(err)
		}
		if id, ok := d.Redeem(t.Context(), value); ok {
			t.Errorf("socket ticket %q is %v's", value, id)
		}
		r := d.ask("GET", "/api/desk/me", "", func(r *http.Request) { r.Header.Set("Cookie", "rw_desk="+value) })
		if r.status != http.StatusUnauthorized {
			t.Errorf("session %q: %d", value, r.status)
		}
		// The secret of this server is random, so nothing that was not issued by it fits.
		if _, ok := d.nonces.good(value, key, now); ok {
			t.Errorf("nonce %q", value)
		}
	})
}

// FuzzPageOffer: the headers of a page over HTTP.
func FuzzPageOffer(f *testing.F) {
	offer := base64.RawURLEncoding.EncodeToString([]byte(offered.offer))
	for _, seed := range [][4]string{
		{offered.id, "Bearer " + offered.token, offer, "0"}, {"", "", "", ""}, {"0a", "Bearer", "e30", "-1"}, {offered.id, "Bearer a b", "!", "1e3"},
		{strings.Repeat("g", 32), "bearer x", offer + "=", "00000000"}, {offered.id, "Bearer \x7f", strings.Repeat("A", 10_000), "99999999"},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3])
	}
	f.Fuzz(func(t *testing.T, page, authorization, offer, offset string) {
		if n, ok := offsetOf(offset); ok && (n < 0 || n > maxPage) {
			t.Errorf("offset %q is %d", offset, n)
		}
		u, err := parseUpload(page, authorization, offer)
		if err != nil {
			return
		}
		if len(u.page) != 32 || u.token == "" || len(u.token) > maxToken || len(u.offer) > maxOffer || !json.Valid(u.offer) {
			t.Errorf("%q %q %q are read as %+v", page, authorization, offer, u)
		}
		if "Bearer "+u.token != authorization || base64.RawURLEncoding.EncodeToString(u.offer) != offer {
			t.Errorf("%q %q: two ways to write one thing", authorization, offer)
		}
	})
}

// FuzzForwarded: whatever stands in X-Forwarded-For, the address is one that the
// nearest untrusted hop can be, and an untrusted peer stays itself.
func FuzzForwarded(f *testing.F) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	for _, seed := range [][2]string{
		{"10.0.0.1:1", "203.0.113.5"}, {"192.0.2.1:1", "203.0.113.5"}, {"10.0.0.1:1", "1.1.1.1, 10.0.0.2"}, {"[::1]:1", "::1"}, {"", ","},
		{"10.0.0.1:1", ",,,,,"}, {"10.0.0.1:1", "[2001:db8::1]:443, 10.9.9.9"}, {"10.0.0.1:1", strings.Repeat("10.0.0.2,", 50)}, {"10.0.0.1:1", "fe80::1%eth0"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, peer, forwarded string) {
		got, ok := clientAddr(peer, []string{forwarded}, trusted)
		direct, known := parseAddr(peer)
		if ok != known {
			t.Fatalf("peer %q: %v", peer, ok)
		}
		if !ok {
			return
		}
		if !got.IsValid() || got.Zone() != "" || got.Is4In6() {
			t.Errorf("%q: %v", forwarded, got)
		}
		if !trusted[0].Contains(direct) && got != direct {
			t.Errorf("an untrusted peer %s says it is %s", direct, got)
		}
		// What somebody writes to the left of an untrusted entry changes nothing.
		if last, ok := clientAddr(peer, []string{forwarded + ", 203.0.113.5"}, trusted); ok && trusted[0].Contains(direct) && last != netip.MustParseAddr("203.0.113.5") {
			t.Errorf("%q before it: %v", forwarded, last)
		}
	})
}

// FuzzEnrol: bodies of an enrolment. Without the private key there is no way in.
func FuzzEnrol(f *testing.F) {
	point := base64.RawURLEncoding.EncodeToString(append([]byte{4}, make([]byte, 64)...))
	for _, seed := range [][3]string{
		{typedCode, "", ""}, {plainCode, point, strings.Repeat("A", 86)}, {"", "BA", "!"}, {strings.Repeat("o", 16), strings.Repeat("A", 87), strings.Repeat("_", 86)},
		{"K7QD 0O1L 2M9X ABCD", point + "=", ""}, {"kſqd00112m9xabcd", "", ""},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, code, key, proof string) {
		if c := normaliseCode(code); c != "" && (len(c) != codeChars || strings.Trim(c, crockford) != "" || normaliseCode(c) != c) {
			t.Errorf("code %q becomes %q", code, c)
		}
		if k, id, ok := publicKey(key); ok && (!k.Curve.IsOnCurve(k.X, k.Y) || !isKeyID(id)) { //nolint:staticcheck // the old way to ask, as a second opinion
			t.Errorf("key %q is off the curve", key)
		}
		if _, ok := (enrolRequest{code, key, proof}).redeemable(); ok {
			t.Errorf("%q %q %q proves a key that nobody has", code, key, proof)
		}
	})
}
