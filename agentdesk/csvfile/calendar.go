package csvfile

import (
	"io"
	"strconv"
	"strings"
	"time"
)

// Hours of a day, in minutes from its start.
type Hours struct{ Open, Close int }

// Day is a row of a file of the week's hours; nil Hours close it.
type Day struct {
	Row     int
	Weekday time.Weekday
	Hours   *Hours
}

// ReadHours reads the hours of weekdays, 0 is Sunday; a day without times is
// closed.
func ReadHours(data []byte) ([]Day, []Error) {
	s := read(data, columns{needed: []string{"weekday", "open", "close"}})
	days := make([]Day, 0, len(s.rows))
	for _, r := range s.rows {
		n, err := strconv.ParseUint(strings.TrimSpace(r.cells["weekday"]), 10, 8)
		if err != nil || n > 6 {
			s.add(r.number, "weekday", CodeWeekday, r.cells["weekday"])
			continue
		}
		d := Day{Row: r.number, Weekday: time.Weekday(n)}
		if strings.TrimSpace(r.cells["open"]+r.cells["close"]) != "" {
			h := s.hoursOf(r)
			d.Hours = &h
		}
		days = append(days, d)
	}
	return days, s.errors
}

// hoursOf reads the columns open and close.
func (s *sheet) hoursOf(r row) Hours {
	before := len(s.errors)
	h := Hours{Open: s.clockOf(r, "open"), Close: s.clockOf(r, "close")}
	if len(s.errors) == before && h.Open >= h.Close {
		s.add(r.number, "close", CodeTime, r.cells["close"])
	}
	return h
}

// WriteHours writes all seven weekdays.
func WriteHours(w io.Writer, week map[time.Weekday]Hours) error {
	var rows [][]string
	for day := time.Sunday; day <= time.Saturday; day++ {
		cells := []string{strconv.Itoa(int(day)), "", ""}
		if h, open := week[day]; open {
			cells[1], cells[2] = ClockText(h.Open), ClockText(h.Close)
		}
		rows = append(rows, cells)
	}
	return write(w, []string{"weekday", "open", "close"}, rows)
}

// Holiday is a row of a file of holidays.
type Holiday struct {
	Row int
	HolidayLine
}

// HolidayLine is a date whose hours differ from its weekday's.
type HolidayLine struct {
	Date   string // 2026-10-01
	Closed bool
	Hours  Hours // unless Closed
	Note   string
}

// ReadHolidays reads dates whose hours differ. Without times a day is closed.
func ReadHolidays(data []byte) ([]Holiday, []Error) {
	s := read(data, columns{needed: []string{"date"}, optional: []string{"closed", "open", "close", "note"}})
	list := make([]Holiday, 0, len(s.rows))
	for _, r := range s.rows {
		h := Holiday{Row: r.number, HolidayLine: HolidayLine{Date: s.needed(r, "date"), Note: r.cells["note"]}}
		// Spreadsheets like to write dates in their own way.
		date, err := time.Parse("2006-1-2", strings.NewReplacer("/", "-", ".", "-").Replace(h.Date))
		if err != nil {
			if h.Date != "" {
				s.add(r.number, "date", CodeDate, h.Date)
			}
			continue
		}
		h.Date = date.Format(time.DateOnly)
		timed := strings.TrimSpace(r.cells["open"]+r.cells["close"]) != ""
		closed := s.boolOf(r, "closed")
		switch {
		case closed != nil && *closed && timed:
			s.add(r.number, "closed", CodeTime, r.cells["open"]) // either closed or with hours
		case timed:
			h.Hours = s.hoursOf(r)
		case closed != nil && !*closed && strings.TrimSpace(r.cells["closed"]) != "":
			s.add(r.number, "open", CodeEmpty, "") // open, but when?
		default:
			h.Closed = true
		}
		list = append(list, h)
	}
	return list, s.errors
}

// WriteHolidays writes the holidays by date.
func WriteHolidays(w io.Writer, list []HolidayLine) error {
	rows := make([][]string, 0, len(list))
	for _, h := range list {
		cells := []string{h.Date, strconv.FormatBool(h.Closed), "", "", h.Note}
		if !h.Closed {
			cells[2], cells[3] = ClockText(h.Hours.Open), ClockText(h.Hours.Close)
		}
		rows = append(rows, cells)
	}
	return write(w, []string{"date", "closed", "open", "close", "note"}, rows)
}
