package agentdesk

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/remotewindow/remotewindow/agentdesk/records"
)

const (
	// auditLimit is how many rows a page of the audit has unless it is told.
	auditLimit = 100
	// verifyTime is how long the walk along the chains may take: some five
	// million rows. The page waits for 60 s.
	verifyTime = 50 * time.Second
)

type auditRow struct {
	Seq    int64             `json:"seq"`
	Node   string            `json:"node"`
	AtMS   int64             `json:"at_ms"`
	Actor  string            `json:"actor"`
	Action string            `json:"action"`
	Object string            `json:"object"`
	Detail map[string]string `json:"detail"`
}

// adminAudit answers GET /api/admin/audit?before=&limit=, newest row first.
// before is the cursor that the page before gave as next: time, row and node of
// its last row; a time alone also does.
func (s *Server) adminAudit(w http.ResponseWriter, r *http.Request) {
	before, err := cursorOf(r.FormValue("before"))
	limit := auditLimit
	if text := r.FormValue("limit"); text != "" && err == nil {
		limit, err = strconv.Atoi(text)
	}
	if err != nil || limit < 1 || limit > records.MaxAuditPage {
		refuse(w, http.StatusBadRequest, "malformed", "before is a cursor, limit 1 to 500")
		return
	}
	entries, err := s.o.Administration.AuditPage(r.Context(), before, limit)
	if err != nil {
		s.adminFailed(w, r, err)
		return
	}
	page := struct {
		Rows []auditRow `json:"rows"`
		Next string     `json:"next"` // "" at the end
	}{Rows: make([]auditRow, 0, len(entries))}
	for _, e := range entries {
		if e.Detail == nil {
			e.Detail = map[string]string{}
		}
		page.Rows = append(page.Rows, auditRow{Seq: e.Seq, Node: e.Node, AtMS: e.AtMS, Actor: e.Actor, Action: e.Action, Object: e.Object, Detail: e.Detail})
	}
	if len(entries) == limit {
		last := entries[limit-1]
		page.Next = fmt.Sprintf("%d.%d.%s", last.AtMS, last.Seq, last.Node)
	}
	answer(w, http.StatusOK, page)
}

// cursorOf reads "", "time" or "time.row.node".
func cursorOf(text string) (records.AuditCursor, error) {
	if text == "" {
		return records.AuditCursor{}, nil
	}
	parts := strings.SplitN(text, ".", 3)
	at, err := strconv.ParseInt(parts[0], 10, 64)
	if err != nil || at <= 0 || len(parts) == 2 || len(text) > 200 {
		return records.AuditCursor{}, errors.New("not a cursor")
	}
	c := records.AuditCursor{AtMS: at}
	if len(parts) == 3 {
		c.Node = parts[2]
		if c.Seq, err = strconv.ParseInt(parts[1], 10, 64); err != nil {
			return records.AuditCursor{}, fmt.Errorf("not a cursor: %w", err)
		}
	}
	return c, nil
}

// adminVerifyAudit answers POST /api/admin/audit/verify. A chain that was
// changed is an answer, not a failure. The walk holds one of the database's few
// readers, so this server makes one at a time (409 busy) and gives up after
// verifyTime (503 too_long): what is longer the command line verifies.
func (s *Server) adminVerifyAudit(w http.ResponseWriter, r *http.Request) {
	verdict := struct {
		OK     bool   `json:"ok"`
		Rows   int64  `json:"rows"`
		Node   string `json:"node,omitempty"` // of the first row that does not fit
		Seq    int64  `json:"seq,omitempty"`
		Detail string `json:"detail,omitempty"`
	}{}
	select {
	case s.verifying <- struct{}{}:
		defer func() { <-s.verifying }()
	default:
		refuse(w, http.StatusConflict, "busy", "the audit is being verified already")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), verifyTime)
	defer cancel()
	var err error
	if verdict.Rows, err = s.o.Administration.AuditRows(ctx); err == nil {
		err = s.o.Administration.VerifyAudit(ctx)
	}
	switch {
	case err == nil || errors.Is(err, records.ErrTampered):
	case ctx.Err() != nil && r.Context().Err() == nil:
		refuse(w, http.StatusServiceUnavailable, "too_long", "use remotewindow audit verify")
		return
	default:
		s.adminFailed(w, r, err)
		return
	}
	verdict.OK = err == nil
	if fault, ok := errors.AsType[*records.AuditFault](err); ok {
		verdict.Node, verdict.Seq, verdict.Detail = fault.Node, fault.Seq, fault.What
	}
	row := records.AuditRow{
		AtMS: s.o.Now().UnixMilli(), Actor: actor(r), Action: "audit.verify", Object: s.o.Centre,
		Detail: map[string]string{"ok": strconv.FormatBool(verdict.OK)},
	}
	if err := s.o.Administration.Audit(r.Context(), row); err != nil {
		s.adminFailed(w, r, err)
		return
	}
	answer(w, http.StatusOK, verdict)
}
