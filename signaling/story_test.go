package signaling

import (
	"fmt"
	"testing"

	"github.com/remotewindow/remotewindow/sfu"
	"github.com/remotewindow/remotewindow/sfu/capture"
	"github.com/remotewindow/remotewindow/signaling/call"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// TestOneCall is the whole life of one call.
func TestOneCall(t *testing.T) {
	r := newRig(t)
	board := r.open("board:supervisor")
	desk := r.open("desk:agent1")
	desk.must(protocol.AgentSet{Presence: protocol.PresenceAvailable})
	desk.untilDesk(protocol.DeskReady)
	kiosk := r.open("station:s01")
	kiosk.untilStation(protocol.KioskIdle)

	kiosk.must(protocol.TicketTake{ConsentText: "2026-11", Lang: "zh"})
	kiosk.until("a ticket with a grant", func() bool { return kiosk.station.Ticket != nil && kiosk.station.Media != nil })
	ticket := kiosk.station.Ticket.ID
	offer := desk.untilDesk(protocol.DeskOffer)
	if !offer.Offer.Own || offer.Offer.Number != "A001" || offer.Media == nil {
		t.Fatalf("offer %+v media %+v", offer.Offer, offer.Media)
	}
	kiosk.untilStation(protocol.KioskRinging)
	if kiosk.station.Agent == nil || kiosk.station.Agent.Name != "王老师" || kiosk.station.GateOpen {
		t.Fatalf("ringing %+v", kiosk.station)
	}
	kiosk.join("station sdp")
	desk.must(protocol.OfferShown{Ticket: ticket, Epoch: offer.Offer.Epoch})
	desk.join("agent sdp")
	if room := r.media.look(ticket); room.open || room.joins != 2 {
		t.Fatalf("before the accept: %+v", room)
	}
	desk.must(protocol.OfferAccept{Ticket: ticket, Epoch: offer.Offer.Epoch})
	if got := r.store.row(ticket).Ticket; got.State != "active" || got.Agent != "agent1" {
		t.Fatalf("accepted, and SQL says %+v", got)
	}
	if !r.media.look(ticket).open {
		t.Fatal("accepted, and the gate is shut")
	}
	desk.until("connected", func() bool { return desk.desk.Call != nil && desk.desk.Call.ConnectedMS > 0 })
	kiosk.untilStation(protocol.KioskCall)
	board.until("one call", func() bool { return board.board.Calls == 1 && len(board.board.Waiting) == 0 })

	// A page.
	desk.must(protocol.CaptureAsk{Slot: "id_card", Side: protocol.SideFront})
	kiosk.until("asked", func() bool { return kiosk.station.Capture != nil })
	request := kiosk.station.Capture.ID
	asked := func(slot, side, request string, document byte) bool {
		return r.server.PageAsked(ticket, capture.Offer{Document: capture.ID{document}, SHA256: fmt.Sprintf("%064d", 7), Slot: slot, Side: side, Request: request})
	}
	if !asked("id_card", "front", request, 7) || asked("id_card", "back", request, 7) || asked("id_card", "front", "other", 7) || asked("invoice", "front", request, 7) {
		t.Fatal("PageAsked")
	}
	kiosk.must(protocol.CaptureConfirm{Slot: "id_card"})
	desk.until("shooting", func() bool { c := desk.desk.Call.Capture; return c != nil && c.Shooting })
	r.media.page(ticket, "id_card", "front", request, 7)
	desk.until("the page", func() bool { return len(desk.desk.Call.Pages) == 1 && desk.desk.Call.Capture == nil })
	if !asked("id_card", "front", request, 7) || asked("id_card", "front", request, 8) {
		t.Fatal("only the page that was stored may come again")
	}
	page := desk.desk.Call.Pages[0].ID
	desk.must(protocol.SlotJudge{Slot: "id_card", Page: page, Verdict: protocol.VerdictRetake, Reason: "glare"})
	kiosk.until("asked again", func() bool { return kiosk.station.Capture != nil && kiosk.station.Capture.Hint == "glare" })
	r.media.page(ticket, "id_card", "front", kiosk.station.Capture.ID, 8)
	desk.until("two pages", func() bool { return len(desk.desk.Call.Pages) == 2 })
	desk.must(protocol.SlotJudge{Slot: "id_card", Page: desk.desk.Call.Pages[1].ID, Verdict: protocol.VerdictPassed})
	desk.must(protocol.StationSay{Text: "请稍等"})
	kiosk.until("the sentence", func() bool { return kiosk.station.Message == "请稍等" })

	// The end.
	desk.must(protocol.CallHangUp{})
	wrap := desk.untilDesk(protocol.DeskWrapUp)
	kiosk.untilStation(protocol.KioskSummary)
	if s := kiosk.station.Summary; s.Disposition != "" || s.Pages != 2 || s.Agent != "王老师" || s.Ended != protocol.EndHangUp {
		t.Fatalf("summary %+v", s)
	}
	if room := r.media.look(ticket); room.open || !room.ended {
		t.Fatalf("hung up: %+v", room)
	}
	desk.until("the end of wrap-up", func() bool { return desk.desk.Call.WrapUpEndsMS > 0 })
	desk.must(protocol.CallFinish{Ticket: ticket, Epoch: wrap.Call.Epoch, Disposition: protocol.DispositionAccepted, NextStep: protocol.NextRelay, Note: "n"})
	kiosk.until("the outcome", func() bool {
		s := kiosk.station.Summary
		return s != nil && s.Disposition == protocol.DispositionAccepted
	})
	desk.untilDesk(protocol.DeskReady)
	desk.until("today's row", func() bool { return len(desk.desk.Today) == 1 })
	kiosk.must(protocol.StationReset{})
	kiosk.untilStation(protocol.KioskIdle)
	board.until("nobody", func() bool { return board.board.Calls == 0 && len(board.board.Seats) == 1 })

	got := r.store.row(ticket)
	if got.Ticket.State != "closed" || got.Ticket.Dispo != "accepted" || got.Ticket.Note != "n" || got.Ticket.ConnectMS == 0 {
		t.Fatalf("records %+v", got.Ticket)
	}
	eventually(t, "the owner gone", func() bool { return r.server.owner(ticket) == nil })
	var kinds []string
	for _, e := range got.Course {
		kinds = append(kinds, e.Kind)
	}
	want := []string{"accepted", "connected", "page", "verdict", "page", "verdict", "ended"}
	if len(kinds) != len(want) {
		t.Fatalf("course %v, want %v", kinds, want)
	}
}

// join redeems the grant of the newest state.
func (p *page) join(sdp string) {
	p.t.Helper()
	var g *protocol.MediaGrant
	p.until("a grant", func() bool {
		if g = p.station.Media; g == nil {
			g = p.desk.Media
		}
		return g != nil
	})
	if answer, ok := p.command(protocol.MediaOffer{Token: g.Token, SDP: sdp}).(protocol.MediaAnswer); !ok || answer.SDP != "answer to "+sdp {
		p.t.Fatalf("media.offer: %#v", answer)
	}
}

// call brings a station and an agent into a connected call.
func (r *rig) call(station, agent string) (kiosk, desk *page, ticket string) {
	r.t.Helper()
	desk = r.open("desk:"+agent, available)
	desk.untilDesk(protocol.DeskReady)
	kiosk = r.open("station:" + station)
	kiosk.must(protocol.TicketTake{})
	desk.untilDesk(protocol.DeskOffer)
	o := desk.desk.Offer
	kiosk.untilStation(protocol.KioskRinging)
	kiosk.join("a")
	desk.join("b")
	desk.must(protocol.OfferAccept{Ticket: o.Ticket, Epoch: o.Epoch})
	desk.until("connected", func() bool { return desk.desk.Call != nil && desk.desk.Call.ConnectedMS > 0 })
	kiosk.untilStation(protocol.KioskCall)
	if !r.media.look(o.Ticket).open {
		r.t.Fatal("gate is shut")
	}
	return kiosk, desk, o.Ticket
}

var _ Media = (*sfu.SFU)(nil)

func callAccept(agent string, epoch int64) call.Accept {
	return call.Accept{Agent: agent, Epoch: epoch}
}
