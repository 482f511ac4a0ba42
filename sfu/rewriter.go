package sfu

import "time"

// rewriter keeps the sequence numbers, timestamps and VP8 picture ids of one
// outgoing stream continuous while what feeds it changes: the gate shuts and
// opens, or another publisher takes over. A stretch of packets from one
// source through one opening is a segment; inside it all offsets are fixed,
// so that late and retransmitted packets keep their place.
//
// It is a pure value: time comes from outside, nothing is locked.
type rewriter struct {
	clock uint32 // of the RTP timestamps, Hz

	started bool
	source  *source
	gate    uint64
	first   int64 // extended incoming sequence number that began the segment
	highest int64 // extended incoming, highest so far
	addSeq  uint16
	addTime uint32
	addPic  uint16
	addTL0  uint8
	outSeq  uint16 // highest outgoing
	outTime uint32
	outPic  uint16
	outTL0  uint8
	sentAt  time.Time // of the packet with outSeq
}

// in tells whether the packet's segment is the current one.
func (r *rewriter) in(src *source, gate uint64) bool {
	return r.started && r.source == src && r.gate == gate
}

// begin opens a segment with p as its first packet.
func (r *rewriter) begin(src *source, gate uint64, p *packet, now time.Time) {
	if !r.started {
		// Nothing went out yet: keep the source's own numbers, but begin in the
		// lower half. A receiver that misses the first packets and with them a
		// wrap of the number could never open the rest (RFC 3711, 3.3.1).
		first := p.sequence &^ (1 << 15)
		r.addSeq, r.addTime, r.addPic, r.addTL0 = first-p.sequence, 0, 0, 0
		r.outSeq, r.outTime = first-1, p.timestamp
	} else {
		r.addSeq = r.outSeq + 1 - p.sequence
		r.addPic = r.outPic + 1 - p.vp8.picture
		r.addTL0 = r.outTL0 + 1 - p.vp8.tl0
		if r.source != src {
			// Another clock: go on by the time that passed. The same source
			// keeps its mapping, and with it the sync of its two streams.
			elapsed := now.Sub(r.sentAt)
			step := uint32(elapsed.Milliseconds()) * (r.clock / 1000) // wraps like the clock does
			if step == 0 {
				step = 1
			}
			r.addTime = r.outTime + step - p.timestamp
		}
	}
	r.started, r.source, r.gate = true, src, gate
	r.first, r.highest = int64(p.sequence), int64(p.sequence)
}

// next maps one packet of the current segment; ok is false for one from
// before the segment began, which has no place in the stream.
func (r *rewriter) next(p *packet, now time.Time) (sequence uint16, timestamp uint32, ok bool) {
	extended := r.highest + int64(int16(p.sequence-uint16(r.highest))) // serial number arithmetic
	if extended < r.first {
		return 0, 0, false
	}
	sequence, timestamp = p.sequence+r.addSeq, p.timestamp+r.addTime
	if extended >= r.highest {
		r.highest = extended
		r.outSeq, r.outTime, r.sentAt = sequence, timestamp, now
		if p.vp8.pictureAt > 0 {
			r.outPic = p.vp8.picture + r.addPic
		}
		if p.vp8.tl0At > 0 {
			r.outTL0 = p.vp8.tl0 + r.addTL0
		}
	}
	return sequence, timestamp, true
}
