package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/remotewindow/remotewindow/signaling/client"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// patience bounds every wait of these tests; it decides nothing but failure.
const patience = 30 * time.Second

// binary is this program, built once for all tests.
var binary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "remotewindow")
	if err != nil {
		panic(err)
	}
	binary = filepath.Join(dir, "remotewindow")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// process is the program as a user runs it.
type process struct {
	t    *testing.T
	data string
	args []string
	url  string

	cmd  *exec.Cmd
	done chan struct{}
	mu   sync.Mutex
	out  bytes.Buffer
}

var addressOf = regexp.MustCompile(`(http://127\.0\.0\.1:\d+)/desk`)

func startProcess(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{t: t, data: t.TempDir(), args: args}
	p.start()
	t.Cleanup(p.kill)
	return p
}

func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.Write(b)
}

func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.String()
}

// start runs the program, a second time at the same address and on the same data.
func (p *process) start() {
	p.t.Helper()
	listen := "127.0.0.1:0"
	if p.url != "" {
		listen = strings.TrimPrefix(p.url, "http://")
	}
	p.mu.Lock()
	p.out.Reset()
	p.mu.Unlock()
	p.cmd = exec.Command(binary, append([]string{"serve", "--demo", "--listen", listen, "--media-port", "0", "--data", p.data}, p.args...)...)
	p.cmd.Stdout, p.cmd.Stderr = p, p
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.done = make(chan struct{})
	go func(cmd *exec.Cmd, done chan struct{}) {
		_ = cmd.Wait() // the exit code is read from ProcessState
		close(done)
	}(p.cmd, p.done)
	p.eventually("the program tells its address", func() bool {
		select {
		case <-p.done:
			p.t.Fatalf("the program ended: %v\n%s", p.cmd.ProcessState, p.output())
		default:
		}
		m := addressOf.FindStringSubmatch(p.output())
		if m != nil {
			p.url = m[1]
		}
		return m != nil
	})
}

func (p *process) eventually(what string, ok func() bool) {
	p.t.Helper()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	deadline := time.After(patience)
	for !ok() {
		select {
		case <-ticker.C:
		case <-deadline:
			p.t.Fatalf("waited in vain: %s\n%s", what, p.output())
		}
	}
}

// kill ends the program as a power cut does.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // already ended is as good
	<-p.done
}

// stop ends it as an operator does and returns the exit code.
func (p *process) stop() int {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	select {
	case <-p.done:
	case <-time.After(patience):
		p.t.Fatalf("the program did not end\n%s", p.output())
	}
	return p.cmd.ProcessState.ExitCode()
}

func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func station(t *testing.T, p *process, id string) *client.Station {
	t.Helper()
	s, err := client.NewStation(testContext(t), client.Options{URL: p.url}, id, nil)
	if err != nil {
		t.Fatalf("station %s: %v\n%s", id, err, p.output())
	}
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	return s
}

func agent(t *testing.T, p *process, login string) *client.Agent {
	t.Helper()
	a, err := client.NewAgent(testContext(t), client.Options{URL: p.url}, login, "demo", nil)
	if err != nil {
		t.Fatalf("agent %s: %v\n%s", login, err, p.output())
	}
	t.Cleanup(func() { _ = a.Close(context.Background()) })
	return a
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// answered brings a station and an agent into a call without media.
func answered(ctx context.Context, t *testing.T, s *client.Station, a *client.Agent) protocol.CallView {
	t.Helper()
	must(t, a.Ready(ctx))
	_, err := s.Take(ctx)
	must(t, err)
	offer, err := a.WaitOffer(ctx)
	must(t, err)
	must(t, a.Shown(ctx, offer))
	must(t, a.Accept(ctx, offer))
	d, err := a.WaitFor(ctx, protocol.DeskCall)
	must(t, err)
	_, err = s.WaitFor(ctx, protocol.KioskCall)
	must(t, err)
	return *d.Call
}

func TestPowerCut(t *testing.T) { onTwins(t, powerCut) }

func powerCut(t *testing.T, on twin) {
	ctx := testContext(t)
	p := startProcess(t, on.args...)
	wang, li := agent(t, p, "agent1"), agent(t, p, "agent2")

	// One is finished just before, one talks, three wait.
	first := station(t, p, "s02")
	done := answered(ctx, t, first, li)
	must(t, li.HangUp(ctx))
	_, err := li.WaitFor(ctx, protocol.DeskWrapUp)
	must(t, err)
	must(t, li.Finish(ctx, protocol.DispositionAccepted, protocol.NextClose, "材料齐"))
	_, err = li.WaitFor(ctx, protocol.DeskReady)
	must(t, err)
	must(t, li.Set(ctx, protocol.PresenceAway, "lunch"))
	talking := station(t, p, "s01")
	call := answered(ctx, t, talking, wang)
	var waiting []*client.Station
	var numbers []string
	for _, id := range []string{"s11", "s12", "s13"} {
		s := station(t, p, id)
		v, err := s.Take(ctx)
		must(t, err)
		waiting = append(waiting, s)
		numbers = append(numbers, v.Number)
	}

	p.kill()
	p.start()
	restarted := time.Now().UnixMilli()

	for i, s := range waiting {
		st, err := s.WaitState(ctx, func(st protocol.StationState) bool {
			return st.State == protocol.KioskWaiting && st.Ticket != nil && st.Ticket.Ahead == i && st.Ticket.Enqueued
		})
		if err != nil {
			t.Fatalf("%d: %v\n%s", i, err, p.output())
		}
		if st.Ticket.Number != numbers[i] {
			t.Errorf("number after the restart is %s, was %s", st.Ticket.Number, numbers[i])
		}
	}
	d, err := wang.WaitState(ctx, func(d protocol.DeskState) bool {
		return d.State == protocol.DeskCall && !d.Call.StationLost && d.NowMS >= restarted
	})
	if err != nil {
		t.Fatalf("%v\n%s", err, p.output())
	}
	if d.Call.Ticket != call.Ticket {
		t.Errorf("call after the restart is %s, was %s", d.Call.Ticket, call.Ticket)
	}
	// The call can be ended and written down as if nothing had been.
	must(t, wang.HangUp(ctx))
	_, err = wang.WaitFor(ctx, protocol.DeskWrapUp)
	must(t, err)
	must(t, wang.Finish(ctx, protocol.DispositionConsulted, protocol.NextClose, ""))
	d, err = li.WaitState(ctx, func(d protocol.DeskState) bool { return len(d.Today) > 0 })
	must(t, err)
	if d.Today[0].Ticket != done.Ticket || d.Today[0].Disposition != protocol.DispositionAccepted {
		t.Errorf("the finished ticket is %+v", d.Today[0])
	}
	if st := first.State(); st.State != protocol.KioskIdle && st.State != protocol.KioskSummary {
		t.Errorf("the finished station shows %s", st.State)
	}
	if code := p.stop(); code != 0 {
		t.Errorf("exit code %d after SIGTERM\n%s", code, p.output())
	}
}

func TestRefusals(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer func() { _ = taken.Close() }()
	readOnly := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(readOnly, []byte("a file, no folder"), 0o600))
	good := []string{"serve", "--demo", "--listen", "127.0.0.1:0", "--media-port", "0", "--data", t.TempDir()}
	with := func(args ...string) []string { return append(append([]string{}, good...), args...) }
	for name, args := range map[string][]string{
		"address":            with("--listen", "nowhere"),
		"port taken":         with("--listen", taken.Addr().String()),
		"demo off loopback":  with("--listen", "0.0.0.0:0"),
		"media port":         with("--media-port", "70000"),
		"public ip":          with("--public-ip", "village"),
		"data is a file":     with("--data", readOnly),
		"redis":              with("--redis", "http://127.0.0.1"),
		"database":           with("--database", "mysql://127.0.0.1/x"),
		"postgres":           with("--database", "postgres://u:secret@127.0.0.1/x"),
		"certificate alone":  with("--tls-cert", "cert.pem"),
		"certificate absent": with("--tls-cert", "cert.pem", "--tls-key", "key.pem"),
		"hours":              with("--demo-hours", "never"),
		"stations":           with("--demo-stations", "0"),
		"centre":             with("--centre", "a b"),
		"origin":             with("--origin", "window.example"),
		"zone":               with("--zone", "Moon/Sea"),
		"unknown flag":       with("--fast"),
		"no command":         {},
		"short password":     {"user", "add", "wang", "--role", "agent", "--data", t.TempDir()},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			code := execute(testContext(t), args, strings.NewReader("short\n"), &stdout, &stderr)
			if code != exitUsage {
				t.Errorf("exit %d, want %d: %s", code, exitUsage, &stderr)
			}
			if lines := strings.Count(strings.TrimSpace(stderr.String()), "\n"); lines != 0 || stderr.Len() < 20 {
				t.Errorf("not one sentence: %q", stderr.String())
			}
			if strings.Contains(stderr.String(), "secret") {
				t.Errorf("shows a password: %s", &stderr)
			}
		})
	}
}

func TestUserAdd(t *testing.T) {
	data := t.TempDir()
	add := func() (int, string) {
		var stdout, stderr bytes.Buffer
		code := execute(testContext(t), []string{"user", "add", "chen", "--role", "admin", "--data", data}, strings.NewReader("correct horse\n"), &stdout, &stderr)
		return code, stdout.String() + stderr.String()
	}
	if code, out := add(); code != 0 || !strings.Contains(out, "chen") {
		t.Fatalf("exit %d: %s", code, out)
	}
	if code, out := add(); code != exitUsage || !strings.Contains(out, "already") {
		t.Errorf("second time: exit %d: %s", code, out)
	}
	// What it wrote stands on the chain that the server goes on with.
	db, err := openDatabase(testContext(t), Config{serveCommand: serveCommand{Data: data, Centre: "pj"}, Location: time.UTC}, nil, nil)
	must(t, err)
	defer func() { must(t, db.Close()) }()
	must(t, db.VerifyAudit(testContext(t)))
}
