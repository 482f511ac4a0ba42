package sfu

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// slot is one outgoing stream of a peer, with one SSRC for the peer's whole
// life. It is the webrtc.TrackLocal behind an m-line that the SFU sends on,
// and exists, announced in the answer, whether or not anything feeds it.
type slot struct {
	peer *peer
	mid  int
	section

	from atomic.Pointer[source] // nil while nobody feeds it

	mu      sync.Mutex // guards everything below, and the order of writes
	out     webrtc.TrackLocalWriter
	header  rtp.Header
	numbers rewriter
	packets uint32
	octets  uint32
}

var _ webrtc.TrackLocal = (*slot)(nil)

func newSlot(p *peer, mid int, s section) *slot {
	clock := uint32(90000)
	if s.kind == webrtc.RTPCodecTypeAudio {
		clock = 48000
	}
	return &slot{peer: p, mid: mid, section: s, numbers: rewriter{clock: clock}}
}

// Bind implements webrtc.TrackLocal: the negotiated SSRC and payload type.
func (s *slot) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	want := s.peer.sfu.mime(s.kind)
	for _, codec := range c.CodecParameters() {
		if strings.EqualFold(codec.MimeType, want) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.out = c.WriteStream()
			s.header = rtp.Header{Version: 2, SSRC: uint32(c.SSRC()), PayloadType: uint8(codec.PayloadType)}
			return codec, nil
		}
	}
	return webrtc.RTPCodecParameters{}, fmt.Errorf("m-line %d: %w: no %s", s.mid, webrtc.ErrUnsupportedCodec, want)
}

// Unbind implements webrtc.TrackLocal.
func (s *slot) Unbind(webrtc.TrackLocalContext) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out = nil
	return nil
}

// ID implements webrtc.TrackLocal: the msid track id.
func (s *slot) ID() string { return fmt.Sprintf("%s-%s", s.stream(), s.kind) }

// RID implements webrtc.TrackLocal; there is no simulcast.
func (s *slot) RID() string { return "" }

// StreamID implements webrtc.TrackLocal: the msid stream id and the CNAME.
func (s *slot) StreamID() string { return s.stream() }

// Kind implements webrtc.TrackLocal.
func (s *slot) Kind() webrtc.RTPCodecType { return s.kind }

// forward sends one packet of src on. It answers false when the slot waits
// for a keyframe or the packet has no place in the stream.
func (s *slot) forward(src *source, gate uint64, p *packet, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.out == nil || s.from.Load() != src {
		return false
	}
	fresh := false
	if !s.numbers.in(src, gate) {
		if s.kind == webrtc.RTPCodecTypeVideo && !p.keyframe {
			src.requestKeyframe(now)
			return false
		}
		s.numbers.begin(src, gate, p, now)
		fresh = true
	}
	sequence, timestamp, ok := s.numbers.next(p, now)
	if !ok {
		return false
	}
	s.header.SequenceNumber, s.header.Timestamp, s.header.Marker = sequence, timestamp, p.marker
	setVP8(p.payload, p.vp8, p.vp8.picture+s.numbers.addPic, p.vp8.tl0+s.numbers.addTL0)
	_, err := s.out.WriteRTP(&s.header, p.payload)
	setVP8(p.payload, p.vp8, p.vp8.picture, p.vp8.tl0)
	if err != nil {
		return false
	}
	s.packets++
	s.octets += uint32(len(p.payload)) // wraps by RFC 3550
	if fresh {
		s.reportLocked(src)
	}
	return true
}

// feedback reads the receiver's RTCP until the peer closes. Reading is also
// what lets the retransmitting interceptor see it.
func (s *slot) feedback(sender *webrtc.RTPSender) {
	defer s.peer.tasks.Done()
	buf := make([]byte, mtu)
	for {
		n, _, err := sender.Read(buf)
		if err != nil {
			return
		}
		packets, err := rtcp.Unmarshal(buf[:n])
		if err != nil {
			continue
		}
		for _, packet := range packets {
			switch packet := packet.(type) {
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				if src := s.from.Load(); src != nil && s.peer.room.gate.Load() != 0 {
					src.requestKeyframe(time.Now())
				}
			case *rtcp.TransportLayerNack:
				s.peer.counts.nacks.Add(1)
				s.peer.sfu.metrics.nacks.Inc()
			case *rtcp.ReceiverReport:
				s.lost(packet)
			}
		}
	}
}

// lost records the part of the packets that the receiver missed since its last
// report. One report may speak of several slots.
func (s *slot) lost(report *rtcp.ReceiverReport) {
	s.mu.Lock()
	ssrc := s.header.SSRC
	s.mu.Unlock()
	for _, r := range report.Reports {
		if r.SSRC == ssrc {
			s.peer.sfu.metrics.loss.Observe(float64(r.FractionLost) / 256)
		}
	}
}
