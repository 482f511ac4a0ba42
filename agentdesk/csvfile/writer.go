package csvfile

import (
	"io"
	"strings"
)

// runs are the first characters of a cell that a spreadsheet takes for a formula.
const runs = "=+-@\t\r\n"

// formula tells whether a cell, behind any apostrophes, begins as a formula does.
func formula(cell string) bool {
	cell = strings.TrimLeft(cell, "'")
	return cell != "" && strings.IndexByte(runs, cell[0]) >= 0
}

// defused is a cell as it is written: no spreadsheet runs it.
func defused(cell string) string {
	if formula(cell) {
		return "'" + cell
	}
	return cell
}

// bare undoes defused. A file that was written by hand has no apostrophe.
func bare(cell string) string {
	if strings.HasPrefix(cell, "'") && formula(cell) {
		return cell[1:]
	}
	return cell
}

// write sends a whole file: the byte order mark, by which spreadsheets know
// UTF-8, the header and the rows, lines ended by CRLF.
func write(w io.Writer, header []string, rows [][]string) error {
	var b strings.Builder
	b.Write(mark)
	line := func(cells []string) {
		for i, cell := range cells {
			if i > 0 {
				b.WriteByte(',')
			}
			cell = defused(cell)
			if strings.ContainsAny(cell, ",\"\r\n\t;") || cell != strings.TrimSpace(cell) {
				cell = `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
			}
			b.WriteString(cell)
		}
		b.WriteString("\r\n")
	}
	line(header)
	for _, cells := range rows {
		line(cells)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
