package sfu_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/remotewindow/remotewindow/sfu"
	"github.com/remotewindow/remotewindow/sfu/capture"
	"github.com/remotewindow/remotewindow/sfu/sfutest"
)

// renew takes a client through one restart.
func renew(t *testing.T, s *sfu.SFU, who sfu.Participant, c *sfutest.Client) {
	t.Helper()
	offer, err := c.Restart()
	if err != nil {
		t.Fatal(err)
	}
	answer, err := s.Restart(t.Context(), "r", who.ID, offer)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(answer, "typ host") {
		t.Fatal("the answer names no candidate")
	}
	if err := c.Answer(answer); err != nil {
		t.Fatal(err)
	}
}

// flowing waits until both receive what the other sends now.
func flowing(t *testing.T, what string, clients ...*sfutest.Client) {
	t.Helper()
	for _, c := range clients {
		audio, video := len(c.Received(0)), len(c.Received(1))
		sfutest.Until(t, patience, what+": media flows", func() bool {
			return len(c.Received(0)) > audio+5 && len(c.Received(1)) > video+5
		})
	}
}

// Each restart comes from new local sockets: the client gathers anew.
func TestFiftyRestartsInARow(t *testing.T) {
	events := &watch{}
	s := start(t, func(o *sfu.Options) { o.OnEvent = events.on })
	station, agent := join(t, s, "r", theStation), join(t, s, "r", theAgent)
	station.Publish()
	agent.Publish()
	if err := s.Open("r", 1); err != nil {
		t.Fatal(err)
	}
	flowing(t, "before", station, agent)
	ssrc := agent.Received(1)[0].SSRC
	for i := range 50 {
		renew(t, s, theStation, station)
		if i%10 == 9 {
			flowing(t, "between", station, agent)
		}
	}
	flowing(t, "after", station, agent)
	received := agent.Received(1)
	if received[len(received)-1].SSRC != ssrc {
		t.Error("the agent's picture came in another stream")
	}
	stats, _ := s.Stats("r")
	if p, _ := stats.Participant(theStation.ID); p.Restarts != 50 || p.Offers != 1 || !p.Connected {
		t.Errorf("after 50 restarts: %+v", p)
	}
	if n := len(events.kinds(sfu.Restarted)); n != 50 {
		t.Errorf("%d restarts told", n)
	}
	if n := len(events.kinds(sfu.Closed)); n != 0 {
		t.Errorf("%d peers closed", n)
	}
}

func TestRestartAsksForKeyframes(t *testing.T) {
	s := start(t, nil)
	station, agent := join(t, s, "r", theStation), join(t, s, "r", theAgent)
	station.Publish()
	agent.Publish()
	if err := s.Open("r", 1); err != nil {
		t.Fatal(err)
	}
	flowing(t, "before", station, agent)
	published, seen := station.PLIs(), agent.PLIs()
	renew(t, s, theStation, station)
	sfutest.Until(t, patience, "both publishers are asked for a keyframe", func() bool {
		return station.PLIs() > published && agent.PLIs() > seen
	})
}

// Before the first connection stands, a restart must not spoil it.
func TestRestartBeforeTheConnectionStands(t *testing.T) {
	s := start(t, nil)
	c := sfutest.New(t, sfutest.Options{Role: "station"})
	answer, err := s.Join(t.Context(), "r", theStation, c.Offer)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Answer(answer); err != nil {
		t.Fatal(err)
	}
	renew(t, s, theStation, c)
	c.WaitState(t, webrtc.PeerConnectionStateConnected, patience)
}

func TestRestartInTheMiddleOfAPage(t *testing.T) {
	store := newMemory()
	s, station, agent, _ := call(t, store)
	l, d := sending(t, station), receiving(t, agent)
	p := newPage(3<<20, 3)
	done := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
		defer cancel()
		done <- capture.NewSender(p).Run(ctx, l, l.frames, l.low)
	}()
	sfutest.Until(t, patience, "the page is on its way", func() bool {
		store.mu.Lock()
		defer store.mu.Unlock()
		return len(store.resumed) == 1
	})
	renew(t, s, theStation, station)
	renew(t, s, theAgent, agent)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(store.page("r", p.Offer.SHA256), p.Bytes) {
		t.Error("what is stored is not what was sent")
	}
	// An agent whose line stood still for more than 3 s is told to fetch it.
	sfutest.Until(t, patience, "the agent has the page or was told", func() bool {
		return d.page(p.Offer.SHA256) != nil || len(d.failures()) > 0
	})
	if shown := d.page(p.Offer.SHA256); shown != nil && !bytes.Equal(shown, p.Bytes) {
		t.Error("the agent's page is not what was sent")
	}
	for _, err := range d.failures() {
		if !errors.Is(err, capture.ErrCancelled) {
			t.Errorf("the agent was told %v", err)
		}
	}
	if len(store.resumed) != 1 {
		t.Errorf("the page was begun %d times", len(store.resumed))
	}
}

// The answer may be lost with the socket: the same offer gets it again.
func TestRestartAnsweredTwice(t *testing.T) {
	s := start(t, nil)
	station := join(t, s, "r", theStation)
	offer, err := station.Restart()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Restart(t.Context(), "r", theStation.ID, offer); err != nil {
		t.Fatal(err)
	}
	answer, err := s.Restart(t.Context(), "r", theStation.ID, offer)
	if err != nil {
		t.Fatal(err)
	}
	if err := station.Answer(answer); err != nil {
		t.Fatal(err)
	}
	station.WaitState(t, webrtc.PeerConnectionStateConnected, patience)
	stats, _ := s.Stats("r")
	if p, _ := stats.Participant(theStation.ID); p.Restarts != 1 {
		t.Errorf("%d restarts, want 1", p.Restarts)
	}
}

func TestRestartsAtOnce(t *testing.T) {
	s := start(t, nil)
	station, agent := join(t, s, "r", theStation), join(t, s, "r", theAgent)
	station.Publish()
	agent.Publish()
	if err := s.Open("r", 1); err != nil {
		t.Fatal(err)
	}
	// Numbers wrap soon after the start: whoever missed the beginning could
	// not open what comes after (RFC 3711, 3.3.1).
	flowing(t, "before", station, agent)
	offer, err := station.Restart()
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			forged := strings.ReplaceAll(offer, "a=ice-ufrag:", "a=ice-ufrag:x"+strings.Repeat("y", i))
			if _, err := s.Restart(t.Context(), "r", theStation.ID, forged); err != nil {
				t.Errorf("restart %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	answer, err := s.Restart(t.Context(), "r", theStation.ID, offer)
	if err != nil {
		t.Fatal(err)
	}
	if err := station.Answer(answer); err != nil {
		t.Fatal(err)
	}
	flowing(t, "after", station, agent)
}

func TestRestartsRefused(t *testing.T) {
	s := start(t, nil)
	station := join(t, s, "r", theStation)
	offer, err := station.Restart()
	if err != nil {
		t.Fatal(err)
	}
	other := sfutest.New(t, sfutest.Options{Role: "station"}).Offer
	ended, end := context.WithCancel(t.Context())
	end()
	tests := map[string]struct {
		ctx         context.Context
		room        string
		participant string
		offer       string
		want        error
	}{
		"no such room":             {t.Context(), "elsewhere", theStation.ID, offer, sfu.ErrNotFound},
		"no such participant":      {t.Context(), "r", "s99", offer, sfu.ErrNotFound},
		"another browser":          {t.Context(), "r", theStation.ID, other, sfu.ErrNotFound},
		"a fingerprint more":       {t.Context(), "r", theStation.ID, strings.Replace(offer, "a=fingerprint:sha-256 ", "a=fingerprint:sha-256 AA:BB\r\na=fingerprint:sha-256 ", 1), sfu.ErrNotFound},
		"empty":                    {t.Context(), "r", theStation.ID, "", sfu.ErrSDP},
		"not SDP":                  {t.Context(), "r", theStation.ID, "\x00\x01", sfu.ErrSDP},
		"too long":                 {t.Context(), "r", theStation.ID, offer + strings.Repeat("a=x:yyyyyyyyyyyyyyyyyy\r\n", 3000), sfu.ErrSDP},
		"another layout":           {t.Context(), "r", theStation.ID, strings.Replace(offer, "a=sendrecv", "a=recvonly", 1), sfu.ErrSDP},
		"candidate bomb":           {t.Context(), "r", theStation.ID, strings.Replace(offer, "a=mid:0\r\n", "a=mid:0\r\n"+strings.Repeat("a=candidate:1 1 udp 1 127.0.0.1 9 typ host\r\n", 65), 1), sfu.ErrSDP},
		"no credentials":           {t.Context(), "r", theStation.ID, dropLines(offer, "a=ice-ufrag:"), sfu.ErrSDP},
		"a password of one letter": {t.Context(), "r", theStation.ID, strings.ReplaceAll(offer, "a=ice-pwd:", "a=ice-pwd:x\r\na=y:"), sfu.ErrSDP},
		"a ufrag with a space":     {t.Context(), "r", theStation.ID, strings.ReplaceAll(offer, "a=ice-ufrag:", "a=ice-ufrag:a b"), sfu.ErrSDP},
		"the caller has gone":      {ended, "r", theStation.ID, offer, context.Canceled},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := s.Restart(tt.ctx, tt.room, tt.participant, tt.offer); !errors.Is(err, tt.want) {
				t.Errorf("Restart: %v, want %v", err, tt.want)
			}
		})
	}
	answer, err := s.Restart(t.Context(), "r", theStation.ID, offer)
	if err != nil {
		t.Fatalf("a good restart after the bad ones: %v", err)
	}
	if err := station.Answer(answer); err != nil {
		t.Fatal(err)
	}
	station.WaitState(t, webrtc.PeerConnectionStateConnected, patience)
	s.Leave("r", theStation.ID)
	if _, err := s.Restart(t.Context(), "r", theStation.ID, offer); !errors.Is(err, sfu.ErrNotFound) {
		t.Errorf("after leaving: %v", err)
	}
}
