package sfutest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"
)

// remoteEnv makes a test binary a client instead (ServeRemote).
const remoteEnv = "REMOTEWINDOW_SFUTEST_CLIENT"

// Remote is a Client in a process of its own, as a rule in another network.
// One goroutine at a time may use it.
type Remote struct {
	// Offer is the offer of layout 1 with every candidate in it.
	Offer string

	cmd *exec.Cmd
	in  *json.Encoder
	out *json.Decoder
}

// Figures are what a remote client has seen so far.
type Figures struct {
	Audio, Video int // packets received on the m-lines 0 and 1
	PLIs         int // keyframe requests
	State        string
}

type remoteAsk struct {
	Do   string
	SDP  string `json:",omitempty"`
	Role string `json:",omitempty"`
	TCP  bool   `json:",omitempty"`
	IPv6 bool   `json:",omitempty"`
}

type remoteSays struct {
	SDP     string `json:",omitempty"`
	Error   string `json:",omitempty"`
	Figures Figures
}

// RemoteOptions of a Remote.
type RemoteOptions struct {
	Role    string
	TCPOnly bool
	// IPv6 gathers addresses of IPv6 alone; otherwise of IPv4 alone.
	IPv6 bool
}

// StartRemote runs the command, which must be this test binary, as a client
// until the test ends. Its TestMain calls ServeRemote first.
func StartRemote(t testing.TB, cmd *exec.Cmd, o RemoteOptions) *Remote {
	t.Helper()
	cmd.Env = append(os.Environ(), remoteEnv+"=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("client process: %v", err)
	}
	r := &Remote{cmd: cmd, in: json.NewEncoder(in), out: json.NewDecoder(out)}
	t.Cleanup(func() {
		_ = in.Close() // it ends by that
		if err := cmd.Wait(); err != nil {
			t.Errorf("client process: %v", err)
		}
	})
	r.Offer = r.ask(t, remoteAsk{Do: "offer", Role: o.Role, TCP: o.TCPOnly, IPv6: o.IPv6}).SDP
	return r
}

func (r *Remote) ask(t testing.TB, a remoteAsk) remoteSays {
	t.Helper()
	if err := r.in.Encode(a); err != nil {
		t.Fatalf("client process: %v", err)
	}
	var says remoteSays
	if err := r.out.Decode(&says); err != nil {
		t.Fatalf("client process: %v", err)
	}
	if says.Error != "" {
		t.Fatalf("client process: %s: %s", a.Do, says.Error)
	}
	return says
}

// Answer applies the SFU's answer.
func (r *Remote) Answer(t testing.TB, sdp string) { r.ask(t, remoteAsk{Do: "answer", SDP: sdp}) }

// Publish is Client.Publish.
func (r *Remote) Publish(t testing.TB) { r.ask(t, remoteAsk{Do: "publish"}) }

// Restart is Client.Restart.
func (r *Remote) Restart(t testing.TB) (offer string) {
	return r.ask(t, remoteAsk{Do: "restart"}).SDP
}

// Figures are the client's at this moment.
func (r *Remote) Figures(t testing.TB) Figures { return r.ask(t, remoteAsk{Do: "figures"}).Figures }

// ServeRemote is for TestMain. In a process that StartRemote began it plays
// the client until its input ends, and answers true.
func ServeRemote() bool {
	if os.Getenv(remoteEnv) == "" {
		return false
	}
	if err := serveRemote(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return true
}

func serveRemote(in io.Reader, out io.Writer) error {
	asks, says := json.NewDecoder(in), json.NewEncoder(out)
	var c *Client
	for {
		var a remoteAsk
		if err := asks.Decode(&a); errors.Is(err, io.EOF) {
			if c != nil {
				c.Close()
			}
			return nil
		} else if err != nil {
			return err
		}
		var s remoteSays
		err := errors.New("no offer was made yet")
		if a.Do == "offer" {
			if c, err = openRemote(a); err == nil {
				s.SDP = c.Offer
			}
		} else if c != nil {
			s, err = c.perform(a)
		}
		if err != nil {
			s.Error = err.Error()
		}
		if err := says.Encode(s); err != nil {
			return err
		}
	}
}

func openRemote(a remoteAsk) (*Client, error) {
	return Open(Options{Role: a.Role, TCPOnly: a.TCP, Settings: func(e *webrtc.SettingEngine) {
		e.SetIPFilter(func(ip net.IP) bool {
			return !ip.IsLoopback() && !ip.IsLinkLocalUnicast() && (ip.To4() == nil) == a.IPv6
		})
		if !a.TCP {
			// Like a browser; Pion's default is UDP alone.
			e.SetNetworkTypes([]webrtc.NetworkType{
				webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6, webrtc.NetworkTypeTCP4, webrtc.NetworkTypeTCP6,
			})
		}
		// A browser keeps trying while its page does; so does this.
		e.SetICETimeouts(3*time.Second, time.Minute, time.Second)
	}})
}

func (c *Client) perform(a remoteAsk) (s remoteSays, err error) {
	switch a.Do {
	case "answer":
		err = c.Answer(a.SDP)
	case "publish":
		c.Publish()
	case "restart":
		s.SDP, err = c.Restart()
	case "figures":
		s.Figures = Figures{
			Audio: len(c.Received(0)), Video: len(c.Received(1)), PLIs: c.PLIs(),
			State: c.PC.ConnectionState().String(),
		}
	default:
		err = fmt.Errorf("cannot %q", a.Do)
	}
	return s, err
}
