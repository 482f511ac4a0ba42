package signaling

import (
	"context"

	"github.com/remotewindow/remotewindow/signaling/call"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// stationState composes the whole state of a station's page.
func (s *Server) stationState(ctx context.Context, id string) (protocol.StationState, error) {
	info, err := s.book.station(ctx, id)
	if err != nil {
		return protocol.StationState{}, err
	}
	hours, err := s.book.hours(ctx)
	if err != nil {
		return protocol.StationState{}, err
	}
	v := s.view.Load()
	b := s.boothCopy(id)
	state := protocol.StationState{
		Version: s.nextVersion(), NowMS: nowMS(), Station: stationView(info),
		Open: hours.Open && !info.Closed, Hours: hours.Hours, NextOpenMS: hours.NextOpenMS,
		AgentsFree: v.free, AgentsOn: v.on, Pages: []protocol.PageView{}, State: protocol.KioskIdle,
	}
	if !state.Open {
		state.State = protocol.KioskClosed
	}
	if o := s.owner(b.ticket); o != nil {
		shows := o.shows.Load()
		s.fillCall(ctx, &state, shows, v)
		s.fillWays(ctx, &state, v, info.Closed)
		return state, nil
	}
	if b.summary != nil {
		state.State, state.SinceMS = protocol.KioskSummary, b.summary.EndedMS
		state.Summary = s.summary(ctx, *b.summary)
	}
	s.fillWays(ctx, &state, v, info.Closed)
	return state, nil
}

// fillCall adds the station's ticket and call.
func (s *Server) fillCall(ctx context.Context, state *protocol.StationState, shows *shown, v *view) {
	c := shows.call
	switch {
	case c.State == call.Waiting:
		state.State = protocol.KioskWaiting
	case c.State == call.Offered:
		state.State = protocol.KioskRinging
	case c.State.Talking():
		state.State = protocol.KioskCall
	default:
		return
	}
	ahead, late, band := 0, s.queueAwayMS() > 0, waitBand{}
	if c.State == call.Waiting && c.Enqueued {
		ahead = v.place(c.Ticket)
		if !late { // of an old line nothing is promised
			band = s.outlook.band(c.Ticket)
		}
	}
	state.SinceMS = c.SinceMS
	state.Ticket = &protocol.TicketView{
		ID: c.Ticket, Number: c.Number, Ahead: ahead, SinceMS: c.ArrivedMS,
		WaitLowMS: band.lowMS, WaitHighMS: band.highMS, Who: c.Who, Theme: c.Theme, Matter: c.Matter, Enqueued: c.Enqueued,
		PlaceLate: late,
	}
	state.Ticket.Kind = kindOf(c)
	if c.Agent != "" {
		if p, err := s.book.person(ctx, c.Agent); err == nil {
			state.Agent = &protocol.AgentView{Name: p.Name, Seat: p.Seat}
		}
	}
	if g, ok := shows.grants[call.Station]; ok {
		state.Media = &g
	}
	state.GateOpen, state.AgentLost, state.MediaLate = c.GateOpen, c.AgentLost, c.MediaLate
	state.HeldSinceMS = c.HeldSinceMS
	if c.Third.Joined() {
		state.Third = s.agentView(ctx, c.Third.Agent)
	}
	state.Capture, state.Message = c.Capture, c.Message
	state.Pages = append(state.Pages, c.Pages...)
}

// summary is what the resident takes away.
func (s *Server) summary(ctx context.Context, c call.Call) *protocol.SummaryView {
	v := &protocol.SummaryView{
		Number: c.Number, Case: c.Case, Matter: c.Matter, Disposition: c.Disposition, NextStep: c.NextStep,
		Pages: len(c.Pages), Ended: c.Ended,
	}
	if c.AcceptedMS > 0 && c.EndedMS > c.AcceptedMS {
		v.TalkMS = c.EndedMS - c.AcceptedMS
	}
	if p, err := s.book.person(ctx, c.Agent); err == nil {
		v.Agent = p.Name
	}
	return v
}

func stationView(info StationInfo) protocol.Station {
	return protocol.Station{ID: info.ID, Name: info.Name, Grid: info.Grid, Specialist: info.Specialist}
}

// stationLive is a station as desk and board see it.
func (s *Server) stationLive(v *view, info StationInfo) protocol.StationLive {
	b := s.boothCopy(info.ID)
	live := protocol.StationLive{
		Station: stationView(info), State: protocol.StationOffline, Faults: []protocol.Fault{}, Checks: b.checks,
	}
	st := v.stations[info.ID]
	online := false
	if st != nil {
		online, live.SinceMS, live.Help = st.Online, st.SinceMS, st.Help
		for _, f := range st.Faults {
			live.Faults = append(live.Faults, protocol.Fault(f))
		}
	}
	if !online { // while Redis is away the socket itself tells
		online = s.session(seat{protocol.FaceStation, info.ID}) != nil
	}
	switch {
	case info.Closed:
		live.State = protocol.StationClosed
	case !online:
	case len(live.Faults) > 0:
		live.State = protocol.StationFault
	default:
		live.State = protocol.StationIdle
	}
	if o := s.owner(b.ticket); o != nil {
		c := o.shows.Load().call
		switch {
		case c.State.Talking():
			live.State, live.SinceMS = protocol.StationInCall, c.AcceptedMS
		case c.State == call.Waiting || c.State == call.Offered:
			live.State, live.SinceMS = protocol.StationWaiting, c.ArrivedMS
		}
	} else if s.Relay != nil && st != nil { // its call lives on another node
		s.liveElsewhere(v.tickets[st.Ticket], &live)
	}
	return live
}
