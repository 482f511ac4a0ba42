package sfu

import (
	"context"
	"io"
	"time"

	"github.com/remotewindow/remotewindow/sfu/capture"
)

// PageStore keeps captured pages. Errors that wrap a capture.Refusal tell
// the station why; any other is disk_full.
type PageStore interface {
	// Create begins the page of an offer in a room, or goes on with it: the
	// same content (SHA256) that was suspended before is resumed.
	Create(ctx context.Context, room string, o capture.Offer) (PageWriter, error)
}

// PageWriter takes the bytes of one page in order. One of Commit, Suspend
// and Abort ends it.
type PageWriter interface {
	// Have is how many bytes are there: where Write goes on.
	Have() int64
	io.Writer
	// Commit checks the hash and makes the page durable; capture.BadHash if
	// the bytes are not those of the offer.
	Commit(ctx context.Context) error
	// Suspend keeps what is there for the same offer later.
	Suspend() error
	// Abort removes what is there.
	Abort() error
}

const (
	maxPages    = 4 // in flight per station
	createBound = 5 * time.Second
	commitBound = 10 * time.Second
)

// page is one page on its way from the station to the store, and to the
// agent while that keeps up. Everything in it belongs to the station's
// channel: one message at a time.
type page struct {
	from     *relay
	receiver *capture.Receiver
	writer   PageWriter
	onward   *onward // nil when the agent fetches the page by HTTP
	began    time.Time
}

// takeStation applies one message of the station. Called with inbound held.
func (l *relay) takeStation(message []byte) {
	f, err := capture.Parse(message)
	if err != nil {
		l.refuse(f.ID, err)
		return
	}
	if f.Kind == capture.KindOffer {
		l.offered(f)
		return
	}
	p := l.pages[f.ID]
	if p == nil {
		return // refused or done before; the rest of it was on the way
	}
	if f.Kind == capture.KindChunk && f.Number < p.receiver.Next() {
		return
	}
	step, err := p.receiver.Take(f)
	if err != nil {
		p.fail(err)
		return
	}
	p.apply(message, step)
}

// offered begins or resumes a page.
func (l *relay) offered(f capture.Frame) {
	o, err := capture.ParseOffer(f)
	if err != nil {
		l.refuse(f.ID, err)
		l.count(string(capture.RefusalOf(err)))
		return
	}
	if before := l.pages[o.Document]; before != nil {
		before.suspend()
	}
	if len(l.pages) >= maxPages || !l.offers.Allow() {
		l.refuse(o.Document, capture.NotAsked)
		l.count(string(capture.NotAsked))
		return
	}
	store := l.peer.sfu.options.Pages
	if store == nil {
		l.refuse(o.Document, capture.DiskFull)
		l.count(string(capture.DiskFull))
		return
	}
	ctx, cancel := context.WithTimeout(l.context, createBound)
	writer, err := store.Create(ctx, l.peer.room.id, o)
	cancel()
	if err != nil {
		l.refuse(o.Document, err)
		l.count(string(capture.RefusalOf(err)))
		l.tell(PageFailed, o, err)
		return
	}
	p := &page{from: l, receiver: capture.NewReceiver(o, writer.Have()), writer: writer, began: time.Now()}
	l.pages[o.Document] = p
	l.tell(PageOffered, o, nil)
	p.onward = l.openOnward(o, p.receiver.First())
	l.write(p.receiver.Have())
	if p.receiver.Complete() {
		p.finish()
	}
}

// apply passes one step of the page on, keeps it and acknowledges it. The
// agent comes first: it checks the hash itself before it shows anything.
func (p *page) apply(message []byte, step capture.Step) {
	o := p.receiver.Offer()
	if step.Cancelled {
		p.forget()
		p.cancelOnward()
		_ = p.writer.Abort() // nothing of it is visible either way
		p.from.count("cancelled")
		p.from.tell(PageFailed, o, capture.ErrCancelled)
		return
	}
	if p.onward != nil && !p.onward.pass(p.from, message) {
		if p.from.context.Err() != nil {
			// The station is going: it sends this part again, and then the
			// agent must not hold less than the store.
			return
		}
		p.cancelOnward()
	}
	if len(step.Fresh) > 0 {
		if _, err := p.writer.Write(step.Fresh); err != nil {
			p.fail(err)
			return
		}
	}
	if step.Ack > 0 {
		p.from.write(capture.Frame{Kind: capture.KindAck, ID: o.Document, Number: step.Ack})
	}
	if step.Complete {
		p.finish()
	}
}

// finish commits the page and tells the station the outcome.
func (p *page) finish() {
	o := p.receiver.Offer()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(p.from.context), commitBound)
	defer cancel()
	if err := p.writer.Commit(ctx); err != nil {
		p.failed(err)
		return
	}
	p.forget()
	p.endOnward()
	sum, _ := capture.ParseSum(o.SHA256) // checked with the offer
	p.from.write(capture.Frame{Kind: capture.KindDone, ID: o.Document, Payload: sum})
	p.from.peer.sfu.metrics.documentSeconds.Observe(time.Since(p.began).Seconds())
	p.from.count("stored")
	p.from.tell(PageStored, o, nil)
}

// fail refuses the page before its end. What a full disk has taken so far
// stays for the next attempt.
func (p *page) fail(err error) {
	if capture.RefusalOf(err) == capture.DiskFull {
		_ = p.writer.Suspend()
	} else {
		_ = p.writer.Abort()
	}
	p.failed(err)
}

func (p *page) failed(err error) {
	o := p.receiver.Offer()
	p.forget()
	p.cancelOnward()
	p.from.refuse(o.Document, err)
	p.from.count(string(capture.RefusalOf(err)))
	p.from.tell(PageFailed, o, err)
}

// suspend keeps what is there: the same offer on the next connection goes on.
func (p *page) suspend() {
	p.forget()
	p.endOnward()
	if err := p.writer.Suspend(); err != nil {
		p.from.peer.sfu.options.Logger.Warn("page was not kept for resuming", "room", p.from.peer.room.id, "error", err)
	}
	p.from.count("suspended")
}

func (p *page) forget() { delete(p.from.pages, p.receiver.Offer().Document) }

// cancelOnward gives the agent's copy up and says so, so that the agent lets
// go of what it has and fetches the page by HTTP.
func (p *page) cancelOnward() {
	if p.onward != nil {
		p.onward.to.write(capture.Frame{Kind: capture.KindCancel, ID: p.receiver.Offer().Document})
		p.endOnward()
	}
}

func (p *page) endOnward() {
	if p.onward != nil {
		p.onward.to.dropOnward(p.receiver.Offer().Document)
		p.onward = nil
	}
}
