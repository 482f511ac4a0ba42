package main

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// printed is what deploy/examples/station.mjs prints while others wait: how many
// of them is an estimate right after a press.
var printed = regexp.MustCompile(`^connected: idle
pressed: (A\d+), [1-9]\d* ahead
left: idle
came back: (A\d+), [1-9]\d* ahead
lost the socket, came back: (A\d+), [1-9]\d* ahead
left: idle
$`)

// example runs deploy/examples/station.mjs as its first lines say.
func example(ctx context.Context, t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var out, said bytes.Buffer
	file := filepath.Join("..", "..", "deploy", "examples", "station.mjs")
	cmd := exec.CommandContext(ctx, "node", append([]string{"--experimental-websocket", file}, args...)...)
	cmd.Stdout, cmd.Stderr = &out, &said
	err := cmd.Run()
	var exit *exec.ExitError
	if ctx.Err() != nil || err != nil && !errors.As(err, &exit) {
		t.Fatalf("node: %v, %v\n%s%s", err, ctx.Err(), &out, &said)
	}
	return cmd.ProcessState.ExitCode(), out.String(), said.String()
}

// TestExample proves that PROTOCOL.md is enough for writing a client: the one
// that was written from it alone has to get along with the program.
func TestExample(t *testing.T) {
	ctx := testContext(t)
	p := startProcess(t)
	_, err := station(t, p, "s11").Take(ctx)
	must(t, err)
	second := station(t, p, "s12")
	_, err = second.Take(ctx)
	must(t, err)
	_, err = second.WaitState(ctx, func(s protocol.StationState) bool { return s.Ticket != nil && s.Ticket.Ahead == 1 })
	must(t, err)

	for range 2 { // the second run must not get the answers of the first
		code, stdout, stderr := example(ctx, t, p.url, "s30")
		m := printed.FindStringSubmatch(stdout)
		if code != 0 || m == nil || stderr != "" {
			t.Fatalf("exit %d\n%s%s\n%s", code, stdout, stderr, p.output())
		}
		if pressed, back, found := m[1], m[2], m[3]; pressed == back || back != found {
			t.Errorf("numbers %s, %s, %s: a new press has a new number, a new socket has not", pressed, back, found)
		}
	}
	for args, why := range map[string]string{
		p.url + " s99":   "not_found",
		p.url + " s12":   "s12 is waiting",
		"no-address s30": "Invalid URL",
	} {
		code, _, stderr := example(ctx, t, strings.Fields(args)...)
		if code != 1 || !strings.Contains(stderr, why) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: exit %d, want 1 and one sentence with %q\n%s", args, code, why, stderr)
		}
	}
}
