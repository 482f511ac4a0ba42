package signaling

import (
	"context"
	"fmt"
	"unicode/utf8"

	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/signaling/call"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// partyCommand carries out what is done to a running call beside talking.
func (s *Server) partyCommand(ctx context.Context, agent string, m protocol.Message) error {
	var event any
	switch e := m.(type) {
	case protocol.CallHold:
		event = call.Hold{Agent: agent, On: e.On}
	case protocol.CallTransfer:
		if len(e.Agent) > maxField || len(e.Family) > maxField || utf8.RuneCountInString(e.Reason) > maxSay ||
			e.Agent == "" && e.Family == "" || e.Agent == agent {
			return errMalformed
		}
		event = call.Transfer{Agent: agent, To: e.Agent, Family: e.Family, Reason: e.Reason, AtMS: nowMS()}
	case protocol.CallInvite:
		if len(e.Agent) > maxField || e.Agent == "" || e.Agent == agent ||
			e.Purpose != protocol.PurposeConsult && e.Purpose != protocol.PurposeThird {
			return errMalformed
		}
		event = call.Invite{Agent: agent, Target: e.Agent, Purpose: e.Purpose}
	case protocol.CallInviteEnd:
		event = call.InviteEnd{Agent: agent}
	case protocol.CallHandOver:
		event = call.HandOver{Agent: agent, AtMS: nowMS()}
	case protocol.ThirdLeave:
		event = call.ThirdLeave{Agent: agent}
	default:
		return errForbidden
	}
	o := s.ownerOf(agent, call.Connecting, call.Active)
	if o == nil {
		return call.ErrUnexpected
	}
	_, err := o.ask(ctx, event)
	return err
}

// commitParty asks the queue, which decides; what it answers is the ticket as it
// is from then on.
func (o *owner) commitParty(ctx context.Context, effect any) (any, error) {
	q, ticket := o.server.Queue, o.ticket
	var t queue.Ticket
	var err error
	reason, transferred := "", false
	switch e := effect.(type) {
	case call.CommitHold:
		t, err = q.Hold(ctx, ticket, e.Epoch, e.On)
	case call.CommitTransfer:
		to := queue.To{Agent: e.To, Reason: e.Reason}
		if e.Family != "" {
			to.Skills = []string{e.Family}
		}
		reason, transferred = e.Reason, true
		t, err = q.Transfer(ctx, ticket, e.Agent, e.Epoch, to)
	case call.CommitInvite:
		t, err = q.Invite(ctx, ticket, e.Agent, e.Epoch, e.Target, string(e.Purpose))
	case call.CommitThirdLeave:
		t, err = q.ThirdLeave(ctx, ticket, e.Target)
	case call.CommitHandOver:
		t, err = q.HandOver(ctx, ticket, e.Agent, e.Epoch)
	case call.CommitThirdAccept:
		t, err = q.ThirdAccept(ctx, ticket, e.Target, e.Epoch)
	case call.TellThirdDecline:
		err = q.ThirdDecline(ctx, ticket, e.Target, e.Epoch, e.Reason)
	case call.TellThirdShown:
		return nil, o.counted("queue", queueError(q.ThirdShown(ctx, ticket, e.Target, e.Epoch)))
	default:
		return nil, fmt.Errorf("signaling: unknown effect %T", effect)
	}
	o.server.wakeRefresh()
	if err = o.counted("queue", queueError(err)); err != nil || t.ID == "" {
		return nil, err
	}
	if transferred {
		return call.Transferred{Seen: seen(t, nowMS()), Reason: reason}, nil
	}
	return seen(t, nowMS()), nil
}

// fillThird shows an agent the call into which he is invited, or has joined.
func (s *Server) fillThird(ctx context.Context, state *protocol.DeskState, shows *shown) {
	c := shows.call
	owner := s.agentView(ctx, c.Agent)
	if !c.Third.Joined() {
		state.State, state.SinceMS = protocol.DeskOffer, c.Third.RungMS
		state.Offer = s.offerView(ctx, c)
		state.Offer.Epoch, state.Offer.RungMS, state.Offer.ExpiresMS = c.Third.Epoch, c.Third.RungMS, c.Third.ExpiresMS
		state.Offer.WaitedMS, state.Offer.Own = max(c.AcceptedMS-c.ArrivedMS, 0), false
		state.Offer.Purpose, state.Offer.Owner = c.Third.Purpose, owner
		return
	}
	state.State, state.Call = protocol.DeskCall, s.callView(ctx, c)
	state.Call.Epoch, state.Call.Purpose, state.Call.Owner = c.Third.Epoch, c.Third.Purpose, owner
	if g, ok := shows.grants[call.Third]; ok {
		state.Media = &g
	}
}

// agentView is an agent as others see him, nil when there is none.
func (s *Server) agentView(ctx context.Context, id string) *protocol.AgentView {
	if id == "" {
		return nil
	}
	view := &protocol.AgentView{Name: id}
	if p, err := s.book.person(ctx, id); err == nil {
		view.Name, view.Seat = p.Name, p.Seat
	}
	return view
}

// thirdView is the third person of a call as desks see him.
func (s *Server) thirdView(ctx context.Context, c call.Call) *protocol.ThirdView {
	if c.Third.Agent == "" {
		return nil
	}
	who := s.agentView(ctx, c.Third.Agent)
	return &protocol.ThirdView{Agent: c.Third.Agent, Name: who.Name, Seat: who.Seat, Purpose: c.Third.Purpose, State: c.Third.State}
}
