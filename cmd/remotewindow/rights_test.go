package main

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/remotewindow/remotewindow/agentdesk/rights"
	"github.com/remotewindow/remotewindow/signaling/client"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// caller is any of the Go clients.
type caller interface {
	Call(ctx context.Context, m protocol.Message) (protocol.Message, error)
}

// refused sends a message and tells whether it was refused for who sent it. A
// ticket of another is answered as stale, like one that does not exist.
func refused(ctx context.Context, t *testing.T, c caller, m protocol.Message) (bool, protocol.Code) {
	t.Helper()
	for {
		_, err := c.Call(ctx, m)
		var refusal *client.Error
		if err != nil && !errors.As(err, &refusal) {
			t.Fatalf("%s: %v", m.Type(), err)
		}
		if err == nil {
			return false, ""
		}
		if refusal.Code != protocol.CodeRate {
			return refusal.Code == protocol.CodeForbidden || refusal.Code == protocol.CodeStale, refusal.Code
		}
		select { // a person is slower than this test
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			t.Fatal(ctx.Err())
		}
	}
}

// TestSocketRights drives every cell of the table that is about a socket: each
// role that may open one sends each message there is, and the answer is what the
// table says; roles that may not open one do not get that far.
func TestSocketRights(t *testing.T) {
	ctx := testContext(t)
	p := startProcess(t)
	logins := map[rights.Role]string{
		rights.Agent: "agent1", rights.Supervisor: "supervisor", rights.Admin: "admin", rights.Helper: "helper", rights.Specialist: "specialist",
	}
	open := map[rights.Role]caller{rights.Station: station(t, p, "s05")}
	for role, login := range logins {
		a, err := client.NewAgent(ctx, client.Options{URL: p.url}, login, "demo", nil)
		if err == nil {
			t.Cleanup(func() { _ = a.Close(context.Background()) })
			open[role] = a
		}
		if may := rights.MayEnter(role, "desk"); (err == nil) != may {
			t.Errorf("%s at the desk: %v, the table says %v", role, err, may)
		}
		s, err := client.NewSupervisor(ctx, client.Options{URL: p.url}, login, "demo", nil)
		if err == nil {
			t.Cleanup(func() { _ = s.Close(context.Background()) })
			open[role] = s
		}
		if may := rights.MayEnter(role, "board"); (err == nil) != may {
			t.Errorf("%s at the board: %v, the table says %v", role, err, may)
		}
	}
	for _, role := range rights.Roles {
		if got := open[role] != nil; got != rights.May(role, protocol.Hello{}.Type(), rights.None) {
			t.Errorf("%q has a socket: %v", role, got)
		}
	}
	cells := 0
	for _, m := range protocol.Messages {
		row, ok := rights.Find(m.Type())
		if !ok || row.Proof != rights.BySocket {
			t.Errorf("message %q has no row", m.Type())
			continue
		}
		switch m.(type) {
		case protocol.Hello: // said above
			continue
		case protocol.Ping: // no command: its pong names no message, and every socket lives by it
			for role := range open {
				if !rights.May(role, m.Type(), rights.None) {
					t.Errorf("%s may not ping", role)
				}
			}
			continue
		}
		own := rights.None
		if _, named := row.Allow[rights.Own]; named {
			own = rights.Other // the empty ticket is nobody's
		}
		for role, c := range open {
			cells++
			got, code := refused(ctx, t, c, m)
			if got == rights.May(role, m.Type(), own) {
				t.Errorf("%s sends %s, ownership %s: %q, the table says %v", role, m.Type(), own, code, !got)
			}
		}
	}
	if want := 4 * (len(protocol.Messages) - 2); cells != want {
		t.Errorf("%d cells, want %d", cells, want)
	}
	for _, row := range rights.Table() { // no row for a message that is none
		if row.Proof == rights.BySocket && !isMessage(row.Operation) {
			t.Errorf("row %q is about no message", row.Operation)
		}
	}
}

func isMessage(name string) bool {
	for _, m := range protocol.Messages {
		if m.Type() == name {
			return true
		}
	}
	return false
}

// TestSocketOwnership: messages that name a ticket, from who has it, from a
// colleague and from every other role that may open a socket, the station whose
// ticket it is among them. What the colleague hears is what he would hear of no
// ticket at all.
func TestSocketOwnership(t *testing.T) {
	ctx := testContext(t)
	p := startProcess(t)
	one, other, next := agent(t, p, "agent1"), agent(t, p, "agent2"), agent(t, p, "agent3")
	must(t, other.Set(ctx, protocol.PresenceAway, "meeting"))
	must(t, one.Ready(ctx))
	s := station(t, p, "s01")
	_, err := s.Take(ctx)
	must(t, err)
	o, err := one.WaitOffer(ctx)
	must(t, err)

	others := map[rights.Role]caller{rights.Station: s}
	for role, login := range map[rights.Role]string{rights.Supervisor: "supervisor", rights.Admin: "admin"} {
		board, err := client.NewSupervisor(ctx, client.Options{URL: p.url}, login, "demo", nil)
		must(t, err)
		t.Cleanup(func() { _ = board.Close(context.Background()) })
		others[role] = board
	}
	for _, role := range rights.Roles {
		if others[role] == nil && role != rights.Agent && rights.May(role, protocol.Hello{}.Type(), rights.None) {
			t.Errorf("%q may open a socket and is not tried", role)
		}
	}

	seen := map[string]bool{}
	try := func(owner caller, mine, none protocol.Message) {
		t.Helper()
		seen[mine.Type()] = true
		got, code := refused(ctx, t, other, mine)
		_, absent := refused(ctx, t, other, none)
		if got == rights.May(rights.Agent, mine.Type(), rights.Other) || code != absent {
			t.Errorf("%s of another's ticket: %q, of no ticket: %q", mine.Type(), code, absent)
		}
		for role, c := range others {
			if got, code := refused(ctx, t, c, mine); got == rights.May(role, mine.Type(), rights.Own) || got == rights.May(role, mine.Type(), rights.Other) {
				t.Errorf("%s of a real ticket, from %s: %q", mine.Type(), role, code)
			}
		}
		if got, code := refused(ctx, t, owner, mine); got == rights.May(rights.Agent, mine.Type(), rights.Own) {
			t.Errorf("%s of the own ticket: %q", mine.Type(), code)
		}
	}
	const nobodys = "00000000000000000000000000000000"
	try(one, protocol.OfferShown{Ticket: o.Ticket, Epoch: o.Epoch}, protocol.OfferShown{Ticket: nobodys, Epoch: o.Epoch})
	try(one, protocol.OfferDecline{Ticket: o.Ticket, Epoch: o.Epoch, Reason: "busy"}, protocol.OfferDecline{Ticket: nobodys, Epoch: o.Epoch, Reason: "busy"})
	must(t, one.Set(ctx, protocol.PresenceAway, "meeting"))
	must(t, next.Ready(ctx))
	o, err = next.WaitOffer(ctx)
	must(t, err)
	try(next, protocol.OfferAccept{Ticket: o.Ticket, Epoch: o.Epoch}, protocol.OfferAccept{Ticket: nobodys, Epoch: o.Epoch})
	d, err := next.WaitFor(ctx, protocol.DeskCall)
	must(t, err)
	must(t, next.HangUp(ctx))
	_, err = next.WaitFor(ctx, protocol.DeskWrapUp)
	must(t, err)
	finish := protocol.CallFinish{Ticket: d.Call.Ticket, Epoch: d.Call.Epoch, Disposition: protocol.DispositionConsulted, NextStep: protocol.NextClose}
	absent := finish
	absent.Ticket = nobodys
	try(next, finish, absent)
	_, err = s.Call(ctx, protocol.MaterialsLeave{ConsentText: consentText, Lang: "zh"})
	must(t, err)
	d, err = next.WaitState(ctx, func(d protocol.DeskState) bool { return len(d.Reviews) == 1 })
	must(t, err)
	review := d.Reviews[0].Ticket
	_, err = next.Call(ctx, protocol.ReviewTake{Ticket: review})
	must(t, err)
	_, err = next.WaitState(ctx, func(d protocol.DeskState) bool { return len(d.Reviews) == 1 && d.Reviews[0].Mine })
	must(t, err)
	try(next, protocol.ReviewReturn{Ticket: review}, protocol.ReviewReturn{Ticket: nobodys})
	// A station's: what it has scheduled, and nobody else's.
	stranger := station(t, p, "s02")
	seen[protocol.BookingCancel{}.Type()] = true
	for _, c := range []caller{stranger, next, others[rights.Supervisor]} {
		got, code := refused(ctx, t, c, protocol.BookingCancel{Ticket: review})
		if _, absent := refused(ctx, t, c, protocol.BookingCancel{Ticket: nobodys}); !got || code != absent {
			t.Errorf("booking.cancel of another station's: %q, of none: %q", code, absent)
		}
	}
	if got, code := refused(ctx, t, s, protocol.BookingCancel{Ticket: review}); got {
		t.Errorf("booking.cancel of the own: %q", code)
	}
	for _, row := range rights.Table() {
		if _, named := row.Allow[rights.Own]; named && row.Proof == rights.BySocket && !seen[row.Operation] {
			t.Errorf("%s is about a ticket and was not tried", row.Operation)
		}
	}
}
