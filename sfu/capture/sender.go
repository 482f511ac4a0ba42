package capture

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
)

// ErrCancelled says that the other side gave the page up.
var ErrCancelled = errors.New("page cancelled")

// Channel is what the machines need of a data channel. Send hands a message
// over without waiting; the bytes are the channel's until it returns.
type Channel interface {
	Send(message []byte) error
	// Buffered is how many bytes were handed over and are not yet sent.
	Buffered() uint64
}

// Page is a page to be sent.
type Page struct {
	Offer Offer
	Bytes []byte
	Thumb []byte
}

// NewPage completes the offer by what follows from the bytes: hash, size,
// type and length of the thumbnail.
func NewPage(o Offer, page, thumb []byte) Page {
	sum := sha256.Sum256(page)
	o.SHA256, o.Size, o.MIME, o.ThumbSize = hex.EncodeToString(sum[:]), int64(len(page)), TypeOf(page), len(thumb)
	return Page{Offer: o, Bytes: page, Thumb: thumb}
}

// Sender sends one page. It may be started again on another channel after a
// disconnect and goes on where the receiver stands. Not safe for concurrent
// use.
type Sender struct {
	page Page
	ch   Channel

	asked  bool   // the receiver said what it wants
	next   uint32 // chunk to send next
	acked  uint32
	over   bool
	failed error
}

// NewSender prepares to send a page.
func NewSender(p Page) *Sender { return &Sender{page: p} }

// Start offers the page on the channel and sends the thumbnail behind.
func (s *Sender) Start(ch Channel) error {
	s.ch, s.asked, s.next, s.acked = ch, false, 0, 0
	offer, err := s.page.Offer.Frame()
	if err != nil {
		return err
	}
	if err := ch.Send(offer.Marshal()); err != nil {
		return fmt.Errorf("send offer: %w", err)
	}
	for i, rest := uint32(0), s.page.Thumb; len(rest) > 0; i++ {
		n := min(ChunkSize, len(rest))
		if err := s.send(KindThumb, i, rest[:n]); err != nil {
			return err
		}
		rest = rest[n:]
	}
	return nil
}

// Take applies a frame of the receiver and sends what it allows. Frames of
// other pages are ignored.
func (s *Sender) Take(f Frame) error {
	if s.over || f.ID != s.page.Offer.Document {
		return nil
	}
	all := s.page.Offer.Chunks()
	switch f.Kind {
	case KindHave:
		s.asked = true
		s.next = min(f.Number, all)
		s.acked = s.next
	case KindAck:
		s.acked = max(s.acked, min(f.Number, all))
	case KindDone:
		s.over = true
		if hex.EncodeToString(f.Payload) != s.page.Offer.SHA256 {
			s.failed = BadHash
		}
	case KindRefuse:
		s.over, s.failed = true, ParseRefusal(f.Payload)
	case KindCancel:
		s.over, s.failed = true, ErrCancelled
	}
	return s.Pump()
}

// Pump sends chunks as far as the channel's buffer and the receiver's acks
// allow. Call it again when the buffer has drained to LowBuffered.
func (s *Sender) Pump() error {
	for !s.over && s.asked && s.next < s.page.Offer.Chunks() && s.next-s.acked < windowChunks && s.ch.Buffered() < HighBuffered {
		at := int64(s.next) * ChunkSize
		end := min(at+ChunkSize, int64(len(s.page.Bytes)))
		if err := s.send(KindChunk, s.next, s.page.Bytes[at:end]); err != nil {
			return err
		}
		s.next++
	}
	return nil
}

func (s *Sender) send(k Kind, number uint32, payload []byte) error {
	f := Frame{Kind: k, ID: s.page.Offer.Document, Number: number, Payload: payload}
	if err := s.ch.Send(f.Marshal()); err != nil {
		return fmt.Errorf("send part %d of the page: %w", number, err)
	}
	return nil
}

// Over tells whether the page has come to its end, and how: nil when the
// receiver has kept it, a Refusal or ErrCancelled.
func (s *Sender) Over() (bool, error) { return s.over, s.failed }

// Run sends the page over the channel until its end. frames are what comes
// from the other side, low wakes it when the channel's buffer has drained.
// The context's error, or that frames was closed, leaves the page unfinished;
// Run again on another channel goes on.
func (s *Sender) Run(ctx context.Context, ch Channel, frames <-chan Frame, low <-chan struct{}) error {
	if err := s.Start(ch); err != nil {
		return err
	}
	for !s.over {
		var err error
		select {
		case <-ctx.Done():
			return ctx.Err()
		case f, ok := <-frames:
			if !ok {
				return fmt.Errorf("document channel closed after %d of %d chunks", s.acked, s.page.Offer.Chunks())
			}
			err = s.Take(f)
		case <-low:
			err = s.Pump()
		}
		if err != nil {
			return err
		}
	}
	return s.failed
}
