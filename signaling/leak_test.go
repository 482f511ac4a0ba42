package signaling

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// leakCuts is how often each socket is cut.
const leakCuts = 200

// holdings is what a node holds while one call runs.
type holdings struct {
	goroutines                                        int
	sessions, seated, boards, owners, booths, ledgers int
	adopting, missed, uploads, strangers              int
	sockets                                           float64
	peers                                             int
	keys                                              string // of Redis, but for its clock and its log of events
}

func (r *rig) holdings(ticket string) holdings {
	r.t.Helper()
	var h holdings
	s := r.server
	s.mu.Lock()
	h.sessions, h.seated, h.boards, h.owners, h.booths, h.ledgers = len(s.sessions), len(s.seated), len(s.boards), len(s.owners), len(s.booths), len(s.ledgers)
	h.adopting, h.missed, h.uploads, h.strangers = len(s.adopting), len(s.missed), len(s.uploads), len(s.strangers.source)
	s.mu.Unlock()
	families, err := r.registry.Gather()
	if err != nil {
		r.t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "remotewindow_sockets" {
			for _, m := range f.GetMetric() {
				h.sockets += m.GetGauge().GetValue()
			}
		}
	}
	h.peers = len(r.media.look(ticket).peers)
	keys, err := r.client.Keys(context.Background(), "*").Result()
	if err != nil {
		r.t.Fatal(err)
	}
	slices.Sort(keys)
	h.keys = strings.Join(keys, " ")
	for _, stack := range stacks() {
		if !strings.Contains(stack, "alicebob/miniredis") {
			h.goroutines++
		}
	}
	return h
}

// stacks is one text a goroutine. Two goroutines of miniredis serve a connection
// of the client's pool, which grows with the load up to its bound and keeps what
// it opened: they tell nothing about the node.
func stacks() []string {
	for buf := make([]byte, 1<<16); ; buf = make([]byte, 2*len(buf)) {
		if n := runtime.Stack(buf, true); n < len(buf) {
			return strings.Split(string(buf[:n]), "\n\n")
		}
	}
}

// TestCutsLeaveNothing: a station and an agent in a call are cut two hundred
// times each; the node then holds what it held before the first.
func TestCutsLeaveNothing(t *testing.T) {
	r := newRig(t)
	kiosk, desk, ticket := r.call("s01", "agent1")
	back := func(old *page, ticket string, there func(*page) bool) *page {
		t.Helper()
		if err := old.ws.UnderlyingConn().Close(); err != nil { // without a goodbye
			t.Fatal(err)
		}
		p := r.open(ticket, takeOver)
		p.until("in the call", func() bool { return there(p) })
		return p
	}
	cut := func() {
		kiosk = back(kiosk, "station:s01", func(p *page) bool { return p.station.State == protocol.KioskCall && p.station.Media != nil })
		desk = back(desk, "desk:agent1", func(p *page) bool { return p.desk.State == protocol.DeskCall && p.desk.Media != nil })
	}
	settled := func() bool {
		st, err := r.queue.Snapshot(t.Context())
		return err == nil && len(st.Tickets) == 1 && !st.Tickets[0].StationLost && !st.Tickets[0].AgentLost
	}
	cut() // what is made once, for the first return, is not a leak
	eventually(t, "both back in the queue", settled)
	var before holdings
	eventually(t, "the sockets of before gone", func() bool {
		before = r.holdings(ticket)
		return before.sockets == 2 && before.sessions == 2 && before.strangers == 0
	})
	for range leakCuts {
		cut()
	}
	eventually(t, "both back in the queue", settled)
	var after holdings
	same := func() bool {
		after = r.holdings(ticket)
		most := before
		most.goroutines = min(after.goroutines, before.goroutines) // fewer are fine
		return after == most
	}
	for deadline := time.Now().Add(patience); !same(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("after %d cuts the node holds\n%+v, before\n%+v\n%s", leakCuts, after, before, strings.Join(stacks(), "\n\n"))
		}
	}
	r.server.mu.Lock()
	defer r.server.mu.Unlock()
	for at, l := range r.server.ledgers {
		l.mu.Lock()
		if l.order.Len() > r.server.Numbers.LedgerItems || l.order.Len() != len(l.entries) {
			t.Errorf("%v keeps %d answers", at, l.order.Len())
		}
		l.mu.Unlock()
	}
}
