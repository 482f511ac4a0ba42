package signaling

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/remotewindow/remotewindow/signaling/client"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// cutter is a line between pages and server that can be cut.
type cutter struct {
	listener net.Listener
	to       string
	carrying sync.WaitGroup

	mu    sync.Mutex
	lines map[net.Conn]bool
}

func newCutter(t *testing.T, to string) *cutter {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cutter{listener: l, to: to, lines: map[net.Conn]bool{}}
	c.carrying.Go(c.accept)
	t.Cleanup(func() {
		_ = l.Close()
		c.cut()
		c.carrying.Wait()
	})
	return c
}

func (c *cutter) url() string { return "http://" + c.listener.Addr().String() }

func (c *cutter) accept() {
	for {
		in, err := c.listener.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", c.to)
		if err != nil {
			_ = in.Close()
			continue
		}
		c.mu.Lock()
		c.lines[in], c.lines[out] = true, true
		c.mu.Unlock()
		for _, way := range [][2]net.Conn{{in, out}, {out, in}} {
			c.carrying.Go(func() {
				_, _ = io.Copy(way[0], way[1])
				_ = way[0].Close()
				_ = way[1].Close()
				c.mu.Lock()
				delete(c.lines, way[1])
				c.mu.Unlock()
			})
		}
	}
}

func (c *cutter) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for line := range c.lines {
		_ = line.Close()
	}
}

// web is the little of agentdesk that the Go client needs, in front of a rig.
func (r *rig) web(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	reply := func(w http.ResponseWriter, body any) { _ = json.NewEncoder(w).Encode(body) }
	mux.Handle("/ws", r.server)
	mux.HandleFunc("POST /api/station/socket", func(w http.ResponseWriter, q *http.Request) {
		in := map[string]string{}
		_ = json.NewDecoder(q.Body).Decode(&in)
		reply(w, map[string]string{"ticket": "station:" + in["station"]})
	})
	mux.HandleFunc("POST /api/login", func(w http.ResponseWriter, q *http.Request) {
		in := map[string]string{}
		_ = json.NewDecoder(q.Body).Decode(&in)
		http.SetCookie(w, &http.Cookie{Name: "who", Value: in["user"], Path: "/"})
		reply(w, client.User{ID: in["user"], Role: protocol.RoleAgent})
	})
	mux.HandleFunc("POST /api/desk/socket", func(w http.ResponseWriter, q *http.Request) {
		who, err := q.Cookie("who")
		if err != nil {
			http.Error(w, "{}", http.StatusUnauthorized)
			return
		}
		reply(w, map[string]string{"ticket": "desk:" + who.Value})
	})
	sv := httptest.NewServer(mux)
	t.Cleanup(sv.Close)
	return sv.Listener.Addr().String()
}

// rising notes whether the versions of all states rise, on every socket.
type rising struct {
	last  atomic.Int64
	fell  atomic.Int64
	count atomic.Int64
}

func (v *rising) see(version int64) {
	v.count.Add(1)
	if v.last.Swap(version) >= version {
		v.fell.Add(1)
	}
}

const cuts = 50

// backAfter cuts the line and returns how long it took until a command that was
// given then had its answer.
func backAfter(t *testing.T, line *cutter, what string, command func(context.Context) error) time.Duration {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	begin := time.Now()
	line.cut()
	if err := command(ctx); err != nil {
		t.Errorf("%s: %v", what, err)
	}
	return time.Since(begin)
}

func p95(took []time.Duration) time.Duration {
	slices.Sort(took)
	return took[len(took)*95/100]
}

// TestWaitingPageIsCut: fifty times, and the place is what it was.
func TestWaitingPageIsCut(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	line := newCutter(t, r.web(t))
	ahead := r.open("station:s02")
	ahead.must(protocol.TicketTake{})
	var versions rising
	s, err := client.NewStation(t.Context(), client.Options{URL: line.url()}, "s01", func(s protocol.StationState) { versions.see(s.Version) })
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close(context.Background()) }()
	var pressed protocol.TicketView
	took := []time.Duration{backAfter(t, line, "press", func(ctx context.Context) (err error) {
		pressed, err = s.Take(ctx)
		return err
	})}
	for i := range cuts - 1 {
		who := []protocol.Who{protocol.WhoSelf, protocol.WhoFamily}[i%2]
		took = append(took, backAfter(t, line, fmt.Sprint("cut ", i), func(ctx context.Context) error {
			return s.Revise(ctx, protocol.TicketRevise{Who: who})
		}))
		state, err := s.WaitState(t.Context(), func(s protocol.StationState) bool {
			return s.Ticket != nil && s.Ticket.Who == who && s.Ticket.Ahead == 1
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := *state.Ticket; got.ID != pressed.ID || got.Number != pressed.Number || got.SinceMS != pressed.SinceMS {
			t.Fatalf("cut %d: %+v, before %+v", i, got, pressed)
		}
	}
	if r.store.count() != 2 {
		t.Errorf("%d tickets of two presses", r.store.count())
	}
	if versions.fell.Load() > 0 {
		t.Errorf("%d of %d states were older than what was shown", versions.fell.Load(), versions.count.Load())
	}
	t.Logf("%d cuts of a waiting page: back in %v (p95)", cuts, p95(took))
}

// TestTalkingPagesAreCut: both sides at once, fifty times, each with a command
// on its way. None is lost, none is done twice.
func TestTalkingPagesAreCut(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	line := newCutter(t, r.web(t))
	ctx := t.Context()
	var desk, kiosk rising
	a, err := client.NewAgent(ctx, client.Options{URL: line.url()}, "agent1", "x", func(s protocol.DeskState) { desk.see(s.Version) })
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Close(context.Background()) }()
	if err := a.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	s, err := client.NewStation(ctx, client.Options{URL: line.url()}, "s01", func(s protocol.StationState) { kiosk.see(s.Version) })
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close(context.Background()) }()
	if _, err := s.Take(ctx); err != nil {
		t.Fatal(err)
	}
	offer, err := a.WaitOffer(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Accept(ctx, offer); err != nil {
		t.Fatal(err)
	}
	var tookA, tookS []time.Duration
	for i := range cuts {
		text := fmt.Sprint("第 ", i, " 句")
		var said sync.WaitGroup
		said.Go(func() {
			tookA = append(tookA, backAfter(t, line, fmt.Sprint("desk ", i), func(ctx context.Context) error {
				return a.Say(ctx, text)
			}))
			if err := a.Judge(ctx, protocol.SlotJudge{Slot: "id_card", Verdict: protocol.VerdictNA}); err != nil {
				t.Error(err)
			}
		})
		said.Go(func() {
			tookS = append(tookS, backAfter(t, line, fmt.Sprint("kiosk ", i), func(ctx context.Context) error {
				return s.Report(ctx, protocol.StationReport{})
			}))
		})
		said.Wait()
		if _, err := s.WaitState(ctx, func(s protocol.StationState) bool { return s.State == protocol.KioskCall && s.Message == text }); err != nil {
			t.Fatalf("cut %d: %v", i, err)
		}
	}
	if _, err := a.WaitState(ctx, func(s protocol.DeskState) bool {
		return s.Call != nil && s.Call.Ticket == offer.Ticket && s.Call.GateOpen
	}); err != nil {
		t.Fatal(err)
	}
	verdicts := 0
	for _, e := range r.server.owner(offer.Ticket).shows.Load().call.Course {
		if e.Kind == "verdict" {
			verdicts++
		}
	}
	if verdicts != cuts || len(r.store.accepts) != 1 {
		t.Errorf("%d verdicts of %d, %d accepts", verdicts, cuts, len(r.store.accepts))
	}
	if n := desk.fell.Load() + kiosk.fell.Load(); n > 0 {
		t.Errorf("%d of %d states were older than what was shown", n, desk.count.Load()+kiosk.count.Load())
	}
	t.Logf("%d cuts of a talking desk: back in %v (p95); of its kiosk: %v", cuts, p95(tookA), p95(tookS))
}
