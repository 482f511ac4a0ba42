package catalogue

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func TestGuide(t *testing.T) {
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Themes) != 7 || len(c.Matters) < 44 {
		t.Fatalf("%d themes, %d matters; want 7 and at least 44", len(c.Themes), len(c.Matters))
	}
	verified, families := 0, map[string]bool{}
	for _, m := range c.Matters {
		families[m.Family] = true
		if m.Verified {
			verified++
		}
		got, ok := c.Matter(m.ID)
		if !ok || got.Title != m.Title {
			t.Errorf("Matter(%q) is %v, %v", m.ID, got, ok)
		}
		if _, ok := c.Theme(m.Theme); !ok {
			t.Errorf("theme %q of %q is unknown", m.Theme, m.ID)
		}
	}
	if verified == 0 || verified == len(c.Matters) {
		t.Errorf("%d of %d verified: the guide must tell them apart", verified, len(c.Matters))
	}
	for _, f := range Families {
		if !families[f] {
			t.Errorf("no matter asks for the skill %q", f)
		}
	}
	if _, ok := c.Matter("no_such_matter"); ok {
		t.Error("an unknown matter was found")
	}
	if d := c.DefaultSlots(); len(d) != 2 || d[0].Title != "身份证" || d[1].Title != "其他材料" {
		t.Errorf("default slots %+v", d)
	}
	care, _ := c.Matter("care_assessment")
	if len(care.Slots) != 3 || len(care.Slots[0].Sides) != 2 {
		t.Errorf("care assessment wants %+v", care.Slots)
	}
}

// The answer of GET /api/catalogue has these keys and no others.
func TestShape(t *testing.T) {
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var shape struct {
		Edition *string          `json:"edition"`
		Themes  []map[string]any `json:"themes"`
		Matters []map[string]any `json:"matters"`
	}
	if err := json.Unmarshal(data, &shape); err != nil {
		t.Fatal(err)
	}
	has := func(m map[string]any, keys string) {
		t.Helper()
		for k := range strings.FieldsSeq(keys) {
			if _, ok := m[k]; !ok {
				t.Errorf("no %q in %v", k, m)
			}
		}
	}
	has(shape.Themes[0], "id title title_en")
	has(shape.Matters[0], "id theme family title title_en verified slots")
	has(shape.Matters[0]["slots"].([]any)[0].(map[string]any), "id title title_en note note_en sides")
}

func TestParseRefuses(t *testing.T) {
	const good = `{"edition":"1","default_slots":["card"],
		"themes":[{"id":"medical","title":"医疗","title_en":"Health"}],
		"materials":[{"id":"card","title":"身份证","title_en":"Card","note":"正反两面","note_en":"Both","sides":["front","back"]}],
		"matters":[{"id":"one","theme":"medical","family":"health","title":"事项","title_en":"One","verified":true,"materials":["card"]}]}`
	if _, err := Parse([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string][2]string{
		"not JSON":         {good, `{`},
		"a second value":   {good, good + `{}`},
		"unknown field":    {`"edition"`, `"printed":1,"edition"`},
		"no edition":       {`"edition":"1"`, `"edition":""`},
		"bad id":           {`"id":"one"`, `"id":"One Two"`},
		"unknown theme":    {`"theme":"medical"`, `"theme":"war"`},
		"unknown family":   {`"family":"health"`, `"family":"magic"`},
		"unknown material": {`"materials":["card"]`, `"materials":["crad"]`},
		"material twice":   {`"materials":["card"]`, `"materials":["card","card"]`},
		"no material":      {`"materials":["card"]`, `"materials":[]`},
		"unverified how":   {`"verified":true,`, ``},
		"unknown bundle":   {`"verified":true,`, `"verified":true,"bundle":"war",`},
		"side":             {`["front","back"]`, `["back"]`},
		"title too long":   {`"title":"事项"`, `"title":"一二三四五六七八九十一二三四五"`},
		"no title":         {`"title":"事项"`, `"title":""`},
		"note too long":    {`"正反两面"`, `"` + strings.Repeat("长", 25) + `"`},
		"not English":      {`"title_en":"One"`, `"title_en":"一"`},
		"default unknown":  {`"default_slots":["card"]`, `"default_slots":["photo"]`},
		"matter twice":     {`"matters":[`, `"matters":[{"id":"one","theme":"medical","family":"health","title":"事项","title_en":"One","verified":true,"materials":["card"]},`},
		"idle material":    {`"materials":[{`, `"materials":[{"id":"photo","title":"照片","title_en":"Photo","note":"一张","note_en":"One","sides":["page"]},{`},
		"empty theme":      {`"themes":[`, `"themes":[{"id":"work","title":"乐业","title_en":"Work"},`},
		"too large":        {good, good + strings.Repeat(" ", maxGuide)},
	} {
		t.Run(name, func(t *testing.T) {
			bad := strings.Replace(good, c[0], c[1], 1)
			if bad == good {
				t.Fatal("nothing was changed")
			}
			if _, err := Parse([]byte(bad)); !errors.Is(err, ErrInvalid) {
				t.Fatalf("got %v", err)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add(embedded)
	f.Add([]byte(`{"edition":"1","matters":[{"id":"a"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse(data)
		if (c == nil) == (err == nil) {
			t.Fatalf("catalogue %v with error %v", c, err)
		}
	})
}
