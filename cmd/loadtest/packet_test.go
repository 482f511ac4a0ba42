package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/pion/rtp/codecs"
)

func TestShapeVP8(t *testing.T) {
	tests := []struct {
		name     string
		n        int
		keyframe bool
		picture  uint16
		starts   bool
	}{
		{"first of a keyframe", 0, true, 0, true},
		{"second of a keyframe", 1, true, 0, false},
		{"first of another frame", 0, false, 77, false},
		{"last of another frame", 4, false, 32767, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			payload := bytes.Repeat([]byte{0}, videoPayload)
			shapeVP8(payload, tt.n, tt.keyframe, tt.picture)
			var p codecs.VP8Packet // Pion's parser is the judge
			rest, err := p.Unmarshal(payload)
			if err != nil {
				t.Fatal(err)
			}
			if (p.S == 1) != (tt.n == 0) || p.PID != 0 || p.PictureID != tt.picture || len(rest) != videoPayload-descriptorSize {
				t.Errorf("S %d, PID %d, picture %d, %d bytes", p.S, p.PID, p.PictureID, len(rest))
			}
			if got := startsKeyframe(payload); got != tt.starts {
				t.Errorf("startsKeyframe = %t, want %t", got, tt.starts)
			}
			if tt.starts && !bytes.Equal(rest[3:6], []byte{0x9d, 0x01, 0x2a}) {
				t.Errorf("start code % x", rest[3:6])
			}
		})
	}
}

func TestStamp(t *testing.T) {
	want := stamp{call: 3, direction: toStation, kind: video, keyframe: true, counter: 1 << 40, sent: 12345 * time.Nanosecond}
	payload := make([]byte, 100)
	want.write(payload)
	if got, ok := readStamp(payload); !ok || got != want {
		t.Errorf("readStamp = %+v, %t; want %+v", got, ok, want)
	}
	if _, ok := readStamp(payload[:99]); ok {
		t.Error("a cut payload has a stamp")
	}
}

func FuzzPayload(f *testing.F) {
	whole := make([]byte, 60)
	shapeVP8(whole, 0, true, 5)
	stamp{call: 1}.write(whole)
	f.Add(whole)
	f.Add([]byte{0x90, 0xf0, 0x80})
	f.Fuzz(func(t *testing.T, payload []byte) {
		startsKeyframe(payload)
		s, ok := readStamp(payload)
		if !ok {
			return
		}
		again := bytes.Clone(payload)
		s.write(again)
		if back, ok := readStamp(again); !ok || back != s {
			t.Errorf("stamp %+v became %+v", s, back)
		}
	})
}
