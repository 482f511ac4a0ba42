package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/remotewindow/remotewindow/agentdesk"
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

// begin checks token and offer and opens the page's writer.
func (u uploads) begin(ctx context.Context, token, page string, offer []byte) (string, capture.Offer, sfu.PageWriter, error) {
	ticket, request, ok := u.request(token)
	if !ok {
		return "", capture.Offer{}, nil, &agentdesk.UploadError{Code: "upload", Status: http.StatusUnauthorized}
	}
	id, err := capture.ParseID(page)
	if err != nil {
		return "", capture.Offer{}, nil, refusal(fmt.Errorf("%w: %w", capture.BadFrame, err))
	}
	o, err := capture.ParseOffer(capture.Frame{Kind: capture.KindOffer, ID: id, Payload: offer})
	if err != nil {
		return "", capture.Offer{}, nil, refusal(err)
	}
	if o.Request != request {
		return "", capture.Offer{}, nil, refusal(capture.NotAsked)
	}
	w, err := u.pages.Create(ctx, ticket, o)
	if err != nil {
		// The desk hears of a page that the disk has no room for before its first byte.
		if !errors.Is(err, capture.NotAsked) {
			u.tell(sfu.Event{Room: ticket, Role: sfu.Station, Page: &o, Kind: sfu.PageFailed, Err: err})
		}
		return "", capture.Offer{}, nil, refusal(err)
	}
	return ticket, o, w, nil
}

// have tells how much of the page is there.
func (u uploads) have(ctx context.Context, token, page string, offer []byte) (int64, error) {
	_, _, w, err := u.begin(ctx, token, page, offer)
	if err != nil {
		return 0, err
	}
	n := w.Have()
	return n, w.Suspend()
}

// receive takes the page from offset to its end. A body that breaks off leaves
// what came, for the next try.
func (u uploads) receive(ctx context.Context, token, page string, offer []byte, offset int64, body io.Reader) error {
	ticket, o, w, err := u.begin(ctx, token, page, offer)
	if err != nil {
		return err
	}
	if n := w.Have(); n != offset {
		return errors.Join(&agentdesk.UploadError{Code: "offset", Status: http.StatusConflict, Have: n}, w.Suspend())
	}
	event := sfu.Event{Room: ticket, Role: sfu.Station, Page: &o}
	event.Kind = sfu.PageOffered
	u.tell(event)
	failed := func(err error) error {
		event.Kind, event.Err = sfu.PageFailed, err
		u.tell(event)
		return refusal(err)
	}
	sink := &noted{w: w}
	if _, err := io.Copy(sink, body); err != nil {
		err = errors.Join(err, w.Suspend())
		if sink.failed {
			return failed(err)
		}
		return err // the line broke: the next try goes on
	}
	if w.Have() < o.Size {
		return errors.Join(&agentdesk.UploadError{Code: string(capture.BadFrame), Status: http.StatusUnprocessableEntity}, w.Suspend())
	}
	if err := w.Commit(ctx); err != nil {
		return failed(err)
	}
	event.Kind = sfu.PageStored
	u.tell(event)
	return nil
}

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
