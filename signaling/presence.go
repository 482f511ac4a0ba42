package signaling

import (
	"context"
	"errors"
	"time"

	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/signaling/call"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

const (
	goodbyeWithin = 2 * time.Second        // to tell the queue of a closed socket
	renewWithin   = 500 * time.Millisecond // for a call to renew the grant of a page that is back
)

// arrived is called once a socket has its seat: the queue hears of it, and a
// ticket or call of before is found again.
func (s *Server) arrived(ctx context.Context, x *session) {
	s.renewGrant(ctx, x)
	if x.who.Face == protocol.FaceDesk {
		s.wantFor(ctx, x.who.ID)
	}
	x.ready.Store(true)
	s.push.now(x.seat())
	s.announce(ctx, x)
	if x.who.Face == protocol.FaceStation && s.owner(s.ticketOf(x.who.ID)) == nil {
		t, err := s.Store.OpenTicketOf(ctx, x.who.ID)
		if err == nil {
			_, err = s.adopt(ctx, t.ID)
		}
		if err != nil && !errors.Is(err, ErrNotFound) {
			s.Logger.Warn("open ticket not looked up", "station", x.who.ID, "err", err)
		}
	}
	s.push.now(x.seat())
	s.push.later()
}

// renewGrant gives a page that comes back into its call a grant of its own:
// the one before may have been seen, or be nearly too old. A call that is busy
// with its stores keeps nobody waiting for it.
func (s *Server) renewGrant(ctx context.Context, x *session) {
	o, party := s.mediaOf(x.who)
	if o == nil {
		return
	}
	e := back{party: party, participant: x.who.ID}
	ctx, cancel := context.WithTimeout(ctx, renewWithin)
	defer cancel()
	if _, err := o.ask(ctx, e); err != nil {
		s.Logger.Debug("grant not renewed", "ticket", o.ticket, "err", err)
	}
}

// announce tells the queue of a live socket; the queue may have heard already.
func (s *Server) announce(ctx context.Context, x *session) {
	if s.session(x.seat()) != x {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, s.Numbers.Store)
	defer cancel()
	var err error
	switch x.who.Face {
	case protocol.FaceStation:
		err = s.announceStation(ctx, x)
	case protocol.FaceDesk:
		err = s.announceDesk(ctx, x)
	default:
		return
	}
	if err != nil {
		s.metrics.failures.WithLabelValues("queue").Inc()
		s.Logger.Warn("socket not announced", "face", string(x.who.Face), "id", x.who.ID, "err", err)
		return
	}
	s.push.expectAll([]seat{x.seat()})
	s.wakeRefresh()
}

func (s *Server) announceStation(ctx context.Context, x *session) error {
	st, err := s.Queue.StationBack(ctx, x.who.ID, x.conn)
	if err != nil {
		return err
	}
	s.mu.Lock()
	b := s.boothLocked(x.who.ID)
	if b.faults == nil {
		b.faults, b.help = st.Faults, st.Help // as an earlier run of this node was told
	}
	faults := b.faults
	s.mu.Unlock()
	if len(st.Faults) != len(faults) { // Redis has forgotten them
		return s.Queue.StationSet(ctx, x.who.ID, faults, nil)
	}
	return nil
}

// announceDesk also asserts again that the agent was available, when the queue
// does not know it.
func (s *Server) announceDesk(ctx context.Context, x *session) error {
	spec, err := s.agentSpec(ctx, x.who.ID)
	if err != nil {
		return err
	}
	if err := s.returnCalls(ctx, x.who.ID); err != nil {
		return err
	}
	a, err := s.Queue.AgentBack(ctx, spec, x.conn)
	if err != nil {
		return err
	}
	chosen, _ := x.presence.Load().(protocol.Presence)
	if a.Presence == queue.PresenceOffline && (chosen == protocol.PresenceAvailable || chosen == protocol.PresenceAway) {
		_, err = s.Queue.AgentSet(ctx, spec, string(chosen), "")
	}
	return err
}

// returnCalls gives a queue that has forgotten everything the calls of an
// agent before it learns that the agent is here: an agent who seems free would
// be offered another ticket, and lose his call.
func (s *Server) returnCalls(ctx context.Context, agent string) error {
	o := s.ownerOf(agent, call.Connecting, call.Active)
	if o == nil {
		o = s.ownerOf(agent, call.WrapUp)
	}
	if o == nil || s.view.Load().tickets[o.ticket] != nil {
		return nil
	}
	_, err := o.ask(ctx, again{})
	if errors.Is(err, ErrNotFound) { // it has closed since
		return nil
	}
	return err
}

func (s *Server) agentSpec(ctx context.Context, id string) (queue.AgentSpec, error) {
	p, err := s.book.person(ctx, id)
	return queue.AgentSpec{ID: id, Skills: p.Skills, Cap: 1}, err
}

// setPresence records what an agent chose.
func (s *Server) setPresence(ctx context.Context, x *session, m protocol.AgentSet) error {
	switch m.Presence {
	case protocol.PresenceOffline, protocol.PresenceAvailable, protocol.PresenceAway:
	default:
		return errMalformed
	}
	if len(m.Reason) > 32 {
		return errMalformed
	}
	spec, err := s.agentSpec(ctx, x.who.ID)
	if err != nil {
		return err
	}
	if _, err := s.Queue.AgentSet(ctx, spec, string(m.Presence), m.Reason); err != nil {
		return queueError(err)
	}
	x.presence.Store(m.Presence)
	s.push.expectAll([]seat{x.seat()})
	s.wakeRefresh()
	return nil
}

// dropped tells the queue that a socket is gone: the graces begin. It runs
// during a shutdown too.
func (s *Server) dropped(x *session) {
	ctx, cancel := context.WithTimeout(context.Background(), goodbyeWithin)
	defer cancel()
	var err error
	switch x.who.Face {
	case protocol.FaceStation:
		err = s.Queue.StationDrop(ctx, x.who.ID, x.conn)
	case protocol.FaceDesk:
		err = s.Queue.AgentDrop(ctx, x.who.ID, x.conn)
	}
	if err != nil { // the next snapshot shows it and reassert repeats the drop
		s.Logger.Warn("drop not told", "face", string(x.who.Face), "id", x.who.ID, "err", err)
	}
	s.wakeRefresh()
}
