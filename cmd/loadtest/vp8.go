package main

import "encoding/binary"

const (
	packetsPerFrame = 5
	videoPayload    = 1200 // bytes of a packet's payload, descriptor included
	audioPayload    = 100  // bytes, as Opus at 40 kbit/s and 20 ms

	// descriptorSize is that of a VP8 payload descriptor with a picture id of
	// 15 bits (RFC 7741 4.2): X|S, I, M|id, id.
	descriptorSize = 4

	pictureIDs = 1 << 15
)

// shapeVP8 writes descriptor and frame header of packet n of a frame into
// payload, so that an SFU sees real VP8: S on the first packet, the picture id,
// and whether it is a keyframe. The rest of the payload stays as it is.
func shapeVP8(payload []byte, n int, keyframe bool, picture uint16) {
	payload[0] = 0x80 // X: extension follows
	if n == 0 {
		payload[0] |= 0x10 // S: begin of a partition, PID 0
	}
	payload[1] = 0x80 // I: picture id follows
	binary.BigEndian.PutUint16(payload[2:], 0x8000|picture%pictureIDs)
	if n != 0 {
		return
	}
	// Frame tag (RFC 6386 9.1): P is 0 for a keyframe, show_frame 1.
	frame := payload[descriptorSize:]
	if !keyframe {
		frame[0] = 0x11
		return
	}
	frame[0], frame[1], frame[2] = 0x10, 0, 0
	frame[3], frame[4], frame[5] = 0x9d, 0x01, 0x2a // start code
	binary.LittleEndian.PutUint16(frame[6:], 640)
	binary.LittleEndian.PutUint16(frame[8:], 480)
}

// startsKeyframe parses a VP8 payload (RFC 7741 4.2) and tells whether it is
// the first packet of a keyframe.
func startsKeyframe(payload []byte) bool {
	if len(payload) < 1 || payload[0]&0x10 == 0 || payload[0]&0x07 != 0 { // S and PID 0
		return false
	}
	at := 1
	if payload[0]&0x80 != 0 {
		if len(payload) < 2 {
			return false
		}
		extension := payload[1]
		at = 2
		if extension&0x80 != 0 { // picture id of 7 or 15 bits
			if len(payload) <= at {
				return false
			}
			if payload[at]&0x80 != 0 {
				at++
			}
			at++
		}
		if extension&0x40 != 0 { // TL0PICIDX
			at++
		}
		if extension&0x30 != 0 { // TID or KEYIDX share a byte
			at++
		}
	}
	return len(payload) > at && payload[at]&0x01 == 0
}
