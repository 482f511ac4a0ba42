package signaling

import (
	"context"
	"time"

	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// Revoke ends the sockets of an identity with bye ticket_expired: its session
// has ended, or it may not be here any more. The page asks for another socket
// ticket and learns that it has to sign in. An empty Role or Face means any;
// the ID must be set. A call goes into its grace as with any lost socket.
func (s *Server) Revoke(who Identity) {
	if who.ID == "" {
		return
	}
	for _, x := range s.open() {
		if x.who.ID == who.ID && (who.Face == "" || x.who.Face == who.Face) && (who.Role == "" || x.who.Role == who.Role) {
			x.bye(protocol.CodeExpired)
		}
	}
}

// open lists the sockets that have their seat.
func (s *Server) open() []*session {
	s.mu.Lock()
	defer s.mu.Unlock()
	open := make([]*session, 0, len(s.sessions)+len(s.boards))
	for _, x := range s.sessions {
		open = append(open, x)
	}
	for x := range s.boards {
		open = append(open, x)
	}
	return open
}

// validate ends sockets whose session has ended elsewhere: on another node, by
// its age, or on the command line.
func (s *Server) validate(ctx context.Context) {
	tick := time.NewTicker(s.Numbers.Valid)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		asked := map[Identity]bool{}
		for _, x := range s.open() {
			if asked[x.who] {
				continue
			}
			asked[x.who] = true
			try, cancel := context.WithTimeout(ctx, s.Numbers.Store)
			ok, err := s.Valid(try, x.who)
			cancel()
			switch {
			case ctx.Err() != nil:
				return
			case err != nil:
				s.Logger.Warn("session not looked up", "face", string(x.who.Face), "id", x.who.ID, "err", err)
			case !ok:
				s.Revoke(x.who)
			}
		}
	}
}
