package main

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	"github.com/remotewindow/remotewindow/signaling/client"
)

const (
	audioEvery = 20 * time.Millisecond
	videoEvery = time.Second / 30
	audioTicks = 960  // of 48 kHz per packet
	videoTicks = 3000 // of 90 kHz per frame
)

// source is what one participant sends: it makes the packets of one direction.
// Only the pump of its call touches it, apart from wanted.
type source struct {
	call      uint32
	direction direction
	media     *client.Media
	flows     *[kinds]flow
	epoch     time.Time   // zero of the stamps, the same for all
	wanted    atomic.Bool // the SFU asked for a keyframe

	packet   [kinds]rtp.Packet
	payload  [kinds][]byte
	picture  uint16
	failures int64 // packets that the connection did not take
}

func newSource(call uint32, d direction, flows *[kinds]flow, epoch time.Time) *source {
	s := &source{call: call, direction: d, flows: flows, epoch: epoch, picture: uint16(rand.UintN(pictureIDs))}
	for k, size := range [kinds]int{audio: audioPayload, video: videoPayload} {
		s.payload[k] = make([]byte, size)
		for i := range s.payload[k] {
			s.payload[k][i] = byte(rand.UintN(256))
		}
		s.packet[k].Header = rtp.Header{Version: 2, SequenceNumber: uint16(rand.UintN(1 << 16)), Timestamp: rand.Uint32()}
		s.packet[k].Payload = s.payload[k]
	}
	s.payload[audio][0] = 0xfc // Opus TOC: CELT, fullband, 20 ms, stereo, one frame (RFC 6716 3.1)
	s.wanted.Store(true)       // a stream begins with a keyframe
	return s
}

func (s *source) sendAudio() {
	s.write(audio, client.Microphone, false)
	s.packet[audio].Timestamp += audioTicks
}

func (s *source) sendFrame() {
	keyframe := s.wanted.Swap(false)
	for n := range packetsPerFrame {
		shapeVP8(s.payload[video], n, keyframe, s.picture)
		s.packet[video].Marker = n == packetsPerFrame-1
		s.write(video, client.Camera, keyframe && n == 0)
	}
	s.picture = (s.picture + 1) % pictureIDs
	s.packet[video].Timestamp += videoTicks
}

func (s *source) write(k kind, slot client.Slot, keyframe bool) {
	mark := stamp{call: s.call, direction: s.direction, kind: k, keyframe: keyframe, counter: s.flows[k].next(), sent: time.Since(s.epoch)}
	mark.write(s.payload[k])
	if s.media.WriteRTP(slot, &s.packet[k]) != nil {
		s.failures++ // shows as lost as well
	}
	s.packet[k].SequenceNumber++
}

// pump sends both directions of a call in time with one timer, until ctx ends.
// A late wake-up is caught up with, so the rate holds.
func pump(ctx context.Context, sources ...*source) {
	begin := time.Now().Add(rand.N(videoEvery)) // calls do not beat together
	nextAudio, nextVideo := begin, begin
	timer := time.NewTimer(time.Until(begin))
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		now := time.Now()
		for !nextAudio.After(now) {
			for _, s := range sources {
				s.sendAudio()
			}
			nextAudio = nextAudio.Add(audioEvery)
		}
		for !nextVideo.After(now) {
			for _, s := range sources {
				s.sendFrame()
			}
			nextVideo = nextVideo.Add(videoEvery)
		}
		next := nextAudio
		if nextVideo.Before(next) {
			next = nextVideo
		}
		timer.Reset(time.Until(next))
	}
}

// sink is what one participant receives. Its method take is called by the
// reader of each slot.
type sink struct {
	call      uint32
	direction direction
	flows     *[kinds]flow
	epoch     time.Time
	accepted  *atomic.Int64 // ns after epoch when accept was sent, 0 before
	heard     atomic.Bool   // something arrived
	figures   *figures
}

func (s *sink) take(slot client.Slot, _ *rtp.Header, payload []byte) {
	now := time.Since(s.epoch)
	if len(payload) == 0 {
		return // padding that probes the line
	}
	mark, ok := readStamp(payload)
	if !ok || mark.call != s.call || mark.direction != s.direction || slotOf(mark.kind) != slot || mark.keyframe && !startsKeyframe(payload) {
		s.figures.wrong.Add(1)
		return
	}
	accepted := time.Duration(s.accepted.Load())
	if accepted == 0 {
		s.figures.early.Add(1)
		return
	}
	a := s.flows[mark.kind].take(mark.counter, mark.keyframe)
	switch {
	case !a.known:
		s.figures.wrong.Add(1)
		return
	case a.again:
		return
	}
	s.figures.received.Add(1)
	s.figures.forwarding.add((now - mark.sent).Microseconds())
	if s.heard.CompareAndSwap(false, true) {
		s.figures.firstRTP.add(milliseconds(now - accepted))
	}
	if a.started && mark.kind == video {
		s.figures.firstKeyframe.add(milliseconds(now - accepted))
	}
}

func slotOf(k kind) client.Slot {
	if k == audio {
		return client.Microphone
	}
	return client.Camera
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
