package csvfile

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// columns are what the header of a kind may hold.
type columns struct {
	needed   []string
	optional []string
	ignored  []string // written for people to read
}

// row is one row of a file by the names of its columns.
type row struct {
	number int
	cells  map[string]string
}

// has tells whether the file has the column at all.
func (r row) has(column string) bool {
	_, ok := r.cells[column]
	return ok
}

// sheet gathers rows and errors of a file.
type sheet struct {
	rows   []row
	errors []Error
}

func (s *sheet) add(row int, column, code, value string) {
	s.errors = append(s.errors, NewError(row, column, code, value))
}

// read splits a file and checks its form. Rows with faults are left out.
func read(data []byte, c columns) *sheet {
	s := &sheet{}
	body, code := text(data)
	if code != "" {
		s.add(0, "", code, "")
		return s
	}
	records, fault := split(body)
	if fault > 0 {
		s.add(fault, "", CodeQuotes, "")
		return s
	}
	if len(records) == 0 || blank(records[0]) {
		s.add(1, "", CodeHeader, "")
		return s
	}
	header := s.header(records[0], c)
	if len(s.errors) > 0 {
		return s
	}
	filled := 0
	for i, cells := range records[1:] {
		if blank(cells) {
			continue
		}
		if filled++; filled > MaxRows {
			s.add(i+2, "", CodeTooManyRows, "")
			s.rows = nil
			return s
		}
		if len(s.errors) >= MaxErrors {
			return s // nobody mends more at once
		}
		if r, ok := s.row(i+2, header, cells); ok {
			s.rows = append(s.rows, r)
		}
	}
	return s
}

func blank(cells []string) bool {
	return !slices.ContainsFunc(cells, func(c string) bool { return c != "" })
}

// header returns the names of the columns in order.
func (s *sheet) header(cells []string, c columns) []string {
	if len(cells) == 1 && strings.ContainsAny(cells[0], ";\t") {
		s.add(1, "", CodeSeparator, cells[0])
		return nil
	}
	// A spreadsheet leaves empty columns behind the last one.
	for len(cells) > 0 && cells[len(cells)-1] == "" {
		cells = cells[:len(cells)-1]
	}
	header := make([]string, 0, len(cells))
	for _, cell := range cells {
		if len(s.errors) >= MaxErrors {
			return nil
		}
		name := strings.ToLower(strings.TrimSpace(cell))
		known := slices.Contains(c.needed, name) || slices.Contains(c.optional, name) || slices.Contains(c.ignored, name)
		switch {
		case !known:
			s.add(1, cut(cell), CodeUnknownColumn, cell)
		case slices.Contains(header, name):
			s.add(1, name, CodeDuplicate, cell)
		}
		header = append(header, name)
	}
	for _, name := range c.needed {
		if !slices.Contains(header, name) {
			s.add(1, name, CodeMissingColumn, "")
		}
	}
	return header
}

func (s *sheet) row(number int, header, cells []string) (row, bool) {
	before := len(s.errors)
	r := row{number: number, cells: make(map[string]string, len(header))}
	for i, cell := range cells {
		if i >= len(header) {
			if cell != "" {
				s.add(number, "", CodeExtraCell, cell)
				break
			}
			continue
		}
		value := bare(cell)
		switch {
		case utf8.RuneCountInString(value) > maxCell:
			s.add(number, header[i], CodeTooLong, value)
		case strings.ContainsFunc(value, unicode.IsControl):
			s.add(number, header[i], CodeText, "")
		}
		r.cells[header[i]] = value
	}
	for _, name := range header[min(len(cells), len(header)):] {
		s.add(number, name, CodeMissingCell, "")
	}
	return r, len(s.errors) == before
}

// split cuts a file into records of cells (RFC 4180). An empty line is a record
// of one empty cell; what ends the last line begins none. The number is that of
// the record whose quotes are wrong, 0 for none.
func split(body string) ([][]string, int) {
	var records [][]string
	var cells []string
	for body != "" {
		var cell string
		var ok bool
		if cell, body, ok = cellOf(body); !ok {
			return nil, len(records) + 1
		}
		cells = append(cells, cell)
		switch {
		case strings.HasPrefix(body, ","):
			if body = body[1:]; body == "" {
				cells = append(cells, "")
			}
			continue
		case strings.HasPrefix(body, "\r\n"):
			body = body[2:]
		case body != "":
			body = body[1:] // LF or CR
		}
		records = append(records, cells)
		cells = nil
	}
	if cells != nil {
		records = append(records, cells)
	}
	return records, 0
}

// cellOf takes the first cell off; rest begins with what separates it, if
// anything follows.
func cellOf(body string) (cell, rest string, ok bool) {
	if !strings.HasPrefix(body, `"`) {
		end := strings.IndexAny(body, ",\r\n")
		if end < 0 {
			end = len(body)
		}
		// A quote inside a bare cell is a file that was cut or joined wrongly.
		return body[:end], body[end:], !strings.Contains(body[:end], `"`)
	}
	var b strings.Builder
	rest = body[1:]
	for {
		i := strings.IndexByte(rest, '"')
		if i < 0 {
			return "", "", false
		}
		b.WriteString(rest[:i])
		rest = rest[i+1:]
		if !strings.HasPrefix(rest, `"`) {
			break
		}
		b.WriteByte('"')
		rest = rest[1:]
	}
	ok = rest == "" || rest[0] == ',' || rest[0] == '\r' || rest[0] == '\n'
	return b.String(), rest, ok
}
