package agentdesk

import (
	"errors"
	"net/http"
	"strings"
	"testing"
)

// TestWhy: who may know, at which face, and that a ticket that is not for him
// and one that does not exist are the same to him.
func TestWhy(t *testing.T) {
	d := newDesk(t, nil)
	for _, tt := range []struct {
		name, login, face, ticket string
		want                      int
		body                      string
	}{
		{"own", "agent1", FaceDesk, "0a", 200, `{"offers":[{"agent":"agent1","face":"desk"}]}`},
		{"another's", "agent2", FaceDesk, "0a", 404, ""},
		{"none", "agent1", FaceDesk, "0b", 404, ""},
		{"no id", "agent1", FaceDesk, "x", 404, ""},
		{"board", "supervisor", FaceBoard, "0a", 200, `{"offers":[{"agent":"supervisor","face":"board"}]}`},
		{"a role that may not", "helper", FaceDesk, "0a", 403, ""},
		{"another face", "admin", FaceAdmin, "0a", 401, ""},
		{"nobody", "", FaceDesk, "0a", 401, ""},
	} {
		r := d.ask("GET", "/api/tickets/"+tt.ticket+"/why", "", cookie(d.session(tt.login, tt.face)))
		if r.status != tt.want || tt.body != "" && strings.TrimSpace(r.body) != tt.body {
			t.Errorf("%s: %d %s, want %d %s", tt.name, r.status, r.body, tt.want, tt.body)
		}
	}
	// With log-ins at both faces the one that may counts.
	desk, board := d.session("helper", FaceDesk), d.session("supervisor", FaceBoard)
	r := d.ask("GET", "/api/tickets/0a/why", "", cookie(desk), cookie(board))
	if r.status != 200 {
		t.Errorf("both faces: %d %s", r.status, r.body)
	}
	d.down = errors.New("away")
	if r := d.ask("GET", "/api/tickets/0a/why", "", cookie(board)); r.status != http.StatusServiceUnavailable {
		t.Errorf("away: %d", r.status)
	}
}
