// Package recordstest gives tests a real PostgreSQL of their own: on a unix socket
// in a short temporary folder, without TCP, as a user who may run it when the
// test is root. The server that the package of the system runs, if any, is left
// alone.
//
// A server ends with the process that started it, however that ends: a shell
// beside it waits for the end of a pipe which only the test holds, then stops the
// server and removes its folder.
//
// fsync is off: what a test commits survives the end of the server, not that of
// the machine. A centre's own server keeps fsync, full_page_writes and
// synchronous_commit as they are by default.
package recordstest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// role owns the cluster; the socket's folder is what protects it.
	role = "remotewindow"
	// Database is there from the start of a Server.
	Database = "remotewindow"
	// startLimit bounds how long a server may take to come up or to go.
	startLimit = 60 * time.Second
	// longestSocket is what sun_path holds, with its NUL, on Linux.
	longestSocket = 107
	socketName    = ".s.PGSQL.5432"
)

// shared is the server of Postgres: one for the test binary, since each takes a
// second to make. It is never stopped by a test.
var shared struct {
	sync.Mutex
	server *Server
}

// Postgres returns the URL of a fresh, empty database. A machine without
// PostgreSQL fails the test.
func Postgres(t testing.TB) string {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil {
		s, err := newServer()
		if err != nil {
			t.Fatalf("recordstest: %v", err)
		}
		shared.server = s
	}
	return shared.server.Fresh(t)
}

// Server is a PostgreSQL that a test may stop and start again.
type Server struct {
	bin    string // folder of initdb and pg_ctl
	dir    string // socket, log and data
	as     *syscall.SysProcAttr
	holder *os.File // its closing ends the keeper's wait
	keeper *exec.Cmd

	mu    sync.Mutex
	fresh int // databases made so far
}

// Start starts a server for this test and removes it in Cleanup.
func Start(t testing.TB) *Server {
	t.Helper()
	s, err := newServer()
	if err != nil {
		t.Fatalf("recordstest: %v", err)
	}
	t.Cleanup(func() {
		if err := s.remove(); err != nil {
			t.Errorf("recordstest: %v", err)
		}
	})
	return s
}

// URL of a database of this server, which need not be there.
func (s *Server) URL(db string) string {
	u := url.URL{Scheme: "postgres", User: url.User(role), Path: "/" + db,
		RawQuery: url.Values{"host": {s.dir}, "sslmode": {"disable"}}.Encode()}
	return u.String()
}

// Fresh makes an empty database, drops it in Cleanup, and returns its URL.
func (s *Server) Fresh(t testing.TB) string {
	t.Helper()
	s.mu.Lock()
	s.fresh++
	name := fmt.Sprint("t", s.fresh)
	s.mu.Unlock()
	if err := s.create(name); err != nil {
		t.Fatalf("recordstest: %v", err)
	}
	t.Cleanup(func() {
		// A server that a test has stopped takes its databases along.
		_ = s.do("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)")
	})
	return s.URL(name)
}

// Stop ends the server and every connection to it, as an operator would. What was
// committed is there after Start.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	s.control(t, "stop", "-m", "fast")
}

// Kill ends the server at once, as a crash would. What was committed is there
// after Start.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	s.control(t, "stop", "-m", "immediate")
}

// Start starts a server that was stopped.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	s.control(t, "start")
}

func (s *Server) control(t testing.TB, verb string, more ...string) {
	t.Helper()
	if err := s.pgctl(verb, more...); err != nil {
		t.Fatalf("recordstest: %v", err)
	}
}

func newServer() (*Server, error) {
	bin, err := newest()
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin, as: &syscall.SysProcAttr{Setpgid: true}}
	uid, gid := os.Getuid(), os.Getgid()
	if uid == 0 {
		if uid, gid, err = unprivileged(); err != nil {
			return nil, err
		}
		s.as.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	if s.dir, err = os.MkdirTemp(root(), "rwpg"); err != nil {
		return nil, err
	}
	if err := os.Chown(s.dir, uid, gid); err != nil {
		return nil, errors.Join(err, os.RemoveAll(s.dir))
	}
	if err := s.keep(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(s.dir))
	}
	_, err = s.run("initdb", "--pgdata", s.data(), "--username", role, "--auth", "trust", "--encoding", "UTF8",
		"--locale", "C", "--no-sync", "--no-instructions")
	if err == nil {
		err = s.pgctl("start")
	}
	if err == nil {
		err = s.create(Database)
	}
	if err != nil {
		return nil, errors.Join(err, s.remove())
	}
	return s, nil
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// keep starts the shell that outlives this process.
func (s *Server) keep() error {
	const script = `cat >/dev/null
"$1/pg_ctl" stop --pgdata "$2/data" --mode immediate --silent
rm -rf "$2"`
	waits, holds, err := os.Pipe()
	if err != nil {
		return err
	}
	s.keeper = exec.Command("/bin/sh", "-c", script, "sh", s.bin, s.dir)
	s.keeper.Dir, s.keeper.Stdin, s.keeper.SysProcAttr = "/", waits, s.as
	s.holder = holds
	err = s.keeper.Start()
	return errors.Join(err, waits.Close())
}

// remove ends the server and its keeper.
func (s *Server) remove() error {
	err := s.holder.Close()
	_ = s.keeper.Wait() // it ends with the code of rm; what is left shows below
	if _, left := os.Stat(s.dir); left == nil {
		err = errors.Join(err, os.RemoveAll(s.dir)) // a folder whose parent is not its owner's
	}
	return err
}

func (s *Server) pgctl(verb string, more ...string) error {
	args := append([]string{verb, "--pgdata", s.data(), "--wait", "--timeout", fmt.Sprint(int(startLimit.Seconds())), "--silent"}, more...)
	if verb == "start" {
		settings := strings.Join([]string{
			"-c listen_addresses=''", "-c unix_socket_directories='" + s.dir + "'", "-c fsync=off", "-c full_page_writes=off",
			"-c shared_buffers=32MB", "-c max_connections=200", "-c autovacuum=off", "-c max_wal_size=256MB",
		}, " ")
		args = append(args, "--log", filepath.Join(s.dir, "log"), "--options", settings)
	}
	out, err := s.run("pg_ctl", args...)
	if err != nil {
		log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
		return fmt.Errorf("%w\n%s%s", err, out, log)
	}
	return nil
}

func (s *Server) run(name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*startLimit)
	defer cancel()
	c := exec.CommandContext(ctx, filepath.Join(s.bin, name), args...)
	c.Dir, c.SysProcAttr = "/", s.as
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	out, err := c.CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("%s: %w: %s", name, err, out)
	}
	return string(out), nil
}

// create makes a database that sorts as a dictionary does where the server can,
// so that a query which counts on the order of bytes without saying so shows.
func (s *Server) create(name string) error {
	err := s.do("CREATE DATABASE " + name + " TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en'")
	if err != nil { // before PostgreSQL 15, or built without ICU
		err = s.do("CREATE DATABASE " + name)
	}
	return err
}

func (s *Server) do(statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	c, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return err
	}
	_, err = c.Exec(ctx, statement)
	return errors.Join(err, c.Close(ctx))
}

// newest returns the folder of the newest PostgreSQL's programs. Debian keeps
// them outside every PATH.
func newest() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	best, version := "", -1
	for _, path := range found {
		dir := filepath.Dir(path)
		if n, err := strconv.Atoi(filepath.Base(filepath.Dir(dir))); err == nil && n > version {
			best, version = dir, n
		}
	}
	if best == "" {
		if path, err := exec.LookPath("initdb"); err == nil {
			best = filepath.Dir(path)
		}
	}
	if best == "" {
		return "", errors.New("this test needs PostgreSQL, which .ci/install installs")
	}
	return best, nil
}

// unprivileged returns the user of the package: the server refuses root.
func unprivileged() (uid, gid int, err error) {
	u, err := user.Lookup("postgres")
	if err != nil {
		return 0, 0, fmt.Errorf("PostgreSQL does not run as root, and there is no user of its package, which .ci/install installs: %w", err)
	}
	if uid, err = strconv.Atoi(u.Uid); err != nil {
		return 0, 0, err
	}
	gid, err = strconv.Atoi(u.Gid)
	return uid, gid, err
}

// root is a folder that anyone may pass through and whose name leaves room for
// that of a socket.
func root() string {
	dir := os.TempDir()
	if len(dir)+len("/rwpg1234567890/")+len(socketName) > longestSocket {
		return "/tmp"
	}
	if runtime.GOOS == "windows" || os.Getuid() != 0 {
		return dir
	}
	for at := dir; ; at = filepath.Dir(at) {
		info, err := os.Stat(at)
		if err != nil || info.Mode().Perm()&1 == 0 {
			return "/tmp"
		}
		if at == filepath.Dir(at) {
			return dir
		}
	}
}
