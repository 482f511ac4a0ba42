package signaling

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/signaling/call"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// quietQueue knows one waiting ticket and agrees to everything.
type quietQueue struct {
	Queue
	mu     sync.Mutex
	ticket *queue.Ticket
}

func (q *quietQueue) Enqueue(_ context.Context, t queue.Ticket, _ string) (queue.Ticket, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	t.State, t.Epoch = queue.Waiting, 1
	q.ticket = &t
	return t, nil
}

func (q *quietQueue) Snapshot(context.Context) (queue.Snapshot, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	s := queue.Snapshot{NowMS: nowMS()}
	if q.ticket != nil {
		s.Tickets = []queue.Ticket{*q.ticket}
	}
	return s, nil
}

func (q *quietQueue) Numbers() queue.Numbers { return queue.Numbers{} }

func (q *quietQueue) Follow(ctx context.Context, _ func(queue.Event)) error {
	<-ctx.Done()
	return nil
}

func (q *quietQueue) StationBack(_ context.Context, id, conn string) (queue.Station, error) {
	return queue.Station{ID: id, Conn: conn, Online: true}, nil
}

func (q *quietQueue) StationDrop(context.Context, string, string) error { return nil }

// hijacked is the server's end of a pipe.
type hijacked struct {
	http.ResponseWriter
	conn net.Conn
	rw   *bufio.ReadWriter
}

func (h hijacked) Header() http.Header                          { return http.Header{} }
func (h hijacked) Hijack() (net.Conn, *bufio.ReadWriter, error) { return h.conn, h.rw, nil }

// bubble is a server on the clock of a synctest bubble, with sockets on pipes.
type bubble struct {
	t      *testing.T
	server *Server
	media  *fakeMedia
}

func inBubble(t *testing.T, f func(b *bubble)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &bubble{t: t, media: newFakeMedia()}
		b.server = New(Options{
			Queue: &quietQueue{}, Media: b.media, Store: newMemoryStore(), Directory: newMemoryDirectory(), Authenticate: identities,
		})
		b.media.handle = b.server.HandleMedia
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = b.server.Run(ctx) })
		f(b)
		if err := b.server.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		cancel()
		running.Wait()
	})
}

// dial opens a socket; mute ones answer no ping of the server.
func (b *bubble) dial(mute bool) *page {
	b.t.Helper()
	near, far := net.Pipe()
	go func() {
		rw := bufio.NewReadWriter(bufio.NewReader(far), bufio.NewWriter(far))
		r, err := http.ReadRequest(rw.Reader)
		if err != nil {
			return
		}
		b.server.ServeHTTP(hijacked{conn: far, rw: rw}, r)
	}()
	dialer := websocket.Dialer{NetDialContext: func(context.Context, string, string) (net.Conn, error) { return near, nil }}
	ws, resp, err := dialer.Dial("ws://window/ws", http.Header{"Origin": {"http://window"}})
	if err != nil {
		b.t.Fatal(err)
	}
	_ = resp.Body.Close()
	if mute {
		ws.SetPingHandler(func(string) error { return nil })
	}
	p := &page{t: b.t, ws: ws, frames: make(chan protocol.Envelope, 4096)}
	go p.read()
	b.t.Cleanup(p.close)
	return p
}

func (b *bubble) open(ticket string, mute bool) *page {
	b.t.Helper()
	p := b.dial(mute)
	if m, ok := p.command(protocol.Hello{Protocol: protocol.Version, Ticket: ticket}).(protocol.Welcome); !ok {
		b.t.Fatalf("%#v", m)
	}
	return p
}

// ends waits until the socket ends and returns how long that took.
func (p *page) ends() time.Duration {
	begin := time.Now()
	for range p.frames {
	}
	return time.Since(begin)
}

func TestHelloIsDueByTheClock(t *testing.T) {
	inBubble(t, func(b *bubble) {
		if took := b.dial(false).ends(); took < 3*time.Second || took > 5*time.Second {
			t.Errorf("ended after %v", took)
		}
	})
}

// TestDeadlinesOfPings: who answers stays for as long as he likes, also when
// everything stood still for an hour; who does not is gone after 12 s.
func TestDeadlinesOfPings(t *testing.T) {
	inBubble(t, func(b *bubble) {
		alive, dead := b.open("station:s01", false), b.open("station:s02", true)
		if took := dead.ends(); took < 12*time.Second || took > 14*time.Second {
			t.Errorf("a mute socket ended after %v", took)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if b.server.session(seat{protocol.FaceStation, "s01"}) == nil {
			t.Fatal("a socket that answers is gone")
		}
		if _, ok := alive.command(protocol.Ping{}).(protocol.Pong); !ok {
			t.Error("no pong")
		}
	})
}

// TestGrantsGrowOld: one that was shown an hour ago is void, and the page has
// been given others since.
func TestGrantsGrowOld(t *testing.T) {
	inBubble(t, func(b *bubble) {
		p := b.open("station:s01", false)
		p.must(protocol.TicketTake{})
		p.until("a grant", func() bool { return p.station.Media != nil })
		shown := p.station.Media.Token
		time.Sleep(85 * time.Second)
		p.until("still the same", func() bool { return p.station.Media != nil })
		if p.station.Media.Token != shown {
			t.Error("renewed before its time")
		}
		time.Sleep(time.Hour)
		p.until("another", func() bool { return p.station.Media.Token != shown })
		p.refusedMedia(shown, protocol.CodeMedia)
		for { // the newest of the states that came in the hour
			synctest.Wait()
			if len(p.frames) == 0 {
				break
			}
			p.next()
		}
		p.join("sdp")
	})
}

// TestSummaryEnds after two minutes of the clock, and not before.
func TestSummaryEnds(t *testing.T) {
	inBubble(t, func(b *bubble) {
		p := b.open("station:s01", false)
		c := call.Call{Ticket: "t", Station: "s01", State: call.WrapUp}
		b.server.settleBooth(call.Active, c)
		b.server.mark("s01", "")
		begin := time.Now()
		p.until("a summary", func() bool { return p.station.State == protocol.KioskSummary })
		time.Sleep(115 * time.Second)
		p.until("idle", func() bool { return p.station.State == protocol.KioskIdle })
		if took := time.Since(begin); took < 2*time.Minute || took > 2*time.Minute+2*time.Second {
			t.Errorf("ended after %v", took)
		}
	})
}

// TestVersionsRiseOverAClockThatFalls: the wall clock is set back by an hour.
func TestVersionsRiseOverAClockThatFalls(t *testing.T) {
	s := New(Options{})
	ahead := nowMS() + 3600e3
	s.version.Store(ahead)
	for i := range int64(3) {
		if v := s.nextVersion(); v != ahead+1+i {
			t.Fatalf("version %d, want %d", v, ahead+1+i)
		}
	}
	s.version.Store(nowMS() - 3600e3) // and forth again
	if v := s.nextVersion(); v < nowMS()-1000 {
		t.Errorf("version %d", v)
	}
}
