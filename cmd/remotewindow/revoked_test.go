package main

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/remotewindow/remotewindow/signaling/client"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// TestRevokedElsewhere: what another process does to an account, a new password
// or a lock, ends the open sockets of a node that was not told. How soon is
// logged; the promise is 5 s.
func TestRevokedElsewhere(t *testing.T) { onTwins(t, revokedElsewhere) }

func revokedElsewhere(t *testing.T, on twin) {
	ctx := testContext(t)
	p := startProcess(t, on.args...)
	user := func(stdin string, args ...string) {
		t.Helper()
		args = append(append([]string{"user"}, args...), "--data", p.data)
		if on.url != "" {
			args = append(args, "--database", on.url)
		}
		if code, _, errs := command(t, stdin, args...); code != 0 {
			t.Fatal(errs)
		}
	}
	stays := agent(t, p, "agent1")
	for login, act := range map[string]func(){
		"agent2": func() { user("battery staple\n", "password", "agent2") },
		"agent3": func() { user("", "disable", "agent3") },
	} {
		a := agent(t, p, login)
		must(t, a.Ready(ctx))
		began := time.Now()
		act()
		_, err := a.WaitState(ctx, func(protocol.DeskState) bool { return false })
		if !errors.Is(err, client.ErrEnded) {
			t.Errorf("%s: %v\n%s", login, err, p.output())
		}
		t.Logf("%s was out after %v", login, time.Since(began).Round(10*time.Millisecond))
	}
	if err := stays.Ready(context.WithoutCancel(ctx)); err != nil {
		t.Errorf("another agent: %v", err)
	}
}
