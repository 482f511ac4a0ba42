package signaling

import (
	"context"
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/signaling/call"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// boardCommand carries out what a supervisor does to the line. The audit is
// written after it: when that fails the sender hears so, and the same command
// sent again changes nothing more and writes it.
func (s *Server) boardCommand(ctx context.Context, by string, m protocol.Message) error {
	switch e := m.(type) {
	case protocol.TicketAssign:
		if len(e.Ticket) > maxField || len(e.Agent) > maxField || utf8.RuneCountInString(e.Reason) > maxSay {
			return errMalformed
		}
		_, err := s.Queue.Assign(ctx, e.Ticket, e.Agent, by, e.Reason)
		s.wakeRefresh()
		if err != nil {
			return queueError(err)
		}
		return s.audit(ctx, by, "ticket.assign", e.Ticket, map[string]string{"agent": e.Agent, "reason": e.Reason})
	case protocol.TicketReprioritise:
		if len(e.Ticket) > maxField || e.Priority < 0 || e.Priority > maxPriority || utf8.RuneCountInString(e.Reason) > maxSay {
			return errMalformed
		}
		was := s.view.Load().tickets[e.Ticket]
		if _, err := s.Queue.Reprioritise(ctx, e.Ticket, e.Priority, by); err != nil {
			return queueError(err)
		}
		s.wakeRefresh()
		if err := s.Store.Reprioritise(ctx, e.Ticket, e.Priority); err != nil {
			return err
		}
		detail := map[string]string{"priority": strconv.Itoa(e.Priority), "reason": e.Reason}
		if was != nil {
			detail["priority_was"] = strconv.Itoa(was.Priority)
		}
		return s.audit(ctx, by, "ticket.reprioritise", e.Ticket, detail)
	case protocol.MessageSend:
		return s.announceTo(ctx, by, e)
	}
	return errForbidden
}

// maxPriority is the highest that a ticket may have.
const maxPriority = 3

func (s *Server) audit(ctx context.Context, actor, action, object string, detail map[string]string) error {
	if s.Audit == nil {
		return nil
	}
	if err := s.Audit(ctx, actor, action, object, detail); err != nil {
		return fmt.Errorf("audit %s: %w: %w", action, ErrUnavailable, err)
	}
	return nil
}

// announceTo puts a sentence on the screen of one who waits, or of all. What it
// says does not stand in the audit, which holds no personal data.
func (s *Server) announceTo(ctx context.Context, by string, m protocol.MessageSend) error {
	if utf8.RuneCountInString(m.Text) > maxSay || len(m.Station) > maxField {
		return errMalformed
	}
	event, told := call.Announce{Text: m.Text}, s.announceElsewhere(ctx, announcement{m.Station, m.Text})
	if m.Station != "" {
		o := s.owner(s.ticketOf(m.Station))
		if o == nil && told == 0 {
			return call.ErrUnexpected
		}
		if o != nil {
			if _, err := o.ask(ctx, event); err != nil {
				return err
			}
			told = 1
		}
	} else {
		for _, o := range s.waiting() {
			if o.post(letter{event: event}) == nil {
				told++
			}
		}
	}
	return s.audit(ctx, by, "message.send", m.Station, map[string]string{
		"stations": strconv.Itoa(told), "characters": strconv.Itoa(utf8.RuneCountInString(m.Text)),
	})
}

// waiting lists the calls whose resident waits here.
func (s *Server) waiting() []*owner {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []*owner
	for _, o := range s.owners {
		if state := o.shows.Load().call.State; state == call.Waiting || state == call.Offered {
			list = append(list, o)
		}
	}
	return list
}

// pull offers a waiting ticket to the agent who asks for it.
func (s *Server) pull(ctx context.Context, agent, ticket string) error {
	if len(ticket) > maxField {
		return errMalformed
	}
	_, err := s.Queue.Pull(ctx, ticket, agent)
	s.wakeRefresh()
	return queueError(err)
}

// waitingRow is a ticket of the line as desks and boards list it.
func waitingRow(t queue.Ticket) protocol.QueueRow {
	row := protocol.QueueRow{
		Ticket: t.ID, Number: t.Number, Station: t.Station, Matter: t.Matter, Who: protocol.Who(t.Who),
		Priority: t.Priority, SinceMS: t.ArrivedMS, State: string(t.State), Agent: t.Agent,
		Why: t.State == queue.Offered || len(t.Excluded) > 0 || t.AcceptedMS > 0,
	}
	if t.Timed() {
		row.Kind, row.DueMS = protocol.TicketKind(t.Kind), t.DueMS
	}
	return row
}
