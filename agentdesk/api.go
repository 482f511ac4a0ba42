package agentdesk

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/remotewindow/remotewindow/agentdesk/rights"
)

// maxBody is how long the body of a request may be, in bytes.
const maxBody = 4 << 10

// failure is the body of every refusal.
type failure struct {
	Code    string `json:"code"`
	Detail  string `json:"detail,omitempty"` // for engineers; never personal data
	RetryMS int64  `json:"retry_ms,omitempty"`
}

// answer sends v as JSON.
func answer(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // ours to have right; around answers 500
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	w.Write(append(b, '\n'))
}

func refuse(w http.ResponseWriter, status int, code, detail string) {
	answer(w, status, failure{Code: code, Detail: detail})
}

// unavailable answers for a store that failed. What failed is in the log alone.
func (s *Server) unavailable(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		return // the client is gone
	}
	s.o.Logger.Warn("request failed", "route", r.Pattern, "err", err)
	refuse(w, http.StatusServiceUnavailable, "records_away", "")
}

// busy sends a request away for a moment: more run than the server lets run.
func (s *Server) busy(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "1")
	answer(w, http.StatusServiceUnavailable, failure{Code: "busy", RetryMS: 1000})
}

// nothing answers what no route knows.
func (s *Server) nothing(w http.ResponseWriter, r *http.Request) {
	refuse(w, http.StatusNotFound, "not_found", "")
}

type ticketAnswer struct {
	Ticket string `json:"ticket"`
}

func (s *Server) issue(w http.ResponseWriter, id Identity) {
	t, err := s.tickets.issue(id, s.o.Now())
	if err != nil {
		answer(w, http.StatusTooManyRequests, failure{Code: "rate", Detail: err.Error(), RetryMS: ticketLife.Milliseconds()})
		return
	}
	answer(w, http.StatusOK, ticketAnswer{t})
}

// socketTicket answers POST /api/{desk|board}/socket.
func (s *Server) socketTicket(w http.ResponseWriter, r *http.Request) {
	v := visitorOf(r)
	s.issue(w, Identity{Role: v.Role, ID: v.ID, Face: v.face, Session: v.session})
}

// catalogue answers GET /api/catalogue.
func (s *Server) catalogue(w http.ResponseWriter, r *http.Request) {
	c, err := s.o.Catalogue(r.Context())
	if err != nil {
		s.unavailable(w, r, err)
		return
	}
	answer(w, http.StatusOK, c)
}

// info answers GET /api/info. The stations are named in a demo only.
func (s *Server) info(w http.ResponseWriter, r *http.Request) {
	var stations []Station
	if s.o.Demo {
		var err error
		if stations, err = s.o.Stations(r.Context()); err != nil {
			s.unavailable(w, r, err)
			return
		}
	}
	answer(w, http.StatusOK, struct {
		Build       string    `json:"build"`
		Demo        bool      `json:"demo"`
		Centre      string    `json:"centre"`
		Zone        string    `json:"zone"`   // IANA
		NowMS       int64     `json:"now_ms"` // this server's clock
		Clips       bool      `json:"clips"`  // there are recorded sentences under /clips
		Title       string    `json:"title"`
		ConsentText string    `json:"consent_text"`
		Stations    []Station `json:"stations,omitempty"`
	}{s.o.Build, s.o.Demo, s.o.Centre, s.o.Zone, s.o.Now().UnixMilli(), s.clips != nil, s.o.Title, s.o.ConsentText, stations})
}

// why answers GET /api/tickets/{id}/why: why whom was offered a ticket, and who
// and what was passed over.
func (s *Server) why(w http.ResponseWriter, r *http.Request) {
	id, who := r.PathValue("id"), visitorOf(r)
	if s.o.Why == nil || len(id) > 64 || strings.Trim(id, "0123456789abcdef-") != "" {
		refuse(w, http.StatusNotFound, "not_found", "")
		return
	}
	offers, err := s.o.Why(r.Context(), who.Person, who.face, id)
	switch {
	case errors.Is(err, ErrNotFound):
		refuse(w, http.StatusNotFound, "not_found", "")
	case err != nil:
		s.unavailable(w, r, err)
	default:
		answer(w, http.StatusOK, struct {
			Offers any `json:"offers"`
		}{offers})
	}
}

// captured answers GET /api/desk/pages/{id} with the bytes of a page.
func (s *Server) captured(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if len(id) > 64 || strings.Trim(id, "0123456789abcdef-") != "" {
		refuse(w, http.StatusNotFound, "not_found", "")
		return
	}
	meta, body, err := s.o.OpenPage(r.Context(), visitorOf(r).Person, id)
	switch {
	case errors.Is(err, ErrNotFound):
		refuse(w, http.StatusNotFound, "not_found", "")
		return
	case errors.Is(err, ErrForbidden) && !rights.May(visitorOf(r).Role, r.Pattern, rights.Other):
		refuse(w, http.StatusForbidden, "forbidden", "only who handles the ticket may open its pages")
		return
	case err != nil:
		s.unavailable(w, r, err)
		return
	}
	defer body.Close()
	// The first bytes decide whether there is a page at all; once the header
	// is out, a failure can only break the connection off.
	src := bufio.NewReaderSize(body, 64<<10)
	if _, err := src.Peek(1); err != nil || (meta.MIME != "image/jpeg" && meta.MIME != "image/png") {
		s.o.Logger.Error("stored page cannot be read", "page", id, "err", err)
		refuse(w, http.StatusInternalServerError, "internal", "the stored page cannot be read")
		return
	}
	h := w.Header()
	h.Set("Content-Type", meta.MIME)
	h.Set("Content-Length", strconv.FormatInt(meta.Size, 10))
	h.Set("Content-Disposition", "inline")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
	w.WriteHeader(http.StatusOK)
	n, err := io.Copy(w, src)
	if err != nil || n != meta.Size {
		if r.Context().Err() == nil {
			s.o.Logger.Error("stored page broke off", "page", id, "bytes", n, "of", meta.Size, "err", err)
		}
		panic(http.ErrAbortHandler) // so that nobody takes what came for the whole
	}
}
