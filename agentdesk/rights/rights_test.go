package rights

import (
	"slices"
	"strings"
	"testing"
)

// TestTable: the table has one row for each operation, names only roles and
// ownerships that exist, and refuses whatever it does not name.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, row := range Table() {
		if seen[row.Operation] {
			t.Errorf("%q has two rows", row.Operation)
		}
		seen[row.Operation] = true
		if (row.Proof == BySession) != (row.Face != "") {
			t.Errorf("%q: a face goes with a log-in and nothing else", row.Operation)
		}
		if strings.Contains(row.Operation, "/") == (row.Proof == BySocket) {
			t.Errorf("%q: proof %q", row.Operation, row.Proof)
		}
		for own, roles := range row.Allow {
			if !slices.Contains(Ownerships, own) {
				t.Errorf("%q: ownership %q", row.Operation, own)
			}
			if own == Other {
				t.Errorf("%q lets somebody at what is another's", row.Operation)
			}
			for _, role := range roles {
				if !slices.Contains(Roles, role) {
					t.Errorf("%q: role %q", row.Operation, role)
				}
				if role == Nobody && row.Proof != ByNothing && row.Proof != ByAddress {
					t.Errorf("%q lets nobody in, and asks for a proof", row.Operation)
				}
			}
		}
		for _, role := range append(slices.Clone(Roles), "king") {
			for _, own := range append(slices.Clone(Ownerships), "") {
				if want := slices.Contains(row.Allow[own], role); May(role, row.Operation, own) != want {
					t.Errorf("May(%q, %q, %q) is not %v", role, row.Operation, own, want)
				}
			}
		}
	}
	for _, operation := range []string{"", "GET /api/forgotten", "offer.steal", "get /api/desk/me", "GET /api/desk/me "} {
		for _, role := range Roles {
			for _, own := range Ownerships {
				if May(role, operation, own) {
					t.Errorf("%q may %q", role, operation)
				}
			}
		}
	}
	for _, tt := range []struct {
		role Role
		face string
		want bool
	}{
		{Agent, "desk", true}, {Supervisor, "desk", false}, {Supervisor, "board", true}, {Admin, "board", true}, {Admin, "admin", true},
		{Agent, "admin", false}, {Supervisor, "admin", false}, {Nobody, "desk", false}, {Station, "station", false}, {Admin, "", false},
	} {
		if MayEnter(tt.role, tt.face) != tt.want {
			t.Errorf("%s at %q is not %v", tt.role, tt.face, tt.want)
		}
	}
}
