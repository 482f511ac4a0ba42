package icetcp

import (
	"container/list"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"
)

// connection is one TCP connection. Its reader is Mux.serve.
type connection struct {
	conn   *net.TCPConn
	remote *net.TCPAddr
	place  *list.Element // among the waiting; guarded by the Mux

	done     chan struct{}
	doneOnce sync.Once

	mu     sync.Mutex
	unsent [][]byte
	bytes  int
	wake   chan struct{} // one slot: there is something to send
}

func newConnection(conn *net.TCPConn) *connection {
	// The kernel may grant less.
	_ = conn.SetWriteBuffer(sendBuffer)
	return &connection{
		conn: conn, remote: conn.RemoteAddr().(*net.TCPAddr), // of a TCP connection
		done: make(chan struct{}), wake: make(chan struct{}, 1),
	}
}

// source is whom the connection is counted with: an IPv4 address, or the first
// address of an IPv6 /64, which one customer has whole.
func (c *connection) source() netip.Addr {
	addr := c.remote.AddrPort().Addr().Unmap().WithZone("")
	if addr.Is4() {
		return addr
	}
	site, err := addr.Prefix(64)
	if err != nil {
		return addr
	}
	return site.Addr()
}

func (c *connection) local() netip.Addr {
	return c.conn.LocalAddr().(*net.TCPAddr).AddrPort().Addr().Unmap() // of a TCP connection
}

// queue takes a packet to be sent; one that does not fit is dropped.
func (c *connection) queue(packet []byte) {
	c.mu.Lock()
	if c.bytes+len(packet) > maxUnsent {
		c.mu.Unlock()
		return
	}
	c.unsent = append(c.unsent, frame(packet))
	c.bytes += len(packet)
	c.mu.Unlock()
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// send writes what is queued until the connection ends. True: it was cut
// because the other side does not read.
func (c *connection) send() (stalled bool) {
	defer c.close()
	for {
		select {
		case <-c.done:
			return false
		case <-c.wake:
		}
		c.mu.Lock()
		batch := c.unsent
		c.unsent = nil
		c.mu.Unlock()
		for len(batch) > 0 {
			// One frame at a time, so that the deadline is a frame's and what
			// was sent leaves the count.
			next := batch[0]
			batch = batch[1:]
			_ = c.conn.SetWriteDeadline(time.Now().Add(writeBound)) // a closed one fails at the write
			if _, err := c.conn.Write(next); err != nil {
				return errors.Is(err, os.ErrDeadlineExceeded)
			}
			c.mu.Lock()
			c.bytes -= len(next) - lengthSize
			c.mu.Unlock()
		}
	}
}

func (c *connection) close() {
	c.doneOnce.Do(func() {
		close(c.done)
		_ = c.conn.Close() // what was unsent is lost either way
	})
}
