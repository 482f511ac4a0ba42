package signaling

import (
	"context"
	"errors"
	"slices"

	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/signaling/call"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// Operation is a message that the handlers of a face accept, and from which
// roles. Options.May decides who of them may.
type Operation struct {
	Name  string // type of the message
	Face  protocol.Face
	Roles []protocol.Role
	// Ticket: the message names a ticket, which may be another's. Refused for
	// that, the sender hears stale, as for one that does not exist.
	Ticket bool
}

// Roles by the face that their sockets may have.
var (
	stationRoles = []protocol.Role{protocol.RoleStation}
	deskRoles    = []protocol.Role{protocol.RoleAgent, protocol.RoleHelper, protocol.RoleSpecialist,
		protocol.RoleSupervisor, protocol.RoleAdmin}
	boardRoles = []protocol.Role{protocol.RoleSupervisor, protocol.RoleAdmin}
)

// Operations lists everything that a socket can be asked to do, but for ping,
// which anyone may. What is not in it is refused.
func Operations() []Operation {
	var list []Operation
	add := func(face protocol.Face, roles []protocol.Role, messages ...protocol.Message) {
		for _, m := range messages {
			list = append(list, Operation{Name: m.Type(), Face: face, Roles: roles, Ticket: ticketNamed(m) != nil})
		}
	}
	add(protocol.FaceStation, stationRoles, protocol.Hello{},
		protocol.MediaOffer{}, protocol.MediaRestart{}, protocol.MediaReport{},
		protocol.TicketTake{}, protocol.TicketRevise{}, protocol.TicketLeave{}, protocol.CallHangUp{},
		protocol.CaptureConfirm{}, protocol.StationReport{}, protocol.StationHelp{}, protocol.StationReset{},
		protocol.CallbackTake{}, protocol.BookingCancel{}, protocol.MaterialsLeave{})
	add(protocol.FaceDesk, deskRoles, protocol.Hello{},
		protocol.MediaOffer{}, protocol.MediaRestart{}, protocol.MediaReport{},
		protocol.AgentSet{}, protocol.OfferShown{}, protocol.OfferAccept{}, protocol.OfferDecline{}, protocol.CallHangUp{},
		protocol.CaptureAsk{}, protocol.CaptureCancel{}, protocol.SlotJudge{}, protocol.StationSay{},
		protocol.CallFinish{}, protocol.WrapUpExtend{},
		protocol.TicketPull{}, protocol.CallHold{}, protocol.CallTransfer{}, protocol.CallInvite{}, protocol.CallInviteEnd{},
		protocol.CallHandOver{}, protocol.ThirdLeave{}, protocol.ReviewTake{}, protocol.ReviewReturn{}, protocol.BookingMake{})
	add(protocol.FaceBoard, boardRoles, protocol.Hello{}, protocol.MediaReport{},
		protocol.TicketAssign{}, protocol.TicketReprioritise{}, protocol.MessageSend{})
	return list
}

type operationKey struct {
	name string
	face protocol.Face
}

func operationTable() map[operationKey]Operation {
	table := map[operationKey]Operation{}
	for _, op := range Operations() {
		table[operationKey{op.Name, op.Face}] = op
	}
	return table
}

// ownOnly is Options.May without a table: every role that the handlers accept,
// on its own things.
func ownOnly(_ Identity, _ string, own bool) bool { return own }

// ticketNamed is the ticket that a message names, nil when it names none.
func ticketNamed(m protocol.Message) *string {
	switch e := m.(type) {
	case protocol.OfferShown:
		return &e.Ticket
	case protocol.OfferAccept:
		return &e.Ticket
	case protocol.OfferDecline:
		return &e.Ticket
	case protocol.CallFinish:
		return &e.Ticket
	case protocol.ReviewReturn:
		return &e.Ticket
	case protocol.BookingCancel:
		return &e.Ticket
	}
	return nil
}

// authorize is the one place that asks whether a command may be carried out. A
// refusal does not tell whether what it names exists: a ticket of another is
// stale like one that is gone.
func (s *Server) authorize(ctx context.Context, who Identity, m protocol.Message) error {
	op, ok := s.operations[operationKey{m.Type(), who.Face}]
	if !ok || !slices.Contains(op.Roles, who.Role) {
		return errForbidden
	}
	own, err := s.owns(ctx, who, m)
	if err != nil {
		return err
	}
	switch {
	case s.May(who, op.Name, own):
		return nil
	case own:
		return errForbidden
	default:
		return call.ErrStale
	}
}

// owns tells whether the ticket that a message names is its sender's: offered
// to him, in his call or in his wrap-up.
func (s *Server) owns(ctx context.Context, who Identity, m protocol.Message) (bool, error) {
	ticket := ticketNamed(m)
	if ticket == nil {
		return true, nil
	}
	if len(*ticket) > maxField {
		return false, nil
	}
	t := s.view.Load().tickets[*ticket]
	if _, cancel := m.(protocol.BookingCancel); cancel { // a station's
		return t != nil && t.Station == who.ID, nil
	}
	if t != nil && t.State == queue.Review {
		return t.Agent == who.ID, nil
	}
	if o := s.owner(*ticket); o != nil {
		return slices.Contains(agentsOf(o.shows.Load().call), who.ID), nil
	}
	if _, finish := m.(protocol.CallFinish); !finish {
		return false, nil // offers live with their owner alone
	}
	ctx, cancel := context.WithTimeout(ctx, s.Numbers.Store)
	defer cancel()
	r, err := s.Store.Call(ctx, *ticket)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil && r.Ticket.Agent == who.ID, err
}
