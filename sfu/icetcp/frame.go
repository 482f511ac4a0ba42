package icetcp

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
)

const (
	// MaxFrame is the largest packet taken or sent, in bytes. Media, DTLS and
	// SCTP stay below 1,500.
	MaxFrame = 8 << 10
	// maxFirst bounds the first packet, a STUN request with few attributes.
	maxFirst = 1 << 10

	lengthSize = 2 // RFC 4571, section 2

	stunHeader   = 20
	stunCookie   = 0x2112A442
	stunBinding  = 0x0001
	stunUsername = 0x0006
	maxUsername  = 513 // RFC 8489, 14.3
)

// ErrFrame says that the stream is not framed packets, or one is too large.
var ErrFrame = errors.New("icetcp: frame refused")

// readFrame reads one packet of at most limit bytes into buf.
func readFrame(r *bufio.Reader, buf []byte, limit int) (int, error) {
	var length [lengthSize]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return 0, err
	}
	n := int(binary.BigEndian.Uint16(length[:]))
	if n > limit || n > len(buf) {
		return 0, fmt.Errorf("%w: %d bytes, at most %d", ErrFrame, n, limit)
	}
	return io.ReadFull(r, buf[:n])
}

// frame is the packet with its length before it.
func frame(packet []byte) []byte {
	out := make([]byte, lengthSize+len(packet))
	binary.BigEndian.PutUint16(out, uint16(len(packet))) // callers keep to MaxFrame
	copy(out[lengthSize:], packet)
	return out
}

// fragment reads whom a STUN binding request is for: the part of USERNAME
// before the colon (RFC 8445, 7.2.2).
func fragment(packet []byte) (string, bool) {
	if len(packet) < stunHeader || binary.BigEndian.Uint16(packet) != stunBinding ||
		binary.BigEndian.Uint32(packet[4:]) != stunCookie ||
		int(binary.BigEndian.Uint16(packet[2:])) != len(packet)-stunHeader {
		return "", false
	}
	for rest := packet[stunHeader:]; len(rest) >= 4; {
		kind, size := binary.BigEndian.Uint16(rest), int(binary.BigEndian.Uint16(rest[2:]))
		rest = rest[4:]
		if size > len(rest) {
			return "", false
		}
		if kind == stunUsername {
			ufrag, _, ok := strings.Cut(string(rest[:size]), ":")
			return ufrag, ok && size <= maxUsername && ufrag != ""
		}
		rest = rest[min((size+3)&^3, len(rest)):]
	}
	return "", false
}
