package sfu

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/webrtc/v4"
)

// room is one call: who is there, who feeds whom, and the gate.
type room struct {
	sfu *SFU
	id  string

	// gate is 0 while shut, otherwise the number of the opening. The
	// forwarding path reads it, and held, and nothing else of the room.
	gate atomic.Uint64
	// held: what the station sends goes nowhere, and nothing goes to it.
	held atomic.Bool

	joining int // negotiations under way, guarded by the SFU's lock

	mu       sync.Mutex
	closed   bool
	epoch    int64
	opened   int64  // the epoch the gate was opened for
	openings uint64 // so far
	peers    map[Role]*peer
	tallies  map[string]*tally // by participant, over all their peers
}

func newRoom(s *SFU, id string) *room {
	r := &room{sfu: s, id: id, peers: map[Role]*peer{}, tallies: map[string]*tally{}}
	return r
}

// admit checks the epoch and returns the participant's tally.
func (r *room) admit(who Participant) (*tally, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, fmt.Errorf("room: %w", ErrClosed)
	}
	if who.Epoch < r.epoch {
		return nil, fmt.Errorf("%w: %d, room is at %d", ErrStale, who.Epoch, r.epoch)
	}
	t := r.tallies[who.ID]
	if t == nil {
		if len(r.tallies) >= maxTallies {
			return nil, fmt.Errorf("%w: too many participants over the life of the room", ErrFull)
		}
		t = &tally{role: who.Role}
		r.tallies[who.ID] = t
	}
	t.role = who.Role
	t.offers.Add(1)
	return t, nil
}

// seat gives the peer its role's place and returns the one it replaces. A
// higher epoch than the gate was opened for shuts the gate: whoever comes
// with a new owner has not been accepted yet.
func (r *room) seat(p *peer) (replaced *peer, err error) {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return nil, fmt.Errorf("room: %w", ErrClosed)
	}
	if p.who.Epoch < r.epoch {
		r.mu.Unlock()
		return nil, fmt.Errorf("%w: %d, room is at %d", ErrStale, p.who.Epoch, r.epoch)
	}
	r.raiseLocked(p.who.Epoch)
	replaced = r.peers[p.role()]
	r.peers[p.role()] = p
	asks := r.bindLocked()
	r.mu.Unlock()
	request(asks)
	return replaced, nil
}

func (r *room) raiseLocked(epoch int64) {
	if epoch <= r.epoch {
		return
	}
	r.epoch = epoch
	if r.gate.Load() != 0 && r.opened < epoch {
		r.gate.Store(0)
	}
}

// open lets media pass for the epoch. Opening an open gate again for the
// same epoch changes nothing.
func (r *room) open(epoch int64) error {
	r.mu.Lock()
	if epoch < r.epoch {
		at := r.epoch
		r.mu.Unlock()
		return fmt.Errorf("%w: %d, room is at %d", ErrStale, epoch, at)
	}
	if r.gate.Load() != 0 {
		r.epoch, r.opened = epoch, epoch
		r.mu.Unlock()
		return nil
	}
	r.epoch, r.opened = epoch, epoch
	r.openings++
	r.gate.Store(r.openings)
	var asks []*source
	for _, p := range r.peers {
		for _, src := range p.sources {
			if src != nil && src.kind == webrtc.RTPCodecTypeVideo {
				asks = append(asks, src)
			}
		}
	}
	r.mu.Unlock()
	request(asks)
	return nil
}

func (r *room) shut() { // the lock orders it against open
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gate.Store(0)
}

// hold keeps the station's media from everyone and theirs from it. The end of
// a hold is another opening: every stream goes on with a keyframe.
func (r *room) hold(on bool) {
	r.mu.Lock()
	if r.held.Swap(on) == on || on || r.gate.Load() == 0 {
		r.mu.Unlock()
		return
	}
	r.openings++
	r.gate.Store(r.openings)
	var asks []*source
	for _, p := range r.peers {
		for _, src := range p.sources {
			if src != nil && src.kind == webrtc.RTPCodecTypeVideo {
				asks = append(asks, src)
			}
		}
	}
	r.mu.Unlock()
	request(asks)
}

// handOver gives a third person's peer the agent's place under a higher epoch.
// The gate stays as it is: the call goes on. Who had the place ends without an
// event.
func (r *room) handOver(third string, epoch int64) error {
	r.mu.Lock()
	if epoch < r.epoch {
		at := r.epoch
		r.mu.Unlock()
		return fmt.Errorf("%w: %d, room is at %d", ErrStale, epoch, at)
	}
	p := r.peers[Third]
	if p == nil || p.who.ID != third {
		r.mu.Unlock()
		return fmt.Errorf("hand over: %w", ErrNotFound)
	}
	before := r.peers[Agent]
	r.epoch, r.opened = epoch, epoch
	delete(r.peers, Third)
	role := Agent
	p.as.Store(&role)
	r.peers[Agent] = p
	if t := r.tallies[third]; t != nil {
		t.role = role
	}
	asks := r.bindLocked()
	r.mu.Unlock()
	request(asks)
	if before != nil {
		r.sfu.metrics.peers.Dec()
		before.end()
	}
	return nil
}

// leave removes the participant's peer, if there is one, without an event.
func (r *room) leave(participant string) {
	r.mu.Lock()
	var left []*peer
	for role, p := range r.peers {
		if p.who.ID == participant {
			left = append(left, p)
			delete(r.peers, role)
		}
	}
	asks := r.bindLocked()
	r.mu.Unlock()
	request(asks)
	for _, p := range left {
		r.sfu.metrics.peers.Dec()
		p.end()
	}
}

// lost removes a peer whose connection is gone and says so.
func (r *room) lost(p *peer) {
	r.mu.Lock()
	if r.peers[p.role()] != p {
		r.mu.Unlock()
		return
	}
	delete(r.peers, p.role())
	asks := r.bindLocked()
	r.mu.Unlock()
	request(asks)
	r.sfu.metrics.peers.Dec()
	p.tell(Closed, nil)
	p.end()
}

// close ends every peer; the room takes no more.
func (r *room) close() {
	r.mu.Lock()
	r.closed = true
	r.gate.Store(0)
	peers := r.peers
	r.peers = map[Role]*peer{}
	r.bindLocked()
	r.mu.Unlock()
	for _, p := range peers {
		r.sfu.metrics.peers.Dec()
		p.end()
	}
}

// untouched tells whether no join ever succeeded in the room.
func (r *room) untouched() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.peers) == 0 && r.epoch == 0
}

// refresh asks for the keyframes that a new or interrupted path makes due:
// of what the peer publishes, and of what it is to see.
func (r *room) refresh(p *peer) {
	r.mu.Lock()
	if r.peers[p.role()] != p || r.gate.Load() == 0 {
		r.mu.Unlock()
		return
	}
	var asks []*source
	for _, src := range p.sources {
		if src != nil {
			asks = append(asks, src)
		}
	}
	for _, to := range p.slots {
		if to == nil {
			continue
		}
		if src := to.from.Load(); src != nil {
			asks = append(asks, src)
		}
	}
	r.mu.Unlock()
	now := time.Now()
	for _, src := range asks {
		src.oweKeyframe(now)
	}
}

// present is the peer of a participant, or nil.
func (r *room) present(participant string) *peer {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range r.peers {
		if p.who.ID == participant {
			return p
		}
	}
	return nil
}

// peerOf is the peer in the role's place, or nil.
func (r *room) peerOf(role Role) *peer {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.peers[role]
}

// bindLocked points every slot at the source that its section names and
// every source at its slots. It returns the video sources that feed a new
// slot through an open gate: they owe it a keyframe.
func (r *room) bindLocked() (asks []*source) {
	feeds := map[*source][]*slot{}
	for _, p := range r.peers {
		place, _ := layout1(p.role())
		for _, to := range p.slots {
			if to == nil {
				continue
			}
			var src *source
			// By the place that the peer has now; what is announced of the slot stays.
			if publisher := r.peers[place[to.mid].from]; publisher != nil {
				src = publisher.sources[place[to.mid].fromMid]
			}
			before := to.from.Swap(src)
			if src == nil {
				continue
			}
			feeds[src] = append(feeds[src], to)
			if before != src && src.kind == webrtc.RTPCodecTypeVideo && r.gate.Load() != 0 {
				asks = append(asks, src)
			}
		}
	}
	for _, p := range r.peers {
		for _, src := range p.sources {
			if src != nil {
				slots := feeds[src]
				src.slots.Store(&slots)
			}
		}
	}
	return asks
}

// request asks the sources for a keyframe, outside every lock.
func request(sources []*source) {
	now := time.Now()
	for _, src := range sources {
		src.requestKeyframe(now)
	}
}
