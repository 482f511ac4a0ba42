package signaling

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/signaling/call"
	"github.com/remotewindow/remotewindow/signaling/protocol"
	"github.com/remotewindow/remotewindow/signaling/relay"
)

// Relay is what signaling needs of relay.Relay: the other nodes of the centre.
type Relay interface {
	// Send tells a node something, at most once and in order.
	Send(ctx context.Context, node, kind string, body []byte) error
	// Ask asks a node; relay.ErrAway when it does not answer.
	Ask(ctx context.Context, node, kind string, body []byte) ([]byte, error)
	// Run hands what others say to handle until ctx ends.
	Run(ctx context.Context, handle relay.Handler) error
}

// Nodes is what signaling needs of queue.Queue where there are several nodes.
type Nodes interface {
	NodeBeat(ctx context.Context, node string, ttl time.Duration) (lapsed bool, err error)
	NodeLives(ctx context.Context, node string) (bool, error)
	Adopt(ctx context.Context, id, node string, epoch int64) (queue.Ticket, error)
}

// errMoved: the call lives on another node since a moment ago; asked again, the
// page reaches it there.
var errMoved = fmt.Errorf("%w: the call has moved to another node", errQueueAway)

// beatNode keeps this node's lease: when it runs out, the queue drops the sockets
// that this node has announced, and others may take its calls.
func (s *Server) beatNode(ctx context.Context) {
	tick := time.NewTicker(s.Numbers.Beat)
	defer tick.Stop()
	defer s.endLease()
	away := false
	for {
		try, cancel := context.WithTimeout(ctx, s.Numbers.Lease)
		lapsed, err := s.Queue.NodeBeat(try, s.Node, s.Numbers.Lease)
		cancel()
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !away:
			s.Logger.Warn("lease not renewed", "node", s.Node, "err", err)
		case err == nil && lapsed: // reassert announces again what is still ours
			s.Logger.Info("a new lease", "node", s.Node)
			s.wakeRefresh()
		}
		away = err != nil
		select {
		case <-ctx.Done():
			return
		case <-s.life.Done(): // its calls are over: who waits for them need not wait for the lease
			return
		case <-tick.C:
		}
	}
}

// endLease lets the lease run out now.
func (s *Server) endLease() {
	ctx, cancel := context.WithTimeout(context.Background(), goodbyeWithin)
	defer cancel()
	if _, err := s.Queue.NodeBeat(ctx, s.Node, time.Millisecond); err != nil {
		s.Logger.Warn("lease not ended", "node", s.Node, "err", err)
	}
}

// stationHere says whether the station's socket is on this node, as the queue
// sees it: an older one that nobody has closed yet does not count.
func (s *Server) stationHere(v *view, station string) bool {
	x, st := s.session(seat{protocol.FaceStation, station}), v.stations[station]
	return x != nil && st != nil && st.Conn == x.conn
}

// takesUp says whether this node is the one to take up a ticket that it does not
// own: its home, or the node that its station has come to. When its home is gone
// and its station nowhere, the node of its agent, or whoever sees it first.
func (s *Server) takesUp(ctx context.Context, v *view, t *queue.Ticket) bool {
	if s.Relay == nil || t.Home == s.Node {
		return true
	}
	if s.stationHere(v, t.Station) {
		return true
	}
	if st := v.stations[t.Station]; st != nil && st.Node != "" {
		return false
	}
	if s.homeLives(ctx, t.Home) {
		return false
	}
	if a := v.agents[t.Agent]; a != nil && a.Node != "" {
		return a.Node == s.Node
	}
	return true
}

// homeLives says whether a node has its lease, as of a moment ago. One whose
// lease cannot be looked up lives.
func (s *Server) homeLives(ctx context.Context, node string) bool {
	if node == "" {
		return false
	}
	s.mu.Lock()
	known, ok := s.leases[node]
	s.mu.Unlock()
	if ok && time.Since(known.at) < s.Numbers.Beat/2 {
		return known.lives
	}
	ctx, cancel := context.WithTimeout(ctx, s.Numbers.Store)
	defer cancel()
	lives, err := s.Queue.NodeLives(ctx, node)
	if err != nil {
		return true
	}
	s.mu.Lock()
	s.leases[node] = lease{time.Now(), lives}
	s.mu.Unlock()
	return lives
}

// lease is what is known of another node's.
type lease struct {
	at    time.Time
	lives bool
}

// elsewhere says whether a ticket that this node owns has another home by now.
func (s *Server) elsewhere(t *queue.Ticket) bool {
	return s.Relay != nil && t.Home != "" && t.Home != s.Node
}

// claim makes this node the home of a ticket before it is restored: in the queue,
// which raises the epoch of a running call that had another home, and then in SQL.
// From there on nothing that the old home still does counts. It says whether the
// ticket in SQL has changed.
func (s *Server) claim(ctx context.Context, in TicketRecord) (changed bool, err error) {
	if s.Relay == nil {
		return false, nil
	}
	epoch := in.Epoch
	if t := s.view.Load().tickets[in.ID]; t != nil {
		epoch = max(epoch, t.Epoch)
	}
	t, err := s.Queue.Adopt(ctx, in.ID, s.Node, epoch)
	if errors.Is(err, queue.ErrStale) { // another epoch since the last look
		if epoch, err = s.epochOf(ctx, in.ID); err == nil {
			t, err = s.Queue.Adopt(ctx, in.ID, s.Node, epoch)
		}
	}
	switch {
	case errors.Is(err, queue.ErrNotFound), errors.Is(err, queue.ErrState): // forgotten, or closed: the call finds out
		return false, nil
	case err != nil:
		return false, fmt.Errorf("adopt: %w", queueError(err))
	}
	s.wakeRefresh()
	if in.State != "active" || t.Agent != in.Agent || t.Epoch <= in.Epoch || !call.State(t.State).Talking() {
		return false, nil
	}
	if err := s.Store.Accept(ctx, in.ID, in.Agent, t.Epoch, in.AcceptedMS); err != nil {
		return false, fmt.Errorf("adopt: %w", err)
	}
	if in.ConnectMS != 0 { // the moment stays
		if err := s.Store.Connected(ctx, in.ID, t.Epoch, in.ConnectMS); err != nil {
			return true, fmt.Errorf("adopt: %w", err)
		}
	}
	s.Logger.Info("call adopted", "ticket", in.ID, "station", in.Station, "agent", in.Agent, "epoch", t.Epoch)
	return true, nil
}

// epochOf asks the queue for a ticket's epoch now.
func (s *Server) epochOf(ctx context.Context, ticket string) (int64, error) {
	snap, err := s.Queue.Snapshot(ctx)
	if err != nil {
		return 0, err
	}
	for _, t := range snap.Tickets {
		if t.ID == ticket {
			return t.Epoch, nil
		}
	}
	return 0, queue.ErrNotFound
}

// moved tells a call that another node is its home.
type moved struct{ home string }

// giveUp ends an owner whose ticket has another home. Its media end at once.
func (s *Server) giveUp(o *owner, home string) {
	s.Media.CloseRoom(o.ticket)
	if err := o.post(letter{event: moved{home}}); err != nil {
		s.Logger.Debug("moved call is over", "ticket", o.ticket, "err", err)
	}
}

// moveAway ends the call on this node: what it has not written yet is void,
// because the other home decides now.
func (o *owner) moveAway(e moved) {
	s := o.server
	s.Logger.Info("call moved", "ticket", o.ticket, "station", o.station, "agent", o.c.Agent, "epoch", o.c.Epoch, "home", e.home)
	s.Media.CloseRoom(o.ticket)
	o.gone = true
	s.mu.Lock()
	if b := s.boothLocked(o.station); b.ticket == o.ticket {
		b.ticket = ""
	}
	s.mu.Unlock()
	s.mark(o.c.Station, o.c.Agent)
	s.wakeRefresh() // the agent's page is shown the call of its new home
}

// replaced ends a socket whose seat another node has given away since: the queue
// knew this one, and knows another now.
func (s *Server) replaced(x *session, conn, node string) bool {
	switch {
	case s.Relay == nil || conn == "":
		return false
	case conn == x.conn:
		x.acknowledged = true
		return false
	case node == s.Node || !x.acknowledged:
		return false
	}
	x.bye(protocol.CodeReplaced)
	return true
}
