package records

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"time"
)

// Version tells one state of what administrators keep from another. It is made
// of the state alone: two nodes, and two databases, give the same state the same
// version, and a change that was taken back counts as none.
//
// A write names the version its author saw and is made only while that stands,
// or where it would change nothing: who repeats a write whose answer was lost is
// not told of another's.
type Version string

// Versions that no state has.
const (
	// Whatever writes over whatever stands, and adds what does not.
	Whatever Version = ""
	// Standing writes over whatever stands.
	Standing Version = "*"
	// Absent only adds.
	Absent Version = "-"
)

// meets refuses a write that changes what is not what its author saw.
func (v Version) meets(present, wanted Version) error {
	switch {
	case v == Whatever, v == Standing, v == present, present == wanted:
		return nil
	case v == Absent:
		return ErrExists
	default:
		return ErrChanged
	}
}

// versionOf hashes the JSON of a state; kind keeps states of different things
// apart. 128 bits: nobody finds two states of one version by chance.
func versionOf(kind string, state any) Version {
	b, _ := json.Marshal(state) // text, numbers and truths: it never fails
	h := sha256.New()
	h.Write([]byte(kind + "\n"))
	h.Write(b)
	return Version(base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:16]))
}

// Version is of what ChangeMember writes. The stations of a person have
// AffinityVersion.
func (m Member) Version() Version {
	return versionOf("person", []any{m.ID, m.Name, m.Role, m.Seat, append([]string{}, m.Skills...), m.Disabled})
}

// Version is of what SaveStation writes; keys and codes are apart from it.
func (s StationInfo) Version() Version {
	return versionOf("station", []any{s.ID, s.Name, s.Grid, s.Specialist, s.Affinity, s.Closed})
}

// AffinityVersion is of who is bound to whom, and of which stations there are.
func AffinityVersion(stations []StationInfo) Version {
	pairs := make([][2]string, 0, len(stations))
	for _, s := range stations {
		pairs = append(pairs, [2]string{s.ID, s.Affinity})
	}
	slices.SortFunc(pairs, func(a, b [2]string) int { return cmp.Compare(a[0], b[0]) })
	return versionOf("affinity", pairs)
}

// Version is of the whole calendar.
func (c Calendar) Version() Version {
	week := []any{}
	for day := time.Sunday; day <= time.Saturday; day++ {
		if h, open := c.Week[day]; open {
			week = append(week, []int{int(day), h.Open, h.Close})
		}
	}
	holidays := slices.Clone(c.Holidays)
	slices.SortFunc(holidays, func(a, b Holiday) int { return cmp.Compare(a.Date, b.Date) })
	days := []any{}
	for _, h := range holidays {
		if h.Closed {
			h.Hours = Hours{}
		}
		days = append(days, []any{h.Date, h.Closed, h.Hours.Open, h.Hours.Close, h.Note})
	}
	return versionOf("hours", []any{c.Always, week, days})
}

// Version is of all numbers.
func (n Numbers) Version() Version { return versionOf("numbers", n) }

// MatterVersion is of whether the centre takes a matter.
func MatterVersion(id string, enabled bool) Version { return versionOf("matter", []any{id, enabled}) }

// peopleVersion is of all that an import of people depends on.
func peopleVersion(members []Member) Version {
	states := make([]any, 0, len(members))
	for _, m := range members {
		states = append(states, []any{m.Version(), m.Password})
	}
	return versionOf("people", states)
}

// stationsVersion is of all stations by id.
func stationsVersion(stations map[string]StationInfo) Version {
	states := make(map[string]Version, len(stations)) // JSON sorts the keys
	for id, s := range stations {
		states[id] = s.Version()
	}
	return versionOf("stations", states)
}

// mattersVersion is of all matters that are out.
func mattersVersion(off map[string]bool) Version { return versionOf("matters", off) }
