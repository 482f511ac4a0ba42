package agentdesk

import (
	"net/http"

	"github.com/remotewindow/remotewindow/agentdesk/records"
)

// adminNumbers answers GET /api/admin/numbers.
func (s *Server) adminNumbers(w http.ResponseWriter, r *http.Request) {
	n, err := s.o.Administration.Numbers(r.Context())
	if err != nil {
		s.adminFailed(w, r, err)
		return
	}
	answer(w, http.StatusOK, struct {
		Numbers  records.Numbers   `json:"numbers"`
		Defaults records.Numbers   `json:"defaults"`
		Bounds   map[string][2]int `json:"bounds"`
	}{n, records.DefaultNumbers(), records.NumberBounds()})
}

// adminPutNumbers answers PUT /api/admin/numbers. Every number has to be there:
// one that is left out is 0 and out of its bounds.
func (s *Server) adminPutNumbers(w http.ResponseWriter, r *http.Request) {
	var req struct {
		Numbers records.Numbers `json:"numbers"`
	}
	if !decodeAdmin(w, r, &req) {
		return
	}
	if err := s.o.Administration.SetNumbers(r.Context(), req.Numbers, actor(r)); err != nil {
		s.adminFailed(w, r, err)
		return
	}
	s.done(w, ChangedNumbers)
}
