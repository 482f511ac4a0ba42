package capture

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
)

// Sizes of the framing, in bytes.
const (
	Version         = 1
	HeaderSize      = 22
	MessageSize     = 16_384 // the longest message we send
	MaxMessageSize  = 61_440 // the longest message we take
	ChunkSize       = MessageSize - HeaderSize
	MaxPageSize     = 20 << 20
	MaxThumbSize    = 64 << 10
	maxOfferSize    = 4096
	maxRefusalSize  = 256
	ackEvery        = 4 // chunks, about 64 KiB
	windowChunks    = (512 << 10) / MessageSize
	HighBuffered    = 1 << 20   // a sender stops handing over above
	LowBuffered     = 256 << 10 // and goes on below
	identifierBytes = 16
)

// Kind says what a message is.
type Kind uint8

// The kinds of messages.
const (
	KindOffer  Kind = 1 // JSON of Offer; number 0
	KindHave   Kind = 2 // number: the chunk wanted next
	KindThumb  Kind = 3 // number: index; a part of the JPEG thumbnail
	KindChunk  Kind = 4 // number: index; ChunkSize bytes except the last
	KindAck    Kind = 5 // number: chunks received so far
	KindDone   Kind = 6 // the 32-byte SHA-256 of the page as received and kept
	KindRefuse Kind = 7 // JSON {"code": Refusal}
	KindCancel Kind = 8 // the sender gives the page up
)

// ID names one page on its way; the sender draws it at random.
type ID [identifierBytes]byte

// String is the id as 32 hex digits.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// ParseID reads 32 hex digits.
func ParseID(s string) (id ID, err error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(id) {
		return id, fmt.Errorf("document id %q is not 32 hex digits", clip(s))
	}
	return ID(b), nil
}

// Frame is one message. Payload aliases the bytes it was parsed from.
type Frame struct {
	Kind    Kind
	ID      ID
	Number  uint32
	Payload []byte
}

// Append appends the message to b.
func (f Frame) Append(b []byte) []byte {
	b = append(b, Version, byte(f.Kind))
	b = append(b, f.ID[:]...)
	b = binary.BigEndian.AppendUint32(b, f.Number)
	return append(b, f.Payload...)
}

// Marshal returns the message.
func (f Frame) Marshal() []byte {
	return f.Append(make([]byte, 0, HeaderSize+len(f.Payload)))
}

// Parse reads a message. Its errors wrap TooLarge or BadFrame; the frame then
// still carries the id where there is one, so that the refusal can name it.
func Parse(b []byte) (Frame, error) {
	var f Frame
	if len(b) >= HeaderSize {
		f.ID = ID(b[2 : 2+identifierBytes])
	}
	switch {
	case len(b) > MaxMessageSize:
		return f, fmt.Errorf("%w: message of %d bytes", TooLarge, len(b))
	case len(b) < HeaderSize:
		return f, fmt.Errorf("%w: message of %d bytes is shorter than its header", BadFrame, len(b))
	case b[0] != Version:
		return f, fmt.Errorf("%w: version %d", BadFrame, b[0])
	case Kind(b[1]) < KindOffer || Kind(b[1]) > KindCancel:
		return f, fmt.Errorf("%w: kind %d", BadFrame, b[1])
	}
	f.Kind = Kind(b[1])
	f.Number = binary.BigEndian.Uint32(b[2+identifierBytes:])
	f.Payload = b[HeaderSize:]
	return f, nil
}

// Refusal is the code with which a receiver refuses a page, and an error.
type Refusal string

// The codes.
const (
	TooLarge Refusal = "too_large" // page above 20 MiB, thumbnail above 64 KiB, message above 61,440 B
	BadHash  Refusal = "bad_hash"  // the bytes are not those that were offered
	BadFrame Refusal = "bad_frame" // a message that cannot be understood or is out of place
	NotAsked Refusal = "not_asked" // nobody asked for this page, or the sender may not send
	DiskFull Refusal = "disk_full" // it cannot be stored now
	BadType  Refusal = "type"      // neither JPEG nor PNG, or not what was announced
)

// Error implements error.
func (r Refusal) Error() string { return "page refused: " + string(r) }

// RefusalOf is the code that fits err: the Refusal it wraps, otherwise
// DiskFull, because whatever else goes wrong on the way to the store means
// that the page cannot be kept now.
func RefusalOf(err error) Refusal {
	var r Refusal
	if errors.As(err, &r) {
		return r
	}
	return DiskFull
}

type refusalBody struct {
	Code Refusal `json:"code"`
}

// Refuse is the message that refuses a page.
func Refuse(id ID, code Refusal) Frame {
	payload, _ := json.Marshal(refusalBody{Code: code}) // a string always marshals
	return Frame{Kind: KindRefuse, ID: id, Payload: payload}
}

// ParseRefusal reads the payload of a refusal; one that cannot be read is
// BadFrame, because refused it is.
func ParseRefusal(payload []byte) Refusal {
	var body refusalBody
	if len(payload) > maxRefusalSize || json.Unmarshal(payload, &body) != nil {
		return BadFrame
	}
	switch body.Code {
	case TooLarge, BadHash, BadFrame, NotAsked, DiskFull, BadType:
		return body.Code
	default:
		return BadFrame
	}
}

// clip bounds text of the other side before it goes into an error.
func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}
