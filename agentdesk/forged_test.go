package agentdesk

import (
	"net/http"
	"strings"
	"testing"
)

// mutations are texts near s: each place changed to each letter, left out,
// doubled and with its case turned, and all of it with something around it.
func mutations(s, letters string) []string {
	var out []string
	add := func(m string) {
		if m != s {
			out = append(out, m)
		}
	}
	for i := range s {
		add(s[:i] + s[i+1:])
		add(s[:i] + s[i:i+1] + s[i:])
		add(s[:i] + strings.ToUpper(s[i:i+1]) + s[i+1:])
		add(s[:i] + strings.ToLower(s[i:i+1]) + s[i+1:])
		for _, c := range letters {
			add(s[:i] + string(c) + s[i+1:])
		}
	}
	for _, around := range []string{" ", ".", "/", "=", "\x00", "#", "@", "x", "%00", "é", s} {
		add(around + s)
		add(s + around)
	}
	return out
}

const urlLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// TestForgedTokens: of thousands of tokens that differ a little from a
// good one, none is taken, and the good one still is.
func TestForgedTokens(t *testing.T) {
	d, _, k := enrolled(t, nil)
	tried := 0
	ticket, err := d.tickets.issue(Identity{Role: RoleAgent, ID: "agent1", Face: FaceDesk}, d.o.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mutations(ticket, urlLetters) {
		tried++
		if _, ok := d.Redeem(t.Context(), m); ok {
			t.Errorf("socket ticket %q for %q", m, ticket)
		}
	}
	if _, ok := d.Redeem(t.Context(), ticket); !ok {
		t.Error("the socket ticket itself")
	}
	nonce := d.nonce(k.id)
	for _, m := range mutations(nonce, urlLetters) {
		tried++
		if _, ok := d.nonces.good(m, k.id, d.o.Now()); ok {
			t.Errorf("nonce %q for %q", m, nonce)
		}
	}
	p := d.proof(k)
	key, _, _ := publicKey(k.public)
	lines := []string{"rw-station-v1", "pj", k.id, p.Nonce}
	for _, m := range mutations(p.Signature, "A_") { // each costs a verification
		tried++
		if signed(key, m, lines...) {
			t.Errorf("signature %q for %q", m, p.Signature)
		}
	}
	known := d.devices.remember(device{}, "agent1")
	for _, m := range mutations(known.String(), urlLetters) {
		tried++
		if v, ok := parseDevice(m); ok && v.String() != known.String() && d.devices.knows(v, "agent1") {
			t.Errorf("device %q for %q", m, known)
		}
	}
	if tried < 8_000 {
		t.Errorf("only %d were tried", tried)
	}
	if !signed(key, p.Signature, lines...) || !d.devices.knows(known, "agent1") {
		t.Error("the good ones")
	}
}

// TestForgedOrigins: hundreds of origins near our own change nothing.
func TestForgedOrigins(t *testing.T) {
	tried := 0
	for own, listed := range map[string][]string{"http://127.0.0.1:8080": nil, "https://window.example": {"https://window.example"}} {
		d := newDesk(t, func(o *Options) { o.Origins = listed })
		for _, m := range append(mutations(own, "x:"), "null", "https://window.example.evil.example", "https://evil.example?https://window.example",
			"https://window.example@evil.example", "https://wind\u043ew.example", "https://window.example:443", "//window.example", "window.example") {
			if m == own {
				continue
			}
			tried++
			r := d.ask("POST", "/api/station/socket", `{"station":"s01"}`, func(r *http.Request) { r.Header["Origin"] = []string{m} })
			if r.status != http.StatusForbidden || r.refusal(t).Code != "origin" {
				t.Errorf("origin %q: %d", m, r.status)
			}
		}
	}
	if tried < 200 {
		t.Errorf("only %d were tried", tried)
	}
}
