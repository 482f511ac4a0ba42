package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/remotewindow/remotewindow/agentdesk/records"
	"github.com/remotewindow/remotewindow/signaling"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// store gives signaling the records it wants to have remembered. The two
// packages do not know each other; their types have the same shape.
type store struct{ records *records.Records }

// fromRecords translates the errors that signaling branches on.
func fromRecords(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, records.ErrNotFound):
		return fmt.Errorf("%w: %w", signaling.ErrNotFound, err)
	case errors.Is(err, records.ErrStale):
		return fmt.Errorf("%w: %w", signaling.ErrStale, err)
	case errors.Is(err, records.ErrUnavailable):
		return fmt.Errorf("%w: %w", signaling.ErrUnavailable, err)
	default:
		return err
	}
}

func (s store) Admit(ctx context.Context, a signaling.Admission) (signaling.TicketRecord, error) {
	t, err := s.records.Admit(ctx, records.Admission(a))
	return signaling.TicketRecord(t), fromRecords(err)
}

func (s store) Revise(ctx context.Context, ticket, who, theme, matter string) error {
	return fromRecords(s.records.Revise(ctx, ticket, who, theme, matter))
}

func (s store) Reprioritise(ctx context.Context, ticket string, priority int) error {
	return fromRecords(s.records.Reprioritise(ctx, ticket, priority))
}

func (s store) Accept(ctx context.Context, ticket, agent string, epoch, atMS int64) error {
	return fromRecords(s.records.Accept(ctx, ticket, agent, epoch, atMS))
}

func (s store) Requeue(ctx context.Context, ticket string, epoch int64) error {
	return fromRecords(s.records.Requeue(ctx, ticket, epoch))
}

func (s store) Connected(ctx context.Context, ticket string, epoch, atMS int64) error {
	return fromRecords(s.records.Connected(ctx, ticket, epoch, atMS))
}

func (s store) End(ctx context.Context, ticket string, epoch int64, reason string, atMS int64) error {
	return fromRecords(s.records.End(ctx, ticket, epoch, reason, atMS))
}

func (s store) Finish(ctx context.Context, f signaling.Finish) error {
	return fromRecords(s.records.Finish(ctx, records.Finish(f)))
}

func (s store) Abandon(ctx context.Context, ticket, reason string, atMS int64) error {
	return fromRecords(s.records.Abandon(ctx, ticket, reason, atMS))
}

func (s store) Judge(ctx context.Context, ticket, page string, v signaling.SlotVerdict, by string, atMS int64) error {
	return fromRecords(s.records.Judge(ctx, ticket, page, records.SlotVerdict(v), by, atMS))
}

func (s store) AddCourse(ctx context.Context, ticket string, e signaling.CourseEvent) error {
	return fromRecords(s.records.AddCourse(ctx, ticket, records.CourseEvent(e)))
}

func (s store) Call(ctx context.Context, ticket string) (signaling.CallRecord, error) {
	c, err := s.records.Call(ctx, ticket)
	call := signaling.CallRecord{Ticket: signaling.TicketRecord(c.Ticket)}
	for _, p := range c.Pages {
		call.Pages = append(call.Pages, signaling.PageRecord(p))
	}
	for _, v := range c.Slots {
		call.Slots = append(call.Slots, signaling.SlotVerdict(v))
	}
	for _, e := range c.Course {
		call.Course = append(call.Course, signaling.CourseEvent(e))
	}
	return call, fromRecords(err)
}

func (s store) OpenTicketOf(ctx context.Context, station string) (signaling.TicketRecord, error) {
	t, err := s.records.OpenTicketOf(ctx, station)
	return signaling.TicketRecord(t), fromRecords(err)
}

func (s store) FinishedBy(ctx context.Context, agent string, sinceMS int64, limit int) ([]signaling.TicketRecord, error) {
	rows, err := s.records.FinishedBy(ctx, agent, sinceMS, limit)
	tickets := make([]signaling.TicketRecord, 0, len(rows))
	for _, t := range rows {
		tickets = append(tickets, signaling.TicketRecord(t))
	}
	return tickets, fromRecords(err)
}

func (s store) Today(ctx context.Context, nowMS int64) (protocol.Today, error) {
	t, err := s.records.Today(ctx, nowMS)
	return protocol.Today(t), fromRecords(err)
}

func (s store) Services(ctx context.Context, sinceMS int64, limit int) ([]signaling.ServiceRecord, error) {
	rows, err := s.records.Services(ctx, sinceMS, limit)
	services := make([]signaling.ServiceRecord, 0, len(rows))
	for _, r := range rows {
		services = append(services, signaling.ServiceRecord(r))
	}
	return services, fromRecords(err)
}

func (s store) Minutes(ctx context.Context, fromMS, nowMS int64) ([]protocol.Minute, error) {
	rows, err := s.records.Minutes(ctx, fromMS, nowMS)
	minutes := make([]protocol.Minute, 0, len(rows))
	for _, m := range rows {
		minutes = append(minutes, protocol.Minute(m))
	}
	return minutes, fromRecords(err)
}
