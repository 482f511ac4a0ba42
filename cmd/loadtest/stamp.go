package main

import (
	"encoding/binary"
	"time"
)

// The SFU rewrites sequence numbers, timestamps, SSRCs and picture ids, so a
// packet names itself in its last bytes, which nobody rewrites.

// stampSize is the length of a stamp in bytes.
const stampSize = 28

const stampMagic = 0x72776c74 // "rwlt"

// direction of a flow within a call.
type direction uint8

const (
	toAgent direction = iota
	toStation
	directions
)

// kind of stream of a flow.
type kind uint8

const (
	audio kind = iota
	video
	kinds
)

// stamp identifies a packet and tells when it was handed to the sender.
type stamp struct {
	call      uint32
	direction direction
	kind      kind
	keyframe  bool   // first packet of a keyframe
	counter   uint64 // of the flow, from 0
	sent      time.Duration
}

// write puts the stamp at the end of payload, which must hold it.
func (s stamp) write(payload []byte) {
	b := payload[len(payload)-stampSize:]
	binary.BigEndian.PutUint32(b, stampMagic)
	binary.BigEndian.PutUint32(b[4:], s.call)
	b[8], b[9], b[10], b[11] = byte(s.direction), byte(s.kind), 0, 0
	if s.keyframe {
		b[10] = 1
	}
	binary.BigEndian.PutUint64(b[12:], s.counter)
	binary.BigEndian.PutUint64(b[20:], uint64(s.sent))
}

// readStamp returns the stamp of a payload; ok is false when it carries none.
func readStamp(payload []byte) (s stamp, ok bool) {
	if len(payload) < stampSize {
		return s, false
	}
	b := payload[len(payload)-stampSize:]
	if binary.BigEndian.Uint32(b) != stampMagic || b[8] >= byte(directions) || b[9] >= byte(kinds) {
		return s, false
	}
	return stamp{
		call: binary.BigEndian.Uint32(b[4:]), direction: direction(b[8]), kind: kind(b[9]), keyframe: b[10] == 1,
		counter: binary.BigEndian.Uint64(b[12:]), sent: time.Duration(binary.BigEndian.Uint64(b[20:])),
	}, true
}
