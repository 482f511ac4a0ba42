package agentdesk

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/remotewindow/remotewindow/agentdesk/csvfile"
	"github.com/remotewindow/remotewindow/agentdesk/records"
)

// hours are the centre's; clock times are local, "08:30" to "24:00". A weekday
// that is left out is closed, and so is a holiday with closed, whose times are "".
type hours struct {
	Always   bool      `json:"always"`
	Week     []day     `json:"week"`
	Holidays []holiday `json:"holidays"`

	Version records.Version `json:"version,omitempty"` // told, never taken
}

type day struct {
	Weekday int    `json:"weekday"` // 0 is Sunday
	Open    string `json:"open"`
	Close   string `json:"close"`
}

type holiday struct {
	Date   string `json:"date"` // 2026-10-01
	Closed bool   `json:"closed"`
	Open   string `json:"open"`
	Close  string `json:"close"`
	Note   string `json:"note"`
}

// adminHours answers GET /api/admin/hours.
func (s *Server) adminHours(w http.ResponseWriter, r *http.Request) {
	h, err := s.hours(r.Context())
	if err != nil {
		s.adminFailed(w, r, err)
		return
	}
	tagged(w, h.Version)
	answer(w, http.StatusOK, h)
}

func (s *Server) hours(ctx context.Context) (hours, error) {
	c, err := s.o.Administration.Calendar(ctx)
	h := hours{Always: c.Always, Week: []day{}, Holidays: []holiday{}, Version: c.Version()}
	for weekday, span := range c.Week {
		h.Week = append(h.Week, day{Weekday: int(weekday), Open: csvfile.ClockText(span.Open), Close: csvfile.ClockText(span.Close)})
	}
	slices.SortFunc(h.Week, func(a, b day) int { return cmp.Compare(a.Weekday, b.Weekday) })
	for _, d := range c.Holidays {
		entry := holiday{Date: d.Date, Closed: d.Closed, Note: d.Note}
		if !d.Closed {
			entry.Open, entry.Close = csvfile.ClockText(d.Hours.Open), csvfile.ClockText(d.Hours.Close)
		}
		h.Holidays = append(h.Holidays, entry)
	}
	return h, err
}

// adminPutHours answers PUT /api/admin/hours: the whole calendar at once.
func (s *Server) adminPutHours(w http.ResponseWriter, r *http.Request) {
	var req struct {
		Always   *bool      `json:"always"`
		Week     *[]day     `json:"week"`
		Holidays *[]holiday `json:"holidays"`
	}
	saw, ok := seen(w, r)
	if !ok || !decodeAdmin(w, r, &req) {
		return
	}
	for field, missing := range map[string]bool{"always": req.Always == nil, "week": req.Week == nil, "holidays": req.Holidays == nil} {
		if missing { // left out is not the same as empty
			refuseField(w, field, records.FaultEmpty, "")
			return
		}
	}
	c := records.Calendar{Always: *req.Always, Week: map[time.Weekday]records.Hours{}}
	for _, d := range *req.Week {
		weekday := time.Weekday(d.Weekday)
		if _, twice := c.Week[weekday]; twice {
			refuseField(w, "weekday", records.FaultDuplicate, strconv.Itoa(d.Weekday))
			return
		}
		span, ok := spanOf(w, d.Open, d.Close)
		if !ok {
			return
		}
		c.Week[weekday] = span
	}
	for _, d := range *req.Holidays {
		entry := records.Holiday{Date: d.Date, Closed: d.Closed, Note: strings.TrimSpace(d.Note)}
		if !d.Closed {
			var ok bool
			if entry.Hours, ok = spanOf(w, d.Open, d.Close); !ok {
				return
			}
		}
		c.Holidays = append(c.Holidays, entry)
	}
	if err := s.o.Administration.SetCalendar(r.Context(), c, actor(r), saw); err != nil {
		s.notSaved(w, r, err, func(ctx context.Context) (any, error) { return s.hours(ctx) })
		return
	}
	s.saved(w, c.Version(), ChangedHours)
}

// spanOf reads two clock times and answers if they are none.
func spanOf(w http.ResponseWriter, opens, shuts string) (records.Hours, bool) {
	open, ok := csvfile.Clock(opens)
	if !ok {
		refuseField(w, "open", records.FaultTime, short(opens))
		return records.Hours{}, false
	}
	shut, ok := csvfile.Clock(shuts)
	if !ok || shut <= open {
		refuseField(w, "close", records.FaultTime, short(shuts))
		return records.Hours{}, false
	}
	return records.Hours{Open: open, Close: shut}, true
}

// short cuts what a refusal repeats.
func short(value string) string { return csvfile.NewError(0, "", "", value).Value }
