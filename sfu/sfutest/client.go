// Package sfutest plays a participant's browser against an SFU in tests: a
// Pion connection with the m-lines of layout 1, real RTP and real channels.
package sfutest

import (
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// Options of a Client.
type Options struct {
	// Role is the sfu.Role: station, agent, third or supervisor.
	Role string
	// TCPOnly gathers no UDP candidate: media goes over ICE-TCP or not at all.
	TCPOnly bool
	// Settings changes Pion's settings before use; may be nil.
	Settings func(*webrtc.SettingEngine)
}

// Client is one participant. Its methods may be called from any goroutine.
type Client struct {
	PC       *webrtc.PeerConnection
	Control  *webrtc.DataChannel
	Document *webrtc.DataChannel
	Audio    *webrtc.TrackLocalStaticRTP
	Video    *webrtc.TrackLocalStaticRTP
	// Offer is the offer of layout 1 with every candidate in it.
	Offer string

	mu       sync.Mutex
	received map[string][]*rtp.Packet        // by mid
	reports  map[string][]*rtcp.SenderReport // by mid
	plis     int
	nacks    map[uint16]int // by sequence number
	states   chan webrtc.PeerConnectionState
	stop     chan struct{}
	stopOnce sync.Once
	tasks    sync.WaitGroup
	keyframe chan struct{}
}

// New makes the offer; the client is closed when the test ends.
func New(t testing.TB, o Options) *Client {
	t.Helper()
	c, err := Open(o)
	if err != nil {
		t.Fatalf("client: %v", err)
	}
	t.Cleanup(c.Close)
	return c
}

// Open makes the offer outside a test; the caller closes the client.
func Open(o Options) (*Client, error) {
	c := &Client{
		nacks:    map[uint16]int{},
		received: map[string][]*rtp.Packet{},
		reports:  map[string][]*rtcp.SenderReport{},
		states:   make(chan webrtc.PeerConnectionState, 64),
		stop:     make(chan struct{}),
		keyframe: make(chan struct{}, 1),
	}
	media := &webrtc.MediaEngine{}
	if err := media.RegisterDefaultCodecs(); err != nil {
		return nil, err
	}
	settings := webrtc.SettingEngine{}
	machine, err := newNetwork()
	if err != nil {
		return nil, err
	}
	settings.SetNet(machine)
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetIPFilter(isLoopback)
	settings.SetPrflxAcceptanceMinWait(0)
	if o.TCPOnly {
		settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeTCP4, webrtc.NetworkTypeTCP6})
	}
	if o.Settings != nil {
		o.Settings(&settings)
	}
	registry, err := interceptors(media)
	if err != nil {
		return nil, err
	}
	api := webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithSettingEngine(settings), webrtc.WithInterceptorRegistry(registry))
	if c.PC, err = api.NewPeerConnection(webrtc.Configuration{}); err != nil {
		return nil, err
	}
	c.PC.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		select {
		case c.states <- s:
		default:
		}
	})
	c.PC.OnTrack(c.read)
	if err := c.layout(o.Role); err != nil {
		return nil, err
	}
	negotiated := true
	for id, label := range map[uint16]string{0: "control", 1: "document", 2: "form"} {
		channel, err := c.PC.CreateDataChannel(label, &webrtc.DataChannelInit{Negotiated: &negotiated, ID: &id})
		if err != nil {
			return nil, err
		}
		switch label {
		case "control":
			c.Control = channel
		case "document":
			c.Document = channel
		}
	}
	offer, err := c.PC.CreateOffer(nil)
	if err != nil {
		return nil, err
	}
	gathered := webrtc.GatheringCompletePromise(c.PC)
	if err := c.PC.SetLocalDescription(offer); err != nil {
		return nil, err
	}
	<-gathered
	c.Offer = c.PC.LocalDescription().SDP
	return c, nil
}

// layout creates the transceivers of layout 1 in order.
func (c *Client) layout(role string) (err error) {
	if c.Audio, err = webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus}, "audio", role); err != nil {
		return err
	}
	if c.Video, err = webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8}, "video", role); err != nil {
		return err
	}
	for _, track := range []webrtc.TrackLocal{c.Audio, c.Video} {
		transceiver, err := c.PC.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendrecv})
		if err != nil {
			return err
		}
		c.tasks.Add(1)
		go c.feedback(transceiver.Sender())
	}
	document := webrtc.RTPTransceiverDirectionRecvonly
	if role == "station" {
		document = webrtc.RTPTransceiverDirectionSendonly
	}
	audio, video := webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo
	for i, kind := range []webrtc.RTPCodecType{video, audio, video, audio, video} {
		direction := webrtc.RTPTransceiverDirectionRecvonly
		if i == 0 {
			direction = document
		}
		if _, err := c.PC.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: direction}); err != nil {
			return err
		}
	}
	return nil
}

// Restart begins an ICE restart from new local sockets and returns the offer
// for sfu.SFU.Restart with every candidate in it; Answer ends it.
func (c *Client) Restart() (offer string, err error) {
	o, err := c.PC.CreateOffer(&webrtc.OfferOptions{ICERestart: true})
	if err != nil {
		return "", err
	}
	gathered := webrtc.GatheringCompletePromise(c.PC) // began with CreateOffer
	if err := c.PC.SetLocalDescription(o); err != nil {
		return "", err
	}
	<-gathered
	return c.PC.LocalDescription().SDP, nil
}

// Answer applies the SFU's answer.
func (c *Client) Answer(sdp string) error {
	return c.PC.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: sdp})
}

// WaitState waits for the connection state.
func (c *Client) WaitState(t testing.TB, want webrtc.PeerConnectionState, within time.Duration) {
	t.Helper()
	bound := time.After(within)
	for {
		select {
		case s := <-c.states:
			if s == want {
				return
			}
		case <-bound:
			t.Fatalf("connection is %s after %s, want %s", c.PC.ConnectionState(), within, want)
		}
	}
}

// Publish sends audio (50 packets/s) and VP8-shaped video (30 frames/s of 3
// packets, keyframes when asked) until Close.
func (c *Client) Publish() {
	c.tasks.Add(2)
	go c.publishAudio()
	go c.publishVideo()
}

func (c *Client) publishAudio() {
	defer c.tasks.Done()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	p := rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: 65500}, Payload: make([]byte, 80)}
	for {
		select {
		case <-c.stop:
			return
		case <-tick.C:
			_ = c.Audio.WriteRTP(&p)
			p.SequenceNumber++
			p.Timestamp += 960
		}
	}
}

func (c *Client) publishVideo() {
	defer c.tasks.Done()
	tick := time.NewTicker(time.Second / 30)
	defer tick.Stop()
	p := rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: 65000}}
	for picture := uint16(0); ; picture++ {
		select {
		case <-c.stop:
			return
		case <-tick.C:
		}
		key := picture == 0
		select {
		case <-c.keyframe:
			key = true
		default:
		}
		for part := range 3 {
			p.Marker = part == 2
			p.Payload = VP8Payload(part == 0, key, picture, 300)
			_ = c.Video.WriteRTP(&p)
			p.SequenceNumber++
		}
		p.Timestamp += 3000
	}
}

// VP8Payload is a payload of size bytes with a 15-bit picture id; start marks
// the first packet of a frame.
func VP8Payload(start, key bool, picture uint16, size int) []byte {
	b := make([]byte, size)
	b[0], b[1], b[2], b[3] = 0x80, 0x80, 0x80|byte(picture>>8), byte(picture)
	if start {
		b[0] |= 0x10
	}
	if !start || !key {
		b[4] = 0x01
	}
	return b
}

// read keeps every packet of a track. OnTrack runs on a goroutine of Pion's.
func (c *Client) read(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	mid := receiver.RTPTransceiver().Mid()
	go c.readReports(mid, receiver)
	for {
		p, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		c.mu.Lock()
		c.received[mid] = append(c.received[mid], p)
		c.mu.Unlock()
	}
}

// readReports ends with the connection.
func (c *Client) readReports(mid string, receiver *webrtc.RTPReceiver) {
	for {
		packets, _, err := receiver.ReadRTCP()
		if err != nil {
			return
		}
		for _, p := range packets {
			if sr, ok := p.(*rtcp.SenderReport); ok {
				c.mu.Lock()
				c.reports[mid] = append(c.reports[mid], sr)
				c.mu.Unlock()
			}
		}
	}
}

// Report is a sender report that came on an m-line for an RTP time, or nil.
func (c *Client) Report(mid int, at uint32) *rtcp.SenderReport {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, sr := range c.reports[strconv.Itoa(mid)] {
		if sr.RTPTime == at {
			return sr
		}
	}
	return nil
}

func (c *Client) feedback(sender *webrtc.RTPSender) {
	defer c.tasks.Done()
	for {
		packets, _, err := sender.ReadRTCP()
		if err != nil {
			return
		}
		for _, p := range packets {
			switch p := p.(type) {
			case *rtcp.PictureLossIndication:
				c.mu.Lock()
				c.plis++
				c.mu.Unlock()
				select {
				case c.keyframe <- struct{}{}:
				default:
				}
			case *rtcp.TransportLayerNack:
				c.mu.Lock()
				for _, pair := range p.Nacks {
					for _, sequence := range pair.PacketList() {
						c.nacks[sequence]++
					}
				}
				c.mu.Unlock()
			}
		}
	}
}

// Received are the packets so far on an m-line.
func (c *Client) Received(mid int) []*rtp.Packet {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]*rtp.Packet(nil), c.received[strconv.Itoa(mid)]...)
}

// Total is the number of media packets received on all m-lines.
func (c *Client) Total() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, packets := range c.received {
		n += len(packets)
	}
	return n
}

// PLIs is how often the client was asked for a keyframe.
func (c *Client) PLIs() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.plis
}

// Nacks is how often the client was asked for a packet again.
func (c *Client) Nacks(sequence uint16) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.nacks[sequence]
}

// Close ends the connection and everything that the client started.
func (c *Client) Close() {
	c.stopOnce.Do(func() {
		close(c.stop)
		if err := c.PC.GracefulClose(); err != nil {
			panic(fmt.Sprintf("close client: %v", err))
		}
		c.tasks.Wait()
	})
}
