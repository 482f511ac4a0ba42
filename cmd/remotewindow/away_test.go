package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtp"
	"golang.org/x/sync/errgroup"

	"github.com/remotewindow/remotewindow/signaling/client"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

const (
	talkers  = 4
	pressers = 31
	// databaseAway is how long PostgreSQL is stopped, as issue and promise name it.
	databaseAway = 10 * time.Second
)

// ear counts one direction's voice: each packet's number must follow the last.
type ear struct {
	mu      sync.Mutex
	packets int
	lost    int
	last    uint16
	lastAt  time.Time
	longest time.Duration // without a packet
	first   chan struct{} // closed at the first packet
}

func (e *ear) hear(slot client.Slot, h *rtp.Header, _ []byte) {
	if slot != client.Microphone {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	now := time.Now()
	if e.packets == 0 {
		close(e.first)
	} else {
		e.lost += int(h.SequenceNumber - e.last - 1)
		e.longest = max(e.longest, now.Sub(e.lastAt))
	}
	e.packets++
	e.last, e.lastAt = h.SequenceNumber, now
}

// speak sends 50 packets a second, as a microphone does, until ctx ends.
func speak(ctx context.Context, m *client.Media) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	p := rtp.Packet{Header: rtp.Header{Version: 2}, Payload: make([]byte, 80)}
	p.Payload[0] = 0xfc // Opus TOC (RFC 6716 3.1)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			p.SequenceNumber++
			p.Timestamp += 960
			if err := m.WriteRTP(client.Microphone, &p); err != nil {
				return err
			}
		}
	}
}

// TestStoresAway: Redis is killed and comes back empty, the database is stopped
// for 10 s, while 31 stations press and four talk. The calls do not notice, and
// every press that was acknowledged is served once.
func TestStoresAway(t *testing.T) {
	on := real(t)
	p := startProcess(t, append(on.args, "--demo-stations", fmt.Sprint(talkers+pressers))...)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()

	talk, stopTalk := context.WithCancel(ctx)
	defer stopTalk()
	voices, talk := errgroup.WithContext(talk)
	ears := map[string]*ear{}
	var desks []*client.Agent
	var calls []protocol.CallView
	join := func(name string, open func(context.Context, client.MediaOptions) (*client.Media, error)) {
		e := &ear{first: make(chan struct{})}
		ears[name] = e
		m, err := open(ctx, client.MediaOptions{LoopbackOnly: true, RTP: e.hear})
		must(t, err)
		t.Cleanup(func() { _ = m.Close() })
		must(t, m.WaitConnected(ctx))
		voices.Go(func() error { return speak(talk, m) })
	}
	for i := range talkers {
		s, a := station(t, p, fmt.Sprintf("s%02d", i+1)), agent(t, p, fmt.Sprintf("agent%d", i+1))
		calls = append(calls, answered(ctx, t, s, a))
		desks = append(desks, a)
		join(fmt.Sprintf("station %d", i), s.Join)
		join(fmt.Sprintf("desk %d", i), a.Join)
	}
	for name, e := range ears {
		select {
		case <-e.first:
		case <-ctx.Done():
			t.Fatalf("%s hears nothing", name)
		}
	}

	// Six desks serve whoever comes, as fast as they can.
	var mu sync.Mutex
	served := map[string]int{} // by number
	var accepted atomic.Int32
	working, rest := context.WithCancel(ctx)
	defer rest()
	shift := new(errgroup.Group)
	for i := range 6 {
		a := agent(t, p, fmt.Sprintf("agent%d", talkers+1+i))
		shift.Go(func() error {
			return serveAll(working, a, func(number string) {
				mu.Lock()
				served[number]++
				mu.Unlock()
				accepted.Add(1)
			})
		})
	}

	// 31 stations press, each once and until it is told a number: some before the
	// faults, some in each of them, some after.
	var acknowledged sync.Map // number by station
	presses := new(errgroup.Group)
	var stations []*client.Station
	for i := range pressers {
		stations = append(stations, station(t, p, fmt.Sprintf("s%02d", talkers+1+i)))
	}
	press := func(i int) {
		s := stations[i]
		presses.Go(func() error {
			for {
				v, err := s.Take(ctx)
				if err == nil {
					acknowledged.Store(s.ID(), v.Number)
					return nil
				}
				if code := client.CodeOf(err); code != protocol.CodeRecordsDown && code != protocol.CodeQueueDown || ctx.Err() != nil {
					return fmt.Errorf("%s: %w", s.ID(), err)
				}
				select { // as a kiosk that holds the press
				case <-time.After(200 * time.Millisecond):
				case <-ctx.Done():
				}
			}
		})
	}
	next := 0
	batch := func(n int) {
		for range n {
			press(next)
			next++
		}
	}
	some := func(n int32, why string) {
		t.Helper()
		p.eventually(why, func() bool { return accepted.Load() >= n })
	}
	batch(8)
	some(1, "a first one is served")
	on.redis.kill()
	batch(8)
	acked := func() (n int) { acknowledged.Range(func(any, any) bool { n++; return true }); return n }
	p.eventually("presses are acknowledged without Redis", func() bool { return acked() >= 12 })
	on.redis.start()
	some(10, "the line moves again after Redis came back")
	on.database.Stop(t)
	away := time.After(databaseAway)
	batch(8)
	<-away
	on.database.Start(t)
	batch(pressers - next)
	if err := presses.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, p.output())
	}
	some(pressers, "everybody is served")
	rest()
	if err := shift.Wait(); err != nil {
		t.Errorf("a desk: %v", err)
	}

	// Who was told a number was served once, and nobody twice.
	acknowledged.Range(func(station, number any) bool {
		if served[number.(string)] != 1 {
			t.Errorf("%v was told %v, which was served %d times", station, number, served[number.(string)])
		}
		return true
	})
	if len(served) != pressers {
		t.Errorf("%d numbers were served, %d stations pressed: %v", len(served), pressers, slices.Sorted(maps.Keys(served)))
	}
	countTickets(t, on)

	// The calls did not notice.
	for i, a := range desks {
		d := a.State()
		if d.State != protocol.DeskCall || d.Call.Ticket != calls[i].Ticket || d.Call.Epoch != calls[i].Epoch || d.Call.StationLost {
			t.Errorf("desk %d shows %s %+v", i, d.State, d.Call)
		}
	}
	stopTalk()
	if err := voices.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("a voice: %v", err)
	}
	for name, e := range ears {
		e.mu.Lock()
		if e.lost != 0 {
			t.Errorf("%s missed %d of %d packets", name, e.lost, e.packets)
		}
		t.Logf("%s: %d packets, longest silence %v", name, e.packets, e.longest.Round(time.Millisecond))
		e.mu.Unlock()
	}
}

// serveAll accepts, ends and finishes calls until ctx ends. What a store that is
// away refuses is tried again.
func serveAll(ctx context.Context, a *client.Agent, done func(number string)) error {
	again := func(f func() error) error {
		for {
			err := f()
			switch client.CodeOf(err) {
			case protocol.CodeQueueDown, protocol.CodeRecordsDown, protocol.CodeRate, protocol.CodeInternal:
			default:
				return err
			}
			select {
			case <-time.After(100 * time.Millisecond):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	if err := again(func() error { return a.Ready(ctx) }); err != nil {
		return err
	}
	for ctx.Err() == nil {
		d, err := a.WaitState(ctx, func(d protocol.DeskState) bool {
			return d.Offer != nil || d.State == protocol.DeskWrapUp || d.State == protocol.DeskCall || d.State == protocol.DeskAway || d.State == protocol.DeskRONA
		})
		if err != nil {
			break
		}
		switch {
		case d.Offer != nil:
			_ = a.Shown(ctx, *d.Offer)
			err = again(func() error { return a.Accept(ctx, *d.Offer) })
		case d.State == protocol.DeskCall:
			number := d.Call.Number
			if err = again(func() error { return a.HangUp(ctx) }); err == nil {
				done(number)
				_, err = a.WaitFor(ctx, protocol.DeskWrapUp)
			}
		case d.State == protocol.DeskWrapUp:
			if err = again(func() error { return a.Finish(ctx, protocol.DispositionAccepted, protocol.NextClose, "") }); err == nil {
				_, err = a.WaitState(ctx, func(d protocol.DeskState) bool { return d.State != protocol.DeskWrapUp })
			}
		default: // paused by a ring-out in the trouble
			err = again(func() error { return a.Ready(ctx) })
		}
		// Stale or closed: the next state tells what is so.
		if code := client.CodeOf(err); err != nil && code == "" && ctx.Err() == nil {
			return err
		}
	}
	return nil
}

// countTickets asks the database itself: one ticket a station, none twice.
func countTickets(t *testing.T, on twin) {
	t.Helper()
	db, err := sql.Open("pgx", on.url)
	must(t, err)
	defer func() { must(t, db.Close()) }()
	rows, err := db.QueryContext(testContext(t), `SELECT station, count(*), sum(CASE WHEN state = 'closed' AND dispo <> '' THEN 1 ELSE 0 END) FROM tickets GROUP BY station`)
	must(t, err)
	defer func() { _ = rows.Close() }() // Err tells
	stations := 0
	for rows.Next() {
		var station string
		var tickets, finished int
		must(t, rows.Scan(&station, &tickets, &finished))
		stations++
		if tickets != 1 {
			t.Errorf("%s has %d tickets", station, tickets)
		}
	}
	must(t, rows.Err())
	if stations != talkers+pressers {
		t.Errorf("%d stations have tickets, want %d", stations, talkers+pressers)
	}
}
