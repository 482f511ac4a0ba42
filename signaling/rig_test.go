package signaling

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/queue/queuetest"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 10 * time.Second // for anything that must happen

// rig is a server with a real queue on the embedded Redis, and records and
// media that a test can look into and break.
type rig struct {
	t        *testing.T
	server   *Server
	registry *prometheus.Registry
	http     *httptest.Server
	queue    *queue.Queue
	client   *redis.Client
	clock    *queuetest.Clock
	store    *memoryStore
	media    *fakeMedia
	names    *memoryDirectory
	stop     func()
	mute     bool // sockets opened from now on answer no ping
	node     string
}

func newRig(t *testing.T, change ...func(*Options)) *rig {
	t.Helper()
	client := queuetest.Miniredis(t)
	r := &rig{t: t, client: client, clock: queuetest.NewClock(client, "pj"), store: newMemoryStore(), names: newMemoryDirectory()}
	r.start(change...)
	t.Cleanup(func() { r.stop() })
	return r
}

// start runs a node on the rig's Redis and records.
func (r *rig) start(change ...func(*Options)) {
	r.t.Helper()
	log := slog.New(slog.DiscardHandler)
	if os.Getenv("SIGNALING_LOG") != "" {
		log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	r.queue = queue.New(queue.Options{Client: r.client, Logger: log, Node: r.node})
	r.queue.SetStoreEpoch(1)
	r.media = newFakeMedia()
	r.registry = prometheus.NewRegistry()
	o := Options{
		Queue: r.queue, Media: r.media, Store: r.store, Directory: r.names, Authenticate: identities,
		Node: "node", Build: "test", Logger: log, Registerer: r.registry,
		Numbers: Numbers{Push: 20 * time.Millisecond, Board: 50 * time.Millisecond, Retry: 20 * time.Millisecond},
	}
	for _, f := range change {
		f(&o)
	}
	s := New(o)
	r.server = s
	r.media.handle = s.HandleMedia
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = s.Run(ctx) })
	running.Go(func() { _ = r.queue.Run(ctx) })
	web := httptest.NewServer(s)
	r.http = web
	var once sync.Once
	r.stop = func() {
		once.Do(func() {
			end, cancelEnd := context.WithTimeout(context.Background(), patience)
			defer cancelEnd()
			if err := s.Shutdown(end); err != nil {
				r.t.Errorf("shutdown: %v", err)
			}
			cancel()
			running.Wait()
			web.Close()
		})
	}
}

// identities accepts tickets like "station:s01" and "desk:agent1".
func identities(_ context.Context, ticket string) (Identity, error) {
	face, id, ok := strings.Cut(ticket, ":")
	role := map[string]protocol.Role{"station": protocol.RoleStation, "desk": protocol.RoleAgent, "board": protocol.RoleSupervisor}[face]
	if !ok || role == "" {
		return Identity{}, ErrNotFound
	}
	return Identity{Role: role, ID: id, Face: protocol.Face(face)}, nil
}

// page is a page's socket.
type page struct {
	t      *testing.T
	ws     *websocket.Conn
	frames chan protocol.Envelope
	closed atomic.Int64 // close code, once frames is closed
	n      int

	station protocol.StationState
	desk    protocol.DeskState
	board   protocol.Board
}

// dial opens a socket and reads it in the background.
func (r *rig) dial() *page {
	r.t.Helper()
	ws, resp, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(r.http.URL, "http")+"/ws", http.Header{"Origin": {r.http.URL}})
	if err != nil {
		r.t.Fatal(err)
	}
	_ = resp.Body.Close()
	if r.mute { // before anyone reads
		ws.SetPingHandler(func(string) error { return nil })
	}
	p := &page{t: r.t, ws: ws, frames: make(chan protocol.Envelope, 4096)}
	go p.read()
	r.t.Cleanup(p.close)
	return p
}

// read hands frames over until the socket ends.
func (p *page) read() {
	defer close(p.frames)
	for {
		_, data, err := p.ws.ReadMessage()
		if err != nil {
			var end *websocket.CloseError
			if errors.As(err, &end) {
				p.closed.Store(int64(end.Code))
			}
			return
		}
		var e protocol.Envelope
		if json.Unmarshal(data, &e) == nil {
			p.frames <- e
		}
	}
}

// open dials and says hello; it fails unless welcome comes.
func (r *rig) open(ticket string, change ...func(*protocol.Hello)) *page {
	r.t.Helper()
	p := r.dial()
	h := protocol.Hello{Protocol: protocol.Version, Layout: protocol.Layout, Build: "test", Ticket: ticket}
	for _, f := range change {
		f(&h)
	}
	if m, ok := p.command(h).(protocol.Welcome); !ok {
		r.t.Fatalf("hello of %s: %#v", ticket, m)
	}
	return p
}

func available(h *protocol.Hello) { h.Presence = protocol.PresenceAvailable }
func takeOver(h *protocol.Hello)  { h.TakeOver = true }

func (p *page) close() { _ = p.ws.Close() }

func (p *page) send(id string, m protocol.Message) {
	p.t.Helper()
	data, err := protocol.Encode(id, "", m)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.ws.WriteMessage(websocket.TextMessage, data); err != nil {
		p.t.Fatalf("write %s: %v", m.Type(), err)
	}
}

// next returns the next message and keeps states.
func (p *page) next() (protocol.Envelope, protocol.Message, bool) {
	p.t.Helper()
	select {
	case e, ok := <-p.frames:
		if !ok {
			return e, nil, false
		}
		data, _ := json.Marshal(e)
		_, m, err := protocol.DecodePush(data)
		if err != nil {
			p.t.Fatalf("server sent %s: %v", data, err)
		}
		switch m := m.(type) {
		case protocol.StationState:
			p.station = m
		case protocol.DeskState:
			p.desk = m
		case protocol.Board:
			p.board = m
		}
		return e, m, true
	case <-time.After(patience):
		p.t.Fatalf("nothing came; station %+v desk %+v", p.station, p.desk)
	}
	panic("unreachable")
}

// command sends m and returns its answer.
func (p *page) command(m protocol.Message) protocol.Message {
	p.t.Helper()
	p.n++
	return p.commandAs(fmt.Sprintf("%p-%d", p, p.n), m)
}

func (p *page) commandAs(id string, m protocol.Message) protocol.Message {
	p.t.Helper()
	p.send(id, m)
	for {
		e, answer, ok := p.next()
		if !ok {
			p.t.Fatalf("socket closed before the answer to %s", m.Type())
		}
		if e.Re == id {
			return answer
		}
	}
}

// must sends m and fails unless the answer is ok.
func (p *page) must(m protocol.Message) {
	p.t.Helper()
	if answer := p.command(m); answer != (protocol.OK{}) {
		p.t.Fatalf("%s: %#v", m.Type(), answer)
	}
}

// refused sends m and fails unless the answer carries code.
func (p *page) refused(m protocol.Message, code protocol.Code) {
	p.t.Helper()
	answer, ok := p.command(m).(protocol.Error)
	if !ok || answer.Code != code {
		p.t.Fatalf("%s: %#v, want code %s", m.Type(), answer, code)
	}
}

// until reads states until ok holds.
func (p *page) until(what string, ok func() bool) {
	p.t.Helper()
	deadline := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(deadline) {
			p.t.Fatalf("not %s: station %+v desk %+v", what, p.station, p.desk)
		}
		if _, _, open := p.next(); !open {
			p.t.Fatalf("socket closed before %s", what)
		}
	}
}

func (p *page) untilStation(want protocol.KioskState) protocol.StationState {
	p.t.Helper()
	p.until(string(want), func() bool { return p.station.State == want })
	return p.station
}

func (p *page) untilDesk(want protocol.DeskStateName) protocol.DeskState {
	p.t.Helper()
	p.until(string(want), func() bool { return p.desk.State == want })
	return p.desk
}

// untilBye reads until the socket ends and returns the code of bye.
func (p *page) untilBye() protocol.Code {
	p.t.Helper()
	var code protocol.Code
	for {
		_, m, open := p.next()
		if bye, ok := m.(protocol.Bye); ok {
			code = bye.Code
		}
		if !open {
			return code
		}
	}
}

// eventually polls a condition that no message tells of.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("not %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}
