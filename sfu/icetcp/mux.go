package icetcp

import (
	"bufio"
	"container/list"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"
)

// ErrAddress says that peers are not told of this local address.
var ErrAddress = errors.New("icetcp: address is not announced")

// Mux sorts the connections of one listener by the user fragment that they
// ask for. It implements Pion's ice.TCPMux.
type Mux struct {
	options Options
	tasks   sync.WaitGroup // the listener and every connection

	mu      sync.Mutex
	closed  bool
	ends    map[key]*End
	waiting *list.List // of *connection, longest first
	total   int
	sources map[netip.Addr]int
}

// key is one candidate of a peer: its fragment at one of our addresses.
type key struct {
	ufrag string
	local netip.Addr
}

// New takes connections from the listener until Close.
func New(o Options) *Mux {
	o.complete()
	m := &Mux{options: o, ends: map[key]*End{}, waiting: list.New(), sources: map[netip.Addr]int{}}
	m.tasks.Add(1)
	go m.accept()
	return m
}

// LocalAddr is the listener's address.
func (m *Mux) LocalAddr() net.Addr { return m.options.Listener.Addr() }

// GetConnByUfrag implements ice.TCPMux: the packets of a fragment that come to
// a local address. Every call gives a handle of its own to close.
func (m *Mux) GetConnByUfrag(ufrag string, _ bool, local net.IP) (net.PacketConn, error) {
	addr, ok := netip.AddrFromSlice(local)
	if !ok || !m.options.Announced(local) {
		return nil, fmt.Errorf("%w: %s", ErrAddress, local)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, io.ErrClosedPipe
	}
	k := key{ufrag, addr.Unmap()}
	end := m.ends[k]
	if end == nil {
		port := m.options.Listener.Addr().(*net.TCPAddr).Port // of a TCP listener
		end = newEnd(m, k, &net.TCPAddr{IP: local, Port: port})
		m.ends[k] = end
	}
	return end.handle(), nil
}

// RemoveConnByUfrag implements ice.TCPMux: the fragment is no longer ours.
func (m *Mux) RemoveConnByUfrag(ufrag string) {
	m.mu.Lock()
	var gone []*End
	for k, end := range m.ends {
		if k.ufrag == ufrag {
			gone = append(gone, end)
			delete(m.ends, k)
		}
	}
	m.mu.Unlock()
	for _, end := range gone {
		end.shut()
	}
}

// Close ends the listener and every connection and waits for them.
func (m *Mux) Close() error {
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return nil
	}
	m.closed = true
	var gone []*End
	for _, end := range m.ends {
		gone = append(gone, end)
	}
	m.ends = map[key]*End{}
	var waiting []*connection
	for e := m.waiting.Front(); e != nil; e = e.Next() {
		waiting = append(waiting, e.Value.(*connection)) // nothing else is in it
	}
	m.mu.Unlock()
	err := m.options.Listener.Close()
	for _, end := range gone {
		end.shut()
	}
	for _, c := range waiting {
		c.close()
	}
	m.tasks.Wait()
	return err
}

func (m *Mux) accept() {
	defer m.tasks.Done()
	pause := time.Duration(0)
	for {
		conn, err := m.options.Listener.AcceptTCP()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			// Out of file descriptors, mostly: it passes.
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			time.Sleep(pause)
			continue
		}
		pause = 0
		m.admit(conn)
	}
}

// admit begins to wait for the first packet, within the bounds.
func (m *Mux) admit(conn *net.TCPConn) {
	c := newConnection(conn)
	m.mu.Lock()
	if m.closed || m.total >= m.options.MaxConnections || m.sources[c.source()] >= m.options.MaxPerSource {
		closed := m.closed
		m.mu.Unlock()
		_ = conn.Close() // nothing was said on it
		if !closed {
			m.options.OnRefuse(Full)
		}
		return
	}
	m.total++
	m.sources[c.source()]++
	var crowded *connection
	c.place = m.waiting.PushBack(c)
	if m.waiting.Len() > maxWaiting {
		crowded = m.crowded()
		m.leaveWaiting(crowded)
	}
	m.tasks.Add(1)
	m.mu.Unlock()
	if crowded != nil {
		crowded.close()
		m.options.OnRefuse(Full)
	}
	go func() {
		defer m.tasks.Done()
		defer m.release(c)
		if reason := m.serve(c); reason != "" {
			m.options.OnRefuse(reason)
		}
	}()
}

// crowded is which of the waiting gives way: of the source that has the most of
// them, the one that has waited longest. So a source that fills the places costs
// others none. Call it with m.mu held and somebody waiting.
func (m *Mux) crowded() *connection {
	of := map[netip.Addr]int{}
	most := 0
	for e := m.waiting.Front(); e != nil; e = e.Next() {
		source := e.Value.(*connection).source() // nothing else is in it
		of[source]++
		most = max(most, of[source])
	}
	e := m.waiting.Front()
	for of[e.Value.(*connection).source()] < most { // as above
		e = e.Next()
	}
	return e.Value.(*connection) // as above
}

// release gives back what admit counted.
func (m *Mux) release(c *connection) {
	c.close()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.leaveWaiting(c)
	m.total--
	if m.sources[c.source()]--; m.sources[c.source()] == 0 {
		delete(m.sources, c.source())
	}
}

func (m *Mux) leaveWaiting(c *connection) {
	if c.place != nil {
		m.waiting.Remove(c.place)
		c.place = nil
	}
}

// serve reads a connection to its end. The reason is empty when it ended as
// connections do.
func (m *Mux) serve(c *connection) Reason {
	in := bufio.NewReaderSize(c.conn, 2*maxFirst)
	buf := make([]byte, MaxFrame)
	_ = c.conn.SetReadDeadline(time.Now().Add(firstBound)) // a closed one fails at the read
	n, err := readFrame(in, buf, maxFirst)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return Late
	case errors.Is(err, ErrFrame):
		return Framing
	case err != nil:
		return ""
	}
	end := m.find(c, buf[:n])
	if end == nil || !end.attach(c) {
		return Unknown
	}
	m.options.OnChange(1)
	m.tasks.Add(1)
	go func() {
		defer m.tasks.Done()
		if c.send() {
			m.options.OnRefuse(Stalled)
		}
	}()
	defer m.options.OnChange(-1)
	defer end.detach(c)
	for {
		if !end.deliver(c, buf[:n]) {
			return ""
		}
		_ = c.conn.SetReadDeadline(time.Now().Add(idleBound)) // as above
		if n, err = readFrame(in, buf, MaxFrame); err != nil {
			if errors.Is(err, ErrFrame) {
				return Framing
			}
			return ""
		}
	}
}

// find is the end that the first packet asks for, or nil. With 1:1 NAT several
// local addresses share one candidate: then any end of the fragment will do.
func (m *Mux) find(c *connection, first []byte) *End {
	ufrag, ok := fragment(first)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.leaveWaiting(c)
	if !ok || m.closed {
		return nil
	}
	if end := m.ends[key{ufrag, c.local()}]; end != nil {
		return end
	}
	for k, end := range m.ends {
		if k.ufrag == ufrag && k.local.Is4() == c.local().Is4() {
			return end
		}
	}
	return nil
}

// letGo takes one handle's hold off an end and ends it with the last.
func (m *Mux) letGo(end *End) {
	m.mu.Lock()
	end.mu.Lock()
	end.handles--
	last := end.handles == 0
	end.mu.Unlock()
	if last && m.ends[end.key] == end {
		delete(m.ends, end.key)
	}
	m.mu.Unlock()
	if last {
		end.shut()
	}
}
