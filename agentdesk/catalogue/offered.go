package catalogue

// Offered is what residents and agents may choose from when the centre does not
// take the disabled matters: they are left out, and so are themes that have
// nothing left. Matter still finds them in c, for the tickets that have them.
func (c *Catalogue) Offered(disabled map[string]bool) *Catalogue {
	o := &Catalogue{Edition: c.Edition, Themes: []Theme{}, Matters: []Matter{}, defaults: c.defaults, index: map[string]int{}}
	filled := map[string]bool{}
	for _, m := range c.Matters {
		if disabled[m.ID] {
			continue
		}
		o.index[m.ID] = len(o.Matters)
		o.Matters = append(o.Matters, m)
		filled[m.Theme] = true
	}
	for _, t := range c.Themes {
		if filled[t.ID] {
			o.Themes = append(o.Themes, t)
		}
	}
	return o
}
