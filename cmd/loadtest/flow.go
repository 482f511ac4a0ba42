package main

import "sync"

// flow accounts for one stream in one direction of one call.
//
// What counts as lost: a packet sent at or after the start and not received by
// the end. The start is the later of two moments: when both pages had seen
// gate_open, and the first packet that can be expected to pass: for audio the
// first one received, for video the first packet of the first keyframe
// received, because an SFU lets no picture pass before a keyframe. Where
// nothing was received at all, everything sent after the gate is lost. A packet
// repaired by NACK counts as received.
type flow struct {
	kind kind

	mu       sync.Mutex // guards the following fields
	sent     uint64     // also the counter of the next packet
	gate     uint64     // counter when both gates were seen open
	gated    bool
	first    uint64 // counter of the first packet that passed, see above
	passed   bool
	received uint64
	seen     []uint64 // a bit for each counter
}

// next returns the counter of the packet to send now.
func (f *flow) next() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := f.sent
	f.sent++
	return n
}

// opened marks that both pages have seen the gate open.
func (f *flow) opened() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.gated {
		f.gate, f.gated = f.sent, true
	}
}

// arrival tells what a packet was to its flow.
type arrival struct {
	known   bool // its counter was really sent
	again   bool // received before
	first   bool // the first of the flow at all
	started bool // of video: the first that begins a keyframe
}

// take notes a received packet.
func (f *flow) take(counter uint64, keyframe bool) arrival {
	f.mu.Lock()
	defer f.mu.Unlock()
	if counter >= f.sent {
		return arrival{}
	}
	a := arrival{known: true, first: f.received == 0}
	word, bit := counter/64, uint64(1)<<(counter%64)
	for uint64(len(f.seen)) <= word {
		f.seen = append(f.seen, 0)
	}
	if f.seen[word]&bit != 0 {
		a.again = true
		return a
	}
	f.seen[word] |= bit
	f.received++
	if !f.passed && (f.kind == audio || keyframe) {
		f.first, f.passed = counter, true
		a.started = true
	}
	return a
}

// tally of a flow, or of many.
type tally struct {
	Sent     uint64 `json:"sent"` // since the start, see flow
	Received uint64 `json:"received"`
	Lost     uint64 `json:"lost"`

	gap gap // the first packets missing, of a single flow
}

// gap is a run of missing packets, for the report to say where to look.
type gap struct {
	after  uint64 // packets that had arrived since the start
	length uint64
}

func (t *tally) add(o tally) {
	t.Sent += o.Sent
	t.Received += o.Received
	t.Lost += o.Lost
}

// account returns the tally up to now.
func (f *flow) account() tally {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.gated {
		return tally{}
	}
	start := f.gate
	if f.passed {
		start = max(start, f.first)
	}
	var t tally
	within := false // the first gap goes on
	for n := start; n < f.sent; n++ {
		t.Sent++
		word := n / 64
		if word < uint64(len(f.seen)) && f.seen[word]&(1<<(n%64)) != 0 {
			t.Received++
			within = false
			continue
		}
		if t.Lost == 0 {
			t.gap.after, within = n-start, true
		}
		if t.Lost++; within {
			t.gap.length++
		}
	}
	return t
}
