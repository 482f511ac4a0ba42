package sfu

import (
	"bytes"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"
)

func TestVP8Descriptor(t *testing.T) {
	tests := map[string]struct {
		payload  []byte
		want     vp8Descriptor
		keyframe bool
	}{
		"empty":                       {nil, vp8Descriptor{}, false},
		"no extension, keyframe":      {[]byte{0x10, 0x00}, vp8Descriptor{}, true},
		"no extension, delta":         {[]byte{0x10, 0x01}, vp8Descriptor{}, false},
		"inside a frame":              {[]byte{0x00, 0x00}, vp8Descriptor{}, false},
		"second partition":            {[]byte{0x11, 0x00}, vp8Descriptor{}, false},
		"narrow picture id":           {[]byte{0x90, 0x80, 0x11, 0x00}, vp8Descriptor{pictureAt: 2, picture: 0x11}, true},
		"wide picture id":             {[]byte{0x90, 0x80, 0x91, 0x22, 0x01}, vp8Descriptor{pictureAt: 2, wide: true, picture: 0x1122}, false},
		"wide, TL0 and layer":         {[]byte{0x90, 0xe0, 0x91, 0x22, 0x07, 0x40, 0x00}, vp8Descriptor{pictureAt: 2, wide: true, picture: 0x1122, tl0At: 4, tl0: 7}, true},
		"cut after the X bit":         {[]byte{0x90}, vp8Descriptor{}, false},
		"cut in the picture id":       {[]byte{0x90, 0x80, 0x91}, vp8Descriptor{}, false},
		"cut before the frame itself": {[]byte{0x90, 0x80, 0x11}, vp8Descriptor{pictureAt: 2, picture: 0x11}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, keyframe := parseVP8(tt.payload)
			if got != tt.want || keyframe != tt.keyframe {
				t.Errorf("got %+v %v, want %+v %v", got, keyframe, tt.want, tt.keyframe)
			}
		})
	}
}

func TestH264Keyframe(t *testing.T) {
	for name, tt := range map[string]struct {
		payload []byte
		want    bool
	}{
		"empty":             {nil, false},
		"IDR":               {[]byte{0x65, 1}, true},
		"parameter set":     {[]byte{0x67, 1}, true},
		"slice":             {[]byte{0x61, 1}, false},
		"aggregate":         {[]byte{0x78, 0, 2, 0x09, 1, 0, 2, 0x67, 1}, true},
		"aggregate without": {[]byte{0x78, 0, 2, 0x61, 1}, false},
		"aggregate cut":     {[]byte{0x78, 0, 0}, false},
		"aggregate of 0":    {[]byte{0x78, 0, 0, 0x67, 1}, false},
		"first part of IDR": {[]byte{0x7c, 0x85}, true},
		"later part of IDR": {[]byte{0x7c, 0x05}, false},
	} {
		if got := h264Keyframe(tt.payload); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// FuzzVP8 wants no panic on any payload, and that writing back what was read
// changes nothing.
func FuzzVP8(f *testing.F) {
	f.Add([]byte{0x90, 0xe0, 0x91, 0x22, 0x07, 0x40, 0x00})
	f.Add([]byte{0x90, 0x80, 0x11})
	f.Fuzz(func(t *testing.T, payload []byte) {
		before := bytes.Clone(payload)
		d, _ := parseVP8(payload)
		setVP8(payload, d, d.picture, d.tl0)
		if !bytes.Equal(before, payload) {
			t.Errorf("% x became % x", before, payload)
		}
		h264Keyframe(payload)
	})
}

func TestRewriterKeepsNumbersContinuous(t *testing.T) {
	const clock = 90000
	now := time.Unix(1000, 0)
	r := rewriter{clock: clock}
	first, second := &source{kind: webrtc.RTPCodecTypeVideo}, &source{kind: webrtc.RTPCodecTypeVideo}
	at := func(sequence uint16, timestamp uint32, picture uint16) *packet {
		return &packet{sequence: sequence, timestamp: timestamp, vp8: vp8Descriptor{pictureAt: 2, wide: true, picture: picture, tl0At: 4, tl0: uint8(picture)}}
	}
	type step struct {
		name      string
		src       *source
		gate      uint64
		in        *packet
		after     time.Duration
		sequence  uint16
		timestamp uint32
		picture   uint16
		ok        bool
	}
	for _, s := range []step{
		{"the source's own numbers first, from the lower half", first, 1, at(65534, 1000, 7), 0, 32766, 1000, 7, true},
		{"over the wrap", first, 1, at(0, 4000, 8), 33 * time.Millisecond, 32768, 4000, 8, true},
		{"a late one keeps its place", first, 1, at(65535, 1000, 7), 0, 32767, 1000, 7, true},
		{"from before the beginning", first, 1, at(65533, 900, 6), 0, 0, 0, 0, false},
		{"reopened: no gap in numbers, time goes on", first, 2, at(200, 604000, 90), 0, 32769, 604000, 9, true},
		{"from before the reopening", first, 2, at(199, 601000, 89), 0, 0, 0, 0, false},
		{"another publisher, a second later", second, 2, at(30000, 5, 500), time.Second, 32770, 604000 + clock, 10, true},
		{"and on", second, 2, at(30001, 3005, 501), 0, 32771, 607000 + clock, 11, true},
	} {
		now = now.Add(s.after)
		if !r.in(s.src, s.gate) {
			r.begin(s.src, s.gate, s.in, now)
		}
		sequence, timestamp, ok := r.next(s.in, now)
		if ok != s.ok || sequence != s.sequence || timestamp != s.timestamp {
			t.Fatalf("%s: %d %d %v, want %d %d %v", s.name, sequence, timestamp, ok, s.sequence, s.timestamp, s.ok)
		}
		if picture := s.in.vp8.picture + r.addPic; ok && picture != s.picture {
			t.Fatalf("%s: picture %d, want %d", s.name, picture, s.picture)
		}
	}
}

// A long segment must not take wrapped numbers for late ones.
func TestRewriterOverManyWraps(t *testing.T) {
	r := rewriter{clock: 90000}
	src := &source{}
	now := time.Unix(1000, 0)
	p := &packet{sequence: 10}
	r.begin(src, 1, p, now)
	want := uint16(10)
	for i := range 200_000 {
		sequence, _, ok := r.next(p, now)
		if !ok || sequence != want {
			t.Fatalf("packet %d: %d %v, want %d", i, sequence, ok, want)
		}
		p.sequence++
		want++
	}
}

func TestNTPTime(t *testing.T) {
	at := time.Date(2026, 11, 22, 0, 0, 0, 500_000_000, time.UTC)
	if got := ntpTime(at); got>>32 != uint64(at.Unix())+2208988800 || got&0xffffffff != 1<<31 {
		t.Errorf("%x", got)
	}
}
