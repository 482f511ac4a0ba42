package documents

import (
	"errors"
	"fmt"
)

// A sealed object starts with a header in clear text. It is bound into the
// authentication of everything behind it, so a changed header opens nothing.
//
//	magic "RWS1" · kind u8 · algorithm u8 · len u8 + key id · len u8 + object id · len u8 + nonce

// kind says what a sealed object holds.
type kind byte

const (
	kindCaseKey kind = 1 // key of a case, wrapped by the key ring
	kindPageKey kind = 2 // key and description of a page, wrapped by the case's key
	kindPage    kind = 3 // a page in segments
)

// algorithm names how an object is sealed, so that another (SM4-GCM) can stand beside it.
type algorithm byte

const (
	aes256GCM         algorithm = 1 // one message, nonce of 12 bytes
	aes256GCMSegments algorithm = 2 // segments of 64 KiB, nonce = 7 bytes prefix · u32 counter · u8 last
)

const (
	magic        = "RWS1"
	maxName      = 64
	wholeNonce   = 12
	segmentNonce = 7
	// maxHeader is the longest header that parses, in bytes.
	maxHeader = len(magic) + 2 + 1 + maxName + 1 + maxName + 1 + wholeNonce
)

// errHeader: the bytes are no header of a sealed object.
var errHeader = errors.New("not a sealed object")

// header describes a sealed object.
type header struct {
	Kind      kind
	Algorithm algorithm
	KeyID     string // of the key that opens it
	Object    string // page id; ticket for the key of a case
	Nonce     []byte
}

// append writes the header behind b.
func (h header) append(b []byte) []byte {
	b = append(b, magic...)
	b = append(b, byte(h.Kind), byte(h.Algorithm))
	b = append(append(b, byte(len(h.KeyID))), h.KeyID...)
	b = append(append(b, byte(len(h.Object))), h.Object...)
	return append(append(b, byte(len(h.Nonce))), h.Nonce...)
}

// parseHeader reads a header from the start of b and returns it with its
// length. There is exactly one encoding of each header.
func parseHeader(b []byte) (header, int, error) {
	var h header
	if len(b) < len(magic)+2 || string(b[:len(magic)]) != magic {
		return h, 0, errHeader
	}
	h.Kind, h.Algorithm = kind(b[4]), algorithm(b[5])
	at := len(magic) + 2
	field := func(limit int) ([]byte, error) {
		if at >= len(b) {
			return nil, fmt.Errorf("%w: cut short", errHeader)
		}
		n := int(b[at])
		if n > limit || at+1+n > len(b) {
			return nil, fmt.Errorf("%w: field too long", errHeader)
		}
		f := b[at+1 : at+1+n]
		at += 1 + n
		return f, nil
	}
	keyID, err := field(maxName)
	if err != nil {
		return h, 0, err
	}
	object, err := field(maxName)
	if err != nil {
		return h, 0, err
	}
	nonce, err := field(wholeNonce)
	if err != nil {
		return h, 0, err
	}
	h.KeyID, h.Object = string(keyID), string(object)
	h.Nonce = append([]byte(nil), nonce...)
	if !isName(h.KeyID) || !isName(h.Object) {
		return h, 0, fmt.Errorf("%w: bad name", errHeader)
	}
	want, ok := map[kind]struct {
		algorithm algorithm
		nonce     int
	}{
		kindCaseKey: {aes256GCM, wholeNonce},
		kindPageKey: {aes256GCM, wholeNonce},
		kindPage:    {aes256GCMSegments, segmentNonce},
	}[h.Kind]
	if !ok || want.algorithm != h.Algorithm || want.nonce != len(h.Nonce) {
		return h, 0, fmt.Errorf("%w: unknown kind %d or algorithm %d", errHeader, h.Kind, h.Algorithm)
	}
	return h, at, nil
}

// isName tells whether s may be an id and thereby part of a path: lower case
// letters, digits and hyphens, not first a hyphen.
func isName(s string) bool {
	if s == "" || len(s) > maxName || s[0] == '-' {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}
