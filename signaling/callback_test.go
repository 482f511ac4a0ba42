package signaling

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// night closes the centre until an hour from now, for queue and directory.
func (r *rig) night() (opens int64) {
	r.t.Helper()
	r.names.mu.Lock()
	r.names.closed = true
	r.names.mu.Unlock()
	opens = time.Now().Add(time.Hour).UnixMilli()
	if err := r.queue.SetHours(r.t.Context(), []queue.Interval{{OpenMS: opens, CloseMS: opens + 8*3600e3}}); err != nil {
		r.t.Fatal(err)
	}
	eventually(r.t, "the hours here", func() bool { return len(r.server.view.Load().snap.Hours) == 1 })
	return opens
}

// morning lets the queue's clock reach the opening.
func (r *rig) morning() {
	r.t.Helper()
	r.names.mu.Lock()
	r.names.closed = false
	r.names.mu.Unlock()
	r.clock.Advance(r.t, time.Hour+time.Second)
	eventually(r.t, "open", func() bool { // it is remembered for a second
		o, err := r.server.book.hours(r.t.Context())
		return err == nil && o.Open
	})
}

// TestCallBackComesFirstInTheMorning: a press after hours is refused with the
// ways that are left; a call-back taken then stands before the calls of the next
// morning, and its station is called back.
func TestCallBackComesFirstInTheMorning(t *testing.T) {
	r := newRig(t, func(o *Options) {
		o.Point = func(_ context.Context, station string) protocol.PointView {
			if station == "s03" {
				return protocol.PointView{Name: "北蔡", Address: "某路 1 号", Hours: "24 小时"}
			}
			return protocol.PointView{}
		}
	})
	opens := r.night()
	kiosk, other := r.open("station:s02"), r.open("station:s03")
	kiosk.until("closed with ways", func() bool {
		return kiosk.station.State == protocol.KioskClosed && kiosk.station.Lack == protocol.LackClosed &&
			slices.Equal(kiosk.station.Ways, []protocol.Way{protocol.WayCallback, protocol.WayBooking, protocol.WayMaterials})
	})
	other.until("the nearest point", func() bool {
		return other.station.Point != nil && slices.Contains(other.station.Ways, protocol.WayPoint)
	})
	kiosk.refused(protocol.TicketTake{}, protocol.CodeClosed)
	kiosk.refused(protocol.CallbackTake{DueMS: opens - 60_000}, protocol.CodeClosed)
	kiosk.must(protocol.CallbackTake{ConsentText: "2026-11", Lang: "zh"})
	kiosk.until("scheduled", func() bool { return len(kiosk.station.Scheduled) == 1 })
	back := kiosk.station.Scheduled[0]
	if back.Kind != protocol.KindCallback || back.DueMS != opens || back.Number != "A001" || kiosk.station.Ticket != nil {
		t.Fatalf("scheduled %+v, ticket %+v", back, kiosk.station.Ticket)
	}
	if row := r.store.row(back.Ticket).Ticket; row.State != "scheduled" || row.Kind != "callback" || row.DueMS != opens {
		t.Fatalf("SQL has %+v", row)
	}
	board := r.open("board:supervisor")
	board.until("on the board", func() bool { return len(board.board.Scheduled) == 1 && len(board.board.Waiting) == 0 })
	// An appointment on top, and taken back; another station's is not his to take back.
	kiosk.must(protocol.CallbackTake{DueMS: opens + 3600e3})
	kiosk.until("two", func() bool { return len(kiosk.station.Scheduled) == 2 })
	second := kiosk.station.Scheduled[1]
	if second.Kind != protocol.KindBooking {
		t.Fatalf("appointment %+v", second)
	}
	other.refused(protocol.BookingCancel{Ticket: second.Ticket}, protocol.CodeStale)
	kiosk.refused(protocol.BookingCancel{Ticket: "never"}, protocol.CodeStale)
	kiosk.must(protocol.BookingCancel{Ticket: second.Ticket})
	kiosk.until("one again", func() bool { return len(kiosk.station.Scheduled) == 1 })
	if row := r.store.row(second.Ticket).Ticket; row.State != "closed" || row.Ended != "cancelled" {
		t.Fatalf("taken back: %+v", row)
	}

	r.morning()
	other.must(protocol.TicketTake{})
	kiosk.untilStation(protocol.KioskWaiting)
	if v := kiosk.station.Ticket; v.ID != back.Ticket || v.Kind != protocol.KindCallback || v.Ahead != 0 {
		t.Fatalf("due: %+v", v)
	}
	other.until("second", func() bool { return other.station.Ticket != nil && other.station.Ticket.Ahead == 1 })
	kiosk.must(protocol.TicketTake{}) // it waits already
	desk := r.open("desk:agent2", available)
	o := desk.untilDesk(protocol.DeskOffer).Offer
	if o.Ticket != back.Ticket || o.Kind != protocol.KindCallback {
		t.Fatalf("offered %+v", o)
	}
	kiosk.untilStation(protocol.KioskRinging)
	kiosk.join("a")
	desk.join("b")
	desk.must(protocol.OfferAccept{Ticket: o.Ticket, Epoch: o.Epoch})
	kiosk.untilStation(protocol.KioskCall)
	if row := r.store.row(back.Ticket).Ticket; row.State != "active" || row.Agent != "agent2" {
		t.Fatalf("SQL has %+v", row)
	}
}

// TestDueWhileTheStationIsAway: a call-back whose station goes away while it
// waits is shelved, and called once it is there again.
func TestDueWhileTheStationIsAway(t *testing.T) {
	r := newRig(t)
	r.night()
	kiosk := r.open("station:s02")
	kiosk.must(protocol.CallbackTake{})
	kiosk.until("scheduled", func() bool { return len(kiosk.station.Scheduled) == 1 })
	ticket := kiosk.station.Scheduled[0].Ticket
	r.morning()
	kiosk.untilStation(protocol.KioskWaiting)
	kiosk.close()
	eventually(t, "lost", func() bool {
		q := r.server.view.Load().tickets[ticket]
		return q != nil && (q.StationLost || q.State == queue.Scheduled)
	})
	r.clock.Advance(t, 2*time.Minute)
	eventually(t, "shelved, and nobody's call", func() bool {
		q := r.server.view.Load().tickets[ticket]
		return q != nil && q.State == queue.Scheduled && r.server.owner(ticket) == nil
	})
	kiosk = r.open("station:s02")
	kiosk.untilStation(protocol.KioskWaiting)
	desk := r.open("desk:agent2", available)
	if o := desk.untilDesk(protocol.DeskOffer).Offer; o.Ticket != ticket {
		t.Fatalf("offered %+v", o)
	}
	kiosk.must(protocol.TicketLeave{})
	eventually(t, "closed in SQL", func() bool { return r.store.row(ticket).Ticket.State == "closed" })
}

// TestCallBackInsteadOfWaiting: the call-back takes the waiting ticket's place.
func TestCallBackInsteadOfWaiting(t *testing.T) {
	r := newRig(t)
	kiosk := r.open("station:s02")
	kiosk.must(protocol.TicketTake{})
	kiosk.until("nobody is there, and it waits", func() bool {
		return kiosk.station.State == protocol.KioskWaiting && kiosk.station.Lack == protocol.LackNobody && slices.Contains(kiosk.station.Ways, protocol.WayWait)
	})
	waited := kiosk.station.Ticket
	kiosk.must(protocol.CallbackTake{})
	kiosk.untilStation(protocol.KioskIdle)
	kiosk.until("scheduled", func() bool { return len(kiosk.station.Scheduled) == 1 })
	row := r.store.row(kiosk.station.Scheduled[0].Ticket).Ticket
	if was := r.store.row(waited.ID).Ticket; was.State != "closed" || was.Ended != "callback" || row.ArrivedMS != was.ArrivedMS {
		t.Fatalf("before %+v, now %+v", was, row)
	}
	if q := r.server.view.Load().tickets[row.ID]; q.DueMS < nowMS()+25*60e3 {
		t.Fatalf("a centre that never closes calls back in half an hour: %+v", q)
	}
}

// TestFullLine: the bound refuses with its own code, and the ways say why.
func TestFullLine(t *testing.T) {
	r := newRig(t)
	r.queue.SetNumbers(queue.Numbers{MaxWaiting: 1})
	first, second := r.open("station:s02"), r.open("station:s03")
	first.must(protocol.TicketTake{})
	second.until("full", func() bool {
		return second.station.Lack == protocol.LackFull && !slices.Contains(second.station.Ways, protocol.WayWait)
	})
	second.refused(protocol.TicketTake{}, protocol.CodeFull)
	first.must(protocol.TicketLeave{})
	second.until("room", func() bool { return second.station.Lack == protocol.LackNobody })
	second.must(protocol.TicketTake{})
	second.untilStation(protocol.KioskWaiting)
}

// TestReviewWithoutACall: materials wait in a line of their own, an agent takes
// them in hand, puts them back, and finishes them beside his calls.
func TestReviewWithoutACall(t *testing.T) {
	r := newRig(t)
	kiosk := r.open("station:s02")
	desk, other := r.open("desk:agent1", available), r.open("desk:agent2", available)
	desk.untilDesk(protocol.DeskReady)
	kiosk.must(protocol.MaterialsLeave{ConsentText: "2026-11", Lang: "zh"})
	desk.until("a review", func() bool { return len(desk.desk.Reviews) == 1 && !desk.desk.Reviews[0].Mine })
	ticket := desk.desk.Reviews[0].Ticket
	if desk.desk.State != protocol.DeskReady || len(desk.desk.Queue) != 0 {
		t.Fatalf("a review is no call: %+v", desk.desk)
	}
	kiosk.until("told", func() bool { s := kiosk.station.Scheduled; return len(s) == 1 && s[0].Kind == protocol.KindPreReview })
	desk.refused(protocol.ReviewTake{Ticket: "never"}, protocol.CodeNotFound)
	desk.must(protocol.ReviewTake{Ticket: ticket})
	desk.must(protocol.ReviewTake{Ticket: ticket})
	desk.until("in hand", func() bool { return len(desk.desk.Reviews) == 1 && desk.desk.Reviews[0].Mine })
	other.until("not for him", func() bool { return len(other.desk.Reviews) == 0 })
	other.refused(protocol.ReviewReturn{Ticket: ticket}, protocol.CodeStale)
	if row := r.store.row(ticket).Ticket; row.State != "active" || row.Agent != "agent1" {
		t.Fatalf("SQL has %+v", row)
	}
	desk.must(protocol.ReviewReturn{Ticket: ticket})
	desk.until("back", func() bool { return len(desk.desk.Reviews) == 1 && !desk.desk.Reviews[0].Mine })
	if row := r.store.row(ticket).Ticket; row.State != "waiting" || row.Agent != "" {
		t.Fatalf("SQL has %+v", row)
	}
	other.must(protocol.ReviewTake{Ticket: ticket})
	other.until("in his hand", func() bool { return len(other.desk.Reviews) == 1 && other.desk.Reviews[0].Mine })
	kiosk.must(protocol.TicketTake{}) // its station may call all the same
	kiosk.untilStation(protocol.KioskRinging)
	finish := protocol.CallFinish{Ticket: ticket, Epoch: other.desk.Reviews[0].Epoch, Disposition: protocol.DispositionPending, NextStep: protocol.NextFollow, Note: "补一张"}
	desk.refused(finish, protocol.CodeStale)
	other.must(finish)
	other.until("done", func() bool { return len(other.desk.Reviews) == 0 })
	if row := r.store.row(ticket).Ticket; row.State != "closed" || row.Dispo != "pending" {
		t.Fatalf("SQL has %+v", row)
	}
}

// TestBookingByADesk: an agent makes an appointment for a station.
func TestBookingByADesk(t *testing.T) {
	r := newRig(t)
	kiosk, desk := r.open("station:s02"), r.open("desk:agent1")
	due := nowMS() + 7200e3
	desk.refused(protocol.BookingMake{Station: "s02", Kind: protocol.KindCall, DueMS: due}, protocol.CodeMalformed)
	desk.refused(protocol.BookingMake{Station: "s02", Kind: protocol.KindBooking, DueMS: nowMS() - 1000}, protocol.CodeMalformed)
	desk.refused(protocol.BookingMake{Station: "s99", Kind: protocol.KindBooking, DueMS: due}, protocol.CodeNotFound)
	desk.refused(protocol.BookingMake{Station: "s02", Kind: protocol.KindBooking, DueMS: due, Matter: "none"}, protocol.CodeNotFound)
	desk.must(protocol.BookingMake{Station: "s02", Kind: protocol.KindBooking, DueMS: due, Matter: "medical"})
	desk.until("on the desk", func() bool {
		s := desk.desk.Scheduled
		return len(s) == 1 && s[0].Station == "s02" && s[0].Matter == "medical"
	})
	kiosk.until("at the station", func() bool { s := kiosk.station.Scheduled; return len(s) == 1 && s[0].DueMS == due })
	kiosk.must(protocol.BookingCancel{Ticket: kiosk.station.Scheduled[0].Ticket})
	desk.until("gone", func() bool { return len(desk.desk.Scheduled) == 0 })
}
