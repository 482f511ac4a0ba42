package icetcp

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"
)

// End is the participant's side of one candidate: the packets of all
// connections that named its fragment.
type End struct {
	mux   *Mux
	key   key
	local *net.TCPAddr

	inbound chan packet
	done    chan struct{}
	once    sync.Once

	mu          sync.Mutex
	closed      bool
	handles     int
	connections []*connection // oldest first
}

var (
	errPacket = errors.New("icetcp: not a TCP address or too long a packet")
	errNobody = errors.New("icetcp: no connection from there")
)

type packet struct {
	data []byte
	from *net.TCPAddr
}

func newEnd(m *Mux, k key, local *net.TCPAddr) *End {
	return &End{mux: m, key: k, local: local, inbound: make(chan packet, maxUnread), done: make(chan struct{})}
}

// attach takes the connection in; false when the end has gone.
func (e *End) attach(c *connection) bool {
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		return false
	}
	var oldest *connection
	if len(e.connections) >= maxPerEnd {
		oldest = e.connections[0]
		e.connections = e.connections[1:]
	}
	e.connections = append(e.connections, c)
	e.mu.Unlock()
	if oldest != nil {
		oldest.close()
	}
	return true
}

func (e *End) detach(c *connection) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i, other := range e.connections {
		if other == c {
			e.connections = append(e.connections[:i:i], e.connections[i+1:]...)
			return
		}
	}
}

// deliver hands a packet to the agent, waiting for it: TCP's window holds the
// sender back meanwhile.
func (e *End) deliver(c *connection, data []byte) bool {
	if len(data) == 0 {
		return true
	}
	p := packet{data: append([]byte(nil), data...), from: c.remote}
	select {
	case e.inbound <- p:
		return true
	case <-e.done:
	case <-c.done:
	}
	return false
}

// to finds the connection of a remote address.
func (e *End) to(remote netip.AddrPort) *connection {
	remote = unmapped(remote)
	e.mu.Lock()
	defer e.mu.Unlock()
	for i := len(e.connections) - 1; i >= 0; i-- {
		if unmapped(e.connections[i].remote.AddrPort()) == remote {
			return e.connections[i]
		}
	}
	return nil
}

// unmapped makes one address of an IPv4 one and its IPv6 form: a listener of
// all addresses sees the latter.
func unmapped(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }

// shut ends every connection; the reader goes through Mux.release.
func (e *End) shut() {
	e.once.Do(func() { close(e.done) })
	e.mu.Lock()
	e.closed = true
	gone := e.connections
	e.connections = nil
	e.mu.Unlock()
	for _, c := range gone {
		c.close()
	}
}

func (e *End) handle() *handle {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.handles++
	return &handle{end: e, done: make(chan struct{}), interrupt: make(chan struct{})}
}

// handle is one user's hold of an End, as a net.PacketConn.
type handle struct {
	end  *End
	done chan struct{}
	once sync.Once

	mu        sync.Mutex
	deadline  *time.Timer
	interrupt chan struct{} // closed once the read deadline is over
}

var _ net.PacketConn = (*handle)(nil)

// ReadFrom implements net.PacketConn.
func (h *handle) ReadFrom(b []byte) (int, net.Addr, error) {
	h.mu.Lock()
	interrupt := h.interrupt
	h.mu.Unlock()
	// What is over goes before what is there.
	select {
	case <-h.done:
		return 0, nil, net.ErrClosed
	case <-interrupt:
		return 0, nil, os.ErrDeadlineExceeded
	default:
	}
	select {
	case p := <-h.end.inbound:
		if len(p.data) > len(b) {
			return 0, p.from, io.ErrShortBuffer
		}
		return copy(b, p.data), p.from, nil
	case <-h.done:
	case <-h.end.done:
	case <-interrupt:
		return 0, nil, os.ErrDeadlineExceeded
	}
	return 0, nil, net.ErrClosed
}

// WriteTo implements net.PacketConn. Like a datagram's, its success does not
// say that the packet arrives.
func (h *handle) WriteTo(b []byte, to net.Addr) (int, error) {
	addr, ok := to.(*net.TCPAddr)
	if !ok || len(b) > MaxFrame {
		return 0, errPacket
	}
	c := h.end.to(addr.AddrPort())
	if c == nil {
		return 0, errNobody // it may connect again
	}
	c.queue(b)
	return len(b), nil
}

// LocalAddr implements net.PacketConn.
func (h *handle) LocalAddr() net.Addr { return h.end.local }

// SetDeadline implements net.PacketConn; writes never wait.
func (h *handle) SetDeadline(t time.Time) error { return h.SetReadDeadline(t) }

// SetWriteDeadline implements net.PacketConn; writes never wait.
func (h *handle) SetWriteDeadline(time.Time) error { return nil }

// SetReadDeadline implements net.PacketConn.
func (h *handle) SetReadDeadline(t time.Time) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.deadline != nil {
		h.deadline.Stop()
		h.deadline = nil
	}
	select {
	case <-h.interrupt:
		h.interrupt = make(chan struct{})
	default:
	}
	if t.IsZero() {
		return nil
	}
	interrupt := h.interrupt
	wait := time.Until(t)
	if wait <= 0 {
		close(interrupt)
		return nil
	}
	var timer *time.Timer
	timer = time.AfterFunc(wait, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.deadline == timer {
			h.deadline = nil
			close(interrupt)
		}
	})
	h.deadline = timer
	return nil
}

// Close implements net.PacketConn. The last handle ends the End.
func (h *handle) Close() error {
	h.once.Do(func() {
		close(h.done)
		h.mu.Lock()
		if h.deadline != nil {
			h.deadline.Stop()
			h.deadline = nil
		}
		h.mu.Unlock()
		h.end.mux.letGo(h.end)
	})
	return nil
}
