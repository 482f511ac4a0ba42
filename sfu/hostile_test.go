package sfu_test

import (
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/remotewindow/remotewindow/sfu"
	"github.com/remotewindow/remotewindow/sfu/sfutest"
)

// talking is a call with media both ways over an SFU that also listens on TCP.
func talking(t *testing.T) (s *sfu.SFU, station, agent *sfutest.Client) {
	t.Helper()
	s = start(t, func(o *sfu.Options) { o.TCP = true })
	station, agent = join(t, s, "r", theStation), join(t, s, "r", theAgent)
	station.Publish()
	agent.Publish()
	if err := s.Open("r", 1); err != nil {
		t.Fatal(err)
	}
	flowing(t, "before", station, agent)
	return s, station, agent
}

// What strangers send to the media port reaches nobody and stops nothing.
func TestNoiseOnTheMediaPort(t *testing.T) {
	s, station, agent := talking(t)
	udp, err := net.Dial("udp", "127.0.0.1:"+strconv.Itoa(s.Port()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = udp.Close() }()
	noise := rand.NewChaCha8([32]byte{1})
	buf := make([]byte, 1400)
	for i := range 5000 {
		b := buf[:i%len(buf)]
		_, _ = noise.Read(b)
		if len(b) > 20 {
			// STUN, DTLS, RTP and RTCP by their first bytes, and truly random.
			switch i % 5 {
			case 0:
				copy(b, []byte{0, 1, 0, byte(i), 0x21, 0x12, 0xa4, 0x42})
			case 1:
				copy(b, []byte{22, 254, 253, 0, 0})
			case 2:
				copy(b, []byte{0x80, 96})
			case 3:
				copy(b, []byte{0x81, 201, 0, 7})
			}
		}
		if _, err := udp.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 20 {
		tcp, err := net.Dial("tcp", "127.0.0.1:"+strconv.Itoa(s.Port()))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tcp.Close() }()
		_, _ = noise.Read(buf)
		_, _ = tcp.Write(buf[:i*60]) // it may be cut at once
	}
	flowing(t, "beside the noise", station, agent)
	if stats, _ := s.Stats("r"); len(stats.Participants) != 2 {
		t.Errorf("participants: %+v", stats.Participants)
	}
}

// A member's own malformed media is its own loss.
func TestMalformedMediaOfAMember(t *testing.T) {
	s, station, agent := talking(t)
	third := join(t, s, "r", sfu.Participant{ID: "third1", Role: sfu.Third, Epoch: 1})
	noise := rand.New(rand.NewChaCha8([32]byte{2}))
	for i := range 3000 {
		payload := make([]byte, noise.IntN(1000))
		for j := range payload {
			payload[j] = byte(noise.Uint32())
		}
		p := rtp.Packet{Payload: payload, Header: rtp.Header{
			Version: 2, Marker: i%2 == 0, Padding: i%3 == 0, PaddingSize: byte(noise.Uint32()),
			SequenceNumber: uint16(noise.Uint32()), Timestamp: noise.Uint32(),
			CSRC: make([]uint32, noise.IntN(16)),
		}}
		if p.PaddingSize == 0 {
			p.Padding = false
		}
		if i%7 == 0 {
			p.Extension, p.ExtensionProfile = true, 0xBEDE
			_ = p.SetExtension(uint8(1+noise.IntN(14)), payload[:min(len(payload), 16)]) // some are refused
		}
		// A sender that refuses to send is no failure.
		if i%2 == 0 {
			_ = third.Video.WriteRTP(&p)
		} else {
			_ = third.Audio.WriteRTP(&p)
		}
		if i%3 == 0 {
			raw := rtcp.RawPacket(append([]byte{0x80 | byte(noise.IntN(32)), byte(192 + noise.IntN(20)), 0, byte(noise.IntN(8))}, payload[:min(len(payload), 4*noise.IntN(8))]...))
			_ = third.PC.WriteRTCP([]rtcp.Packet{&raw})
		}
	}
	isOpen(t, third)
	for i := range 40 {
		junk := make([]byte, 1+i*1500)
		for j := range junk {
			junk[j] = byte(noise.Uint32())
		}
		if err := third.Document.Send(junk); err != nil {
			t.Fatal(err)
		}
	}
	flowing(t, "beside a hostile member", station, agent)
	stats, _ := s.Stats("r")
	for _, p := range stats.Participants {
		if p.Role != sfu.Third && !p.Connected {
			t.Errorf("%s lost its connection", p.ID)
		}
	}
}

// Addresses that an offer claims are not sent to, whatever they are.
func TestClaimedAddressesAreLeftAlone(t *testing.T) {
	victim, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = victim.Close() }()
	claims := []string{
		"1 1 udp 2130706431 127.0.0.1 " + strconv.Itoa(victim.LocalAddr().(*net.UDPAddr).Port) + " typ host",
		"2 1 udp 2130706431 0.0.0.0 9 typ host",
		"3 1 udp 2130706431 224.0.0.1 5353 typ host",
		"4 1 udp 2130706431 ff02::1 5353 typ host",
		"5 1 udp 2130706431 2b9f0c1e-0000-4000-8000-000000000000.local 9 typ host",
		"6 1 udp 2130706431 example.org 9 typ host",
		"7 1 tcp 1518280447 10.0.0.1 9 typ host tcptype active",
		"8 1 tcp 1518280447 10.0.0.1 22 typ host tcptype passive",
		"9 1 udp 1 10.0.0.1 99999 typ srflx raddr nowhere rport -1",
		"garbage",
		"",
	}
	var lines strings.Builder
	for _, c := range claims {
		lines.WriteString("a=candidate:" + c + "\r\n")
	}
	s := start(t, nil)
	c := sfutest.New(t, sfutest.Options{Role: "station"})
	join := func(offer string) string {
		return strings.Replace(offer, "a=mid:0\r\n", "a=mid:0\r\n"+lines.String(), 1)
	}
	answer, err := s.Join(t.Context(), "r", theStation, join(c.Offer))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Answer(answer); err != nil {
		t.Fatal(err)
	}
	c.WaitState(t, webrtc.PeerConnectionStateConnected, patience)
	offer, err := c.Restart()
	if err != nil {
		t.Fatal(err)
	}
	if answer, err = s.Restart(t.Context(), "r", theStation.ID, join(offer)); err != nil {
		t.Fatal(err)
	}
	if err := c.Answer(answer); err != nil {
		t.Fatal(err)
	}
	c.WaitState(t, webrtc.PeerConnectionStateConnected, patience)
	// What the SFU had sent would be there by now: on this machine, before
	// the checks of the real connection, which took longer.
	if err := victim.SetReadDeadline(time.Now()); err != nil {
		t.Fatal(err)
	}
	if n, from, err := victim.ReadFrom(make([]byte, 1500)); err == nil {
		t.Errorf("%d bytes from %s came to an address that was only claimed", n, from)
	}
}

// However often receivers ask, a publisher is asked for a keyframe at most
// once in 500 ms.
func TestKeyframeRequestsAreRateLimited(t *testing.T) {
	_, station, agent := talking(t)
	ssrc := agent.Received(1)[0].SSRC
	asked, began := station.PLIs(), time.Now()
	sfutest.Until(t, patience, "three requests come through", func() bool {
		for range 20 {
			if err := agent.PC.WriteRTCP([]rtcp.Packet{
				&rtcp.PictureLossIndication{MediaSSRC: ssrc}, &rtcp.FullIntraRequest{MediaSSRC: ssrc, FIR: []rtcp.FIREntry{{SSRC: ssrc, SequenceNumber: 1}}},
			}); err != nil {
				t.Fatal(err)
			}
		}
		return station.PLIs() >= asked+3
	})
	got, most := station.PLIs()-asked, int(time.Since(began)/(500*time.Millisecond))+1
	if got > most {
		t.Errorf("%d requests in %s, at most %d", got, time.Since(began), most)
	}
}

// A packet that never comes is asked for a few times, not for ever.
func TestRequestsForALostPacketEnd(t *testing.T) {
	const lost, most = 2000, 3
	s := start(t, nil)
	station := join(t, s, "r", theStation)
	p := rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: lost - 50}}
	send := func() {
		if p.SequenceNumber == lost {
			p.SequenceNumber++
		}
		p.Payload = sfutest.VP8Payload(true, true, p.SequenceNumber, 100)
		if err := station.Video.WriteRTP(&p); err != nil {
			t.Fatal(err)
		}
		p.SequenceNumber++
		p.Timestamp += 3000
	}
	for range 60 {
		send()
	}
	sfutest.Until(t, patience, "the packet is asked for as often as it may", func() bool {
		send()
		return station.Nacks(lost) >= most
	})
	// Ten more rounds of the generator, which works every 100 ms.
	for range 50 {
		time.Sleep(20 * time.Millisecond)
		send()
	}
	if n := station.Nacks(lost); n > most {
		t.Errorf("asked %d times, at most %d", n, most)
	}
}
