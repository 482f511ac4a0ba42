package csvfile

import (
	"io"
	"strconv"

	"github.com/remotewindow/remotewindow/agentdesk/catalogue"
)

// Matter is a row of a file of matters.
type Matter struct {
	Row     int
	ID      string
	Enabled bool
}

// ReadMatters reads which matters the centre takes. What else stands in an
// exported file is for people to read.
func ReadMatters(data []byte) ([]Matter, []Error) {
	s := read(data, columns{needed: []string{"id", "enabled"}, ignored: []string{"theme", "family", "title", "title_en", "verified"}})
	list := make([]Matter, 0, len(s.rows))
	for _, r := range s.rows {
		s.needed(r, "enabled") // an empty cell is no decision
		id, enabled := s.needed(r, "id"), s.boolOf(r, "enabled")
		list = append(list, Matter{Row: r.number, ID: id, Enabled: enabled != nil && *enabled})
	}
	return list, s.errors
}

// WriteMatters writes every matter of the catalogue and whether it is taken.
func WriteMatters(w io.Writer, matters []catalogue.Matter, disabled map[string]bool) error {
	rows := make([][]string, 0, len(matters))
	for _, m := range matters {
		rows = append(rows, []string{m.ID, strconv.FormatBool(!disabled[m.ID]), m.Theme, m.Family, m.Title, m.TitleEN, strconv.FormatBool(m.Verified)})
	}
	return write(w, []string{"id", "enabled", "theme", "family", "title", "title_en", "verified"}, rows)
}
