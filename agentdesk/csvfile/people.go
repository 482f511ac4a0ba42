package csvfile

import (
	"io"
	"strconv"
	"strings"

	"github.com/remotewindow/remotewindow/agentdesk/records"
)

// Person is a row of a file of people. Password is in the clear: the caller
// hashes it.
type Person struct {
	Row      int
	Password string
	records.PersonDraft
}

var peopleColumns = columns{
	needed:   []string{"login", "name", "role"},
	optional: []string{"seat", "skills", "disabled", "password"},
}

// ReadPeople reads a file of people. Skills are families with spaces or
// semicolons between them; an empty password leaves the one that is.
func ReadPeople(data []byte) ([]Person, []Error) {
	s := read(data, peopleColumns)
	people := make([]Person, 0, len(s.rows))
	for _, r := range s.rows {
		p := Person{Row: r.number, Password: r.cells["password"], PersonDraft: records.PersonDraft{
			Login: s.needed(r, "login"), Name: r.textOf("name"), Role: r.wordOf("role"), Seat: r.textOf("seat"), Disabled: s.boolOf(r, "disabled"),
		}}
		if r.has("skills") {
			skills := strings.FieldsFunc(r.cells["skills"], func(c rune) bool { return c == ' ' || c == ';' })
			p.Skills = &skills
		}
		people = append(people, p)
	}
	return people, s.errors
}

// WritePeople writes a file of people, without passwords.
func WritePeople(w io.Writer, members []records.Member) error {
	rows := make([][]string, 0, len(members))
	for _, m := range members {
		rows = append(rows, []string{m.ID, m.Name, m.Role, m.Seat, strings.Join(m.Skills, " "), strconv.FormatBool(m.Disabled)})
	}
	return write(w, []string{"login", "name", "role", "seat", "skills", "disabled"}, rows)
}
