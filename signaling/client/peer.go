package client

import (
	"context"
	"fmt"
	"net"
	"sync"

	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/stdnet"
	"github.com/pion/webrtc/v4"

	"github.com/remotewindow/remotewindow/sfu/capture"
)

// receiveBuffer bounds what a sender of pages has in flight towards us:
// larger ones overrun the queue of a slow link (performance.md 4).
const receiveBuffer = 192 << 10

var opus = webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1"}

// newAPI registers Opus and the one video codec of the installation.
func newAPI(codec string, loopbackOnly, tcp bool) (*webrtc.API, webrtc.RTPCodecCapability, error) {
	feedback := []webrtc.RTCPFeedback{{Type: "goog-remb"}, {Type: "ccm", Parameter: "fir"}, {Type: "nack"}, {Type: "nack", Parameter: "pli"}}
	video := webrtc.RTPCodecCapability{ClockRate: 90000, RTCPFeedback: feedback}
	switch codec {
	case "", "VP8":
		video.MimeType = webrtc.MimeTypeVP8
	case "H264":
		video.MimeType = webrtc.MimeTypeH264
		video.SDPFmtpLine = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"
	default:
		return nil, video, fmt.Errorf("video codec %q: want VP8 or H264", codec)
	}
	engine := &webrtc.MediaEngine{}
	for _, c := range []struct {
		parameters webrtc.RTPCodecParameters
		kind       webrtc.RTPCodecType
	}{
		{webrtc.RTPCodecParameters{RTPCodecCapability: opus, PayloadType: 111}, webrtc.RTPCodecTypeAudio},
		{webrtc.RTPCodecParameters{RTPCodecCapability: video, PayloadType: 96}, webrtc.RTPCodecTypeVideo},
		{webrtc.RTPCodecParameters{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeRTX, ClockRate: 90000, SDPFmtpLine: "apt=96"}, PayloadType: 97}, webrtc.RTPCodecTypeVideo},
	} {
		if err := engine.RegisterCodec(c.parameters, c.kind); err != nil {
			return nil, video, err
		}
	}
	registry := &interceptor.Registry{}
	if err := webrtc.ConfigureNack(engine, registry); err != nil {
		return nil, video, err
	}
	if err := webrtc.ConfigureRTCPReports(registry); err != nil {
		return nil, video, err
	}
	if err := webrtc.ConfigureTWCCHeaderExtensionSender(engine, registry); err != nil {
		return nil, video, err
	}
	if err := webrtc.ConfigureTWCCSender(engine, registry); err != nil {
		return nil, video, err
	}
	settings, err := settingEngine(loopbackOnly, tcp)
	if err != nil {
		return nil, video, err
	}
	return webrtc.NewAPI(webrtc.WithMediaEngine(engine), webrtc.WithInterceptorRegistry(registry), webrtc.WithSettingEngine(settings)), video, nil
}

func settingEngine(loopbackOnly, tcp bool) (webrtc.SettingEngine, error) {
	var s webrtc.SettingEngine
	system, err := stdnet.NewNet()
	if err != nil {
		return s, fmt.Errorf("network interfaces: %w", err)
	}
	s.SetNet(roomyNet{system})
	// AES-CTR with HMAC-SHA1 costs three times as much and is refused by our SFU.
	s.SetSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AEAD_AES_256_GCM)
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	if tcp {
		s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeTCP4})
	}
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	s.SetIncludeLoopbackCandidate(true)
	if loopbackOnly {
		s.SetIPFilter(func(ip net.IP) bool { return ip.IsLoopback() })
	}
	// Pion as the controlling side waits 0.5 and 1 s for better candidates.
	s.SetPrflxAcceptanceMinWait(0)
	s.SetSrflxAcceptanceMinWait(0)
	s.SetSCTPMaxReceiveBufferSize(receiveBuffer)
	return s, nil
}

// socketBuffer is asked of the system for each socket. Its default of 208 KiB
// holds some 90 packets: a page and a busy machine would look like loss.
const socketBuffer = 4 << 20

// roomyNet opens sockets with large receive buffers.
type roomyNet struct{ *stdnet.Net }

func (n roomyNet) ListenUDP(network string, local *net.UDPAddr) (transport.UDPConn, error) {
	conn, err := net.ListenUDP(network, local)
	if err != nil {
		return nil, err
	}
	_ = conn.SetReadBuffer(socketBuffer) // a system that grants less still works
	return conn, nil
}

// Channel is one of the three negotiated data channels.
type Channel struct {
	dc     *webrtc.DataChannel
	opened chan struct{}
	closed chan struct{}
	low    chan struct{} // one slot: the buffered amount fell below the low mark

	mu      sync.Mutex // guards receive
	receive func(data []byte, text bool)
}

func newChannel(pc *webrtc.PeerConnection, label string, id uint16) (*Channel, error) {
	negotiated, ordered := true, true
	dc, err := pc.CreateDataChannel(label, &webrtc.DataChannelInit{Negotiated: &negotiated, Ordered: &ordered, ID: &id})
	if err != nil {
		return nil, fmt.Errorf("data channel %s: %w", label, err)
	}
	c := &Channel{dc: dc, opened: make(chan struct{}), closed: make(chan struct{}), low: make(chan struct{}, 1)}
	var open, shut sync.Once
	dc.OnOpen(func() { open.Do(func() { close(c.opened) }) })
	dc.OnClose(func() { shut.Do(func() { close(c.closed) }) })
	dc.SetBufferedAmountLowThreshold(capture.LowBuffered)
	dc.OnBufferedAmountLow(func() {
		select {
		case c.low <- struct{}{}:
		default:
		}
	})
	dc.OnMessage(func(message webrtc.DataChannelMessage) {
		c.mu.Lock()
		receive := c.receive
		c.mu.Unlock()
		if receive != nil {
			receive(message.Data, message.IsString)
		}
	})
	return c, nil
}

// Receive sets who gets messages, one at a time; data is the receiver's to
// keep. A receiver that blocks holds the sender back.
func (c *Channel) Receive(f func(data []byte, text bool)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.receive = f
}

// Send hands one binary message over, whatever is buffered.
func (c *Channel) Send(data []byte) error { return c.dc.Send(data) }

// Buffered is how many bytes were handed over and are not yet sent.
func (c *Channel) Buffered() uint64 { return c.dc.BufferedAmount() }

// WaitOpen waits until messages can be sent.
func (c *Channel) WaitOpen(ctx context.Context) error {
	select {
	case <-c.opened:
		return nil
	case <-c.closed:
		return fmt.Errorf("data channel %s is closed", c.dc.Label())
	case <-ctx.Done():
		return fmt.Errorf("data channel %s not open: %w", c.dc.Label(), ctx.Err())
	}
}
