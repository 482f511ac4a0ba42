package icetcp

import (
	"bufio"
	"bytes"
	"container/list"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"go.uber.org/goleak"
)

const patience = 10 * time.Second

var _ ice.TCPMux = (*Mux)(nil)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// counts what a mux reports.
type counts struct {
	mu       sync.Mutex
	attached int
	refused  map[Reason]int
}

func (c *counts) refusals(why Reason) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.refused[why]
}

func (c *counts) now() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.attached
}

func listening(t *testing.T, change func(*Options)) (*Mux, *counts) {
	t.Helper()
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	c := &counts{refused: map[Reason]int{}}
	o := Options{
		Listener: listener,
		OnChange: func(delta int) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.attached += delta
		},
		OnRefuse: func(why Reason) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.refused[why]++
		},
	}
	if change != nil {
		change(&o)
	}
	m := New(o)
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m, c
}

func dial(t *testing.T, m *Mux) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", m.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// request is a STUN binding request for a fragment.
func request(ufrag string) []byte {
	name := ufrag + ":theirs"
	padded := (len(name) + 3) &^ 3
	b := make([]byte, stunHeader+4+padded)
	binary.BigEndian.PutUint16(b, stunBinding)
	binary.BigEndian.PutUint16(b[2:], uint16(4+padded))
	binary.BigEndian.PutUint32(b[4:], stunCookie)
	binary.BigEndian.PutUint16(b[stunHeader:], stunUsername)
	binary.BigEndian.PutUint16(b[stunHeader+2:], uint16(len(name)))
	copy(b[stunHeader+4:], name)
	return b
}

func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s", what)
		}
	}
}

// ended waits until the mux has closed the connection.
func ended(t *testing.T, conn net.Conn) {
	t.Helper()
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal("the connection is still open")
	}
}

func hold(t *testing.T, m *Mux, ufrag string) net.PacketConn {
	t.Helper()
	end, err := m.GetConnByUfrag(ufrag, false, net.IPv4(127, 0, 0, 1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = end.Close() })
	return end
}

func TestPacketsBothWays(t *testing.T) {
	m, c := listening(t, nil)
	end := hold(t, m, "ours")
	conn := dial(t, m)
	first := request("ours")
	sent := [][]byte{first, []byte("two"), bytes.Repeat([]byte{7}, MaxFrame)}
	for _, p := range sent {
		if _, err := conn.Write(frame(p)); err != nil {
			t.Fatal(err)
		}
	}
	buf := make([]byte, MaxFrame)
	var from net.Addr
	for i, want := range sent {
		n, addr, err := end.ReadFrom(buf)
		if err != nil || !bytes.Equal(buf[:n], want) || addr.String() != conn.LocalAddr().String() {
			t.Fatalf("packet %d: %d bytes from %s, %v", i, n, addr, err)
		}
		from = addr
	}
	in := bufio.NewReader(conn)
	for _, want := range [][]byte{[]byte("answer"), bytes.Repeat([]byte{8}, MaxFrame)} {
		if _, err := end.WriteTo(want, from); err != nil {
			t.Fatal(err)
		}
		n, err := readFrame(in, buf, MaxFrame)
		if err != nil || !bytes.Equal(buf[:n], want) {
			t.Fatalf("back came %d bytes, %v", n, err)
		}
	}
	if _, err := end.WriteTo(make([]byte, MaxFrame+1), from); err == nil {
		t.Error("a packet too long was taken")
	}
	if _, err := end.WriteTo([]byte("x"), &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}); err == nil {
		t.Error("a packet to nobody was taken")
	}
	if c.now() != 1 {
		t.Errorf("%d connections counted", c.now())
	}
	// The fragment is gone after a restart, and its connections with it.
	m.RemoveConnByUfrag("ours")
	ended(t, conn)
	if _, _, err := end.ReadFrom(buf); !errors.Is(err, net.ErrClosed) {
		t.Errorf("read after the end: %v", err)
	}
	until(t, "the connection is no longer counted", func() bool { return c.now() == 0 })
}

// Nobody gets further than the first packet without a fragment of ours.
func TestFirstPacketsRefused(t *testing.T) {
	stun := request("ours")
	spoilt := func(at int, b byte) []byte {
		p := bytes.Clone(stun)
		p[at] = b
		return p
	}
	tests := map[string]struct {
		bytes []byte
		want  Reason
	}{
		"unknown fragment":      {frame(request("other")), Unknown},
		"no colon":              {frame(bytes.Replace(stun, []byte(":"), []byte("_"), 1)), Unknown},
		"a response":            {frame(spoilt(0, 1)), Unknown},
		"another cookie":        {frame(spoilt(4, 0)), Unknown},
		"a length that lies":    {frame(spoilt(3, 4)), Unknown},
		"an attribute too long": {frame(spoilt(stunHeader+3, 200)), Unknown},
		"a DTLS hello":          {frame([]byte{22, 254, 253, 0, 0}), Unknown},
		"empty":                 {frame(nil), Unknown},
		"HTTP":                  {[]byte("GET / HTTP/1.1\r\n\r\n"), Framing},
		"TLS":                   {[]byte{22, 3, 1, 2, 0, 1}, Framing},
		"a frame of 64 KiB":     {[]byte{255, 255, 0}, Framing},
		"nothing":               {nil, Late},
		"half a length":         {[]byte{0}, Late},
		"half a packet":         {frame(stun)[:20], Late},
	}
	m, c := listening(t, nil)
	hold(t, m, "ours")
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := dial(t, m)
			if _, err := conn.Write(tt.bytes); err != nil {
				t.Fatal(err)
			}
			ended(t, conn)
		})
	}
	t.Cleanup(func() {
		want := map[Reason]int{}
		for _, tt := range tests {
			want[tt.want]++
		}
		for why, n := range want {
			until(t, string(why), func() bool { return c.refusals(why) == n })
		}
	})
}

func TestConnectionsAreBounded(t *testing.T) {
	t.Run("of a source", func(t *testing.T) {
		m, c := listening(t, func(o *Options) { o.MaxPerSource = 3 })
		hold(t, m, "ours")
		for range 3 {
			if _, err := dial(t, m).Write(frame(request("ours"))); err != nil {
				t.Fatal(err)
			}
		}
		until(t, "three are in", func() bool { return c.now() == 3 })
		ended(t, dial(t, m))
		until(t, "the fourth is counted", func() bool { return c.refusals(Full) == 1 })
	})
	t.Run("in all", func(t *testing.T) {
		m, c := listening(t, func(o *Options) { o.MaxConnections = 2 })
		hold(t, m, "ours")
		for range 2 {
			if _, err := dial(t, m).Write(frame(request("ours"))); err != nil {
				t.Fatal(err)
			}
		}
		until(t, "two are in", func() bool { return c.now() == 2 })
		ended(t, dial(t, m))
		until(t, "the third is counted", func() bool { return c.refusals(Full) == 1 })
	})
	t.Run("of a participant", func(t *testing.T) {
		m, c := listening(t, nil)
		hold(t, m, "ours")
		oldest := dial(t, m)
		for i, conn := 0, oldest; i <= maxPerEnd; i++ {
			if _, err := conn.Write(frame(request("ours"))); err != nil {
				t.Fatal(err)
			}
			until(t, "it is in", func() bool { return c.now() == min(i+1, maxPerEnd) || i == maxPerEnd })
			if i < maxPerEnd {
				conn = dial(t, m)
			}
		}
		ended(t, oldest)
	})
	// Nor can those of another source end one that is about to ask.
	t.Run("of those that wait, by source", func(t *testing.T) {
		m, c := listening(t, nil)
		hold(t, m, "ours")
		here := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
		slow, err := here.Dial("tcp", m.LocalAddr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = slow.Close() })
		oldest := dial(t, m)
		for range maxWaiting {
			dial(t, m)
		}
		ended(t, oldest)
		if _, err := slow.Write(frame(request("ours"))); err != nil {
			t.Fatal(err)
		}
		until(t, "the one that has waited longest is in", func() bool { return c.now() == 1 })
	})
	// Those that say nothing cannot keep out one that asks.
	t.Run("of those that wait", func(t *testing.T) {
		m, c := listening(t, nil)
		hold(t, m, "ours")
		oldest := dial(t, m)
		for range maxWaiting {
			dial(t, m)
		}
		if _, err := dial(t, m).Write(frame(request("ours"))); err != nil {
			t.Fatal(err)
		}
		until(t, "the one that asks is in", func() bool { return c.now() == 1 })
		ended(t, oldest)
	})
}

func connectionFrom(address string) *connection {
	return &connection{remote: net.TCPAddrFromAddrPort(netip.MustParseAddrPort(address))}
}

// One customer has a whole /64 of IPv6 and changes the rest as he likes.
func TestSources(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.7:1": "192.0.2.7", "[::ffff:192.0.2.7]:1": "192.0.2.7", "[2001:db8:1:2::9]:1": "2001:db8:1:2::",
		"[2001:db8:1:2:3:4:5:6]:1": "2001:db8:1:2::", "[2001:db8:1:3::9]:1": "2001:db8:1:3::", "[fe80::1%eth0]:1": "fe80::",
	} {
		if got := connectionFrom(address).source().String(); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}

// Who gives way when too many wait: of the source with the most, the longest waiting.
func TestCrowded(t *testing.T) {
	for name, tt := range map[string]struct {
		waiting []string // longest first
		want    int
	}{
		"alone":              {[]string{"192.0.2.1:1"}, 0},
		"all of one":         {[]string{"192.0.2.1:1", "192.0.2.1:2"}, 0},
		"one each":           {[]string{"192.0.2.1:1", "192.0.2.2:1"}, 0},
		"the newer source":   {[]string{"192.0.2.1:1", "192.0.2.2:1", "192.0.2.2:2"}, 1},
		"addresses of a /64": {[]string{"192.0.2.1:1", "192.0.2.2:1", "[2001:db8::1]:1", "[2001:db8::2]:1"}, 2},
		"a tie of two":       {[]string{"192.0.2.3:1", "192.0.2.2:1", "192.0.2.1:1", "192.0.2.1:2", "192.0.2.2:2"}, 1},
	} {
		m := &Mux{waiting: list.New()}
		var all []*connection
		for _, address := range tt.waiting {
			c := connectionFrom(address)
			c.place = m.waiting.PushBack(c)
			all = append(all, c)
		}
		if got := m.crowded(); got != all[tt.want] {
			t.Errorf("%s: %s gives way, want %s", name, got.remote, tt.waiting[tt.want])
		}
	}
}

// A participant that stops reading loses packets, then its connection; the
// writer never waits for it.
func TestReaderThatStandsStillIsCut(t *testing.T) {
	m, c := listening(t, nil)
	end := hold(t, m, "ours")
	conn := dial(t, m)
	if _, err := conn.Write(frame(request("ours"))); err != nil {
		t.Fatal(err)
	}
	_, from, err := end.ReadFrom(make([]byte, MaxFrame))
	if err != nil {
		t.Fatal(err)
	}
	packet := make([]byte, 1200)
	until(t, "the connection is cut", func() bool {
		for range 100 {
			_, _ = end.WriteTo(packet, from)
		}
		return c.refusals(Stalled) == 1
	})
	if held := end.(*handle).end.to(from.(*net.TCPAddr).AddrPort()); held != nil {
		until(t, "it is forgotten", func() bool { return end.(*handle).end.to(from.(*net.TCPAddr).AddrPort()) == nil })
	}
}

func TestDeadlinesOfAHandle(t *testing.T) {
	m, _ := listening(t, nil)
	end := hold(t, m, "ours")
	buf := make([]byte, 10)
	for name, at := range map[string]time.Time{"past": time.Now().Add(-time.Second), "soon": time.Now().Add(10 * time.Millisecond)} {
		if err := end.SetDeadline(at); err != nil {
			t.Fatal(err)
		}
		if _, _, err := end.ReadFrom(buf); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := end.SetReadDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	conn := dial(t, m)
	if _, err := conn.Write(frame(request("ours"))); err != nil {
		t.Fatal(err)
	}
	if _, _, err := end.ReadFrom(buf); !errors.Is(err, io.ErrShortBuffer) {
		t.Errorf("into too small a buffer: %v", err)
	}
}

// Two candidates may share an end; only the last to close it ends it.
func TestHandlesAreCounted(t *testing.T) {
	m, c := listening(t, nil)
	first, second := hold(t, m, "ours"), hold(t, m, "ours")
	conn := dial(t, m)
	if _, err := conn.Write(frame(request("ours"))); err != nil {
		t.Fatal(err)
	}
	until(t, "it is in", func() bool { return c.now() == 1 })
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := first.ReadFrom(make([]byte, 10)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a closed handle reads: %v", err)
	}
	buf := make([]byte, MaxFrame)
	if _, _, err := second.ReadFrom(buf); err != nil {
		t.Errorf("the other handle: %v", err)
	}
	if err := errors.Join(second.Close(), second.Close()); err != nil {
		t.Fatal(err)
	}
	ended(t, conn)
	if _, err := dial(t, m).Write(frame(request("ours"))); err != nil {
		t.Fatal(err)
	}
	until(t, "nobody holds the fragment", func() bool { return c.refusals(Unknown) == 1 })
}

func TestAddressesThatAreNotAnnounced(t *testing.T) {
	m, _ := listening(t, func(o *Options) { o.Announced = func(ip net.IP) bool { return !ip.IsLoopback() } })
	if _, err := m.GetConnByUfrag("ours", false, net.IPv4(127, 0, 0, 1)); !errors.Is(err, ErrAddress) {
		t.Errorf("loopback: %v", err)
	}
	if _, err := m.GetConnByUfrag("ours", false, nil); !errors.Is(err, ErrAddress) {
		t.Errorf("no address: %v", err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := m.GetConnByUfrag("ours", false, net.IPv4(10, 0, 0, 1)); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("after the end: %v", err)
	}
}

// FuzzFrame wants no panic on any stream, no frame beyond its bound, and that
// what is framed is read back.
func FuzzFrame(f *testing.F) {
	f.Add(frame(request("ours")))
	f.Add([]byte{0, 0, 0, 1, 9})
	f.Add([]byte{255, 255})
	f.Fuzz(func(t *testing.T, stream []byte) {
		buf := make([]byte, MaxFrame)
		for in := bufio.NewReader(bytes.NewReader(stream)); ; {
			n, err := readFrame(in, buf, maxFirst)
			if err != nil {
				return
			}
			if n > maxFirst {
				t.Fatalf("%d bytes", n)
			}
			if ufrag, ok := fragment(buf[:n]); ok && (ufrag == "" || len(ufrag) > maxUsername) {
				t.Fatalf("fragment of %d bytes", len(ufrag))
			}
			back, err := readFrame(bufio.NewReader(bytes.NewReader(frame(buf[:n]))), make([]byte, MaxFrame), MaxFrame)
			if err != nil || back != n {
				t.Fatalf("%d bytes came back as %d: %v", n, back, err)
			}
		}
	})
}
