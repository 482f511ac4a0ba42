package recordstest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"
)

// victim makes this binary start a server, tell its folder, and wait to be killed.
const victim = "REMOTEWINDOW_RECORDSTEST_VICTIM"

func TestMain(m *testing.M) {
	if os.Getenv(victim) != "" {
		s, err := newServer()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(s.dir)
		time.Sleep(time.Hour)
	}
	goleak.VerifyTestMain(m)
}

// ask returns what one query answers.
func ask(t *testing.T, url, query string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		return "", err
	}
	defer func() { _ = c.Close(ctx) }()
	var answer string
	err = c.QueryRow(ctx, query).Scan(&answer)
	return answer, err
}

func TestPostgres(t *testing.T) {
	first, second := Postgres(t), Postgres(t)
	if first == second {
		t.Fatal("the same database twice")
	}
	for query, want := range map[string]string{
		"SHOW listen_addresses": "", "SHOW fsync": "off", "SHOW synchronous_commit": "on", "SHOW server_encoding": "UTF8",
		"SELECT count(*)::text FROM pg_tables WHERE schemaname = 'public'": "0",
	} {
		if got, err := ask(t, first, query); err != nil || got != want {
			t.Errorf("%s: %q %v, want %q", query, got, err, want)
		}
	}
	if path := shared.server.dir + "/" + socketName; len(path) > longestSocket {
		t.Errorf("%s is too long for a socket", path)
	}
}

func TestStopAndStart(t *testing.T) {
	s := Start(t)
	url := s.URL(Database)
	if _, err := ask(t, url, "CREATE TABLE kept AS SELECT 'here' AS word"); err != nil && !errors.Is(err, pgx.ErrNoRows) {
		t.Fatal(err)
	}
	for name, stop := range map[string]func(testing.TB){"stopped": s.Stop, "killed": s.Kill} {
		stop(t)
		if _, err := ask(t, url, "SELECT word FROM kept"); err == nil {
			t.Errorf("%s, and answers", name)
		}
		s.Start(t)
		if got, err := ask(t, url, "SELECT word FROM kept"); err != nil || got != "here" {
			t.Errorf("%s and started: %q %v", name, got, err)
		}
	}
}

// TestNoOrphan kills a process that has a server: the server and its folder go.
func TestNoOrphan(t *testing.T) {
	c := exec.CommandContext(t.Context(), os.Args[0])
	c.Env = append(os.Environ(), victim+"=1")
	var complaint strings.Builder
	c.Stderr = &complaint
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	dir, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("no server: %v %s", err, complaint.String())
	}
	dir = strings.TrimSpace(dir)
	if _, err := os.Stat(dir + "/data/postmaster.pid"); err != nil {
		t.Fatal(err)
	}
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait()
	for deadline := time.Now().Add(startLimit); ; time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s is still there", dir)
		}
	}
}
