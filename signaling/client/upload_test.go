package client_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"testing"

	"github.com/remotewindow/remotewindow/sfu/capture"
	"github.com/remotewindow/remotewindow/signaling/client"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// pageServer takes one page over HTTP and can break at each step.
type pageServer struct {
	t *testing.T

	mu     sync.Mutex
	offer  capture.Offer
	kept   []byte
	cuts   int // PUTs that still break in their middle
	busy   int // requests that still get 503
	moved  int // PUTs that still hear of another offset
	refuse capture.Refusal
	stored bool
}

func (p *pageServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	answer := func(status int, body string) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
	if r.Header.Get("Authorization") != "Bearer secret" {
		answer(http.StatusUnauthorized, `{"code":"upload"}`)
		return
	}
	raw, err := base64.RawURLEncoding.DecodeString(r.Header.Get("Page-Offer"))
	frame := capture.Frame{Kind: capture.KindOffer, Payload: raw}
	if err == nil {
		p.offer, err = capture.ParseOffer(frame)
	}
	if id, bad := hex.DecodeString(r.PathValue("id")); err != nil || bad != nil || len(id) != 16 {
		p.t.Errorf("offer %q: %v", raw, err)
	}
	if p.busy > 0 {
		p.busy--
		answer(http.StatusServiceUnavailable, "proxy says no")
		return
	}
	if r.Method == http.MethodGet {
		answer(http.StatusOK, fmt.Sprintf(`{"have":%d}`, len(p.kept)))
		return
	}
	if p.refuse != "" {
		answer(http.StatusUnprocessableEntity, `{"code":"`+string(p.refuse)+`"}`)
		return
	}
	if p.moved > 0 {
		p.moved--
		answer(http.StatusConflict, fmt.Sprintf(`{"code":"offset","have":%d}`, len(p.kept)))
		return
	}
	if offset, err := strconv.Atoi(r.Header.Get("Upload-Offset")); err != nil || offset != len(p.kept) || r.Header.Get("Content-Type") != capture.JPEG {
		p.t.Errorf("offset %q of %d, type %q", r.Header.Get("Upload-Offset"), len(p.kept), r.Header.Get("Content-Type"))
	}
	if p.cuts > 0 {
		p.cuts--
		part := make([]byte, 1000)
		n, _ := io.ReadFull(r.Body, part)
		p.kept = append(p.kept, part[:n]...)
		panic(http.ErrAbortHandler)
	}
	rest, _ := io.ReadAll(r.Body)
	p.kept, p.stored = append(p.kept, rest...), true
	w.WriteHeader(http.StatusNoContent)
}

func uploading(t *testing.T, upload string) (*pageServer, *client.Station) {
	t.Helper()
	asked := protocol.StationState{Version: 1, State: protocol.KioskCall, Capture: &protocol.CaptureView{ID: "r1", Slot: "id_card", Side: "front", Upload: upload}}
	sv := newServer(t, func(s *socket) { s.send(t, "", asked) })
	pages := &pageServer{t: t}
	sv.Config.Handler.(*http.ServeMux).Handle("/api/station/pages/{id}", pages)
	return pages, station(t, sv, nil)
}

func TestPageOverHTTP(t *testing.T) {
	pages, s := uploading(t, "secret")
	pages.cuts, pages.busy, pages.moved = 2, 1, 1
	data := picture(50_000)
	// There is no media at all: the fall-back is automatic.
	offer, err := s.SendPage(within(t), nil, client.Page{Data: data, Thumb: []byte{1}, Slot: "id_card", Side: "front", Request: "r1"})
	if err != nil {
		t.Fatal(err)
	}
	pages.mu.Lock()
	defer pages.mu.Unlock()
	if !pages.stored || !bytes.Equal(pages.kept, data) || pages.offer.SHA256 != offer.SHA256 || pages.offer.Request != "r1" || pages.offer.ThumbSize != 0 {
		t.Errorf("%d of %d bytes of %+v", len(pages.kept), len(data), pages.offer)
	}
}

func TestPageOverHTTPRefused(t *testing.T) {
	pages, s := uploading(t, "secret")
	pages.refuse = capture.BadHash
	page := client.Page{Data: picture(500), Slot: "id_card", Side: "front", Request: "r1"}
	if _, err := s.SendPageHTTP(within(t), page); !errors.Is(err, capture.BadHash) {
		t.Errorf("%v, want bad_hash", err)
	}
	page.Request = "r0"
	if _, err := s.SendPageHTTP(within(t), page); !errors.Is(err, client.ErrNoUpload) {
		t.Errorf("%v, want no upload", err)
	}
	_, stranger := uploading(t, "guess")
	page.Request = "r1"
	if _, err := stranger.SendPageHTTP(within(t), page); client.CodeOf(err) != "upload" {
		t.Errorf("%v, want upload", err)
	}
}
