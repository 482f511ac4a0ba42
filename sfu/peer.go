package sfu

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/webrtc/v4"
)

const (
	gatherBound = 3 * time.Second
	closeBound  = 5 * time.Second
)

// peer is one connection: what a participant publishes and receives on.
type peer struct {
	sfu    *SFU
	room   *room
	who    Participant          // as it joined
	as     atomic.Pointer[Role] // its place since a hand-over; nil: as it joined
	pc     *webrtc.PeerConnection
	counts *tally

	negotiating chan struct{} // one place: held while an offer is applied
	offer       string        // the first, without candidates
	remote      credentials   // of the last offer; guarded by negotiating

	sources [mediaSections]*source // nil where the role publishes nothing
	slots   [mediaSections]*slot   // nil where the SFU sends nothing
	desk    *relay                 // the document channel
	control *webrtc.DataChannel

	trail trail // guarded by the follower

	pathMu sync.Mutex
	path   string // protocol of the pair in use, "udp" or "tcp"; "" before and after

	tasks     sync.WaitGroup
	gone      chan struct{} // closed once the peer is on its way out
	goneOnce  sync.Once
	connected atomic.Bool
	mediaGate atomic.Uint64 // the opening whose first packet was announced

	clockOnce sync.Once
	clock     uint64
}

// newPeer sets up the connection with exactly the m-lines of the role's
// layout, each with its mid from the start, so that Pion has nothing to
// match by kind and direction.
func (s *SFU) newPeer(r *room, who Participant, counts *tally) (*peer, error) {
	pc, err := s.api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return nil, fmt.Errorf("peer connection: %w", err)
	}
	p := &peer{sfu: s, room: r, who: who, pc: pc, counts: counts, negotiating: make(chan struct{}, 1), gone: make(chan struct{})}
	s.peers.Add(1) // until end is through
	p.pc.OnTrack(p.onTrack)
	p.pc.OnConnectionStateChange(p.onState)
	p.pc.SCTP().Transport().ICETransport().OnSelectedCandidatePairChange(p.onPair)
	if err := p.build(); err != nil {
		p.end()
		return nil, err
	}
	return p, nil
}

// role is the peer's place in the room now.
func (p *peer) role() Role {
	if as := p.as.Load(); as != nil {
		return *as
	}
	return p.who.Role
}

func (p *peer) build() error {
	layout, _ := layout1(p.who.Role)
	for mid, section := range layout {
		var transceiver *webrtc.RTPTransceiver
		var err error
		init := webrtc.RTPTransceiverInit{Direction: section.answer()}
		if section.from != "" {
			p.slots[mid] = newSlot(p, mid, section)
			transceiver, err = p.pc.AddTransceiverFromTrack(p.slots[mid], init)
		} else {
			transceiver, err = p.pc.AddTransceiverFromKind(section.kind, init)
		}
		if err != nil {
			return fmt.Errorf("m-line %d: %w", mid, err)
		}
		if err := transceiver.SetMid(strconv.Itoa(mid)); err != nil {
			return fmt.Errorf("m-line %d: %w", mid, err)
		}
		if section.publishes() {
			p.sources[mid] = &source{peer: p, mid: mid, kind: section.kind}
			p.tasks.Add(1)
			go p.sources[mid].reports(transceiver.Receiver())
		}
		if p.slots[mid] != nil {
			p.tasks.Add(1)
			go p.slots[mid].feedback(transceiver.Sender())
		}
	}
	return p.buildChannels()
}

// buildChannels opens our ends of the negotiated channels. Nothing is relayed
// on control and form; control carries what the SFU itself has to say.
func (p *peer) buildChannels() error {
	for id, label := range map[uint16]string{channelControl: "control", channelDocument: "document", channelForm: "form"} {
		negotiated := true
		channel, err := p.pc.CreateDataChannel(label, &webrtc.DataChannelInit{Negotiated: &negotiated, ID: &id})
		if err != nil {
			return fmt.Errorf("channel %s: %w", label, err)
		}
		switch id {
		case channelControl:
			p.control = channel
		case channelDocument:
			p.desk = newRelay(p, channel)
		}
	}
	p.pc.OnDataChannel(func(channel *webrtc.DataChannel) {
		// Not in the layout.
		_ = channel.Close()
	})
	return nil
}

// answer applies the first offer, before anybody else knows the peer.
func (p *peer) answer(ctx context.Context, offer string) (answer string, err error) {
	if p.remote, err = readCredentials(offer); err != nil {
		return "", err
	}
	p.offer = withoutCandidates(offer)
	if answer, err = p.describe(ctx, p.offer); err != nil {
		return "", err
	}
	return answer, p.agree(answer)
}

// agree tells the follower what the connection stands on from now on.
func (p *peer) agree(answer string) error {
	local, err := readCredentials(answer)
	if err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	p.sfu.conn.agree(&p.trail, local, p.remote, candidatesOf(answer))
	return nil
}

// describe applies an offer and returns the answer with every candidate in it.
func (p *peer) describe(ctx context.Context, offer string) (string, error) {
	if err := p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
		return "", fmt.Errorf("%w: %w", ErrSDP, err)
	}
	gathered := webrtc.GatheringCompletePromise(p.pc)
	answer, err := p.pc.CreateAnswer(nil)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrSDP, err)
	}
	if err := p.pc.SetLocalDescription(answer); err != nil {
		return "", fmt.Errorf("%w: %w", ErrSDP, err)
	}
	bound := time.NewTimer(gatherBound)
	defer bound.Stop()
	select {
	case <-gathered:
	case <-bound.C:
		return "", errors.New("candidates were not gathered in time")
	case <-ctx.Done():
		return "", ctx.Err()
	}
	return p.pc.LocalDescription().SDP, nil
}

func (p *peer) onTrack(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	transceiver := receiver.RTPTransceiver()
	if transceiver == nil {
		return
	}
	mid, err := strconv.Atoi(transceiver.Mid())
	if err != nil || mid < 0 || mid >= mediaSections || p.sources[mid] == nil {
		return
	}
	p.sources[mid].start(track)
}

func (p *peer) onState(state webrtc.PeerConnectionState) {
	if p.ended() {
		return
	}
	switch state {
	case webrtc.PeerConnectionStateConnected:
		p.connected.Store(true)
		p.tell(Connected, nil)
		// Not from Pion's callback: it takes the room's lock.
		go p.room.refresh(p)
	case webrtc.PeerConnectionStateDisconnected:
		p.connected.Store(false)
		p.tell(Disconnected, nil)
	case webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed:
		p.connected.Store(false)
		go p.room.lost(p)
	}
}

// movedNotice goes to a participant over control when its media was found at
// another address: what else it has open, its socket first, may still be at
// the old one.
const movedNotice = `{"type":"moved"}`

// onPair takes note of the pair that carries the media from now on.
func (p *peer) onPair(pair *webrtc.ICECandidatePair) {
	p.takePath(pair.Local.Protocol.String())
	var at netip.AddrPort // of no use to the follower unless UDP
	if ip, err := netip.ParseAddr(pair.Remote.Address); err == nil && pair.Remote.Protocol == webrtc.ICEProtocolUDP {
		at = plainAddr(netip.AddrPortFrom(ip, pair.Remote.Port))
	}
	if p.ended() {
		return
	}
	moved, check := p.sfu.conn.settle(&p.trail, at)
	if check != nil {
		_, _ = p.sfu.conn.WriteToAddrPort(check, at) // asked again if lost
	}
	if !moved {
		return
	}
	p.counts.moves.Add(1)
	p.sfu.metrics.moves.Inc()
	// Before the channel is open there is nothing to warn of.
	_ = p.control.SendText(movedNotice)
	p.tell(Moved, nil)
	go p.room.refresh(p) // some packets went to the old address
}

// takePath notes the protocol that the media takes from now on.
func (p *peer) takePath(protocol string) {
	p.pathMu.Lock()
	defer p.pathMu.Unlock()
	if p.ended() {
		protocol = ""
	}
	if p.path == protocol {
		return
	}
	if p.path != "" {
		p.sfu.metrics.pairs.WithLabelValues(p.path).Dec()
	}
	if protocol != "" {
		p.sfu.metrics.pairs.WithLabelValues(protocol).Inc()
	}
	p.path = protocol
}

func (p *peer) protocol() string {
	p.pathMu.Lock()
	defer p.pathMu.Unlock()
	return p.path
}

// sawMedia announces the first packet that went to the peer since the gate
// opened.
func (p *peer) sawMedia(gate uint64) {
	if last := p.mediaGate.Load(); last != gate && p.mediaGate.CompareAndSwap(last, gate) {
		p.tell(Media, nil)
	}
}

// clockOffset is what turns the publisher's NTP time into ours, fixed by the
// first report that asks.
func (p *peer) clockOffset(measured uint64) uint64 {
	p.clockOnce.Do(func() { p.clock = measured })
	return p.clock
}

func (p *peer) tell(kind EventKind, err error) {
	p.sfu.events.put(Event{Room: p.room.id, Participant: p.who.ID, Role: p.role(), Kind: kind, Err: err})
}

func (p *peer) ended() bool {
	select {
	case <-p.gone:
		return true
	default:
		return false
	}
}

// end closes the connection in a goroutine of its own. Pion's Close can hang
// (pion/webrtc #1430, #2404); after closeBound the peer is counted and left.
func (p *peer) end() {
	p.goneOnce.Do(func() {
		close(p.gone)
		p.connected.Store(false)
		p.takePath("")
		p.sfu.conn.forget(&p.trail)
		go func() {
			defer p.sfu.peers.Done()
			closed := make(chan struct{})
			go func() {
				defer close(closed)
				if p.desk != nil {
					p.desk.close()
				}
				// What it could not close in order is gone with the process.
				_ = p.pc.GracefulClose()
				p.tasks.Wait()
			}()
			bound := time.NewTimer(closeBound)
			defer bound.Stop()
			select {
			case <-closed:
			case <-bound.C:
				p.sfu.metrics.closeOverruns.Inc()
				p.sfu.options.Logger.Warn("peer did not close in time", "room", p.room.id, "role", p.role())
			}
		}()
	})
}
