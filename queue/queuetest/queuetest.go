// Package queuetest gives tests a Redis of their own: the real server on a unix
// socket, or the embedded one, with a clock that a test can move; and to machines
// of random operations the draw of what to do next.
package queuetest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

// startLimit bounds how long a server may take to answer its first PING.
const startLimit = 20 * time.Second

// Redis starts a redis-server for the test and stops it in Cleanup. A machine
// without the server fails the test.
func Redis(t testing.TB) *redis.Client {
	t.Helper()
	binary, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatalf("queuetest: this test needs redis-server: %v", err)
	}
	// t.TempDir carries the test's name and soon is longer than a socket's path
	// may be (108 bytes).
	dir, err := os.MkdirTemp("", "rwq")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket := filepath.Join(dir, "s")
	server := exec.Command(binary, "--port", "0", "--unixsocket", socket, "--dir", dir,
		"--save", "", "--appendonly", "no", "--daemonize", "no", "--logfile", filepath.Join(dir, "log"))
	if err := server.Start(); err != nil {
		t.Fatalf("queuetest: start redis-server: %v", err)
	}
	exited := make(chan struct{})
	go func() {
		_ = server.Wait()
		close(exited)
	}()
	t.Cleanup(func() {
		_ = server.Process.Kill()
		<-exited
	})
	client := redis.NewClient(&redis.Options{Network: "unix", Addr: socket})
	t.Cleanup(func() { _ = client.Close() })
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	for {
		err := client.Ping(ctx).Err()
		if err == nil {
			return client
		}
		select {
		case <-exited:
			log, _ := os.ReadFile(filepath.Join(dir, "log"))
			t.Fatalf("queuetest: redis-server ended: %s", log)
		case <-ctx.Done():
			t.Fatalf("queuetest: redis-server does not answer: %v", err)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// Miniredis starts the embedded server for the test and stops it in Cleanup.
func Miniredis(t testing.TB) *redis.Client {
	t.Helper()
	server := miniredis.RunT(t)
	client := redis.NewClient(&redis.Options{Addr: server.Addr()})
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// Clock moves the time that the scripts of a centre see. It is for one
// goroutine.
type Clock struct {
	client redis.UniversalClient
	key    string
	offset time.Duration
	frozen int64 // unix ms, 0 while the clock runs
}

// NewClock returns the clock of a centre; it runs with the server's time until
// it is moved or frozen.
func NewClock(client redis.UniversalClient, centre string) *Clock {
	return &Clock{client: client, key: fmt.Sprintf("rw:{%s}:offset", centre)}
}

// SetOffset makes the scripts see the server's time plus d.
func (c *Clock) SetOffset(t Failer, d time.Duration) {
	t.Helper()
	c.offset, c.frozen = d, 0
	c.set(t, d.Milliseconds())
}

// Freeze stops the clock at unix ms: only Advance moves it, so that two servers
// see the same time.
func (c *Clock) Freeze(t Failer, ms int64) {
	t.Helper()
	c.frozen = ms
	c.set(t, fmt.Sprintf("=%d", ms))
}

// Advance moves the clock forward by d.
func (c *Clock) Advance(t Failer, d time.Duration) {
	t.Helper()
	if c.frozen != 0 {
		c.Freeze(t, c.frozen+d.Milliseconds())
		return
	}
	c.SetOffset(t, c.offset+d)
}

// Failer is the part of testing.TB and of a property test that the clock needs.
type Failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

func (c *Clock) set(t Failer, value any) {
	t.Helper()
	if err := c.client.Set(context.Background(), c.key, value, 0).Err(); err != nil {
		t.Fatalf("queuetest: clock: %v", err)
	}
}
