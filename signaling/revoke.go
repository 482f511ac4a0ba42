package signaling

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/remotewindow/remotewindow/signaling/call"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// askedAtOnce bounds the questions to Valid under way.
const askedAtOnce = 16

// Revoke ends the sockets of an identity with bye ticket_expired, and its media
// with them: its session has ended, or it may not be here any more. The page
// asks for another socket ticket and learns that it has to sign in. An empty
// Role, Face or Session means any; the ID must be set. A station's secrets for
// pages over HTTP (PageUpload) end with them. A call goes into its grace as with
// any lost socket, unless he is Barred: then a station's call ends at once and
// its waiting ticket is withdrawn, and an agent's call goes back to the line.
// Tickets for sockets are not taken back here.
func (s *Server) Revoke(who Identity) {
	if who.ID == "" {
		return
	}
	s.locked.Add(1)
	matches := func(x Identity) bool {
		return x.ID == who.ID && (who.Face == "" || x.Face == who.Face) && (who.Role == "" || x.Role == who.Role) &&
			(who.Session == "" || x.Session == who.Session)
	}
	for known, sockets := range s.everybody() {
		if !matches(known) {
			continue
		}
		s.lockOut(known, sockets)
		s.spawn(func() { // whoever revokes need not wait for the stores
			if s.bar(s.life, known, sockets) != nil {
				s.askSoon()
			}
		})
	}
}

// Recheck asks Valid for every open socket now and ends those that may not
// stay. It returns at once.
func (s *Server) Recheck() {
	s.locked.Add(1)
	s.askSoon()
}

func (s *Server) askSoon() {
	select {
	case s.recheck <- struct{}{}:
	default:
	}
}

// everybody lists who has sockets, or media in a call though his socket is gone.
func (s *Server) everybody() map[Identity][]*session {
	all := map[Identity][]*session{}
	for _, x := range s.open() {
		all[x.who] = append(all[x.who], x)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range s.owners {
		c := o.shows.Load().call
		for _, at := range []seat{{protocol.FaceStation, c.Station}, {protocol.FaceDesk, c.Agent}} {
			who, known := s.seated[at]
			if known && s.sessions[at] == nil {
				all[who] = nil
			}
		}
	}
	return all
}

// lockOut ends the sockets of an identity and the connection of its page to the
// SFU. The call hears of it as of any connection that is gone.
func (s *Server) lockOut(who Identity, sockets []*session) {
	s.Logger.Info("locked out", "face", string(who.Face), "id", who.ID, "sockets", len(sockets))
	holder := s.session(seat{who.Face, who.ID})
	for _, x := range sockets {
		s.metrics.refused.WithLabelValues("revoked").Inc()
		x.bye(protocol.CodeExpired)
	}
	if who.Face == protocol.FaceStation { // it knows them, whoever has the seat by now
		s.dropUploads(who.ID) // after the goodbye: what is new is not for it
	}
	if holder != nil && holder.who != who {
		return // the media are of who has taken the seat since
	}
	party := call.Station
	if who.Face == protocol.FaceDesk {
		party = call.Agent
	}
	s.lockOutElsewhere(who)
	for _, o := range s.ownersOf(who) {
		// At once, and again in the turn of the call: it may be letting him in now.
		s.Media.Leave(o.ticket, who.ID)
		if err := o.post(letter{event: lockedOut{party: party, participant: who.ID}}); err != nil {
			s.Logger.Debug("locked out of a call that is over", "ticket", o.ticket, "err", err)
		}
	}
}

// bar ends what waits for somebody who was locked out, if he cannot come back.
func (s *Server) bar(ctx context.Context, who Identity, sockets []*session) error {
	owners := s.ownersOf(who)
	if s.Barred == nil || len(owners) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.Numbers.Store)
	defer cancel()
	barred, err := s.Barred(ctx, who)
	if err != nil {
		s.Logger.Warn("not known whether he may come back", "face", string(who.Face), "id", who.ID, "err", err)
		return err
	}
	if holder := s.session(seat{who.Face, who.ID}); !barred || holder != nil && holder.who != who {
		return nil
	}
	event := call.Revoked{Party: call.Station, Participant: who.ID, AtMS: nowMS()}
	if who.Face == protocol.FaceDesk {
		event.Party = call.Agent
		for _, x := range sockets { // or the next ticket in line would be offered to him
			if err := s.Queue.AgentDrop(ctx, who.ID, x.conn); err != nil {
				s.Logger.Warn("drop not told", "face", string(who.Face), "id", who.ID, "err", err)
			}
		}
	}
	for _, o := range owners {
		if err := o.post(letter{event: event}); err != nil {
			s.Logger.Debug("barred from a call that is over", "ticket", o.ticket, "err", err)
		}
	}
	return nil
}

// lockedOut tells a call that a participant's media has been ended.
type lockedOut struct {
	party       call.Party
	participant string
}

func (o *owner) lockOut(ctx context.Context, e lockedOut) error {
	o.server.Media.Leave(o.ticket, e.participant)
	o.renewGrantOf(back(e)) // the token that he was shown is void
	return o.step(ctx, call.MediaDown{Party: e.party, Participant: e.participant})
}

// ownersOf lists the calls that an identity has or may have media in.
func (s *Server) ownersOf(who Identity) []*owner {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*owner
	for _, o := range s.owners {
		c := o.shows.Load().call
		if who.Face == protocol.FaceStation && c.Station == who.ID || who.Face == protocol.FaceDesk && slices.Contains(agentsOf(c), who.ID) {
			all = append(all, o)
		}
	}
	return all
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
			s.ask(ctx)
		case <-s.recheck:
			// Somebody has been locked out: until everyone could be asked, the
			// question stands.
			if s.ask(ctx) {
				continue
			}
			select {
			case <-ctx.Done():
				return
			case <-time.After(s.Numbers.Retry):
				s.askSoon()
			}
		}
	}
}

// ask asks Valid for everyone who is here, and says whether it told for all.
func (s *Server) ask(ctx context.Context) bool {
	var asking sync.WaitGroup
	places := make(chan struct{}, askedAtOnce)
	failed := make(chan struct{}, 1)
	for who, sockets := range s.everybody() {
		places <- struct{}{}
		asking.Go(func() {
			defer func() { <-places }()
			try, cancel := context.WithTimeout(ctx, s.Numbers.Store)
			defer cancel()
			ok, err := s.Valid(try, who)
			switch {
			case ctx.Err() != nil:
			case err != nil:
				s.Logger.Warn("session not looked up", "face", string(who.Face), "id", who.ID, "err", err)
			case !ok:
				s.lockOut(who, sockets)
				err = s.bar(ctx, who, sockets)
			}
			if err != nil {
				select {
				case failed <- struct{}{}:
				default:
				}
			}
		})
	}
	asking.Wait()
	return len(failed) == 0
}
