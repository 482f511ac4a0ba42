package client

import (
	"context"
	"fmt"

	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// Supervisor is a board.
type Supervisor struct {
	face[protocol.Board]
	user User
}

// NewSupervisor logs in, opens the board and waits for its first state.
// observe, which may be nil, is called for every board in order.
func NewSupervisor(ctx context.Context, o Options, user, password string, observe func(protocol.Board)) (*Supervisor, error) {
	e, err := newEndpoint(o)
	if err != nil {
		return nil, err
	}
	who, ticket, err := staff(ctx, e, protocol.FaceBoard, user, password)
	if err != nil {
		return nil, err
	}
	s := &Supervisor{user: who}
	s.init(e, "supervisor "+user, o.TakeOver)
	s.watch.version = func(b protocol.Board) int64 { return b.Version }
	s.watch.show = func(b protocol.Board) string {
		return fmt.Sprintf("%d waiting, %d calls, %d seats", len(b.Waiting), b.Calls, len(b.Seats))
	}
	s.watch.observe = observe
	s.session.ticket = ticket
	if err := s.open(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// User is who logged in.
func (s *Supervisor) User() User { return s.user }

// StationState returns how the board shows a station; ok is false when it
// shows no such station.
func StationState(b protocol.Board, id string) (protocol.StationLive, bool) {
	for _, s := range b.Stations {
		if s.ID == id {
			return s, true
		}
	}
	return protocol.StationLive{}, false
}
