package sfutest

import (
	"net"
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/stdnet"
	"github.com/pion/webrtc/v4"
)

func isLoopback(ip net.IP) bool { return ip.IsLoopback() && ip.To4() != nil }

// network is the machine's with its addresses of this moment, so that a
// restart gathers the new ones.
type network struct{ *stdnet.Net }

func newNetwork() (network, error) {
	n, err := stdnet.NewNet()
	return network{n}, err
}

// Interfaces implements transport.Net.
func (network) Interfaces() ([]*transport.Interface, error) {
	now, err := stdnet.NewNet()
	if err != nil {
		return nil, err
	}
	return now.Interfaces()
}

func interceptors(media *webrtc.MediaEngine) (*interceptor.Registry, error) {
	registry := &interceptor.Registry{}
	return registry, webrtc.RegisterDefaultInterceptors(media, registry)
}

// Until polls a condition until it holds or the time is up.
func Until(t testing.TB, within time.Duration, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(within)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", within, what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}
