package documents

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
)

func TestResume(t *testing.T) {
	const chunk = 16362
	b := picture(1, 10*chunk+77)
	first := func(t *testing.T, s *Store, n int) *Writer {
		t.Helper()
		w, err := s.Create(t.Context(), ticket, meta(pageA, b))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(b[:n]); err != nil {
			t.Fatal(err)
		}
		return w
	}
	tests := []struct {
		name   string
		before func(t *testing.T, s *Store)
		id     string
		have   int64
	}{
		{"suspended", func(t *testing.T, s *Store) { must(t, first(t, s, 5*chunk).Suspend()) }, pageA, 5 * chunk},
		{"suspended, other id", func(t *testing.T, s *Store) { must(t, first(t, s, 5*chunk).Suspend()) }, pageB, 5 * chunk},
		{"suspended uneven", func(t *testing.T, s *Store) { must(t, first(t, s, 5*chunk+9).Suspend()) }, pageA, 5 * chunk},
		{"suspended complete", func(t *testing.T, s *Store) { must(t, first(t, s, len(b)).Suspend()) }, pageA, int64(len(b))},
		{"connection replaced", func(t *testing.T, s *Store) { first(t, s, 5*chunk) }, pageA, 5 * chunk},
		{"process killed", func(t *testing.T, s *Store) { // only whole segments were written
			first(t, s, 5*chunk)
			clear(s.live)
		}, pageA, 65536 / chunk * chunk},
		{"old end torn", func(t *testing.T, s *Store) {
			w := first(t, s, 9*chunk)
			must(t, w.Suspend())
			must(t, os.Truncate(w.stem+".part", 70000))
		}, pageA, 65536 / chunk * chunk},
		{"old start changed", func(t *testing.T, s *Store) {
			w := first(t, s, 9*chunk)
			must(t, w.Suspend())
			f, err := os.OpenFile(w.stem+".part", os.O_RDWR, 0)
			must(t, err)
			_, err = f.WriteAt([]byte("xxxx"), 200)
			must(t, err)
			must(t, f.Close())
		}, pageA, 0},
		{"aborted", func(t *testing.T, s *Store) { must(t, first(t, s, 5*chunk).Abort()) }, pageA, 0},
		{"live under another id", func(t *testing.T, s *Store) { first(t, s, 5*chunk) }, pageB, 0},
		{"stored", func(t *testing.T, s *Store) { put(t, s, pageA, b) }, pageA, int64(len(b))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newStore(t, func(o *Options) { o.Align = chunk })
			tt.before(t, s)
			// A look at it counts what is torn or changed, too, and leaves all as it is.
			damaged := strings.HasPrefix(tt.name, "old ")
			have, err := s.Have(ticket, meta(tt.id, b))
			if fits := have == tt.have || damaged && have > tt.have; err != nil || !fits {
				t.Errorf("Have: %d %v, want %d", have, err, tt.have)
			}
			w, err := s.Create(t.Context(), ticket, meta(tt.id, b))
			if err != nil {
				t.Fatal(err)
			}
			if w.Have() != tt.have {
				t.Fatalf("has %d bytes, want %d", w.Have(), tt.have)
			}
			if _, err := w.Write(b[w.Have():]); len(b) > int(tt.have) && err != nil {
				t.Fatal(err)
			}
			if err := w.Commit(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got, err := get(s, tt.id); err != nil || !bytes.Equal(got, b) {
				t.Fatalf("read back: %v", err)
			}
		})
	}
}

func TestCreateTwice(t *testing.T) {
	s := newStore(t, nil)
	put(t, s, pageA, picture(1, 100))
	if _, err := s.Create(t.Context(), ticket, meta(pageA, picture(2, 100))); !errors.Is(err, ErrExists) {
		t.Errorf("other content under a stored id: %v", err)
	}
	w, _ := s.Create(t.Context(), ticket, meta(pageB, picture(3, 100)))
	w2, err := s.Create(t.Context(), ticket, meta(pageB, picture(3, 100)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(jpegStart); !errors.Is(err, ErrClosed) {
		t.Errorf("the older writer still writes: %v", err)
	}
	must(t, w2.Abort())
	if err := w2.Commit(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("commit after abort: %v", err)
	}
}

func TestPagesAtOnce(t *testing.T) {
	s := newStore(t, nil)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			b := picture(uint64(i), 200_000+i)
			id := "page-" + string(rune('a'+i))
			w, err := s.Create(t.Context(), ticket, meta(id, b))
			if err != nil {
				t.Error(err)
				return
			}
			for rest := b; len(rest) > 0; rest = rest[min(5000, len(rest)):] {
				if _, err := w.Write(rest[:min(5000, len(rest))]); err != nil {
					t.Error(err)
				}
			}
			if err := w.Commit(t.Context()); err != nil {
				t.Error(err)
			}
			if got, err := get(s, id); err != nil || !bytes.Equal(got, b) {
				t.Errorf("page %d: %v", i, err)
			}
		})
	}
	wg.Wait()
}

// TestOnePageAtOnce: many connections bring the same page at the same moment.
// Whoever comes later takes over or finds it stored; it is whole at any time.
func TestOnePageAtOnce(t *testing.T) {
	s := newStore(t, nil)
	b := picture(1, 3*SegmentSize+5)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for {
				w, err := s.Create(t.Context(), ticket, meta(pageA, b))
				if err != nil {
					t.Error(err)
					return
				}
				if _, err = w.Write(b[w.Have():]); err == nil || w.Have() == w.m.Size {
					err = w.Commit(t.Context())
				}
				if err == nil {
					break
				}
				if !errors.Is(err, ErrClosed) {
					t.Error(err)
					return
				}
			}
			if got, err := get(s, pageA); err != nil || !bytes.Equal(got, b) {
				t.Errorf("after a commit: %v", err)
			}
		})
	}
	wg.Wait()
	if n := files(t, s); len(n) != 3 {
		t.Errorf("files: %v", n)
	}
}
