package sfu

import (
	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/stdnet"
)

// network is the machine's, with its addresses of this moment: Pion's own
// remembers those of when it was made, and a server's may change.
type network struct{ *stdnet.Net }

func newNetwork() (*network, error) {
	n, err := stdnet.NewNet()
	return &network{n}, err
}

// Interfaces implements transport.Net.
func (*network) Interfaces() ([]*transport.Interface, error) {
	now, err := stdnet.NewNet()
	if err != nil {
		return nil, err
	}
	return now.Interfaces()
}
