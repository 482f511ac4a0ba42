package main

import (
	"net/netip"

	"github.com/remotewindow/remotewindow/agentdesk"
	"github.com/remotewindow/remotewindow/signaling"
)

// limits bound what one source may do: an IPv4 address or an IPv6 /64, which one
// customer has whole. The defaults suit a centre all of whose seats stand behind
// one address; a larger one, or one whose kiosks do too, raises them. Zero is the
// default.
type limits struct {
	EnrolFailures             int `default:"30" env:"REMOTEWINDOW_ENROL_FAILURES" help:"How many enrolments of one source may fail in 15 minutes." placeholder:"N"`
	RequestsPerSource         int `default:"200" env:"REMOTEWINDOW_REQUESTS_PER_SOURCE" help:"Requests a second of one source, for long." placeholder:"N"`
	RequestBurst              int `default:"4000" env:"REMOTEWINDOW_REQUEST_BURST" help:"Requests of one source that may come at once." placeholder:"N"`
	ConnectionsPerSource      int `default:"2048" env:"REMOTEWINDOW_CONNECTIONS_PER_SOURCE" help:"TCP connections of one source to the pages, sockets counted." placeholder:"N"`
	Connections               int `default:"20000" env:"REMOTEWINDOW_CONNECTIONS" help:"The same of all sources." placeholder:"N"`
	SocketsPerSource          int `default:"512" env:"REMOTEWINDOW_SOCKETS_PER_SOURCE" help:"Sockets of one source that have not said yet who they are." placeholder:"N"`
	Strangers                 int `default:"4096" env:"REMOTEWINDOW_STRANGERS" help:"The same of all sources." placeholder:"N"`
	MediaConnectionsPerSource int `default:"512" env:"REMOTEWINDOW_MEDIA_CONNECTIONS_PER_SOURCE" help:"TCP connections of one source for media." placeholder:"N"`
}

func (l limits) check() error {
	for _, flag := range []struct {
		name  string
		value int
	}{
		{"enrol-failures", l.EnrolFailures}, {"requests-per-source", l.RequestsPerSource}, {"request-burst", l.RequestBurst},
		{"connections-per-source", l.ConnectionsPerSource}, {"connections", l.Connections},
		{"sockets-per-source", l.SocketsPerSource}, {"strangers", l.Strangers},
		{"media-connections-per-source", l.MediaConnectionsPerSource},
	} {
		if flag.value < 0 {
			return usagef("--%s %d must be at least 1; 0 is the default.", flag.name, flag.value)
		}
	}
	return nil
}

// connections are those of the pages' listener.
func (l limits) connections(proxies []netip.Prefix) agentdesk.ConnectionLimits {
	return agentdesk.ConnectionLimits{Total: l.Connections, PerSource: l.ConnectionsPerSource, Exempt: proxies}
}

// sockets are those before their hello.
func (l limits) sockets() signaling.Numbers {
	return signaling.Numbers{PerSource: l.SocketsPerSource, Strangers: l.Strangers}
}
