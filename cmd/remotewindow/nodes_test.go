package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/pion/rtp"

	"github.com/remotewindow/remotewindow/signaling/client"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// kills is how many homes die in TestHomeKilled; the gate takes as many as the
// promise names.
func kills() int {
	if os.Getenv("RW_GATE") != "" {
		return 30
	}
	return 3
}

// twoProcesses are two nodes on one Redis and one PostgreSQL.
func twoProcesses(t *testing.T, args ...string) [2]*process {
	t.Helper()
	on := real(t)
	args = append(on.args, args...)
	return [2]*process{startProcess(t, args...), startProcess(t, args...)}
}

// both knows two nodes, the first of them first.
func both(first, second *process) client.Options {
	return client.Options{URL: first.url, URLs: []string{second.url}}
}

// talk is a station and a desk with media on both sides.
type talk struct {
	t       *testing.T
	station *client.Station
	desk    *client.Agent
	media   []*client.Media
	heard   [2]atomic.Int64 // voice packets at the station, at the desk
	stop    context.CancelFunc
}

// join opens the media of both sides anew and waits until each hears the other.
func (k *talk) join(ctx context.Context) {
	k.t.Helper()
	k.leave()
	speaking, stop := context.WithCancel(ctx)
	k.stop = stop
	for i, open := range []func(context.Context, client.MediaOptions) (*client.Media, error){k.station.Join, k.desk.Join} {
		k.heard[i].Store(0)
		m, err := open(ctx, client.MediaOptions{LoopbackOnly: true, RTP: func(slot client.Slot, _ *rtp.Header, _ []byte) {
			if slot == client.Microphone {
				k.heard[i].Add(1)
			}
		}})
		must(k.t, err)
		k.media = append(k.media, m)
		must(k.t, m.WaitConnected(ctx))
		go func() { _ = speak(speaking, m) }() // ends with the connection
	}
	for i := range k.heard {
		for k.heard[i].Load() == 0 {
			select {
			case <-ctx.Done():
				k.t.Fatalf("side %d hears nothing", i)
			case <-time.After(5 * time.Millisecond):
			}
		}
	}
}

func (k *talk) leave() {
	if k.stop != nil {
		k.stop()
	}
	for _, m := range k.media {
		_ = m.Close()
	}
	k.media = nil
}

// TestHomeKilled: the node on which a call lives dies without a word; both sides
// come back to the same call on the other, with its pages and its checklist.
func TestHomeKilled(t *testing.T) {
	nodes := twoProcesses(t)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	output := func() string { return nodes[0].output() + "\n----\n" + nodes[1].output() }
	s, err := client.NewStation(ctx, both(nodes[0], nodes[1]), "s01", nil)
	must(t, err)
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	// The desk begins on the other node, and is on the call's from the first death on.
	a, err := client.NewAgent(ctx, both(nodes[1], nodes[0]), "agent1", "demo", nil)
	must(t, err)
	t.Cleanup(func() { _ = a.Close(context.Background()) })
	call := answered(ctx, t, s, a)
	k := &talk{t: t, station: s, desk: a}
	t.Cleanup(k.leave)
	k.join(ctx)
	verdict := protocol.SlotJudge{Slot: call.Slots[0].ID, Verdict: protocol.VerdictNA}
	must(t, a.Judge(ctx, verdict))

	home := 0
	var took []time.Duration
	for n := range kills() {
		before := a.State().Call
		if before == nil {
			t.Fatalf("kill %d: no call at the desk\n%s", n, output())
		}
		died := time.Now()
		nodes[home].kill()
		_, err := s.WaitState(ctx, func(st protocol.StationState) bool {
			return st.State == protocol.KioskCall && st.NowMS > died.UnixMilli() && st.Media != nil && !st.AgentLost
		})
		if err != nil {
			t.Fatalf("kill %d: %v\n%s", n, err, output())
		}
		d, err := a.WaitState(ctx, func(d protocol.DeskState) bool {
			return d.Call != nil && d.Call.Epoch > before.Epoch && d.Media != nil && !d.Call.StationLost
		})
		if err != nil {
			t.Fatalf("kill %d: %v\n%s", n, err, output())
		}
		k.join(ctx)
		took = append(took, time.Since(died))
		if d.Call.Ticket != call.Ticket || d.Call.Number != call.Number || d.Call.AcceptedMS != call.AcceptedMS {
			t.Errorf("kill %d: another call: %+v", n, d.Call)
		}
		if got := d.Call.Slots[0].Verdict; got != protocol.VerdictNA {
			t.Errorf("kill %d: the verdict is %q", n, got)
		}
		nodes[home].start()
		home = 1 - home
	}
	slices.Sort(took)
	t.Logf("back in the call after %v", took)
	if p95, last := took[(len(took)*95+99)/100-1], took[len(took)-1]; os.Getenv("RW_GATE") != "" && (p95 > 3*time.Second || last > 6*time.Second) {
		t.Errorf("back in the call: p95 %v, at most %v", p95, last)
	}
	must(t, a.HangUp(ctx))
	_, err = a.WaitFor(ctx, protocol.DeskWrapUp)
	must(t, err)
	must(t, a.Finish(ctx, protocol.DispositionAccepted, protocol.NextClose, fmt.Sprint(len(took), " nodes")))
	_, err = a.WaitFor(ctx, protocol.DeskReady)
	must(t, err)
}

// TestHomePaused: the node of a call is stopped, both sides go on with the call on
// the other one, and it wakes up. What was still on its way to it is not passed
// on: neither what lies in its sockets nor what is still sent.
func TestHomePaused(t *testing.T) {
	nodes := twoProcesses(t)
	ctx := testContext(t)
	output := func() string { return nodes[0].output() + "\n----\n" + nodes[1].output() }
	s, err := client.NewStation(ctx, both(nodes[0], nodes[1]), "s01", nil)
	must(t, err)
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	a, err := client.NewAgent(ctx, both(nodes[1], nodes[0]), "agent1", "demo", nil)
	must(t, err)
	t.Cleanup(func() { _ = a.Close(context.Background()) })
	before := answered(ctx, t, s, a)
	stale := &talk{t: t, station: s, desk: a}
	t.Cleanup(stale.leave)
	stale.join(ctx)
	fenced := metric(t, nodes[0], "remotewindow_sfu_fenced_packets_total")

	must(t, nodes[0].cmd.Process.Signal(syscall.SIGSTOP))
	awake := sync.OnceFunc(func() { _ = nodes[0].cmd.Process.Signal(syscall.SIGCONT) })
	t.Cleanup(awake) // before it is killed
	s.Cut()          // as its own watch over the silence would
	d, err := a.WaitState(ctx, func(d protocol.DeskState) bool {
		return d.Call != nil && d.Call.Epoch > before.Epoch && d.Media != nil && !d.Call.StationLost
	})
	if err != nil {
		t.Fatalf("%v\n%s", err, output())
	}
	fresh := &talk{t: t, station: s, desk: a}
	t.Cleanup(fresh.leave)
	fresh.join(ctx)

	heard := [2]int64{stale.heard[0].Load(), stale.heard[1].Load()}
	awake()
	nodes[0].eventually("the fence is counted", func() bool {
		return metric(t, nodes[0], "remotewindow_sfu_fenced_packets_total") > fenced
	})
	nodes[0].eventually("the call is given up", func() bool { return metric(t, nodes[0], "remotewindow_sfu_rooms") == 0 })
	for i := range heard {
		if got := stale.heard[i].Load(); got != heard[i] {
			t.Errorf("side %d heard %d packets of the node that had been paused", i, got-heard[i])
		}
	}
	if now := a.State().Call; now == nil || now.Ticket != before.Ticket || now.Epoch != d.Call.Epoch {
		t.Errorf("the call after it woke up: %+v\n%s", now, output())
	}
	must(t, a.HangUp(ctx))
	_, err = a.WaitFor(ctx, protocol.DeskWrapUp)
	must(t, err)
}

// ready is the status of a node's /readyz.
func ready(t *testing.T, p *process) int {
	t.Helper()
	r, err := http.Get(p.url + "/readyz")
	must(t, err)
	_ = r.Body.Close() // nothing to read
	return r.StatusCode
}

// onTwoNodes brings a station of the first node and a desk of the second into a
// call with voices.
func onTwoNodes(ctx context.Context, t *testing.T, nodes [2]*process) (*talk, protocol.CallView) {
	t.Helper()
	s, err := client.NewStation(ctx, both(nodes[0], nodes[1]), "s01", nil)
	must(t, err)
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	a, err := client.NewAgent(ctx, both(nodes[1], nodes[0]), "agent1", "demo", nil)
	must(t, err)
	t.Cleanup(func() { _ = a.Close(context.Background()) })
	call := answered(ctx, t, s, a)
	k := &talk{t: t, station: s, desk: a}
	t.Cleanup(k.leave)
	k.join(ctx)
	return k, call
}

// TestDrain: a node that is asked to end lets its call go on and takes no other;
// when the call is over it ends by itself.
func TestDrain(t *testing.T) {
	nodes := twoProcesses(t)
	ctx := testContext(t)
	k, call := onTwoNodes(ctx, t, nodes)
	waits, err := client.NewStation(ctx, both(nodes[0], nodes[1]), "s02", nil)
	must(t, err)
	t.Cleanup(func() { _ = waits.Close(context.Background()) })
	place, err := waits.Take(ctx)
	must(t, err)
	if got := ready(t, nodes[0]); got != http.StatusOK {
		t.Fatalf("ready before: %d", got)
	}

	asked := time.Now()
	must(t, nodes[0].cmd.Process.Signal(syscall.SIGTERM))
	nodes[0].eventually("not ready", func() bool { return ready(t, nodes[0]) == http.StatusServiceUnavailable })
	t.Logf("not ready after %v", time.Since(asked))
	_, err = waits.WaitState(ctx, func(st protocol.StationState) bool {
		return st.Ticket != nil && st.Ticket.Number == place.Number && st.Ticket.Enqueued && st.NowMS > asked.UnixMilli()
	})
	must(t, err)
	nodes[1].eventually("the one who waits is on the other node", func() bool { return metric(t, nodes[1], "remotewindow_sockets") >= 2 })

	heard := k.heard[1].Load()
	nodes[0].eventually("the voice goes on", func() bool { return k.heard[1].Load() > heard+20 })
	if d := k.desk.State(); d.Call == nil || d.Call.Ticket != call.Ticket || d.Call.Epoch != call.Epoch {
		t.Errorf("the call: %+v", d.Call)
	}
	must(t, k.desk.HangUp(ctx))
	select {
	case <-nodes[0].done:
	case <-time.After(patience):
		t.Fatalf("the node did not end after its call\n%s", nodes[0].output())
	}
	if code := nodes[0].cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("exit code %d\n%s", code, nodes[0].output())
	}
	_, err = k.desk.WaitFor(ctx, protocol.DeskWrapUp)
	must(t, err)
}

// TestDrainMoves: a call that is not over in time goes on on the other node.
func TestDrainMoves(t *testing.T) {
	nodes := twoProcesses(t, "--drain", "300ms")
	ctx := testContext(t)
	k, call := onTwoNodes(ctx, t, nodes)
	must(t, nodes[0].cmd.Process.Signal(syscall.SIGTERM))
	d, err := k.desk.WaitState(ctx, func(d protocol.DeskState) bool {
		return d.Call != nil && d.Call.Epoch > call.Epoch && d.Media != nil && !d.Call.StationLost
	})
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, nodes[0].output(), nodes[1].output())
	}
	if d.Call.Ticket != call.Ticket {
		t.Errorf("another call: %+v", d.Call)
	}
	k.join(ctx)
	<-nodes[0].done
	if code := nodes[0].cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("exit code %d\n%s", code, nodes[0].output())
	}
}

// TestSecondSignal ends a node at once that still has a call.
func TestSecondSignal(t *testing.T) {
	nodes := twoProcesses(t)
	ctx := testContext(t)
	onTwoNodes(ctx, t, nodes)
	must(t, nodes[0].cmd.Process.Signal(syscall.SIGTERM))
	nodes[0].eventually("not ready", func() bool { return ready(t, nodes[0]) == http.StatusServiceUnavailable })
	must(t, nodes[0].cmd.Process.Signal(syscall.SIGTERM))
	select {
	case <-nodes[0].done:
	case <-time.After(patience):
		t.Fatalf("the node did not end\n%s", nodes[0].output())
	}
}
