//go:build linux

package sfu_test

import (
	"net"
	"os"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/remotewindow/remotewindow/sfu"
	"github.com/remotewindow/remotewindow/sfu/sfutest"
	"github.com/remotewindow/remotewindow/sfu/sfutest/netns"
)

// distant is a call whose station is in another network: the SFU and the
// agent run here, in the server's namespace, the station in the client's.
type distant struct {
	sfu     *sfu.SFU
	station *sfutest.Remote
	agent   *sfutest.Client
	events  *watch
}

func distantCall(t *testing.T, network *netns.Pair, o sfutest.RemoteOptions) *distant {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	d := &distant{events: &watch{}}
	d.sfu = start(t, func(so *sfu.Options) { so.UDPAddr, so.TCP, so.OnEvent = ":0", true, d.events.on })
	d.agent = sfutest.New(t, sfutest.Options{Role: "agent", Settings: func(e *webrtc.SettingEngine) {
		e.SetIPFilter(func(ip net.IP) bool { return ip.Equal(net.ParseIP(netns.ServerIP)) })
	}})
	answer, err := d.sfu.Join(t.Context(), "r", theAgent, d.agent.Offer)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.agent.Answer(answer); err != nil {
		t.Fatal(err)
	}
	d.agent.WaitState(t, webrtc.PeerConnectionStateConnected, patience)

	o.Role = "station"
	d.station = sfutest.StartRemote(t, network.Command(self), o)
	if answer, err = d.sfu.Join(t.Context(), "r", theStation, d.station.Offer); err != nil {
		t.Fatal(err)
	}
	d.station.Answer(t, answer)
	sfutest.Until(t, 2*patience, "the station connects", func() bool {
		return d.station.Figures(t).State == webrtc.PeerConnectionStateConnected.String()
	})
	d.station.Publish(t)
	d.agent.Publish()
	if err := d.sfu.Open("r", 1); err != nil {
		t.Fatal(err)
	}
	d.flows(t, "a new call")
	return d
}

// flows waits until both sides hear and see the other again and returns how
// long that took.
func (d *distant) flows(t *testing.T, what string) time.Duration {
	t.Helper()
	began := time.Now()
	before := d.station.Figures(t)
	audio, video := len(d.agent.Received(0)), len(d.agent.Received(1))
	sfutest.Until(t, 2*patience, what+": media flows both ways", func() bool {
		now := d.station.Figures(t)
		return now.Audio > before.Audio+5 && now.Video > before.Video+5 &&
			len(d.agent.Received(0)) > audio+5 && len(d.agent.Received(1)) > video+5
	})
	return time.Since(began)
}

func (d *distant) stats(t *testing.T) sfu.ParticipantStats {
	t.Helper()
	stats, _ := d.sfu.Stats("r")
	p, ok := stats.Participant(theStation.ID)
	if !ok {
		t.Fatal("the station has gone")
	}
	return p
}

func TestCallWhereUDPIsDropped(t *testing.T) {
	network := netns.Enter(t)
	if network == nil {
		return
	}
	network.DropUDP(t)
	// The client would take UDP: it offers and tries both.
	d := distantCall(t, network, sfutest.RemoteOptions{})
	if p := d.stats(t); p.Path != "tcp" {
		t.Errorf("the call came up over %q", p.Path)
	}
}

func TestCallOverTCPByIPv6(t *testing.T) {
	network := netns.Enter(t)
	if network == nil {
		return
	}
	network.DropUDP(t)
	d := distantCall(t, network, sfutest.RemoteOptions{IPv6: true})
	if p := d.stats(t); p.Path != "tcp" {
		t.Errorf("the call came up over %q", p.Path)
	}
}

func TestUDPIsPreferred(t *testing.T) {
	network := netns.Enter(t)
	if network == nil {
		return
	}
	d := distantCall(t, network, sfutest.RemoteOptions{})
	if p := d.stats(t); p.Path != "udp" {
		t.Errorf("the call came up over %q", p.Path)
	}
}

func TestAddressChangesInACall(t *testing.T) {
	network := netns.Enter(t)
	if network == nil {
		return
	}
	d := distantCall(t, network, sfutest.RemoteOptions{})
	d.moves(t, network, "udp")
}

func TestAddressChangesWhereUDPIsDropped(t *testing.T) {
	network := netns.Enter(t)
	if network == nil {
		return
	}
	network.DropUDP(t)
	d := distantCall(t, network, sfutest.RemoteOptions{})
	d.moves(t, network, "tcp")
}

// moves changes the station's address and restarts from the new one.
func (d *distant) moves(t *testing.T, network *netns.Pair, path string) {
	t.Helper()
	changed := time.Now()
	network.Readdress(t, "10.77.0.9")
	answer, err := d.sfu.Restart(t.Context(), "r", theStation.ID, d.station.Restart(t))
	if err != nil {
		t.Fatal(err)
	}
	d.station.Answer(t, answer)
	d.flows(t, "from the new address")
	t.Logf("media is back %s after the address changed", time.Since(changed).Round(time.Millisecond))
	if p := d.stats(t); p.Restarts != 1 || p.Offers != 1 || p.Path != path {
		t.Errorf("after the restart: %+v", p)
	}
}

func TestLinkDropHealsByItself(t *testing.T) {
	network := netns.Enter(t)
	if network == nil {
		return
	}
	d := distantCall(t, network, sfutest.RemoteOptions{})
	network.Link(t, false)
	// The length of the drop is what is tested, so it is waited for.
	time.Sleep(5 * time.Second)
	if n := len(d.events.kinds(sfu.Disconnected)); n != 1 {
		t.Errorf("%d disconnects told after 5 s, want 1", n)
	}
	network.Link(t, true)
	took := d.flows(t, "after the drop")
	t.Logf("media is back %s after the link", took.Round(time.Millisecond))
	if p := d.stats(t); p.Restarts != 0 || p.Offers != 1 || p.Path != "udp" {
		t.Errorf("after the drop: %+v", p)
	}
	if n := len(d.events.kinds(sfu.Closed)); n != 0 {
		t.Errorf("%d peers closed", n)
	}
}
