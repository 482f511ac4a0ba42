package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/remotewindow/remotewindow/signaling/client"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// call is one call of the run, from the press to the summary. Its steps run
// one after the other.
type call struct {
	n       int // from 1; also the call's number in stamps
	o       options
	figures *figures
	paper   *paper
	run     uint64    // tells the documents of runs apart
	epoch   time.Time // zero of all stamps
	offers  chan offered

	id      string // of the station
	station *client.Station
	desk    *desk // whom the server chose
	media   [directions]*client.Media
	flows   [directions][kinds]flow
	sources [directions]*source
	sinks   [directions]*sink

	accepted atomic.Int64 // ns after epoch
	hush     context.CancelFunc
	hushed   chan struct{}
	capture  string // id of the last request
	failed   bool
}

func newCall(n int, o options, f *figures, p *paper, run uint64, epoch time.Time) *call {
	c := &call{n: n, o: o, figures: f, paper: p, run: run, epoch: epoch, id: fmt.Sprintf(o.Stations, n), offers: make(chan offered, 8)}
	for d := range directions {
		for k := range kinds {
			c.flows[d][k].kind = k
		}
		c.sources[d] = newSource(uint32(n), d, &c.flows[d], epoch)
		c.sinks[d] = &sink{call: uint32(n), direction: d, flows: &c.flows[d], epoch: epoch, accepted: &c.accepted, figures: f}
	}
	return c
}

// connect brings the station to idle.
func (c *call) connect(ctx context.Context) error {
	var err error
	if c.station, err = client.NewStation(ctx, c.o.client(), c.id, nil); err != nil {
		return err
	}
	return c.station.Clear(ctx)
}

// place presses the button, answers the offer and opens the gate.
func (c *call) place(ctx context.Context) error {
	pressed := time.Now()
	if _, err := c.station.Take(ctx); err != nil {
		return err
	}
	c.figures.placed.Add(1)
	joined := make(chan error, 1)
	go func() {
		var err error
		c.media[toStation], err = c.station.Join(ctx, c.participant(toStation))
		joined <- err
	}()
	err := c.ring(ctx, pressed)
	if err := errors.Join(err, <-joined); err != nil {
		return err
	}
	c.pump()
	return c.answer(ctx)
}

// participant is the media of whom direction d arrives at; it sends the other.
func (c *call) participant(d direction) client.MediaOptions {
	m := client.MediaOptions{
		RTP: c.sinks[d].take,
		Keyframe: func(slot client.Slot) {
			if slot == client.Camera {
				c.sources[1-d].wanted.Store(true)
			}
		},
	}
	if c.o.media != nil {
		m = c.o.media(m)
	}
	return m
}

// ring waits for the offer and connects the desk that got it.
func (c *call) ring(ctx context.Context, pressed time.Time) error {
	select {
	case o := <-c.offers:
		c.figures.enqueueToOffer.add(milliseconds(o.at.Sub(pressed)))
		c.desk = o.desk
	case <-ctx.Done():
		return fmt.Errorf("not offered to any agent: %w", ctx.Err())
	}
	offer, err := c.desk.agent.WaitOffer(ctx)
	if err != nil {
		return err
	}
	if err := c.desk.agent.Shown(ctx, offer); err != nil {
		return err
	}
	c.media[toAgent], err = c.desk.agent.Join(ctx, c.participant(toAgent))
	return err
}

// pump lets media flow both ways; the gate holds it until accept.
func (c *call) pump() {
	c.sources[toAgent].media, c.sources[toStation].media = c.media[toStation], c.media[toAgent]
	ctx, cancel := context.WithCancel(context.Background())
	c.hush, c.hushed = cancel, make(chan struct{})
	go func() {
		defer close(c.hushed)
		pump(ctx, c.sources[:]...)
	}()
}

// answer accepts and waits until both pages have seen the gate open.
func (c *call) answer(ctx context.Context) error {
	offer, err := c.desk.agent.WaitOffer(ctx)
	if err != nil {
		return err
	}
	c.accepted.Store(int64(time.Since(c.epoch)))
	if err := c.desk.agent.Accept(ctx, offer); err != nil {
		return err
	}
	if _, err := c.desk.agent.WaitState(ctx, func(s protocol.DeskState) bool { return s.Call != nil && s.Call.GateOpen }); err != nil {
		return fmt.Errorf("gate: %w", err)
	}
	if _, err := c.station.WaitState(ctx, func(s protocol.StationState) bool { return s.GateOpen }); err != nil {
		return fmt.Errorf("gate: %w", err)
	}
	for d := range directions {
		for k := range kinds {
			c.flows[d][k].opened()
		}
	}
	c.figures.answered.Add(1)
	return nil
}

// talk passes the documents, spread over the duration, and lasts at least it.
func (c *call) talk(ctx context.Context) error {
	begin := time.Now()
	share := c.o.Duration / time.Duration(c.o.Documents+1)
	phase := share * time.Duration(c.n-1) / time.Duration(c.o.Calls) // calls do not send at once
	for i := range c.o.Documents {
		if err := until(ctx, begin.Add(share*time.Duration(i)+phase)); err != nil {
			return err
		}
		step, cancel := context.WithTimeout(ctx, c.o.Timeout)
		err := c.exchange(step, i)
		cancel()
		if err != nil {
			return fmt.Errorf("document %d: %w", i+1, err)
		}
	}
	return until(ctx, begin.Add(c.o.Duration))
}

// exchange asks for a page, sends it and compares what arrives.
func (c *call) exchange(ctx context.Context, i int) error {
	agent := c.desk.agent
	at := agent.State().Call
	if at == nil || len(at.Slots) == 0 || len(at.Slots[i%len(at.Slots)].Sides) == 0 {
		return errors.New("the call has no checklist to ask from")
	}
	slot := at.Slots[i%len(at.Slots)]
	side := slot.Sides[i/len(at.Slots)%len(slot.Sides)]
	if err := agent.AskCapture(ctx, slot.ID, side, ""); err != nil {
		return err
	}
	state, err := c.station.WaitState(ctx, func(s protocol.StationState) bool {
		return s.Capture != nil && s.Capture.Slot == slot.ID && s.Capture.Side == side && s.Capture.ID != c.capture
	})
	if err != nil {
		return fmt.Errorf("station was not asked: %w", err)
	}
	c.capture = state.Capture.ID
	data := c.paper.document(c.run, c.n, i)
	sum := sha256.Sum256(data)
	begin := time.Now()
	c.figures.pagesOut.Add(1)
	sent := make(chan error, 1)
	go func() {
		_, err := c.station.SendPage(ctx, c.media[toStation], client.Page{
			Data: data, Thumb: c.paper.thumb, Width: c.paper.width, Height: c.paper.height,
			Slot: slot.ID, Side: side, Request: c.capture, Sharp: 100,
		})
		sent <- err
	}()
	got, err := agent.ReceivePage(ctx, c.media[toAgent], hex.EncodeToString(sum[:]))
	if err == nil {
		c.figures.document.addSince(begin)
		c.figures.pagesIn.Add(1)
		if got.HTTP {
			c.figures.pagesHTTP.Add(1)
		}
		if bytes.Equal(got.Data, data) {
			c.figures.pagesSame.Add(1)
		}
	}
	return errors.Join(err, <-sent)
}

// stop ends what is sent; what is on its way may still arrive.
func (c *call) stop() {
	if c.hush != nil {
		c.hush()
		<-c.hushed
	}
}

// account adds up what was sent and lost.
func (c *call) account() {
	for d := range directions {
		c.figures.unsent.Add(c.sources[d].failures)
		for k := range kinds {
			who := fmt.Sprintf("call %d (%s), %s %s", c.n, c.id, []string{"audio", "video"}[k], []string{"to the agent", "to the station"}[d])
			c.figures.account(who, c.flows[d][k].account())
		}
	}
}

// end hangs up and finishes, and checks that the resident sees a summary.
func (c *call) end(ctx context.Context) error {
	agent := c.desk.agent
	if err := agent.HangUp(ctx); err != nil {
		return err
	}
	if _, err := agent.WaitFor(ctx, protocol.DeskWrapUp); err != nil {
		return err
	}
	if _, err := c.station.WaitFor(ctx, protocol.KioskSummary); err != nil {
		return err
	}
	if err := agent.Finish(ctx, protocol.DispositionConsulted, protocol.NextClose, "loadtest"); err != nil {
		return err
	}
	return c.station.Clear(ctx)
}

// leave closes everything, and clears up after a call that failed half-way.
func (c *call) leave(ctx context.Context) {
	c.stop()
	for _, m := range c.media {
		if m != nil {
			_ = m.Close()
		}
	}
	if c.station != nil {
		if c.failed {
			_ = c.station.Clear(ctx)
		}
		_ = c.station.Close(ctx)
	}
}

// until waits for a moment.
func until(ctx context.Context, moment time.Time) error {
	timer := time.NewTimer(time.Until(moment))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
