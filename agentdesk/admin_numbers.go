package agentdesk

import (
	"context"
	"net/http"

	"github.com/remotewindow/remotewindow/agentdesk/records"
)

// adminNumbers answers GET /api/admin/numbers.
func (s *Server) adminNumbers(w http.ResponseWriter, r *http.Request) {
	n, err := s.numbers(r.Context())
	if err != nil {
		s.adminFailed(w, r, err)
		return
	}
	tagged(w, n.Version)
	answer(w, http.StatusOK, n)
}

// numbers are the centre's, with what they may be.
type numbers struct {
	Numbers  records.Numbers   `json:"numbers"`
	Defaults records.Numbers   `json:"defaults"`
	Bounds   map[string][2]int `json:"bounds"`
	Version  records.Version   `json:"version"`
}

func (s *Server) numbers(ctx context.Context) (numbers, error) {
	n, err := s.o.Administration.Numbers(ctx)
	return numbers{n, records.DefaultNumbers(), records.NumberBounds(), n.Version()}, err
}

// adminPutNumbers answers PUT /api/admin/numbers. Every number has to be there:
// one that is left out is 0 and out of its bounds.
func (s *Server) adminPutNumbers(w http.ResponseWriter, r *http.Request) {
	var req struct {
		Numbers records.Numbers `json:"numbers"`
	}
	saw, ok := seen(w, r)
	if !ok || !decodeAdmin(w, r, &req) {
		return
	}
	if err := s.o.Administration.SetNumbers(r.Context(), req.Numbers, actor(r), saw); err != nil {
		s.notSaved(w, r, err, func(ctx context.Context) (any, error) { return s.numbers(ctx) })
		return
	}
	s.saved(w, req.Numbers.Version(), ChangedNumbers)
}
