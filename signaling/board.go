package signaling

import (
	"context"

	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// board composes the supervisor's page. QueueMS is the age of what the queue
// told, Today.AsOfMS that of the figures: the page greys what is old.
func (s *Server) board(ctx context.Context) (protocol.Board, error) {
	v := s.view.Load()
	b := protocol.Board{
		Version: s.nextVersion(), NowMS: nowMS(), QueueMS: v.snap.NowMS,
		Seats: []protocol.SeatView{}, Stations: []protocol.StationLive{}, Minutes: []protocol.Minute{},
	}
	b.Waiting, b.WaitingTotal = queueRows(v, boardRows)
	stations, err := s.book.stationList(ctx)
	if err != nil {
		return b, err
	}
	for _, info := range stations {
		b.Stations = append(b.Stations, s.stationLive(v, info))
	}
	for _, t := range v.snap.Tickets {
		if t.State == queue.Connecting || t.State == queue.Active {
			b.Calls++
		}
	}
	for _, a := range v.snap.Agents {
		if a.State == queue.AgentOffline {
			continue
		}
		b.Seats = append(b.Seats, s.seatView(ctx, v, a))
	}
	if hours, err := s.book.hours(ctx); err == nil {
		b.Open, b.OpenMS = hours.Open, hours.OpenedMS
	}
	if today, err := s.book.counts(ctx); err == nil {
		b.Today = today
	}
	if minutes, err := s.book.chart(ctx, b.OpenMS); err == nil {
		b.Minutes = append(b.Minutes, minutes...)
	}
	b.Forecast = s.outlook.coverage()
	b.Scheduled = v.scheduledRows(boardRows)
	return b, nil
}

func (s *Server) seatView(ctx context.Context, v *view, a queue.Agent) protocol.SeatView {
	seat := protocol.SeatView{ID: a.ID, Name: a.ID, State: deskStateName(a.State), Reason: a.Reason, SinceMS: a.SinceMS, Ticket: a.Ticket}
	if p, err := s.book.person(ctx, a.ID); err == nil {
		seat.Name, seat.Seat = p.Name, p.Seat
	}
	if t := v.tickets[a.Ticket]; t != nil && (t.State == queue.Connecting || t.State == queue.Active) {
		seat.Station = t.Station
		if t.Third == a.ID {
			seat.Third = protocol.Purpose(t.ThirdPurpose)
		}
	}
	return seat
}
