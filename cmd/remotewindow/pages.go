package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/remotewindow/remotewindow/agentdesk"
	"github.com/remotewindow/remotewindow/agentdesk/documents"
	"github.com/remotewindow/remotewindow/agentdesk/records"
	"github.com/remotewindow/remotewindow/sfu"
	"github.com/remotewindow/remotewindow/sfu/capture"
)

// pages joins the three that a captured page passes: the SFU it arrives at, the
// sealed store of its bytes, and the records of its row.
type pages struct {
	documents *documents.Store
	records   *records.Records
	// asked tells whether the agent of the ticket asked for this page.
	asked func(ticket string, offer capture.Offer) bool
}

// Create begins or resumes a page; only what an agent asked for is taken.
func (p pages) Create(ctx context.Context, ticket string, o capture.Offer) (sfu.PageWriter, error) {
	if !p.asked(ticket, o) {
		return nil, fmt.Errorf("page of slot %q: %w", o.Slot, capture.NotAsked)
	}
	id := o.Document.String()
	w, err := p.documents.Create(ctx, ticket, documents.Meta{ID: id, SHA256: o.SHA256, Size: o.Size, MIME: o.MIME})
	if err != nil {
		return nil, forSFU(err)
	}
	return &pageWriter{Writer: w, records: p.records, row: records.SealedPage{
		PageRecord: records.PageRecord{
			ID: id, Ticket: ticket, Slot: o.Slot, Side: o.Side, SHA256: o.SHA256, Bytes: o.Size, MIME: o.MIME,
			Width: o.Width, Height: o.Height, Sharp: o.Sharp,
		},
		Algorithm: "AES-256-GCM-64K", BlobPath: ticket + "/" + id,
	}}, nil
}

// forSFU gives an error the code of refusal that the station is told.
func forSFU(err error) error {
	for _, known := range []struct {
		err  error
		code capture.Refusal
	}{
		{documents.ErrTooLarge, capture.TooLarge},
		{documents.ErrHash, capture.BadHash},
		{documents.ErrType, capture.BadType},
		{documents.ErrDiskFull, capture.DiskFull},
	} {
		if errors.Is(err, known.err) {
			return fmt.Errorf("%w: %w", known.code, err)
		}
	}
	return err
}

// pageWriter writes the row once the bytes are durable, so that there is never
// a row without its page.
type pageWriter struct {
	*documents.Writer
	records *records.Records
	row     records.SealedPage
}

func (w *pageWriter) Write(b []byte) (int, error) {
	n, err := w.Writer.Write(b)
	return n, forSFU(err)
}

func (w *pageWriter) Commit(ctx context.Context) error {
	if err := w.Writer.Commit(ctx); err != nil {
		return forSFU(err)
	}
	w.row.AtMS = time.Now().UnixMilli()
	if err := w.records.AddPage(ctx, w.row); err != nil && !errors.Is(err, records.ErrExists) {
		return fmt.Errorf("write the page's row: %w", err)
	}
	return nil
}

// open returns a page to the agent who handles its ticket; the audit row is
// written before the first byte leaves.
func (p pages) open(ctx context.Context, person agentdesk.Person, page string) (agentdesk.PageMeta, io.ReadCloser, error) {
	row, err := p.records.Page(ctx, page)
	if err != nil {
		return agentdesk.PageMeta{}, nil, forDesk(err)
	}
	ticket, err := p.records.Ticket(ctx, row.Ticket)
	if err != nil {
		return agentdesk.PageMeta{}, nil, forDesk(err)
	}
	if row.DeletedMS != 0 || ticket.Agent != person.ID || ticket.State == records.StateClosed {
		// Whoever may not see it is not told whether it exists.
		return agentdesk.PageMeta{}, nil, fmt.Errorf("page %s: %w", page, agentdesk.ErrNotFound)
	}
	err = p.records.Audit(ctx, records.AuditRow{
		AtMS: time.Now().UnixMilli(), Actor: person.ID, Action: "page.open", Object: page,
		Detail: map[string]string{"ticket": row.Ticket},
	})
	if err != nil {
		return agentdesk.PageMeta{}, nil, forDesk(err)
	}
	meta, bytes, err := p.documents.Open(ctx, row.Ticket, page)
	if errors.Is(err, documents.ErrNotFound) {
		return agentdesk.PageMeta{}, nil, fmt.Errorf("%w: %w", agentdesk.ErrNotFound, err)
	}
	if err != nil {
		return agentdesk.PageMeta{}, nil, fmt.Errorf("open page %s: %w", page, err)
	}
	return agentdesk.PageMeta{MIME: meta.MIME, Size: meta.Size, SHA256: meta.SHA256}, bytes, nil
}
