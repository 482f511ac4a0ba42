package catalogue

import "testing"

func TestOffered(t *testing.T) {
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	off := map[string]bool{"nothing_of_that_name": true}
	for _, m := range c.Matters {
		if m.Theme == c.Themes[0].ID {
			off[m.ID] = true
		}
	}
	first := c.Matters[0].ID
	off[first] = true
	o := c.Offered(off)
	if len(o.Matters) != len(c.Matters)-len(off)+1 || len(o.Themes) >= len(c.Themes) || o.Edition != c.Edition {
		t.Errorf("%d matters and %d themes of %d and %d", len(o.Matters), len(o.Themes), len(c.Matters), len(c.Themes))
	}
	if _, there := o.Matter(first); there {
		t.Error("a disabled matter is offered")
	}
	if _, there := o.Theme(c.Themes[0].ID); there {
		t.Error("a theme without a matter is offered")
	}
	for _, m := range o.Matters {
		if got, ok := o.Matter(m.ID); !ok || got.ID != m.ID {
			t.Errorf("%s is not found", m.ID)
		}
	}
	if _, there := c.Matter(first); !there {
		t.Error("the whole catalogue lost a matter")
	}
	if whole := c.Offered(nil); len(whole.Matters) != len(c.Matters) || len(whole.Themes) != len(c.Themes) || len(whole.DefaultSlots()) != len(c.DefaultSlots()) {
		t.Error("nothing disabled, something lost")
	}
	if none := c.Offered(all(c)); none.Themes == nil || none.Matters == nil || len(none.Matters) != 0 {
		t.Error("an empty catalogue encodes to null")
	}
}

func all(c *Catalogue) map[string]bool {
	off := map[string]bool{}
	for _, m := range c.Matters {
		off[m.ID] = true
	}
	return off
}
