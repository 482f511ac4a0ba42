package signaling

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/sfu"
	"github.com/remotewindow/remotewindow/sfu/capture"
	"github.com/remotewindow/remotewindow/signaling/call"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

const (
	maxNote  = 2000 // characters
	maxSay   = 120
	maxField = 64 // bytes of an id or key inside a message
)

// command carries a message of a page out. A nil answer means ok.
func (s *Server) command(ctx context.Context, x *session, id string, m protocol.Message) (protocol.Message, error) {
	if home := s.homeOf(x, m); home != "" { // which asks the same question
		return s.forward(ctx, home, x, id, m)
	}
	if err := s.authorize(ctx, x.who, m); err != nil {
		return nil, err
	}
	switch e := m.(type) {
	case protocol.Hello: // a second one
		return nil, errForbidden
	case protocol.MediaOffer:
		return s.offerMedia(ctx, x, e)
	case protocol.MediaRestart:
		return s.restartMedia(ctx, x, e)
	case protocol.MediaReport:
		return nil, nil
	}
	switch x.who.Face {
	case protocol.FaceStation:
		return nil, s.stationCommand(ctx, x, id, m)
	case protocol.FaceDesk:
		return nil, s.deskCommand(ctx, x, id, m)
	case protocol.FaceBoard:
		return nil, s.boardCommand(ctx, x.who.ID, m)
	}
	return nil, errForbidden
}

func (s *Server) stationCommand(ctx context.Context, x *session, id string, m protocol.Message) error {
	station := x.who.ID
	tell := func(event any) error {
		o := s.owner(s.ticketOf(station))
		if o == nil {
			return call.ErrUnexpected
		}
		_, err := o.ask(ctx, event)
		return err
	}
	switch e := m.(type) {
	case protocol.TicketTake:
		return s.press(ctx, station, id, e)
	case protocol.TicketRevise:
		if len(e.Theme) > maxField || len(e.Matter) > maxField || !slices.Contains([]protocol.Who{"", protocol.WhoSelf, protocol.WhoSpecialist, protocol.WhoFamily}, e.Who) {
			return errMalformed
		}
		return tell(call.Revise{Who: e.Who, Theme: e.Theme, Matter: e.Matter})
	case protocol.TicketLeave:
		return tell(call.Leave{AtMS: nowMS()})
	case protocol.CallHangUp:
		return tell(call.HangUp{By: call.Station, AtMS: nowMS()})
	case protocol.CaptureConfirm:
		return tell(call.Confirm{Slot: e.Slot})
	case protocol.StationReport:
		return s.report(ctx, station, e)
	case protocol.StationHelp:
		return s.callHelp(ctx, station)
	case protocol.StationReset:
		s.resetBooth(ctx, station)
		s.mark(station, "")
		return nil
	case protocol.CallbackTake:
		return s.takeCallback(ctx, station, id, e)
	case protocol.BookingCancel:
		return s.cancelBooking(ctx, station, e.Ticket)
	case protocol.MaterialsLeave:
		return s.leaveMaterials(ctx, station, id, e)
	}
	return errForbidden
}

// press is the one touch that enqueues. It is committed to SQL before anyone
// is told; Redis may follow later.
func (s *Server) press(ctx context.Context, station, id string, m protocol.TicketTake) error {
	if len(m.ConsentText) > maxField || len(m.Lang) > 8 {
		return errMalformed
	}
	info, err := s.book.station(ctx, station)
	if err != nil {
		return err
	}
	hours, err := s.book.hours(ctx)
	if err != nil {
		return err
	}
	if s.owner(s.ticketOf(station)) != nil {
		return nil // it waits already
	}
	if s.Draining() {
		return errDraining
	}
	if !hours.Open || info.Closed {
		return errClosed
	}
	if s.view.Load().full(s.Queue.Numbers().MaxWaiting) && s.queueAwayMS() == 0 {
		return queue.ErrFull
	}
	if id == "" {
		id = randomID()
	}
	key := station + ":" + id
	t, err := s.Store.Admit(ctx, Admission{
		Key: key, Station: station, ConsentText: m.ConsentText, Lang: m.Lang, Affinity: info.Affinity, AtMS: nowMS(),
	})
	if err != nil {
		return err
	}
	switch t.State {
	case "closed":
		return nil // a repeat of a press that has had its call
	case "", "waiting":
	default:
		o, err := s.adopt(ctx, t.ID)
		if err == nil && o != nil && o.ended() {
			return fmt.Errorf("the last call's end is not saved yet: %w", ErrUnavailable)
		}
		return err
	}
	slots, err := s.slotsOf(ctx, t.Matter)
	if err != nil {
		s.Logger.Warn("no checklist", "ticket", t.ID, "err", err)
	}
	c := callOf(CallRecord{Ticket: t}, slots)
	o := s.own(c, key, nil)
	if o == nil {
		return context.Canceled
	}
	if o.ended() { // SQL has put it back in line and does not know yet that its resident hung up
		return fmt.Errorf("the last call's end is not saved yet: %w", ErrUnavailable)
	}
	s.Logger.Info("call", "ticket", t.ID, "station", station, "state", string(call.Waiting))
	s.mark(station, "")
	if _, err := o.ask(ctx, enqueue{queueTicket(c, t.Affinity, s.skillsOf(ctx, t.Matter))}); errors.Is(err, queue.ErrFull) || errors.Is(err, queue.ErrClosed) {
		s.mark(station, "")
		return err
	} else if err != nil {
		s.Logger.Warn("press kept, not enqueued yet", "ticket", t.ID, "err", err)
	}
	s.mark(station, "")
	return nil
}

// skillsOf are what an agent needs for a matter; none while it is not known.
func (s *Server) skillsOf(ctx context.Context, matter string) []string {
	if matter == "" {
		return nil
	}
	m, err := s.book.matter(ctx, matter)
	if err != nil || m.Family == "" {
		return nil
	}
	return []string{m.Family}
}

func (s *Server) deskCommand(ctx context.Context, x *session, id string, m protocol.Message) error {
	agent := x.who.ID
	tell := func(o *owner, event any) error {
		if o == nil {
			return call.ErrUnexpected
		}
		_, err := o.ask(ctx, event)
		return err
	}
	inCall := func() *owner { return s.ownerOf(agent, call.Connecting, call.Active) }
	switch e := m.(type) {
	case protocol.AgentSet:
		return s.setPresence(ctx, x, e)
	case protocol.OfferShown:
		return s.offered(ctx, e.Ticket, call.Shown{Agent: agent, Epoch: e.Epoch})
	case protocol.OfferAccept:
		return s.offered(ctx, e.Ticket, call.Accept{Agent: agent, Epoch: e.Epoch})
	case protocol.OfferDecline:
		if len(e.Reason) > maxField {
			return errMalformed
		}
		return s.offered(ctx, e.Ticket, call.Decline{Agent: agent, Epoch: e.Epoch, Reason: e.Reason})
	case protocol.CallHangUp:
		o := inCall()
		if o == nil {
			o = s.ownerOf(agent, call.WrapUp)
		}
		return tell(o, call.HangUp{By: call.Agent, Agent: agent, AtMS: nowMS()})
	case protocol.CaptureAsk:
		if len(e.Hint) > maxField {
			return errMalformed
		}
		return tell(inCall(), call.Ask{Agent: agent, ID: randomID(), Upload: newSecret(), Slot: e.Slot, Side: e.Side, Hint: e.Hint})
	case protocol.CaptureCancel:
		return tell(inCall(), call.Cancel{Agent: agent})
	case protocol.SlotJudge:
		return s.judge(ctx, agent, e)
	case protocol.StationSay:
		if utf8.RuneCountInString(e.Text) > maxSay {
			return errMalformed
		}
		return tell(inCall(), call.Say{Agent: agent, Text: e.Text})
	case protocol.WrapUpExtend:
		return tell(s.ownerOf(agent, call.WrapUp), call.Extend{Agent: agent})
	case protocol.CallFinish:
		return s.finish(ctx, agent, e)
	case protocol.TicketPull:
		return s.pull(ctx, agent, e.Ticket)
	case protocol.CallHold, protocol.CallTransfer, protocol.CallInvite, protocol.CallInviteEnd,
		protocol.CallHandOver, protocol.ThirdLeave:
		return s.partyCommand(ctx, agent, m)
	case protocol.BookingMake:
		return s.makeBooking(ctx, agent, id, e)
	case protocol.ReviewTake:
		return s.takeReview(ctx, agent, e.Ticket)
	case protocol.ReviewReturn:
		return s.returnReview(ctx, agent, e.Ticket)
	}
	return errForbidden
}

// offered passes an answer to an offer on. A ticket that is gone is stale: the
// page learns the same as when somebody else was faster.
func (s *Server) offered(ctx context.Context, ticket string, event any) error {
	o := s.owner(ticket)
	if o == nil {
		return call.ErrStale
	}
	_, err := o.ask(ctx, event)
	return err
}

func (s *Server) judge(ctx context.Context, agent string, m protocol.SlotJudge) error {
	switch m.Verdict {
	case protocol.VerdictOpen, protocol.VerdictPassed, protocol.VerdictRetake, protocol.VerdictNA:
	default:
		return errMalformed
	}
	if len(m.Reason) > maxField || len(m.Page) > maxField {
		return errMalformed
	}
	o := s.ownerOf(agent, call.Connecting, call.Active)
	if o == nil {
		o = s.ownerOf(agent, call.WrapUp)
	}
	if o == nil {
		return call.ErrUnexpected
	}
	_, err := o.ask(ctx, call.Judge{Agent: agent, ID: randomID(), Upload: newSecret(), Slot: m.Slot, Page: m.Page,
		Verdict: m.Verdict, Reason: m.Reason, AtMS: nowMS()})
	return err
}

func (s *Server) finish(ctx context.Context, agent string, m protocol.CallFinish) error {
	if !slices.Contains(protocol.Dispositions, m.Disposition) || utf8.RuneCountInString(m.Note) > maxNote ||
		!slices.Contains([]protocol.NextStep{protocol.NextClose, protocol.NextRelay, protocol.NextFollow}, m.NextStep) {
		return errMalformed
	}
	if t := s.view.Load().tickets[m.Ticket]; t != nil && t.State == queue.Review {
		return s.finishReview(ctx, agent, m)
	}
	o := s.owner(m.Ticket)
	if o == nil { // nobody has taken it up since a restart
		var err error
		if o, err = s.adopt(ctx, m.Ticket); err != nil {
			return err
		}
		if o == nil {
			return call.ErrStale
		}
	}
	_, err := o.ask(ctx, call.Finish{Agent: agent, Epoch: m.Epoch, Disposition: m.Disposition,
		NextStep: m.NextStep, Note: m.Note, AtMS: nowMS()})
	return err
}

// pageEvent is what the SFU says of a page, as an event of the call.
func pageEvent(e sfu.Event) any {
	if e.Page == nil {
		return nil
	}
	p := e.Page
	switch e.Kind {
	case sfu.PageOffered:
		return call.PageComing{Request: p.Request}
	case sfu.PageFailed:
		return call.PageFailed{Request: p.Request, Code: failureOf(e.Err), AtMS: nowMS()}
	case sfu.PageStored:
		page := pageView(*p)
		page.AtMS = nowMS()
		return call.PageStored{Request: p.Request, Page: page}
	}
	return nil
}

// failureOf is the refusal that a page met, for the desk.
func failureOf(err error) string {
	if err == nil || errors.Is(err, capture.ErrCancelled) {
		return "cancelled"
	}
	return string(capture.RefusalOf(err))
}

// pageView is an offered page as the call knows it.
func pageView(p capture.Offer) protocol.PageView {
	return protocol.PageView{
		ID: hex.EncodeToString(p.Document[:]), Slot: p.Slot, Side: protocol.Side(p.Side), SHA256: p.SHA256, Bytes: p.Size,
		MIME: p.MIME, Width: p.Width, Height: p.Height, Sharp: p.Sharp,
	}
}
