package icetcp

import (
	"net"
	"time"
)

// Options of a Mux. Listener must be set; a zero bound means its default.
type Options struct {
	Listener *net.TCPListener
	// MaxConnections bounds the connections in all, default 4,096.
	MaxConnections int
	// MaxPerSource bounds those of one IPv4 address or IPv6 /64, default 512: all
	// seats of a centre may sit behind one NAT.
	MaxPerSource int
	// Announced says whether peers may be told of a local address; nil means
	// every address.
	Announced func(net.IP) bool
	// OnChange is called with the number of connections that joined an End or
	// left it; may be nil. It must not block.
	OnChange func(delta int)
	// OnRefuse is called for each connection that was not taken or was cut;
	// may be nil. It must not block.
	OnRefuse func(Reason)
}

// Reason says why a connection was not taken or was cut.
type Reason string

// Reasons.
const (
	Full    Reason = "full"    // the bounds of connections
	Late    Reason = "late"    // no first packet in time
	Unknown Reason = "unknown" // the first packet is no request for a peer of ours
	Framing Reason = "framing" // not RFC 4571, or too large
	Stalled Reason = "stalled" // it does not read what is sent
)

// Reasons are all there are.
var Reasons = []Reason{Full, Late, Unknown, Framing, Stalled}

const (
	defaultConnections = 4096
	defaultPerSource   = 512

	// maxWaiting bounds the connections whose first packet is still to come;
	// one more ends the longest waiting of the source that has the most.
	maxWaiting = 256
	// maxPerEnd bounds those of one participant; one more ends the oldest,
	// which a restarted agent has left behind.
	maxPerEnd = 8

	firstBound = 3 * time.Second
	// Agents send a check or keep-alive every few seconds (RFC 7675).
	idleBound = 90 * time.Second
	// A frame that the other side does not read for so long ends the connection.
	writeBound = 5 * time.Second
	// Unsent bytes of a connection; packets beyond are dropped, as a full line
	// would: late media is worth nothing.
	maxUnsent = 256 << 10
	// The kernel's own buffer is kept small for the same reason.
	sendBuffer = 128 << 10
	// Packets that wait for the agent; with more, TCP's window closes.
	maxUnread = 256
)

func (o *Options) complete() {
	if o.MaxConnections == 0 {
		o.MaxConnections = defaultConnections
	}
	if o.MaxPerSource == 0 {
		o.MaxPerSource = defaultPerSource
	}
	if o.Announced == nil {
		o.Announced = func(net.IP) bool { return true }
	}
	if o.OnChange == nil {
		o.OnChange = func(int) {}
	}
	if o.OnRefuse == nil {
		o.OnRefuse = func(Reason) {}
	}
}
