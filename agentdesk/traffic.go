package agentdesk

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	requestsPerSource = 200   // a second, over minutes
	requestBurst      = 4000  // all pages of a centre opened at once behind one address
	maxRequests       = 1024  // under way at once, sockets not counted
	maxConnections    = 20000 // TCP, sockets counted
	connectionsPer    = 2048  // of them from one source
	maxSources        = 20000 // whose requests are counted
)

// traffic bounds requests: how many run at once, and how many a source sends.
// Whoever is on this machine itself is counted in the first only.
type traffic struct {
	running atomic.Int64
	max     int64
	rate    float64 // tokens a second
	burst   float64

	mu      sync.Mutex
	buckets map[string]bucket
}

type bucket struct {
	tokens float64
	at     time.Time
}

func newTraffic(perSource, burst float64, max int) *traffic {
	return &traffic{max: int64(max), rate: perSource, burst: burst, buckets: make(map[string]bucket)}
}

// enter lets a request in, and tells what to call when it is over.
func (t *traffic) enter() (leave func(), ok bool) {
	if t.running.Add(1) > t.max {
		t.running.Add(-1)
		return nil, false
	}
	return func() { t.running.Add(-1) }, true
}

// take tells whether a source may send one more now.
func (t *traffic) take(source string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	b, ok := t.buckets[source]
	if !ok {
		t.makeRoom(now)
		b = bucket{tokens: t.burst, at: now}
	}
	if passed := now.Sub(b.at).Seconds(); passed > 0 {
		b.tokens = min(t.burst, b.tokens+passed*t.rate)
	}
	b.at = now
	ok = b.tokens >= 1
	if ok {
		b.tokens--
	}
	t.buckets[source] = b
	return ok
}

// makeRoom drops a few sources whose buckets are full again, or any one.
func (t *traffic) makeRoom(now time.Time) {
	if len(t.buckets) < maxSources {
		return
	}
	looked, last := 0, ""
	for k, b := range t.buckets {
		if b.tokens+now.Sub(b.at).Seconds()*t.rate >= t.burst {
			delete(t.buckets, k)
		}
		last = k
		if looked++; looked == 16 {
			break
		}
	}
	if len(t.buckets) >= maxSources {
		delete(t.buckets, last)
	}
}

// admitted bounds what a request may cost before any handler sees it, and
// answers 503 where it is too much.
func (s *Server) admitted(w http.ResponseWriter, r *http.Request) (leave func(), ok bool) {
	if over, _ := r.Context().Value(overKey{}).(bool); over {
		w.Header().Set("Connection", "close")
		s.metrics.turnedAway.WithLabelValues("connections").Inc()
		s.busy(w)
		return nil, false
	}
	if source := s.Source(r); !isLocal(r) && !s.traffic.take(source, s.o.Now()) {
		s.metrics.turnedAway.WithLabelValues("source").Inc()
		s.busy(w)
		return nil, false
	}
	if r.URL.Path == "/ws" { // stays for hours; signaling bounds those
		return func() {}, true
	}
	leave, ok = s.traffic.enter()
	if !ok {
		s.metrics.turnedAway.WithLabelValues("requests").Inc()
		s.busy(w)
	}
	return leave, ok
}

// ConnectionLimits bound TCP connections; zero means the default.
type ConnectionLimits struct {
	Total int // 20,000
	// PerSource is 2,048: of an IPv4 address or an IPv6 /64, which one customer
	// has whole. Not for this machine and Exempt.
	PerSource int
	// Exempt are proxies: everyone comes from them.
	Exempt []netip.Prefix
}

// LimitListener counts the connections of l. One that is too many is served so
// far that NewHTTPServer's handler can answer 503 with Retry-After; when 256 of
// those stand open, or 32 of one source, further ones are closed at once. l is
// the plain listener, under TLS.
func LimitListener(l net.Listener, limits ConnectionLimits) net.Listener {
	if limits.Total == 0 {
		limits.Total = maxConnections
	}
	if limits.PerSource == 0 {
		limits.PerSource = connectionsPer
	}
	return &limitListener{Listener: l, limits: limits, sources: make(map[string]int), overs: make(map[string]int)}
}

// How many connections over the bound may wait for their refusal. One source has
// a share, so that others still hear why they are not served.
const (
	overMax = 256
	overPer = 32
)

type limitListener struct {
	net.Listener
	limits ConnectionLimits

	mu      sync.Mutex
	total   int
	over    int
	sources map[string]int
	overs   map[string]int // of over, by source
}

// Accept waits for a connection that may be served.
func (l *limitListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if counted, ok := l.count(c); ok {
			return counted, nil
		}
		_ = c.Close() // whoever it is hears nothing
	}
}

func (l *limitListener) count(c net.Conn) (net.Conn, bool) {
	source := ""
	if addr, ok := parseAddr(c.RemoteAddr().String()); ok && !addr.IsLoopback() &&
		!slices.ContainsFunc(l.limits.Exempt, func(p netip.Prefix) bool { return p.Contains(addr) }) {
		source = sourceOf(addr)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	over := l.total >= l.limits.Total || source != "" && l.sources[source] >= l.limits.PerSource
	all, shares := &l.total, l.sources
	if over {
		if l.over >= overMax || source != "" && l.overs[source] >= overPer {
			return nil, false
		}
		all, shares = &l.over, l.overs
	}
	*all++
	if source != "" {
		shares[source]++
	}
	release := sync.OnceFunc(func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		*all--
		if source == "" {
			return
		}
		if shares[source]--; shares[source] == 0 {
			delete(shares, source)
		}
	})
	return &countedConn{Conn: c, over: over, release: release}, true
}

// countedConn gives its place back when it is closed, by whoever took it over.
type countedConn struct {
	net.Conn
	over    bool
	release func()
}

// Close closes the connection.
func (c *countedConn) Close() error {
	c.release()
	return c.Conn.Close()
}

type overKey struct{}

// connContext notes on a connection whether it is one too many.
func connContext(ctx context.Context, c net.Conn) context.Context {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	if counted, ok := c.(*countedConn); ok && counted.over {
		return context.WithValue(ctx, overKey{}, true)
	}
	return ctx
}
