package signaling

import (
	"cmp"
	"context"
	"slices"

	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/signaling/call"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// deskState composes the whole state of an agent's page: presence and line
// from the queue as last seen, his call from its owner, which knows first.
func (s *Server) deskState(ctx context.Context, id string) (protocol.DeskState, error) {
	person, err := s.book.person(ctx, id)
	if err != nil {
		return protocol.DeskState{}, err
	}
	v := s.view.Load()
	state := protocol.DeskState{
		Version: s.nextVersion(), State: protocol.DeskOffline, NowMS: nowMS(),
		AgentID: id, AgentName: person.Name, Seat: person.Seat, FreeSeats: v.free, QueueAwayMS: s.queueAwayMS(),
		Stations: []protocol.StationLive{}, Today: []protocol.RecordRow{},
	}
	state.Queue, state.QueueTotal = queueRows(v, deskRows)
	if a := v.agents[id]; a != nil {
		state.State, state.Reason, state.SinceMS = deskStateName(a.State), a.Reason, a.SinceMS
	}
	for _, st := range person.Stations {
		if info, err := s.book.station(ctx, st); err == nil {
			state.Stations = append(state.Stations, s.stationLive(v, info))
		}
	}
	state.Colleagues = s.colleagues(ctx, v, id)
	state.Scheduled, state.Reviews = v.scheduledRows(deskRows), v.reviewRows(id, deskRows)
	s.fillToday(ctx, &state)
	s.fillDeskCall(ctx, &state, person)
	return state, nil
}

// fillDeskCall adds the offer or the call and makes the state fit it.
func (s *Server) fillDeskCall(ctx context.Context, state *protocol.DeskState, person PersonInfo) {
	o := s.ownerOf(person.ID, call.Connecting, call.Active)
	if o == nil {
		o = s.ownerOf(person.ID, call.Offered)
	}
	if o == nil {
		o = s.ownerOf(person.ID, call.WrapUp)
	}
	shows := &shown{}
	if o != nil {
		shows = o.shows.Load()
	}
	if third := shows.call.Third.Agent; third != "" && third == person.ID && shows.call.State.Talking() {
		s.fillThird(ctx, state, shows)
		return
	}
	if shows.call.Agent != person.ID { // nobody's, or another's since it was looked up
		switch state.State {
		case protocol.DeskOffer, protocol.DeskCall, protocol.DeskWrapUp: // its owner has not said so yet, or no more
			state.State = protocol.DeskReady
			if a := s.view.Load().agents[person.ID]; a != nil && a.Presence == queue.PresenceAway {
				state.State = protocol.DeskAway
			}
		}
		return
	}
	c := shows.call
	if g, ok := shows.grants[call.Agent]; ok {
		state.Media = &g
	}
	state.SinceMS = c.SinceMS
	switch c.State {
	case call.Offered:
		state.State, state.Offer = protocol.DeskOffer, s.offerView(ctx, c)
		state.Offer.Why = s.whyOf(ctx, o, c, person.ID)
	case call.Connecting, call.Active:
		state.State, state.Call = protocol.DeskCall, s.callView(ctx, c)
		state.Call.Why = s.whyOf(ctx, o, c, person.ID)
	case call.WrapUp:
		state.State, state.Call = protocol.DeskWrapUp, s.callView(ctx, c)
		state.Call.Why = s.whyOf(ctx, o, c, person.ID)
	}
}

func (s *Server) offerView(ctx context.Context, c call.Call) *protocol.OfferView {
	info := s.stationOrID(ctx, c.Station)
	return &protocol.OfferView{
		Ticket: c.Ticket, Epoch: c.Epoch, Number: c.Number, Station: stationView(info), Own: info.Affinity == c.Agent,
		Matter: c.Matter, Who: c.Who, Priority: c.Priority, WaitedMS: max(c.RungMS-c.ArrivedMS, 0),
		RungMS: c.RungMS, ExpiresMS: c.ExpiresMS, Checks: s.stationLive(s.view.Load(), info).Checks,
		Kind: kindOf(c),
	}
}

func (s *Server) callView(ctx context.Context, c call.Call) *protocol.CallView {
	info := s.stationOrID(ctx, c.Station)
	live := s.stationLive(s.view.Load(), info)
	view := &protocol.CallView{
		Ticket: c.Ticket, Epoch: c.Epoch, Number: c.Number, Case: c.Case, Station: stationView(info),
		Matter: c.Matter, Theme: c.Theme, Who: c.Who, Priority: c.Priority, WaitedMS: max(c.AcceptedMS-c.ArrivedMS, 0),
		AcceptedMS: c.AcceptedMS, ConnectedMS: c.ConnectedMS, EndedMS: c.EndedMS, Ended: c.Ended,
		StationLost: c.StationLost, GateOpen: c.GateOpen, MediaLate: c.MediaLate, Faults: live.Faults, Help: live.Help, Checks: live.Checks,
		Capture: withoutUpload(c.Capture), WrapUpEndsMS: c.WrapUpEndsMS,
		Slots:  append([]protocol.SlotView{}, c.Slots...),
		Pages:  append([]protocol.PageView{}, c.Pages...),
		Course: append([]protocol.CallEvent{}, c.Course[max(0, len(c.Course)-courseRows):]...),
	}
	view.Kind, view.HeldSinceMS, view.HoldTotalMS, view.Third = kindOf(c), c.HeldSinceMS, c.HoldTotalMS, s.thirdView(ctx, c)
	return view
}

// kindOf is what a call began as, absent of an ordinary one.
func kindOf(c call.Call) protocol.TicketKind {
	if c.Kind == protocol.KindCall {
		return ""
	}
	return c.Kind
}

// withoutUpload is a request as the desk sees it: the secret is the station's.
func withoutUpload(c *protocol.CaptureView) *protocol.CaptureView {
	if c == nil {
		return nil
	}
	view := *c
	view.Upload = ""
	return &view
}

// stationOrID is a station's data, or at least its id when nobody knows more.
func (s *Server) stationOrID(ctx context.Context, id string) StationInfo {
	info, err := s.book.station(ctx, id)
	if err != nil {
		return StationInfo{ID: id, Name: id}
	}
	return info
}

func (s *Server) fillToday(ctx context.Context, state *protocol.DeskState) {
	hours, err := s.book.hours(ctx)
	if err != nil {
		return
	}
	since := hours.OpenedMS
	if since == 0 || since > state.NowMS {
		since = state.NowMS - 12*60*60e3
	}
	rows, err := s.book.finished(ctx, state.AgentID, since)
	if err != nil {
		return
	}
	for _, t := range rows {
		row := protocol.RecordRow{
			Ticket: t.ID, Number: t.Number, AtMS: t.FinishedMS, Station: t.Station, Matter: t.Matter,
			Disposition: protocol.Disposition(t.Dispo), NextStep: protocol.NextStep(t.NextStep),
		}
		if t.AcceptedMS > 0 && t.EndedMS > t.AcceptedMS {
			row.TalkMS = t.EndedMS - t.AcceptedMS
		}
		state.Today = append(state.Today, row)
	}
}

// Bounds of what a state lists; a page shows the total where there are more.
const (
	deskRows   = 200
	boardRows  = 500
	courseRows = 200
	// colleagueRows is far less: each desk lists all others.
	colleagueRows = 64
)

// queueRows lists who waits, in match order; the offered stand first. At most
// limit are listed; total counts them all.
func queueRows(v *view, limit int) (rows []protocol.QueueRow, total int) {
	rows = []protocol.QueueRow{}
	for _, state := range []queue.State{queue.Offered, queue.Waiting} {
		for _, t := range v.snap.Tickets {
			if t.State != state || t.Kind == queue.KindPreReview {
				continue
			}
			if total++; total <= limit {
				rows = append(rows, waitingRow(t))
			}
		}
	}
	return rows, total
}

// colleagues lists who else is signed in, those who are ready first, then by
// seat.
func (s *Server) colleagues(ctx context.Context, v *view, self string) []protocol.ColleagueView {
	var list []protocol.ColleagueView
	for _, a := range v.snap.Agents {
		if a.ID == self || a.State == queue.AgentOffline {
			continue
		}
		c := protocol.ColleagueView{ID: a.ID, Name: a.ID, State: deskStateName(a.State), Families: append([]string{}, a.Skills...)}
		if a.State == queue.AgentAway {
			c.Reason = a.Reason
		}
		if p, err := s.book.person(ctx, a.ID); err == nil {
			c.Name, c.Seat = p.Name, p.Seat
		}
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b protocol.ColleagueView) int {
		if ready := a.State == protocol.DeskReady; ready != (b.State == protocol.DeskReady) {
			if ready {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.Seat, b.Seat), cmp.Compare(a.ID, b.ID))
	})
	return list[:min(len(list), colleagueRows)]
}

func deskStateName(queueState string) protocol.DeskStateName {
	if queueState == "" {
		return protocol.DeskOffline
	}
	return protocol.DeskStateName(queueState)
}
