package signaling

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/remotewindow/remotewindow/signaling/call"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// FuzzPageUpload: a bearer token of outside bytes opens nothing but itself.
func FuzzPageUpload(f *testing.F) {
	secret := base64.RawURLEncoding.EncodeToString(make([]byte, 32))
	for _, seed := range []string{"", secret, secret + "=", secret[1:], " " + secret, secret + "\x00", "Bearer " + secret, "r1", "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		s := New(Options{})
		s.uploads[sha256.Sum256([]byte(secret))] = upload{"t", "r1"}
		ticket, request, ok := s.PageUpload(token)
		if ok != (token == secret) || ok != (ticket == "t" && request == "r1") || !ok && ticket+request != "" {
			t.Fatalf("%q opens %q %q", token, ticket, request)
		}
	})
}

// FuzzHello: the first frame of a stranger is taken for a hello only when it is
// one, whole and within its bounds.
func FuzzHello(f *testing.F) {
	for _, seed := range []string{
		`{"id":"h","type":"hello","body":{"protocol":1,"layout":1,"ticket":"station:s01"}}`, `{"type":"hello"}`, `{"type":"hello","body":null}`,
		`{"type":"hello","body":{"protocol":2,"ticket":"x"}}`, `{"type":"hello","body":{"protocol":1,"layout":-1}}`, `{"type":"ping"}`, `{}`, ``,
		`{"type":"hello","type":"ping"}`, `{"type":"hello","body":{"features":[["a"]]}}`, `{"type":"hello","body":{"presence":"asleep","protocol":1}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		envelope, hello, err := readHello(frame)
		if err != nil {
			switch codeOf(err) {
			case protocol.CodeMalformed, protocol.CodeUnknown, protocol.CodeHelloFirst, protocol.CodeProtocol, protocol.CodeExpired:
			default:
				t.Fatalf("%v: %s", err, codeOf(err))
			}
			return
		}
		if hello.Protocol != protocol.Version || hello.Layout != 0 && hello.Layout != protocol.Layout ||
			len(hello.Ticket) > maxTicket || len(envelope.ID) > protocol.MaxID {
			t.Fatalf("%+v passes", hello)
		}
	})
}

// FuzzOrigin: an origin of outside bytes passes only as one of two spellings.
func FuzzOrigin(f *testing.F) {
	for _, seed := range []string{"", "null", "https://window.example", "http://window.example", "https://window.example.", "https://a@window.example", "HTTPS://window.example"} {
		f.Add(seed)
	}
	s := New(Options{})
	f.Fuzz(func(t *testing.T, origin string) {
		r := httptest.NewRequest(http.MethodGet, "/ws", nil)
		r.Host = "window.example"
		r.Header["Origin"] = []string{origin}
		if s.originAllowed(r) != (origin == "https://window.example" || origin == "http://window.example") {
			t.Fatalf("%q", origin)
		}
	})
}

// FuzzMediaToken: a token of outside bytes lets nobody join.
func FuzzMediaToken(f *testing.F) {
	for _, seed := range []string{"", "0", "deadbeefdeadbeefdeadbeefdeadbeef", "\xff\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		s := New(Options{Media: newFakeMedia()})
		o := &owner{server: s, ticket: "t", c: call.Call{Ticket: "t", Station: "s01", State: call.Waiting}, grants: map[call.Party]*grant{}}
		o.syncGrants(time.Now())
		if _, err := o.join(t.Context(), mediaOffer{party: call.Station, participant: "s01", token: token}); !errors.Is(err, errMediaToken) {
			t.Fatalf("%q: %v", token, err)
		}
	})
}
