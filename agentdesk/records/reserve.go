package records

import (
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

const (
	// reserveName of the file beside the embedded database.
	reserveName = "reserve"
	// reserveSize holds some ten thousand changes of tickets with their audit rows.
	reserveSize = 16 << 20
	// reserveRoom must stay free beside the reserve when it is made. Documents stop
	// at 64 MiB, so that it is never made of what they would take next.
	reserveRoom = 64 << 20
	// reserveEvery is the least time between two attempts to make it again.
	reserveEvery = time.Minute
	// justGiven is how long a write that failed may have been under way when the
	// reserve was given up.
	justGiven = 5 * time.Second
	// fullBelow is how little is free on a disk when an error that does not say so
	// is put down to it.
	fullBelow = 1 << 20
)

// reserve is room on the disk that is set aside while there is plenty. Whoever
// fills the disk, pages, logs or another program, meets its end before the records
// do: the first write that finds no room gives the reserve up and goes on, so that
// calls still end and the audit is still written.
type reserve struct {
	dir  string
	log  *slog.Logger
	free func(dir string) (uint64, error)

	mu     sync.Mutex
	held   bool
	closed bool
	given  time.Time // up, last
	next   time.Time // of the next attempt to make it
	making sync.WaitGroup
}

func newReserve(dir string, log *slog.Logger) *reserve {
	return &reserve{dir: dir, log: log, free: freeSpace}
}

// freeSpace returns how many bytes an ordinary user may still write below dir.
func freeSpace(dir string) (uint64, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, err
	}
	return st.Bavail * uint64(st.Bsize), nil
}

func (v *reserve) path() string { return filepath.Join(v.dir, reserveName) }

// make sets the reserve aside, unless it is there or there is little room. A disk
// without one works like any other.
func (v *reserve) make() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.next = time.Now().Add(reserveEvery)
	if info, err := os.Stat(v.path()); err == nil && info.Size() == reserveSize {
		v.held = true
		return
	}
	if free, err := v.free(v.dir); err != nil || free < reserveSize+reserveRoom {
		v.log.Warn("little room on the disk of the database: no reserve", "free_bytes", free, "err", err)
		return
	}
	if err := v.fill(); err != nil {
		v.log.Warn("no reserve on the disk of the database", "err", errors.Join(err, v.remove()))
		return
	}
	v.held = true
}

// fill takes the room, by writing where nothing else takes it for sure: bytes that
// no file system makes smaller.
func (v *reserve) fill() (err error) {
	f, err := os.OpenFile(v.path(), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := allocate(f, reserveSize); err == nil || errors.Is(err, syscall.ENOSPC) {
		return err
	}
	if _, err := io.CopyN(f, rand.NewChaCha8([32]byte{}), reserveSize); err != nil {
		return err
	}
	return f.Sync() // a disk may tell only now that it is full
}

func (v *reserve) remove() error {
	if err := os.Remove(v.path()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// giveUp frees the reserve when err tells that the disk is full. It answers
// whether there is more room now than when err came about.
func (v *reserve) giveUp(err error) bool {
	if !v.full(err) {
		return false
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.held {
		// Another write met the end of the disk at the same moment and was first.
		return time.Since(v.given) < justGiven
	}
	v.held, v.given = false, time.Now()
	v.next = v.given.Add(reserveEvery)
	if err := v.remove(); err != nil {
		v.log.Error("the disk of the database is full, and its reserve cannot be given up", "err", err)
		return false
	}
	v.log.Error("the disk of the database is full: the reserve is given up, make room", "reserve_bytes", reserveSize)
	return true
}

func (v *reserve) full(err error) bool {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return true
	}
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return false
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_FULL:
		return true
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN: // the write-ahead log and its index say it so
		free, err := v.free(v.dir)
		return err == nil && free < fullBelow
	}
	return false
}

// wrote is called after every write: now and then it sees whether a reserve that
// was given up can be made again.
func (v *reserve) wrote() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.held || v.closed || time.Now().Before(v.next) {
		return
	}
	v.next = time.Now().Add(reserveEvery)
	v.making.Go(v.make)
}

// close waits for an attempt that is under way; none begins after it.
func (v *reserve) close() {
	v.mu.Lock()
	v.closed = true
	v.mu.Unlock()
	v.making.Wait()
}
