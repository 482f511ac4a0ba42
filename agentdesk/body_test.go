package agentdesk

import (
	"encoding/json"
	"net/http"
	"testing"
)

// TestPlain: what two readers could read in two ways is no body, nor what a
// database would not take.
func TestPlain(t *testing.T) {
	for body, want := range map[string]bool{
		`{"user":"a","face":"desk"}`:            true,
		`{"hours":[{"open":"a"},{"open":"b"}]}`: true,
		`{"a":{"b":1},"b":1}`:                   true,
		`[{"a":1},{"a":1}]`:                     true,
		`{"user":"A Capital Value"}`:            true,
		`{"user":"a","user":"b"}`:               false,
		`{"a":{"b":1,"b":2}}`:                   false,
		`{"a":[{"b":1,"c":[],"b":2}]}`:          false,
		`{"USER":"a"}`:                          false,
		`{"u\u0073er":"a","user":"b"}`:          false,
		`{"user":"a\u0000b"}`:                   false,
		`{"a":["\u0000"]}`:                      false,
		"{\"user\":\"\xff\"}":                   false,
	} {
		if got := plain([]byte(body)); got != want {
			t.Errorf("%s: %v", body, got)
		}
	}
}

// TestAmbiguousLogin: a log-in that names its user twice, in other letters or
// with U+0000 is malformed, and says nothing of the database.
func TestAmbiguousLogin(t *testing.T) {
	d, _, _ := enrolled(t, nil)
	for _, body := range []string{
		`{"user":"agent1","user":"admin","password":"x","face":"desk"}`,
		`{"USER":"agent1","password":"x","face":"desk"}`,
		`{"user":"age\u0000nt1","password":"x","face":"desk"}`,
	} {
		r := d.post("/api/login", json.RawMessage(body))
		if f := r.refusal(t); r.status != http.StatusBadRequest || f.Code != "malformed" {
			t.Errorf("%s: %d %+v", body, r.status, f)
		}
	}
}
