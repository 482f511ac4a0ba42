package signaling

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/sfu"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

func TestTakeIsIdempotent(t *testing.T) {
	r := newRig(t)
	kiosk := r.open("station:s02")
	for range 2 {
		if answer := kiosk.commandAs("press-1", protocol.TicketTake{}); answer != (protocol.OK{}) {
			t.Fatalf("%#v", answer)
		}
	}
	kiosk.untilStation(protocol.KioskWaiting)
	number := kiosk.station.Ticket.Number
	kiosk.close()
	again := r.open("station:s02")
	if answer := again.commandAs("press-1", protocol.TicketTake{}); answer != (protocol.OK{}) {
		t.Fatalf("%#v", answer)
	}
	again.must(protocol.TicketTake{}) // another press while waiting
	again.untilStation(protocol.KioskWaiting)
	if again.station.Ticket.Number != number || r.store.count() != 1 {
		t.Errorf("%s then %s, %d tickets", number, again.station.Ticket.Number, r.store.count())
	}
}

func TestSecondDesk(t *testing.T) {
	r := newRig(t)
	first := r.open("desk:agent1", available)
	first.untilDesk(protocol.DeskReady)
	second := r.dial()
	answer := second.command(protocol.Hello{Protocol: 1, Ticket: "desk:agent1"})
	if e, ok := answer.(protocol.Error); !ok || e.Code != protocol.CodeElsewhere {
		t.Fatalf("%#v", answer)
	}
	if code := second.untilBye(); code != protocol.CodeElsewhere {
		t.Errorf("bye %q", code)
	}
	if _, ok := first.command(protocol.Ping{}).(protocol.Pong); !ok {
		t.Fatal("the first desk stays")
	}
	third := r.open("desk:agent1", takeOver)
	if code := first.untilBye(); code != protocol.CodeReplaced {
		t.Errorf("bye %q", code)
	}
	third.untilDesk(protocol.DeskReady)
}

func TestDeskBehindADeadSocketIsReplaced(t *testing.T) {
	r := newRig(t, func(o *Options) { o.Numbers.Probe = 20 * time.Millisecond })
	r.mute = true
	r.open("desk:agent1", available)
	r.mute = false
	r.open("desk:agent1", available).untilDesk(protocol.DeskReady)
}

func TestSecondKioskWins(t *testing.T) {
	r := newRig(t)
	first := r.open("station:s01")
	second := r.open("station:s01")
	if code := first.untilBye(); code != protocol.CodeReplaced {
		t.Errorf("bye %q", code)
	}
	second.untilStation(protocol.KioskIdle)
	eventually(t, "online", func() bool {
		v := r.server.view.Load().stations["s01"]
		return v != nil && v.Online
	})
}

func TestReloadInTheQueue(t *testing.T) {
	r := newRig(t)
	ahead, kiosk := r.open("station:s02"), r.open("station:s01")
	ahead.must(protocol.TicketTake{})
	kiosk.must(protocol.TicketTake{})
	kiosk.until("one ahead", func() bool { return kiosk.station.Ticket != nil && kiosk.station.Ticket.Ahead == 1 })
	number, token := kiosk.station.Ticket.Number, kiosk.station.Media.Token
	kiosk.join("a")
	kiosk.close()
	back := r.open("station:s01")
	back.until("the old place", func() bool { return back.station.Ticket != nil && back.station.Ticket.Ahead == 1 })
	if back.station.Ticket.Number != number || back.station.Media.Token == token {
		t.Errorf("%+v", back.station)
	}
	back.join("b")
	back.refusedMedia(token, protocol.CodeMedia)
}

func (p *page) refusedMedia(token string, code protocol.Code) {
	p.t.Helper()
	p.refused(protocol.MediaOffer{Token: token, SDP: "x"}, code)
}

func TestReloadInTheCall(t *testing.T) {
	r := newRig(t)
	kiosk, desk, ticket := r.call("s01", "agent1")
	kiosk.close()
	desk.until("station lost", func() bool { return desk.desk.Call.StationLost })
	kiosk = r.open("station:s01")
	kiosk.untilStation(protocol.KioskCall)
	kiosk.join("again")
	desk.until("station back", func() bool { return !desk.desk.Call.StationLost })
	desk.close()
	kiosk.until("agent lost", func() bool { return kiosk.station.AgentLost })
	desk = r.open("desk:agent1", takeOver)
	desk.untilDesk(protocol.DeskCall)
	desk.join("again too")
	kiosk.until("agent back", func() bool { return !kiosk.station.AgentLost && kiosk.station.State == protocol.KioskCall })
	if room := r.media.look(ticket); !room.open || room.joins != 4 {
		t.Errorf("%+v", room)
	}
	desk.must(protocol.CallHangUp{})
	desk.untilDesk(protocol.DeskWrapUp)
}

func TestStaleAndForeignAnswers(t *testing.T) {
	r := newRig(t)
	desk, other := r.open("desk:agent1", available), r.open("desk:agent2")
	desk.untilDesk(protocol.DeskReady)
	kiosk := r.open("station:s01")
	kiosk.must(protocol.TicketTake{})
	o := desk.untilDesk(protocol.DeskOffer).Offer
	other.refused(protocol.OfferAccept{Ticket: o.Ticket, Epoch: o.Epoch}, protocol.CodeStale)
	desk.refused(protocol.OfferAccept{Ticket: o.Ticket, Epoch: o.Epoch - 1}, protocol.CodeStale)
	desk.refused(protocol.OfferAccept{Ticket: "gone", Epoch: o.Epoch}, protocol.CodeStale)
	desk.refused(protocol.CallHangUp{}, protocol.CodeState)
	desk.refused(protocol.CaptureAsk{Slot: "id_card", Side: protocol.SideFront}, protocol.CodeState)
	desk.must(protocol.OfferAccept{Ticket: o.Ticket, Epoch: o.Epoch})
	desk.refused(protocol.OfferAccept{Ticket: o.Ticket, Epoch: o.Epoch}, protocol.CodeStale)
	other.refused(protocol.CallHangUp{}, protocol.CodeState)
	desk.untilDesk(protocol.DeskCall)
	desk.refused(protocol.CaptureAsk{Slot: "passport", Side: protocol.SideFront}, protocol.CodeNotFound)
	desk.refused(protocol.CallFinish{Ticket: o.Ticket, Epoch: o.Epoch, Disposition: "accepted", NextStep: "close"}, protocol.CodeStale)
	desk.refused(protocol.CallFinish{Ticket: o.Ticket, Epoch: o.Epoch, Disposition: "done", NextStep: "close"}, protocol.CodeMalformed)
	if got := r.media.look(o.Ticket); got.open && len(got.peers) == 0 {
		t.Errorf("a gate without a room: %+v", got)
	}
}

// TestAcceptRace lets a desk accept at the very moment that it declines, and
// both ends agree on what came of it.
func TestAcceptRace(t *testing.T) {
	r := newRig(t)
	desk := r.open("desk:agent1", available)
	desk.untilDesk(protocol.DeskReady)
	kiosk := r.open("station:s01")
	kiosk.must(protocol.TicketTake{})
	o := desk.untilDesk(protocol.DeskOffer).Offer
	owner := r.server.owner(o.Ticket)
	results := make([]error, 2)
	var both sync.WaitGroup
	for i := range results {
		both.Go(func() {
			results[i] = r.server.offered(t.Context(), o.Ticket, callAccept("agent1", o.Epoch))
		})
	}
	both.Wait()
	won := 0
	for _, err := range results {
		if err == nil {
			won++
		} else if codeOf(err) != protocol.CodeStale {
			t.Errorf("loser hears %v", err)
		}
	}
	if won != 1 || len(r.store.accepts) != 1 || !owner.shows.Load().call.State.Talking() {
		t.Errorf("%d won, %d accepts stored", won, len(r.store.accepts))
	}
}

func TestDeclineGoesToTheNextSeat(t *testing.T) {
	r := newRig(t)
	one, two := r.open("desk:agent1", available), r.open("desk:agent2", available)
	one.untilDesk(protocol.DeskReady)
	two.untilDesk(protocol.DeskReady)
	kiosk := r.open("station:s01")
	kiosk.must(protocol.TicketTake{})
	o := one.untilDesk(protocol.DeskOffer).Offer
	kiosk.untilStation(protocol.KioskRinging)
	kiosk.join("a")
	one.join("b")
	one.must(protocol.OfferDecline{Ticket: o.Ticket, Epoch: o.Epoch, Reason: "busy"})
	two.untilDesk(protocol.DeskOffer)
	if two.desk.Offer.Epoch <= o.Epoch || two.desk.Media == nil {
		t.Errorf("offer %+v", two.desk.Offer)
	}
	eventually(t, "the first agent has left the room", func() bool {
		_, there := r.media.look(o.Ticket).peers[sfu.Agent]
		return !there
	})
	one.untilDesk(protocol.DeskReady)
	one.refusedMedia("anything", protocol.CodeMedia)
}

func TestRingOutPausesTheSeat(t *testing.T) {
	r := newRig(t)
	desk := r.open("desk:agent1", available)
	desk.untilDesk(protocol.DeskReady)
	kiosk := r.open("station:s01")
	kiosk.must(protocol.TicketTake{})
	o := desk.untilDesk(protocol.DeskOffer).Offer
	desk.must(protocol.OfferShown{Ticket: o.Ticket, Epoch: o.Epoch})
	kiosk.untilStation(protocol.KioskRinging)
	arrived := kiosk.station.Ticket.SinceMS
	r.clock.Advance(t, 21*time.Second)
	desk.untilDesk(protocol.DeskRONA)
	kiosk.untilStation(protocol.KioskWaiting)
	if kiosk.station.Ticket.SinceMS != arrived {
		t.Error("the place changed")
	}
	desk.must(protocol.AgentSet{Presence: protocol.PresenceAvailable})
	desk.untilDesk(protocol.DeskOffer)
}

func TestLeaveAndPressAgain(t *testing.T) {
	r := newRig(t)
	kiosk := r.open("station:s03")
	kiosk.must(protocol.TicketTake{})
	kiosk.untilStation(protocol.KioskWaiting)
	ticket := kiosk.station.Ticket.ID
	kiosk.must(protocol.TicketRevise{Who: protocol.WhoSelf, Matter: "medical"})
	kiosk.until("revised", func() bool { return kiosk.station.Ticket != nil && kiosk.station.Ticket.Matter == "medical" })
	eventually(t, "skills in the queue", func() bool {
		q := r.server.view.Load().tickets[ticket]
		return q != nil && len(q.Skills) == 1 && q.Skills[0] == "insurance"
	})
	kiosk.refused(protocol.TicketRevise{Matter: "nothing"}, protocol.CodeNotFound)
	kiosk.must(protocol.TicketLeave{})
	kiosk.untilStation(protocol.KioskIdle)
	kiosk.refused(protocol.TicketLeave{}, protocol.CodeState)
	if got := r.store.row(ticket).Ticket; got.State != "closed" || got.Ended != "abandoned" {
		t.Errorf("%+v", got)
	}
	kiosk.must(protocol.TicketTake{})
	kiosk.until("a new number", func() bool { return kiosk.station.Ticket != nil && kiosk.station.Ticket.Number == "A002" })
}

func TestAwayTooLongGivesThePlaceUp(t *testing.T) {
	r := newRig(t)
	kiosk := r.open("station:s01")
	kiosk.must(protocol.TicketTake{})
	kiosk.untilStation(protocol.KioskWaiting)
	ticket := kiosk.station.Ticket.ID
	kiosk.close()
	eventually(t, "lost", func() bool { v := r.server.view.Load().tickets[ticket]; return v != nil && v.StationLost })
	r.clock.Advance(t, 61*time.Second)
	eventually(t, "closed in SQL", func() bool { return r.store.row(ticket).Ticket.State == "closed" })
	if got := r.store.row(ticket).Ticket.Ended; got != "lost" {
		t.Errorf("ended %q", got)
	}
	r.open("station:s01").untilStation(protocol.KioskIdle)
}

func TestAgentAwayTooLongGivesTheCallBack(t *testing.T) {
	r := newRig(t)
	kiosk, desk, ticket := r.call("s01", "agent1")
	desk.close()
	kiosk.until("agent lost", func() bool { return kiosk.station.AgentLost })
	r.clock.Advance(t, 91*time.Second)
	kiosk.untilStation(protocol.KioskWaiting)
	if room := r.media.look(ticket); room.open || kiosk.station.GateOpen {
		t.Errorf("the gate is open: %+v", room)
	}
	eventually(t, "waiting in SQL", func() bool { return r.store.row(ticket).Ticket.State == "waiting" })
	two := r.open("desk:agent2", available)
	o := two.untilDesk(protocol.DeskOffer).Offer
	two.join("x")
	two.must(protocol.OfferAccept{Ticket: o.Ticket, Epoch: o.Epoch})
	two.until("connected", func() bool { return two.desk.Call != nil && two.desk.Call.ConnectedMS > 0 })
}

func TestClosed(t *testing.T) {
	r := newRig(t)
	r.names.closed = true
	kiosk := r.open("station:s01")
	kiosk.untilStation(protocol.KioskClosed)
	kiosk.refused(protocol.TicketTake{}, protocol.CodeClosed)
	if r.store.count() != 0 {
		t.Error("a ticket outside opening hours")
	}
}

func TestMediaOffersAreChecked(t *testing.T) {
	r := newRig(t)
	kiosk := r.open("station:s01")
	kiosk.refusedMedia("x", protocol.CodeMedia)
	kiosk.must(protocol.TicketTake{})
	kiosk.until("a grant", func() bool { return kiosk.station.Media != nil })
	kiosk.refusedMedia("x", protocol.CodeMedia)
	kiosk.refused(protocol.MediaOffer{Token: kiosk.station.Media.Token, SDP: strings.Repeat("x", maxSDP+1)}, protocol.CodeTooLarge)
	r.media.mu.Lock()
	r.media.refuse = errors.Join(sfu.ErrSDP)
	r.media.mu.Unlock()
	kiosk.refusedMedia(kiosk.station.Media.Token, protocol.CodeSDP)
	board := r.open("board:supervisor")
	board.refused(protocol.MediaOffer{}, protocol.CodeForbidden)
	board.refused(protocol.TicketTake{}, protocol.CodeForbidden)
}

func TestFaultsAndHelp(t *testing.T) {
	r := newRig(t)
	desk, board, kiosk := r.open("desk:agent1"), r.open("board:supervisor"), r.open("station:s01")
	kiosk.must(protocol.StationReport{Faults: []protocol.Fault{protocol.FaultDocument}})
	kiosk.must(protocol.StationHelp{})
	kiosk.refused(protocol.StationReport{Faults: []protocol.Fault{"fire"}}, protocol.CodeMalformed)
	board.until("fault and help", func() bool {
		return len(board.board.Stations) == 3 && board.board.Stations[0].State == protocol.StationFault && board.board.Stations[0].Help
	})
	desk.until("its own station", func() bool { return len(desk.desk.Stations) == 1 && desk.desk.Stations[0].Help })
	kiosk.must(protocol.StationReset{})
	board.until("no help", func() bool { return !board.board.Stations[0].Help && len(board.board.Stations[0].Faults) == 1 })
}

var _ Queue = (*queue.Queue)(nil)
