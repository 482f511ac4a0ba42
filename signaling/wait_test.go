package signaling

import (
	"testing"
	"time"

	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// TestHonestWait: without a history only the place is shown; with one a band,
// whose upper end is scored once the ticket is answered.
func TestHonestWait(t *testing.T) {
	for _, tt := range []struct {
		name    string
		history int
	}{{"no history", 0}, {"forty talks of four minutes", 40}} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, func(o *Options) {
				store := o.Store.(*memoryStore)
				for i := range tt.history {
					spread := int64(i%9-4) * 10_000
					store.services = append(store.services, ServiceRecord{AnswerMS: 3000, TalkMS: 240_000 + spread, WrapUpMS: 40_000,
						FinishedMS: time.Now().Add(-time.Hour).UnixMilli() + int64(i)})
				}
			})
			board := r.open("board:supervisor")
			first, desk, ticket := r.call("s02", "agent2")
			second := r.open("station:s03")
			second.must(protocol.TicketTake{})
			second.untilStation(protocol.KioskWaiting)
			if tt.history == 0 {
				r.server.forecast(t.Context())
				second.until("a place", func() bool { return second.station.Ticket.Enqueued })
				if v := second.station.Ticket; v.WaitLowMS != 0 || v.WaitHighMS != 0 {
					t.Fatalf("promised %+v", v)
				}
				return
			}
			second.until("a band", func() bool { return second.station.Ticket != nil && second.station.Ticket.WaitHighMS > 0 })
			if v := second.station.Ticket; v.WaitLowMS > v.WaitHighMS || v.WaitHighMS > 10*60_000 || v.WaitHighMS%60_000 != 0 {
				t.Fatalf("band %+v", v)
			}
			if board.until("the board", func() bool { return board.board.Calls == 1 }); board.board.Forecast != nil {
				t.Fatalf("scored too early: %+v", board.board.Forecast)
			}
			desk.must(protocol.CallHangUp{})
			first.untilStation(protocol.KioskSummary)
			desk.until("wrap-up in the queue", func() bool { return desk.desk.Call != nil && desk.desk.Call.WrapUpEndsMS > 0 })
			desk.must(protocol.CallFinish{Ticket: ticket, Epoch: desk.desk.Call.Epoch, Disposition: "consulted", NextStep: "close"})
			o := desk.untilDesk(protocol.DeskOffer).Offer
			second.untilStation(protocol.KioskRinging)
			if v := second.station.Ticket; v.WaitHighMS != 0 {
				t.Errorf("rings, and still waits: %+v", v)
			}
			second.join("a")
			desk.join("b")
			desk.must(protocol.OfferAccept{Ticket: o.Ticket, Epoch: o.Epoch})
			board.until("a promise kept", func() bool {
				f := board.board.Forecast
				return f != nil && f.Covered == 1 && f.Of == 1
			})
		})
	}
}

// TestLeftBeforeTheBound: who goes before the time that he was told counts for
// neither side.
func TestLeftBeforeTheBound(t *testing.T) {
	r := newRig(t, func(o *Options) {
		store := o.Store.(*memoryStore)
		for i := range 20 {
			store.services = append(store.services, ServiceRecord{TalkMS: 200_000, WrapUpMS: 40_000, FinishedMS: time.Now().UnixMilli() + int64(i)})
		}
	})
	board := r.open("board:supervisor")
	r.call("s02", "agent2")
	kiosk := r.open("station:s03")
	kiosk.must(protocol.TicketTake{})
	kiosk.until("a band", func() bool { return kiosk.station.Ticket != nil && kiosk.station.Ticket.WaitHighMS > 0 })
	kiosk.must(protocol.TicketLeave{})
	board.until("counted", func() bool {
		f := board.board.Forecast
		return f != nil && f.Left == 1 && f.Of == 0
	})
}
