package main

import (
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/remotewindow/remotewindow/signaling/client"
)

// lossyRelay stands between participants and the SFU. It passes every datagram
// on except for the RTP packets towards a participant that drop names by their
// number, counted from 0 for each participant.
type lossyRelay struct {
	t    *testing.T
	drop func(n int) bool

	mu      sync.Mutex // guards the following fields
	dropped int
	open    []*net.UDPConn
	serving sync.WaitGroup
}

func newLossyRelay(t *testing.T, drop func(n int) bool) *lossyRelay {
	r := &lossyRelay{t: t, drop: drop}
	t.Cleanup(func() {
		r.mu.Lock()
		for _, c := range r.open {
			_ = c.Close()
		}
		r.mu.Unlock()
		r.serving.Wait()
	})
	return r
}

var candidate = regexp.MustCompile(`(a=candidate:\S+ \d+ udp \d+ )(\S+) (\d+)( typ host[^\r\n]*)`)

// lead makes media take the way through the relay: the SFU is told no address
// of the participant, and the participant only the relay's.
func (r *lossyRelay) lead(m client.MediaOptions) client.MediaOptions {
	m.Offer = func(sdp string) (string, error) {
		var out strings.Builder
		for line := range strings.Lines(sdp) {
			if !strings.HasPrefix(line, "a=candidate:") {
				out.WriteString(line)
			}
		}
		return out.String(), nil
	}
	m.Answer = func(sdp string) (string, error) {
		found := candidate.FindStringSubmatch(sdp)
		if found == nil {
			return "", fmt.Errorf("no candidate in the answer:\n%s", sdp)
		}
		port, err := strconv.Atoi(found[3])
		if err != nil {
			return "", err
		}
		mine, err := r.between(&net.UDPAddr{IP: net.ParseIP(found[2]), Port: port})
		if err != nil {
			return "", err
		}
		return candidate.ReplaceAllString(sdp, fmt.Sprintf("${1}127.0.0.1 %d${4}", mine)), nil
	}
	return m
}

// between opens a way to the SFU and returns the port of this end.
func (r *lossyRelay) between(sfu *net.UDPAddr) (int, error) {
	near, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return 0, err
	}
	far, err := net.DialUDP("udp4", nil, sfu)
	if err != nil {
		_ = near.Close()
		return 0, err
	}
	for _, c := range []*net.UDPConn{near, far} {
		_ = c.SetReadBuffer(4 << 20) // the relay itself loses nothing
	}
	r.mu.Lock()
	r.open = append(r.open, near, far)
	r.mu.Unlock()
	var participant sync.Map // one entry: its address
	r.serving.Go(func() {
		packet := make([]byte, 1<<16)
		for {
			n, from, err := near.ReadFromUDPAddrPort(packet)
			if err != nil {
				return
			}
			participant.Store("", from)
			_, _ = far.Write(packet[:n])
		}
	})
	r.serving.Go(func() { r.back(far, near, &participant) })
	return near.LocalAddr().(*net.UDPAddr).Port, nil
}

func (r *lossyRelay) back(far, near *net.UDPConn, participant *sync.Map) {
	packet := make([]byte, 1<<16)
	for media := 0; ; {
		n, err := far.Read(packet)
		if err != nil {
			return
		}
		if isRTP(packet[:n]) {
			media++
			if r.drop(media - 1) {
				r.mu.Lock()
				r.dropped++
				r.mu.Unlock()
				continue
			}
		}
		if to, known := participant.Load(""); known {
			_, _ = near.WriteToUDPAddrPort(packet[:n], to.(netip.AddrPort))
		}
	}
}

// isRTP tells RTP from STUN, DTLS (RFC 7983) and RTCP (RFC 5761 4).
func isRTP(packet []byte) bool {
	return len(packet) > 12 && packet[0] >= 128 && packet[0] < 192 && (packet[1] < 192 || packet[1] > 223)
}
