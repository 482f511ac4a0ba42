package agentdesk

import (
	"net/http"
	"testing"
)

// TestUnknownFields: a log-in that says more than its route knows is refused,
// whatever else is right about it, and has no effect.
func TestUnknownFields(t *testing.T) {
	d, _, k := enrolled(t, nil)
	n := d.nonce(k.id)
	next := newKiosk(t)
	proof := map[string]any{"key": k.id, "nonce": n, "signature": k.sign(t, "rw-station-v1", "pj", k.id, n)}
	m := d.nonce(k.id)
	lines := []string{"rw-rotate-v1", "pj", k.id, m, next.public}
	for _, tt := range []struct {
		path   string
		body   map[string]any
		status int // without the extra field
	}{
		{"/api/login", map[string]any{"face": FaceDesk, "user": "agent1", "password": password}, 200},
		{"/api/logout", map[string]any{"face": FaceDesk}, 200},
		{"/api/station/enrol", map[string]any{"code": typedCode, "public_key": k.public, "proof": k.sign(t, "rw-enrol-v1", plainCode, k.public)}, 403},
		{"/api/station/challenge", map[string]any{"key": k.id}, 200},
		{"/api/station/socket", proof, 200},
		{"/api/station/rotate", map[string]any{
			"key": k.id, "nonce": m, "signature": k.sign(t, lines...), "public_key": next.public, "proof": next.sign(t, lines...),
		}, 200},
	} {
		tt.body["remember"] = true
		r := d.post(tt.path, tt.body)
		if f := r.refusal(t); r.status != http.StatusBadRequest || f.Code != "unknown_field" {
			t.Errorf("%s with a field too many: %d %+v", tt.path, r.status, f)
		}
		delete(tt.body, "remember")
		if r := d.post(tt.path, tt.body); r.status != tt.status {
			t.Errorf("%s: %d %s, want %d", tt.path, r.status, r.body, tt.status)
		}
	}
}
