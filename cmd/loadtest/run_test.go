package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds waits; it decides nothing but failure.
const patience = 60 * time.Second

// program is a running server.
type program struct {
	cmd *exec.Cmd
	url string

	mu  sync.Mutex // guards out
	out bytes.Buffer
}

func (p *program) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.Write(b)
}

func (p *program) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.String()
}

var deskAddress = regexp.MustCompile(`(http://127\.0\.0\.1:\d+)/desk`)

// startServer builds the real server and runs it with demo data.
func startServer(t *testing.T) *program {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "remotewindow")
	if out, err := exec.Command("go", "build", "-o", binary, "../remotewindow").CombinedOutput(); err != nil {
		t.Fatalf("build the server: %v\n%s", err, out)
	}
	p := &program{}
	p.cmd = exec.Command(binary, "serve", "--demo", "--listen", "127.0.0.1:0", "--media-port", "0", "--data", t.TempDir())
	p.cmd.Stdout, p.cmd.Stderr = p, p
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = p.cmd.Wait() // how it ended stands in ProcessState
		close(ended)
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(patience):
			_ = p.cmd.Process.Kill()
			<-ended
			t.Error("the server did not end")
		}
		if t.Failed() {
			t.Logf("server:\n%s", p.output())
		}
	})
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(patience); ; {
		if m := deskAddress.FindStringSubmatch(p.output()); m != nil && strings.Contains(p.output(), "Ctrl+C") {
			p.url = m[1]
			return p
		}
		select {
		case <-tick.C:
		case <-ended:
			t.Fatalf("the server ended: %v\n%s", p.cmd.ProcessState, p.output())
		case <-deadline:
			t.Fatalf("the server does not tell its address:\n%s", p.output())
		}
	}
}

// TestRuns plays against the real server: once with a clean network, once
// through a relay that passes everything, and once through one that loses a
// burst no retransmission can repair.
func TestRuns(t *testing.T) {
	sv := startServer(t)
	through := func(drop func(int) bool) *lossyRelay { return newLossyRelay(t, drop) }
	tests := []struct {
		name  string
		relay *lossyRelay // nil = none
		code  int
		lost  bool
	}{
		{"clean network", nil, exitFine, false},
		{"relay that drops nothing", through(func(int) bool { return false }), exitFine, false},
		{"relay that drops a burst", through(func(n int) bool { return n >= 150 && n < 450 }), exitFailed, true},
		{"clean again", nil, exitFine, false}, // a failed run leaves nothing behind
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o, err := parse([]string{
				"--url", sv.url, "--calls", "2", "--duration", "3s", "--documents", "1", "--document-size", "300kB",
				"--server-pid", fmt.Sprint(sv.cmd.Process.Pid), "--timeout", patience.String(), "--json",
			}, os.Stderr)
			if err != nil {
				t.Fatal(err)
			}
			o.drain = 3 * time.Second // on a busy machine late is not lost
			if tt.relay != nil {
				o.media = tt.relay.lead
			}
			var out, errs bytes.Buffer
			if code := measure(t.Context(), o, &out, &errs, false); code != tt.code {
				t.Errorf("exit %d, want %d", code, tt.code)
			}
			t.Logf("%s%s", &out, &errs)
			checkReport(t, out.Bytes(), tt.lost)
			if tt.relay != nil {
				tt.relay.mu.Lock()
				defer tt.relay.mu.Unlock()
				if len(tt.relay.open) == 0 || (tt.relay.dropped > 0) != tt.lost {
					t.Errorf("the relay dropped %d packets of %d ways", tt.relay.dropped, len(tt.relay.open)/2)
				}
			}
		})
	}
}

// checkReport reads the one object as a stranger would.
func checkReport(t *testing.T, out []byte, lost bool) {
	t.Helper()
	var r struct {
		Calls     map[string]int64   `json:"calls"`
		Packets   map[string]int64   `json:"packets"`
		Documents map[string]int64   `json:"documents"`
		Server    map[string]float64 `json:"server"`
	}
	var all map[string]json.RawMessage
	for _, into := range []any{&r, &all} {
		if err := json.Unmarshal(out, into); err != nil {
			t.Fatalf("stdout is not one JSON object: %v\n%s", err, out)
		}
	}
	if r.Calls["placed"] != 2 || r.Calls["answered"] != 2 || r.Calls["failed"] != 0 {
		t.Errorf("calls %v", r.Calls)
	}
	if r.Documents["sent"] != 2 || r.Documents["received"] != 2 || r.Documents["hash_equal"] != 2 {
		t.Errorf("documents %v", r.Documents)
	}
	if p := r.Packets; p["sent"] == 0 || p["sent"] != p["received"]+p["lost"] || (p["lost"] > 0) != lost {
		t.Errorf("packets %v, want lost %t", p, lost)
	}
	if s := r.Server; s["cpu_us_per_packet"] <= 0 || s["cpu_percent"] <= 0 || s["rss_bytes"] <= 0 {
		t.Errorf("server %v", s)
	}
	for _, name := range []string{"enqueue_to_offer_ms", "accept_to_first_rtp_ms", "accept_to_first_keyframe_ms", "document_ms", "forwarding_latency_us"} {
		var q map[string]float64
		if err := json.Unmarshal(all[name], &q); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(q) != 4 || q["p50"] <= 0 || q["p50"] > q["p95"] || q["p95"] > q["p99"] || q["p99"] > q["max"] {
			t.Errorf("%s: %v", name, q)
		}
	}
}
