package agentdesk

import (
	"net/http"
	"slices"

	"github.com/remotewindow/remotewindow/agentdesk/catalogue"
	"github.com/remotewindow/remotewindow/agentdesk/records"
)

type matterRow struct {
	ID       string `json:"id"`
	Theme    string `json:"theme"`
	Family   string `json:"family"`
	Title    string `json:"title"`
	TitleEN  string `json:"title_en"`
	Verified bool   `json:"verified"`
	Enabled  bool   `json:"enabled"`
	Slots    int    `json:"slots"` // materials it wants
}

// adminMatters answers GET /api/admin/matters.
func (s *Server) adminMatters(w http.ResponseWriter, r *http.Request) {
	matters, err := s.o.Matters(r.Context())
	if err != nil {
		s.adminFailed(w, r, err)
		return
	}
	off, err := s.o.Administration.DisabledMatters(r.Context())
	if err != nil {
		s.adminFailed(w, r, err)
		return
	}
	rows := make([]matterRow, 0, len(matters))
	for _, m := range matters {
		rows = append(rows, matterRow{
			ID: m.ID, Theme: m.Theme, Family: m.Family, Title: m.Title, TitleEN: m.TitleEN, Verified: m.Verified,
			Enabled: !off[m.ID], Slots: len(m.Slots),
		})
	}
	answer(w, http.StatusOK, struct {
		Matters []matterRow `json:"matters"`
	}{rows})
}

// adminPutMatter answers PUT /api/admin/matters/{id}.
func (s *Server) adminPutMatter(w http.ResponseWriter, r *http.Request) {
	var req struct {
		Enabled *bool `json:"enabled"`
	}
	if !decodeAdmin(w, r, &req) {
		return
	}
	if req.Enabled == nil {
		refuseField(w, "enabled", records.FaultEmpty, "")
		return
	}
	matters, err := s.o.Matters(r.Context())
	if err != nil {
		s.adminFailed(w, r, err)
		return
	}
	id := r.PathValue("id")
	if !slices.ContainsFunc(matters, func(m catalogue.Matter) bool { return m.ID == id }) {
		refuse(w, http.StatusNotFound, "not_found", "")
		return
	}
	if err := s.o.Administration.SetMatters(r.Context(), map[string]bool{id: *req.Enabled}, actor(r)); err != nil {
		s.adminFailed(w, r, err)
		return
	}
	s.done(w, ChangedMatters)
}
