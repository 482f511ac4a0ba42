package signaling

import (
	"context"
	"testing"
	"time"

	"github.com/remotewindow/remotewindow/queue/queuetest"
	"github.com/remotewindow/remotewindow/signaling/call"
	"github.com/remotewindow/remotewindow/signaling/protocol"
	"github.com/remotewindow/remotewindow/signaling/relay"
)

// twoNodes are two nodes of one centre: one Redis, the same records, each its
// own sockets and media.
func twoNodes(t *testing.T) (a, b *rig) {
	t.Helper()
	client := queuetest.Redis(t)
	store, names := newMemoryStore(), newMemoryDirectory()
	node := func(name string) *rig {
		r := &rig{t: t, client: client, clock: queuetest.NewClock(client, "pj"), store: store, names: names, node: name}
		r.start(func(o *Options) {
			o.Node, o.Relay = name, relay.New(relay.Options{Client: client, Node: name})
			o.Numbers.Beat, o.Numbers.Lease = 100*time.Millisecond, time.Second
		})
		t.Cleanup(func() { r.stop() })
		return r
	}
	return node("a"), node("b")
}

// home is the node that the queue names as a ticket's.
func (r *rig) home(ticket string) string {
	r.t.Helper()
	snap, err := r.queue.Snapshot(context.Background())
	if err != nil {
		r.t.Fatal(err)
	}
	for _, t := range snap.Tickets {
		if t.ID == ticket {
			return t.Home
		}
	}
	return ""
}

// farCall brings a station of one node and an agent of another into a call with
// media on both sides.
func farCall(t *testing.T, a, b *rig) (station, desk *page) {
	t.Helper()
	station, desk = a.open("station:s01"), b.open("desk:agent1", available)
	desk.untilDesk(protocol.DeskReady)
	station.must(protocol.TicketTake{ConsentText: "1", Lang: "zh"})
	station.until("media for the station", func() bool { return station.station.Media != nil })
	if _, ok := station.command(protocol.MediaOffer{Token: station.station.Media.Token, SDP: "s"}).(protocol.MediaAnswer); !ok {
		t.Fatal("the station's offer is refused")
	}
	desk.until("an offer with media", func() bool { return desk.desk.Offer != nil && desk.desk.Media != nil })
	offer := *desk.desk.Offer
	desk.must(protocol.OfferShown{Ticket: offer.Ticket, Epoch: offer.Epoch})
	if _, ok := desk.command(protocol.MediaOffer{Token: desk.desk.Media.Token, SDP: "d"}).(protocol.MediaAnswer); !ok {
		t.Fatal("the desk's offer is refused")
	}
	desk.must(protocol.OfferAccept{Ticket: offer.Ticket, Epoch: offer.Epoch})
	desk.until("the call", func() bool { return desk.desk.Call != nil && desk.desk.Call.ConnectedMS != 0 })
	station.untilStation(protocol.KioskCall)
	return station, desk
}

// A call of a station here with an agent there is one like any other: everything
// that the agent says is done at the call's home.
func TestAgentOfAnotherNode(t *testing.T) {
	a, b := twoNodes(t)
	station, desk := farCall(t, a, b)
	ticket := desk.desk.Call.Ticket
	if home := b.home(ticket); home != "a" {
		t.Fatalf("home is %q", home)
	}
	if room := a.media.look(ticket); len(room.peers) != 2 || !room.open {
		t.Errorf("room at home: %+v", room)
	}
	if room := b.media.look(ticket); room.joins != 0 {
		t.Errorf("room at the agent's node: %+v", room)
	}
	if o := b.server.owner(ticket); o != nil {
		t.Error("both nodes own the call")
	}
	desk.must(protocol.CaptureAsk{Slot: "id_card", Side: "front"})
	station.until("the request", func() bool { return station.station.Capture != nil && station.station.Capture.Upload != "" })
	desk.until("the request", func() bool { return desk.desk.Call != nil && desk.desk.Call.Capture != nil })
	if desk.desk.Call.Capture.Upload != "" {
		t.Error("the desk sees the station's secret")
	}
	a.media.page(ticket, "id_card", "front", station.station.Capture.ID, 1)
	desk.until("the page", func() bool { return len(desk.desk.Call.Pages) == 1 })
	desk.must(protocol.SlotJudge{Slot: "id_card", Page: desk.desk.Call.Pages[0].ID, Verdict: protocol.VerdictPassed})
	desk.must(protocol.StationSay{Text: "请稍等"})
	station.until("the sentence", func() bool { return station.station.Message == "请稍等" })
	desk.refused(protocol.CaptureAsk{Slot: "nothing", Side: "front"}, protocol.CodeNotFound)
	if answer, ok := desk.command(protocol.MediaRestart{SDP: "again"}).(protocol.MediaAnswer); !ok || answer.SDP != "restart of again" {
		t.Errorf("restart: %+v", answer)
	}
	desk.must(protocol.CallHangUp{})
	desk.untilDesk(protocol.DeskWrapUp)
	desk.must(protocol.WrapUpExtend{})
	desk.must(protocol.CallFinish{Ticket: ticket, Epoch: desk.desk.Call.Epoch, Disposition: protocol.DispositionAccepted, NextStep: protocol.NextClose})
	desk.untilDesk(protocol.DeskReady)
	if row := a.store.row(ticket).Ticket; row.State != "closed" || row.Dispo != string(protocol.DispositionAccepted) {
		t.Errorf("in the records: %+v", row)
	}
	eventually(t, "forgotten by the agent's node", func() bool {
		home, _ := b.server.mirrorOf(ticket)
		return home == ""
	})
}

// Another's ticket is as stale over the relay as it is at home.
func TestRightsOfAnotherNode(t *testing.T) {
	a, b := twoNodes(t)
	_, desk := farCall(t, a, b)
	other := b.open("desk:agent2", available)
	c := desk.desk.Call
	other.refused(protocol.CallFinish{Ticket: c.Ticket, Epoch: c.Epoch, Disposition: protocol.DispositionAccepted, NextStep: protocol.NextClose}, protocol.CodeStale)
	other.refused(protocol.OfferAccept{Ticket: c.Ticket, Epoch: c.Epoch}, protocol.CodeStale)
	other.refused(protocol.CallHangUp{}, protocol.CodeState)
}

// A board of the other node sees the station in its call.
func TestBoardOfAnotherNode(t *testing.T) {
	a, b := twoNodes(t)
	farCall(t, a, b)
	c := b.open("board:supervisor")
	c.until("the station in its call", func() bool {
		for _, s := range c.board.Stations {
			if s.ID == "s01" {
				return s.State == protocol.StationInCall
			}
		}
		return false
	})
}

// The call moves with its station: same call, a higher epoch, grants anew, and
// the home that was forgets it without a word to the records.
func TestCallMovesWithItsStation(t *testing.T) {
	a, b := twoNodes(t)
	station, desk := farCall(t, a, b)
	before := *desk.desk.Call
	desk.must(protocol.CaptureAsk{Slot: "id_card", Side: "front"})
	station.until("the request", func() bool { return station.station.Capture != nil })
	a.store.addPage(PageRecord{ID: "0100000000000000000000000000000000", Ticket: before.Ticket, Slot: "id_card", Side: "front", SHA256: "x"})
	a.media.page(before.Ticket, "id_card", "front", station.station.Capture.ID, 1)
	desk.until("the page", func() bool { return len(desk.desk.Call.Pages) == 1 })
	desk.must(protocol.SlotJudge{Slot: "id_card", Page: desk.desk.Call.Pages[0].ID, Verdict: protocol.VerdictPassed})
	course := len(a.store.row(before.Ticket).Course)

	moved := b.open("station:s01")
	moved.until("the call", func() bool { return moved.station.State == protocol.KioskCall && moved.station.Media != nil })
	if moved.station.Ticket.ID != before.Ticket {
		t.Errorf("another ticket: %+v", moved.station.Ticket)
	}
	desk.until("the higher epoch", func() bool {
		return desk.desk.Call != nil && desk.desk.Call.Epoch > before.Epoch && desk.desk.Media != nil
	})
	after := desk.desk.Call
	if after.Ticket != before.Ticket || after.AcceptedMS != before.AcceptedMS || len(after.Pages) != 1 ||
		after.Slots[0].Verdict != protocol.VerdictPassed || len(after.Course) < course {
		t.Errorf("after: %+v", after)
	}
	if home := a.home(before.Ticket); home != "b" {
		t.Errorf("home is %q", home)
	}
	if row := a.store.row(before.Ticket).Ticket; row.Epoch != after.Epoch || row.State != "active" {
		t.Errorf("in the records: %+v, want epoch %d", row, after.Epoch)
	}
	eventually(t, "given up by the old home", func() bool { return a.server.owner(before.Ticket) == nil && a.media.look(before.Ticket).ended })
	if code := station.untilBye(); code != protocol.CodeReplaced {
		t.Errorf("the old socket ends by %q", code)
	}
	for _, p := range []struct {
		page  *page
		grant *protocol.MediaGrant
	}{{moved, moved.station.Media}, {desk, desk.desk.Media}} {
		if _, ok := p.page.command(protocol.MediaOffer{Token: p.grant.Token, SDP: "again"}).(protocol.MediaAnswer); !ok {
			t.Error("an offer with the new grant is refused")
		}
	}
	if room := b.media.look(before.Ticket); len(room.peers) != 2 || !room.open {
		t.Errorf("room at the new home: %+v", room)
	}
	desk.must(protocol.CallHangUp{})
	desk.untilDesk(protocol.DeskWrapUp)
}

// A waiting ticket keeps its place when its station comes back elsewhere.
func TestWaitingMovesWithItsStation(t *testing.T) {
	a, b := twoNodes(t)
	first, second := a.open("station:s01"), a.open("station:s02")
	first.must(protocol.TicketTake{ConsentText: "1", Lang: "zh"})
	first.until("in line", func() bool { return first.station.Ticket != nil && first.station.Ticket.Enqueued })
	second.must(protocol.TicketTake{ConsentText: "1", Lang: "zh"})
	second.until("in line", func() bool { return second.station.Ticket != nil && second.station.Ticket.Ahead == 1 })
	number := first.station.Ticket.Number
	first.close()
	again := b.open("station:s01")
	again.until("in line again", func() bool {
		tk := again.station.Ticket
		return tk != nil && tk.Number == number && tk.Enqueued && tk.Ahead == 0
	})
	eventually(t, "given up by the old home", func() bool { return a.server.owner(again.station.Ticket.ID) == nil })
	if row := a.store.row(again.station.Ticket.ID).Ticket; row.State != "waiting" {
		t.Errorf("in the records: %+v", row)
	}
	desk := a.open("desk:agent1", available)
	desk.until("the offer", func() bool { return desk.desk.Offer != nil && desk.desk.Offer.Number == number })
	desk.must(protocol.OfferAccept{Ticket: desk.desk.Offer.Ticket, Epoch: desk.desk.Offer.Epoch})
	again.untilStation(protocol.KioskCall)
}

// Nobody takes the call of a node that lives; of one that is gone the agent's
// node takes it while its station is nowhere.
func TestHomeIsGone(t *testing.T) {
	a, b := twoNodes(t)
	_, desk := farCall(t, a, b)
	before := *desk.desk.Call
	a.stop()
	desk.until("the higher epoch", func() bool { return desk.desk.Call != nil && desk.desk.Call.Epoch > before.Epoch })
	if desk.desk.Call.Ticket != before.Ticket {
		t.Errorf("another call: %+v", desk.desk.Call)
	}
	if o := b.server.owner(before.Ticket); o == nil || !o.shows.Load().call.State.Talking() {
		t.Error("the agent's node does not own the call")
	}
	desk.must(protocol.CallHangUp{})
	desk.untilDesk(protocol.DeskWrapUp)
	desk.must(protocol.CallFinish{Ticket: before.Ticket, Epoch: desk.desk.Call.Epoch, Disposition: protocol.DispositionDisconnected, NextStep: protocol.NextFollow})
	desk.untilDesk(protocol.DeskReady)
}

// Whoever is locked out of his desk is out of a call of another node too.
func TestLockedOutOfAnotherNode(t *testing.T) {
	a, b := twoNodes(t)
	_, desk := farCall(t, a, b)
	ticket := desk.desk.Call.Ticket
	b.server.Revoke(Identity{ID: "agent1", Face: protocol.FaceDesk})
	eventually(t, "out of the room", func() bool {
		_, there := a.media.look(ticket).peers["agent"]
		return !there
	})
	if state := a.server.owner(ticket).shows.Load().call.State; state != call.Active {
		t.Errorf("the call is %s", state)
	}
}

// What a supervisor says reaches those who wait on other nodes, one or all; and
// the desk sees the self-check of a station that is elsewhere.
func TestSaidToAnotherNode(t *testing.T) {
	a, b := twoNodes(t)
	first, second, board := a.open("station:s01"), a.open("station:s02"), b.open("board:supervisor")
	for _, p := range []*page{first, second} {
		p.must(protocol.TicketTake{ConsentText: "1", Lang: "zh"})
		p.until("in line", func() bool { return p.station.Ticket != nil && p.station.Ticket.Enqueued })
	}
	board.until("both in line", func() bool { return board.board.WaitingTotal == 2 })
	board.must(protocol.MessageSend{Text: "请稍候"})
	for _, p := range []*page{first, second} {
		p.until("the sentence", func() bool { return p.station.Message == "请稍候" })
	}
	board.must(protocol.MessageSend{Station: "s02", Text: "马上到您"})
	second.until("the sentence", func() bool { return second.station.Message == "马上到您" })
	if first.station.Message != "请稍候" {
		t.Errorf("the other station reads %q", first.station.Message)
	}
	first.must(protocol.StationReport{Checks: []protocol.PartCheck{{Part: protocol.PartNetwork, Level: protocol.LevelAmber, Value: 300}}})
	desk := b.open("desk:agent1", available)
	desk.until("the offer with the self-check", func() bool {
		return desk.desk.Offer != nil && len(desk.desk.Offer.Checks) == 1 && desk.desk.Offer.Checks[0].Part == protocol.PartNetwork
	})
}

// A third person of another node is in the call as one of its home is.
func TestThirdOfAnotherNode(t *testing.T) {
	a, b := twoNodes(t)
	_, desk := farCall(t, a, b)
	third := b.open("desk:agent2", available)
	third.untilDesk(protocol.DeskReady)
	desk.must(protocol.CallInvite{Agent: "agent2", Purpose: "third"})
	third.until("the invitation", func() bool { return third.desk.Offer != nil && third.desk.Offer.Purpose == "third" })
	offer := *third.desk.Offer
	third.must(protocol.OfferShown{Ticket: offer.Ticket, Epoch: offer.Epoch})
	third.must(protocol.OfferAccept{Ticket: offer.Ticket, Epoch: offer.Epoch})
	third.until("the call with media", func() bool { return third.desk.Call != nil && third.desk.Media != nil })
	if _, ok := third.command(protocol.MediaOffer{Token: third.desk.Media.Token, SDP: "t"}).(protocol.MediaAnswer); !ok {
		t.Error("the third person's offer is refused")
	}
	third.must(protocol.ThirdLeave{})
	third.until("out of it", func() bool { return third.desk.Call == nil })
}
