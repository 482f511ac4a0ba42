package documents

import (
	"errors"
	"os"
	"testing"
	"time"
)

func TestDelete(t *testing.T) {
	s := newStore(t, nil)
	put(t, s, pageA, picture(1, 100))
	put(t, s, pageB, picture(2, 100))
	if err := s.Delete(t.Context(), ticket, pageA); err != nil {
		t.Fatal(err)
	}
	if _, err := get(s, pageA); !errors.Is(err, ErrNotFound) {
		t.Errorf("deleted page: %v", err)
	}
	if err := s.Delete(t.Context(), ticket, pageA); !errors.Is(err, ErrNotFound) {
		t.Errorf("deleted twice: %v", err)
	}
	if _, err := get(s, pageB); err != nil {
		t.Errorf("the other page: %v", err)
	}
	w, _ := s.Create(t.Context(), ticket, meta("on-its-way", picture(3, 100)))
	if err := s.DeleteCase(t.Context(), ticket); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(jpegStart); !errors.Is(err, ErrClosed) {
		t.Errorf("page on its way: %v", err)
	}
	if n := files(t, s); len(n) != 0 {
		t.Errorf("left of the case: %v", n)
	}
	if err := s.DeleteCase(t.Context(), ticket); !errors.Is(err, ErrNotFound) {
		t.Errorf("case deleted twice: %v", err)
	}
	if err := s.Delete(t.Context(), "..", pageA); !errors.Is(err, ErrNotFound) {
		t.Errorf("path as ticket: %v", err)
	}
}

func TestPurge(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir, nil)
	b := picture(1, 2*SegmentSize)
	put(t, s, pageA, b)
	w, _ := s.Create(t.Context(), ticket, meta(pageB, b))
	if _, err := w.Write(b[:SegmentSize]); err != nil {
		t.Fatal(err)
	}
	must(t, w.Suspend())
	if n := len(files(t, openStore(t, dir, nil))); n != 5 { // case.key, .key, .page, .part, .partkey
		t.Errorf("%d files after a start within a day", n)
	}
	later := func(o *Options) { o.Now = func() time.Time { return time.Now().Add(25 * time.Hour) } }
	s = openStore(t, dir, later)
	if n := files(t, s); len(n) != 3 {
		t.Errorf("after a start a day later: %v", n)
	}
	if _, err := get(s, pageA); err != nil {
		t.Errorf("stored page: %v", err)
	}
	must(t, os.Remove(s.path(ticket, pageA+".key")))
	if n := files(t, openStore(t, dir, later)); len(n) != 1 {
		t.Errorf("bytes without a key stay: %v", n)
	}
}
