package agentdesk

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"sync"
	"time"
)

const (
	nonceLife = 60 * time.Second
	// maxNonces bounds those that were used and could still be shown again.
	maxNonces = 10_000
)

// nonces are what a station signs to log in. A nonce is 12 random bytes, the
// second of its end and 16 bytes of a MAC over both and the key it was given
// for: asking for many costs no memory, and only one that came back with a good
// signature is remembered, until its end, so that it counts once.
type nonces struct {
	key []byte

	mu   sync.Mutex
	used map[string]time.Time // by nonce, when it ends
}

func newNonces(key []byte) *nonces { return &nonces{key: key, used: make(map[string]time.Time)} }

func (n *nonces) mac(head []byte, keyID string) []byte {
	m := hmac.New(sha256.New, n.key)
	m.Write([]byte("rw-nonce-v1\n" + keyID + "\n"))
	m.Write(head)
	return m.Sum(nil)[:16]
}

// issue returns a nonce of 256 bits for a key, known or not.
func (n *nonces) issue(keyID string, now time.Time) string {
	b := make([]byte, 16, 32)
	rand.Read(b[:12])
	binary.BigEndian.PutUint32(b[12:], uint32(now.Add(nonceLife).Unix()))
	return base64.RawURLEncoding.EncodeToString(append(b, n.mac(b, keyID)...))
}

// good tells whether a nonce was issued for the key and is not over, and when
// it ends.
func (n *nonces) good(nonce, keyID string, now time.Time) (ends time.Time, ok bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(nonce)
	if err != nil || len(b) != 32 || !hmac.Equal(b[16:], n.mac(b[:16], keyID)) {
		return time.Time{}, false
	}
	ends = time.Unix(int64(binary.BigEndian.Uint32(b[12:])), 0)
	return ends, now.Before(ends)
}

// use takes a good nonce once. It is false as well while as many are remembered
// as may be.
func (n *nonces) use(nonce string, ends, now time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, again := n.used[nonce]; again {
		return false
	}
	if len(n.used) >= maxNonces {
		for old, end := range n.used {
			if !now.Before(end) {
				delete(n.used, old)
			}
		}
		if len(n.used) >= maxNonces {
			return false
		}
	}
	n.used[nonce] = ends
	return true
}
