package documents

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
)

func TestDiskFull(t *testing.T) {
	var free uint64 = 1 << 40
	s := newStore(t, func(o *Options) {
		o.MinFree = 1000
		o.Free = func(string) (uint64, error) { return free, nil }
	})
	b := picture(1, 500)
	for _, tt := range []struct {
		free uint64
		want error
	}{{1500, nil}, {1499, ErrDiskFull}, {0, ErrDiskFull}} {
		free = tt.free
		w, err := s.Create(t.Context(), ticket, meta(pageA, b))
		if !errors.Is(err, tt.want) {
			t.Errorf("%d bytes free: %v, want %v", tt.free, err, tt.want)
		}
		if w != nil {
			must(t, w.Abort())
		}
	}
	if err := s.Check(t.Context()); !errors.Is(err, ErrDiskFull) {
		t.Errorf("Check with nothing free: %v", err)
	}
	free = 1 << 40
	if err := s.Check(t.Context()); err != nil {
		t.Errorf("Check with room: %v", err)
	}
}

// TestDiskFullMeanwhile lets the system itself say ENOSPC in the middle of a page.
func TestDiskFullMeanwhile(t *testing.T) {
	s := newStore(t, nil)
	b := picture(1, 4*SegmentSize)
	w, err := s.Create(t.Context(), ticket, meta(pageA, b))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(b[:2*SegmentSize]); err != nil {
		t.Fatal(err)
	}
	disk := w.file
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { must(t, full.Close()) }()
	w.file = full
	if _, err := w.Write(b[2*SegmentSize:]); !errors.Is(err, ErrDiskFull) {
		t.Fatalf("write on a full disk: %v", err)
	}
	w.file = disk // there is room again, but the file ends in a torn segment
	if n, err := w.Write(b[w.Have():]); n != 0 || !errors.Is(err, ErrDiskFull) {
		t.Errorf("writes on behind a gap: %d bytes, %v", n, err)
	}
	if err := w.Commit(t.Context()); !errors.Is(err, ErrDiskFull) {
		t.Errorf("commits with a gap: %v", err)
	}
	if _, err := get(s, pageA); !errors.Is(err, ErrNotFound) {
		t.Errorf("half a page is visible: %v", err)
	}
	w, err = s.Create(t.Context(), ticket, meta(pageA, b))
	if err != nil {
		t.Fatal(err)
	}
	if w.Have() != 2*SegmentSize {
		t.Errorf("resumes at %d", w.Have())
	}
	if _, err := w.Write(b[w.Have():]); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(t.Context()); err != nil {
		t.Errorf("after room was made: %v", err)
	}
}

// TestReadOnlyFolder drops root's right to write anywhere for one thread and
// works in a folder that is not its own.
func TestReadOnlyFolder(t *testing.T) {
	s := newStore(t, nil)
	b := picture(1, 100)
	put(t, s, pageA, b)
	for _, dir := range []string{s.root, s.o.Dir, filepath.Dir(s.o.Dir), filepath.Dir(filepath.Dir(s.o.Dir))} {
		if err := os.Chmod(dir, 0o555); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { must(t, os.Chmod(dir, 0o700)) })
	}
	if root := os.Geteuid(); root == 0 {
		runtime.LockOSThread() // never unlocked: the thread ends with the test
		if err := syscall.Setfsuid(65534); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { must(t, syscall.Setfsuid(root)) })
	}
	if _, err := s.Create(t.Context(), "another-case", meta(pageB, b)); !errors.Is(err, ErrDiskFull) {
		t.Errorf("page for a folder that cannot be written: %v", err)
	}
	if err := s.Check(t.Context()); !errors.Is(err, ErrDiskFull) {
		t.Errorf("Check: %v", err)
	}
	o := s.o
	o.Centre = "second"
	o.Dir = s.root
	if _, err := Open(o); !errors.Is(err, ErrDiskFull) {
		t.Errorf("Open: %v", err)
	}
}
