package sfu

import (
	"sync"

	"github.com/remotewindow/remotewindow/sfu/capture"
)

// EventKind says what happened to a participant or a page.
type EventKind string

// Kinds of events. A participant that the caller removed (Leave, CloseRoom)
// or replaced (Join of the same role) gives no further events.
const (
	// Connected: ICE and DTLS stand, also after an interruption.
	Connected EventKind = "connected"
	// Restarted: a new path was agreed on; Connected follows when it stands.
	Restarted EventKind = "restarted"
	// Moved: the participant's media comes from another address and ours goes
	// there, on the same connection and without a restart.
	Moved EventKind = "moved"
	// Disconnected: nothing heard for 3 s; it may come back by itself.
	Disconnected EventKind = "disconnected"
	// Closed: the peer is gone and has left the room.
	Closed EventKind = "closed"
	// Media: the first packet since the gate opened went to the participant.
	Media EventKind = "media"
	// PageOffered, PageStored, PageFailed: a page of the participant.
	PageOffered EventKind = "page_offered"
	PageStored  EventKind = "page_stored"
	PageFailed  EventKind = "page_failed"
)

// Event is one thing that happened in a room.
type Event struct {
	Room        string
	Participant string
	Role        Role
	Kind        EventKind
	Page        *capture.Offer // of page events
	Err         error          // of PageFailed
}

// mailbox hands events to one receiver in order without ever blocking the
// sender, because senders are Pion's callbacks.
type mailbox struct {
	mu     sync.Mutex
	queue  []Event
	wake   chan struct{}
	stop   chan struct{}
	done   chan struct{}
	handle func(Event)
}

func newMailbox(handle func(Event)) *mailbox {
	m := &mailbox{wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{}), handle: handle}
	go m.run()
	return m
}

func (m *mailbox) put(e Event) {
	if m.handle == nil {
		return
	}
	m.mu.Lock()
	m.queue = append(m.queue, e)
	m.mu.Unlock()
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

func (m *mailbox) run() {
	defer close(m.done)
	for {
		select {
		case <-m.stop:
			return
		case <-m.wake:
		}
		m.mu.Lock()
		batch := m.queue
		m.queue = nil
		m.mu.Unlock()
		for _, e := range batch {
			m.handle(e)
		}
	}
}

// close ends the receiver; events not yet handed over are dropped.
func (m *mailbox) close() {
	close(m.stop)
	<-m.done
}
