package signaling

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"maps"

	"github.com/remotewindow/remotewindow/signaling/call"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// upload is what a secret opens: pages of one request of one call, over HTTP.
type upload struct{ ticket, request string }

// newSecret draws 256 bits.
func newSecret() string {
	var b [32]byte
	rand.Read(b[:]) // never fails, by its documentation
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// syncUploads makes the secrets that open something those of the call. One that
// dropUploads took out stays out.
func (o *owner) syncUploads(now map[string]string) {
	if maps.Equal(o.uploads, now) {
		return
	}
	s := o.server
	s.mu.Lock()
	defer s.mu.Unlock()
	for secret := range o.uploads {
		if _, stays := now[secret]; !stays {
			delete(s.uploads, sha256.Sum256([]byte(secret)))
		}
	}
	for secret, request := range now {
		if _, was := o.uploads[secret]; !was {
			s.uploads[sha256.Sum256([]byte(secret))] = upload{o.ticket, request}
		}
	}
	o.uploads = now
}

// dropUploads makes the secrets that a station was shown open nothing any more,
// at once; its call then shows whoever is that station next another one.
func (s *Server) dropUploads(station string) {
	for _, o := range s.ownersOf(Identity{ID: station, Face: protocol.FaceStation}) {
		s.mu.Lock()
		for hash, u := range s.uploads {
			if u.ticket == o.ticket {
				delete(s.uploads, hash)
			}
		}
		s.mu.Unlock()
		if err := o.post(letter{event: call.Renew{Upload: newSecret()}}); err != nil {
			s.Logger.Debug("no other secret for a call that is over", "ticket", o.ticket, "err", err)
		}
	}
}

// PageUpload tells which request of which ticket a bearer token answers
// (CaptureView.Upload). Whoever takes a page in asks again before he keeps it:
// the token may have ended meanwhile. A page under it may be stored when its offer names that
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
