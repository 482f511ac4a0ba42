package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/remotewindow/remotewindow/agentdesk"
	"github.com/remotewindow/remotewindow/agentdesk/documents"
	"github.com/remotewindow/remotewindow/sfu"
	"github.com/remotewindow/remotewindow/sfu/capture"
)

// uploads takes pages over HTTP from a station whose document channel does not
// open. They end in the same store and are told by the same event as those of
// the channel; the desk, seeing one in its state, fetches it.
type uploads struct {
	pages pages
	// request tells which capture request of which ticket a token answers.
	request func(token string) (ticket, request string, ok bool)
	tell    func(sfu.Event)
}

// named checks token and offer.
func (u uploads) named(token, page string, offer []byte) (ticket string, o capture.Offer, err error) {
	ticket, request, ok := u.request(token)
	if !ok {
		return "", o, &agentdesk.UploadError{Code: "upload", Status: http.StatusUnauthorized}
	}
	id, err := capture.ParseID(page)
	if err != nil {
		return "", o, refusal(fmt.Errorf("%w: %w", capture.BadFrame, err))
	}
	if o, err = capture.ParseOffer(capture.Frame{Kind: capture.KindOffer, ID: id, Payload: offer}); err != nil {
		return "", o, refusal(err)
	}
	if o.Request != request {
		return "", o, refusal(capture.NotAsked)
	}
	return ticket, o, nil
}

// have tells how much of the page is there. It changes nothing.
func (u uploads) have(_ context.Context, token, page string, offer []byte) (int64, error) {
	ticket, o, err := u.named(token, page, offer)
	if err != nil {
		return 0, err
	}
	n, err := u.pages.documents.Have(ticket, documents.Meta{ID: page, SHA256: o.SHA256, Size: o.Size, MIME: o.MIME})
	if err != nil {
		return 0, refusal(forSFU(err))
	}
	return n, nil
}

// receive takes the page from offset to its end. A body that breaks off leaves
// what came, for the next try.
func (u uploads) receive(ctx context.Context, token, page string, offer []byte, offset int64, body io.Reader) (err error) {
	ticket, o, err := u.named(token, page, offer)
	if err != nil {
		return err
	}
	event := sfu.Event{Room: ticket, Role: sfu.Station, Page: &o}
	tell := func(kind sfu.EventKind, err error) {
		event.Kind, event.Err = kind, err
		u.tell(event)
	}
	w, err := u.pages.Create(ctx, ticket, o)
	if err != nil {
		if !errors.Is(err, capture.NotAsked) {
			tell(sfu.PageFailed, err) // the desk hears of a page that found no room for its first byte
		}
		return refusal(err)
	}
	// Whatever ends this without the page being stored keeps what came. After a
	// Commit, and after a newer try took the page over, there is nothing to keep.
	defer func() {
		if suspended := w.Suspend(); err != nil && suspended != nil && !errors.Is(suspended, documents.ErrClosed) {
			err = errors.Join(err, suspended)
		}
	}()
	if n := w.Have(); n != offset {
		return &agentdesk.UploadError{Code: "offset", Status: http.StatusConflict, Have: n}
	}
	tell(sfu.PageOffered, nil)
	sink := &noted{w: w}
	if _, err := io.Copy(sink, body); err != nil {
		if sink.failed && !errors.Is(err, documents.ErrClosed) {
			tell(sfu.PageFailed, err)
			return refusal(err)
		}
		return err // the line broke, or a newer try took over
	}
	if w.Have() < o.Size {
		return &agentdesk.UploadError{Code: string(capture.BadFrame), Status: http.StatusUnprocessableEntity}
	}
	if _, _, err := u.named(token, page, offer); err != nil {
		return err // the request was withdrawn, or the station shut out, meanwhile
	}
	// A page that came whole is stored, even when its sender does not wait.
	storing, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeWithin)
	defer cancel()
	if err := w.Commit(storing); err != nil {
		if !errors.Is(err, documents.ErrClosed) {
			tell(sfu.PageFailed, err)
		}
		return refusal(err)
	}
	tell(sfu.PageStored, nil)
	return nil
}

// storeWithin bounds the end of a page: bytes made durable and its row written.
const storeWithin = 30 * time.Second

// noted tells a writer's failure from its reader's.
type noted struct {
	w      io.Writer
	failed bool
}

func (n *noted) Write(b []byte) (int, error) {
	c, err := n.w.Write(b)
	n.failed = n.failed || err != nil
	return c, err
}

// refusal says in HTTP's words why a page was not taken.
func refusal(err error) error {
	code, ok := errors.AsType[capture.Refusal](err)
	if !ok {
		return err
	}
	status := http.StatusUnprocessableEntity
	switch code {
	case capture.TooLarge:
		status = http.StatusRequestEntityTooLarge
	case capture.BadType:
		status = http.StatusUnsupportedMediaType
	case capture.DiskFull:
		status = http.StatusInsufficientStorage
	}
	return &agentdesk.UploadError{Code: string(code), Status: status}
}
