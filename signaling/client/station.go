package client

import (
	"context"
	"fmt"

	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// Station is a resident's page. Its methods may be called from any goroutine.
type Station struct {
	face[protocol.StationState]
	joiner joiner
	id     string
}

// NewStation connects a station by its name, which only a demo allows, and waits for its first state. observe, which
// may be nil, is called for every state in order; it must not block.
func NewStation(ctx context.Context, o Options, id string, observe func(protocol.StationState)) (*Station, error) {
	e, err := newEndpoint(o)
	if err != nil {
		return nil, err
	}
	return newStation(ctx, o, e, id, observe, func(ctx context.Context) (string, error) {
		return e.socketTicket(ctx, protocol.FaceStation, id)
	})
}

// newStation connects a station whose socket tickets come from ticket.
func newStation(ctx context.Context, o Options, e *endpoint, id string, observe func(protocol.StationState), ticket func(context.Context) (string, error)) (*Station, error) {
	s := &Station{id: id}
	s.init(e, "station "+id, o.TakeOver)
	s.watch.version = func(s protocol.StationState) int64 { return s.Version }
	s.watch.show = showStation
	s.watch.observe = observe
	s.session.ticket = ticket
	if err := s.open(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

func showStation(s protocol.StationState) string {
	text := string(s.State)
	if s.Ticket != nil {
		text += fmt.Sprintf(", ticket %s, %d ahead", s.Ticket.Number, s.Ticket.Ahead)
	}
	if s.GateOpen {
		text += ", gate open"
	}
	if s.Capture != nil {
		text += ", asked for " + s.Capture.Slot
	}
	return text
}

// ID of the station.
func (s *Station) ID() string { return s.id }

// WaitFor waits until the station shows one of the states.
func (s *Station) WaitFor(ctx context.Context, any ...protocol.KioskState) (protocol.StationState, error) {
	state, err := s.WaitState(ctx, func(s protocol.StationState) bool {
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

// Take presses 呼叫 and returns the ticket as the state then shows it. When the
// queue is away the press is kept: the ticket has Enqueued false.
func (s *Station) Take(ctx context.Context) (protocol.TicketView, error) {
	err := s.session.order(ctx, protocol.TicketTake{ConsentText: "2026-11", Lang: "zh"})
	if err != nil && CodeOf(err) != protocol.CodeQueueDown {
		return protocol.TicketView{}, err
	}
	state, err := s.WaitState(ctx, func(s protocol.StationState) bool {
		return s.Ticket != nil && s.State != protocol.KioskIdle && s.State != protocol.KioskSummary
	})
	if err != nil {
		return protocol.TicketView{}, fmt.Errorf("took a ticket but see none: %w", err)
	}
	return *state.Ticket, nil
}

// Revise says whom and what it is about; empty fields stay.
func (s *Station) Revise(ctx context.Context, r protocol.TicketRevise) error {
	return s.session.order(ctx, r)
}

// Leave gives the place up.
func (s *Station) Leave(ctx context.Context) error {
	return s.session.order(ctx, protocol.TicketLeave{})
}

// HangUp ends the call.
func (s *Station) HangUp(ctx context.Context) error {
	return s.session.order(ctx, protocol.CallHangUp{})
}

// Reset ends the summary.
func (s *Station) Reset(ctx context.Context) error {
	return s.session.order(ctx, protocol.StationReset{})
}

// Help calls the specialist.
func (s *Station) Help(ctx context.Context) error {
	return s.session.order(ctx, protocol.StationHelp{})
}

// Report tells which parts of the station work.
func (s *Station) Report(ctx context.Context, r protocol.StationReport) error {
	if r.Faults == nil {
		r.Faults = []protocol.Fault{}
	}
	return s.session.order(ctx, r)
}

// Join opens the media connection of the present ticket and waits until it
// stands. It waits for a grant: from waiting on there is one.
func (s *Station) Join(ctx context.Context, o MediaOptions) (*Media, error) {
	return join(ctx, &s.face, &s.joiner, protocol.RoleStation,
		func(s protocol.StationState) *protocol.MediaGrant { return s.Media }, o)
}

// Clear leads the station back to idle from wherever an earlier run left it.
func (s *Station) Clear(ctx context.Context) error {
	for {
		state := s.State()
		var err error
		switch state.State {
		case protocol.KioskIdle, protocol.KioskClosed:
			return nil
		case protocol.KioskWaiting:
			err = s.Leave(ctx)
		case protocol.KioskRinging:
			if err = s.Leave(ctx); CodeOf(err) == protocol.CodeState {
				err = s.HangUp(ctx)
			}
		case protocol.KioskCall:
			err = s.HangUp(ctx)
		case protocol.KioskSummary:
			err = s.Reset(ctx)
		}
		if err != nil && CodeOf(err) != protocol.CodeState {
			return fmt.Errorf("clear: %w", err)
		}
		if _, err := s.WaitState(ctx, func(now protocol.StationState) bool { return now.State != state.State }); err != nil {
			return fmt.Errorf("clear: %w", err)
		}
	}
}
