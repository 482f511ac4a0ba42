// Package catalogue is the guide that residents and agents choose from: themes,
// the matters under them, and the materials that each matter wants. It is data
// (guide.json), checked when it is loaded; it owns nothing that changes at run
// time.
//
// A material is described once and matters refer to it, so that the same card is
// asked for in the same words everywhere. A matter that is not verified was
// named by a source but its materials were not checked against the official
// guide; pages say so.
package catalogue

import (
	"bytes"
	_ "embed" // guide.json
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"unicode"
)

//go:embed guide.json
var embedded []byte

// Theme groups matters by an occasion of life, as the 小蓝书 does.
type Theme struct {
	ID      string `json:"id"`
	Title   string `json:"title"`
	TitleEN string `json:"title_en"`
}

// Slot is one material that a matter wants.
type Slot struct {
	ID      string   `json:"id"`
	Title   string   `json:"title"`
	TitleEN string   `json:"title_en"`
	Note    string   `json:"note"`
	NoteEN  string   `json:"note_en"`
	Sides   []string `json:"sides"` // ["front"], ["front","back"] or ["page"]: any number of pages
}

// Matter is one thing that a resident can have done.
type Matter struct {
	ID       string `json:"id"`
	Theme    string `json:"theme"`
	Family   string `json:"family"` // the skill that an agent needs
	Title    string `json:"title"`
	TitleEN  string `json:"title_en"`
	Verified bool   `json:"verified"`
	Bundle   string `json:"bundle,omitempty"` // 一件事 that it belongs to
	Slots    []Slot `json:"slots"`
}

// Families of matters: the skills of agents.
var Families = []string{
	"medical_insurance", "long_term_care", "social_security", "civil_affairs", "health", "disabled", "housing",
	"residence", "archive_other",
}

// Catalogue is a checked guide. It marshals to the answer of GET /api/catalogue.
// It is read-only and safe for concurrent use.
type Catalogue struct {
	Edition string   `json:"edition"`
	Themes  []Theme  `json:"themes"`
	Matters []Matter `json:"matters"`

	defaults []Slot
	index    map[string]int
}

// ErrInvalid is wrapped by every fault that Parse finds.
var ErrInvalid = errors.New("invalid catalogue")

// maxGuide bounds a guide, in bytes.
const maxGuide = 1 << 20

// Load returns the guide that is built in.
func Load() (*Catalogue, error) { return Parse(embedded) }

// guide is the file's shape: matters name materials instead of repeating them.
type guide struct {
	Edition      string   `json:"edition"`
	DefaultSlots []string `json:"default_slots"`
	Themes       []Theme  `json:"themes"`
	Materials    []Slot   `json:"materials"`
	Matters      []struct {
		ID        string   `json:"id"`
		Theme     string   `json:"theme"`
		Family    string   `json:"family"`
		Title     string   `json:"title"`
		TitleEN   string   `json:"title_en"`
		Verified  *bool    `json:"verified"` // must be said, either way
		Bundle    string   `json:"bundle"`
		Materials []string `json:"materials"`
	} `json:"matters"`
}

// Parse reads and checks a guide. The error names every fault, not only the first.
func Parse(data []byte) (*Catalogue, error) {
	if len(data) > maxGuide {
		return nil, fmt.Errorf("catalogue: %w: %d bytes, at most %d", ErrInvalid, len(data), maxGuide)
	}
	var g guide
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&g); err != nil {
		return nil, fmt.Errorf("catalogue: %w: %w", ErrInvalid, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("catalogue: %w: more than one value", ErrInvalid)
	}
	var check checker
	c := check.resolve(g)
	if err := errors.Join(check.faults...); err != nil {
		return nil, fmt.Errorf("catalogue: %w: %w", ErrInvalid, err)
	}
	return c, nil
}

// Matter returns a matter by its id.
func (c *Catalogue) Matter(id string) (Matter, bool) {
	i, ok := c.index[id]
	if !ok {
		return Matter{}, false
	}
	return c.Matters[i], true
}

// Theme returns a theme by its id.
func (c *Catalogue) Theme(id string) (Theme, bool) {
	i := slices.IndexFunc(c.Themes, func(t Theme) bool { return t.ID == id })
	if i < 0 {
		return Theme{}, false
	}
	return c.Themes[i], true
}

// DefaultSlots is the checklist of a ticket without a matter.
func (c *Catalogue) DefaultSlots() []Slot { return c.defaults }

// Lengths that fit the kiosk's cards at its largest type, in characters.
const (
	maxTitle   = 14
	maxNote    = 24
	maxTitleEN = 40
	maxNoteEN  = 48
)

var idForm = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

// sides that a material may have, as the protocol knows them.
var sides = [][]string{{"front"}, {"front", "back"}, {"page"}}

type checker struct{ faults []error }

func (c *checker) fault(format string, args ...any) {
	c.faults = append(c.faults, fmt.Errorf(format, args...))
}

// named checks what every entry has: an id of its own and two titles.
func (c *checker) named(kind string, seen map[string]bool, id, title, titleEN string) {
	if !idForm.MatchString(id) || len(id) > 40 {
		c.fault("%s %q: an id is at most 40 characters of english_snake", kind, id)
	}
	if seen[id] {
		c.fault("%s %q is there twice", kind, id)
	}
	seen[id] = true
	c.words(kind, id, title, titleEN, maxTitle, maxTitleEN)
}

// words checks one line in both languages.
func (c *checker) words(kind, id, zh, en string, maxZH, maxEN int) {
	if n := len([]rune(zh)); n == 0 || n > maxZH {
		c.fault("%s %q: %q has %d characters, 1 to %d fit", kind, id, zh, n, maxZH)
	}
	if n := len(en); n == 0 || n > maxEN {
		c.fault("%s %q: %q has %d characters, 1 to %d fit", kind, id, en, n, maxEN)
	}
	for _, r := range en {
		if unicode.Is(unicode.Han, r) {
			c.fault("%s %q: %q is not English", kind, id, en)
			break
		}
	}
}

func (c *checker) resolve(g guide) *Catalogue {
	cat := &Catalogue{Edition: g.Edition, Themes: g.Themes, Matters: []Matter{}, index: map[string]int{}}
	if g.Edition == "" {
		c.fault("no edition")
	}
	themes, used := map[string]bool{}, map[string]bool{}
	for _, t := range g.Themes {
		c.named("theme", themes, t.ID, t.Title, t.TitleEN)
	}
	seen, materials := map[string]bool{}, map[string]Slot{}
	for _, s := range g.Materials {
		c.named("material", seen, s.ID, s.Title, s.TitleEN)
		c.words("material", s.ID, s.Note, s.NoteEN, maxNote, maxNoteEN)
		if !slices.ContainsFunc(sides, func(w []string) bool { return slices.Equal(w, s.Sides) }) {
			c.fault("material %q: sides %v are none of %v", s.ID, s.Sides, sides)
		}
		materials[s.ID] = s
	}
	slotsOf := func(kind, id string, names []string) []Slot {
		if len(names) == 0 {
			c.fault("%s %q wants no material", kind, id)
		}
		slots := make([]Slot, 0, len(names))
		for i, name := range names {
			s, ok := materials[name]
			if !ok {
				c.fault("%s %q wants %q, which is no material", kind, id, name)
			}
			if slices.Contains(names[:i], name) {
				c.fault("%s %q wants %q twice", kind, id, name)
			}
			used[name] = true
			slots = append(slots, s)
		}
		return slots
	}
	seen = map[string]bool{}
	for _, m := range g.Matters {
		c.named("matter", seen, m.ID, m.Title, m.TitleEN)
		if !themes[m.Theme] {
			c.fault("matter %q: %q is no theme", m.ID, m.Theme)
		}
		if !slices.Contains(Families, m.Family) {
			c.fault("matter %q: %q is no family", m.ID, m.Family)
		}
		if m.Bundle != "" && !themes[m.Bundle] {
			c.fault("matter %q: bundle %q is no theme", m.ID, m.Bundle)
		}
		if m.Verified == nil {
			c.fault("matter %q does not say whether it is verified", m.ID)
			m.Verified = new(bool)
		}
		cat.index[m.ID] = len(cat.Matters)
		cat.Matters = append(cat.Matters, Matter{
			ID: m.ID, Theme: m.Theme, Family: m.Family, Title: m.Title, TitleEN: m.TitleEN, Verified: *m.Verified,
			Bundle: m.Bundle, Slots: slotsOf("matter", m.ID, m.Materials),
		})
	}
	cat.defaults = slotsOf("default", "slots", g.DefaultSlots)
	for _, s := range g.Materials {
		if !used[s.ID] {
			c.fault("material %q is wanted by nothing", s.ID)
		}
	}
	for _, t := range g.Themes {
		if !slices.ContainsFunc(cat.Matters, func(m Matter) bool { return m.Theme == t.ID }) {
			c.fault("theme %q has no matter", t.ID)
		}
	}
	return cat
}
