package agentdesk

import (
	"fmt"
	"slices"
	"testing"
)

func TestAdminMatters(t *testing.T) {
	eachStore(t, func(t *testing.T, o *office) {
		id := aMatter(t)
		enabled := func() bool {
			var all struct {
				Matters []matterRow `json:"matters"`
			}
			o.fine("GET", "/api/admin/matters", "", &all)
			i := slices.IndexFunc(all.Matters, func(m matterRow) bool { return m.ID == id })
			if i < 0 || all.Matters[i].Slots == 0 || all.Matters[i].Title == "" {
				t.Fatalf("%+v", all.Matters)
			}
			return all.Matters[i].Enabled
		}
		for _, on := range []bool{false, false, true} {
			o.fine("PUT", "/api/admin/matters/"+id, fmt.Sprintf(`{"enabled":%v}`, on), nil)
			if enabled() != on {
				t.Errorf("enabled is not %v", on)
			}
		}
		if e := o.newest(); e.Action != "matter.enable" || e.Object != id || e.Detail["enabled"] != "true" {
			t.Errorf("%+v", e)
		}
		for body, want := range map[string]int{`{}`: 422, `{"enabled":1}`: 400, `{"enabled":null}`: 422} {
			if r := o.do("PUT", "/api/admin/matters/"+id, body); r.status != want {
				t.Errorf("%s: %d %s", body, r.status, r.body)
			}
		}
	})
}
