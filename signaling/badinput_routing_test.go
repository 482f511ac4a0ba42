package signaling

import (
	"strings"

	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// routingRows are badRows of the messages of the line, the third person and
// what has a time of its own.
func routingRows(c cast) map[string][]bad {
	long, much := strings.Repeat("x", maxField+1), strings.Repeat("话", maxSay+1)
	due := nowMS() + 3600e3
	return map[string][]bad{
		"callback.take": {
			{"long consent", c.idle, protocol.CallbackTake{ConsentText: long}, protocol.CodeMalformed},
			{"long language", c.idle, protocol.CallbackTake{Lang: "zh-Hans-CN"}, protocol.CodeMalformed},
			{"in the past", c.idle, protocol.CallbackTake{DueMS: nowMS() - 60_000}, protocol.CodeMalformed},
			{"next year", c.idle, protocol.CallbackTake{DueMS: nowMS() + 365*24*3600e3}, protocol.CodeMalformed},
			{"negative", c.idle, protocol.CallbackTake{DueMS: -1}, protocol.CodeMalformed},
			{"in a call", c.talking, protocol.CallbackTake{}, protocol.CodeState},
		},
		"booking.cancel": {
			{"of none", c.idle, protocol.BookingCancel{}, protocol.CodeStale},
			{"of another station's call", c.idle, protocol.BookingCancel{Ticket: c.ticket}, protocol.CodeStale},
			{"of a long name", c.idle, protocol.BookingCancel{Ticket: long}, protocol.CodeStale},
			{"of the running call", c.talking, protocol.BookingCancel{Ticket: c.ticket}, protocol.CodeState},
		},
		"materials.leave": {
			{"long consent", c.idle, protocol.MaterialsLeave{ConsentText: long}, protocol.CodeMalformed},
			{"long language", c.idle, protocol.MaterialsLeave{Lang: "zh-Hans-CN"}, protocol.CodeMalformed},
		},
		"booking.make": {
			{"of no kind", c.free, protocol.BookingMake{Station: "s02", DueMS: due}, protocol.CodeMalformed},
			{"of a call", c.free, protocol.BookingMake{Station: "s02", Kind: protocol.KindCall, DueMS: due}, protocol.CodeMalformed},
			{"without a time", c.free, protocol.BookingMake{Station: "s02", Kind: protocol.KindBooking}, protocol.CodeMalformed},
			{"for nobody", c.free, protocol.BookingMake{Kind: protocol.KindBooking, DueMS: due}, protocol.CodeNotFound},
			{"for a long name", c.free, protocol.BookingMake{Station: long, Kind: protocol.KindBooking, DueMS: due}, protocol.CodeMalformed},
			{"about an unknown matter", c.free, protocol.BookingMake{Station: "s02", Kind: protocol.KindBooking, DueMS: due, Matter: "never"}, protocol.CodeNotFound},
			{"about a long matter", c.free, protocol.BookingMake{Station: "s02", Kind: protocol.KindBooking, DueMS: due, Matter: long}, protocol.CodeMalformed},
		},
		"ticket.pull": {
			{"of none", c.free, protocol.TicketPull{}, protocol.CodeNotFound},
			{"of an unknown one", c.free, protocol.TicketPull{Ticket: "never"}, protocol.CodeNotFound},
			{"of a long name", c.free, protocol.TicketPull{Ticket: long}, protocol.CodeMalformed},
			{"of a running call", c.free, protocol.TicketPull{Ticket: c.ticket}, protocol.CodeState},
		},
		"review.take": {
			{"of none", c.free, protocol.ReviewTake{}, protocol.CodeNotFound},
			{"of a long name", c.free, protocol.ReviewTake{Ticket: long}, protocol.CodeMalformed},
			{"of a call", c.free, protocol.ReviewTake{Ticket: c.ticket}, protocol.CodeState},
		},
		"review.return": {
			{"of none", c.free, protocol.ReviewReturn{}, protocol.CodeStale},
			{"of another's call", c.free, protocol.ReviewReturn{Ticket: c.ticket}, protocol.CodeStale},
			{"of the own call", c.busy, protocol.ReviewReturn{Ticket: c.ticket}, protocol.CodeState},
		},
		"ticket.assign": {
			{"of none", c.board, protocol.TicketAssign{Agent: "agent2"}, protocol.CodeNotFound},
			{"to nobody", c.board, protocol.TicketAssign{Ticket: c.ticket, Agent: "never"}, protocol.CodeNotFound},
			{"of a running call", c.board, protocol.TicketAssign{Ticket: c.ticket, Agent: "agent2"}, protocol.CodeState},
			{"a long ticket", c.board, protocol.TicketAssign{Ticket: long, Agent: "agent2"}, protocol.CodeMalformed},
			{"a long agent", c.board, protocol.TicketAssign{Ticket: c.ticket, Agent: long}, protocol.CodeMalformed},
			{"a long reason", c.board, protocol.TicketAssign{Ticket: c.ticket, Agent: "agent2", Reason: much}, protocol.CodeMalformed},
		},
		"ticket.reprioritise": {
			{"of none", c.board, protocol.TicketReprioritise{Ticket: "never", Priority: 1}, protocol.CodeNotFound},
			{"of a running call", c.board, protocol.TicketReprioritise{Ticket: c.ticket, Priority: 1}, protocol.CodeState},
			{"too high", c.board, protocol.TicketReprioritise{Ticket: c.ticket, Priority: 4}, protocol.CodeMalformed},
			{"negative", c.board, protocol.TicketReprioritise{Ticket: c.ticket, Priority: -1}, protocol.CodeMalformed},
			{"a long ticket", c.board, protocol.TicketReprioritise{Ticket: long}, protocol.CodeMalformed},
			{"a long reason", c.board, protocol.TicketReprioritise{Ticket: c.ticket, Reason: much}, protocol.CodeMalformed},
		},
		"message.send": {
			{"too much", c.board, protocol.MessageSend{Text: much}, protocol.CodeMalformed},
			{"to a long name", c.board, protocol.MessageSend{Station: long, Text: "x"}, protocol.CodeMalformed},
			{"to one who does not wait", c.board, protocol.MessageSend{Station: "s02", Text: "x"}, protocol.CodeState},
			{"to one in a call", c.board, protocol.MessageSend{Station: "s01", Text: "x"}, protocol.CodeState},
		},
		"call.hold":       {{"without a call", c.free, protocol.CallHold{On: true}, protocol.CodeState}},
		"call.transfer":   {{"without a call", c.free, protocol.CallTransfer{Agent: "agent1"}, protocol.CodeState}},
		"call.invite":     {{"without a call", c.free, protocol.CallInvite{Agent: "agent1", Purpose: protocol.PurposeThird}, protocol.CodeState}},
		"call.invite_end": {{"without a call", c.free, protocol.CallInviteEnd{}, protocol.CodeState}},
		"call.hand_over":  {{"without a call", c.free, protocol.CallHandOver{}, protocol.CodeState}},
		"third.leave":     {{"without a call", c.free, protocol.ThirdLeave{}, protocol.CodeState}},
	}
}
