package signaling

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// originAllowed keeps pages of other sites from using a visitor's socket. The
// header is compared byte by byte with what a browser writes for an allowed
// page; whoever sends none is no browser, and our own programs send theirs. Where
// origins are named, the host of the request counts for nothing: it is what the
// visitor's browser was told to ask for, by a name that may be another's.
func (s *Server) originAllowed(r *http.Request) bool {
	values := r.Header.Values("Origin")
	if len(values) != 1 {
		return false
	}
	origin := values[0]
	scheme, host, ok := strings.Cut(origin, "://")
	if !ok || host == "" || scheme != "https" && scheme != "http" {
		return false
	}
	if len(s.Origins) == 0 {
		return host == r.Host && (scheme == "https" || r.TLS == nil) // a proxy in front may have ended TLS
	}
	for _, allowed := range s.Origins {
		if allowed == origin || allowed == host {
			return true
		}
	}
	return false
}

// peerOf names the source of a request by its address. One site has a /64.
func peerOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	addr, err := netip.ParseAddr(host)
	if err != nil || addr.Is4() || addr.Is4In6() {
		return host
	}
	site, err := addr.WithZone("").Prefix(64)
	if err != nil {
		return host
	}
	return site.String()
}

// strangers counts the sockets that have not said hello. Server.mu guards it.
type strangers struct {
	all    int
	source map[string]int
}

// welcome counts a stranger in, unless there are too many of them already; the
// returned func, called once at his hello or his end, counts him out.
func (s *Server) welcome(source string) (leave func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.strangers.all >= s.Numbers.Strangers || s.strangers.source[source] >= s.Numbers.PerSource {
		return nil, false
	}
	s.strangers.all++
	s.strangers.source[source]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.strangers.all--
		if s.strangers.source[source]--; s.strangers.source[source] == 0 {
			delete(s.strangers.source, source)
		}
	}, true
}
