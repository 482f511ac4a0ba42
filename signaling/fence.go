package signaling

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/remotewindow/remotewindow/signaling/call"
)

// Paused is what sfu.Options.OnPause tells: this process did not run for a while,
// and its calls may live on another node. No media pass until each of them was
// compared with the queue, or with the records while the queue is away. It returns
// once they may pass again, or with the server.
func (s *Server) Paused(pause int64) {
	s.Logger.Warn("this process was paused", "pause", pause)
	for s.life.Err() == nil {
		err := s.revalidate(s.life)
		if err == nil {
			s.Media.Resume(pause)
			s.wakeRefresh()
			return
		}
		s.Logger.Warn("calls not compared after a pause", "err", err)
		select {
		case <-s.life.Done():
		case <-time.After(min(s.Numbers.Retry, refreshAtLeast)):
		}
	}
}

// revalidate ends the media of every call that is not this node's any more, before
// it returns.
func (s *Server) revalidate(ctx context.Context) error {
	if s.Relay == nil { // nobody else could have taken them
		return nil
	}
	try, cancel := context.WithTimeout(ctx, s.Numbers.Store)
	snap, away := s.Queue.Snapshot(try)
	cancel()
	v := newView(snap)
	s.mu.Lock()
	owners := make([]*owner, 0, len(s.owners))
	for _, o := range s.owners {
		owners = append(owners, o)
	}
	s.mu.Unlock()
	for _, o := range owners {
		c := o.shows.Load().call
		if !c.State.Talking() { // no media pass
			continue
		}
		t := v.tickets[o.ticket]
		switch {
		case away != nil || t == nil: // or the queue has forgotten it
			if err := s.compare(ctx, o, c); err != nil {
				return errors.Join(err, away)
			}
		case s.elsewhere(t):
			s.giveUp(o, t.Home)
		case t.Epoch > c.Epoch: // another owner here: the call hears of it, and opens again what is its own
			s.Media.Shut(o.ticket)
			if err := o.post(letter{event: seen(*t, v.snap.NowMS)}); err != nil {
				s.Logger.Debug("ticket not handed over", "ticket", o.ticket, "err", err)
			}
		}
	}
	return nil
}

// compare asks the records whether a call is still this node's.
func (s *Server) compare(ctx context.Context, o *owner, c call.Call) error {
	ctx, cancel := context.WithTimeout(ctx, s.Numbers.Store)
	defer cancel()
	r, err := s.Store.Call(ctx, o.ticket)
	if err != nil {
		return fmt.Errorf("compare call: %w", err)
	}
	if r.Ticket.Epoch > c.Epoch || r.Ticket.State == "closed" {
		s.giveUp(o, "")
	}
	return nil
}
