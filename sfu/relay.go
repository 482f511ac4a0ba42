package sfu

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/webrtc/v4"
	"golang.org/x/time/rate"

	"github.com/remotewindow/remotewindow/sfu/capture"
)

const (
	// At most so many bytes lie unsent towards an agent. With more, SCTP's
	// slow start overruns the line's queue (performance research, section 4),
	// and audio would wait behind the page.
	maxBuffered = 192 << 10
	lowBuffered = 96 << 10
	// A station's channel is held back for an agent that does not keep up at
	// most this long; then the page goes on to the store alone.
	onwardPatience = 3 * time.Second
	// So long a resumed page waits for the agent to say what it has.
	havePatience = 2 * time.Second
	// A station offers at most so many pages a second, and so many at once.
	offersPerSecond, offerBurst = 2, 16
	// After so many messages that had to be refused nothing more is taken.
	maxRefused = 256
)

// relay is our end of a peer's document channel. From the station it takes
// pages; towards the agent it passes them on.
type relay struct {
	peer    *peer
	channel *webrtc.DataChannel
	context context.Context // ends with the channel
	cancel  context.CancelFunc
	low     chan struct{} // one slot: the buffer has drained

	inbound sync.Mutex // held for one message, and to end the pages
	closed  bool
	pages   map[capture.ID]*page // of a station
	refused int
	offers  *rate.Limiter

	outbound sync.Mutex
	onwards  map[capture.ID]*onward // towards an agent
}

func newRelay(p *peer, channel *webrtc.DataChannel) *relay {
	l := &relay{
		peer: p, channel: channel, low: make(chan struct{}, 1),
		offers: rate.NewLimiter(offersPerSecond, offerBurst),
		pages:  map[capture.ID]*page{}, onwards: map[capture.ID]*onward{},
	}
	l.context, l.cancel = context.WithCancel(context.Background())
	channel.SetBufferedAmountLowThreshold(lowBuffered)
	channel.OnBufferedAmountLow(func() {
		select {
		case l.low <- struct{}{}:
		default:
		}
	})
	channel.OnMessage(l.take)
	channel.OnClose(func() { go l.close() })
	return l
}

// take runs on the channel's reader: while it works, SCTP's window closes and
// the sender waits.
func (l *relay) take(message webrtc.DataChannelMessage) {
	l.inbound.Lock()
	defer l.inbound.Unlock()
	// Once the relay is on its way out nothing more is taken: a part that was
	// not passed on must not be followed by the next.
	if l.context.Err() != nil || message.IsString || !l.peer.sfu.pulse.wait(l.context) {
		return
	}
	if l.peer.role() == Station {
		l.takeStation(message.Data)
		return
	}
	l.takeReceiver(message.Data)
}

// takeReceiver applies what an agent answers. Only a station may send pages.
func (l *relay) takeReceiver(message []byte) {
	f, err := capture.Parse(message)
	if err != nil {
		l.refuse(f.ID, err)
		return
	}
	switch f.Kind {
	case capture.KindOffer:
		l.refuse(f.ID, capture.NotAsked)
		l.count(string(capture.NotAsked))
	case capture.KindHave:
		l.outbound.Lock()
		o := l.onwards[f.ID]
		l.outbound.Unlock()
		if o != nil {
			o.said(f.Number)
		}
	case capture.KindRefuse, capture.KindCancel:
		l.outbound.Lock()
		o := l.onwards[f.ID]
		l.outbound.Unlock()
		if o != nil {
			o.over.Store(true)
		}
	case capture.KindAck, capture.KindDone:
		// The store's own check counts; the agent's is for the agent.
	case capture.KindThumb, capture.KindChunk:
		// Parts of a page that was refused.
	}
}

// close ends the relay: pages on their way are kept for resuming.
func (l *relay) close() {
	l.cancel()
	l.inbound.Lock()
	defer l.inbound.Unlock()
	if l.closed {
		return
	}
	l.closed = true
	for _, p := range l.pages {
		p.suspend()
	}
}

// write sends a small frame whatever is buffered. A channel that is gone
// says so by closing.
func (l *relay) write(f capture.Frame) { _ = l.channel.Send(f.Marshal()) }

// refuse answers a message that is not taken. Only take's goroutine calls it. A
// peer that sends junk and does not read must not fill our buffer with answers,
// and one that never stops is not listened to any more.
func (l *relay) refuse(id capture.ID, err error) {
	if l.refused++; l.refused > maxRefused {
		l.cancel()
		go l.close()
		return
	}
	if l.channel.BufferedAmount() < maxBuffered {
		l.write(capture.Refuse(id, capture.RefusalOf(err)))
	}
}

func (l *relay) count(result string) {
	l.peer.sfu.metrics.documents.WithLabelValues(result).Inc()
}

func (l *relay) tell(kind EventKind, o capture.Offer, err error) {
	l.peer.sfu.events.put(Event{
		Room: l.peer.room.id, Participant: l.peer.who.ID, Role: l.peer.role(), Kind: kind, Page: &o, Err: err,
	})
}

// onward is the agent's copy of a page on its way.
type onward struct {
	to    *relay
	room  *room
	first uint32        // chunk that the station will send first
	have  atomic.Uint32 // what the agent wants next, once it has said so
	heard chan struct{} // closed then
	once  sync.Once
	over  atomic.Bool // the agent wants no more of it
}

// openOnward offers the page to the agent, if one is there and the gate is
// open: before accept nothing of the station reaches anybody.
func (l *relay) openOnward(offer capture.Offer, first uint32) *onward {
	agent := l.peer.room.peerOf(Agent)
	if agent == nil || l.peer.room.gate.Load() == 0 || agent.desk.channel.ReadyState() != webrtc.DataChannelStateOpen {
		return nil
	}
	if first == offer.Chunks() {
		return nil // nothing more will come; the store has it
	}
	f, err := offer.Frame()
	if err != nil {
		return nil
	}
	o := &onward{to: agent.desk, room: l.peer.room, first: first, heard: make(chan struct{})}
	o.to.outbound.Lock()
	o.to.onwards[offer.Document] = o
	o.to.outbound.Unlock()
	if !o.pass(l, f.Marshal()) {
		o.to.dropOnward(offer.Document)
		return nil
	}
	return o
}

func (l *relay) dropOnward(id capture.ID) {
	l.outbound.Lock()
	defer l.outbound.Unlock()
	delete(l.onwards, id)
}

func (o *onward) said(number uint32) {
	o.once.Do(func() {
		o.have.Store(number)
		close(o.heard)
	})
}

// pass hands one message to the agent, waiting for its line as long as
// onwardPatience. False: the agent gets no more of this page here.
func (o *onward) pass(from *relay, message []byte) bool {
	if o.over.Load() || o.room.gate.Load() == 0 {
		return false
	}
	if capture.Kind(message[1]) == capture.KindChunk && o.first > 0 && !o.reaches(from) {
		return false
	}
	patience := time.NewTimer(onwardPatience)
	defer patience.Stop()
	for o.to.channel.BufferedAmount()+uint64(len(message)) > maxBuffered {
		select {
		case <-o.to.low:
		case <-o.to.context.Done():
			return false
		case <-from.context.Done():
			return false
		case <-patience.C:
			return false
		}
	}
	return o.to.channel.Send(message) == nil
}

// reaches tells whether the agent holds what lies before the first chunk of
// a resumed page, which the station will not send again.
func (o *onward) reaches(from *relay) bool {
	patience := time.NewTimer(havePatience)
	defer patience.Stop()
	select {
	case <-o.heard:
		return o.have.Load() >= o.first
	case <-o.to.context.Done():
	case <-from.context.Done():
	case <-patience.C:
	}
	return false
}
