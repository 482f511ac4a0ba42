package sfu

import (
	"testing"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// wire takes what a slot sends.
type wire struct{ headers []rtp.Header }

func (w *wire) WriteRTP(h *rtp.Header, payload []byte) (int, error) {
	if len(w.headers) < cap(w.headers) {
		w.headers = append(w.headers, *h)
	}
	return len(payload), nil
}

func (w *wire) Write(b []byte) (int, error) { return len(b), nil }

// pair is a station's camera and the agent's slot for it, without Pion.
func pair(t *testing.T) (*source, *slot, *wire) {
	t.Helper()
	figures, err := newMetrics(nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &SFU{options: Options{Codec: VP8}, metrics: figures, events: &mailbox{}}
	r := newRoom(s, "r")
	from := &peer{sfu: s, room: r, counts: &tally{}, who: Participant{ID: "s01", Role: Station}}
	to := &peer{sfu: s, room: r, counts: &tally{}, who: Participant{ID: "agent1", Role: Agent}}
	layout, _ := layout1(Agent)
	src := &source{peer: from, mid: midVideo, kind: webrtc.RTPCodecTypeVideo}
	out := newSlot(to, midVideo, layout[midVideo])
	w := &wire{headers: make([]rtp.Header, 0, 64)}
	out.out = w
	from.sources[midVideo], to.slots[midVideo] = src, out
	r.peers[Station], r.peers[Agent] = from, to
	r.mu.Lock()
	r.bindLocked()
	r.mu.Unlock()
	return src, out, w
}

func keyframe(sequence uint16) *packet {
	return &packet{sequence: sequence, payload: []byte{0x90, 0x80, 0x80, 0x01, 0x00, 1, 2, 3}}
}

func delta(sequence uint16) *packet {
	return &packet{sequence: sequence, payload: []byte{0x90, 0x80, 0x80, 0x01, 0x01, 1, 2, 3}}
}

func TestVideoBeginsWithAKeyframe(t *testing.T) {
	src, _, w := pair(t)
	src.distribute(keyframe(1))
	if err := src.peer.room.open(1); err != nil {
		t.Fatal(err)
	}
	for sequence, p := range []*packet{delta(2), delta(3), keyframe(4), delta(5)} {
		src.distribute(p)
		if got, want := len(w.headers), max(0, sequence-1); got != want {
			t.Fatalf("after packet %d: %d sent, want %d", sequence, got, want)
		}
	}
	if src.peer.counts.dropped.Load() != 1 || src.peer.counts.held.Load() != 2 || src.peer.counts.forwarded.Load() != 2 {
		t.Errorf("counted %d dropped, %d held, %d forwarded", src.peer.counts.dropped.Load(), src.peer.counts.held.Load(), src.peer.counts.forwarded.Load())
	}
}

func TestForwardingAllocatesNothing(t *testing.T) {
	src, _, w := pair(t)
	if err := src.peer.room.open(1); err != nil {
		t.Fatal(err)
	}
	p := keyframe(1)
	w.headers = nil
	src.distribute(p)
	if n := testing.AllocsPerRun(1000, func() {
		p.sequence++
		src.distribute(p)
	}); n != 0 {
		t.Errorf("%g allocations per packet", n)
	}
}
