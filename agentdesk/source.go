package agentdesk

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// maxHops is how many entries of X-Forwarded-For are looked at, from the right.
const maxHops = 16

// Source is the address that requests and failures are counted by: the peer's,
// or if that is a trusted proxy, whom the proxies say they answer. Of an IPv6
// address it is the /64, which one customer has whole.
func (s *Server) Source(r *http.Request) string {
	addr, ok := clientAddr(r.RemoteAddr, r.Header.Values("X-Forwarded-For"), s.o.TrustedProxies)
	if !ok {
		return "unknown"
	}
	return sourceOf(addr)
}

// sourceOf names whom an address is counted as: of IPv6 its /64.
func sourceOf(addr netip.Addr) string {
	if addr.Is6() {
		if p, err := addr.Prefix(64); err == nil {
			return p.String()
		}
	}
	return addr.String()
}

// clientAddr finds the rightmost address that is no trusted proxy. Only trusted
// proxies are believed, and only from the right: what stands further left
// anybody may have written. An entry that is no address ends the search at the
// proxy that wrote it.
func clientAddr(peer string, forwarded []string, trusted []netip.Prefix) (netip.Addr, bool) {
	addr, ok := parseAddr(peer)
	if !ok {
		return netip.Addr{}, false
	}
	isTrusted := func(a netip.Addr) bool {
		return slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(a) })
	}
	hops := 0
	for i := len(forwarded) - 1; i >= 0; i-- {
		rest := forwarded[i]
		for more := true; more; hops++ {
			if hops == maxHops || !isTrusted(addr) {
				return addr, true
			}
			var entry string
			if cut := strings.LastIndexByte(rest, ','); cut >= 0 {
				rest, entry = rest[:cut], rest[cut+1:]
			} else {
				entry, more = rest, false
			}
			next, ok := parseAddr(strings.TrimSpace(entry))
			if !ok {
				return addr, true
			}
			addr = next
		}
	}
	return addr, true
}

// parseAddr reads an address with or without port; a zone is dropped, and an
// IPv4 address inside IPv6 is one of IPv4.
func parseAddr(s string) (netip.Addr, bool) {
	if len(s) > 64 {
		return netip.Addr{}, false
	}
	a, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"))
	if err != nil {
		p, err := netip.ParseAddrPort(s)
		if err != nil {
			return netip.Addr{}, false
		}
		a = p.Addr()
	}
	return a.Unmap().WithZone(""), true
}
