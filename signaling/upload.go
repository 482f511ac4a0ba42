package signaling

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"maps"
)

// upload is what a secret opens: pages of one request of one call, over HTTP.
type upload struct{ ticket, request string }

// newSecret draws 256 bits.
func newSecret() string {
	var b [32]byte
	rand.Read(b[:]) // never fails, by its documentation
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// syncUploads makes the secrets that open something those of the call.
func (o *owner) syncUploads(now map[string]string) {
	if maps.Equal(o.uploads, now) {
		return
	}
	s := o.server
	s.mu.Lock()
	defer s.mu.Unlock()
	for secret := range o.uploads {
		delete(s.uploads, sha256.Sum256([]byte(secret)))
	}
	for secret, request := range now {
		s.uploads[sha256.Sum256([]byte(secret))] = upload{o.ticket, request}
	}
	o.uploads = now
}

// PageUpload tells which request of which ticket a bearer token answers
// (CaptureView.Upload). A page under it may be stored when its offer names that
// request and PageAsked agrees, as for the document channel. The token is found
// by its hash, so the time that it takes tells nothing of another token.
func (s *Server) PageUpload(token string) (ticket, request string, ok bool) {
	if len(token) > maxField {
		token = ""
	}
	s.mu.Lock()
	u, ok := s.uploads[sha256.Sum256([]byte(token))]
	s.mu.Unlock()
	return u.ticket, u.request, ok
}
