package signaling

import (
	"context"
	"time"

	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// drainLook is how often a node that drains looks at who may go.
const drainLook = 100 * time.Millisecond

// Draining says whether this node takes no new calls any more.
func (s *Server) Draining() bool { return s.draining.Load() }

// Drain takes no new calls and sends every page to another node that is in no
// call of this one. Pages of a running call are told node.drain and stay; Drain
// returns when the last such call is over, or with ctx. Shutdown then moves what
// is left: its pages come back to the same call on another node.
//
// It is of use where there are other nodes. Waiting tickets move with their
// stations and keep their places.
func (s *Server) Drain(ctx context.Context) {
	s.draining.Store(true)
	s.Logger.Info("draining")
	tick := time.NewTicker(drainLook)
	defer tick.Stop()
	told := map[*session]bool{}
	for {
		busy, calls := s.busy()
		for _, x := range s.open() {
			switch {
			case !busy[x.seat()]:
				x.bye(protocol.CodeShutdown)
			case !told[x]:
				told[x] = true
				x.send("", protocol.NodeDrain{})
			}
		}
		if calls == 0 {
			s.Logger.Info("drained")
			return
		}
		select {
		case <-ctx.Done():
			s.Logger.Info("drained in part", "calls", calls)
			return
		case <-tick.C:
		}
	}
}

// busy lists the seats of running calls of this node, and how many of them have
// somebody in them: a call that both sides have lost waits for nobody here.
func (s *Server) busy() (seats map[seat]bool, calls int) {
	seats = map[seat]bool{}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range s.owners {
		c := o.shows.Load().call
		if !c.State.Talking() {
			continue
		}
		seats[seat{protocol.FaceStation, c.Station}] = true
		for _, agent := range agentsOf(c) {
			seats[seat{protocol.FaceDesk, agent}] = true
		}
		if !c.StationLost || !c.AgentLost {
			calls++
		}
	}
	return seats, calls
}

// turnsAway says whether a page has to go to another node: this one drains, and
// has no call of his.
func (s *Server) turnsAway(at seat) bool {
	if !s.Draining() {
		return false
	}
	busy, _ := s.busy()
	return !busy[at]
}
