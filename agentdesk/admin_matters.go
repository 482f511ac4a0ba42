package agentdesk

import (
	"context"
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

	Version records.Version `json:"version"` // of Enabled
}

// adminMatters answers GET /api/admin/matters.
func (s *Server) adminMatters(w http.ResponseWriter, r *http.Request) {
	rows, err := s.matterRows(r.Context())
	if err != nil {
		s.adminFailed(w, r, err)
		return
	}
	answer(w, http.StatusOK, struct {
		Matters []matterRow `json:"matters"`
	}{rows})
}

func (s *Server) matterRows(ctx context.Context) ([]matterRow, error) {
	matters, err := s.o.Matters(ctx)
	if err != nil {
		return nil, err
	}
	off, err := s.o.Administration.DisabledMatters(ctx)
	if err != nil {
		return nil, err
	}
	rows := make([]matterRow, 0, len(matters))
	for _, m := range matters {
		rows = append(rows, matterRow{
			ID: m.ID, Theme: m.Theme, Family: m.Family, Title: m.Title, TitleEN: m.TitleEN, Verified: m.Verified,
			Enabled: !off[m.ID], Slots: len(m.Slots), Version: records.MatterVersion(m.ID, !off[m.ID]),
		})
	}
	return rows, nil
}

// adminPutMatter answers PUT /api/admin/matters/{id}.
func (s *Server) adminPutMatter(w http.ResponseWriter, r *http.Request) {
	var req struct {
		Enabled *bool `json:"enabled"`
	}
	saw, ok := seen(w, r)
	if !ok || !decodeAdmin(w, r, &req) {
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
	if err := s.o.Administration.SetMatter(r.Context(), id, *req.Enabled, actor(r), saw); err != nil {
		s.notSaved(w, r, err, func(ctx context.Context) (any, error) {
			rows, err := s.matterRows(ctx)
			return one(rows, func(m matterRow) bool { return m.ID == id }), err
		})
		return
	}
	s.saved(w, records.MatterVersion(id, *req.Enabled), ChangedMatters)
}
