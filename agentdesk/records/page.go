package records

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// PageRecord is a captured page as SQL remembers it; the bytes lie sealed elsewhere.
type PageRecord struct {
	ID      string // 32 hex digits
	Ticket  string
	Slot    string
	Side    string
	SHA256  string // hex
	Bytes   int64
	MIME    string
	Width   int
	Height  int
	Sharp   float64
	AtMS    int64
	Verdict string
	Reason  string
}

// SealedPage is a page with what it takes to open its bytes. A blob store that
// keeps keys beside its blobs (package documents) leaves WrappedKey empty.
type SealedPage struct {
	PageRecord
	Station    string
	Algorithm  string // how bytes and key are sealed
	KeyID      string // of the key that wraps WrappedKey
	WrappedKey []byte // nil once deleted
	BlobPath   string // relative to the blob store, begins with the centre
	// DeletedMS is when the page was deleted, 0 while it is kept. This version deletes
	// none, so nothing here sets it; retention, which comes with the case, will. It is
	// heeded already: a node that runs beside a newer one, or after it, shows no page
	// that is gone.
	DeletedMS int64
}

const pageColumns = `id, ticket, slot, side, sha256, bytes, mime, width, height, sharp, at_ms, verdict, reason`

func (p *PageRecord) columns() []any {
	return []any{&p.ID, &p.Ticket, &p.Slot, &p.Side, &p.SHA256, &p.Bytes, &p.MIME, &p.Width, &p.Height, &p.Sharp,
		&p.AtMS, &p.Verdict, &p.Reason}
}

// AddPage commits a stored page. Adding the same page of the same ticket again
// succeeds; another page under that id is ErrExists. An empty Station is that of
// the ticket.
func (r *Records) AddPage(ctx context.Context, p SealedPage) error {
	if p.ID == "" || p.SHA256 == "" {
		return fmt.Errorf("records: add page: %w: id and hash are required", ErrInvalid)
	}
	return r.write(ctx, "add page", func(tx *txn) error {
		t, err := r.ticket(ctx, tx, p.Ticket)
		if err != nil {
			return err
		}
		if p.Station == "" {
			p.Station = t.Station
		}
		var ticket, hash string
		err = tx.row(ctx, `SELECT ticket, sha256 FROM pages WHERE centre = ? AND id = ?`, r.centre, p.ID).Scan(&ticket, &hash)
		if err == nil && ticket == p.Ticket && hash == p.SHA256 {
			return nil
		}
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if _, err := tx.exec(ctx, `INSERT INTO pages (centre, `+pageColumns+`, station, algorithm, key_id, wrapped_key, blob_path)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			r.centre, p.ID, p.Ticket, p.Slot, p.Side, p.SHA256, p.Bytes, p.MIME, p.Width, p.Height, p.Sharp, p.AtMS,
			p.Verdict, p.Reason, p.Station, p.Algorithm, p.KeyID, p.WrappedKey, p.BlobPath); err != nil {
			return err
		}
		return r.audit(ctx, tx, AuditRow{
			AtMS: p.AtMS, Actor: p.Station, Action: "page.store", Object: p.ID,
			Detail: map[string]string{"ticket": p.Ticket, "slot": p.Slot, "side": p.Side, "sha256": p.SHA256},
		})
	})
}

// Page returns one page, also a deleted one (its WrappedKey is nil then).
func (r *Records) Page(ctx context.Context, id string) (SealedPage, error) {
	var p SealedPage
	err := r.read(ctx, "page", func(tx *txn) error {
		return tx.row(ctx, `SELECT `+pageColumns+`, station, algorithm, key_id, wrapped_key, blob_path, deleted_ms
			FROM pages WHERE centre = ? AND id = ?`, r.centre, id).
			Scan(append(p.columns(), &p.Station, &p.Algorithm, &p.KeyID, &p.WrappedKey, &p.BlobPath, &p.DeletedMS)...)
	})
	if err != nil {
		return SealedPage{}, err
	}
	return p, nil
}

func (r *Records) pagesOf(ctx context.Context, tx *txn, ticket string) ([]PageRecord, error) {
	var list []PageRecord
	err := tx.each(ctx, func(rows *sql.Rows) error {
		var p PageRecord
		if err := rows.Scan(p.columns()...); err != nil {
			return err
		}
		list = append(list, p)
		return nil
	}, `SELECT `+pageColumns+` FROM pages WHERE centre = ? AND ticket = ? AND deleted_ms = 0 ORDER BY at_ms, id`,
		r.centre, ticket)
	return list, err
}
