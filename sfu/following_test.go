package sfu_test

import (
	"net"
	"regexp"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/pion/ice/v4"
	"github.com/pion/rtp"
	"github.com/pion/stun/v4"

	"github.com/remotewindow/remotewindow/sfu"
	"github.com/remotewindow/remotewindow/sfu/sfutest"
)

// aCall is a station behind a router that hears an agent, and speaks only
// when told.
type aCall struct {
	t              *testing.T
	sfu            *sfu.SFU
	router         *router
	station, agent *sfutest.Client
	said           rtp.Packet
}

func newCall(t *testing.T) *aCall {
	t.Helper()
	s := start(t, nil)
	r := newRouter(t, s.Port())
	c := &aCall{t: t, sfu: s, router: r, station: behind(t, s, r, theStation), agent: join(t, s, "r", theAgent)}
	c.said = rtp.Packet{Header: rtp.Header{Version: 2}, Payload: make([]byte, 80)}
	c.agent.Publish()
	if err := s.Open("r", 1); err != nil {
		t.Fatal(err)
	}
	sfutest.Until(t, patience, "the SFU hears the station", func() bool { c.say(); return len(c.agent.Received(0)) > 0 })
	return c
}

func (c *aCall) say() {
	c.t.Helper()
	c.said.SequenceNumber++
	if err := c.station.Audio.WriteRTP(&c.said); err != nil {
		c.t.Fatal(err)
	}
}

func (c *aCall) moves() uint64 {
	stats, _ := c.sfu.Stats("r")
	p, _ := stats.Participant(theStation.ID)
	return p.Moves
}

// forged is what who reads the station's stream can send.
func (c *aCall) forged() []byte {
	c.t.Helper()
	parameters := c.station.PC.GetTransceivers()[0].Sender().GetParameters()
	copied := rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: 111, SSRC: uint32(parameters.Encodings[0].SSRC)}, Payload: make([]byte, 80)}
	forged, err := copied.Marshal()
	if err != nil {
		c.t.Fatal(err)
	}
	return forged
}

// An address that the participant had before is another's by now: who copies
// the stream from there is asked like any stranger.
func TestAddressOfBeforeIsNotFollowed(t *testing.T) {
	c := newCall(t)
	c.router.move()
	sfutest.Until(t, patience, "the station is followed", func() bool { c.say(); return c.moves() == 1 })
	// From here on the station is silent, and its address of before is not.
	forged, seen, asked := c.forged(), len(c.station.Received(1)), c.router.strays(0)
	sfutest.Until(t, patience, "the stranger is asked, and media goes on to the station", func() bool {
		_, err := c.router.outer[0].Write(forged)
		return err == nil && c.router.strays(0) > asked+2 && len(c.station.Received(1)) > seen+50
	})
	if n := c.moves(); n != 1 {
		t.Errorf("%d moves after the stranger", n)
	}
	c.router.move()
	sfutest.Until(t, patience, "the station is followed to where it was", func() bool { c.say(); return c.moves() == 2 })
}

// A stranger whom the browser hears passes our checks on to it and its
// answers back: they say that they were asked from elsewhere.
func TestCheckThatWasPassedOnIsNoProof(t *testing.T) {
	c := newCall(t)
	toUs, err := net.DialUDP("udp", nil, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: c.sfu.Port()})
	if err != nil {
		t.Fatal(err)
	}
	c.router.mu.Lock()
	browser := c.router.client
	c.router.mu.Unlock()
	toBrowser, err := net.DialUDP("udp", nil, browser)
	if err != nil {
		t.Fatal(err)
	}
	var tasks sync.WaitGroup
	var passedBack atomic.Int64
	pass := func(from, to *net.UDPConn, kind stun.MessageType, count func()) {
		buf := make([]byte, 2048)
		for {
			n, err := from.Read(buf)
			if err != nil {
				return
			}
			m := stun.Message{Raw: buf[:n]}
			if m.Decode() != nil || m.Type != kind {
				continue
			}
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
			count()
		}
	}
	tasks.Go(func() { pass(toUs, toBrowser, stun.BindingRequest, func() {}) })
	tasks.Go(func() { pass(toBrowser, toUs, stun.BindingSuccess, func() { passedBack.Add(1) }) })
	t.Cleanup(func() {
		_, _ = toUs.Close(), toBrowser.Close() // ends the tasks
		tasks.Wait()
	})
	forged, seen := c.forged(), len(c.station.Received(1))
	sfutest.Until(t, patience, "answers come back, and media goes on to the station", func() bool {
		_, err := toUs.Write(forged)
		return err == nil && passedBack.Load() > 5 && len(c.station.Received(1)) > seen+50
	})
	if n := c.moves(); n != 0 {
		t.Errorf("%d moves after the stranger", n)
	}
}

var (
	ufragLine = regexp.MustCompile(`a=ice-ufrag:(\S+)`)
	pwdLine   = regexp.MustCompile(`a=ice-pwd:(\S+)`)
)

// An address found by following does not outdo the browser's own choice: it
// nominates as Chromium does, without a value, and without a packet of media.
func TestOrdinaryNominationWins(t *testing.T) {
	c := newCall(t)
	c.router.move()
	sfutest.Until(t, patience, "the station is followed", func() bool { c.say(); return c.moves() == 1 })
	c.router.move()
	answer := c.station.PC.RemoteDescription().SDP
	ours, theirs := ufragLine.FindStringSubmatch(answer)[1], ufragLine.FindStringSubmatch(c.station.Offer)[1]
	sfutest.Until(t, patience, "media is where the browser wants it", func() bool {
		m, err := stun.Build(stun.BindingRequest, stun.TransactionID, stun.NewUsername(ours+":"+theirs),
			ice.AttrControlling(1), ice.PriorityAttr(1<<30), ice.UseCandidate(),
			stun.NewShortTermIntegrity(pwdLine.FindStringSubmatch(answer)[1]), stun.Fingerprint)
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.router.outer[0].Write(m.Raw)
		return err == nil && c.moves() == 2
	})
	seen := len(c.station.Received(1))
	sfutest.Until(t, patience, "media comes there", func() bool { return len(c.station.Received(1)) > seen+20 })
}
