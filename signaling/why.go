package signaling

import (
	"context"
	"errors"

	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/signaling/call"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// explained are the offers of a ticket as the queue explained them at an epoch.
type explained struct {
	epoch  int64
	offers []queue.Why
}

// Why explains the offers of a ticket, the newest first. A desk may ask for
// every open ticket and for its own of before, a board for any. ErrNotFound
// for others and for one that never was or is long gone.
func (s *Server) Why(ctx context.Context, who Identity, ticket string) ([]protocol.WhyView, error) {
	if ticket == "" || len(ticket) > maxField {
		return nil, ErrNotFound
	}
	ctx, cancel := context.WithTimeout(ctx, s.Numbers.Store)
	defer cancel()
	if who.Face != protocol.FaceBoard && s.view.Load().tickets[ticket] == nil && s.owner(ticket) == nil {
		r, err := s.Store.Call(ctx, ticket)
		if err != nil {
			return nil, err
		}
		if r.Ticket.Agent != who.ID {
			return nil, ErrNotFound
		}
	}
	offers, err := s.Queue.Why(ctx, ticket)
	if errors.Is(err, queue.ErrNotFound) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, errors.Join(ErrUnavailable, err)
	}
	views := make([]protocol.WhyView, 0, len(offers))
	for _, w := range offers {
		views = append(views, s.whyView(ctx, w))
	}
	return views, nil
}

// whyOf explains to an agent the offer that he has, or has accepted. It is nil
// until the queue has told; then his page is told again. The queue is asked
// once for each epoch of a ticket, beside whoever composes a state.
func (s *Server) whyOf(ctx context.Context, o *owner, c call.Call, agent string) *protocol.WhyView {
	known := o.why.Load()
	if known == nil || known.epoch != c.Epoch {
		if before := o.whyAsked.Load(); before != c.Epoch && o.whyAsked.CompareAndSwap(before, c.Epoch) {
			s.spawn(func() { s.explain(o, c.Epoch, agent) })
		}
		if known == nil {
			return nil
		}
	}
	for _, w := range known.offers {
		if w.Agent == agent && (w.Result == "" || w.Result == "accepted") {
			view := s.whyView(ctx, w)
			return &view
		}
	}
	return nil
}

func (s *Server) explain(o *owner, epoch int64, agent string) {
	ctx, cancel := context.WithTimeout(s.life, s.Numbers.Store)
	defer cancel()
	offers, err := s.Queue.Why(ctx, o.ticket)
	if err != nil {
		s.Logger.Debug("offer not explained", "ticket", o.ticket, "err", err)
		o.whyAsked.CompareAndSwap(epoch, 0) // the next state asks again
		return
	}
	o.why.Store(&explained{epoch, offers})
	s.mark("", agent)
}

// whyView gives an explanation the names that people know.
func (s *Server) whyView(ctx context.Context, w queue.Why) protocol.WhyView {
	view := protocol.WhyView{
		AtMS: w.AtMS, Agent: w.Agent, Name: s.nameOf(ctx, w.Agent), Rule: protocol.Rule(w.Rule), WaitedMS: w.WaitedMS,
		Need: append([]string{}, w.Need...), Step: w.Step, AheadN: w.AheadN, Result: w.Result,
		Agents: []protocol.WhyAgent{}, Ahead: []protocol.WhyTicket{},
	}
	for _, a := range w.Agents {
		view.Agents = append(view.Agents, protocol.WhyAgent{ID: a.Agent, Name: s.nameOf(ctx, a.Agent), Because: a.Because})
	}
	tickets := s.view.Load().tickets
	for _, t := range w.Ahead {
		row := protocol.WhyTicket{Because: t.Because}
		if ticket := tickets[t.Ticket]; ticket != nil {
			row.Number = ticket.Number
		}
		view.Ahead = append(view.Ahead, row)
	}
	return view
}

// nameOf is a member of staff's name, or his login when nobody knows more.
func (s *Server) nameOf(ctx context.Context, id string) string {
	if p, err := s.book.person(ctx, id); err == nil && p.Name != "" {
		return p.Name
	}
	return id
}
