package csvfile

import (
	"io"
	"strconv"
	"strings"
)

// Person is a row of a file of people. Password is in the clear: the caller
// hashes it.
type Person struct {
	Row      int
	Password string
	PersonDraft
}

// PersonDraft is what a row says of a person; nil where the file has no such
// column.
type PersonDraft struct {
	Login            string
	Name, Role, Seat *string
	Skills           *[]string
	Disabled         *bool
	PasswordHash     string // the caller's
}

// PersonLine is a person as a row is written.
type PersonLine struct {
	Login, Name, Role, Seat string
	Skills                  []string
	Disabled                bool
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
		p := Person{Row: r.number, Password: r.cells["password"], PersonDraft: PersonDraft{
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
func WritePeople(w io.Writer, people []PersonLine) error {
	rows := make([][]string, 0, len(people))
	for _, p := range people {
		rows = append(rows, []string{p.Login, p.Name, p.Role, p.Seat, strings.Join(p.Skills, " "), strconv.FormatBool(p.Disabled)})
	}
	return write(w, []string{"login", "name", "role", "seat", "skills", "disabled"}, rows)
}
