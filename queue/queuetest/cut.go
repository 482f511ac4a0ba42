package queuetest

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
)

// Cut is a line that a test may cut and mend: through its own address to a server,
// and for the connections that are made with Dial.
type Cut struct {
	Addr string // leads to the server that To names

	mu    sync.Mutex
	to    string
	cut   bool
	conns map[*cuttable]bool
}

var errCut = errors.New("queuetest: the line is cut")

// NewCut listens on loopback until the test ends.
func NewCut(t testing.TB) *Cut {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &Cut{Addr: l.Addr().String(), conns: map[*cuttable]bool{}}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return // closed
			}
			running.Go(func() { c.lead(conn) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close() // ends Accept
		c.Cut()
		running.Wait()
	})
	return c
}

// To names the server behind Addr.
func (c *Cut) To(addr string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.to = addr
}

// Cut ends all connections and refuses others until Mend.
func (c *Cut) Cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut = true
	for conn := range c.conns {
		_ = conn.Conn.Close() // that is the point
	}
}

// Mend ends a Cut.
func (c *Cut) Mend() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut = false
}

// lead copies both ways until one of them ends.
func (c *Cut) lead(conn net.Conn) {
	defer func() { _ = conn.Close() }() // closed twice is as good
	c.mu.Lock()
	to := c.to
	c.mu.Unlock()
	server, err := c.Dial(context.Background(), "tcp", to)
	if err != nil {
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(server, conn) // either end may go at any time
		_ = server.Close()
	}()
	_, _ = io.Copy(conn, server)
	_ = conn.Close()
	<-done
}

// Dial makes a connection that Cut ends.
func (c *Cut) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	c.mu.Lock()
	cut := c.cut
	c.mu.Unlock()
	if cut {
		return nil, errCut
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cut {
		_ = conn.Close() // it was cut meanwhile
		return nil, errCut
	}
	tracked := &cuttable{conn, c}
	c.conns[tracked] = true
	return tracked, nil
}

// cuttable leaves the list of its line when it is closed.
type cuttable struct {
	net.Conn
	line *Cut
}

func (c *cuttable) Close() error {
	c.line.mu.Lock()
	delete(c.line.conns, c)
	c.line.mu.Unlock()
	return c.Conn.Close()
}
