package signaling

import (
	"context"
	"time"

	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/signaling/call"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// view is the queue as this node last saw it. It is never changed once stored.
type view struct {
	snap     queue.Snapshot
	tickets  map[string]*queue.Ticket
	agents   map[string]*queue.Agent
	stations map[string]*queue.Station
	ahead    map[string]int // waiting tickets: how many are served before
	behind   int            // how many are served before one who comes now
	free, on int            // agents ready; agents signed in
	asked    int64          // unix ns, before the queue was asked
}

func emptyView() *view { return newView(queue.Snapshot{}) }

func newView(s queue.Snapshot) *view {
	v := &view{
		snap: s, tickets: map[string]*queue.Ticket{}, agents: map[string]*queue.Agent{},
		stations: map[string]*queue.Station{}, ahead: map[string]int{},
	}
	offered := 0
	for i := range s.Tickets {
		t := &s.Tickets[i]
		v.tickets[t.ID] = t
		if t.State == queue.Offered {
			offered++
		}
	}
	before := offered
	for i := range s.Tickets {
		if s.Tickets[i].InLine() {
			v.ahead[s.Tickets[i].ID] = before
			before++
		}
	}
	v.behind = before
	for i := range s.Agents {
		a := &s.Agents[i]
		v.agents[a.ID] = a
		if a.State == queue.AgentReady {
			v.free++
		}
		if a.State != queue.AgentOffline {
			v.on++
		}
	}
	for i := range s.Stations {
		v.stations[s.Stations[i].ID] = &s.Stations[i]
	}
	return v
}

// full says whether nobody else may wait: max wait already, and no agent is free
// to take one at once. 0: there is no bound.
func (v *view) full(max int) bool {
	if max <= 0 || v.free > 0 {
		return false
	}
	n := 0
	for _, t := range v.snap.Tickets {
		if t.InLine() && t.Kind == queue.KindCall && !t.StationLost {
			n++
		}
	}
	return n >= max
}

// seated says whether a ticket is a call of its station: it waits there, or more.
func seated(t *queue.Ticket) bool {
	return t.Kind != queue.KindPreReview && t.State != queue.Scheduled
}

// place is how many are served before a waiting ticket. One that this node has
// put into the queue since its last look stands at the end, not at the front.
func (v *view) place(ticket string) int {
	if n, ok := v.ahead[ticket]; ok {
		return n
	}
	return v.behind
}

// thirdOf is whom the queue has as a ticket's third person.
func thirdOf(t queue.Ticket) call.ThirdPerson {
	if t.Third == "" {
		return call.ThirdPerson{}
	}
	return call.ThirdPerson{
		Agent: t.Third, State: protocol.ThirdState(t.ThirdState), Purpose: protocol.Purpose(t.ThirdPurpose),
		Epoch: t.ThirdEpoch, ExpiresMS: t.ThirdExpiresMS,
	}
}

// seen is the queue's ticket as an event for its call.
func seen(t queue.Ticket, atMS int64) call.Seen {
	return call.Seen{
		State: call.State(t.State), Epoch: t.Epoch, Agent: t.Agent, OfferedMS: t.OfferedMS, ExpiresMS: t.ExpiresMS,
		AcceptedMS: t.AcceptedMS, ConnectedMS: t.ConnectedMS, EndedMS: t.EndedMS, WrapUpEndsMS: t.WrapUpEndsMS,
		StationLost: t.StationLost, AgentLost: t.AgentLost, Ended: protocol.EndReason(t.Reason), Priority: t.Priority,
		HeldSinceMS: t.HeldSinceMS, HoldTotalMS: t.HoldTotalMS, Third: thirdOf(t), AtMS: atMS, Asked: time.Now().UnixNano(),
	}
}

const (
	refreshAtLeast = time.Second           // also when no event says so: a lost event costs time only
	refreshAtMost  = 20 * time.Millisecond // between two snapshots
	adoptAgain     = 2 * time.Second       // after a try to restore a ticket that came to nothing
	missedTwice    = 2                     // snapshots without a ticket before it counts as forgotten
)

// followQueue turns the queue's events into fresh snapshots and news for calls.
func (s *Server) followQueue(ctx context.Context) {
	for ctx.Err() == nil {
		err := s.Queue.Follow(ctx, func(e queue.Event) {
			s.outlook.hear(e)
			switch e.Kind {
			case "abandoned", "unfinished":
				s.given(ctx, e)
			case "review_returned":
				s.spawn(func() { s.requeueReview(ctx, e.Ticket, e.Epoch) })
			}
			if e.Kind != queue.Resync && e.Version <= s.view.Load().snap.Version {
				s.mark(e.Station, e.Agent) // the snapshot was faster than the event
				return
			}
			s.push.expect(e.Station, e.Agent)
			s.wakeRefresh()
		})
		if ctx.Err() != nil {
			return
		}
		s.Logger.Warn("queue is not followed", "err", err)
		select {
		case <-ctx.Done():
		case <-time.After(s.Numbers.Retry):
		}
	}
}

// given tells a call that the queue closed it. One that nobody owns is
// restored for it, so that SQL hears of the close.
func (s *Server) given(ctx context.Context, e queue.Event) {
	last := s.view.Load().tickets[e.Ticket]
	event := letter{event: call.Given{Reason: e.Detail, AtMS: e.AtMS}}
	if o := s.owner(e.Ticket); o != nil {
		if err := o.post(event); err != nil {
			s.Logger.Debug("close of a call that is over", "ticket", e.Ticket, "err", err)
		}
		return
	}
	if last != nil && !seated(last) { // nobody's call: the reconciler writes it
		return
	}
	s.spawn(func() {
		if last != nil && s.elsewhere(last) && s.homeLives(ctx, last.Home) {
			return // its home sees to it
		}
		o, err := s.adopt(ctx, e.Ticket)
		if err == nil && o != nil {
			err = o.post(event)
		}
		if err != nil {
			s.Logger.Debug("close of an unknown ticket", "ticket", e.Ticket, "err", err)
		}
	})
}

// spawn runs f in a goroutine that Shutdown waits for.
func (s *Server) spawn(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping {
		return
	}
	s.work.Add(1)
	go func() {
		defer s.work.Done()
		f()
	}()
}

// refreshView keeps the view fresh and hands every call its ticket. It is the
// only goroutine that stores views, so calls see them in their order.
func (s *Server) refreshView(ctx context.Context) {
	tick := time.NewTicker(refreshAtLeast)
	defer tick.Stop()
	heard, said := time.Now(), time.Time{} // the last answer, the last word on there being none
	for {
		expected := s.push.expected()
		try, cancel := context.WithTimeout(ctx, s.Numbers.Store)
		asked := time.Now().UnixNano()
		snap, err := s.Queue.Snapshot(try)
		cancel()
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			s.metrics.failures.WithLabelValues("queue").Inc()
			if s.awaySince.CompareAndSwap(0, heard.UnixMilli()) {
				s.Logger.Error("queue does not answer", "err", err)
			}
			if time.Since(said) >= s.Numbers.Away {
				said = time.Now()
				s.push.later()
			}
			s.push.expectAll(expected)
		default:
			heard = time.Now()
			if s.awaySince.Swap(0) != 0 {
				s.Logger.Info("queue answers again")
				said = time.Time{}
				s.push.later()
			}
			v := newView(snap)
			v.asked = asked
			s.adoptView(ctx, v, expected)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(refreshAtMost):
		}
		select {
		case <-ctx.Done():
			return
		case <-s.refresh:
		case <-tick.C:
		}
	}
}

// queueAwayMS is how long the queue has not answered, 0 while it does.
func (s *Server) queueAwayMS() int64 {
	since := s.awaySince.Load()
	if since == 0 {
		return 0
	}
	return max(nowMS()-since, 1)
}

// rebuilt says whether a snapshot comes from another life of Redis than the one
// before it: what was written to that one may be lost.
func rebuilt(before, now queue.Snapshot) bool {
	return now.RunID != before.RunID && before.RunID != "" && now.RunID != "" || now.StoreEpoch < before.StoreEpoch
}

func (s *Server) adoptView(ctx context.Context, v *view, expected []seat) {
	old := s.view.Swap(v)
	s.outlook.see(old, v, s.Queue.Numbers().AgingBoost)
	if rebuilt(old.snap, v.snap) {
		s.Logger.Warn("another life of the queue", "store_epoch", v.snap.StoreEpoch)
		s.Rebuilt()
	}
	for id := range s.tried {
		if v.tickets[id] == nil {
			delete(s.tried, id)
		}
	}
	for id, t := range v.tickets {
		if o := s.owner(id); o != nil {
			if s.elsewhere(t) {
				s.giveUp(o, t.Home)
				continue
			}
			news := seen(*t, v.snap.NowMS)
			news.Asked = v.asked
			if err := o.post(letter{event: news}); err != nil {
				s.Logger.Debug("ticket not handed over", "ticket", id, "err", err)
			}
			continue
		}
		if !seated(t) || time.Since(s.tried[id]) < adoptAgain || !s.takesUp(ctx, v, t) {
			continue
		}
		s.tried[id] = time.Now()
		s.spawn(func() {
			if _, err := s.adopt(ctx, id); err != nil {
				s.Logger.Warn("ticket not restored", "ticket", id, "err", err)
			}
		})
	}
	s.missing(v)
	s.syncMirrors(ctx, v)
	s.reassert(ctx, v)
	s.push.now(expected...)
	if old.snap.Version != v.snap.Version {
		s.push.later()
	}
}

// missing tells calls that the queue has forgotten them.
func (s *Server) missing(v *view) {
	s.mu.Lock()
	var gone []*owner
	for id, o := range s.owners {
		if v.tickets[id] != nil {
			delete(s.missed, id)
			continue
		}
		s.missed[id]++
		// A snapshot may be older than the enqueue, or newer than a close whose
		// event is still on its way.
		if s.missed[id] >= missedTwice && o.shows.Load().call.Enqueued {
			s.missed[id] = 0
			gone = append(gone, o)
		}
	}
	s.mu.Unlock()
	for _, o := range gone {
		if err := o.post(letter{event: call.Missing{}}); err != nil {
			s.Logger.Debug("forgotten ticket is over", "ticket", o.ticket, "err", err)
		}
	}
}

// reassert heals what the queue believes about this node's sockets: a live one
// that it has lost, and a dead one that nobody told it of (a crash).
func (s *Server) reassert(ctx context.Context, v *view) {
	s.mu.Lock()
	live := make([]*session, 0, len(s.sessions))
	conns := make(map[string]bool, len(s.sessions))
	for _, x := range s.sessions {
		live = append(live, x)
		conns[x.conn] = true
	}
	s.mu.Unlock()
	now := time.Now()
	for _, x := range live {
		at := x.seat()
		conn, node := "", ""
		switch at.face {
		case protocol.FaceStation:
			if st := v.stations[at.id]; st != nil {
				conn, node = st.Conn, st.Node
			}
		case protocol.FaceDesk:
			if a := v.agents[at.id]; a != nil {
				conn, node = a.Conn, a.Node
			}
		}
		if s.replaced(x, conn, node) || conn == x.conn || now.Sub(x.announced) < refreshAtLeast {
			continue
		}
		x.announced = now
		s.spawn(func() { s.announce(ctx, x) })
	}
	if s.Node == "" {
		return
	}
	mine := s.Node + "."
	for _, st := range v.snap.Stations {
		if st.Online && ours(st.Conn, mine) && !conns[st.Conn] {
			s.tellDrop(ctx, "station", s.Queue.StationDrop(ctx, st.ID, st.Conn))
		}
	}
	for _, a := range v.snap.Agents {
		if a.Conn != "" && ours(a.Conn, mine) && !conns[a.Conn] {
			s.tellDrop(ctx, "agent", s.Queue.AgentDrop(ctx, a.ID, a.Conn))
		}
	}
}

func ours(conn, prefix string) bool { return len(conn) > len(prefix) && conn[:len(prefix)] == prefix }

func (s *Server) tellDrop(ctx context.Context, who string, err error) {
	if err != nil && ctx.Err() == nil {
		s.Logger.Warn("drop not told", "who", who, "err", err)
	}
}
