package signaling

import (
	"testing"

	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// A node that was paused while its call was adopted closes its room before it lets
// media pass again; one whose call is still its own goes on.
func TestPausedNode(t *testing.T) {
	a, b := twoNodes(t)
	_, desk := farCall(t, a, b)
	ticket, epoch := desk.desk.Call.Ticket, desk.desk.Call.Epoch
	a.server.Paused(1)
	if room := a.media.look(ticket); room.ended || !room.open {
		t.Errorf("the room of its own call: %+v", room)
	}
	if got := a.media.resumed.Load(); got != 1 {
		t.Errorf("resumed is %d", got)
	}
	moved := b.open("station:s01")
	moved.until("the call", func() bool { return moved.station.State == protocol.KioskCall && moved.station.Media != nil })
	desk.until("the higher epoch", func() bool { return desk.desk.Call != nil && desk.desk.Call.Epoch > epoch })
	a.server.Paused(2)
	if room := a.media.look(ticket); !room.ended {
		t.Errorf("the room of an adopted call: %+v", room)
	}
	if got := a.media.resumed.Load(); got != 2 {
		t.Errorf("resumed is %d", got)
	}
}

// With the queue away the records tell.
func TestPausedWithoutQueue(t *testing.T) {
	a, b := twoNodes(t)
	_, desk := farCall(t, a, b)
	ticket, epoch := desk.desk.Call.Ticket, desk.desk.Call.Epoch
	o := a.server.owner(ticket)
	if err := a.server.compare(t.Context(), o, o.shows.Load().call); err != nil {
		t.Fatal(err)
	}
	if room := a.media.look(ticket); room.ended {
		t.Error("the room of its own call is closed")
	}
	if err := a.store.Accept(t.Context(), ticket, "agent1", epoch+1, 1); err != nil {
		t.Fatal(err)
	}
	if err := a.server.compare(t.Context(), o, o.shows.Load().call); err != nil {
		t.Fatal(err)
	}
	if room := a.media.look(ticket); !room.ended {
		t.Error("the room of a call with a higher epoch is open")
	}
	eventually(t, "given up", func() bool { return a.server.owner(ticket) != o })
	a.store.setAway(true)
	if err := a.server.compare(t.Context(), o, o.shows.Load().call); err == nil {
		t.Error("compared with records that are away")
	}
	a.store.setAway(false)
}
