package csvfile

import (
	"strconv"
	"strings"
)

// textOf returns a cell of free text, nil when the file has no such column.
func (r row) textOf(column string) *string {
	if !r.has(column) {
		return nil
	}
	v := r.cells[column]
	return &v
}

// wordOf returns a cell that holds an id or a code, without spaces around it.
func (r row) wordOf(column string) *string {
	if !r.has(column) {
		return nil
	}
	v := strings.TrimSpace(r.cells[column])
	return &v
}

// needed returns a cell that may not be empty.
func (s *sheet) needed(r row, column string) string {
	v := strings.TrimSpace(r.cells[column])
	if v == "" {
		s.add(r.number, column, CodeEmpty, "")
	}
	return v
}

var truths = map[string]bool{
	"true": true, "yes": true, "1": true, "是": true,
	"false": false, "no": false, "0": false, "否": false, "": false,
}

// boolOf returns a yes or no, nil when the file has no such column or the cell is
// neither; an empty cell is a no.
func (s *sheet) boolOf(r row, column string) *bool {
	if !r.has(column) {
		return nil
	}
	v, ok := truths[strings.ToLower(strings.TrimSpace(r.cells[column]))]
	if !ok {
		s.add(r.number, column, CodeBool, r.cells[column])
		return nil
	}
	return &v
}

// clockOf returns the minutes of a time such as 08:30 or 24:00.
func (s *sheet) clockOf(r row, column string) int {
	minutes, ok := Clock(strings.TrimSpace(r.cells[column]))
	if !ok {
		s.add(r.number, column, CodeTime, r.cells[column])
	}
	return minutes
}

// Clock reads a time of day, "8:30" to "24:00", into minutes.
func Clock(text string) (int, bool) {
	hour, minute, ok := strings.Cut(text, ":")
	h, errH := strconv.ParseUint(hour, 10, 8)
	m, errM := strconv.ParseUint(minute, 10, 8)
	total := int(h)*60 + int(m)
	if !ok || errH != nil || errM != nil || len(hour) > 2 || len(minute) != 2 || m > 59 || total > 24*60 {
		return 0, false
	}
	return total, true
}

// ClockText writes minutes as 08:30.
func ClockText(minutes int) string {
	two := func(n int) string {
		if n < 10 {
			return "0" + strconv.Itoa(n)
		}
		return strconv.Itoa(n)
	}
	return two(minutes/60) + ":" + two(minutes%60)
}
