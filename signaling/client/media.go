package client

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/remotewindow/remotewindow/sfu/capture"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// Slot is an m-line of layout 1; it equals the mid (architecture 3).
type Slot int

// Slots of layout 1 that carry media.
const (
	Microphone      Slot = iota // sendrecv: one's own out, the other side's in
	Camera                      // sendrecv
	DocumentVideo               // station sends, agent receives
	ThirdAudio                  // recvonly
	ThirdVideo                  // recvonly
	SupervisorAudio             // recvonly
	SupervisorVideo             // recvonly
	slots
)

// MediaOptions are the hooks and settings of one Media. All hooks are called on
// goroutines of Media; they must not block and must not call Close.
type MediaOptions struct {
	// RTP is called for every packet received. header and payload are valid
	// until it returns. Calls of one slot never overlap.
	RTP func(slot Slot, header *rtp.Header, payload []byte)
	// Keyframe is called when the SFU asks a sender for a keyframe (PLI or FIR).
	Keyframe func(slot Slot)
	// Offer may change our SDP before it is sent, and Answer the SFU's before it
	// is applied, for instance to lead media through a relay that drops packets.
	Offer  func(sdp string) (string, error)
	Answer func(sdp string) (string, error)
	// LoopbackOnly gathers candidates of 127.0.0.1 alone.
	LoopbackOnly bool
	// TCP connects over ICE-TCP (RFC 6544) alone, as where no UDP gets through.
	TCP bool
}

// Media is one participant's connection to the SFU: one offer, one answer, the
// fixed layout, three data channels. Close it.
type Media struct {
	pc      *webrtc.PeerConnection
	options MediaOptions
	log     *slog.Logger
	tracks  [slots]*webrtc.TrackLocalStaticRTP // nil where nothing is sent
	Control *Channel                           // id 0
	Page    *Channel                           // id 1, "document"
	Form    *Channel                           // id 2

	readers sync.WaitGroup // goroutines that read RTP and RTCP

	restarting sync.Mutex // one restart at a time; guards unanswered
	unanswered string     // the offer of a restart that has no answer yet

	mu      sync.Mutex // guards the following fields
	remotes [slots]webrtc.SSRC
	state   webrtc.PeerConnectionState
	changed chan struct{} // closed and replaced at every change of state

	pages pages
}

// newMedia builds the connection of a station or an agent; codec is "VP8" or
// "H264".
func newMedia(role protocol.Role, codec string, o MediaOptions, log *slog.Logger) (*Media, error) {
	api, video, err := newAPI(codec, o.LoopbackOnly, o.TCP)
	if err != nil {
		return nil, fmt.Errorf("client: media: %w", err)
	}
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return nil, fmt.Errorf("client: media: %w", err)
	}
	m := &Media{pc: pc, options: o, log: log, changed: make(chan struct{})}
	pc.OnTrack(m.onTrack)
	pc.OnConnectionStateChange(m.onState)
	if err := m.layOut(role, video); err != nil {
		_ = pc.Close()
		return nil, fmt.Errorf("client: media: layout 1: %w", err)
	}
	m.pages.changed = make(chan struct{})
	if role == protocol.RoleStation {
		m.Page.Receive(m.pages.answer)
	} else {
		m.pages.inbox = capture.Inbox{OnThumb: m.pages.thumb, OnPage: m.pages.page, OnFailure: m.pages.failure}
		m.Page.Receive(func(data []byte, text bool) {
			if text {
				return
			}
			if err := m.pages.inbox.Take(m.Page, data); err != nil {
				log.Warn("document channel", "err", err)
			}
		})
	}
	return m, nil
}

// layOut makes the transceivers in the order of the layout.
func (m *Media) layOut(role protocol.Role, video webrtc.RTPCodecCapability) error {
	audio := opus
	for slot := range slots {
		capability, kind := video, webrtc.RTPCodecTypeVideo
		if slot == Microphone || slot == ThirdAudio || slot == SupervisorAudio {
			capability, kind = audio, webrtc.RTPCodecTypeAudio
		}
		direction := webrtc.RTPTransceiverDirectionRecvonly
		switch {
		case slot == Microphone, slot == Camera:
			direction = webrtc.RTPTransceiverDirectionSendrecv
		case slot == DocumentVideo && role == protocol.RoleStation:
			direction = webrtc.RTPTransceiverDirectionSendonly
		}
		if direction == webrtc.RTPTransceiverDirectionRecvonly {
			if _, err := m.pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: direction}); err != nil {
				return err
			}
			continue
		}
		// Sound and picture of one person share the stream, for lip sync.
		stream := "person"
		if slot == DocumentVideo {
			stream = "document"
		}
		track, err := webrtc.NewTrackLocalStaticRTP(capability, fmt.Sprintf("%s-%d", stream, slot), stream)
		if err != nil {
			return err
		}
		transceiver, err := m.pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: direction})
		if err != nil {
			return err
		}
		m.tracks[slot] = track
		m.readers.Go(func() { m.readRTCP(slot, transceiver.Sender()) })
	}
	for id, label := range []string{"control", "document", "form"} {
		channel, err := newChannel(m.pc, label, uint16(id))
		if err != nil {
			return err
		}
		*[]**Channel{&m.Control, &m.Page, &m.Form}[id] = channel
	}
	return nil
}

// offer returns the SDP with all candidates inside.
func (m *Media) offer(ctx context.Context) (string, error) {
	offer, err := m.pc.CreateOffer(nil)
	if err != nil {
		return "", fmt.Errorf("offer: %w", err)
	}
	return m.describe(ctx, offer)
}

// describe makes the offer ours and waits until all candidates are in it. Those
// of a restart are being gathered already.
func (m *Media) describe(ctx context.Context, offer webrtc.SessionDescription) (string, error) {
	gathered := webrtc.GatheringCompletePromise(m.pc)
	if err := m.pc.SetLocalDescription(offer); err != nil {
		return "", fmt.Errorf("offer: %w", err)
	}
	select {
	case <-gathered:
		sdp := m.pc.LocalDescription().SDP
		if m.options.Offer != nil {
			return m.options.Offer(sdp)
		}
		return sdp, nil
	case <-ctx.Done():
		return "", fmt.Errorf("offer: gather candidates: %w", ctx.Err())
	}
}

// answer applies what the SFU answered and waits until the connection stands.
func (m *Media) answer(ctx context.Context, sdp string) error {
	if m.options.Answer != nil {
		changed, err := m.options.Answer(sdp)
		if err != nil {
			return fmt.Errorf("answer: %w", err)
		}
		sdp = changed
	}
	if err := m.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: sdp}); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	return m.WaitConnected(ctx)
}

// WaitConnected waits until ICE and DTLS stand. It fails at once when the
// connection has failed or was closed.
func (m *Media) WaitConnected(ctx context.Context) error {
	for {
		m.mu.Lock()
		state, changed := m.state, m.changed
		m.mu.Unlock()
		switch state {
		case webrtc.PeerConnectionStateConnected:
			return nil
		case webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed:
			return fmt.Errorf("media connection %s", state)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("media connection still %s: %w", state, ctx.Err())
		}
	}
}

// Connected tells whether media can flow now.
func (m *Media) Connected() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state == webrtc.PeerConnectionStateConnected
}

// WriteRTP sends a packet on a slot. Payload type and SSRC are filled in;
// sequence number and timestamp are the caller's.
func (m *Media) WriteRTP(slot Slot, packet *rtp.Packet) error {
	if slot < 0 || slot >= slots || m.tracks[slot] == nil {
		return fmt.Errorf("client: media: slot %d does not send", slot)
	}
	return m.tracks[slot].WriteRTP(packet)
}

// RequestKeyframe asks for a keyframe of what is received on slot (PLI, RFC
// 4585 6.3.1).
func (m *Media) RequestKeyframe(slot Slot) error {
	m.mu.Lock()
	var ssrc webrtc.SSRC
	if slot >= 0 && slot < slots {
		ssrc = m.remotes[slot]
	}
	m.mu.Unlock()
	if ssrc == 0 {
		return fmt.Errorf("client: media: nothing received on slot %d yet", slot)
	}
	return m.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: uint32(ssrc)}})
}

// LocalSDP returns the offer as sent and RemoteSDP the answer as applied.
func (m *Media) LocalSDP() string { return description(m.pc.LocalDescription()) }

// RemoteSDP returns the answer as applied, "" before it came.
func (m *Media) RemoteSDP() string { return description(m.pc.RemoteDescription()) }

func description(d *webrtc.SessionDescription) string {
	if d == nil {
		return ""
	}
	return d.SDP
}

func (m *Media) onState(state webrtc.PeerConnectionState) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state = state
	close(m.changed)
	m.changed = make(chan struct{})
}

// onTrack runs on a goroutine of its own, which becomes the slot's reader.
func (m *Media) onTrack(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	slot, ok := m.slotOf(receiver)
	if !ok {
		m.log.Warn("track outside the layout", "ssrc", track.SSRC())
		return
	}
	m.mu.Lock()
	m.remotes[slot] = track.SSRC()
	m.mu.Unlock()
	m.readRTP(slot, track)
}

func (m *Media) slotOf(receiver *webrtc.RTPReceiver) (Slot, bool) {
	for i, t := range m.pc.GetTransceivers() { // made in the order of the layout
		if t.Receiver() == receiver {
			return Slot(i), i < int(slots)
		}
	}
	return 0, false
}

func (m *Media) readRTP(slot Slot, track *webrtc.TrackRemote) {
	packet := make([]byte, 1600)
	var header rtp.Header
	for {
		n, _, err := track.Read(packet)
		if err != nil {
			return
		}
		start, err := header.Unmarshal(packet[:n])
		if err != nil {
			continue
		}
		end := n
		if header.Padding && n > start { // RFC 3550 5.1: the last octet counts the padding
			end = max(start, n-int(packet[n-1]))
		}
		if m.options.RTP != nil {
			m.options.RTP(slot, &header, packet[start:end])
		}
	}
}

// readRTCP must run for every sender: the interceptors that repair loss see
// feedback only while somebody reads.
func (m *Media) readRTCP(slot Slot, sender *webrtc.RTPSender) {
	buffer := make([]byte, 1600)
	for {
		n, _, err := sender.Read(buffer)
		if err != nil {
			return
		}
		packets, err := rtcp.Unmarshal(buffer[:n])
		if err != nil {
			continue
		}
		for _, p := range packets {
			switch p.(type) {
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				if m.options.Keyframe != nil {
					m.options.Keyframe(slot)
				}
			}
		}
	}
}

// closeWithin bounds Close: Pion waits for its goroutines, and a test must not.
const closeWithin = 5 * time.Second

// ErrCloseHung is returned by Media.Close when Pion did not end in time.
var ErrCloseHung = errors.New("peer connection did not close in time")

// Close ends the connection and waits for its goroutines, at most 5 s.
func (m *Media) Close() error {
	closed := make(chan error, 1)
	go func() {
		err := m.pc.GracefulClose()
		m.readers.Wait()
		closed <- err
	}()
	timer := time.NewTimer(closeWithin)
	defer timer.Stop()
	select {
	case err := <-closed:
		return err
	case <-timer.C:
		return fmt.Errorf("client: media: %w", ErrCloseHung)
	}
}
