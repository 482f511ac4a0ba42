package sfu_test

import (
	"errors"
	"net"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/remotewindow/remotewindow/sfu"
	"github.com/remotewindow/remotewindow/sfu/sfutest"
)

// router stands between a client and the SFU as a NAT does: the SFU sees the
// address of one of its outer sockets, which the test changes.
type router struct {
	t     *testing.T
	inner *net.UDPConn
	tasks sync.WaitGroup

	mu     sync.Mutex
	client *net.UDPAddr
	outer  []*net.UDPConn
	in     int
	stray  [2]int // checks that came for an address that is not the client's now
}

func newRouter(t *testing.T, port int) *router {
	t.Helper()
	r := &router{t: t}
	var err error
	if r.inner, err = net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}); err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		outer, err := net.DialUDP("udp", nil, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
		if err != nil {
			t.Fatal(err)
		}
		r.outer = append(r.outer, outer)
		r.tasks.Go(func() { r.inwards(i, outer) })
	}
	r.tasks.Go(r.outwards) // begun when both stand
	t.Cleanup(func() {
		for _, conn := range append(r.outer, r.inner) {
			if err := conn.Close(); err != nil {
				t.Error(err)
			}
		}
		r.tasks.Wait()
	})
	return r
}

// move gives the client the other outer address. What still goes to the one
// of before is lost.
func (r *router) move() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.in = 1 - r.in
}

func (r *router) strays(which int) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stray[which]
}

func (r *router) outwards() {
	buf := make([]byte, 2048)
	for {
		n, from, err := r.inner.ReadFromUDP(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		r.mu.Lock()
		r.client = from
		outer := r.outer[r.in]
		r.mu.Unlock()
		_, _ = outer.Write(buf[:n]) // a network loses packets
	}
}

func (r *router) inwards(which int, outer *net.UDPConn) {
	buf := make([]byte, 2048)
	for {
		n, err := outer.Read(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		r.mu.Lock()
		to, now := r.client, r.in == which
		if !now && n > 0 && buf[0] == 0 {
			r.stray[which]++
		}
		r.mu.Unlock()
		if now && to != nil {
			_, _ = r.inner.WriteToUDP(buf[:n], to) // a network loses packets
		}
	}
}

var candidatePort = regexp.MustCompile(`(a=candidate:\S+ \d udp \d+ \S+) \d+ `)

// behind joins a participant whose only way to the SFU is the router.
func behind(t *testing.T, s *sfu.SFU, r *router, who sfu.Participant) *sfutest.Client {
	t.Helper()
	c := sfutest.New(t, sfutest.Options{Role: string(who.Role)})
	answer, err := s.Join(t.Context(), "r", who, c.Offer)
	if err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(r.inner.LocalAddr().(*net.UDPAddr).Port)
	if err := c.Answer(candidatePort.ReplaceAllString(answer, "$1 "+port+" ")); err != nil {
		t.Fatal(err)
	}
	c.WaitState(t, webrtc.PeerConnectionStateConnected, patience)
	return c
}

// A NAT takes another address in the middle of a call, and the first again:
// neither browser nor page says anything, and media goes on.
func TestAddressChangesUnnoticed(t *testing.T) {
	events := &watch{}
	s := start(t, func(o *sfu.Options) { o.OnEvent = events.on })
	r := newRouter(t, s.Port())
	station, agent := behind(t, s, r, theStation), join(t, s, "r", theAgent)
	moved := make(chan string, 16)
	station.Control.OnMessage(func(m webrtc.DataChannelMessage) { moved <- string(m.Data) })
	station.Publish()
	agent.Publish()
	if err := s.Open("r", 1); err != nil {
		t.Fatal(err)
	}
	flowing(t, "before", station, agent)
	for i := range 6 {
		r.move()
		sfutest.Until(t, patience, "the station is followed", func() bool { return len(events.kinds(sfu.Moved)) > i })
		flowing(t, "after the move", station, agent)
		if notice := <-moved; notice != `{"type":"moved"}` {
			t.Errorf("the station was told %q", notice)
		}
	}
	stats, _ := s.Stats("r")
	if p, _ := stats.Participant(theStation.ID); p.Restarts != 0 || p.Offers != 1 || p.Moves != 6 || !p.Connected {
		t.Errorf("after six moves: %+v", p)
	}
	if n := len(events.kinds(sfu.Disconnected)); n != 0 {
		t.Errorf("%d disconnects told", n)
	}
}

// Who copies a stream that fell silent is asked for a check and cannot answer
// it: the media stays where it was.
func TestStrangerIsNotFollowed(t *testing.T) {
	s := start(t, nil)
	station, agent := join(t, s, "r", theStation), join(t, s, "r", theAgent)
	agent.Publish()
	if err := s.Open("r", 1); err != nil {
		t.Fatal(err)
	}
	// One packet makes the stream known; then the station is silent.
	said := rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: 1}, Payload: make([]byte, 80)}
	sfutest.Until(t, patience, "the SFU hears the station", func() bool {
		if err := station.Audio.WriteRTP(&said); err != nil {
			t.Fatal(err)
		}
		said.SequenceNumber++
		return len(agent.Received(0)) > 0
	})
	stranger, err := net.DialUDP("udp", nil, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: s.Port()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := stranger.Close(); err != nil {
			t.Error(err)
		}
	}()
	parameters := station.PC.GetTransceivers()[0].Sender().GetParameters()
	copied := rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: 111, SSRC: uint32(parameters.Encodings[0].SSRC)}, Payload: make([]byte, 80)}
	forged, err := copied.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	asked := make(chan struct{}, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 2048)
		for {
			n, err := stranger.Read(buf)
			if err != nil {
				return
			}
			if n > 0 && buf[0] == 0 {
				select {
				case asked <- struct{}{}:
				default:
				}
			} else if buf[0] >= 128 && buf[0] < 192 {
				t.Error("media went to the stranger")
			}
		}
	}()
	sfutest.Until(t, patience, "the SFU sends the stranger a check", func() bool {
		if _, err := stranger.Write(forged); err != nil {
			t.Fatal(err)
		}
		select {
		case <-asked:
			return true
		default:
			return false
		}
	})
	seen := len(station.Received(1))
	sfutest.Until(t, patience, "media goes on to the station", func() bool {
		_, err := stranger.Write(forged)
		return err == nil && len(station.Received(1)) > seen+50
	})
	stats, _ := s.Stats("r")
	if p, _ := stats.Participant(theStation.ID); p.Moves != 0 || !p.Connected {
		t.Errorf("after the stranger: %+v", p)
	}
	if err := stranger.SetReadDeadline(time.Now()); err != nil {
		t.Fatal(err)
	}
	<-done
}
