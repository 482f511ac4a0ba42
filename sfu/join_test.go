package sfu_test

import (
	"context"
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/remotewindow/remotewindow/sfu"
	"github.com/remotewindow/remotewindow/sfu/sfutest"
)

// Only AEAD is agreed on: a client that knows nothing else stays outside,
// and one that prefers the old profile gets AEAD because the SFU takes no
// other.
func TestMediaIsSealedWithAEADOnly(t *testing.T) {
	s := start(t, nil)
	tests := map[string]struct {
		profiles []dtls.SRTPProtectionProfile
		want     webrtc.PeerConnectionState
	}{
		"old only":      {[]dtls.SRTPProtectionProfile{dtls.SRTP_AES128_CM_HMAC_SHA1_80, dtls.SRTP_AES128_CM_HMAC_SHA1_32}, webrtc.PeerConnectionStateClosed},
		"old preferred": {[]dtls.SRTPProtectionProfile{dtls.SRTP_AES128_CM_HMAC_SHA1_80, dtls.SRTP_AEAD_AES_128_GCM}, webrtc.PeerConnectionStateConnected},
		"as Chromium":   {[]dtls.SRTPProtectionProfile{dtls.SRTP_AEAD_AES_256_GCM, dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80}, webrtc.PeerConnectionStateConnected},
		"GCM 128":       {[]dtls.SRTPProtectionProfile{dtls.SRTP_AEAD_AES_128_GCM}, webrtc.PeerConnectionStateConnected},
		"GCM 256":       {[]dtls.SRTPProtectionProfile{dtls.SRTP_AEAD_AES_256_GCM}, webrtc.PeerConnectionStateConnected},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := sfutest.New(t, sfutest.Options{Role: "station", Settings: func(e *webrtc.SettingEngine) {
				e.SetSRTPProtectionProfiles(tt.profiles...)
			}})
			answer, err := s.Join(t.Context(), name, theStation, c.Offer)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Answer(answer); err != nil {
				t.Fatal(err)
			}
			c.WaitState(t, tt.want, patience)
		})
	}
}

func TestStaleEpoch(t *testing.T) {
	s := start(t, nil)
	join(t, s, "r", sfu.Participant{ID: "s01", Role: sfu.Station, Epoch: 5})
	c := sfutest.New(t, sfutest.Options{Role: "agent"})
	if _, err := s.Join(t.Context(), "r", sfu.Participant{ID: "agent1", Role: sfu.Agent, Epoch: 4}, c.Offer); !errors.Is(err, sfu.ErrStale) {
		t.Errorf("Join with an older epoch: %v", err)
	}
	if err := s.Open("r", 4); !errors.Is(err, sfu.ErrStale) {
		t.Errorf("Open with an older epoch: %v", err)
	}
	if err := s.Open("r", 6); err != nil {
		t.Errorf("Open with a later epoch: %v", err)
	}
	if err := s.Open("nowhere", 6); !errors.Is(err, sfu.ErrNotFound) {
		t.Errorf("Open without a room: %v", err)
	}
	if stats, _ := s.Stats("r"); !stats.Open || stats.Epoch != 6 {
		t.Errorf("after Open: %+v", stats)
	}
	// A new owner warms up before it has accepted: nothing may pass to it.
	if _, err := s.Join(t.Context(), "r", sfu.Participant{ID: "agent2", Role: sfu.Agent, Epoch: 7}, c.Offer); err != nil {
		t.Fatal(err)
	}
	if stats, _ := s.Stats("r"); stats.Open || stats.Epoch != 7 {
		t.Errorf("after a later epoch joined: %+v", stats)
	}
}

func TestReplacedPublisherGoesOnInTheSameStreams(t *testing.T) {
	events := &watch{}
	s := start(t, func(o *sfu.Options) { o.OnEvent = events.on })
	station, agent := join(t, s, "r", theStation), join(t, s, "r", theAgent)
	station.Publish()
	if err := s.Open("r", 1); err != nil {
		t.Fatal(err)
	}
	sfutest.Until(t, patience, "the agent sees", func() bool { return len(agent.Received(1)) > 50 && len(agent.Received(0)) > 20 })
	again := join(t, s, "r", theStation)
	again.Publish()
	old := [2]int{len(agent.Received(0)), len(agent.Received(1))}
	sfutest.Until(t, patience, "the agent sees the new publisher", func() bool {
		return len(agent.Received(1)) > old[1]+60 && len(agent.Received(0)) > old[0]+30
	})
	for mid, clock := range [2]uint32{48000, 90000} {
		continuous(t, mid, clock, agent.Received(mid))
	}
	if stats, _ := s.Stats("r"); len(stats.Participants) != 2 {
		t.Errorf("participants: %+v", stats.Participants)
	} else if p, _ := stats.Participant("s01"); p.Offers != 2 || p.Answers != 2 || !p.Connected {
		t.Errorf("the station that came twice: %+v", p)
	}
	if closed := events.kinds(sfu.Closed); len(closed) != 0 {
		t.Errorf("a replaced peer gave %+v", closed)
	}
}

// continuous wants one SSRC, no gap in the sequence numbers and timestamps
// that never run backwards or far ahead.
func continuous(t *testing.T, mid int, clock uint32, packets []*rtp.Packet) {
	t.Helper()
	for i := 1; i < len(packets); i++ {
		a, b := packets[i-1], packets[i]
		if a.SSRC != b.SSRC {
			t.Fatalf("m-line %d: SSRC changed", mid)
		}
		if b.SequenceNumber != a.SequenceNumber+1 {
			t.Fatalf("m-line %d: sequence number %d after %d", mid, b.SequenceNumber, a.SequenceNumber)
		}
		if step := b.Timestamp - a.Timestamp; step > 30*clock {
			t.Fatalf("m-line %d: timestamp went from %d to %d", mid, a.Timestamp, b.Timestamp)
		}
	}
}

func TestEventsOfAConnection(t *testing.T) {
	events := &watch{}
	s := start(t, func(o *sfu.Options) { o.OnEvent = events.on })
	station, agent := join(t, s, "r", theStation), join(t, s, "r", theAgent)
	station.Publish()
	if err := s.Open("r", 1); err != nil {
		t.Fatal(err)
	}
	sfutest.Until(t, patience, "first media to the agent", func() bool { return len(events.kinds(sfu.Media)) == 1 })
	if e := events.kinds(sfu.Media)[0]; e.Participant != "agent1" || e.Role != sfu.Agent || e.Room != "r" {
		t.Errorf("media event: %+v", e)
	}
	if n := len(events.kinds(sfu.Connected)); n != 2 {
		t.Errorf("%d connected events", n)
	}
	agent.Close()
	sfutest.Until(t, patience, "the agent's end is told", func() bool { return len(events.kinds(sfu.Closed)) == 1 })
	if stats, _ := s.Stats("r"); !stats.Open {
		t.Error("the gate shut because somebody left")
	}
	s.CloseRoom("r")
	if _, ok := s.Stats("r"); ok {
		t.Error("the room is still there")
	}
}

func TestShutStopsMediaAndOpenGoesOn(t *testing.T) {
	s := start(t, nil)
	station, agent := join(t, s, "r", theStation), join(t, s, "r", theAgent)
	station.Publish()
	if err := s.Open("r", 1); err != nil {
		t.Fatal(err)
	}
	sfutest.Until(t, patience, "the agent sees", func() bool { return len(agent.Received(1)) > 30 })
	s.Shut("r")
	before, _ := s.Stats("r")
	was, _ := before.Participant("s01")
	sfutest.Until(t, patience, "packets are held back", func() bool {
		now, _ := s.Stats("r")
		p, _ := now.Participant("s01")
		return p.GateDropped > was.GateDropped+100
	})
	after, _ := s.Stats("r")
	if p, _ := after.Participant("s01"); p.Forwarded > was.Forwarded+1 {
		t.Errorf("%d packets went through the shut gate", p.Forwarded-was.Forwarded)
	}
	held := len(agent.Received(1))
	if err := s.Open("r", 1); err != nil {
		t.Fatal(err)
	}
	sfutest.Until(t, patience, "the agent sees again", func() bool { return len(agent.Received(1)) > held+30 })
	continuous(t, 1, 90000, agent.Received(1))
	if station.PLIs() < 2 {
		t.Errorf("the station was asked for %d keyframes", station.PLIs())
	}
}

func TestRoomsAreBounded(t *testing.T) {
	s := start(t, func(o *sfu.Options) { o.MaxRooms = 1 })
	c := sfutest.New(t, sfutest.Options{Role: "station"})
	if _, err := s.Join(t.Context(), "a", theStation, c.Offer); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Join(t.Context(), "b", theStation, c.Offer); !errors.Is(err, sfu.ErrFull) {
		t.Errorf("Join of a room too many: %v", err)
	}
}

func TestOptionsRefused(t *testing.T) {
	for name, o := range map[string]sfu.Options{
		"codec":   {UDPAddr: "127.0.0.1:0", Codec: "VP9"},
		"address": {UDPAddr: "nowhere"},
		"public":  {UDPAddr: "127.0.0.1:0", PublicIPs: []string{"example"}},
	} {
		if s, err := sfu.New(o); err == nil {
			t.Errorf("%s: no error", name)
			_ = s.Close(context.Background())
		}
	}
}

// A port of every address announces the public one in its place.
func TestPublicAddressIsAnnounced(t *testing.T) {
	for name, tt := range map[string]struct {
		public []string
		want   string
	}{
		"loopback": {[]string{"127.0.0.1"}, " 127.0.0.1 "},
		"public":   {[]string{"203.0.113.7"}, " 203.0.113.7 "},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, func(o *sfu.Options) { o.UDPAddr, o.PublicIPs = ":0", tt.public })
			c := sfutest.New(t, sfutest.Options{Role: "station"})
			answer, err := s.Join(t.Context(), "r", theStation, c.Offer)
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for line := range strings.Lines(answer) {
				if strings.HasPrefix(line, "a=candidate:") {
					n++
					if !strings.Contains(line, tt.want) {
						t.Errorf("announces %s", strings.TrimSpace(line))
					}
				}
			}
			if n == 0 {
				t.Error("announces nothing")
			}
			if name != "loopback" {
				return
			}
			if err := c.Answer(answer); err != nil {
				t.Fatal(err)
			}
			c.WaitState(t, webrtc.PeerConnectionStateConnected, 2*patience)
		})
	}
}

func TestCloseEndsInTime(t *testing.T) {
	s, err := sfu.New(sfu.Options{UDPAddr: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		join(t, s, strconv.Itoa(i), theStation)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := s.Close(ctx); err != nil {
		t.Error(err)
	}
	if _, err := s.Join(ctx, "r", theStation, sfutest.New(t, sfutest.Options{Role: "station"}).Offer); !errors.Is(err, sfu.ErrClosed) {
		t.Errorf("Join after Close: %v", err)
	}
}

// What Chromium 156 offers for layout 1 and for its restart, with mDNS names
// as candidates, is taken, and answered with an AEAD profile's role: the SFU
// is the DTLS server and picks.
func TestOfferOfChromium(t *testing.T) {
	read := func(name string) string {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	s := start(t, func(o *sfu.Options) { o.TCP = true })
	answer, err := s.Join(t.Context(), "r", theStation, read("testdata/chromium-offer.sdp"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.Restart(t.Context(), "r", theStation.ID, read("testdata/chromium-restart.sdp"))
	if err != nil {
		t.Fatal(err)
	}
	// A restart changes the path and nothing else.
	if path := func(s string) string {
		return dropLines(dropLines(dropLines(dropLines(s, "o="), "a=ice-"), "a=candidate:"), "a=end-of-")
	}; path(answer) != path(again) {
		t.Errorf("the restart was answered differently:\n%s\nbefore:\n%s", again, answer)
	}
	for name, sdp := range map[string]string{"answer": answer, "restart": again} {
		for _, want := range []string{"a=setup:passive", " udp ", " tcp ", "tcptype passive", "a=ice-ufrag:"} {
			if !strings.Contains(sdp, want) {
				t.Errorf("%s: no %q", name, want)
			}
		}
	}
	if credential(answer) == credential(again) {
		t.Error("the restart was answered with the old credentials")
	}
}

// credential is the first ICE user fragment.
func credential(sdp string) string {
	_, rest, _ := strings.Cut(sdp, "a=ice-ufrag:")
	ufrag, _, _ := strings.Cut(rest, "\r\n")
	return ufrag
}
