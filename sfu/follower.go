package sfu

import (
	"encoding/binary"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/stun/v4"
)

// Of following a participant.
const (
	// A participant's address counts as left when nothing came from it for so
	// long: speech alone is a packet every 20 ms.
	followQuiet = 100 * time.Millisecond
	// A participant is followed at most this often. A check that was lost is
	// sent again by the next packet after it.
	followEvery = 100 * time.Millisecond
	// Addresses are tried at most so often between two restarts, or a
	// stranger could have the agent collect candidates for ever.
	maxFollowed = 256
	// The highest of RFC 8445, 5.1.2: Pion lets no nomination lower the
	// priority of the pair in use.
	followPriority = 1<<31 - 1
)

// follower is the UDP socket of all peers as Pion's mux reads it. It follows a
// participant whose address changes in the middle of a connection (another
// network, a NAT that lost its binding), which Pion takes note of only with
// the browser's next check, up to 2.5 s later: until then its media is thrown
// away, and ours goes to where nobody is.
//
// A media packet names its stream in clear (RFC 3550, 5.1). When one of a
// known stream comes from elsewhere while the participant's own address is
// silent, the mux is given, in place of the packet, the check that the
// browser will send: a Binding request that nominates the new address. Pion
// answers with a check of its own and sends media there only once the browser
// has answered that with its password, so that a stranger who copies a stream
// gains two small packets, and only followEvery.
type follower struct {
	*net.UDPConn
	now func() time.Time

	mu      sync.Mutex
	streams map[uint32]*trail // by SSRC
}

// trail is where one participant's packets come from.
type trail struct {
	home     netip.AddrPort // of the pair in use; invalid: none, or not UDP
	heard    time.Time      // last packet from home
	followed time.Time      // last time that another address was tried
	tries    int            // so often since the last offer
	value    uint32         // of the last nomination
	local    credentials    // ours, of the last answer
	remote   credentials    // the browser's, of the last offer
	gone     bool           // no stream of it is taken any more
}

func newFollower(conn *net.UDPConn) *follower {
	return &follower{UDPConn: conn, now: time.Now, streams: map[uint32]*trail{}}
}

// ReadFromAddrPort implements ice.AddrPortReaderWriter.
func (f *follower) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	n, from, err := f.ReadFromUDPAddrPort(b)
	if err != nil {
		return n, from, err
	}
	if ssrc, ok := streamOf(b[:n]); ok {
		if check := f.follow(ssrc, plainAddr(from)); check != nil {
			n = copy(b, check)
		}
	}
	return n, from, nil
}

// WriteToAddrPort implements ice.AddrPortReaderWriter.
func (f *follower) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	return f.WriteToUDPAddrPort(b, to)
}

// streamOf is the SSRC of a media packet. Feedback names its sender
// elsewhere and comes with media: it is left out (RFC 5761, 4).
func streamOf(b []byte) (ssrc uint32, ok bool) {
	if len(b) < 12 || b[0]>>6 != 2 {
		return 0, false
	}
	if kind := b[1] & 0x7f; kind >= 64 && kind < 96 {
		return 0, false
	}
	return binary.BigEndian.Uint32(b[8:]), true
}

// plainAddr is the address as both the socket and Pion write it.
func plainAddr(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}

// follow takes note of a packet. When its participant has left its address
// for this one, it returns the check that says so.
func (f *follower) follow(ssrc uint32, from netip.AddrPort) []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	t := f.streams[ssrc]
	if t == nil || !t.home.IsValid() {
		return nil
	}
	now := f.now()
	if from == t.home {
		t.heard = now
		return nil
	}
	if now.Sub(t.heard) < followQuiet || now.Sub(t.followed) < followEvery || t.tries >= maxFollowed {
		return nil
	}
	t.followed = now
	t.tries++
	return t.nomination()
}

// nomination is the check with which a browser moves its media to the
// address that it comes from; nil when it cannot be built. Its value is above
// the last one's: Pion goes back to an address of before by that alone.
func (t *trail) nomination() []byte {
	t.value++
	m, err := stun.Build(
		stun.BindingRequest, stun.TransactionID,
		stun.NewUsername(t.local.ufrag+":"+t.remote.ufrag),
		ice.AttrControlling(0), ice.PriorityAttr(followPriority), ice.UseCandidate(), ice.Nomination(t.value),
		stun.NewShortTermIntegrity(t.local.pwd), stun.Fingerprint,
	)
	if err != nil {
		return nil
	}
	return m.Raw
}

// know adds a stream of the trail's participant. A stream that two claim
// stays with the first.
func (f *follower) know(t *trail, ssrc uint32) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.streams[ssrc] == nil && !t.gone {
		f.streams[ssrc] = t
	}
}

// forget drops the trail's streams for good.
func (f *follower) forget(t *trail) {
	f.mu.Lock()
	defer f.mu.Unlock()
	t.gone = true
	for ssrc, of := range f.streams {
		if of == t {
			delete(f.streams, ssrc)
		}
	}
}

// agree takes the credentials of a new offer and its answer. Nobody is at
// home until a pair of theirs stands.
func (f *follower) agree(t *trail, local, remote credentials) {
	f.mu.Lock()
	defer f.mu.Unlock()
	t.local, t.remote = local, remote
	t.home, t.tries = netip.AddrPort{}, 0
}

// settle notes where the participant is now, the zero address where that is
// not known or not UDP. It tells whether that is a move: from one address to
// another on the same credentials.
func (f *follower) settle(t *trail, at netip.AddrPort) (moved bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	moved = t.home.IsValid() && at.IsValid() && at != t.home
	t.home, t.heard = at, f.now()
	return moved
}
