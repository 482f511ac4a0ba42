package signaling

import (
	"slices"
	"testing"
	"time"

	"github.com/remotewindow/remotewindow/sfu"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// courseOf are the kinds of a call's course in SQL.
func (r *rig) courseOf(ticket string) []string {
	var kinds []string
	for _, e := range r.store.row(ticket).Course {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

// TestHold: nothing passes to or from the station while both sides see it, and
// the time is counted.
func TestHold(t *testing.T) {
	r := newRig(t)
	kiosk, desk, ticket := r.call("s02", "agent1")
	desk.must(protocol.CallHold{On: true})
	desk.must(protocol.CallHold{On: true})
	kiosk.until("held", func() bool { return kiosk.station.HeldSinceMS > 0 })
	desk.until("held", func() bool { return desk.desk.Call.HeldSinceMS > 0 })
	if !r.media.look(ticket).held {
		t.Fatal("media pass")
	}
	kiosk.join("again") // a page that comes back is held too
	if !r.media.look(ticket).held {
		t.Fatal("a new connection is not held")
	}
	r.clock.Advance(t, 5*time.Second)
	desk.must(protocol.CallHold{})
	kiosk.until("resumed", func() bool { return kiosk.station.HeldSinceMS == 0 })
	desk.until("counted", func() bool { return desk.desk.Call.HeldSinceMS == 0 && desk.desk.Call.HoldTotalMS >= 5000 })
	if r.media.look(ticket).held {
		t.Fatal("media do not pass")
	}
	desk.must(protocol.CallHold{On: true})
	desk.must(protocol.CallHangUp{})
	desk.untilDesk(protocol.DeskWrapUp)
	if got := r.courseOf(ticket); !slices.Equal(got[2:], []string{"held", "resumed", "held", "ended"}) {
		t.Errorf("course %v", got)
	}
}

// TestColdTransfer: the call goes to another agent at its own place, the first
// is free at once, and what was captured stays.
func TestColdTransfer(t *testing.T) {
	r := newRig(t)
	kiosk, desk, ticket := r.call("s02", "agent1")
	arrived := r.store.row(ticket).Ticket.ArrivedMS
	desk.must(protocol.CaptureAsk{Slot: "id_card", Side: protocol.SideFront})
	kiosk.until("asked", func() bool { return kiosk.station.Capture != nil })
	r.media.page(ticket, "id_card", "front", kiosk.station.Capture.ID, 7)
	desk.until("the page", func() bool { return len(desk.desk.Call.Pages) == 1 })
	next := r.open("desk:agent2", available)
	next.untilDesk(protocol.DeskReady)
	desk.refused(protocol.CallTransfer{Reason: "x"}, protocol.CodeMalformed)
	desk.refused(protocol.CallTransfer{Agent: "agent1"}, protocol.CodeMalformed)
	desk.must(protocol.CallTransfer{Agent: "agent2", Reason: "社保"})
	desk.until("free at once", func() bool { return desk.desk.State == protocol.DeskReady && desk.desk.Call == nil })
	o := next.untilDesk(protocol.DeskOffer).Offer
	next.until("why", func() bool { return next.desk.Offer != nil && next.desk.Offer.Why != nil })
	if o.Ticket != ticket || next.desk.Offer.Why.Rule != protocol.RuleTransferred {
		t.Fatalf("offered %+v why %+v", o, next.desk.Offer.Why)
	}
	kiosk.untilStation(protocol.KioskRinging)
	if r.media.look(ticket).open {
		t.Fatal("the gate is open")
	}
	next.join("b")
	next.must(protocol.OfferAccept{Ticket: ticket, Epoch: o.Epoch})
	next.until("the page is his", func() bool { return next.desk.Call != nil && len(next.desk.Call.Pages) == 1 })
	kiosk.untilStation(protocol.KioskCall)
	row := r.store.row(ticket).Ticket
	if row.Agent != "agent2" || row.ArrivedMS != arrived || row.State != "active" {
		t.Fatalf("SQL has %+v", row)
	}
	if got := r.courseOf(ticket); !slices.Contains(got, "transferred") {
		t.Errorf("course %v", got)
	}
}

// TestWarmTransfer: a colleague is consulted, joins with a connection of his own,
// and becomes the owner without another; pages, checklist and course stay.
func TestWarmTransfer(t *testing.T) {
	r := newRig(t)
	kiosk, desk, ticket := r.call("s02", "agent1")
	desk.must(protocol.CaptureAsk{Slot: "id_card", Side: protocol.SideFront})
	kiosk.until("asked", func() bool { return kiosk.station.Capture != nil })
	r.media.page(ticket, "id_card", "front", kiosk.station.Capture.ID, 7)
	desk.until("the page", func() bool { return len(desk.desk.Call.Pages) == 1 })
	desk.must(protocol.SlotJudge{Slot: "id_card", Page: desk.desk.Call.Pages[0].ID, Verdict: protocol.VerdictPassed})
	other := r.open("desk:agent2")
	if e, ok := desk.command(protocol.CallInvite{Agent: "agent2", Purpose: protocol.PurposeConsult}).(protocol.Error); !ok || e.Code != protocol.CodeState || e.Because != "offline" {
		t.Fatalf("invited one who is not there: %#v", e)
	}
	desk.refused(protocol.CallInvite{Agent: "agent1", Purpose: protocol.PurposeConsult}, protocol.CodeMalformed)
	desk.refused(protocol.CallInvite{Agent: "agent2", Purpose: "party"}, protocol.CodeMalformed)
	desk.refused(protocol.CallHandOver{}, protocol.CodeState)
	other.must(protocol.AgentSet{Presence: protocol.PresenceAvailable})
	other.untilDesk(protocol.DeskReady)
	desk.must(protocol.CallInvite{Agent: "agent2", Purpose: protocol.PurposeConsult})
	o := other.untilDesk(protocol.DeskOffer).Offer
	if o.Purpose != protocol.PurposeConsult || o.Owner == nil || o.Owner.Name != "王老师" || o.Ticket != ticket || other.desk.Media != nil {
		t.Fatalf("invitation %+v, media %v", o, other.desk.Media)
	}
	desk.until("it rings there", func() bool {
		third := desk.desk.Call.Third
		return third != nil && third.State == protocol.ThirdOffered && third.Name == "李老师"
	})
	// Declined, and asked again.
	other.must(protocol.OfferShown{Ticket: ticket, Epoch: o.Epoch})
	other.must(protocol.OfferDecline{Ticket: ticket, Epoch: o.Epoch, Reason: "busy"})
	desk.until("nobody", func() bool { return desk.desk.Call.Third == nil })
	other.untilDesk(protocol.DeskReady)
	other.refused(protocol.OfferAccept{Ticket: ticket, Epoch: o.Epoch}, protocol.CodeStale)
	desk.must(protocol.CallInvite{Agent: "agent2", Purpose: protocol.PurposeConsult})
	other.until("invited again", func() bool { return other.desk.Offer != nil && other.desk.Offer.Epoch > o.Epoch })
	desk.must(protocol.CallHold{On: true})
	other.must(protocol.OfferAccept{Ticket: ticket, Epoch: other.desk.Offer.Epoch})
	other.until("in the call", func() bool {
		c := other.desk.Call
		return c != nil && c.Purpose == protocol.PurposeConsult && c.Owner != nil && len(c.Pages) == 1 && other.desk.Media != nil
	})
	kiosk.until("he is seen", func() bool { return kiosk.station.Third != nil && kiosk.station.Third.Name == "李老师" })
	other.join("third")
	if p := r.media.look(ticket).peers[sfu.Third]; p.ID != "agent2" {
		t.Fatalf("in the room %+v", r.media.look(ticket).peers)
	}
	other.refused(protocol.CallHandOver{}, protocol.CodeForbidden) // it is not his yet
	other.refused(protocol.CallHangUp{}, protocol.CodeForbidden)
	other.refused(protocol.CaptureAsk{Slot: "id_card", Side: protocol.SideBack}, protocol.CodeForbidden)
	joins := r.media.look(ticket).joins
	desk.must(protocol.CallHandOver{})
	desk.until("free", func() bool { return desk.desk.Call == nil && desk.desk.State == protocol.DeskReady })
	other.until("the owner", func() bool {
		c := other.desk.Call
		return c != nil && c.Purpose == "" && c.Third == nil && c.HeldSinceMS == 0 && len(c.Pages) == 1 && c.Slots[0].Verdict == protocol.VerdictPassed
	})
	kiosk.until("his agent now", func() bool {
		return kiosk.station.Third == nil && kiosk.station.Agent != nil && kiosk.station.Agent.Name == "李老师" && kiosk.station.HeldSinceMS == 0
	})
	room := r.media.look(ticket)
	if room.joins != joins || room.peers[sfu.Agent].ID != "agent2" || !room.open || room.held {
		t.Fatalf("room %+v", room)
	}
	eventually(t, "SQL knows", func() bool {
		row := r.store.row(ticket).Ticket
		return row.Agent == "agent2" && row.State == "active" && row.Epoch == other.desk.Call.Epoch
	})
	desk.refused(protocol.CallHangUp{}, protocol.CodeState)
	other.must(protocol.CaptureAsk{Slot: "id_card", Side: protocol.SideBack})
	kiosk.until("asked by him", func() bool { return kiosk.station.Capture != nil })
	other.must(protocol.CallHangUp{})
	w := other.untilDesk(protocol.DeskWrapUp)
	other.must(protocol.CallFinish{Ticket: ticket, Epoch: w.Call.Epoch, Disposition: "accepted", NextStep: "close"})
	eventually(t, "closed", func() bool { return r.store.row(ticket).Ticket.Dispo == "accepted" })
	if got := r.courseOf(ticket); !slices.Contains(got, "third_joined") || !slices.Contains(got, "handed_over") {
		t.Errorf("course %v", got)
	}
}

// TestThirdLeaves: by himself, taken back by the owner, and with the talk.
func TestThirdLeaves(t *testing.T) {
	r := newRig(t)
	kiosk, desk, ticket := r.call("s02", "agent1")
	other := r.open("desk:agent2", available)
	other.untilDesk(protocol.DeskReady)
	invite := func() {
		t.Helper()
		desk.must(protocol.CallInvite{Agent: "agent2", Purpose: protocol.PurposeThird})
		other.untilDesk(protocol.DeskOffer)
	}
	invite()
	desk.must(protocol.CallInviteEnd{})
	other.untilDesk(protocol.DeskReady)
	for _, leave := range []func(){
		func() { other.must(protocol.ThirdLeave{}) },
		func() { desk.must(protocol.CallInviteEnd{}) },
		func() { desk.must(protocol.CallHangUp{}) },
	} {
		desk.until("alone", func() bool { return desk.desk.Call != nil && desk.desk.Call.Third == nil })
		invite()
		other.must(protocol.OfferAccept{Ticket: ticket, Epoch: other.desk.Offer.Epoch})
		other.untilDesk(protocol.DeskCall)
		other.join("third")
		kiosk.until("three", func() bool { return kiosk.station.Third != nil })
		leave()
		other.until("out", func() bool {
			return other.desk.State == protocol.DeskReady && other.desk.Call == nil && other.desk.Media == nil
		})
		kiosk.until("two", func() bool { return kiosk.station.Third == nil })
		if p := r.media.look(ticket).peers[sfu.Third]; p.ID != "" {
			t.Fatalf("still in the room: %+v", p)
		}
	}
	other.refused(protocol.ThirdLeave{}, protocol.CodeState)
}
