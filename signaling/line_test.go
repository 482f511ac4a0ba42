package signaling

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// trail keeps what was audited; it can fail.
type trail struct {
	mu   sync.Mutex
	away bool
	rows []string
}

func (a *trail) write(_ context.Context, actor, action, object string, detail map[string]string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.away {
		return errors.New("away")
	}
	a.rows = append(a.rows, fmt.Sprintf("%s %s %s %v", actor, action, object, detail))
	return nil
}

func (a *trail) setAway(away bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.away = away
}

func (a *trail) all() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.rows
}

// TestSupervisorMovesTheLine: assign, reprioritise and a message, each in the
// audit trail, and only by a board.
func TestSupervisorMovesTheLine(t *testing.T) {
	var audit trail
	r := newRig(t, func(o *Options) { o.Audit = audit.write })
	board := r.open("board:supervisor")
	desk := r.open("desk:agent2")
	var kiosks []*page
	var tickets []string
	for _, station := range []string{"s02", "s03"} {
		k := r.open("station:" + station)
		k.must(protocol.TicketTake{})
		k.until("a ticket", func() bool { return k.station.Ticket != nil && k.station.Ticket.Enqueued })
		kiosks, tickets = append(kiosks, k), append(tickets, k.station.Ticket.ID)
	}
	board.until("two wait", func() bool { return len(board.board.Waiting) == 2 })

	answer := board.command(protocol.TicketAssign{Ticket: tickets[1], Agent: "agent2", Reason: "knows them"})
	if e, ok := answer.(protocol.Error); !ok || e.Code != protocol.CodeState || e.Because != "offline" {
		t.Fatalf("assigned to somebody who is not there: %#v", answer)
	}
	board.refused(protocol.TicketAssign{Ticket: "never", Agent: "agent2"}, protocol.CodeNotFound)
	board.refused(protocol.TicketReprioritise{Ticket: tickets[1], Priority: 4}, protocol.CodeMalformed)
	board.must(protocol.TicketReprioritise{Ticket: tickets[1], Priority: 2, Reason: "80 岁"})
	board.until("the second stands first", func() bool {
		w := board.board.Waiting
		return len(w) == 2 && w[0].Ticket == tickets[1] && w[0].Priority == 2
	})
	kiosks[0].until("one before", func() bool { return kiosks[0].station.Ticket.Ahead == 1 })

	board.must(protocol.MessageSend{Text: "系统维护，请稍等"})
	for _, k := range kiosks {
		k.until("the message", func() bool { return k.station.Message == "系统维护，请稍等" })
	}
	board.must(protocol.MessageSend{Station: "s02", Text: "请拿好身份证"})
	kiosks[0].until("its own message", func() bool { return kiosks[0].station.Message == "请拿好身份证" })
	board.refused(protocol.MessageSend{Station: "s01", Text: "x"}, protocol.CodeState)
	kiosks[0].refused(protocol.MessageSend{Text: "x"}, protocol.CodeForbidden)

	desk.must(protocol.AgentSet{Presence: protocol.PresenceAvailable}) // the match gives him the first of the line
	o := desk.untilDesk(protocol.DeskOffer).Offer
	if o.Ticket != tickets[1] || o.Priority != 2 {
		t.Fatalf("offered %+v", o)
	}
	desk.must(protocol.OfferAccept{Ticket: o.Ticket, Epoch: o.Epoch})
	kiosks[1].until("the message gone with the wait", func() bool { return kiosks[1].station.State == protocol.KioskCall && kiosks[1].station.Message == "" })
	other := r.open("desk:agent1", available)
	other.untilDesk(protocol.DeskOffer)
	want := 3
	if rows := audit.all(); len(rows) != want || rows[0] != "supervisor ticket.reprioritise "+tickets[1]+" map[priority:2 priority_was:0 reason:80 岁]" ||
		rows[1] != "supervisor message.send  map[characters:8 stations:2]" {
		t.Fatalf("audit %q", rows)
	}
	audit.setAway(true)
	board.refused(protocol.TicketReprioritise{Ticket: tickets[0], Priority: 1, Reason: "x"}, protocol.CodeRecordsDown)
	audit.setAway(false)
	board.must(protocol.TicketReprioritise{Ticket: tickets[0], Priority: 1, Reason: "x"})
	if p := r.store.row(tickets[0]).Ticket.Priority; p != 1 {
		t.Errorf("SQL has priority %d", p)
	}
	board.refused(protocol.TicketReprioritise{Ticket: tickets[1], Priority: 1}, protocol.CodeState) // in a call
	if n := len(audit.all()); n != want+1 {
		t.Fatalf("%d rows", n)
	}
}

// TestPullAndWhy: an agent takes a ticket that the match keeps for another, and
// desk, colleague and board can read why.
func TestPullAndWhy(t *testing.T) {
	r := newRig(t)
	board := r.open("board:supervisor")
	own, desk := r.open("desk:agent1"), r.open("desk:agent2")
	own.must(protocol.AgentSet{Presence: protocol.PresenceAway, Reason: "lunch"})
	kiosk := r.open("station:s01") // agent1's own
	kiosk.must(protocol.TicketTake{})
	kiosk.until("a ticket", func() bool { return kiosk.station.Ticket != nil && kiosk.station.Ticket.Enqueued })
	ticket := kiosk.station.Ticket.ID

	if e, ok := desk.command(protocol.TicketPull{Ticket: ticket}).(protocol.Error); !ok || e.Code != protocol.CodeState || e.Because != "offline" {
		t.Fatalf("pulled while offline: %#v", e)
	}
	desk.refused(protocol.TicketPull{Ticket: "never"}, protocol.CodeNotFound)
	own.must(protocol.AgentSet{Presence: protocol.PresenceAvailable})
	o := own.untilDesk(protocol.DeskOffer).Offer
	own.until("why", func() bool { return own.desk.Offer != nil && own.desk.Offer.Why != nil })
	if w := own.desk.Offer.Why; w.Rule != protocol.RuleOwn || w.Name != "王老师" || w.Result != "" {
		t.Fatalf("why %+v", w)
	}
	own.must(protocol.AgentSet{Presence: protocol.PresenceAway, Reason: "lunch"})
	desk.must(protocol.AgentSet{Presence: protocol.PresenceAvailable})
	own.must(protocol.OfferDecline{Ticket: o.Ticket, Epoch: o.Epoch, Reason: "busy"})
	own.untilDesk(protocol.DeskAway)
	desk.until("an offer", func() bool { return desk.desk.Offer != nil && desk.desk.Offer.Why != nil })
	desk.must(protocol.OfferDecline{Ticket: ticket, Epoch: desk.desk.Offer.Epoch, Reason: "busy"})
	desk.until("ready or offered again", func() bool { return desk.desk.Offer == nil || desk.desk.Offer.Epoch > o.Epoch+1 })
	desk.until("a colleague away", func() bool {
		c := desk.desk.Colleagues
		return len(c) == 1 && c[0].ID == "agent1" && c[0].State == protocol.DeskAway && c[0].Reason == "lunch" && c[0].Name == "王老师"
	})

	board.until("offered again", func() bool { return len(board.board.Waiting) == 1 && board.board.Waiting[0].Why })
	for _, who := range []Identity{{protocol.RoleAgent, "agent1", protocol.FaceDesk, ""}, {protocol.RoleSupervisor, "supervisor", protocol.FaceBoard, ""}} {
		offers, err := r.server.Why(t.Context(), who, ticket)
		if err != nil || len(offers) < 2 || offers[len(offers)-1].Rule != protocol.RuleOwn || offers[len(offers)-1].Result != "declined" {
			t.Fatalf("%s: %+v, %v", who.ID, offers, err)
		}
		if _, err := r.server.Why(t.Context(), who, "never"); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s, a ticket that never was: %v", who.ID, err)
		}
	}
	kiosk.must(protocol.TicketLeave{})
	eventually(t, "closed", func() bool { return r.server.owner(ticket) == nil && r.server.view.Load().tickets[ticket] == nil })
	if _, err := r.server.Why(t.Context(), Identity{protocol.RoleAgent, "agent2", protocol.FaceDesk, ""}, ticket); !errors.Is(err, ErrNotFound) {
		t.Errorf("a closed ticket of nobody: %v", err)
	}
	if offers, err := r.server.Why(t.Context(), Identity{protocol.RoleSupervisor, "supervisor", protocol.FaceBoard, ""}, ticket); err != nil || len(offers) < 2 {
		t.Errorf("board, closed: %v %v", offers, err)
	}
}

// TestPull: an agent takes back out of turn what he has declined, because the
// only other one is in a call.
func TestPull(t *testing.T) {
	r := newRig(t)
	_, busy, _ := r.call("s02", "agent1")
	desk := r.open("desk:agent2", available)
	desk.untilDesk(protocol.DeskReady)
	kiosk := r.open("station:s03")
	kiosk.must(protocol.TicketTake{})
	o := desk.untilDesk(protocol.DeskOffer).Offer
	desk.must(protocol.OfferDecline{Ticket: o.Ticket, Epoch: o.Epoch, Reason: "busy"})
	desk.untilDesk(protocol.DeskReady)
	if e, ok := busy.command(protocol.TicketPull{Ticket: o.Ticket}).(protocol.Error); !ok || e.Code != protocol.CodeState || e.Because != "call" {
		t.Fatalf("pulled in a call: %#v", e)
	}
	desk.must(protocol.TicketPull{Ticket: o.Ticket})
	desk.until("the offer and its rule", func() bool {
		return desk.desk.Offer != nil && desk.desk.Offer.Why != nil && desk.desk.Offer.Why.Rule == protocol.RulePulled
	})
	desk.must(protocol.TicketPull{Ticket: o.Ticket}) // it is his already
	desk.must(protocol.OfferAccept{Ticket: o.Ticket, Epoch: desk.desk.Offer.Epoch})
	desk.until("why of the call", func() bool {
		c := desk.desk.Call
		return c != nil && c.Why != nil && c.Why.Result == "accepted" && c.Why.Rule == protocol.RulePulled
	})
}
