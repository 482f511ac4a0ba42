package client

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/remotewindow/remotewindow/sfu/capture"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// Page is a page that a station sends.
type Page struct {
	Data          []byte // JPEG or PNG
	Thumb         []byte // JPEG of at most 64 KiB, may be empty
	Width, Height int    // pixels
	Slot          string
	Side          protocol.Side
	Request       string  // id of the CaptureView that asked for it
	Sharp         float64 // variance of the Laplacian
	// Document names the page on its way; zero draws one. Sent again under the
	// same, after a disconnect, the page goes on where the receiver stands.
	Document capture.ID
}

// Received is a page as it reached an agent. Its bytes have the hash of the
// offer: what did not is never handed over.
type Received struct {
	Offer capture.Offer // of HTTP only SHA256, Size, MIME, Slot and Side are filled
	Thumb []byte
	Data  []byte
	HTTP  bool // it came by HTTP because the channel gave up
	At    time.Time
}

// maxUntaken bounds the pages that arrived and nobody waited for.
const maxUntaken = 16

// pages is what a Media does on its document channel: the agent's side has the
// inbox, the station's side the page on its way.
type pages struct {
	sending sync.Mutex    // one page at a time
	inbox   capture.Inbox // only the channel's goroutine touches it

	mu       sync.Mutex // guards the following fields
	frames   chan capture.Frame
	document capture.ID
	quit     <-chan struct{}
	thumbs   map[capture.ID][]byte
	arrived  []Received
	failed   map[string]error // by SHA-256
	changed  chan struct{}    // closed and replaced when one of them changes
}

func (p *pages) announce() {
	close(p.changed)
	p.changed = make(chan struct{})
}

func (p *pages) thumb(o capture.Offer, thumb []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.thumbs == nil || len(p.thumbs) >= maxUntaken {
		p.thumbs = make(map[capture.ID][]byte)
	}
	p.thumbs[o.Document] = thumb
	p.announce()
}

func (p *pages) page(o capture.Offer, page []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.arrived) >= maxUntaken {
		p.arrived = p.arrived[1:]
	}
	p.arrived = append(p.arrived, Received{Offer: o, Thumb: p.thumbs[o.Document], Data: page, At: time.Now()})
	delete(p.thumbs, o.Document)
	p.announce()
}

func (p *pages) failure(o capture.Offer, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failed == nil || len(p.failed) >= maxUntaken {
		p.failed = make(map[string]error)
	}
	p.failed[o.SHA256] = err
	p.announce()
}

// take removes and returns the page of a hash, or tells why it failed; changed
// is closed when looking again is worth it.
func (p *pages) take(sum string) (got Received, ok bool, changed <-chan struct{}, failed error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, r := range p.arrived {
		if r.Offer.SHA256 == sum || sum == "" {
			p.arrived = append(p.arrived[:i], p.arrived[i+1:]...)
			return r, true, nil, nil
		}
	}
	return Received{}, false, p.changed, p.failed[sum]
}

// answer hands a frame of the SFU to the page on its way. It holds the channel
// back while the sender is busy.
func (p *pages) answer(data []byte, text bool) {
	if text {
		return
	}
	frame, err := capture.Parse(data)
	if err != nil {
		return // the SFU is not ours to refuse
	}
	p.mu.Lock()
	frames, quit, ours := p.frames, p.quit, p.frames != nil && p.document == frame.ID
	p.mu.Unlock()
	if !ours {
		return
	}
	select {
	case frames <- frame:
	case <-quit:
	}
}

// SendPage sends a page on the document channel and returns when the receiver
// has kept it. A refusal is a capture.Refusal.
func (m *Media) SendPage(ctx context.Context, p Page) (capture.Offer, error) {
	offer := capture.Offer{
		Document: p.Document, Width: p.Width, Height: p.Height, Slot: p.Slot, Side: string(p.Side), Request: p.Request, Sharp: p.Sharp,
	}
	if offer.Document == (capture.ID{}) {
		_, _ = rand.Read(offer.Document[:]) // never fails
	}
	page := capture.NewPage(offer, p.Data, p.Thumb)
	m.pages.sending.Lock()
	defer m.pages.sending.Unlock()
	if err := m.Page.WaitOpen(ctx); err != nil {
		return page.Offer, fmt.Errorf("client: send page: %w", err)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop := m.Page.whenClosed(func() { cancel(errChannelClosed) })
	defer stop()
	frames := make(chan capture.Frame, 64)
	m.pages.begin(frames, offer.Document, ctx.Done())
	defer m.pages.begin(nil, capture.ID{}, nil)
	if err := capture.NewSender(page).Run(ctx, m.Page, frames, m.Page.low); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return page.Offer, fmt.Errorf("client: send page: %w", err)
	}
	return page.Offer, nil
}

var errChannelClosed = errors.New("document channel closed while a page was on its way")

func (p *pages) begin(frames chan capture.Frame, document capture.ID, quit <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.frames, p.document, p.quit = frames, document, quit
}

// whenClosed calls f when the channel closes, until stop is called.
func (c *Channel) whenClosed(f func()) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case <-c.closed:
			f()
		case <-done:
		}
	}()
	return func() {
		close(done)
		<-ended
	}
}

// WaitPage waits for the page with this SHA-256 (hex), or for any page when it
// is empty. A page is handed over once.
func (m *Media) WaitPage(ctx context.Context, sum string) (Received, error) {
	for {
		got, ok, changed, failed := m.pages.take(sum)
		switch {
		case ok:
			return got, nil
		case failed != nil:
			return Received{}, fmt.Errorf("client: receive page: %w", failed)
		}
		select {
		case <-changed:
		case <-m.Page.closed:
			return Received{}, fmt.Errorf("client: receive page: %w", errChannelClosed)
		case <-ctx.Done():
			return Received{}, fmt.Errorf("client: receive page: %w", ctx.Err())
		}
	}
}

// storedGrace is how long a page that the server has stored may still be on
// its way over the channel before it is fetched.
const storedGrace = 3 * time.Second

// ReceivePage waits for the page with this SHA-256 (hex) on the document
// channel. When the server has stored it and the channel does not bring it, it
// is fetched over HTTP.
func (a *Agent) ReceivePage(ctx context.Context, m *Media, sum string) (Received, error) {
	channel, cancel := context.WithCancel(ctx)
	defer cancel()
	type result struct {
		page Received
		err  error
	}
	direct := make(chan result, 1)
	go func() {
		page, err := m.WaitPage(channel, sum)
		direct <- result{page, err}
	}()
	listed := make(chan protocol.PageView, 1)
	go func() {
		if state, err := a.WaitState(channel, func(s protocol.DeskState) bool { return pageOf(s, sum) != nil }); err == nil {
			listed <- *pageOf(state, sum)
		}
	}()
	var late <-chan time.Time
	var view *protocol.PageView
	var failed error
	for {
		select {
		case r := <-direct:
			if r.err == nil {
				return r.page, nil
			}
			if ctx.Err() != nil {
				return Received{}, r.err
			}
			failed, direct = r.err, nil
		case v := <-listed:
			view = &v
			timer := time.NewTimer(storedGrace)
			defer timer.Stop()
			late = timer.C
		case <-late:
			failed = errors.Join(failed, errors.New("stored but not on the channel"))
		case <-a.Done():
			return Received{}, fmt.Errorf("client: %s: receive page: %w", a.session.what, errors.Join(ErrEnded, failed))
		case <-ctx.Done():
			return Received{}, fmt.Errorf("client: %s: receive page: %w", a.session.what, errors.Join(ctx.Err(), failed))
		}
		if view != nil && failed != nil {
			return a.fetch(ctx, *view, failed)
		}
	}
}

func pageOf(s protocol.DeskState, sum string) *protocol.PageView {
	if s.Call == nil {
		return nil
	}
	for i := range s.Call.Pages {
		if s.Call.Pages[i].SHA256 == sum {
			return &s.Call.Pages[i]
		}
	}
	return nil
}

func (a *Agent) fetch(ctx context.Context, v protocol.PageView, why error) (Received, error) {
	data, err := a.FetchPage(ctx, v.ID)
	if err != nil {
		return Received{}, errors.Join(err, why)
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != v.SHA256 {
		return Received{}, fmt.Errorf("client: page %s: %w", v.ID, capture.BadHash)
	}
	o := capture.Offer{SHA256: v.SHA256, Size: v.Bytes, MIME: v.MIME, Slot: v.Slot, Side: string(v.Side)}
	return Received{Offer: o, Data: data, HTTP: true, At: time.Now()}, nil
}

// FetchPage gets the bytes of a stored page over HTTP, at most 20 MiB; the
// server allows it to who handles the ticket.
func (a *Agent) FetchPage(ctx context.Context, id string) ([]byte, error) {
	return a.session.page(ctx, id, capture.MaxPageSize)
}
