package signaling

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/signaling/call"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

const (
	inboxLetters = 256 // events waiting for one call
	tendEvery    = 10 * time.Second
)

// owner is a call on this node: the goroutine own is the only one that touches
// its state; others write letters and read what it shows.
type owner struct {
	server  *Server
	ticket  string
	station string
	idem    string // of the press, for the queue

	shows  atomic.Pointer[shown]
	closed chan struct{} // when the goroutine has ended
	wake   chan struct{}

	why      atomic.Pointer[explained] // what the queue told of its offers
	whyAsked atomic.Int64              // the epoch at which it was asked last

	mu    sync.Mutex
	inbox []letter
	over  bool

	// Only own touches what follows.
	c        call.Call
	grants   map[call.Party]*grant
	uploads  map[string]string // secret → request, as the server has them
	unsaved  lane              // what SQL has not taken yet
	untold   lane              // what Redis has not taken yet
	accepted time.Time         // until the first packet has passed
	flushing bool
	kept     bool        // the press is in SQL alone, and its resident knows its number
	refused  error       // by the queue, of the press
	late     *time.Timer // runs while the call connects
	gone     bool        // another node is its home: nothing of it is written here any more
}

// shown is what others may know of a call; it is never changed once shown.
type shown struct {
	call   call.Call
	grants map[call.Party]protocol.MediaGrant
}

// letter is an event for the call, and who waits for what comes of it.
type letter struct {
	event any
	reply func(protocol.Message, error) // may be nil; called once, must not block
}

// post hands a letter over without blocking. It returns ErrNotFound when the
// call is over and errBusy when its inbox is full.
func (o *owner) post(l letter) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.over {
		return ErrNotFound
	}
	if _, ok := l.event.(call.Seen); ok { // only the newest is worth reading
		for i := range o.inbox {
			if _, old := o.inbox[i].event.(call.Seen); old {
				o.inbox = append(o.inbox[:i], o.inbox[i+1:]...)
				break
			}
		}
	}
	if len(o.inbox) >= inboxLetters {
		return errBusy
	}
	o.inbox = append(o.inbox, l)
	select {
	case o.wake <- struct{}{}:
	default:
	}
	return nil
}

// ask posts an event and waits for the answer.
func (o *owner) ask(ctx context.Context, event any) (protocol.Message, error) {
	type result struct {
		m   protocol.Message
		err error
	}
	answer := make(chan result, 1)
	err := o.post(letter{event, func(m protocol.Message, err error) { answer <- result{m, err} }})
	if err != nil {
		return nil, err
	}
	select {
	case r := <-answer:
		return r.m, r.err
	case <-o.closed:
		select {
		case r := <-answer:
			return r.m, r.err
		default:
			return nil, context.Canceled
		}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// own starts the goroutine of a call, unless its ticket is owned already; then
// the present owner is returned. first is its first event.
func (s *Server) own(c call.Call, idem string, first any) *owner {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o := s.owners[c.Ticket]; o != nil {
		return o
	}
	if s.stopping {
		return nil
	}
	o := &owner{
		server: s, ticket: c.Ticket, station: c.Station, idem: idem, c: c,
		closed: make(chan struct{}), wake: make(chan struct{}, 1),
		grants: map[call.Party]*grant{},
	}
	o.shows.Store(&shown{call: c})
	s.owners[c.Ticket] = o
	b := s.boothLocked(c.Station)
	if c.State != call.WrapUp && c.State != call.Closed {
		b.ticket = c.Ticket
	}
	if c.State.Talking() {
		s.metrics.calls.Inc()
	}
	s.work.Add(1)
	go o.run(s.life, first)
	return o
}

// run is the call's one goroutine.
func (o *owner) run(ctx context.Context, first any) {
	s := o.server
	defer s.work.Done()
	defer close(o.closed)
	defer o.retire()
	tend := time.NewTicker(tendEvery)
	defer tend.Stop()
	retry := time.NewTimer(s.Numbers.Retry)
	defer retry.Stop()
	o.late = time.NewTimer(s.Numbers.MediaLate)
	defer o.late.Stop()
	o.take(ctx, letter{event: first})
	for {
		if o.gone {
			return
		}
		if o.flush(ctx) {
			retry.Reset(s.Numbers.Retry)
		} else if o.c.State == call.Closed {
			return
		}
		select {
		case <-o.wake:
			for _, l := range o.letters() {
				o.take(ctx, l)
			}
		case <-o.late.C: // means nothing while the call does not connect
			o.take(ctx, letter{event: call.MediaLate{AtMS: nowMS()}})
		case <-retry.C:
		case <-tend.C:
			if o.renewGrants(time.Now()) {
				o.publish()
				s.mark(o.c.Station, o.c.Agent)
			}
		case <-ctx.Done():
			return
		}
	}
}

func (o *owner) letters() []letter {
	o.mu.Lock()
	defer o.mu.Unlock()
	letters := o.inbox
	o.inbox = nil
	return letters
}

// retire refuses further letters and gives the ticket free.
func (o *owner) retire() {
	o.mu.Lock()
	o.over = true
	rest := o.inbox
	o.inbox = nil
	o.mu.Unlock()
	for _, l := range rest {
		if l.reply != nil {
			l.reply(nil, ErrNotFound)
		}
	}
	o.syncUploads(nil)
	s := o.server
	s.metrics.unsaved.Sub(float64(len(o.unsaved) + len(o.untold)))
	if o.c.State.Talking() {
		s.metrics.calls.Dec()
	}
	s.mu.Lock()
	if s.owners[o.ticket] == o {
		delete(s.owners, o.ticket)
	}
	delete(s.missed, o.ticket)
	s.mu.Unlock()
}

// take handles one letter and answers it.
func (o *owner) take(ctx context.Context, l letter) {
	var m protocol.Message
	var err error
	if o.gone {
		l.event, err = nil, errMoved
	}
	switch e := l.event.(type) {
	case nil:
		if err == nil {
			return
		}
	case moved:
		o.moveAway(e)
	case mediaOffer:
		m, err = o.join(ctx, e)
	case back:
		o.renewGrantOf(e)
	case lockedOut:
		err = o.lockOut(ctx, e)
	case enqueue:
		o.untold.add(o, e)
		o.flush(ctx)
		err = o.refused
	case again:
		err = o.step(ctx, call.Missing{})
		o.flush(ctx)
		if err == nil && len(o.untold) > 0 {
			err = errQueueAway
		}
	case call.MediaFlows:
		if !o.accepted.IsZero() && o.c.State.Talking() {
			o.server.metrics.first.Observe(time.Since(o.accepted).Seconds())
			o.accepted = time.Time{}
		}
		err = o.step(ctx, e)
	default:
		err = o.step(ctx, e)
	}
	if l.reply != nil {
		l.reply(m, err)
	} else if err != nil {
		o.server.Logger.Debug("event without effect", "ticket", o.ticket, "err", err)
	}
}

// step moves the machine and performs what it says. A commit effect that fails
// leaves the call as it was.
func (o *owner) step(ctx context.Context, event any) error {
	next, effects, err := o.c.Step(event)
	if err != nil {
		return err
	}
	before := o.c
	o.c = next
	o.settle(before)
	for _, effect := range effects {
		follow, err := o.perform(ctx, effect)
		if err != nil {
			return err
		}
		if follow != nil {
			if err := o.step(ctx, follow); err != nil {
				return err
			}
		}
	}
	return nil
}

// settle keeps grants, booth, metrics and log in step with a changed call, and
// shows it.
func (o *owner) settle(before call.Call) {
	s := o.server
	o.syncGrants(time.Now())
	o.publish()
	if before.State == o.c.State {
		return
	}
	s.Logger.Info("call", "ticket", o.ticket, "station", o.station, "agent", o.c.Agent, "epoch", o.c.Epoch,
		"from", string(before.State), "state", string(o.c.State), "ended", string(o.c.Ended))
	if was, is := before.State.Talking(), o.c.State.Talking(); is && !was {
		s.metrics.calls.Inc()
	} else if was && !is {
		s.metrics.calls.Dec()
	}
	if o.c.State == call.Connecting {
		o.late.Reset(s.Numbers.MediaLate)
	}
	s.settleBooth(before.State, o.c)
	s.book.forgetToday(o.c.Agent)
}

func (o *owner) publish() {
	grants := make(map[call.Party]protocol.MediaGrant, len(o.grants))
	for party, g := range o.grants {
		grants[party] = g.view(o.server.Codec)
	}
	o.shows.Store(&shown{call: o.c, grants: grants})
	o.syncUploads(o.c.Uploads())
	o.server.tellMirrors(o)
}

// owner returns the owner of a ticket on this node, or nil.
func (s *Server) owner(ticket string) *owner {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.owners[ticket]
}

// ended says whether the talk is over: the station may press again.
func (o *owner) ended() bool {
	state := o.shows.Load().call.State
	return state == call.WrapUp || state == call.Closed
}

// ownerOf returns the owner of the call of an agent, or its mirror: the one
// offered to him, in progress or in wrap-up, or whose third person he is, with the highest epoch; or nil.
func (s *Server) ownerOf(agent string, states ...call.State) *owner {
	s.mu.Lock()
	defer s.mu.Unlock()
	var best *owner
	var bestEpoch int64
	for o := range s.callsLocked() {
		c := o.shows.Load().call
		if c.Agent != agent && c.Third.Agent != agent || c.State == call.Waiting || c.State == call.Closed {
			continue
		}
		fits := len(states) == 0
		for _, st := range states {
			fits = fits || c.State == st
		}
		if fits && (best == nil || c.Epoch > bestEpoch) { // of one seat there is one
			best, bestEpoch = o, c.Epoch
		}
	}
	return best
}

// enqueue is the first event of a press.
type enqueue struct{ ticket queue.Ticket }

// again makes sure that the queue has the ticket before the answer comes.
type again struct{}

// queueTicket is the call as the queue takes it back.
func queueTicket(c call.Call, affinity string, skills []string) queue.Ticket {
	return queue.Ticket{
		ID: c.Ticket, Number: c.Number, Station: c.Station, Affinity: affinity,
		Who: string(c.Who), Theme: c.Theme, Matter: c.Matter, Skills: skills, Priority: c.Priority,
		ArrivedMS: c.ArrivedMS, State: queue.State(c.State), Epoch: c.Epoch, Agent: c.Agent,
		AcceptedMS: c.AcceptedMS, ConnectedMS: c.ConnectedMS, EndedMS: c.EndedMS, WrapUpEndsMS: c.WrapUpEndsMS,
		Kind: queue.Kind(c.Kind), DueMS: c.DueMS,
	}
}
