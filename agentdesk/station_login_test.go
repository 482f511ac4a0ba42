package agentdesk

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/remotewindow/remotewindow/agentdesk/records"
)

func TestStationLogin(t *testing.T) {
	var rows []string
	d, _, k := enrolled(t, func(o *Options) {
		o.Audit = func(_ context.Context, who, action, face string) error {
			rows = append(rows, who+" "+action+" "+face)
			return nil
		}
	})
	for range 3 {
		r := d.post("/api/station/socket", d.proof(k))
		var a struct {
			Ticket, Station, Name string
			Rotate                bool
		}
		if err := json.Unmarshal([]byte(r.body), &a); r.status != 200 || err != nil || a.Station != "s01" || a.Name != "东风村" || a.Rotate {
			t.Fatalf("log-in: %d %s", r.status, r.body)
		}
		if id, ok := d.Redeem(t.Context(), a.Ticket); !ok || id.holder() != (Identity{Role: RoleStation, ID: "s01", Face: FaceStation}) {
			t.Errorf("the ticket is %+v's", id)
		}
		d.pass(time.Hour)
	}
	if want := "s01 station.login station"; strings.Join(rows, "|") != want {
		t.Errorf("audited %q, want the first log-in of the key alone", rows)
	}
	d.pass(rotateAfter)
	if r := d.post("/api/station/socket", d.proof(k)); r.status != 200 || !strings.Contains(r.body, `"rotate":true`) {
		t.Errorf("after 90 days: %d %s", r.status, r.body)
	}
}

// TestStationProofs: a nonce that does not count is told apart, so that a
// station asks for another; whatever else is wrong, the answer is the same.
func TestStationProofs(t *testing.T) {
	d, g, k := enrolled(t, nil)
	other := newKiosk(t)
	edit := func(f func(p *keyProof)) keyProof {
		p := d.proof(k)
		f(&p)
		return p
	}
	used := d.proof(k)
	if r := d.post("/api/station/socket", used); r.status != 200 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	n := d.nonce(k.id)
	stale := d.proof(k)
	cases := map[string]any{
		"nothing":                map[string]string{},
		"by name outside a demo": map[string]string{"station": "s01"},
		"used nonce":             used,
		"unknown key":            d.proof(other),
		"another's signature":    keyProof{k.id, n, other.sign(t, "rw-station-v1", "pj", k.id, n)},
		"another centre":         keyProof{k.id, n, k.sign(t, "rw-station-v1", "mh", k.id, n)},
		"another purpose":        keyProof{k.id, n, k.sign(t, "rw-enrol-v1", "pj", k.id, n)},
		"nonce of another key": func() keyProof {
			n := d.nonce(other.id)
			return keyProof{k.id, n, k.sign(t, "rw-station-v1", "pj", k.id, n)}
		}(),
		"own nonce":        func() keyProof { n := secret(); return keyProof{k.id, n, k.sign(t, "rw-station-v1", "pj", k.id, n)} }(),
		"no signature":     edit(func(p *keyProof) { p.Signature = "" }),
		"zero signature":   edit(func(p *keyProof) { p.Signature = base64.RawURLEncoding.EncodeToString(make([]byte, 64)) }),
		"long signature":   edit(func(p *keyProof) { p.Signature += "AAAA" }),
		"padded signature": edit(func(p *keyProof) { p.Signature += "==" }),
		"signature in DER": edit(func(p *keyProof) {
			p.Signature = base64.RawURLEncoding.EncodeToString(append([]byte{0x30, 0x44}, make([]byte, 68)...))
		}),
		"upper case id":            edit(func(p *keyProof) { p.Key = strings.ToUpper(p.Key) }),
		"changed nonce":            edit(func(p *keyProof) { p.Nonce = "A" + p.Nonce[1:] }),
		"id of the wrong size":     edit(func(p *keyProof) { p.Key = p.Key[:31] }),
		"nonce that is not base64": edit(func(p *keyProof) { p.Nonce = strings.Repeat("!", 43) }),
	}
	const badNonce = `{"code":"nonce"}` + "\n"
	nonce := map[string]bool{"used nonce": true, "nonce of another key": true, "own nonce": true, "changed nonce": true, "nonce that is not base64": true}
	for name, body := range cases {
		want := `{"code":"not_enrolled"}` + "\n"
		if nonce[name] {
			want = badNonce
		}
		if r := d.post("/api/station/socket", body); r.status != 401 || r.body != want {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	d.pass(nonceLife)
	if r := d.post("/api/station/socket", stale); r.status != 401 || r.body != badNonce {
		t.Errorf("nonce after 60 s: %d %s", r.status, r.body)
	}
	if r := d.post("/api/station/socket", d.proof(k)); r.status != 200 {
		t.Errorf("with another nonce: %d %s", r.status, r.body)
	}
	g.down = records.ErrUnavailable
	if r := d.post("/api/station/socket", d.proof(k)); r.status != 503 {
		t.Errorf("database away: %d", r.status)
	}
	g.down = nil
	p := d.proof(k)
	g.mu.Lock()
	delete(g.keys, k.id)
	g.mu.Unlock()
	if r := d.post("/api/station/socket", p); r.status != 401 || r.refusal(t).Code != "not_enrolled" {
		t.Errorf("revoked: %d %s", r.status, r.body)
	}
	for _, body := range []string{`{"key":"x"}`, `{"key":""}`, `{"key":"` + strings.Repeat("g", 32) + `"}`, `{`, `{"key":1}`} {
		if r := d.ask("POST", "/api/station/challenge", body); r.status != 400 {
			t.Errorf("challenge %s: %d", body, r.status)
		}
	}
}

func TestRotate(t *testing.T) {
	d, _, k := enrolled(t, nil)
	next, other := newKiosk(t), newKiosk(t)
	type request struct {
		keyProof
		PublicKey string `json:"public_key"`
		Proof     string `json:"proof"`
	}
	ask := func(by, to kiosk, public string, purpose string) reply {
		n := d.nonce(k.id)
		lines := []string{purpose, "pj", k.id, n, public}
		return d.post("/api/station/rotate", request{keyProof{k.id, n, by.sign(t, lines...)}, public, to.sign(t, lines...)})
	}
	for name, r := range map[string]reply{
		"another's signature":   ask(other, next, next.public, "rw-rotate-v1"),
		"no proof of the key":   ask(k, other, next.public, "rw-rotate-v1"),
		"signature of a log-in": ask(k, next, next.public, "rw-station-v1"),
		"no key":                ask(k, next, "", "rw-rotate-v1"),
	} {
		if r.status != 401 || r.body != `{"code":"not_enrolled"}`+"\n" {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	stale := d.nonce(k.id)
	d.pass(nonceLife)
	lines := []string{"rw-rotate-v1", "pj", k.id, stale, next.public}
	if r := d.post("/api/station/rotate", request{keyProof{k.id, stale, k.sign(t, lines...)}, next.public, next.sign(t, lines...)}); r.status != 401 || r.refusal(t).Code != "nonce" {
		t.Errorf("nonce after 60 s: %d %s", r.status, r.body)
	}
	if r := ask(k, next, next.public, "rw-rotate-v1"); r.status != 200 || r.body != fmt.Sprintf(`{"key":%q}`+"\n", next.id) {
		t.Fatalf("%d %s", r.status, r.body)
	}
	for _, step := range []struct {
		who  kiosk
		want int
	}{{k, 200}, {next, 200}, {k, 401}, {next, 200}} { // the old one stands until the new one was used
		if r := d.post("/api/station/socket", d.proof(step.who)); r.status != step.want {
			t.Errorf("%s: %d, want %d", step.who.id, r.status, step.want)
		}
	}
}
