package sfu

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

const (
	mtu = 1600
	// A publisher is asked for a keyframe at most this often.
	keyframeInterval = 500 * time.Millisecond
	// So many packets in a row that cannot be read end a source.
	maxReadErrors = 256
)

// source is one stream that a peer publishes. It stands from the peer's join
// on, so that slots are bound before the first packet comes.
type source struct {
	peer *peer
	mid  int
	kind webrtc.RTPCodecType

	taken    atomic.Bool // a track reads for this source
	ssrc     atomic.Uint32
	slots    atomic.Pointer[[]*slot] // whom it feeds, replaced as a whole
	askedPLI atomic.Int64            // unix ns of the last request
	owed     atomic.Bool             // a request waits for its time

	mu     sync.Mutex
	report senderReport
}

// start reads the track until the peer closes. A second track on the same
// m-line is not in the layout and is ignored.
func (s *source) start(track *webrtc.TrackRemote) {
	if !s.taken.CompareAndSwap(false, true) {
		return
	}
	s.ssrc.Store(uint32(track.SSRC()))
	s.peer.sfu.conn.know(&s.peer.trail, uint32(track.SSRC()))
	if s.kind == webrtc.RTPCodecTypeVideo && s.peer.room.gate.Load() != 0 {
		s.requestKeyframe(time.Now())
	}
	buf := make([]byte, mtu)
	var header rtp.Header
	var p packet
	for failures := 0; failures < maxReadErrors; {
		n, _, err := track.Read(buf)
		if err != nil {
			if s.peer.ended() {
				return
			}
			failures++
			continue
		}
		size, err := header.Unmarshal(buf[:n])
		if err != nil || size > n {
			failures++
			continue
		}
		failures = 0
		payload := buf[size:n]
		if header.Padding {
			// Padding alone still takes a sequence number: it goes on empty.
			padding := 0
			if len(payload) > 0 {
				padding = int(payload[len(payload)-1])
			}
			payload = payload[:max(0, len(payload)-padding)]
		}
		p.sequence, p.timestamp, p.marker, p.payload = header.SequenceNumber, header.Timestamp, header.Marker, payload
		s.distribute(&p)
	}
}

// distribute counts the packet and, with the gate open, sends it to every
// slot that the source feeds.
func (s *source) distribute(p *packet) {
	c := s.peer.counts
	c.in.Add(1)
	gate := s.peer.room.gate.Load()
	if gate == 0 {
		c.dropped.Add(1)
		s.peer.sfu.metrics.gateDropped.Inc()
		return
	}
	slots := s.slots.Load()
	if slots == nil || len(*slots) == 0 {
		return
	}
	now := time.Now()
	m := s.peer.sfu.metrics
	if !s.peer.sfu.pulse.beats(now) {
		c.dropped.Add(1)
		m.fenced.Inc()
		return
	}
	p.inspect(s.kind, s.peer.sfu.options.Codec)
	packets := m.videoForwarded
	if s.kind == webrtc.RTPCodecTypeAudio {
		packets = m.audioForwarded
	}
	held := s.peer.room.held.Load()
	for _, to := range *slots {
		if held && (s.peer.role() == Station || to.peer.role() == Station) {
			c.held.Add(1)
			continue
		}
		if !to.forward(s, gate, p, now) {
			c.held.Add(1)
			continue
		}
		c.forwarded.Add(1)
		c.bytes.Add(uint64(len(p.payload)))
		to.peer.counts.out.Add(1)
		packets.Inc()
		m.bytesForwarded.Add(float64(len(p.payload)))
		to.peer.sawMedia(gate)
	}
}

// requestKeyframe sends a PLI unless one went out within keyframeInterval.
func (s *source) requestKeyframe(now time.Time) {
	ssrc := s.ssrc.Load()
	if ssrc == 0 || s.kind != webrtc.RTPCodecTypeVideo {
		return
	}
	last := s.askedPLI.Load()
	if now.UnixNano()-last < int64(keyframeInterval) || !s.askedPLI.CompareAndSwap(last, now.UnixNano()) {
		return
	}
	if err := s.peer.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: ssrc}}); err != nil {
		return
	}
	s.peer.counts.plis.Add(1)
	s.peer.sfu.metrics.plis.Inc()
}

// oweKeyframe sends a PLI now or, within keyframeInterval of the last, when
// that is over: what was asked before the path broke may never come.
func (s *source) oweKeyframe(now time.Time) {
	wait := keyframeInterval - time.Duration(now.UnixNano()-s.askedPLI.Load())
	if wait <= 0 {
		s.requestKeyframe(now)
		return
	}
	if s.kind == webrtc.RTPCodecTypeVideo && s.owed.CompareAndSwap(false, true) {
		time.AfterFunc(wait, func() {
			s.owed.Store(false)
			if !s.peer.ended() {
				s.requestKeyframe(time.Now())
			}
		})
	}
}

// reports reads the publisher's RTCP until the peer closes and carries its
// sender reports over to the slots.
func (s *source) reports(receiver *webrtc.RTPReceiver) {
	defer s.peer.tasks.Done()
	buf := make([]byte, mtu)
	for {
		n, _, err := receiver.Read(buf)
		if err != nil {
			return
		}
		packets, err := rtcp.Unmarshal(buf[:n])
		if err != nil {
			continue
		}
		for _, packet := range packets {
			if sr, ok := packet.(*rtcp.SenderReport); ok && sr.SSRC == s.ssrc.Load() {
				s.reported(sr, time.Now())
			}
		}
	}
}
