package signaling

import (
	"context"
	"testing"
	"time"

	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// A node that drains keeps its call to the end and sends everybody else away;
// whoever waited keeps his place on the other node.
func TestDrain(t *testing.T) {
	a, b := twoNodes(t)
	station, desk := farCall(t, a, b)
	waits, idle, board := a.open("station:s02"), a.open("station:s03"), a.open("board:supervisor")
	waits.must(protocol.TicketTake{ConsentText: "1", Lang: "zh"})
	waits.until("in line", func() bool { return waits.station.Ticket != nil && waits.station.Ticket.Enqueued })
	number := waits.station.Ticket.Number

	drained := make(chan struct{})
	go func() {
		defer close(drained)
		a.server.Drain(t.Context())
	}()
	for name, p := range map[string]*page{"waiting": waits, "idle": idle, "board": board} {
		if code := p.untilBye(); code != protocol.CodeShutdown {
			t.Errorf("%s ends by %q", name, code)
		}
	}
	for told := false; !told; {
		_, m, open := station.next()
		if !open {
			t.Fatal("the station of the call was sent away")
		}
		_, told = m.(protocol.NodeDrain)
	}
	stranger := a.dial()
	stranger.send("h", protocol.Hello{Protocol: protocol.Version, Layout: protocol.Layout, Build: "test", Ticket: "station:s03"})
	if code := stranger.untilBye(); code != protocol.CodeShutdown {
		t.Errorf("a new socket ends by %q", code)
	}
	again := b.open("station:s02")
	again.until("in line again", func() bool {
		return again.station.Ticket != nil && again.station.Ticket.Number == number && again.station.Ticket.Enqueued
	})

	select {
	case <-drained:
		t.Error("drained during a call")
	default:
	}
	desk.must(protocol.StationSay{Text: "还在"})
	station.until("the sentence", func() bool { return station.station.Message == "还在" })
	desk.must(protocol.CallHangUp{})
	if code := station.untilBye(); code != protocol.CodeShutdown {
		t.Errorf("the station ends by %q", code)
	}
	select {
	case <-drained:
	case <-time.After(patience):
		t.Fatal("not drained after the call")
	}
	call := *desk.desk.Call
	a.stop()
	// The wrap-up goes on where the agent is.
	desk.until("the wrap-up", func() bool { return desk.desk.State == protocol.DeskWrapUp })
	eventually(t, "the wrap-up is the other node's", func() bool { return b.home(call.Ticket) == "b" && b.server.owner(call.Ticket) != nil })
	desk.must(protocol.CallFinish{Ticket: call.Ticket, Epoch: call.Epoch, Disposition: protocol.DispositionAccepted, NextStep: protocol.NextClose})
	desk.until("the next offer", func() bool { return desk.desk.Offer != nil && desk.desk.Offer.Number == number })
}

// What is not over in time moves.
func TestDrainInTime(t *testing.T) {
	a, b := twoNodes(t)
	station, desk := farCall(t, a, b)
	before := *desk.desk.Call
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	a.server.Drain(ctx)
	if !a.server.Draining() {
		t.Error("does not drain")
	}
	a.stop()
	if code := station.untilBye(); code != protocol.CodeShutdown {
		t.Errorf("the station ends by %q", code)
	}
	moved := b.open("station:s01")
	moved.until("the call", func() bool {
		return moved.station.State == protocol.KioskCall && moved.station.Ticket.ID == before.Ticket
	})
	desk.until("the higher epoch", func() bool { return desk.desk.Call != nil && desk.desk.Call.Epoch > before.Epoch })
}
