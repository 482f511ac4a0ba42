package sfu

import (
	"slices"
	"strings"
	"sync/atomic"
)

// maxTallies bounds how many participants a room remembers: 4 at a time, and
// some hand-overs.
const maxTallies = 64

// tally counts for one participant over all peers it had in the room.
type tally struct {
	role                                                  Role
	offers, answers, restarts, moves                      atomic.Uint64
	in, forwarded, dropped, held, bytes, out, nacks, plis atomic.Uint64
}

// ParticipantStats are a participant's figures since it first joined.
type ParticipantStats struct {
	ID        string
	Role      Role
	Present   bool // holds its role's place
	Connected bool
	Path      string // protocol that its media takes, "udp" or "tcp"; "" before the first pair
	Offers    uint64 // offers it made
	Answers   uint64 // answers it got
	Restarts  uint64 // times that its connection got a new path
	Moves     uint64 // times that it was followed to another address

	PacketsIn   uint64 // RTP packets that it published
	Forwarded   uint64 // of these, sent on (once per receiver)
	GateDropped uint64 // of these, held back by the shut gate
	Held        uint64 // of these, not sent on although the gate was open (before the keyframe)
	Bytes       uint64 // payload bytes sent on
	PacketsOut  uint64 // RTP packets sent to it, without retransmissions
	Nacks       uint64 // NACK messages it sent
	PLIs        uint64 // keyframe requests it got
}

// RoomStats is a room at one moment; participants are sorted by id.
type RoomStats struct {
	Epoch        int64
	Open         bool
	Participants []ParticipantStats
}

// Participant finds the figures of one participant.
func (s RoomStats) Participant(id string) (ParticipantStats, bool) {
	for _, p := range s.Participants {
		if p.ID == id {
			return p, true
		}
	}
	return ParticipantStats{}, false
}

func (r *room) stats() RoomStats {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := RoomStats{Epoch: r.epoch, Open: r.gate.Load() != 0}
	for id, t := range r.tallies {
		p := ParticipantStats{
			ID: id, Role: t.role, Offers: t.offers.Load(), Answers: t.answers.Load(), Restarts: t.restarts.Load(), Moves: t.moves.Load(),
			PacketsIn: t.in.Load(), Forwarded: t.forwarded.Load(), GateDropped: t.dropped.Load(), Held: t.held.Load(),
			Bytes: t.bytes.Load(), PacketsOut: t.out.Load(), Nacks: t.nacks.Load(), PLIs: t.plis.Load(),
		}
		if present := r.peers[t.role]; present != nil && present.who.ID == id {
			p.Present, p.Connected = true, present.connected.Load()
			p.Path = present.protocol()
		}
		out.Participants = append(out.Participants, p)
	}
	slices.SortFunc(out.Participants, func(a, b ParticipantStats) int { return strings.Compare(a.ID, b.ID) })
	return out
}
