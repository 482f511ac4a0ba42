package agentdesk

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	maxPage   = 20 << 20 // bytes of a captured page
	maxOffer  = 4 << 10  // bytes of an offer's JSON
	maxToken  = 128      // bytes of an upload token
	uploads   = 64       // pages that come at once
	uploadGap = 20 * time.Second
	uploadAll = 10 * time.Minute // a page of 20 MiB at 280 kbit/s; what is cut then resumes
	// uploadSay is how long after the last bytes the page may take to be stored
	// and the answer to go out.
	uploadSay = time.Minute
)

// UploadFuncs take pages that come over HTTP because no document channel
// opened. The token was given to the station with the agent's request and
// stands for that request alone; page is the document's id (32 hex digits) and
// offer the JSON of what is offered, as over the channel. A refusal is an
// *UploadError.
type UploadFuncs struct {
	// Have tells how many bytes of the page are there already.
	Have func(ctx context.Context, token, page string, offer []byte) (int64, error)
	// Receive takes the bytes from offset to the end, and returns nil when the
	// whole page is stored.
	Receive func(ctx context.Context, token, page string, offer []byte, offset int64, body io.Reader) error
}

// UploadError refuses a page.
type UploadError struct {
	// Code is offset, upload, too_large, type, bad_hash, not_asked, disk_full
	// or bad_frame.
	Code string
	// Status is the HTTP status: 409 (offset), 401 (upload), 413, 415, 422, 507.
	Status int
	Have   int64 // with offset: bytes that are there, where to go on
}

func (e *UploadError) Error() string { return fmt.Sprintf("page refused: %s", e.Code) }

type haveAnswer struct {
	Code string `json:"code,omitempty"` // offset
	Have int64  `json:"have"`
}

// uploadOf is what the headers of a request say.
type uploadOf struct {
	token, page string
	offer       []byte
}

var (
	errUploadToken = &UploadError{Code: "upload", Status: http.StatusUnauthorized}
	errPageOffer   = &UploadError{Code: "bad_frame", Status: http.StatusUnprocessableEntity}
)

// parseUpload reads path and headers of a page upload.
func parseUpload(page, authorization, offer string) (uploadOf, error) {
	token, ok := strings.CutPrefix(authorization, "Bearer ")
	if !ok || token == "" || len(token) > maxToken || strings.IndexFunc(token, func(c rune) bool { return c <= ' ' || c > '~' }) >= 0 {
		return uploadOf{}, errUploadToken
	}
	if len(page) != 32 || strings.Trim(page, "0123456789abcdef") != "" {
		return uploadOf{}, errPageOffer
	}
	if offer == "" || len(offer) > base64.RawURLEncoding.EncodedLen(maxOffer) {
		return uploadOf{}, errPageOffer
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(offer)
	if err != nil || !json.Valid(b) {
		return uploadOf{}, errPageOffer
	}
	return uploadOf{token: token, page: page, offer: b}, nil
}

// offsetOf reads the Upload-Offset header.
func offsetOf(s string) (int64, bool) {
	if s == "" || len(s) > 8 || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n <= maxPage
}

// refuseUpload answers for a page that was not taken.
func (s *Server) refuseUpload(w http.ResponseWriter, r *http.Request, err error) {
	refusal, ok := errors.AsType[*UploadError](err)
	switch {
	case !ok:
		s.unavailable(w, r, err)
	case refusal.Code == "offset":
		answer(w, refusal.Status, haveAnswer{Code: refusal.Code, Have: refusal.Have})
	default:
		refuse(w, refusal.Status, refusal.Code, "")
	}
}

// readUpload gives what an upload request says, or answers.
func (s *Server) readUpload(w http.ResponseWriter, r *http.Request) (uploadOf, bool) {
	if s.o.Upload.Have == nil || s.o.Upload.Receive == nil {
		s.nothing(w, r)
		return uploadOf{}, false
	}
	u, err := parseUpload(r.PathValue("id"), r.Header.Get("Authorization"), r.Header.Get("Page-Offer"))
	if err != nil {
		s.refuseUpload(w, r, err)
		return uploadOf{}, false
	}
	return u, true
}

// pageHave answers GET /api/station/pages/{id}.
func (s *Server) pageHave(w http.ResponseWriter, r *http.Request) {
	u, ok := s.readUpload(w, r)
	if !ok {
		return
	}
	have, err := s.o.Upload.Have(r.Context(), u.token, u.page, u.offer)
	if err != nil {
		s.refuseUpload(w, r, err)
		return
	}
	answer(w, http.StatusOK, haveAnswer{Have: have})
}

// pageReceive answers PUT /api/station/pages/{id}. Receive reads nothing of the
// body before it has found the token good and the offset right.
func (s *Server) pageReceive(w http.ResponseWriter, r *http.Request) {
	u, ok := s.readUpload(w, r)
	if !ok {
		return
	}
	if kind := r.Header.Get("Content-Type"); kind != "image/jpeg" && kind != "image/png" {
		refuse(w, http.StatusUnsupportedMediaType, "type", "a page is image/jpeg or image/png")
		return
	}
	offset, ok := offsetOf(r.Header.Get("Upload-Offset"))
	if !ok { // the page learns where to go on
		have, err := s.o.Upload.Have(r.Context(), u.token, u.page, u.offer)
		if err == nil {
			err = &UploadError{Code: "offset", Status: http.StatusConflict, Have: have}
		}
		s.refuseUpload(w, r, err)
		return
	}
	if r.ContentLength > maxPage-offset {
		refuse(w, http.StatusRequestEntityTooLarge, "too_large", "a page may have 20 MiB")
		return
	}
	select {
	case s.uploads <- struct{}{}:
		defer func() { <-s.uploads }()
	default:
		s.busy(w)
		return
	}
	body := &patient{
		body:    http.MaxBytesReader(w, r.Body, maxPage-offset),
		control: http.NewResponseController(w), end: time.Now().Add(uploadAll),
	}
	err := s.o.Upload.Receive(r.Context(), u.token, u.page, u.offer, offset, body)
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		w.WriteHeader(http.StatusNoContent)
	case errors.As(err, &tooLarge):
		refuse(w, http.StatusRequestEntityTooLarge, "too_large", "a page may have 20 MiB")
	case body.cut: // the line broke: what came is kept, and whoever hears this asks where to go on
		refuse(w, http.StatusBadRequest, "malformed", "the body ended early")
	default:
		s.refuseUpload(w, r, err)
	}
}

// patient reads a body for as long as bytes keep coming: a page on a thin line
// takes longer than any other request may. The time for the answer begins anew
// with each read, or a page that came whole would not be told so.
type patient struct {
	body    io.Reader
	control *http.ResponseController
	end     time.Time
	cut     bool // the body ended with an error
}

func (p *patient) Read(b []byte) (int, error) {
	next := time.Now().Add(uploadGap)
	if next.After(p.end) {
		next = p.end
	}
	// A server without deadlines (a recorder of a test) keeps its own.
	_ = p.control.SetReadDeadline(next)
	_ = p.control.SetWriteDeadline(next.Add(uploadSay))
	n, err := p.body.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		p.cut = true
	}
	return n, err
}
