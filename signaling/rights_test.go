package signaling

import (
	"slices"
	"sync"
	"testing"

	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// TestOperationsAreTheProtocol: each message of the protocol either may be sent
// by a face or comes from the server alone; nothing is listed twice.
func TestOperationsAreTheProtocol(t *testing.T) {
	fromServer := []string{"welcome", "ok", "error", "bye", "node.drain", "pong", "media.answer", "station.state", "desk.state", "board"}
	listed := map[operationKey]bool{}
	byName := map[string]bool{"ping": true} // anyone may
	for _, op := range Operations() {
		k := operationKey{op.Name, op.Face}
		if listed[k] || len(op.Roles) == 0 {
			t.Errorf("%+v is listed twice, or for nobody", op)
		}
		listed[k], byName[op.Name] = true, true
		if (op.Face == protocol.FaceStation) != slices.Contains(op.Roles, protocol.RoleStation) {
			t.Errorf("%+v: a station's role is the station's", op)
		}
	}
	for _, m := range protocol.Messages {
		if byName[m.Type()] == slices.Contains(fromServer, m.Type()) {
			t.Errorf("%s: neither an operation nor the server's, or both", m.Type())
		}
	}
}

// TestEveryRoleAndMessage sends each message from each face in each role. What
// Operations does not list is forbidden without a question to May; what it
// lists is asked exactly once.
func TestEveryRoleAndMessage(t *testing.T) {
	roles := []protocol.Role{protocol.RoleStation, protocol.RoleSpecialist, protocol.RoleAgent, protocol.RoleHelper,
		protocol.RoleSupervisor, protocol.RoleAdmin, "", "owner"}
	table := operationTable()
	s := New(Options{Store: newMemoryStore(), May: func(Identity, string, bool) bool { return false }})
	asked := 0
	s.May = func(_ Identity, _ string, own bool) bool { asked++; return own }
	for _, face := range []protocol.Face{protocol.FaceStation, protocol.FaceDesk, protocol.FaceBoard, "", "admin"} {
		for _, role := range roles {
			for _, m := range protocol.Messages {
				asked = 0
				op, listed := table[operationKey{m.Type(), face}]
				listed = listed && slices.Contains(op.Roles, role)
				err := s.authorize(t.Context(), Identity{Role: role, ID: "x", Face: face}, m)
				want := protocol.CodeForbidden
				switch {
				case listed && op.Ticket: // of nobody
					want = protocol.CodeStale
				case listed:
					want = ""
				}
				got := protocol.Code("")
				if err != nil {
					got = codeOf(err)
				}
				if got != want || asked > 1 || (asked == 1) != listed {
					t.Errorf("%s as %s at %s: %q after %d questions, want %q", m.Type(), role, face, got, asked, want)
				}
			}
		}
	}
}

// TestRefusedByTheTable: who may not, may not, and hears the same of a ticket
// of another as of one that never was.
func TestRefusedByTheTable(t *testing.T) {
	var mu sync.Mutex
	denied := map[string]bool{}
	deny := func(operation string, on bool) {
		mu.Lock()
		defer mu.Unlock()
		denied[operation] = on
	}
	r := newRig(t, func(o *Options) {
		o.May = func(_ Identity, operation string, own bool) bool {
			mu.Lock()
			defer mu.Unlock()
			return own && !denied[operation]
		}
	})
	desk, other := r.open("desk:agent1", available), r.open("desk:agent2")
	desk.untilDesk(protocol.DeskReady)
	kiosk := r.open("station:s01")
	deny("ticket.take", true)
	kiosk.refused(protocol.TicketTake{}, protocol.CodeForbidden)
	if r.store.count() != 0 {
		t.Fatal("refused, and yet done")
	}
	deny("ticket.take", false)
	kiosk.must(protocol.TicketTake{})
	o := desk.untilDesk(protocol.DeskOffer).Offer
	for _, ticket := range []string{o.Ticket, "never"} {
		other.refused(protocol.OfferShown{Ticket: ticket, Epoch: o.Epoch}, protocol.CodeStale)
		other.refused(protocol.OfferAccept{Ticket: ticket, Epoch: o.Epoch}, protocol.CodeStale)
		other.refused(protocol.OfferDecline{Ticket: ticket, Epoch: o.Epoch}, protocol.CodeStale)
		other.refused(protocol.CallFinish{Ticket: ticket, Epoch: o.Epoch, Disposition: "accepted", NextStep: "close"}, protocol.CodeStale)
	}
	deny("offer.accept", true)
	desk.refused(protocol.OfferAccept{Ticket: o.Ticket, Epoch: o.Epoch}, protocol.CodeForbidden)
	deny("offer.accept", false)
	desk.must(protocol.OfferAccept{Ticket: o.Ticket, Epoch: o.Epoch})
	desk.untilDesk(protocol.DeskCall)
	desk.must(protocol.CallHangUp{})
	w := desk.untilDesk(protocol.DeskWrapUp)
	finish := protocol.CallFinish{Ticket: o.Ticket, Epoch: w.Call.Epoch, Disposition: "accepted", NextStep: "close"}
	other.refused(finish, protocol.CodeStale)
	desk.must(finish)
	eventually(t, "closed", func() bool { return r.server.owner(o.Ticket) == nil })
	other.refused(finish, protocol.CodeStale) // nobody owns it any more: SQL tells whose it was
	r.store.setAway(true)
	other.refused(finish, protocol.CodeRecordsDown)
	r.store.setAway(false)
	deny("hello", true)
	late := r.dial()
	if e, ok := late.command(protocol.Hello{Protocol: protocol.Version, Ticket: "board:supervisor"}).(protocol.Error); !ok || e.Code != protocol.CodeForbidden {
		t.Errorf("hello: %#v", e)
	}
}
