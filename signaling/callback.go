package signaling

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/signaling/call"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

const (
	// soonest is when a centre that never closes calls back.
	soonest = 30 * time.Minute
	// farthest is how far ahead an appointment may be.
	farthest = 60 * 24 * time.Hour
	// perStation is how many call-backs, appointments and pre-reviews of one
	// station may stand open.
	perStation = 20
)

// takeCallback is a press that does not wait at the station.
func (s *Server) takeCallback(ctx context.Context, station, id string, m protocol.CallbackTake) error {
	if len(m.ConsentText) > maxField || len(m.Lang) > 8 {
		return errMalformed
	}
	now, kind := nowMS(), protocol.KindBooking
	if m.DueMS == 0 {
		kind, m.DueMS = protocol.KindCallback, s.nextOpening(now)
	}
	a := Admission{Station: station, ConsentText: m.ConsentText, Lang: m.Lang, AtMS: now, Kind: string(kind), DueMS: m.DueMS}
	waits := s.owner(s.ticketOf(station))
	if waits != nil {
		c := waits.shows.Load().call
		if c.State != call.Waiting && c.State != call.Offered || c.Kind != "" && c.Kind != protocol.KindCall {
			return call.ErrUnexpected
		}
		a.ArrivedMS, a.Matter = c.ArrivedMS, c.Matter
	}
	if err := s.schedule(ctx, id, a); err != nil {
		return err
	}
	if waits == nil {
		return nil
	}
	_, err := waits.ask(ctx, call.Leave{AtMS: nowMS(), Reason: protocol.EndCallback})
	if errors.Is(err, ErrNotFound) { // it left by itself
		return nil
	}
	return err
}

// makeBooking makes a call-back or an appointment for a station.
func (s *Server) makeBooking(ctx context.Context, agent, id string, m protocol.BookingMake) error {
	if m.Kind != protocol.KindCallback && m.Kind != protocol.KindBooking || len(m.Station) > maxField || len(m.Matter) > maxField {
		return errMalformed
	}
	if m.Matter != "" {
		if _, err := s.book.matter(ctx, m.Matter); err != nil {
			return err
		}
	}
	return s.schedule(ctx, agent+":"+id, Admission{
		Station: m.Station, AtMS: nowMS(), Kind: string(m.Kind), DueMS: m.DueMS, Matter: m.Matter, By: agent,
	})
}

// leaveMaterials makes a pre-review: it waits for an agent, without a call.
func (s *Server) leaveMaterials(ctx context.Context, station, id string, m protocol.MaterialsLeave) error {
	if len(m.ConsentText) > maxField || len(m.Lang) > 8 {
		return errMalformed
	}
	return s.schedule(ctx, id, Admission{
		Station: station, ConsentText: m.ConsentText, Lang: m.Lang, AtMS: nowMS(), Kind: string(protocol.KindPreReview),
	})
}

// schedule commits what has no seat at its station to SQL and then tells the
// queue. When that is away, the reconciler tells it.
func (s *Server) schedule(ctx context.Context, id string, a Admission) error {
	if id == "" {
		id = randomID()
	}
	info, err := s.book.station(ctx, a.Station)
	if err != nil {
		return err
	}
	if info.Closed {
		return errClosed
	}
	v := s.view.Load()
	if a.DueMS != 0 || a.Kind != string(protocol.KindPreReview) {
		switch {
		case a.DueMS < a.AtMS || a.DueMS > a.AtMS+farthest.Milliseconds():
			return errMalformed
		case !openAt(v.snap.Hours, a.DueMS):
			return errClosed
		}
	}
	if len(v.scheduledOf(a.Station)) >= perStation {
		return queue.ErrFull
	}
	a.Key, a.Affinity = a.Station+":"+id, info.Affinity
	t, err := s.Store.Admit(ctx, a)
	if err != nil {
		return err
	}
	if t.State == "closed" {
		return nil // a repeat of one that is over
	}
	_, err = s.Queue.Enqueue(ctx, queue.Ticket{
		ID: t.ID, Kind: queue.Kind(t.Kind), Number: t.Number, Station: t.Station, Affinity: t.Affinity, Matter: t.Matter,
		Skills: s.skillsOf(ctx, t.Matter), Priority: t.Priority, ArrivedMS: t.ArrivedMS, DueMS: t.DueMS,
	}, a.Key)
	if err != nil {
		s.Logger.Warn("kept, not in the queue yet", "ticket", t.ID, "kind", t.Kind, "err", err)
	}
	s.Logger.Info("scheduled", "ticket", t.ID, "station", t.Station, "kind", t.Kind)
	s.push.expect(a.Station, a.By)
	s.wakeRefresh()
	return nil
}

// openAt says whether the centre is open then, as far as it is known; no hours:
// it never closes.
func openAt(hours []queue.Interval, atMS int64) bool {
	return len(hours) == 0 || slices.ContainsFunc(hours, func(i queue.Interval) bool { return i.OpenMS <= atMS && atMS < i.CloseMS }) ||
		atMS >= hours[len(hours)-1].CloseMS // not known yet
}

// nextOpening is when the centre opens next, in half an hour when it never
// closes.
func (s *Server) nextOpening(nowMS int64) int64 {
	for _, i := range s.view.Load().snap.Hours {
		if i.OpenMS > nowMS {
			return i.OpenMS
		}
	}
	return nowMS + soonest.Milliseconds()
}

// cancelBooking takes a call-back, appointment or pre-review back.
func (s *Server) cancelBooking(ctx context.Context, station, ticket string) error {
	if o := s.owner(ticket); o != nil { // its time has come
		_, err := o.ask(ctx, call.Leave{AtMS: nowMS(), Reason: protocol.EndCancelled})
		return err
	}
	if err := s.Store.Abandon(ctx, ticket, string(protocol.EndCancelled), nowMS()); err != nil {
		return err
	}
	err := queueError(s.Queue.Abandon(ctx, ticket, string(protocol.EndCancelled)))
	if err != nil { // SQL has it: the reconciler drops it there
		s.Logger.Warn("taken back, and the queue has not heard", "ticket", ticket, "err", err)
	}
	s.push.expect(station, "")
	s.wakeRefresh()
	return nil
}

// takeReview takes a pre-review in hand: the queue decides who, then SQL knows.
func (s *Server) takeReview(ctx context.Context, agent, ticket string) error {
	if len(ticket) > maxField {
		return errMalformed
	}
	t, err := s.Queue.TakeReview(ctx, ticket, agent)
	s.wakeRefresh()
	if err != nil {
		return queueError(err)
	}
	s.push.expect("", agent)
	if err := s.Store.Accept(ctx, ticket, agent, t.Epoch, nowMS()); err != nil {
		if r, failed := s.Store.Call(ctx, ticket); failed == nil && r.Ticket.Agent == agent && r.Ticket.Epoch == t.Epoch {
			return nil // a repeat
		}
		if _, back := s.Queue.ReturnReview(ctx, ticket, agent, t.Epoch, "not_saved"); back != nil {
			s.Logger.Warn("review not put back", "ticket", ticket, "err", back)
		}
		return err
	}
	return nil
}

// returnReview puts it back at its place; the event tells SQL too.
func (s *Server) returnReview(ctx context.Context, agent, ticket string) error {
	t := s.view.Load().tickets[ticket]
	if t == nil {
		return call.ErrStale
	}
	back, err := s.Queue.ReturnReview(ctx, ticket, agent, t.Epoch, "")
	s.wakeRefresh()
	if err != nil {
		return queueError(err)
	}
	s.push.expect("", agent)
	s.requeueReview(ctx, ticket, back.Epoch)
	return nil
}

func (s *Server) requeueReview(ctx context.Context, ticket string, epoch int64) {
	ctx, cancel := context.WithTimeout(ctx, s.Numbers.Store)
	defer cancel()
	if err := s.Store.Requeue(ctx, ticket, epoch); err != nil && !errors.Is(err, ErrStale) {
		s.Logger.Warn("review put back, and SQL has not heard", "ticket", ticket, "err", err)
	}
}

// finishReview stores the outcome of a pre-review and closes it.
func (s *Server) finishReview(ctx context.Context, agent string, m protocol.CallFinish) error {
	if err := s.Store.End(ctx, m.Ticket, m.Epoch, string(protocol.EndHangUp), nowMS()); err != nil && !errors.Is(err, ErrStale) {
		return err
	}
	err := s.Store.Finish(ctx, Finish{Ticket: m.Ticket, Agent: agent, Epoch: m.Epoch, Disposition: string(m.Disposition),
		NextStep: string(m.NextStep), Note: m.Note, AtMS: nowMS()})
	if err != nil {
		return fmt.Errorf("finish review: %w", err)
	}
	if err := s.Queue.FinishReview(ctx, m.Ticket, agent, m.Epoch); err != nil { // the reconciler drops it
		s.Logger.Warn("review finished, and the queue has not heard", "ticket", m.Ticket, "err", err)
	}
	s.book.forgetToday(agent)
	s.push.expect("", agent)
	s.wakeRefresh()
	return nil
}

// scheduledOf lists what a station has beside the line: call-backs and
// appointments by due time, then pre-reviews.
func (v *view) scheduledOf(station string) []protocol.ScheduledView {
	var list []protocol.ScheduledView
	for _, t := range v.snap.Tickets {
		if t.Station == station && !seated(&t) {
			list = append(list, protocol.ScheduledView{Ticket: t.ID, Number: t.Number, Kind: protocol.TicketKind(t.Kind), DueMS: t.DueMS})
		}
	}
	slices.SortStableFunc(list, func(a, b protocol.ScheduledView) int {
		if late := (a.DueMS == 0); late != (b.DueMS == 0) {
			if late {
				return 1
			}
			return -1
		}
		return cmp.Compare(a.DueMS, b.DueMS)
	})
	return list
}

// scheduledRows lists the call-backs and appointments to come, by due time.
func (v *view) scheduledRows(limit int) []protocol.ScheduledRow {
	var rows []protocol.ScheduledRow
	for _, t := range v.snap.Tickets {
		if t.State == queue.Scheduled {
			rows = append(rows, protocol.ScheduledRow{
				Ticket: t.ID, Number: t.Number, Kind: protocol.TicketKind(t.Kind), Station: t.Station, Matter: t.Matter,
				Priority: t.Priority, SinceMS: t.ArrivedMS, DueMS: t.DueMS,
			})
		}
	}
	slices.SortFunc(rows, func(a, b protocol.ScheduledRow) int {
		return cmp.Or(cmp.Compare(a.DueMS, b.DueMS), cmp.Compare(a.SinceMS, b.SinceMS), cmp.Compare(a.Ticket, b.Ticket))
	})
	return rows[:min(len(rows), limit)]
}

// reviewRows lists the pre-reviews in an agent's hand, then those that wait.
func (v *view) reviewRows(agent string, limit int) []protocol.ReviewRow {
	var rows []protocol.ReviewRow
	for _, mine := range []bool{true, false} {
		for _, t := range v.snap.Tickets {
			if t.Kind != queue.KindPreReview || mine != (t.State == queue.Review && t.Agent == agent) || !mine && t.State != queue.Waiting {
				continue
			}
			rows = append(rows, protocol.ReviewRow{
				Ticket: t.ID, Epoch: t.Epoch, Number: t.Number, Station: t.Station, Matter: t.Matter, Priority: t.Priority,
				SinceMS: t.ArrivedMS, Mine: mine,
			})
		}
	}
	return rows[:min(len(rows), limit)]
}

// fillWays adds what the resident can do when waiting is not the only way.
func (s *Server) fillWays(ctx context.Context, state *protocol.StationState, v *view, outOfService bool) {
	state.Scheduled = v.scheduledOf(state.Station.ID)
	waits := state.State == protocol.KioskWaiting
	switch {
	case !waits && state.State != protocol.KioskIdle && state.State != protocol.KioskClosed:
		return
	case !waits && !state.Open:
		state.Lack = protocol.LackClosed
	case !waits && v.full(s.Queue.Numbers().MaxWaiting):
		state.Lack = protocol.LackFull
	case v.on == 0:
		state.Lack = protocol.LackNobody
	case !waits:
		return
	}
	if state.Lack == protocol.LackNothing || state.Lack == protocol.LackNobody {
		state.Ways = append(state.Ways, protocol.WayWait)
	}
	if !outOfService {
		state.Ways = append(state.Ways, protocol.WayCallback, protocol.WayBooking, protocol.WayMaterials)
	}
	if s.Point == nil {
		return
	}
	if point := s.Point(ctx, state.Station.ID); point.Name != "" {
		state.Ways, state.Point = append(state.Ways, protocol.WayPoint), &point
	}
}
