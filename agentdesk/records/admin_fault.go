package records

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Codes of faults. They are stable: pages translate them.
const (
	FaultEmpty          = "empty"
	FaultTooLong        = "too_long"
	FaultText           = "bad_text" // control characters, or no UTF-8
	FaultLogin          = "bad_login"
	FaultRole           = "bad_role"
	FaultFamily         = "bad_family"
	FaultID             = "bad_id"
	FaultGrid           = "bad_grid"
	FaultDate           = "bad_date"
	FaultTime           = "bad_time"
	FaultWeekday        = "bad_weekday"
	FaultNumber         = "bad_number" // out of its bounds
	FaultDuplicate      = "duplicate"
	FaultUnknownStation = "unknown_station"
	FaultUnknownAgent   = "unknown_agent"
	FaultUnknownMatter  = "unknown_matter"
	FaultTooMany        = "too_many"
	FaultLastAdmin      = "last_admin"  // nobody could administer any more
	FaultNoPassword     = "no_password" // who has none cannot be let in
)

// Fault is what is wrong with one field that somebody entered. As an error it
// is ErrInvalid.
type Fault struct {
	Field string
	Code  string
	Value string // what was entered, "" where that is no help
}

func (f *Fault) Error() string { return fmt.Sprintf("%v: %s: %s", ErrInvalid, f.Field, f.Code) }

// Unwrap makes a fault an ErrInvalid.
func (f *Fault) Unwrap() error { return ErrInvalid }

// first is the error of a list of faults, nil for none.
func first(faults []Fault) error {
	if len(faults) == 0 {
		return nil
	}
	return &faults[0]
}

// Lengths of what people type, in characters.
const (
	maxName = 40
	maxNote = 80
)

// inspector gathers the faults of one object.
type inspector struct{ faults []Fault }

func (i *inspector) add(field, code, value string) {
	i.faults = append(i.faults, Fault{Field: field, Code: code, Value: value})
}

// text checks one line of at most limit characters.
func (i *inspector) text(field, value string, limit int, needed bool) {
	switch {
	case !utf8.ValidString(value) || strings.ContainsFunc(value, unprintable):
		i.add(field, FaultText, "")
	case needed && strings.TrimSpace(value) == "":
		i.add(field, FaultEmpty, "")
	case utf8.RuneCountInString(value) > limit:
		i.add(field, FaultTooLong, value)
	}
}

// unprintable are characters that have no place in a name: controls, and those
// that turn the direction of what follows or hide in it.
func unprintable(c rune) bool {
	return unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c) || c == '\u2028' || c == '\u2029' || c == '\ufeff'
}
