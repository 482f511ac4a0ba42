// Package sfu forwards the media and the captured pages of a call.
//
// A room is one call: at most one peer per role (station, agent, third
// person, supervisor). Each peer makes one offer with the fixed layout of
// layout.go and gets one answer; nothing is negotiated again, save the path
// (Restart). What a peer publishes is bound to the slots of the others when
// both are there, and passes only while the room's gate is open. Pages travel
// over the document channel and are cut through, hashed and stored on the way.
//
// All media goes over one UDP port and, where UDP is blocked, the TCP port of
// the same number (package icetcp). The participant reaches us first; the
// candidates that its offer names are not used, so it need not gather any
// before it sends the offer. One whose address changes in the middle is
// followed by its media at once (follower); over the channel control it is
// told so, because what else it has open may be left behind.
//
// The package knows rooms, peers, slots and pages. It knows no queue, no
// user and no socket: whoever calls Join has already decided that the
// participant may. Nothing outside this folder and the Go client sees Pion.
//
// Ownership: SFU owns the ports and the rooms; a room owns its peers;
// a peer owns its connection, the sources it publishes and the slots it
// receives on. Locks are taken in the order SFU, room, slot; no connection
// is ever closed under one of them. The follower's lock is taken last.
package sfu
