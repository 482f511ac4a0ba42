package capture

import (
	"crypto/sha256"
	"encoding/hex"
)

// maxInbox bounds the pages that an Inbox holds at once.
const maxInbox = 4

// Inbox is the desk's end: it keeps pages in memory and hands over only those
// whose own hash equals the offer's. It outlives a channel, so that a page
// goes on over the next one. Not safe for concurrent use; a nil func is not
// called. The bytes handed over are the func's to keep.
type Inbox struct {
	OnThumb   func(o Offer, thumb []byte)
	OnPage    func(o Offer, page []byte)
	OnFailure func(o Offer, err error)

	pages map[ID]*incoming
	order []ID
}

type incoming struct {
	receiver *Receiver
	bytes    []byte
	thumb    []byte
}

// Take applies one message and answers on the channel. The error is the
// channel's; what is wrong with a page goes to OnFailure.
func (b *Inbox) Take(ch Channel, message []byte) error {
	f, err := Parse(message)
	if err != nil {
		return b.refuse(ch, f.ID, err)
	}
	if f.Kind == KindOffer {
		o, err := ParseOffer(f)
		if err != nil {
			return b.refuse(ch, f.ID, err)
		}
		return b.offered(ch, o)
	}
	p := b.pages[f.ID]
	if p == nil {
		return nil // given up or finished before
	}
	if f.Kind == KindChunk && f.Number < p.receiver.Next() {
		return nil // sent again over a change of channel
	}
	step, err := p.receiver.Take(f)
	if err != nil {
		return b.refuse(ch, f.ID, err)
	}
	return b.apply(ch, p, step)
}

func (b *Inbox) apply(ch Channel, p *incoming, step Step) error {
	o := p.receiver.Offer()
	if step.Cancelled {
		b.forget(o.Document)
		b.fail(o, ErrCancelled)
		return nil
	}
	p.bytes = append(p.bytes, step.Fresh...)
	p.thumb = append(p.thumb, step.Thumb...)
	if step.ThumbComplete && b.OnThumb != nil {
		b.OnThumb(o, p.thumb)
	}
	if step.Ack > 0 {
		if err := ch.Send(Frame{Kind: KindAck, ID: o.Document, Number: step.Ack}.Marshal()); err != nil {
			return err
		}
	}
	if !step.Complete {
		return nil
	}
	sum := sha256.Sum256(p.bytes)
	if hex.EncodeToString(sum[:]) != o.SHA256 {
		return b.refuse(ch, o.Document, BadHash)
	}
	b.forget(o.Document)
	if b.OnPage != nil {
		b.OnPage(o, p.bytes)
	}
	return ch.Send(Frame{Kind: KindDone, ID: o.Document, Payload: sum[:]}.Marshal())
}

// offered begins a page, or goes on with the same page where it stands.
func (b *Inbox) offered(ch Channel, o Offer) error {
	if b.pages == nil {
		b.pages = map[ID]*incoming{}
	}
	p := b.pages[o.Document]
	if p != nil && p.receiver.Offer().SHA256 == o.SHA256 && p.receiver.Offer().Size == o.Size {
		p.receiver, p.thumb = NewReceiver(o, int64(len(p.bytes))), nil
		return ch.Send(p.receiver.Have().Marshal())
	}
	if p != nil {
		b.forget(o.Document)
	}
	if len(b.order) >= maxInbox {
		b.forget(b.order[0])
	}
	p = &incoming{receiver: NewReceiver(o, 0), bytes: make([]byte, 0, o.Size)}
	b.pages[o.Document] = p
	b.order = append(b.order, o.Document)
	return ch.Send(p.receiver.Have().Marshal())
}

func (b *Inbox) refuse(ch Channel, id ID, err error) error {
	if p := b.pages[id]; p != nil {
		b.forget(id)
		b.fail(p.receiver.Offer(), err)
	}
	return ch.Send(Refuse(id, RefusalOf(err)).Marshal())
}

func (b *Inbox) fail(o Offer, err error) {
	if b.OnFailure != nil {
		b.OnFailure(o, err)
	}
}

func (b *Inbox) forget(id ID) {
	delete(b.pages, id)
	for i, other := range b.order {
		if other == id {
			b.order = append(b.order[:i], b.order[i+1:]...)
			return
		}
	}
}
