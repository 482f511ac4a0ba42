// Package icetcp takes ICE over TCP (RFC 6544) in on one listener, for
// participants whose network lets no UDP through.
//
// A participant's agent connects, sends a STUN binding request whose USERNAME
// begins with the fragment that our answer gave it, and from then on
// exchanges packets in the framing of RFC 4571. The Mux reads that first
// packet, hands the connection to the End of the fragment and refuses every
// other: a connection that names no fragment of ours costs one small read.
//
// Ownership: a Mux owns the listener and every connection; an End belongs to
// whoever asked for it and groups the connections of one fragment and local
// address as one net.PacketConn. Locks are taken in the order Mux, End,
// connection. What is bounded: connections in all, by source and by fragment,
// the time to the first packet, the size of a frame, what waits to be sent,
// and how long a reader may stand still.
package icetcp
