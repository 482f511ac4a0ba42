package sfu

import (
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/webrtc/v4"

	"github.com/remotewindow/remotewindow/sfu/icetcp"
)

const (
	iceDisconnected = 3 * time.Second
	iceFailed       = 60 * time.Second
	iceKeepAlive    = time.Second

	// A lost packet is asked for at most this often; beyond that a keyframe
	// is cheaper than the storm (reliability research, section 0).
	maxNacksPerPacket = 3
	// Packets kept per outgoing stream for retransmission; a power of two.
	// 256 are 1.7 s at 150 packets/s.
	retransmitPackets = 256

	// sctpReceiveBuffer bounds what a browser has in flight towards us: with
	// more it overruns the line's queue in slow start and waits for a timer.
	sctpReceiveBuffer = 192 << 10

	opusPayloadType, videoPayloadType, rtxPayloadType = 111, 96, 97
)

// portAttempts bounds the search for a number free for UDP and TCP.
const portAttempts = 64

// listen opens the one UDP socket of all peers and, if wanted, the TCP
// listener of the same number.
func listen(o *Options) (*net.UDPConn, *net.TCPListener, error) {
	addr, err := o.listenAddr()
	if err != nil {
		return nil, nil, err
	}
	for attempt := 1; ; attempt++ {
		conn, err := net.ListenUDP("udp", addr)
		if err != nil {
			return nil, nil, fmt.Errorf("media port: %w", err)
		}
		// The kernel may grant less; what it grants is enough to start with.
		_ = conn.SetReadBuffer(socketBuffer)
		_ = conn.SetWriteBuffer(socketBuffer)
		if !o.TCP {
			return conn, nil, nil
		}
		local := conn.LocalAddr().(*net.UDPAddr) // of a UDP socket
		listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: addr.IP, Port: local.Port, Zone: addr.Zone})
		if err == nil {
			return conn, listener, nil
		}
		_ = conn.Close() // nothing used it yet
		if addr.Port != 0 || attempt == portAttempts {
			return nil, nil, fmt.Errorf("media port by TCP: %w", err)
		}
	}
}

// port is the one mux of all peers. Pion announces what GetListenAddresses
// says; ours leaves out what no peer should try.
type port struct {
	*ice.UDPMuxDefault
	loopback bool     // peers of this machine are meant to come
	public   []net.IP // announced in place of local addresses, may be empty
}

// GetListenAddresses implements ice.UDPMux: without loopback addresses unless
// wanted, and only of the families that have a public address.
func (p *port) GetListenAddresses() []net.Addr {
	var out []net.Addr
	for _, addr := range p.UDPMuxDefault.GetListenAddresses() {
		local, ok := addr.(*net.UDPAddr)
		if ok && p.announces(local.IP) {
			out = append(out, addr)
		}
	}
	return out
}

func (p *port) announces(ip net.IP) bool {
	if ip.IsLoopback() && !p.loopback {
		return false
	}
	if len(p.public) == 0 {
		return true
	}
	return slices.ContainsFunc(p.public, func(public net.IP) bool {
		return (public.To4() == nil) == (ip.To4() == nil)
	})
}

// newAPI assembles Pion for one SFU: codecs, interceptors and settings are
// the same for every peer, so that any publisher fits any slot.
func newAPI(o *Options, mux *port, streams *icetcp.Mux, machine *network, local *net.UDPAddr, logs *pionLogs) (*webrtc.API, error) {
	media := &webrtc.MediaEngine{}
	if err := registerCodecs(media, o.Codec); err != nil {
		return nil, err
	}
	registry := &interceptor.Registry{}
	if err := registerInterceptors(media, registry); err != nil {
		return nil, err
	}
	s := webrtc.SettingEngine{LoggerFactory: logs}
	s.SetNet(machine)
	s.SetICEUDPMux(mux)
	networks := []webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6}
	if streams != nil {
		s.SetICETCPMux(streams)
		networks = append(networks, webrtc.NetworkTypeTCP4, webrtc.NetworkTypeTCP6)
	}
	s.SetNetworkTypes(networks)
	s.DisableActiveTCP(true)
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	s.SetIncludeLoopbackCandidate(o.loopback(local))
	if len(o.PublicIPs) > 0 && !local.IP.IsLoopback() {
		if err := s.SetICEAddressRewriteRules(webrtc.ICEAddressRewriteRule{
			External: o.PublicIPs, AsCandidateType: webrtc.ICECandidateTypeHost, Mode: webrtc.ICEAddressRewriteReplace,
		}); err != nil {
			return nil, fmt.Errorf("public addresses: %w", err)
		}
	}
	s.SetICETimeouts(iceDisconnected, iceFailed, iceKeepAlive)
	// Both seal as well; 128 costs less CPU a packet.
	s.SetSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AEAD_AES_256_GCM)
	if err := s.SetAnsweringDTLSRole(webrtc.DTLSRoleServer); err != nil {
		return nil, err
	}
	// ICE has proved the address before DTLS hears of it; the cookie round
	// trip would prove it once more.
	s.SetDTLSInsecureSkipHelloVerify(true)
	s.SetSCTPMaxReceiveBufferSize(sctpReceiveBuffer)
	return webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(registry), webrtc.WithSettingEngine(s)), nil
}

func registerCodecs(media *webrtc.MediaEngine, codec string) error {
	if err := media.RegisterCodec(webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1",
		},
		PayloadType: opusPayloadType,
	}, webrtc.RTPCodecTypeAudio); err != nil {
		return err
	}
	video := webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeVP8, ClockRate: 90000,
		RTCPFeedback: []webrtc.RTCPFeedback{{Type: "ccm", Parameter: "fir"}},
	}
	if codec == H264 {
		video.MimeType = webrtc.MimeTypeH264
		video.SDPFmtpLine = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"
	}
	if err := media.RegisterCodec(webrtc.RTPCodecParameters{
		RTPCodecCapability: video, PayloadType: videoPayloadType,
	}, webrtc.RTPCodecTypeVideo); err != nil {
		return err
	}
	return media.RegisterCodec(webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeRTX, ClockRate: 90000, SDPFmtpLine: fmt.Sprintf("apt=%d", videoPayloadType),
		},
		PayloadType: rtxPayloadType,
	}, webrtc.RTPCodecTypeVideo)
}

// registerInterceptors sets up feedback that ends at each hop: NACK both
// ways, receiver reports and transport-wide congestion feedback towards
// publishers. Sender reports are ours (report.go): only we know how the
// timestamps of a slot follow from its source's.
func registerInterceptors(media *webrtc.MediaEngine, registry *interceptor.Registry) error {
	if err := webrtc.ConfigureNackWithOptions(media, registry,
		[]nack.GeneratorOption{nack.GeneratorMaxNacksPerPacket(maxNacksPerPacket)},
		nack.ResponderSize(retransmitPackets),
	); err != nil {
		return err
	}
	receiver, err := report.NewReceiverInterceptor()
	if err != nil {
		return err
	}
	registry.Add(receiver)
	return webrtc.ConfigureTWCCSender(media, registry)
}
