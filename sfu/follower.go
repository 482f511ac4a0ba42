package sfu

import (
	"encoding/binary"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/stun/v4"
)

// A participant's address counts as left when nothing came from it for so
// long: speech alone is a packet every 20 ms.
const followQuiet = 100 * time.Millisecond

// follower is the UDP socket of all peers as Pion's mux reads it. It follows a
// participant whose address changes in the middle of a connection (another
// network, a NAT that lost its binding), which Pion takes note of only with
// the browser's next check, up to 2.5 s later: until then its media is thrown
// away, and ours goes to where nobody is.
//
// A media packet names its stream in clear (RFC 3550, 5.1) and proves nothing.
// When one of a known stream comes from elsewhere while the participant's own
// address is silent, that address is asked: by a check of ours (question) that
// only who has the browser's password answers. Once the answer came, from that
// very address, Pion's mux is given in its place the check with which a
// browser nominates an address. An address of before is asked as a new one is:
// Pion would take its old answer for good. Pion learns of no address that did
// not answer.
//
// What a stranger can do: copy a stream, and be sent a check of about 100
// bytes, at most every askEvery and no more than maxQuestions addresses for a
// participant; pass it on to the browser, whose answer then says that it was
// asked from an address that is not ours, and counts for nothing; forge home's
// address, and so keep the participant from being followed, or ask from ever
// new addresses to the same end: then it moves as without a follower, with the
// browser's own check. Who stands on the path, and can take the browser's
// answer out of it, can be the path for as long as he stays: he had it
// already, and without the keys he can only cut it.
type follower struct {
	*net.UDPConn
	now func() time.Time

	mu      sync.Mutex
	streams map[uint32]*trail                       // by SSRC
	names   map[string]*trail                       // by our user fragment
	asked   map[[stun.TransactionIDSize]byte]*trail // questions that may be answered
}

// trail is where one participant's packets come from.
type trail struct {
	home      netip.AddrPort         // of the pair in use; invalid: none, or not UDP
	heard     time.Time              // last packet from home
	questions [maxQuestions]question // to addresses, home's too
	announced []netip.AddrPort       // our candidates
	seenAs    netip.AddrPort         // ours, as home sees it; invalid: not known yet
	nominated bool                   // by us since the last offer
	value     uint32                 // of the last nomination
	local     credentials            // ours, of the last answer
	remote    credentials            // the browser's, of the last offer
	gone      bool                   // no stream of it is taken any more
}

func newFollower(conn *net.UDPConn) *follower {
	return &follower{
		UDPConn: conn, now: time.Now,
		streams: map[uint32]*trail{}, names: map[string]*trail{}, asked: map[[stun.TransactionIDSize]byte]*trail{},
	}
}

// ReadFromAddrPort implements ice.AddrPortReaderWriter.
func (f *follower) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	for {
		n, from, err := f.ReadFromUDPAddrPort(b)
		if err != nil {
			return n, from, err
		}
		var check []byte
		if ssrc, ok := streamOf(b[:n]); ok {
			check = f.follow(ssrc, plainAddr(from))
		} else if m := bindingOf(b[:n]); m != nil && m.Type == stun.BindingRequest {
			check = f.wish(m, plainAddr(from))
		} else if m != nil {
			if nomination, ours := f.answered(m, plainAddr(from)); nomination != nil {
				n = copy(b, nomination)
			} else if ours {
				continue
			}
		}
		if check != nil {
			_, _ = f.WriteToUDPAddrPort(check, from) // asked again if lost
		}
		return n, from, nil
	}
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

// follow takes note of a media packet. It returns the check to send to where
// it came from: when its participant may have left home for there, or when
// home has not yet said how it sees us.
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
		if t.seenAs.IsValid() {
			return nil
		}
	} else if now.Sub(t.heard) < followQuiet {
		return nil
	}
	return f.ask(t, from, now, false)
}

// wish takes note of a browser's check. Where we nominated once, Pion refuses
// what a browser without renomination wishes: an address found by following
// has the highest priority, and no other's is above. Such a wish is granted as
// a move is, once the address answers, and whatever home does: so media comes
// back from wherever following has put it. wish returns the check to send.
func (f *follower) wish(m *stun.Message, from netip.AddrPort) []byte {
	name, err := m.Get(stun.AttrUsername)
	if err != nil || !m.Contains(stun.AttrUseCandidate) {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	t := f.names[firstOf(name)]
	if t == nil || !t.nominated || !t.home.IsValid() || from == t.home || string(name) != t.local.ufrag+":"+t.remote.ufrag {
		return nil
	}
	if stun.NewShortTermIntegrity(t.local.pwd).Check(m) != nil {
		return nil
	}
	return f.ask(t, from, f.now(), true)
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
	delete(f.names, t.local.ufrag)
	f.drop(t)
}

// agree takes the credentials of a new offer and its answer, and the answer's
// candidates. Nobody is at home until a pair of theirs stands.
func (f *follower) agree(t *trail, local, remote credentials, announced []netip.AddrPort) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if t.gone {
		return
	}
	f.drop(t)
	delete(f.names, t.local.ufrag)
	f.names[local.ufrag] = t
	t.local, t.remote, t.announced = local, remote, announced
	t.home, t.seenAs, t.nominated = netip.AddrPort{}, netip.AddrPort{}, false
}

// settle notes where the participant is now, the zero address where that is
// not known or not UDP. It tells whether that is a move: from one address to
// another on the same credentials. The check, if any, is to be sent there: who
// moves at once must have said before how it sees us.
func (f *follower) settle(t *trail, at netip.AddrPort) (moved bool, check []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	moved = t.home.IsValid() && at.IsValid() && at != t.home
	t.home, t.heard = at, f.now()
	if at.IsValid() && !t.seenAs.IsValid() && !t.gone {
		check = f.ask(t, at, t.heard, false)
	}
	return moved, check
}
