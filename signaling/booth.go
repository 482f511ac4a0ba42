package signaling

import (
	"context"
	"time"

	"github.com/remotewindow/remotewindow/signaling/call"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// booth is what the server remembers of a station beside its queue record: the
// ticket that its page shows, the summary after a call, and what it reported.
// Server.mu guards it.
type booth struct {
	ticket string // waiting to active; "" = none

	summary      *call.Call // of the last call, until reset
	summaryUntil time.Time

	faults []string
	help   bool
	checks []protocol.PartCheck // the newest self-check; never changed once set
}

// boothLocked returns the booth of a station. Call it with s.mu held.
func (s *Server) boothLocked(station string) *booth {
	b := s.booths[station]
	if b == nil {
		b = &booth{}
		s.booths[station] = b
	}
	return b
}

// boothCopy returns what is remembered of a station now.
func (s *Server) boothCopy(station string) booth {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *s.boothLocked(station)
}

// ticketOf is the ticket that a station's page shows, or "".
func (s *Server) ticketOf(station string) string { return s.boothCopy(station).ticket }

// settleBooth follows a change of state of a call.
func (s *Server) settleBooth(before call.State, c call.Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.boothLocked(c.Station)
	switch c.State {
	case call.WrapUp:
		if b.ticket == c.Ticket {
			b.ticket = ""
		}
		if before.Talking() && c.Ended != protocol.EndRevoked { // whoever stands there next is another
			b.summary, b.summaryUntil = &c, time.Now().Add(s.Numbers.Summary)
		}
	case call.Closed:
		if b.ticket == c.Ticket {
			b.ticket = ""
		}
		if b.summary != nil && b.summary.Ticket == c.Ticket {
			b.summary, b.summaryUntil = &c, time.Now().Add(s.Numbers.Summary)
		}
	default:
		b.ticket, b.summary = c.Ticket, nil
	}
}

// resetBooth ends the summary of a station and its call for help.
func (s *Server) resetBooth(ctx context.Context, station string) {
	s.mu.Lock()
	b := s.boothLocked(station)
	b.summary = nil
	helped := b.help
	b.help = false
	faults := b.faults
	s.mu.Unlock()
	if helped {
		no := false
		if err := s.Queue.StationSet(ctx, station, faults, &no); err != nil {
			s.Logger.Warn("call for help not taken back", "station", station, "err", err)
		}
	}
}

// sweepBooths ends the summaries that nobody took away.
func (s *Server) sweepBooths(now time.Time) {
	s.mu.Lock()
	var over []string
	for id, b := range s.booths {
		if b.summary != nil && now.After(b.summaryUntil) {
			b.summary = nil
			over = append(over, id)
		}
	}
	s.mu.Unlock()
	for _, id := range over {
		s.mark(id, "")
	}
}

// callHelp shows on desk and board that the resident called the specialist.
func (s *Server) callHelp(ctx context.Context, station string) error {
	s.mu.Lock()
	b := s.boothLocked(station)
	b.help = true
	faults := b.faults
	s.mu.Unlock()
	yes := true
	return queueError(s.Queue.StationSet(ctx, station, faults, &yes))
}
