package signaling

import (
	"context"
	"fmt"

	"github.com/remotewindow/remotewindow/signaling/call"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// adopt makes this node the owner of a ticket that it finds in the queue or in
// the records: after a restart, or when a station or an agent comes back to a
// ticket that nobody owns. It returns nil without error for a closed ticket.
func (s *Server) adopt(ctx context.Context, ticket string) (*owner, error) {
	for {
		s.mu.Lock()
		if o := s.owners[ticket]; o != nil {
			s.mu.Unlock()
			return o, nil
		}
		under, ok := s.adopting[ticket]
		if !ok {
			s.adopting[ticket] = make(chan bool)
			s.mu.Unlock()
			break
		}
		s.mu.Unlock()
		select {
		case <-under:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	defer func() {
		s.mu.Lock()
		close(s.adopting[ticket])
		delete(s.adopting, ticket)
		s.mu.Unlock()
	}()
	ctx, cancel := context.WithTimeout(ctx, s.Numbers.Store)
	defer cancel()
	r, err := s.Store.Call(ctx, ticket)
	if err != nil {
		return nil, fmt.Errorf("restore call: %w", err)
	}
	if r.Ticket.State == "closed" {
		return nil, nil
	}
	changed, err := s.claim(ctx, r.Ticket)
	if err != nil {
		return nil, fmt.Errorf("restore call: %w", err)
	}
	if changed {
		if r, err = s.Store.Call(ctx, ticket); err != nil { // with what the old home wrote last
			return nil, fmt.Errorf("restore call: %w", err)
		}
	}
	slots, err := s.slotsOf(ctx, r.Ticket.Matter)
	if err != nil {
		return nil, fmt.Errorf("restore call: %w", err)
	}
	c := callOf(r, slots)
	if c.State == call.Closed {
		return nil, nil
	}
	c.Enqueued = s.view.Load().tickets[ticket] != nil
	s.Logger.Info("call restored", "ticket", ticket, "station", c.Station, "agent", c.Agent, "epoch", c.Epoch, "state", string(c.State))
	return s.own(c, "", call.Resume{Known: c.Enqueued}), nil
}

// slotsOf is the checklist of a matter, or the default one.
func (s *Server) slotsOf(ctx context.Context, matter string) ([]SlotInfo, error) {
	if matter == "" {
		return s.book.defaultSlots(ctx)
	}
	m, err := s.book.matter(ctx, matter)
	return m.Slots, err
}

// callOf rebuilds a call from the records.
func callOf(r CallRecord, slots []SlotInfo) call.Call {
	t := r.Ticket
	c := call.Call{
		Ticket: t.ID, Number: t.Number, Case: t.Case, Station: t.Station, Priority: t.Priority,
		Who: protocol.Who(t.Who), Theme: t.Theme, Matter: t.Matter, Epoch: t.Epoch, Agent: t.Agent,
		ArrivedMS: t.ArrivedMS, SinceMS: t.ArrivedMS, AcceptedMS: t.AcceptedMS, ConnectedMS: t.ConnectMS,
		EndedMS: t.EndedMS, Ended: protocol.EndReason(t.Ended),
		Disposition: protocol.Disposition(t.Dispo), NextStep: protocol.NextStep(t.NextStep),
		Kind: protocol.TicketKind(t.Kind), DueMS: t.DueMS,
	}
	switch {
	case t.State == "closed":
		c.State = call.Closed
	case t.State == "wrapup":
		c.State, c.SinceMS = call.WrapUp, t.EndedMS
	case t.State == "active" && t.ConnectMS == 0:
		c.State, c.SinceMS = call.Connecting, t.AcceptedMS
	case t.State == "active":
		c.State, c.SinceMS = call.Active, t.ConnectMS
	default:
		c.State, c.Agent = call.Waiting, ""
	}
	for _, p := range r.Pages {
		c.Pages = append(c.Pages, protocol.PageView{
			ID: p.ID, Slot: p.Slot, Side: protocol.Side(p.Side), SHA256: p.SHA256, Bytes: p.Bytes, MIME: p.MIME,
			Width: p.Width, Height: p.Height, Sharp: p.Sharp, AtMS: p.AtMS, Verdict: protocol.Verdict(p.Verdict), Reason: p.Reason,
		})
	}
	c.Slots = slotViews(slots, c.Pages)
	for _, v := range r.Slots {
		for i := range c.Slots {
			if c.Slots[i].ID == v.Slot {
				c.Slots[i].Verdict, c.Slots[i].Reason = protocol.Verdict(v.Verdict), v.Reason
			}
		}
	}
	for _, e := range r.Course {
		c.Course = append(c.Course, protocol.CallEvent(e))
	}
	return c
}

// slotViews is a checklist with the pages that belong to it.
func slotViews(slots []SlotInfo, pages []protocol.PageView) []protocol.SlotView {
	views := make([]protocol.SlotView, 0, len(slots))
	for _, slot := range slots {
		v := protocol.SlotView{ID: slot.ID, Title: slot.Title, Note: slot.Note, Sides: []protocol.Side{}, Pages: []string{}}
		for _, side := range slot.Sides {
			v.Sides = append(v.Sides, protocol.Side(side))
		}
		for _, p := range pages {
			if p.Slot == slot.ID {
				v.Pages = append(v.Pages, p.ID)
			}
		}
		views = append(views, v)
	}
	return views
}
