package records

import "testing"

// TestDemoIsNoCentre: what is invented never gets into a centre that is real.
func TestDemoIsNoCentre(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		where := fresh(t)
		demo, centre := open(t, where, "demo"), open(t, where, "pj")
		marked := func(r *Records, want bool) {
			t.Helper()
			is, err := r.IsDemo(t.Context())
			must(t, err)
			equal(t, is, want)
		}
		must(t, demo.ClaimDemo(t.Context(), false))
		must(t, demo.AddPerson(t.Context(), PersonInfo{ID: "agent1", Name: "王老师", Role: "agent"}, "$n"))
		must(t, demo.ClaimDemo(t.Context(), false)) // at each start
		marked(demo, true)

		marked(centre, false)
		must(t, centre.AddPerson(t.Context(), PersonInfo{ID: "chen", Name: "陈老师", Role: "admin"}, "$n"))
		wants(t, centre.ClaimDemo(t.Context(), false), ErrExists)
		marked(centre, false)
		must(t, centre.ClaimDemo(t.Context(), true))
		marked(centre, true)
	})
}
