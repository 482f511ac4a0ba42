package documents

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Meta describes a page as its sender announced it.
type Meta struct {
	ID     string `json:"-"`      // lower case letters, digits, hyphens; at most 64
	SHA256 string `json:"sha256"` // of all bytes, 64 hex digits in lower case
	Size   int64  `json:"size"`   // bytes
	MIME   string `json:"mime"`   // image/jpeg or image/png
}

// check refuses a description that no page could have.
func (m Meta) check(max int64) error {
	if m.Size > max {
		return fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, m.Size, max)
	}
	if m.MIME != "image/jpeg" && m.MIME != "image/png" {
		return fmt.Errorf("%w: announced %.40q", ErrType, m.MIME)
	}
	sum, err := hex.DecodeString(m.SHA256)
	if !isName(m.ID) || m.Size <= 0 || err != nil || len(sum) != 32 || hex.EncodeToString(sum) != m.SHA256 {
		return ErrInvalid
	}
	return nil
}

// Pictures by their first bytes.
var (
	jpegStart = []byte{0xff, 0xd8, 0xff}
	pngStart  = []byte("\x89PNG\r\n\x1a\n")
)

// longestStart is how many first bytes tell the type.
const longestStart = 8

// typeOf returns the type of a picture by its first bytes, "" if it is none.
func typeOf(start []byte) string {
	switch {
	case bytes.HasPrefix(start, jpegStart):
		return "image/jpeg"
	case bytes.HasPrefix(start, pngStart):
		return "image/png"
	}
	return ""
}

// description is what lies sealed in a page's key file.
type description struct {
	Meta
	Key []byte `json:"key"` // of the page, 32 bytes
}

// sealDescription wraps the page's key and its Meta by the key of the case.
func (s *Store) sealDescription(d description, caseID string, caseKey []byte, ticket string) ([]byte, error) {
	plain, err := json.Marshal(d)
	if err != nil {
		return nil, err
	}
	return sealWhole(kindPageKey, caseID, caseKey, plain, s.o.Centre, ticket, d.ID)
}

func (s *Store) openDescription(sealed []byte, caseID string, caseKey []byte, ticket, page string) (description, error) {
	keyOf := func(id string) []byte {
		if id == caseID {
			return caseKey
		}
		return nil
	}
	plain, err := openWhole(kindPageKey, sealed, keyOf, s.o.Centre, ticket, page)
	if err != nil {
		return description{}, fmt.Errorf("page key: %w", err)
	}
	var d description
	if err := json.Unmarshal(plain, &d); err != nil || len(d.Key) != keySize {
		return description{}, fmt.Errorf("page key: %w", ErrTampered)
	}
	d.ID = page
	return d, nil
}
