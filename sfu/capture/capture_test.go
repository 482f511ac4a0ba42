package capture

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
)

// sink is a channel that keeps what is sent; buffered stays what it is told.
type sink struct {
	sent     [][]byte
	buffered uint64
	broken   error
}

func (s *sink) Send(b []byte) error {
	if s.broken != nil {
		return s.broken
	}
	s.sent = append(s.sent, bytes.Clone(b))
	return nil
}

func (s *sink) Buffered() uint64 { return s.buffered }

func (s *sink) kinds(t *testing.T) (kinds []Kind) {
	t.Helper()
	for _, m := range s.sent {
		f, err := Parse(m)
		if err != nil {
			t.Fatal(err)
		}
		kinds = append(kinds, f.Kind)
	}
	return kinds
}

func testPage(size int) Page {
	return NewPage(Offer{Document: vectorID, Slot: "s"}, vectorPage(size), vectorPage(20_000))
}

func TestSenderKeepsItsWindow(t *testing.T) {
	p := testPage(3 << 20)
	ch, s := &sink{}, NewSender(p)
	if err := s.Start(ch); err != nil {
		t.Fatal(err)
	}
	if got := ch.kinds(t); len(got) != 3 || got[0] != KindOffer || got[1] != KindThumb || got[2] != KindThumb {
		t.Fatalf("before have: %v", got)
	}
	take := func(f Frame) {
		t.Helper()
		f.ID = vectorID
		if err := s.Take(f); err != nil {
			t.Fatal(err)
		}
	}
	take(Frame{Kind: KindHave, Number: 3})
	if got := len(ch.sent) - 3; got != windowChunks {
		t.Errorf("%d chunks without an ack, want %d", got, windowChunks)
	}
	if first, _ := Parse(ch.sent[3]); first.Number != 3 {
		t.Errorf("goes on with chunk %d, want 3", first.Number)
	}
	take(Frame{Kind: KindAck, Number: 7})
	if got := len(ch.sent) - 3; got != windowChunks+4 {
		t.Errorf("%d chunks after an ack of 4, want %d", got, windowChunks+4)
	}
	ch.buffered = HighBuffered
	take(Frame{Kind: KindAck, Number: 20})
	if got := len(ch.sent) - 3; got != windowChunks+4 {
		t.Errorf("sent into a full buffer")
	}
	ch.buffered = LowBuffered
	if err := s.Pump(); err != nil {
		t.Fatal(err)
	}
	if got := len(ch.sent) - 3; got != windowChunks+17 {
		t.Errorf("%d chunks after the buffer drained, want %d", got, windowChunks+17)
	}
	for _, m := range ch.sent {
		if len(m) > MessageSize {
			t.Fatalf("message of %d bytes", len(m))
		}
	}
}

func TestSenderEnds(t *testing.T) {
	p := testPage(100)
	sum, _ := hex.DecodeString(p.Offer.SHA256)
	for name, tt := range map[string]struct {
		frame Frame
		want  error
	}{
		"done":                 {Frame{Kind: KindDone, Payload: sum}, nil},
		"done with other hash": {Frame{Kind: KindDone, Payload: make([]byte, 32)}, BadHash},
		"refused":              {Refuse(vectorID, DiskFull), DiskFull},
		"refused unreadably":   {Frame{Kind: KindRefuse, Payload: []byte("{")}, BadFrame},
		"refused unknown code": {Frame{Kind: KindRefuse, Payload: []byte(`{"code":"because"}`)}, BadFrame},
		"cancelled":            {Frame{Kind: KindCancel}, ErrCancelled},
	} {
		t.Run(name, func(t *testing.T) {
			frames := make(chan Frame, 2)
			tt.frame.ID = vectorID
			other := tt.frame
			other.ID = ID{9}
			frames <- other // another page's
			frames <- tt.frame
			if err := NewSender(p).Run(t.Context(), &sink{}, frames, nil); !errors.Is(err, tt.want) || (tt.want == nil && err != nil) {
				t.Errorf("%v, want %v", err, tt.want)
			}
		})
	}
	closed := make(chan Frame)
	close(closed)
	if err := NewSender(p).Run(t.Context(), &sink{}, closed, nil); err == nil {
		t.Error("a closed channel is no error")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := NewSender(p).Run(ctx, &sink{}, nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	gone := errors.New("gone")
	if err := NewSender(p).Run(t.Context(), &sink{broken: gone}, nil, nil); !errors.Is(err, gone) {
		t.Errorf("broken channel: %v", err)
	}
}

func TestReceiverRefuses(t *testing.T) {
	p := testPage(40_000)
	chunk := func(n uint32, size int) Frame { return Frame{Kind: KindChunk, Number: n, Payload: p.Bytes[:size]} }
	for name, tt := range map[string]struct {
		frames []Frame
		want   Refusal
	}{
		"a gap":                  {[]Frame{chunk(0, ChunkSize), chunk(2, 40_000-2*ChunkSize)}, BadFrame},
		"a short chunk":          {[]Frame{chunk(0, 100)}, BadFrame},
		"a long last chunk":      {[]Frame{chunk(0, ChunkSize), chunk(1, ChunkSize), chunk(2, ChunkSize)}, BadFrame},
		"more than the page":     {[]Frame{chunk(0, ChunkSize), chunk(1, ChunkSize), chunk(2, 40_000-2*ChunkSize), chunk(3, 0)}, BadFrame},
		"no picture":             {[]Frame{{Kind: KindChunk, Payload: make([]byte, ChunkSize)}}, BadType},
		"thumbnail out of order": {[]Frame{{Kind: KindThumb, Number: 1, Payload: make([]byte, ChunkSize)}}, BadFrame},
		"thumbnail too long":     {[]Frame{{Kind: KindThumb, Payload: make([]byte, ChunkSize+1)}}, BadFrame},
		"thumbnail again": {[]Frame{
			{Kind: KindThumb, Payload: make([]byte, ChunkSize)}, {Kind: KindThumb, Number: 1, Payload: make([]byte, 20_000-ChunkSize)}, {Kind: KindThumb, Number: 2},
		}, BadFrame},
		"an ack": {[]Frame{{Kind: KindAck}}, BadFrame},
	} {
		t.Run(name, func(t *testing.T) {
			r := NewReceiver(p.Offer, 0)
			for i, f := range tt.frames {
				_, err := r.Take(f)
				if last := i == len(tt.frames)-1; last != (err != nil) {
					t.Fatalf("frame %d: %v", i, err)
				}
				if err != nil && !errors.Is(err, tt.want) {
					t.Errorf("%v, want %s", err, tt.want)
				}
			}
		})
	}
}

func TestOffersRefusedBeyondTheVectors(t *testing.T) {
	good := testPage(100).Offer
	frame, err := good.Frame()
	if err != nil {
		t.Fatal(err)
	}
	text := string(frame.Payload)
	for name, tt := range map[string]struct{ payload string }{
		"unknown field":   {strings.Replace(text, "{", `{"extra":1,`, 1)},
		"two values":      {text + "{}"},
		"too long":        {text + strings.Repeat(" ", maxOfferSize)},
		"not UTF-8":       {strings.Replace(text, `"slot":"s"`, "\"slot\":\"\xff\"", 1)},
		"control":         {strings.Replace(text, `"slot":"s"`, `"slot":"\u0000"`, 1)},
		"slot too long":   {strings.Replace(text, `"slot":"s"`, `"slot":"`+strings.Repeat("s", 65)+`"`, 1)},
		"negative width":  {strings.Replace(text, `"width":0`, `"width":-1`, 1)},
		"a list":          {"[]"},
		"null":            {"null"},
		"number as text":  {strings.Replace(text, `"size":100`, `"size":"100"`, 1)},
		"negative sharps": {strings.Replace(text, `"sharp":0`, `"sharp":-1`, 1)},
	} {
		if tt.payload == text {
			t.Fatalf("%s: not spoilt", name)
		}
		if _, err := ParseOffer(Frame{Kind: KindOffer, Payload: []byte(tt.payload)}); !errors.Is(err, BadFrame) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// pipe connects a sender with an inbox, cut after some messages.
func pipe(t *testing.T, s *Sender, in *Inbox, cutAfter int) error {
	t.Helper()
	there, back := &sink{}, &sink{}
	if err := s.Start(there); err != nil {
		t.Fatal(err)
	}
	for n := 0; len(there.sent) > 0 || len(back.sent) > 0; n++ {
		if n == cutAfter {
			return errors.New("cut")
		}
		if len(there.sent) > 0 {
			m := there.sent[0]
			there.sent = there.sent[1:]
			if err := in.Take(back, m); err != nil {
				t.Fatal(err)
			}
		}
		for _, m := range back.sent {
			f, err := Parse(m)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Take(f); err != nil {
				t.Fatal(err)
			}
		}
		back.sent = nil
	}
	over, err := s.Over()
	if !over {
		t.Fatal("the page did not end")
	}
	return err
}

func TestInboxTakesAPageOverACut(t *testing.T) {
	p := testPage(1 << 20)
	var page, thumb []byte
	in := &Inbox{OnPage: func(_ Offer, b []byte) { page = b }, OnThumb: func(_ Offer, b []byte) { thumb = b }}
	s := NewSender(p)
	if err := pipe(t, s, in, 30); err == nil || page != nil {
		t.Fatal("was not cut")
	}
	if !bytes.Equal(thumb, p.Thumb) {
		t.Error("the thumbnail did not come first")
	}
	if err := pipe(t, s, in, -1); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(page, p.Bytes) {
		t.Error("another page came")
	}
}

func TestInboxShowsNoPageWithAnotherHash(t *testing.T) {
	p := testPage(50_000)
	p.Bytes[40_000]++
	var failed error
	in := &Inbox{OnPage: func(Offer, []byte) { t.Error("shown") }, OnFailure: func(_ Offer, err error) { failed = err }}
	if err := pipe(t, NewSender(p), in, -1); !errors.Is(err, BadHash) || !errors.Is(failed, BadHash) {
		t.Errorf("sender %v, inbox %v", err, failed)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(Frame{Kind: KindChunk, ID: vectorID, Number: 7, Payload: []byte("x")}.Marshal())
	f.Add(Refuse(vectorID, TooLarge).Marshal())
	if o, err := testPage(100).Offer.Frame(); err == nil {
		f.Add(o.Marshal())
		f.Add(o.Marshal()[:20])
	}
	for _, kind := range []Kind{KindThumb, KindHave, KindAck, KindDone, KindCancel} {
		f.Add(Frame{Kind: kind, ID: vectorID, Number: 1<<32 - 1, Payload: make([]byte, 32)}.Marshal())
	}
	f.Add([]byte{1, 2})
	f.Fuzz(func(t *testing.T, message []byte) {
		frame, err := Parse(message)
		if err != nil {
			if !errors.Is(err, BadFrame) && !errors.Is(err, TooLarge) {
				t.Errorf("error without a code: %v", err)
			}
			return
		}
		if !bytes.Equal(frame.Marshal(), message) {
			t.Errorf("% x became % x", message, frame.Marshal())
		}
		_ = ParseRefusal(frame.Payload)
		in := &Inbox{}
		_ = in.Take(&sink{}, message)
	})
}

func FuzzParseOffer(f *testing.F) {
	o, _ := testPage(100).Offer.Frame()
	f.Add(o.Payload)
	f.Add([]byte(`{"sha256":1}`))
	f.Add([]byte(`{"size":9223372036854775807,"mime":"image/jpeg"}`))
	f.Add([]byte("{\"slot\":\"\xff\xfe\"}"))
	f.Add([]byte("[[[[[[[["))
	f.Fuzz(func(t *testing.T, payload []byte) {
		o, err := ParseOffer(Frame{Kind: KindOffer, ID: vectorID, Payload: payload})
		if err != nil {
			var code Refusal
			if !errors.As(err, &code) {
				t.Errorf("error without a code: %v", err)
			}
			return
		}
		if o.Size > MaxPageSize || o.Chunks() == 0 || o.ThumbSize > MaxThumbSize {
			t.Errorf("accepted %+v", o)
		}
		again, err := o.Frame()
		if err != nil {
			t.Fatal(err)
		}
		if back, err := ParseOffer(again); err != nil || back != o {
			t.Errorf("%+v became %+v, %v", o, back, err)
		}
	})
}
