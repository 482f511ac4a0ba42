package signaling

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/signaling/call"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// lane holds what one store has not taken yet, in order.
type lane []any

func (l *lane) add(o *owner, effect any) {
	*l = append(*l, effect)
	o.server.metrics.unsaved.Inc()
}

// perform carries out one effect. A commit effect returns the event that says
// that it succeeded.
func (o *owner) perform(ctx context.Context, effect any) (event any, err error) {
	s := o.server
	switch e := effect.(type) {
	case call.Show:
		s.mark(o.c.Station, e.Desk)
	case call.OpenGate:
		o.openGate(e.Epoch)
	case call.ShutGate:
		s.Media.Shut(o.ticket)
	case call.LeaveRoom:
		if e.Participant != "" {
			s.Media.Leave(o.ticket, e.Participant)
		}
	case call.CloseRoom:
		s.Media.CloseRoom(o.ticket)
	case call.HoldMedia:
		s.Media.Hold(o.ticket, e.On)
	case call.Rebind:
		if err := s.Media.HandOver(o.ticket, e.Participant, e.Epoch); err != nil { // he joins anew with his grant
			s.Logger.Info("connection not handed over", "ticket", o.ticket, "agent", e.Participant, "err", err)
			o.openGate(e.Epoch)
		}
	case call.SaveConnected, call.SaveEnd, call.SaveRequeue, call.SaveAbandon, call.SaveCourse, call.SaveUnfinished, call.SaveHandOver:
		o.unsaved.add(o, e)
	case call.TellConnected, call.TellHangUp, call.TellFinish, call.TellAbandon, call.TellDrop, call.TellBack, call.TellRequeue, call.TellAgain, call.TellThirdLeave:
		o.untold.add(o, e)
	default:
		ctx, cancel := context.WithTimeout(ctx, 2*s.Numbers.Store)
		defer cancel()
		return o.commit(ctx, effect)
	}
	return nil, nil
}

// commit carries out an effect that decides.
func (o *owner) commit(ctx context.Context, effect any) (event any, err error) {
	s := o.server
	switch e := effect.(type) {
	case call.CommitAccept:
		return o.commitAccept(ctx, e)
	case call.CompareAccept:
		r, err := s.Store.Call(ctx, o.ticket)
		if err == nil && r.Ticket.State == "active" && r.Ticket.Epoch >= e.Epoch {
			return call.Accepted{Agent: r.Ticket.Agent, Epoch: r.Ticket.Epoch, AtMS: r.Ticket.AcceptedMS}, nil
		}
		return call.Orphaned(e), o.counted("records", err)
	case call.CommitRevise:
		return o.commitRevise(ctx, e)
	case call.CommitJudge:
		err := s.Store.Judge(ctx, o.ticket, e.Page, SlotVerdict{e.Slot, string(e.Verdict), e.Reason}, e.Agent, e.AtMS)
		return call.Judged(e), o.counted("records", err)
	case call.CommitFinish:
		o.flush(ctx)
		if len(o.unsaved) > 0 { // its end is not in SQL yet, so SQL would refuse
			return nil, fmt.Errorf("finish: %w", ErrUnavailable)
		}
		err := s.Store.Finish(ctx, Finish{Ticket: o.ticket, Agent: e.Agent, Epoch: e.Epoch,
			Disposition: string(e.Disposition), NextStep: string(e.NextStep), Note: e.Note, AtMS: e.AtMS})
		if errors.Is(err, ErrStale) {
			o.endIfClosed(ctx)
		}
		return call.Finished(e), o.counted("records", err)
	case call.CommitLeave:
		err := s.Store.Abandon(ctx, o.ticket, string(e.Reason), e.AtMS)
		return call.Left{AtMS: e.AtMS, Reason: e.Reason}, o.counted("records", err)
	case call.CommitExtend:
		t, err := s.Queue.Extend(ctx, o.ticket, e.Agent, e.Epoch)
		return call.Extended{WrapUpEndsMS: t.WrapUpEndsMS}, o.counted("queue", queueError(err))
	case call.TellDecline:
		err := s.Queue.Decline(ctx, o.ticket, e.Agent, e.Epoch, e.Reason)
		s.wakeRefresh()
		return nil, o.counted("queue", queueError(err))
	case call.TellShown:
		return nil, o.counted("queue", queueError(s.Queue.Shown(ctx, o.ticket, e.Agent, e.Epoch)))
	case call.CommitHold, call.CommitTransfer, call.CommitInvite, call.CommitThirdLeave, call.CommitHandOver,
		call.CommitThirdAccept, call.TellThirdDecline, call.TellThirdShown:
		return o.commitParty(ctx, effect)
	}
	return nil, fmt.Errorf("signaling: unknown effect %T", effect)
}

// endIfClosed ends a wrap-up that SQL has closed without this call: somebody
// else gave it up.
func (o *owner) endIfClosed(ctx context.Context) {
	r, err := o.server.Store.Call(ctx, o.ticket)
	if err != nil || r.Ticket.State != "closed" {
		return
	}
	if err := o.post(letter{event: call.Given{Reason: "closed", AtMS: nowMS()}}); err != nil {
		o.server.Logger.Debug("closed call is over", "ticket", o.ticket, "err", err)
	}
}

// counted counts err when it is the store's fault.
func (o *owner) counted(store string, err error) error {
	if errors.Is(err, ErrUnavailable) || errors.Is(err, errQueueAway) {
		o.server.metrics.failures.WithLabelValues(store).Inc()
	}
	return err
}

// commitAccept asks the queue first, because it decides who wins, and then
// commits to SQL; only then does anyone hear of it. If SQL cannot take it, the
// ticket goes back to its place.
func (o *owner) commitAccept(ctx context.Context, e call.CommitAccept) (event any, err error) {
	s := o.server
	defer func() {
		result := "ok"
		if err != nil {
			result = string(codeOf(err))
		}
		s.metrics.accepts.WithLabelValues(result).Inc()
	}()
	t, err := s.Queue.Accept(ctx, o.ticket, e.Agent, e.Epoch)
	if err != nil {
		s.wakeRefresh()
		return nil, o.counted("queue", queueError(err))
	}
	at := t.AcceptedMS
	if at == 0 {
		at = nowMS()
	}
	if err := s.Store.Accept(ctx, o.ticket, e.Agent, t.Epoch, at); err != nil {
		o.untold.add(o, call.TellBack{Epoch: t.Epoch})
		return nil, fmt.Errorf("accept: %w", o.counted("records", err))
	}
	o.accepted = time.Now()
	return call.Accepted{Agent: e.Agent, Epoch: t.Epoch, AtMS: at}, nil
}

// commitRevise writes SQL first; the queue follows when it can, because only
// the skills of the match depend on it.
func (o *owner) commitRevise(ctx context.Context, e call.CommitRevise) (any, error) {
	s := o.server
	revised := call.Revised{Who: e.Who, Theme: e.Theme, Matter: e.Matter}
	var skills []string
	if e.Matter != "" {
		m, err := s.book.matter(ctx, e.Matter)
		if err != nil {
			return nil, err
		}
		revised.Slots = slotViews(m.Slots, nil)
		if revised.Theme == "" {
			revised.Theme = m.Theme
		}
		if m.Family != "" {
			skills = []string{m.Family}
		}
	}
	if err := s.Store.Revise(ctx, o.ticket, string(e.Who), revised.Theme, e.Matter); err != nil {
		return nil, o.counted("records", err)
	}
	o.untold.add(o, queue.Revision{Who: string(e.Who), Theme: revised.Theme, Matter: e.Matter, Skills: skills})
	return revised, nil
}

// openGate opens the room for an epoch. A room that nobody has joined yet is
// opened by the first join.
func (o *owner) openGate(epoch int64) {
	if err := o.server.Media.Open(o.ticket, epoch); err != nil {
		o.server.Logger.Debug("gate opens with the first join", "ticket", o.ticket, "err", err)
	}
}

// flush gives both stores what they have not taken yet, and says whether
// something is left. What is refused for good is logged and let go: the
// reconciler compares the two stores in the end.
func (o *owner) flush(ctx context.Context) (left bool) {
	if o.flushing { // called from within an effect of its own
		return len(o.unsaved)+len(o.untold) > 0
	}
	o.flushing = true
	defer func() { o.flushing = false }()
	o.drain(ctx, &o.unsaved, "records", o.save)
	o.drain(ctx, &o.untold, "queue", o.tell)
	return len(o.unsaved)+len(o.untold) > 0
}

func (o *owner) drain(ctx context.Context, l *lane, store string, do func(context.Context, any) error) {
	s := o.server
	for len(*l) > 0 {
		effect := (*l)[0]
		try, cancel := context.WithTimeout(ctx, s.Numbers.Store)
		err := do(try, effect)
		cancel()
		if err != nil && !lasting(err) {
			s.metrics.failures.WithLabelValues(store).Inc()
			return
		}
		if err != nil {
			s.Logger.Warn("change refused", "ticket", o.ticket, "store", store, "change", fmt.Sprintf("%T", effect), "err", err)
		}
		*l = (*l)[1:]
		s.metrics.unsaved.Dec()
		if store == "queue" {
			s.wakeRefresh()
		}
	}
}

// save carries out one write to SQL.
func (o *owner) save(ctx context.Context, effect any) error {
	store := o.server.Store
	switch e := effect.(type) {
	case call.SaveConnected:
		return store.Connected(ctx, o.ticket, e.Epoch, e.AtMS)
	case call.SaveEnd:
		return store.End(ctx, o.ticket, e.Epoch, string(e.Reason), e.AtMS)
	case call.SaveHandOver:
		return store.Accept(ctx, o.ticket, e.Agent, e.Epoch, e.AtMS)
	case call.SaveRequeue:
		return store.Requeue(ctx, o.ticket, e.Epoch)
	case call.SaveAbandon:
		return store.Abandon(ctx, o.ticket, e.Reason, e.AtMS)
	case call.SaveCourse:
		return store.AddCourse(ctx, o.ticket, CourseEvent{e.Event.AtMS, e.Event.Kind, e.Event.Detail})
	case call.SaveUnfinished:
		err := store.Finish(ctx, Finish{Ticket: o.ticket, Agent: e.Agent, Epoch: e.Epoch,
			Disposition: string(protocol.DispositionDisconnected), NextStep: string(protocol.NextFollow), AtMS: e.AtMS})
		if errors.Is(err, ErrStale) { // in line there, or closed
			err = store.Abandon(ctx, o.ticket, string(e.Reason), e.AtMS)
		}
		return err
	}
	return fmt.Errorf("%w: %T", ErrNotFound, effect)
}

// tell carries out one change in the queue.
func (o *owner) tell(ctx context.Context, effect any) error {
	q := o.server.Queue
	var err error
	switch e := effect.(type) {
	case enqueue:
		var t queue.Ticket
		t, err = q.Enqueue(ctx, e.ticket, o.idem)
		if refused := errors.Is(err, queue.ErrFull) || errors.Is(err, queue.ErrClosed); refused && !o.kept {
			o.refused = err
			return o.step(ctx, call.Given{Reason: string(protocol.EndRefused), AtMS: nowMS()})
		} else if refused { // its resident was told a number while Redis was away
			t, err = q.Restore(ctx, e.ticket)
		}
		if err == nil {
			return o.step(ctx, call.Enqueued{Epoch: t.Epoch})
		}
		o.kept = true
	case queue.Revision:
		_, err = q.Revise(ctx, o.ticket, e)
	case call.TellConnected:
		_, err = q.Connected(ctx, o.ticket, e.Epoch)
	case call.TellHangUp:
		var t queue.Ticket
		if t, err = q.HangUp(ctx, o.ticket, e.Epoch, string(e.Reason)); err == nil && t.State == queue.WrapUp {
			return o.step(ctx, seen(t, nowMS()))
		}
	case call.TellFinish:
		err = q.Finish(ctx, o.ticket, e.Agent, e.Epoch)
	case call.TellAbandon:
		err = q.Abandon(ctx, o.ticket, string(e.Reason))
	case call.TellDrop:
		err = q.Drop(ctx, o.ticket)
	case call.TellBack:
		_, err = q.Requeue(ctx, o.ticket, e.Epoch, "accept_lost")
	case call.TellRequeue:
		_, err = q.Requeue(ctx, o.ticket, e.Epoch, "agent_revoked") // the next snapshot tells its place too
	case call.TellThirdLeave:
		_, err = q.ThirdLeave(ctx, o.ticket, e.Target)
	case call.TellAgain:
		return o.tellAgain(ctx)
	default:
		err = ErrNotFound
	}
	return err
}

// tellAgain puts the ticket back into a queue that has forgotten it.
func (o *owner) tellAgain(ctx context.Context) error {
	s := o.server
	if o.c.State == call.Closed {
		return nil
	}
	if o.c.State == call.WrapUp {
		if r, err := s.Store.Call(ctx, o.ticket); err == nil && r.Ticket.State == "closed" {
			return o.step(ctx, call.Given{Reason: "closed", AtMS: nowMS()})
		}
	}
	station, err := s.book.station(ctx, o.station)
	if err != nil {
		return err
	}
	t, err := s.Queue.Restore(ctx, queueTicket(o.c, station.Affinity, s.skillsOf(ctx, o.c.Matter)))
	if errors.Is(err, queue.ErrState) && o.c.State == call.WrapUp { // its agent has taken another: nobody will finish it
		return o.step(ctx, call.Given{Reason: "unfinished", AtMS: nowMS()})
	}
	if err != nil {
		return err
	}
	if t.State == queue.Closed { // the queue closed it and nobody noticed
		return o.step(ctx, call.Given{Reason: t.Reason, AtMS: nowMS()})
	}
	if err := o.step(ctx, call.Enqueued{}); err != nil {
		return err
	}
	return o.step(ctx, seen(t, nowMS()))
}
