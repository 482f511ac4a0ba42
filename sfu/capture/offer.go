package capture

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Types a page may have.
const (
	JPEG = "image/jpeg"
	PNG  = "image/png"
)

const (
	maxSide   = 65_535 // pixels
	maxName   = 64     // bytes of slot, side, request
	sumDigits = 2 * sha256.Size
)

// Offer is a page as its sender announces it.
type Offer struct {
	// Document is the id of the transfer; it travels in the header.
	Document ID `json:"-"`

	SHA256  string  `json:"sha256"` // of the page, 64 hex digits
	Size    int64   `json:"size"`   // bytes, 1 to MaxPageSize
	MIME    string  `json:"mime"`   // JPEG or PNG
	Width   int     `json:"width"`  // pixels, 0 if unknown
	Height  int     `json:"height"`
	Slot    string  `json:"slot"`    // of the checklist
	Side    string  `json:"side"`    // front, back or page
	Request string  `json:"request"` // id of the agent's request
	Sharp   float64 `json:"sharp"`   // variance of the Laplacian as the station measured it
	// ThumbSize is the length of the thumbnail that follows, 0 for none.
	ThumbSize int `json:"thumb_size"`
}

// offerBody tells a field that is missing from one that is zero.
type offerBody struct {
	SHA256    *string `json:"sha256"`
	Size      *int64  `json:"size"`
	MIME      *string `json:"mime"`
	Width     int     `json:"width"`
	Height    int     `json:"height"`
	Slot      string  `json:"slot"`
	Side      string  `json:"side"`
	Request   string  `json:"request"`
	Sharp     float64 `json:"sharp"`
	ThumbSize int     `json:"thumb_size"`
}

// Frame is the message that makes the offer.
func (o Offer) Frame() (Frame, error) {
	payload, err := json.Marshal(o)
	if err != nil {
		return Frame{}, fmt.Errorf("offer: %w", err)
	}
	return Frame{Kind: KindOffer, ID: o.Document, Payload: payload}, nil
}

// ParseOffer reads the offer of a frame of KindOffer: one JSON object with
// known fields, every one within its bounds. Errors wrap a Refusal.
func ParseOffer(f Frame) (Offer, error) {
	if len(f.Payload) > maxOfferSize {
		return Offer{}, fmt.Errorf("%w: offer of %d bytes", BadFrame, len(f.Payload))
	}
	if !utf8.Valid(f.Payload) {
		return Offer{}, fmt.Errorf("%w: offer is not UTF-8", BadFrame)
	}
	d := json.NewDecoder(bytes.NewReader(f.Payload))
	d.DisallowUnknownFields()
	var body offerBody
	if err := d.Decode(&body); err != nil {
		return Offer{}, fmt.Errorf("%w: offer: %s", BadFrame, clip(err.Error()))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Offer{}, fmt.Errorf("%w: more than one value in the offer", BadFrame)
	}
	if body.SHA256 == nil || body.Size == nil || body.MIME == nil {
		return Offer{}, fmt.Errorf("%w: offer without sha256, size or mime", BadFrame)
	}
	o := Offer{
		Document: f.ID, SHA256: *body.SHA256, Size: *body.Size, MIME: *body.MIME, Width: body.Width, Height: body.Height,
		Slot: body.Slot, Side: body.Side, Request: body.Request, Sharp: body.Sharp, ThumbSize: body.ThumbSize,
	}
	return o, o.check()
}

func (o Offer) check() error {
	if b, err := hex.DecodeString(o.SHA256); err != nil || len(b) != sha256.Size || strings.ToLower(o.SHA256) != o.SHA256 {
		return fmt.Errorf("%w: sha256 is not %d small hex digits", BadFrame, sumDigits)
	}
	if o.Size < 1 || o.ThumbSize < 0 {
		return fmt.Errorf("%w: size %d, thumbnail %d", BadFrame, o.Size, o.ThumbSize)
	}
	if o.Size > MaxPageSize || o.ThumbSize > MaxThumbSize {
		return fmt.Errorf("%w: size %d, thumbnail %d", TooLarge, o.Size, o.ThumbSize)
	}
	if o.MIME != JPEG && o.MIME != PNG {
		return fmt.Errorf("%w: %q", BadType, clip(o.MIME))
	}
	if o.Width < 0 || o.Width > maxSide || o.Height < 0 || o.Height > maxSide || o.Sharp < 0 {
		return fmt.Errorf("%w: %d by %d pixels, sharpness %g", BadFrame, o.Width, o.Height, o.Sharp)
	}
	for _, name := range []string{o.Slot, o.Side, o.Request} {
		if len(name) > maxName || strings.ContainsFunc(name, unicode.IsControl) {
			return fmt.Errorf("%w: slot, side or request too long or not text", BadFrame)
		}
	}
	return nil
}

// Chunks is the number of chunks of the page.
func (o Offer) Chunks() uint32 { return chunks(o.Size) }

func chunks(size int64) uint32 {
	return uint32((size + ChunkSize - 1) / ChunkSize) // size is bounded by MaxPageSize
}

// TypeOf is the type that a page's first bytes say, or "".
func TypeOf(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte{0xff, 0xd8, 0xff}):
		return JPEG
	case bytes.HasPrefix(head, []byte("\x89PNG\r\n\x1a\n")):
		return PNG
	default:
		return ""
	}
}

// ParseSum reads the SHA-256 of an offer, the payload of a done.
func ParseSum(s string) ([]byte, error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != sha256.Size {
		return nil, fmt.Errorf("%w: sha256 is not %d hex digits", BadFrame, sumDigits)
	}
	return b, nil
}
