package main

import (
	"fmt"
	"strings"
)

// greeting tells a person where the pages are.
func (n *node) greeting() string {
	scheme := "http"
	if n.cfg.TLSCert != "" {
		scheme = "https"
	}
	base := scheme + "://" + n.listener.Addr().String()
	var b strings.Builder
	fmt.Fprintf(&b, "云见面 remotewindow %s\n\n", build)
	if n.cfg.Demo {
		// Those that are there, however small the demo is.
		fmt.Fprintf(&b, "  kiosk  %s/kiosk?station=s%02d\n", base, min(7, n.cfg.DemoStations))
		fmt.Fprintf(&b, "  desk   %s/desk    agent%d / demo  (agent1 to agent%d)\n", base, min(7, n.cfg.DemoAgents), n.cfg.DemoAgents)
		fmt.Fprintf(&b, "  board  %s/board   supervisor / demo\n  admin  %s/admin   admin / demo\n", base, base)
	} else {
		fmt.Fprintf(&b, "  kiosk  %s/kiosk\n  desk   %s/desk\n  board  %s/board\n  admin  %s/admin\n", base, base, base, base)
	}
	fmt.Fprintf(&b, "  all pages: %s/   media: UDP and TCP port %d\n", base, n.sfu.Port())
	if n.redisAway {
		b.WriteString("\n  Redis does not answer: presses are taken and wait in the database until it does.\n")
	}
	if n.cfg.Loopback && len(n.cfg.Origin) > 0 && len(n.cfg.PublicIPs) == 0 {
		b.WriteString("\n  Media listens on loopback only: give --public-ip for browsers on other machines.\n")
	}
	if !n.cfg.Loopback && !n.cfg.secure() {
		b.WriteString("\n  Browsers give no camera to a page without TLS that is not on this machine:\n" +
			"  give --tls-cert and --tls-key, or put a proxy that ends TLS in front.\n")
	}
	b.WriteString("\n  Ctrl+C ends it.\n")
	return b.String()
}
