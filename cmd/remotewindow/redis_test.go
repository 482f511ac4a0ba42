package main

import (
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/remotewindow/remotewindow/signaling/client"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// metric sums one metric of the program over its labels.
func metric(t *testing.T, p *process, name string) float64 {
	t.Helper()
	r, err := http.Get(p.url + "/metrics")
	must(t, err)
	defer func() { _ = r.Body.Close() }()
	body, err := io.ReadAll(r.Body)
	must(t, err)
	var sum float64
	for line := range strings.Lines(string(body)) {
		if strings.HasPrefix(line, name+"{") || strings.HasPrefix(line, name+" ") {
			v, err := strconv.ParseFloat(strings.TrimSpace(line[strings.LastIndex(line, " "):]), 64)
			must(t, err)
			sum += v
		}
	}
	return sum
}

// redisServer is a real one, whose power can be cut.
type redisServer struct {
	t      *testing.T
	socket string
	dir    string
	cmd    *exec.Cmd
}

func (r *redisServer) start() {
	r.t.Helper()
	r.cmd = exec.Command("redis-server", "--port", "0", "--unixsocket", r.socket, "--dir", r.dir, "--appendonly", "no", "--save", "")
	must(r.t, r.cmd.Start())
}

func (r *redisServer) kill() {
	if r.cmd == nil {
		return
	}
	_ = r.cmd.Process.Kill() // already ended is as good
	_ = r.cmd.Wait()         // killed: the error says no more
	r.cmd = nil
}

// A Redis that goes away and comes back empty costs time, never a place.
func TestRedisAway(t *testing.T) {
	ctx := testContext(t)
	dir := t.TempDir()
	server := &redisServer{t: t, dir: dir, socket: filepath.Join(dir, "r.sock")}
	server.start()
	t.Cleanup(server.kill)
	p := startProcess(t, "--redis", "unix://"+server.socket)
	wang := agent(t, p, "agent1")
	talking := station(t, p, "s01")
	call := answered(ctx, t, talking, wang)
	waits, comes := station(t, p, "s11"), station(t, p, "s12")
	_, err := waits.Take(ctx)
	must(t, err)

	server.kill()
	v, err := comes.Take(ctx) // the press is taken in SQL
	must(t, err)
	if v.Number == "" {
		t.Error("no number while Redis is away")
	}
	server.start()

	for i, s := range []*client.Station{waits, comes} {
		if _, err := s.WaitState(ctx, func(st protocol.StationState) bool {
			return st.State == protocol.KioskWaiting && st.Ticket.Enqueued && st.Ticket.Ahead == i
		}); err != nil {
			t.Errorf("%d: %v\n%s", i, err, p.output())
		}
	}
	d, err := wang.WaitState(ctx, func(d protocol.DeskState) bool { return d.State == protocol.DeskCall && d.Call.Ticket == call.Ticket })
	must(t, err)
	if d.Call.EndedMS != 0 {
		t.Error("the call was ended")
	}
	must(t, wang.HangUp(ctx))
	_, err = wang.WaitFor(ctx, protocol.DeskWrapUp)
	must(t, err)
	if code := p.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
