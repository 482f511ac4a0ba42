package client_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/remotewindow/remotewindow/signaling/client"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// mirror is the other end of a media connection: it returns each stream to
// where it came from.
type mirror struct {
	t    *testing.T
	pc   *webrtc.PeerConnection
	seen chan string // the offer
}

func newMirror(t *testing.T) *mirror {
	t.Helper()
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM)
	engine := &webrtc.MediaEngine{}
	if err := engine.RegisterDefaultCodecs(); err != nil {
		t.Fatal(err)
	}
	api := webrtc.NewAPI(webrtc.WithMediaEngine(engine), webrtc.WithSettingEngine(settings), webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pc.GracefulClose() })
	return &mirror{t: t, pc: pc, seen: make(chan string, 1)}
}

func (m *mirror) answer(offer string) (string, error) {
	select {
	case m.seen <- offer:
	default: // only the first is looked at
	}
	if err := m.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
		return "", err
	}
	back := map[*webrtc.RTPReceiver]*webrtc.TrackLocalStaticRTP{}
	for i, mime := range []string{webrtc.MimeTypeOpus, webrtc.MimeTypeVP8} {
		track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: mime}, "track", "other")
		if err != nil {
			return "", err
		}
		if _, err := m.pc.AddTrack(track); err != nil { // takes the first m-line of its kind
			return "", err
		}
		back[m.pc.GetTransceivers()[i].Receiver()] = track
	}
	m.pc.OnTrack(func(remote *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
		if remote.Kind() == webrtc.RTPCodecTypeVideo {
			_ = m.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: uint32(remote.SSRC())}})
		}
		for {
			packet, _, err := remote.ReadRTP()
			if err != nil {
				return
			}
			if track := back[receiver]; track != nil {
				_ = track.WriteRTP(packet)
			}
		}
	})
	gathered := webrtc.GatheringCompletePromise(m.pc)
	answer, err := m.pc.CreateAnswer(nil)
	if err != nil {
		return "", err
	}
	if err := m.pc.SetLocalDescription(answer); err != nil {
		return "", err
	}
	<-gathered
	return m.pc.LocalDescription().SDP, nil
}

func TestJoin(t *testing.T) {
	other := newMirror(t)
	waiting := protocol.StationState{
		Version: 1, State: protocol.KioskWaiting,
		Media: &protocol.MediaGrant{Token: "one", Layout: protocol.Layout, Codec: "VP8"},
	}
	sv := newServer(t, func(s *socket) { s.send(t, "", waiting) })
	sv.answer = func(s *socket, e protocol.Envelope, m protocol.Message) {
		offer, ok := m.(protocol.MediaOffer)
		if !ok {
			s.send(t, e.ID, protocol.OK{})
			return
		}
		if offer.Token == "one" { // went stale in the meantime
			s.send(t, e.ID, protocol.Error{Code: protocol.CodeMedia})
			next := waiting
			next.Version, next.Media = 2, &protocol.MediaGrant{Token: "two", Layout: protocol.Layout, Codec: "VP8"}
			s.send(t, "", next)
			return
		}
		sdp, err := other.answer(offer.SDP)
		if err != nil {
			t.Errorf("mirror: %v", err)
			s.send(t, e.ID, protocol.Error{Code: protocol.CodeSDP})
			return
		}
		s.send(t, e.ID, protocol.MediaAnswer{SDP: sdp})
	}
	s := station(t, sv, nil)
	type arrival struct {
		slot    client.Slot
		payload string
	}
	arrived, asked := make(chan arrival, 64), make(chan client.Slot, 64)
	m, err := s.Join(within(t), client.MediaOptions{
		LoopbackOnly: true,
		RTP:          func(slot client.Slot, _ *rtp.Header, payload []byte) { arrived <- arrival{slot, string(payload)} },
		Keyframe:     func(slot client.Slot) { asked <- slot },
	})
	if err != nil {
		t.Fatalf("Join: %v", err)
	}
	defer func() {
		if err := m.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}()
	checkLayout(t, <-other.seen)

	for slot, text := range map[client.Slot]string{client.Microphone: "sound", client.Camera: "\x90picture"} {
		send(t, m, slot, text, func() bool {
			select {
			case a := <-arrived:
				if a.slot == slot && a.payload != text {
					t.Fatalf("slot %d returned %q, want %q", slot, a.payload, text)
				}
				return a.slot == slot
			default:
				return false
			}
		})
	}
	select {
	case slot := <-asked:
		if slot != client.Camera {
			t.Errorf("keyframe asked of slot %d, want the camera", slot)
		}
	case <-within(t).Done():
		t.Error("the request for a keyframe did not arrive")
	}
	if err := m.WriteRTP(client.ThirdVideo, &rtp.Packet{}); err == nil {
		t.Error("a slot that only receives was written to")
	}
}

// send repeats a packet until done: the first ones may come before the mirror
// knows the stream.
func send(t *testing.T, m *client.Media, slot client.Slot, text string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	ctx := within(t)
	for n := uint16(0); !done(); n++ {
		packet := &rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: n, Timestamp: uint32(n) * 960}, Payload: []byte(text)}
		if err := m.WriteRTP(slot, packet); err != nil {
			t.Fatalf("WriteRTP: %v", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("slot %d: nothing came back", slot)
		}
	}
}

func checkLayout(t *testing.T, offer string) {
	t.Helper()
	var got []string
	for i, part := range strings.Split(offer, "\r\nm=")[1:] {
		part += "\r\n" // the split took it
		kind, _, _ := strings.Cut(part, " ")
		direction := ""
		for _, d := range []string{"sendrecv", "sendonly", "recvonly"} {
			if strings.Contains(part, "\r\na="+d+"\r\n") {
				direction = d
			}
		}
		if !strings.Contains(part, fmt.Sprintf("\r\na=mid:%d\r\n", i)) {
			t.Errorf("m-line %d has another mid", i)
		}
		got = append(got, strings.TrimSpace(kind+" "+direction))
	}
	want := "audio sendrecv, video sendrecv, video sendonly, audio recvonly, video recvonly, audio recvonly, video recvonly, application"
	if all := strings.Join(got, ", "); all != want && all != want+" sendrecv" {
		t.Errorf("layout: %s\nwant:   %s", all, want)
	}
	if !strings.Contains(offer, " 127.0.0.1 ") {
		t.Error("no loopback candidate in the offer")
	}
	if len(offer) > 48<<10 {
		t.Errorf("offer of %d bytes", len(offer))
	}
}
