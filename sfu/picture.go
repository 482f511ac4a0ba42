package sfu

import "github.com/pion/webrtc/v4"

// packet is what the forwarding path knows of one RTP packet. It is reused
// from packet to packet; payload aliases the reader's buffer.
type packet struct {
	sequence  uint16
	timestamp uint32
	marker    bool
	payload   []byte
	keyframe  bool // the first packet of a keyframe
	vp8       vp8Descriptor
}

// vp8Descriptor locates in a VP8 payload (RFC 7741 section 4.2) the numbers
// that must stay continuous for a decoder; an offset of 0 means absent.
type vp8Descriptor struct {
	pictureAt int
	wide      bool // 15-bit picture id, otherwise 7
	picture   uint16
	tl0At     int
	tl0       uint8
}

// inspect fills keyframe and vp8 from the payload.
func (p *packet) inspect(kind webrtc.RTPCodecType, codec string) {
	p.keyframe, p.vp8 = false, vp8Descriptor{}
	if kind != webrtc.RTPCodecTypeVideo {
		return
	}
	if codec == H264 {
		p.keyframe = h264Keyframe(p.payload)
		return
	}
	p.vp8, p.keyframe = parseVP8(p.payload)
}

// parseVP8 reads the payload descriptor and, in the packet that starts the
// first partition, the frame's P bit. Cut or empty payloads give zeros.
func parseVP8(b []byte) (d vp8Descriptor, keyframe bool) {
	if len(b) < 1 {
		return d, false
	}
	start := b[0]&0x10 != 0 && b[0]&0x07 == 0
	at := 1
	if b[0]&0x80 != 0 {
		if len(b) < 2 {
			return d, false
		}
		extension := b[1]
		at = 2
		if extension&0x80 != 0 {
			if len(b) < at+1 {
				return d, false
			}
			d.pictureAt = at
			if b[at]&0x80 != 0 {
				if len(b) < at+2 {
					return vp8Descriptor{}, false
				}
				d.wide = true
				d.picture = uint16(b[at]&0x7f)<<8 | uint16(b[at+1])
				at += 2
			} else {
				d.picture = uint16(b[at])
				at++
			}
		}
		if extension&0x40 != 0 {
			if len(b) < at+1 {
				return d, false
			}
			d.tl0At, d.tl0 = at, b[at]
			at++
		}
		if extension&0x30 != 0 {
			at++
		}
	}
	return d, start && len(b) > at && b[at]&0x01 == 0
}

// setVP8 writes the two numbers back in their places.
func setVP8(b []byte, d vp8Descriptor, picture uint16, tl0 uint8) {
	if d.pictureAt > 0 {
		if d.wide {
			b[d.pictureAt] = 0x80 | byte(picture>>8)&0x7f
			b[d.pictureAt+1] = byte(picture)
		} else {
			b[d.pictureAt] = byte(picture) & 0x7f
		}
	}
	if d.tl0At > 0 {
		b[d.tl0At] = tl0
	}
}

// h264Keyframe tells whether the payload (RFC 6184) begins an IDR picture:
// a parameter set, an aggregate that holds one, or the first part of an IDR.
func h264Keyframe(b []byte) bool {
	const idr, sps, stapA, fuA = 5, 7, 24, 28
	if len(b) < 1 {
		return false
	}
	switch b[0] & 0x1f {
	case idr, sps:
		return true
	case stapA:
		for at := 1; at+2 < len(b); {
			size := int(b[at])<<8 | int(b[at+1])
			if size == 0 {
				return false
			}
			if unit := b[at+2] & 0x1f; unit == idr || unit == sps {
				return true
			}
			at += 2 + size
		}
	case fuA:
		return len(b) > 1 && b[1]&0x80 != 0 && b[1]&0x1f == idr
	}
	return false
}
