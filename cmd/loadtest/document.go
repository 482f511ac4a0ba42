package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/jpeg"
	"math"
	"math/rand/v2"
)

// paper is one JPEG of noise; each document is the paper with a comment that
// makes it another one, so that nothing is known from before by its hash.
type paper struct {
	jpeg          []byte
	thumb         []byte
	width, height int
}

// commentBytes is the length of the comment's text that tells documents apart.
const commentBytes = 32

// maxComment is the longest text of one comment segment (ITU T.81 B.2.4.5).
const maxComment = 65533

// newPaper returns a JPEG whose documents are exactly size bytes. seed makes
// the noise repeatable.
func newPaper(size int, seed uint64) (*paper, error) {
	random := rand.New(rand.NewPCG(seed, 1))
	probe, err := noise(256, 256, random)
	if err != nil {
		return nil, err
	}
	perPixel := float64(len(probe)) / (256 * 256)
	width := int(math.Sqrt(float64(size) * 0.97 / perPixel * 4 / 3))
	for range 4 { // noise of another size compresses a little otherwise
		p := &paper{width: max(width/16*16, 16), height: max(width*3/4/16*16, 16)}
		if p.jpeg, err = noise(p.width, p.height, random); err != nil {
			return nil, err
		}
		if room := size - len(p.jpeg) - 4 - commentBytes; room >= 4 {
			p.jpeg = comment(p.jpeg, room, random)
			p.thumb, err = noise(160, 120, random)
			return p, err
		}
		width = width * 9 / 10
	}
	return nil, fmt.Errorf("no JPEG of %d bytes could be made", size)
}

func noise(width, height int, random *rand.Rand) ([]byte, error) {
	grey := image.NewGray(image.Rect(0, 0, width, height))
	for i := 0; i+8 <= len(grey.Pix); i += 8 {
		binary.LittleEndian.PutUint64(grey.Pix[i:], random.Uint64())
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, grey, &jpeg.Options{Quality: 85}); err != nil {
		return nil, fmt.Errorf("jpeg: %w", err)
	}
	return b.Bytes(), nil
}

// comment inserts comment segments of exactly room bytes in all behind the
// start of image. room is 4 or more.
func comment(image []byte, room int, random *rand.Rand) []byte {
	out := append(make([]byte, 0, len(image)+room), image[:2]...)
	for room > 0 {
		text := min(room-4, maxComment)
		if rest := room - 4 - text; rest > 0 && rest < 4 {
			text -= 4 // leaves a whole segment
		}
		out = append(out, 0xff, 0xfe)
		out = binary.BigEndian.AppendUint16(out, uint16(text+2))
		for range text {
			out = append(out, byte(random.UintN(256)))
		}
		room -= 4 + text
	}
	return append(out, image[2:]...)
}

// document returns document number n of a call: a valid JPEG like no other.
func (p *paper) document(run uint64, call, n int) []byte {
	text := make([]byte, commentBytes)
	copy(text, fmt.Sprintf("%x %d %d", run, call, n))
	out := append(make([]byte, 0, len(p.jpeg)+4+commentBytes), p.jpeg[:2]...)
	out = append(out, 0xff, 0xfe)
	out = binary.BigEndian.AppendUint16(out, uint16(len(text)+2))
	out = append(out, text...)
	return append(out, p.jpeg[2:]...)
}
