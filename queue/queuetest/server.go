package queuetest

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// Server is a redis-server, or a Sentinel, on a port of loopback, with a folder
// and a writable configuration of its own. A test may kill or pause it.
type Server struct {
	Addr string // 127.0.0.1:port

	front  string // the address that others know it by, if it is not Addr
	binary string
	args   []string
	dir    string

	mu     sync.Mutex
	cmd    *exec.Cmd
	exited chan struct{}
}

// portTries is how often another port is taken when somebody else was faster.
const portTries = 5

// Start starts a redis-server with these lines of configuration on a free port
// and ends it in Cleanup. A line may say PORT for the server's own port.
func Start(t testing.TB, lines ...string) *Server {
	t.Helper()
	return start(t, nil, append([]string{"save \"\"", "repl-diskless-sync-delay 0", "repl-ping-replica-period 1"}, lines...))
}

func start(t testing.TB, args, lines []string) *Server {
	t.Helper()
	binary, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatalf("queuetest: this test needs redis-server: %v", err)
	}
	dir, err := os.MkdirTemp("", "rwr")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{binary: binary, dir: dir}
	t.Cleanup(func() {
		s.Kill()
		_ = os.RemoveAll(dir)
	})
	for range portTries {
		port := freePort(t)
		s.Addr = net.JoinHostPort("127.0.0.1", port)
		config := filepath.Join(dir, "redis.conf")
		text := fmt.Sprintf("port %s\nbind 127.0.0.1\ndir %s\nlogfile %s\n", port, dir, filepath.Join(dir, "log")) +
			strings.ReplaceAll(strings.Join(lines, "\n"), "PORT", port) + "\n"
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		s.args = append([]string{config}, args...)
		if err = s.run(); err == nil {
			return s
		}
	}
	t.Fatal(err)
	return nil
}

// freePort is one that nobody had a moment ago.
func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	_ = l.Close() // it was only a number
	return port
}

// run starts the process and waits for its first answer.
func (s *Server) run() error {
	cmd, exited := exec.Command(s.binary, s.args...), make(chan struct{})
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("queuetest: start redis-server: %w", err)
	}
	go func() {
		_ = cmd.Wait() // its log says why it ended
		close(exited)
	}()
	s.mu.Lock()
	s.cmd, s.exited = cmd, exited
	s.mu.Unlock()
	client := s.Client()
	defer func() { _ = client.Close() }() // a connection
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	for {
		err := client.Ping(ctx).Err()
		if err == nil {
			return nil
		}
		select {
		case <-exited:
			log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
			return fmt.Errorf("queuetest: redis-server ended: %s", log)
		case <-ctx.Done():
			return fmt.Errorf("queuetest: redis-server does not answer: %w", err)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// Client is a connection to this one server. The caller closes it.
func (s *Server) Client() *redis.Client { return redis.NewClient(&redis.Options{Addr: s.Addr}) }

// Kill ends the server as a power cut does, paused or not; one that has ended
// stays so.
func (s *Server) Kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill() // already ended is as good
	<-s.exited
	s.cmd = nil
}

// Again starts a server that was killed, with its data and the configuration
// that it has rewritten meanwhile.
func (s *Server) Again(t testing.TB) {
	t.Helper()
	if err := s.run(); err != nil {
		t.Fatal(err)
	}
}

// Pause stops the process without ending it, so that it answers nobody; Resume
// lets it go on as if nothing had been.
func (s *Server) Pause(t testing.TB) { t.Helper(); s.signal(t, syscall.SIGSTOP) }

// Resume ends a Pause.
func (s *Server) Resume(t testing.TB) { t.Helper(); s.signal(t, syscall.SIGCONT) }

func (s *Server) signal(t testing.TB, sig syscall.Signal) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil {
		t.Fatal("queuetest: the server has ended")
	}
	if err := s.cmd.Process.Signal(sig); err != nil {
		t.Fatalf("queuetest: %v", err)
	}
}

// Replica starts a replica of a server and waits until it follows.
func (s *Server) Replica(t testing.TB, lines ...string) *Server {
	t.Helper()
	host, port, _ := net.SplitHostPort(s.known())
	r := Start(t, append([]string{"replicaof " + host + " " + port, "replica-announce-ip 127.0.0.1", "replica-announce-port PORT"}, lines...)...)
	client := s.Client()
	defer func() { _ = client.Close() }() // a connection
	within(t, "the replica follows", func(ctx context.Context) bool {
		info, err := client.Info(ctx, "replication").Result()
		return err == nil && slices.ContainsFunc(strings.Split(info, "\n"), func(line string) bool {
			return strings.HasPrefix(line, "slave") && strings.Contains(line, "port="+r.port()) && strings.Contains(line, "state=online")
		})
	})
	return r
}

// known is the address under which others find it.
func (s *Server) known() string {
	if s.front != "" {
		return s.front
	}
	return s.Addr
}

func (s *Server) port() string {
	_, port, _ := net.SplitHostPort(s.Addr)
	return port
}

// within waits for what servers arrange among themselves.
func within(t testing.TB, what string, ok func(ctx context.Context) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*startLimit)
	defer cancel()
	for !ok(ctx) {
		select {
		case <-ctx.Done():
			t.Fatalf("queuetest: waited in vain: %s", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
