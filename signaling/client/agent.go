package client

import (
	"context"
	"fmt"

	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// Agent is a desk. Its methods may be called from any goroutine. Those that
// answer an offer or end a call take ticket and epoch from the present state.
type Agent struct {
	face[protocol.DeskState]
	joiner joiner
	user   User
}

// NewAgent logs in, opens the desk and waits for its first state. observe,
// which may be nil, is called for every state in order; it must not block.
func NewAgent(ctx context.Context, o Options, user, password string, observe func(protocol.DeskState)) (*Agent, error) {
	e, err := newEndpoint(o)
	if err != nil {
		return nil, err
	}
	who, ticket, err := staff(ctx, e, protocol.FaceDesk, user, password)
	if err != nil {
		return nil, err
	}
	a := &Agent{user: who}
	a.init(e, "agent "+user, o.TakeOver)
	a.watch.version = func(s protocol.DeskState) int64 { return s.Version }
	a.watch.show = showDesk
	a.watch.observe = observe
	a.session.ticket = ticket
	a.session.hello = func() protocol.Hello { return protocol.Hello{Presence: presence(a.State().State)} }
	if err := a.open(ctx); err != nil {
		return nil, err
	}
	return a, nil
}

// presence is what hello tells a server that may have forgotten.
func presence(shown protocol.DeskStateName) protocol.Presence {
	switch shown {
	case "":
		return ""
	case protocol.DeskOffline:
		return protocol.PresenceOffline
	case protocol.DeskAway, protocol.DeskRONA:
		return protocol.PresenceAway
	}
	return protocol.PresenceAvailable
}

func showDesk(s protocol.DeskState) string {
	text := string(s.State)
	if s.Reason != "" {
		text += " (" + s.Reason + ")"
	}
	if s.Offer != nil {
		text += ", offered " + s.Offer.Number
	}
	if s.Call != nil {
		text += fmt.Sprintf(", ticket %s, gate open %t, %d pages", s.Call.Number, s.Call.GateOpen, len(s.Call.Pages))
	}
	return text
}

// User is who logged in.
func (a *Agent) User() User { return a.user }

// WaitFor waits until the desk shows one of the states.
func (a *Agent) WaitFor(ctx context.Context, any ...protocol.DeskStateName) (protocol.DeskState, error) {
	state, err := a.WaitState(ctx, func(s protocol.DeskState) bool {
		for _, want := range any {
			if s.State == want {
				return true
			}
		}
		return false
	})
	if err != nil {
		return state, fmt.Errorf("want state %v: %w", any, err)
	}
	return state, nil
}

// Ready takes offers from now on.
func (a *Agent) Ready(ctx context.Context) error {
	return a.Set(ctx, protocol.PresenceAvailable, "")
}

// Set chooses a presence; away carries a reason.
func (a *Agent) Set(ctx context.Context, p protocol.Presence, reason string) error {
	return a.session.order(ctx, protocol.AgentSet{Presence: p, Reason: reason})
}

// WaitOffer waits for a ringing offer.
func (a *Agent) WaitOffer(ctx context.Context) (protocol.OfferView, error) {
	state, err := a.WaitState(ctx, func(s protocol.DeskState) bool { return s.Offer != nil })
	if err != nil {
		return protocol.OfferView{}, fmt.Errorf("want an offer: %w", err)
	}
	return *state.Offer, nil
}

// Shown says that the offer was drawn.
func (a *Agent) Shown(ctx context.Context, offer protocol.OfferView) error {
	return a.session.order(ctx, protocol.OfferShown{Ticket: offer.Ticket, Epoch: offer.Epoch})
}

// Accept takes the call.
func (a *Agent) Accept(ctx context.Context, offer protocol.OfferView) error {
	return a.session.order(ctx, protocol.OfferAccept{Ticket: offer.Ticket, Epoch: offer.Epoch})
}

// Decline refuses it: busy, not_mine, device or other.
func (a *Agent) Decline(ctx context.Context, offer protocol.OfferView, reason string) error {
	return a.session.order(ctx, protocol.OfferDecline{Ticket: offer.Ticket, Epoch: offer.Epoch, Reason: reason})
}

// HangUp ends the talk; wrap-up follows.
func (a *Agent) HangUp(ctx context.Context) error {
	return a.session.order(ctx, protocol.CallHangUp{})
}

// AskCapture asks the station for a page.
func (a *Agent) AskCapture(ctx context.Context, slot string, side protocol.Side, hint string) error {
	return a.session.order(ctx, protocol.CaptureAsk{Slot: slot, Side: side, Hint: hint})
}

// CancelCapture withdraws the request.
func (a *Agent) CancelCapture(ctx context.Context) error {
	return a.session.order(ctx, protocol.CaptureCancel{})
}

// Judge gives the verdict on a slot.
func (a *Agent) Judge(ctx context.Context, verdict protocol.SlotJudge) error {
	return a.session.order(ctx, verdict)
}

// Say puts a short sentence on the resident's screen.
func (a *Agent) Say(ctx context.Context, text string) error {
	return a.session.order(ctx, protocol.StationSay{Text: text})
}

// Extend adds 60 s of wrap-up.
func (a *Agent) Extend(ctx context.Context) error {
	return a.session.order(ctx, protocol.WrapUpExtend{})
}

// Finish ends the wrap-up of the ticket at the desk.
func (a *Agent) Finish(ctx context.Context, d protocol.Disposition, next protocol.NextStep, note string) error {
	call := a.State().Call
	if call == nil {
		return fmt.Errorf("client: %s: finish: no call at the desk", a.session.what)
	}
	return a.session.order(ctx, protocol.CallFinish{Ticket: call.Ticket, Epoch: call.Epoch, Disposition: d, NextStep: next, Note: note})
}

// Join opens the media connection of the offer or call and waits until it
// stands. It waits for a grant: from the offer on there is one.
func (a *Agent) Join(ctx context.Context, o MediaOptions) (*Media, error) {
	return join(ctx, &a.face, &a.joiner, protocol.RoleAgent,
		func(s protocol.DeskState) *protocol.MediaGrant { return s.Media }, o)
}

// Clear leads the desk to no offer and no call from wherever an earlier run
// left it; what it finds is closed as a mistake.
func (a *Agent) Clear(ctx context.Context) error {
	for {
		state := a.State()
		var err error
		switch {
		case state.Offer != nil:
			err = a.Decline(ctx, *state.Offer, "other")
		case state.State == protocol.DeskWrapUp, state.Call != nil && state.Call.EndedMS != 0:
			err = a.Finish(ctx, protocol.DispositionMistake, protocol.NextClose, "")
		case state.Call != nil:
			err = a.HangUp(ctx)
		default:
			return nil
		}
		if err != nil && CodeOf(err) != protocol.CodeState && CodeOf(err) != protocol.CodeStale {
			return fmt.Errorf("clear: %w", err)
		}
		if _, err := a.WaitState(ctx, func(now protocol.DeskState) bool { return now.Version != state.Version }); err != nil {
			return fmt.Errorf("clear: %w", err)
		}
	}
}
