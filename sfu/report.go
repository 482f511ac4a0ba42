package sfu

import (
	"time"

	"github.com/pion/rtcp"
)

// senderReport maps a source's RTP clock to our NTP clock.
type senderReport struct {
	known bool
	ntp   uint64
	rtp   uint32
}

// reported takes a publisher's sender report over and passes it on to every
// slot the source feeds. The publisher's NTP clock is shifted into ours by
// one offset for all its streams, so that sound and picture stay together
// and a rebind to another publisher does not jump by the clocks' difference.
func (s *source) reported(sr *rtcp.SenderReport, now time.Time) {
	offset := s.peer.clockOffset(ntpTime(now) - sr.NTPTime)
	s.mu.Lock()
	s.report = senderReport{known: true, ntp: sr.NTPTime + offset, rtp: sr.RTPTime}
	s.mu.Unlock()
	slots := s.slots.Load()
	if slots == nil {
		return
	}
	for _, to := range *slots {
		to.mu.Lock()
		to.reportLocked(s)
		to.mu.Unlock()
	}
}

// reportLocked sends the slot's sender report, translated by the rewriter's
// present offset; without a known mapping it stays silent rather than guess.
func (s *slot) reportLocked(src *source) {
	if s.out == nil || s.numbers.source != src || s.from.Load() != src {
		return
	}
	src.mu.Lock()
	r := src.report
	src.mu.Unlock()
	if !r.known {
		return
	}
	// An error means that the peer is going; its own state says so.
	_ = s.peer.pc.WriteRTCP([]rtcp.Packet{&rtcp.SenderReport{
		SSRC: s.header.SSRC, NTPTime: r.ntp, RTPTime: r.rtp + s.numbers.addTime,
		PacketCount: s.packets, OctetCount: s.octets,
	}})
}

// ntpTime is t as 32.32 fixed point seconds since 1900 (RFC 3550 section 4).
func ntpTime(t time.Time) uint64 {
	const toUnix = 2208988800
	seconds := uint64(t.Unix()) + toUnix // after 1970
	fraction := uint64(t.Nanosecond()) << 32 / 1e9
	return seconds<<32 | fraction
}
