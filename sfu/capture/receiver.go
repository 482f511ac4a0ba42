package capture

import (
	"fmt"
)

// Receiver checks the frames of one page in order. It keeps no bytes, only
// where the page stands, so the caller can store and pass them on as they
// come. Not safe for concurrent use.
type Receiver struct {
	offer Offer
	held  int64  // bytes that the caller had before; may end inside a chunk
	next  uint32 // chunk wanted next
	first uint32 // chunk that was wanted first
	thumb int    // bytes of the thumbnail so far
	parts uint32 // of the thumbnail
}

// Step is what one frame amounts to.
type Step struct {
	// Fresh are the bytes of a chunk that the caller does not hold yet.
	Fresh []byte
	// Thumb is a part of the thumbnail.
	Thumb []byte
	// ThumbComplete: the thumbnail is whole with this part.
	ThumbComplete bool
	// Ack is the number of chunks to acknowledge now, 0 for none.
	Ack uint32
	// Complete: all bytes have come.
	Complete bool
	// Cancelled: the sender gave the page up.
	Cancelled bool
}

// NewReceiver begins the page of an offer of which have bytes are there.
// Chunks are asked for whole, so the first may overlap with what is there.
func NewReceiver(o Offer, have int64) *Receiver {
	have = min(max(have, 0), o.Size)
	r := &Receiver{offer: o, held: have, next: uint32(have / ChunkSize)} // at most MaxPageSize
	if have == o.Size {
		r.next = o.Chunks()
	}
	r.first = r.next
	return r
}

// Offer is the page's offer.
func (r *Receiver) Offer() Offer { return r.offer }

// Next is the chunk wanted next, the number of a have.
func (r *Receiver) Next() uint32 { return r.next }

// First is the chunk that was wanted when the receiver began.
func (r *Receiver) First() uint32 { return r.first }

// Complete tells whether all bytes are there.
func (r *Receiver) Complete() bool { return r.next == r.offer.Chunks() }

// Have is the message that asks for the next chunk.
func (r *Receiver) Have() Frame {
	return Frame{Kind: KindHave, ID: r.offer.Document, Number: r.next}
}

// Take checks one frame of the page's sender. Errors wrap a Refusal and end
// the page.
func (r *Receiver) Take(f Frame) (Step, error) {
	switch f.Kind {
	case KindThumb:
		return r.takeThumb(f)
	case KindChunk:
		return r.takeChunk(f)
	case KindCancel:
		return Step{Cancelled: true}, nil
	default:
		return Step{}, fmt.Errorf("%w: kind %d is not for the receiver of a page", BadFrame, f.Kind)
	}
}

func (r *Receiver) takeThumb(f Frame) (Step, error) {
	want := min(ChunkSize, r.offer.ThumbSize-r.thumb)
	if f.Number != r.parts || len(f.Payload) != want || want == 0 {
		return Step{}, fmt.Errorf("%w: part %d of the thumbnail with %d bytes, want part %d with %d", BadFrame, f.Number, len(f.Payload), r.parts, want)
	}
	r.parts++
	r.thumb += want
	return Step{Thumb: f.Payload, ThumbComplete: r.thumb == r.offer.ThumbSize}, nil
}

func (r *Receiver) takeChunk(f Frame) (Step, error) {
	at := int64(r.next) * ChunkSize
	want := min(ChunkSize, r.offer.Size-at)
	if f.Number != r.next || int64(len(f.Payload)) != want || want <= 0 {
		return Step{}, fmt.Errorf("%w: chunk %d with %d bytes, want chunk %d with %d", BadFrame, f.Number, len(f.Payload), r.next, max(want, 0))
	}
	if f.Number == 0 && TypeOf(f.Payload) != r.offer.MIME {
		return Step{}, fmt.Errorf("%w: the bytes are not %s", BadType, r.offer.MIME)
	}
	step := Step{Fresh: f.Payload}
	if skip := r.held - at; skip > 0 {
		step.Fresh = f.Payload[min(skip, want):]
	}
	r.next++
	step.Complete = r.Complete()
	if step.Complete || r.next%ackEvery == 0 {
		step.Ack = r.next
	}
	return step, nil
}
