package documents

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// SegmentSize is how many bytes of a page are sealed at a time.
const SegmentSize = 64 << 10

const tagSize = 16

// gcm returns AES-256-GCM under key.
func gcm(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// bound is the additional data of a sealed object: its header and the place it
// belongs to, so that an object moved to another page or case does not open.
// The parts cannot hold '|' (see isName).
func bound(head []byte, centre, ticket, page string) []byte {
	return append(append([]byte(nil), head...), centre+"|"+ticket+"|"+page...)
}

// sealWhole seals plain as one object: header, then ciphertext.
func sealWhole(k kind, keyID string, key, plain []byte, centre, ticket, object string) ([]byte, error) {
	aead, err := gcm(key)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, wholeNonce)
	rand.Read(nonce)
	head := header{Kind: k, Algorithm: aes256GCM, KeyID: keyID, Object: object, Nonce: nonce}.append(nil)
	return aead.Seal(head, nonce, plain, bound(head, centre, ticket, object)), nil
}

// openWhole opens what sealWhole made. keyOf finds the key by its id.
func openWhole(k kind, sealed []byte, keyOf func(id string) []byte, centre, ticket, object string) ([]byte, error) {
	h, n, err := parseHeader(sealed)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTampered, err)
	}
	key := keyOf(h.KeyID)
	if key == nil {
		return nil, fmt.Errorf("%w: %q", ErrKeyUnknown, h.KeyID)
	}
	if h.Kind != k || h.Object != object {
		return nil, fmt.Errorf("%w: another object lies in its place", ErrTampered)
	}
	aead, err := gcm(key)
	if err != nil {
		return nil, err
	}
	plain, err := aead.Open(nil, h.Nonce, sealed[n:], bound(sealed[:n], centre, ticket, object))
	if err != nil {
		return nil, ErrTampered
	}
	return plain, nil
}

// segments seals or opens the segments of one page in order. A nonce is the
// prefix from the header, the number of the segment and whether it is the
// last: segments cannot change places, and a shortened page is noticed.
type segments struct {
	aead  cipher.AEAD
	aad   []byte
	nonce [wholeNonce]byte
	count uint32
}

// newSegments starts with the segment 0 below the header head.
func newSegments(key, head, prefix []byte, centre, ticket, page string) (*segments, error) {
	aead, err := gcm(key)
	if err != nil {
		return nil, err
	}
	s := &segments{aead: aead, aad: bound(head, centre, ticket, page)}
	copy(s.nonce[:segmentNonce], prefix)
	return s, nil
}

func (s *segments) next(last bool) []byte {
	binary.BigEndian.PutUint32(s.nonce[segmentNonce:], s.count)
	s.nonce[wholeNonce-1] = 0
	if last {
		s.nonce[wholeNonce-1] = 1
	}
	s.count++
	return s.nonce[:]
}

func (s *segments) seal(dst, plain []byte, last bool) []byte {
	return s.aead.Seal(dst, s.next(last), plain, s.aad)
}

func (s *segments) open(sealed []byte, last bool) ([]byte, error) {
	plain, err := s.aead.Open(sealed[:0], s.next(last), sealed, s.aad)
	if err != nil {
		return nil, ErrTampered
	}
	return plain, nil
}

// segmentReader gives the bytes of a sealed page. Only bytes whose segment has
// been authenticated come out.
type segmentReader struct {
	src  io.Reader
	seg  *segments
	size int64 // of the whole page, from its authenticated description
	done int64 // opened so far
	buf  [SegmentSize + tagSize]byte
	left []byte // opened, not yet read
	err  error
}

// fill opens the next segment. It returns io.EOF only behind the last one.
func (r *segmentReader) fill() error {
	if r.done == r.size {
		if n, _ := io.ReadFull(r.src, r.buf[:1]); n != 0 {
			return fmt.Errorf("%w: bytes behind the end", ErrTampered)
		}
		return io.EOF
	}
	n, err := io.ReadFull(r.src, r.buf[:])
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read sealed page: %w", err)
	}
	if n <= tagSize {
		return fmt.Errorf("%w: cut short", ErrTampered)
	}
	after := r.done + int64(n-tagSize)
	plain, err := r.seg.open(r.buf[:n], after == r.size)
	if err != nil {
		return err
	}
	r.done, r.left = after, plain
	return nil
}

// Read implements io.Reader.
func (r *segmentReader) Read(p []byte) (int, error) {
	for len(r.left) == 0 {
		if r.err == nil {
			r.err = r.fill()
		}
		if r.err != nil {
			return 0, r.err
		}
	}
	n := copy(p, r.left)
	r.left = r.left[n:]
	return n, nil
}
