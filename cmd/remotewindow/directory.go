package main

import (
	"context"
	"fmt"

	"github.com/remotewindow/remotewindow/agentdesk/catalogue"
	"github.com/remotewindow/remotewindow/agentdesk/records"
	"github.com/remotewindow/remotewindow/signaling"
)

// directory gives signaling names and settings out of records and catalogue.
type directory struct {
	records   *records.Records
	catalogue *catalogue.Catalogue
}

func (d directory) Station(ctx context.Context, id string) (signaling.StationInfo, error) {
	s, err := d.records.Station(ctx, id)
	return signaling.StationInfo(s), fromRecords(err)
}

func (d directory) Stations(ctx context.Context) ([]signaling.StationInfo, error) {
	rows, err := d.records.Stations(ctx)
	out := make([]signaling.StationInfo, 0, len(rows))
	for _, s := range rows {
		out = append(out, signaling.StationInfo(s))
	}
	return out, fromRecords(err)
}

func (d directory) Person(ctx context.Context, id string) (signaling.PersonInfo, error) {
	p, err := d.records.Person(ctx, id)
	return signaling.PersonInfo(p), fromRecords(err)
}

func (d directory) People(ctx context.Context) ([]signaling.PersonInfo, error) {
	rows, err := d.records.People(ctx)
	out := make([]signaling.PersonInfo, 0, len(rows))
	for _, p := range rows {
		out = append(out, signaling.PersonInfo(p))
	}
	return out, fromRecords(err)
}

func (d directory) Opening(ctx context.Context, atMS int64) (signaling.Opening, error) {
	o, err := d.records.Opening(ctx, atMS)
	return signaling.Opening(o), fromRecords(err)
}

func (d directory) Matter(_ context.Context, id string) (signaling.MatterInfo, error) {
	m, ok := d.catalogue.Matter(id)
	if !ok {
		return signaling.MatterInfo{}, fmt.Errorf("matter %q: %w", id, signaling.ErrNotFound)
	}
	return signaling.MatterInfo{ID: m.ID, Theme: m.Theme, Family: m.Family, Title: m.Title, Slots: slots(m.Slots)}, nil
}

func (d directory) DefaultSlots(context.Context) ([]signaling.SlotInfo, error) {
	return slots(d.catalogue.DefaultSlots()), nil
}

func slots(rows []catalogue.Slot) []signaling.SlotInfo {
	out := make([]signaling.SlotInfo, 0, len(rows))
	for _, s := range rows {
		out = append(out, signaling.SlotInfo{ID: s.ID, Title: s.Title, Note: s.Note, Sides: s.Sides})
	}
	return out
}
