package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/remotewindow/remotewindow/sfu/capture"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// channelWithin is how long a shot that is ready waits for the document channel
// to open before it goes over HTTP.
const channelWithin = 5 * time.Second

// ErrNoUpload means that the station's state shows no request, with its token,
// that a page could answer over HTTP.
var ErrNoUpload = errors.New("no request for this page in the state")

// SendPage tells that the resident pressed 拍照 and sends the page: on the
// document channel of m, or over HTTP when that does not open within 5 s, closes
// under the page, or m is nil.
func (s *Station) SendPage(ctx context.Context, m *Media, p Page) (capture.Offer, error) {
	if err := s.session.order(ctx, protocol.CaptureConfirm{Slot: p.Slot}); err != nil {
		return capture.Offer{}, err
	}
	if p.Document == (capture.ID{}) {
		_, _ = rand.Read(p.Document[:]) // never fails
	}
	if m != nil {
		opening, cancel := context.WithTimeout(ctx, channelWithin)
		err := m.Page.WaitOpen(opening)
		cancel()
		if err == nil {
			offer, err := m.SendPage(ctx, p)
			if err == nil || !errors.Is(err, errChannelClosed) {
				return offer, err
			}
		}
		if ctx.Err() != nil {
			return capture.Offer{}, fmt.Errorf("client: send page: %w", ctx.Err())
		}
		s.session.log.Info("page goes over HTTP", "who", s.session.what)
	}
	return s.SendPageHTTP(ctx, p)
}

// SendPageHTTP sends a page over HTTP with the token of the request that it
// answers, and returns when it is stored. What a cut interrupts goes on where
// the server stands, until ctx ends. A refusal is a capture.Refusal.
func (s *Station) SendPageHTTP(ctx context.Context, p Page) (capture.Offer, error) {
	asked := s.State().Capture
	if asked == nil || asked.ID != p.Request || asked.Upload == "" {
		return capture.Offer{}, fmt.Errorf("client: %s: send page: %w", s.session.what, ErrNoUpload)
	}
	return s.session.upload(ctx, asked.Upload, p)
}

// upload carries a page over HTTP: how much is there, then the rest.
func (e *endpoint) upload(ctx context.Context, token string, p Page) (capture.Offer, error) {
	offer := capture.Offer{
		Document: p.Document, Width: p.Width, Height: p.Height, Slot: p.Slot, Side: string(p.Side), Request: p.Request, Sharp: p.Sharp,
	}
	if offer.Document == (capture.ID{}) {
		_, _ = rand.Read(offer.Document[:]) // never fails
	}
	offer = capture.NewPage(offer, p.Data, nil).Offer
	body, err := json.Marshal(offer)
	if err != nil {
		return offer, fmt.Errorf("client: send page: %w", err)
	}
	path := "/api/station/pages/" + hex.EncodeToString(offer.Document[:])
	header := http.Header{
		"Authorization": {"Bearer " + token}, "Page-Offer": {base64.RawURLEncoding.EncodeToString(body)}, "Origin": {e.origin()},
	}
	for attempt := 0; ; attempt++ {
		err := e.uploadOnce(ctx, path, header, offer, p.Data)
		if err == nil {
			return offer, nil
		}
		if refused := refusalOf(err); refused != nil || ctx.Err() != nil {
			return offer, fmt.Errorf("client: send page: %w", errors.Join(refused, err))
		}
		if err := pauseJittered(ctx, attempt); err != nil {
			return offer, fmt.Errorf("client: send page: %w", err)
		}
	}
}

// refusalOf is what another attempt would only repeat, nil for all else: a cut,
// a server that is busy or gone, or an offset that another attempt moved.
func refusalOf(err error) error {
	var said *Error
	if !errors.As(err, &said) || said.Status >= 500 && said.Status != http.StatusInsufficientStorage ||
		said.Status == http.StatusConflict || said.Status == http.StatusTooManyRequests {
		return nil
	}
	return capture.Refusal(said.Code)
}

func (e *endpoint) uploadOnce(ctx context.Context, path string, header http.Header, offer capture.Offer, data []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, e.path(path), nil)
	if err != nil {
		return err
	}
	req.Header = header.Clone()
	var there struct {
		Have int64 `json:"have"`
	}
	if err := e.exchange(req, &there); err != nil {
		return err
	}
	if there.Have < 0 || there.Have > int64(len(data)) {
		return fmt.Errorf("server has %d of %d bytes", there.Have, len(data))
	}
	req, err = http.NewRequestWithContext(ctx, http.MethodPut, e.path(path), bytes.NewReader(data[there.Have:]))
	if err != nil {
		return err
	}
	req.Header = header.Clone()
	req.Header.Set("Content-Type", offer.MIME)
	req.Header.Set("Upload-Offset", strconv.FormatInt(there.Have, 10))
	return e.exchange(req, nil)
}
