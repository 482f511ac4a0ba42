package capture

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/vectors.json anew")

const vectorsFile = "testdata/vectors.json"

// vectors are what the two implementations of the framing must agree on.
// Bytes are hex throughout.
type vectors struct {
	About     string           `json:"about"`
	Constants map[string]int64 `json:"constants"`
	Frames    []frameVector    `json:"frames"`
	Offer     offerVector      `json:"offer"`
	Split     splitVector      `json:"split"`
	Resume    []resumeVector   `json:"resume"`
	BadFrames []badVector      `json:"bad_frames"`
	BadOffers []badVector      `json:"bad_offers"`
}

type frameVector struct {
	Name    string `json:"name"`
	Kind    Kind   `json:"kind"`
	ID      string `json:"id"`
	Number  uint32 `json:"number"`
	Payload string `json:"payload"`
	Message string `json:"message"`
}

type offerVector struct {
	ID    string `json:"id"`
	Offer Offer  `json:"offer"`
	JSON  string `json:"json"` // one encoding of it; the order of keys is free
}

type splitVector struct {
	ID     string        `json:"id"`
	Size   int           `json:"size"`
	Rule   string        `json:"rule"`
	SHA256 string        `json:"sha256"`
	Chunks []chunkVector `json:"chunks"`
}

type chunkVector struct {
	Number  uint32 `json:"number"`
	Payload int    `json:"payload_bytes"`
	Message int    `json:"message_bytes"`
	SHA256  string `json:"message_sha256"`
}

type resumeVector struct {
	Size    int64    `json:"size"`
	Held    int64    `json:"held_bytes"`
	Have    uint32   `json:"have"`
	Overlap int64    `json:"overlap_bytes"` // of the first chunk sent again
	Sent    uint32   `json:"chunks_sent"`
	Acks    []uint32 `json:"acks"`
}

type badVector struct {
	Name    string  `json:"name"`
	Message string  `json:"message,omitempty"` // hex
	Repeat  int     `json:"repeat_zeros,omitempty"`
	JSON    string  `json:"json,omitempty"`
	Code    Refusal `json:"code"`
}

var vectorID = ID{0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff}

// vectorPage is the page of the split: JPEG magic, then a rule anybody can follow.
func vectorPage(size int) []byte {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(7*i + i>>8)
	}
	copy(b, []byte{0xff, 0xd8, 0xff})
	return b
}

func makeVectors(t *testing.T) vectors {
	t.Helper()
	page := vectorPage(40_000)
	p := NewPage(Offer{Document: vectorID, Width: 3264, Height: 2448, Slot: "id_card", Side: "front", Request: "c1", Sharp: 812.5}, page, []byte{0xff, 0xd8, 0xff, 0xd9})
	offer, err := p.Offer.Frame()
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(page)
	v := vectors{
		About: "Framing of captured pages, checked by sfu/capture (Go) and agentdesk/web (TypeScript). Written by: go test ./sfu/capture -run Vectors -update",
		Constants: map[string]int64{
			"version": Version, "header_bytes": HeaderSize, "message_bytes": MessageSize, "max_message_bytes": MaxMessageSize,
			"chunk_bytes": ChunkSize, "max_page_bytes": MaxPageSize, "max_thumb_bytes": MaxThumbSize, "ack_every": ackEvery,
			"window_chunks": windowChunks, "high_buffered_bytes": HighBuffered, "low_buffered_bytes": LowBuffered,
		},
		Offer: offerVector{ID: vectorID.String(), Offer: p.Offer, JSON: string(offer.Payload)},
		Split: splitVector{ID: vectorID.String(), Size: len(page), Rule: "byte i is (7*i + (i >> 8)) & 255; bytes 0..2 are ff d8 ff", SHA256: p.Offer.SHA256},
	}
	for _, f := range []struct {
		name  string
		frame Frame
	}{
		{"offer", offer},
		{"have", Frame{Kind: KindHave, ID: vectorID, Number: 2}},
		{"thumb", Frame{Kind: KindThumb, ID: vectorID, Number: 0, Payload: p.Thumb}},
		{"chunk", Frame{Kind: KindChunk, ID: vectorID, Number: 0x01020304, Payload: []byte{1, 2, 3}}},
		{"ack", Frame{Kind: KindAck, ID: vectorID, Number: 4}},
		{"done", Frame{Kind: KindDone, ID: vectorID, Payload: sum[:]}},
		{"refuse", Refuse(vectorID, BadHash)},
		{"cancel", Frame{Kind: KindCancel, ID: vectorID}},
	} {
		v.Frames = append(v.Frames, frameVector{
			Name: f.name, Kind: f.frame.Kind, ID: f.frame.ID.String(), Number: f.frame.Number,
			Payload: hex.EncodeToString(f.frame.Payload), Message: hex.EncodeToString(f.frame.Marshal()),
		})
	}
	for _, message := range collect(t, p, Frame{Kind: KindHave, ID: vectorID}) {
		f, err := Parse(message)
		if err != nil {
			t.Fatal(err)
		}
		if f.Kind != KindChunk {
			continue
		}
		of := sha256.Sum256(message)
		v.Split.Chunks = append(v.Split.Chunks, chunkVector{f.Number, len(f.Payload), len(message), hex.EncodeToString(of[:])})
	}
	for _, r := range []struct{ size, held int64 }{{40_000, 0}, {40_000, 20_000}, {40_000, 2 * ChunkSize}, {40_000, 40_000}, {1 << 20, 3 << 16}} {
		v.Resume = append(v.Resume, resumed(t, r.size, r.held))
	}
	v.BadFrames, v.BadOffers = badFrames(), badOffers(p.Offer)
	return v
}

// collect is every message that a sender of p sends when the receiver answers
// with have.
func collect(t *testing.T, p Page, have Frame) [][]byte {
	t.Helper()
	ch := &sink{}
	s := NewSender(p)
	if err := errors.Join(s.Start(ch), s.Take(have)); err != nil {
		t.Fatal(err)
	}
	return ch.sent
}

func resumed(t *testing.T, size, held int64) resumeVector {
	t.Helper()
	page := vectorPage(int(size))
	p := NewPage(Offer{Document: vectorID}, page, nil)
	r := NewReceiver(p.Offer, held)
	v := resumeVector{Size: size, Held: held, Have: r.Next(), Acks: []uint32{}}
	v.Overlap = held - min(held, int64(r.Next())*ChunkSize)
	ch, s := &sink{}, NewSender(p)
	if err := errors.Join(s.Start(ch), s.Take(r.Have())); err != nil {
		t.Fatal(err)
	}
	got := bytes.Clone(page[:held])
	for i := 1; i < len(ch.sent); i++ { // grows as acks open the window
		f, err := Parse(ch.sent[i])
		if err != nil {
			t.Fatal(err)
		}
		step, err := r.Take(f)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, step.Fresh...)
		v.Sent++
		if step.Ack > 0 {
			v.Acks = append(v.Acks, step.Ack)
			if err := s.Take(Frame{Kind: KindAck, ID: vectorID, Number: step.Ack}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if !bytes.Equal(got, page) {
		t.Fatalf("resumed page of %d bytes from %d differs", size, held)
	}
	return v
}

func badFrames() []badVector {
	header := func(version, kind byte) string {
		f := Frame{Kind: Kind(kind), ID: vectorID}.Marshal()
		f[0] = version
		return hex.EncodeToString(f)
	}
	return []badVector{
		{Name: "empty", Code: BadFrame},
		{Name: "shorter than its header", Message: header(1, 2)[:2*(HeaderSize-1)], Code: BadFrame},
		{Name: "another version", Message: header(2, 2), Code: BadFrame},
		{Name: "kind 0", Message: header(1, 0), Code: BadFrame},
		{Name: "kind 9", Message: header(1, 9), Code: BadFrame},
		{Name: "longer than may be", Message: header(1, 4), Repeat: MaxMessageSize - HeaderSize + 1, Code: TooLarge},
	}
}

func badOffers(good Offer) []badVector {
	with := func(change func(map[string]any)) string {
		raw, _ := json.Marshal(good)
		var m map[string]any
		_ = json.Unmarshal(raw, &m)
		change(m)
		out, _ := json.Marshal(m)
		return string(out)
	}
	set := func(key string, value any) string { return with(func(m map[string]any) { m[key] = value }) }
	return []badVector{
		{Name: "not JSON", JSON: `{"sha256":`, Code: BadFrame},
		{Name: "hash of 63 digits", JSON: set("sha256", good.SHA256[1:]), Code: BadFrame},
		{Name: "hash in capitals", JSON: set("sha256", "AB"+good.SHA256[2:]), Code: BadFrame},
		{Name: "no hash", JSON: with(func(m map[string]any) { delete(m, "sha256") }), Code: BadFrame},
		{Name: "size 0", JSON: set("size", 0), Code: BadFrame},
		{Name: "negative size", JSON: set("size", -1), Code: BadFrame},
		{Name: "half a byte", JSON: set("size", 1.5), Code: BadFrame},
		{Name: "20 MiB and a byte", JSON: set("size", MaxPageSize+1), Code: TooLarge},
		{Name: "thumbnail of 64 KiB and a byte", JSON: set("thumb_size", MaxThumbSize+1), Code: TooLarge},
		{Name: "another type", JSON: set("mime", "image/svg+xml"), Code: BadType},
	}
}

// TestVectors keeps the file that the browser's tests read in step with the
// code, and the code with what the file said before.
func TestVectors(t *testing.T) {
	want, err := json.MarshalIndent(makeVectors(t), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if *update {
		if err := os.WriteFile(vectorsFile, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(vectorsFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the code says; if the change is meant, run with -update and change capture.ts too", vectorsFile)
	}
}

func TestVectorsAreUnderstood(t *testing.T) {
	raw, err := os.ReadFile(vectorsFile)
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	for _, f := range v.Frames {
		message, _ := hex.DecodeString(f.Message)
		got, err := Parse(message)
		if err != nil || got.Kind != f.Kind || got.ID.String() != f.ID || got.Number != f.Number || hex.EncodeToString(got.Payload) != f.Payload {
			t.Errorf("%s: %+v, %v", f.Name, got, err)
		}
	}
	id, err := ParseID(v.Offer.ID)
	if err != nil {
		t.Fatal(err)
	}
	v.Offer.Offer.Document = id
	if o, err := ParseOffer(Frame{Kind: KindOffer, ID: id, Payload: []byte(v.Offer.JSON)}); err != nil || o != v.Offer.Offer {
		t.Errorf("offer: %+v, %v", o, err)
	}
	for _, b := range v.BadFrames {
		message, _ := hex.DecodeString(b.Message)
		if _, err := Parse(append(message, make([]byte, b.Repeat)...)); !errors.Is(err, b.Code) {
			t.Errorf("%s: %v, want %s", b.Name, err, b.Code)
		}
	}
	for _, b := range v.BadOffers {
		if _, err := ParseOffer(Frame{Kind: KindOffer, Payload: []byte(b.JSON)}); !errors.Is(err, b.Code) {
			t.Errorf("%s: %v, want %s", b.Name, err, b.Code)
		}
	}
}
