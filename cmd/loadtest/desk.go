package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/remotewindow/remotewindow/signaling/client"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// offered is an offer that rang at a desk.
type offered struct {
	desk *desk
	view protocol.OfferView
	at   time.Time
}

// switchboard brings each offer to the call whose station it is for: which
// agent gets it is the server's choice.
type switchboard struct {
	calls    map[string]chan offered // by station; filled before the first desk opens
	strays   sync.WaitGroup          // declining what belongs to no call of this run
	mu       sync.Mutex              // guards draining
	draining bool
}

// offer is called on the reader's goroutine of a desk and does not block.
func (b *switchboard) offer(ctx context.Context, o offered) {
	if calls, ours := b.calls[o.view.Station.ID]; ours {
		select {
		case calls <- o:
		default: // its call has offers enough to look at
		}
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.draining {
		return
	}
	b.strays.Go(func() { _ = o.desk.agent.Decline(ctx, o.view, "not_mine") })
}

func (b *switchboard) drain() {
	b.mu.Lock()
	b.draining = true
	b.mu.Unlock()
	b.strays.Wait()
}

// desk is one agent of the run.
type desk struct {
	name  string
	agent *client.Agent

	shown offerKey // last offer passed on; only the reader's goroutine touches it
	ready chan struct{}
}

type offerKey struct {
	ticket string
	epoch  int64
}

// openDesk logs the agent in, clears the desk and makes it ready.
func openDesk(ctx, life context.Context, o options, n int, board *switchboard) (*desk, error) {
	d := &desk{name: fmt.Sprintf(o.Agents, n), ready: make(chan struct{})}
	agent, err := client.NewAgent(ctx, o.client(), d.name, o.Password, func(s protocol.DeskState) {
		select {
		case <-d.ready: // offers of an earlier run are cleared before
		default:
			return
		}
		if s.Offer == nil || d.shown == (offerKey{s.Offer.Ticket, s.Offer.Epoch}) {
			return
		}
		d.shown = offerKey{s.Offer.Ticket, s.Offer.Epoch}
		board.offer(life, offered{desk: d, view: *s.Offer, at: time.Now()})
	})
	if err != nil {
		return nil, err
	}
	d.agent = agent
	if err := agent.Clear(ctx); err != nil {
		return d, err
	}
	close(d.ready)
	return d, agent.Ready(ctx)
}

func (o options) client() client.Options {
	return client.Options{URL: o.URL, Build: "loadtest", TakeOver: true}
}

// leave takes the desk out of service and closes it.
func (d *desk) leave(ctx context.Context) {
	if d.agent == nil {
		return
	}
	_ = d.agent.Clear(ctx)
	_ = d.agent.Set(ctx, protocol.PresenceOffline, "")
	_ = d.agent.Close(ctx)
}
