package documents

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	ticket = "019e0000-0000-7000-8000-000000000001"
	pageA  = "0123456789abcdef0123456789abcdef"
	pageB  = "fedcba9876543210fedcba9876543210"
)

// picture returns n bytes that begin like a JPEG.
func picture(seed uint64, n int) []byte {
	b := make([]byte, n)
	src := rand.NewChaCha8([32]byte{byte(seed)})
	if _, err := src.Read(b); err != nil {
		panic(err) // it never fails
	}
	copy(b, jpegStart)
	return b
}

func meta(id string, b []byte) Meta {
	sum := sha256.Sum256(b)
	return Meta{ID: id, SHA256: hex.EncodeToString(sum[:]), Size: int64(len(b)), MIME: "image/jpeg"}
}

func newStore(t *testing.T, change func(*Options)) *Store {
	t.Helper()
	return openStore(t, t.TempDir(), change)
}

func openStore(t *testing.T, dir string, change func(*Options)) *Store {
	t.Helper()
	ring, err := OpenKeyRing(filepath.Join(dir, "keys.json"))
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Dir: filepath.Join(dir, "pages"), Centre: "pj", KeyRing: ring}
	if change != nil {
		change(&o)
	}
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func put(t *testing.T, s *Store, id string, b []byte) {
	t.Helper()
	w, err := s.Create(t.Context(), ticket, meta(id, b))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func get(s *Store, id string) ([]byte, error) {
	_, r, err := s.Open(context.Background(), ticket, id)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

func files(t *testing.T, s *Store) (names []string) {
	t.Helper()
	err := filepath.WalkDir(s.root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, d.Name())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestRoundTrip(t *testing.T) {
	s := newStore(t, nil)
	for i, n := range []int{3, 7, 8, 100, SegmentSize - 1, SegmentSize, SegmentSize + 1, 3 * SegmentSize, 1 << 20} {
		b := picture(uint64(i), n)
		id := "p" + string(rune('a'+i))
		w, err := s.Create(t.Context(), ticket, meta(id, b))
		if err != nil {
			t.Fatalf("%d bytes: %v", n, err)
		}
		for rest := b; len(rest) > 0; { // in pieces as they come from the wire
			k := min(16362, len(rest))
			if _, err := w.Write(rest[:k]); err != nil {
				t.Fatal(err)
			}
			rest = rest[k:]
		}
		if _, err := get(s, id); !errors.Is(err, ErrNotFound) {
			t.Errorf("%d bytes: visible before Commit: %v", n, err)
		}
		if err := w.Commit(t.Context()); err != nil {
			t.Fatalf("%d bytes: %v", n, err)
		}
		m, r, err := s.Open(t.Context(), ticket, id)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		r.Close()
		if err != nil || !bytes.Equal(got, b) || m != meta(id, b) {
			t.Errorf("%d bytes: read back %d bytes, meta %+v, %v", n, len(got), m, err)
		}
	}
	// Nothing of a picture lies readable on disk.
	must(t, filepath.WalkDir(s.root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			b, _ := os.ReadFile(path)
			if bytes.Contains(b, jpegStart) && bytes.Contains(b, picture(8, 1<<20)[100:200]) {
				t.Errorf("%s holds clear text", d.Name())
			}
			if info, _ := d.Info(); info.Mode().Perm() != 0o600 {
				t.Errorf("%s has mode %v", d.Name(), info.Mode())
			}
		}
		return err
	}))
}

func TestRefused(t *testing.T) {
	good := picture(1, 1000)
	m := meta(pageA, good)
	with := func(f func(*Meta)) Meta { c := m; f(&c); return c }
	tests := []struct {
		name string
		meta Meta
		body []byte
		want error
	}{
		{"too large by description", with(func(m *Meta) { m.Size = 20<<20 + 1 }), nil, ErrTooLarge},
		{"more than announced", with(func(m *Meta) { m.Size = 999 }), good, ErrTooLarge},
		{"fewer than announced", with(func(m *Meta) { m.Size = 1001 }), good, ErrHash},
		{"other bytes", m, picture(2, 1000), ErrHash},
		{"pdf announced", with(func(m *Meta) { m.MIME = "application/pdf" }), nil, ErrType},
		{"jpeg announced as png", with(func(m *Meta) { m.MIME = "image/png" }), good, ErrType},
		{"text", meta(pageA, []byte("hello, this is text")), []byte("hello, this is text"), ErrType},
		{"two bytes of text", meta(pageA, []byte("hi")), []byte("hi"), ErrType},
		{"empty", with(func(m *Meta) { m.Size = 0 }), nil, ErrInvalid},
		{"negative", with(func(m *Meta) { m.Size = -1 }), nil, ErrInvalid},
		{"path as id", with(func(m *Meta) { m.ID = "../x" }), nil, ErrInvalid},
		{"dots as id", with(func(m *Meta) { m.ID = ".." }), nil, ErrInvalid},
		{"no id", with(func(m *Meta) { m.ID = "" }), nil, ErrInvalid},
		{"hash in capitals", with(func(m *Meta) { m.SHA256 = strings.ToUpper(m.SHA256) }), nil, ErrInvalid},
		{"no hash", with(func(m *Meta) { m.SHA256 = "" }), nil, ErrInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newStore(t, nil)
			w, err := s.Create(t.Context(), ticket, tt.meta)
			if err == nil {
				if _, err = w.Write(tt.body); err == nil {
					err = w.Commit(t.Context())
				}
				must(t, w.Abort())
			}
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if _, err := get(s, tt.meta.ID); !errors.Is(err, ErrNotFound) {
				t.Errorf("something is visible: %v", err)
			}
			for _, n := range files(t, s) {
				if n != caseKeyName {
					t.Errorf("left behind: %s", n)
				}
			}
		})
	}
	if _, err := newStore(t, nil).Create(t.Context(), "../t", m); !errors.Is(err, ErrInvalid) {
		t.Errorf("path as ticket: %v", err)
	}
}

// TestTamper turns one bit in each region of each file of a page.
func TestTamper(t *testing.T) {
	s := newStore(t, nil)
	b := picture(1, 2*SegmentSize+100)
	put(t, s, pageA, b)
	for _, name := range []string{caseKeyName, pageA + ".key", pageA + ".page"} {
		path := s.path(ticket, name)
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		_, head, err := parseHeader(whole)
		if err != nil {
			t.Fatal(err)
		}
		var places []int
		for i := range head + 4 { // every byte of the header, and the first sealed ones
			places = append(places, i)
		}
		places = append(places, len(whole)-1, len(whole)-tagSize, len(whole)-tagSize-1, len(whole)/2)
		if strings.HasSuffix(name, ".page") { // tags and starts of segments
			places = append(places, head+SegmentSize, head+SegmentSize+tagSize-1, head+SegmentSize+tagSize, head+2*(SegmentSize+tagSize))
		}
		for _, at := range places {
			for bit := range 8 {
				changed := bytes.Clone(whole)
				changed[at] ^= 1 << bit
				must(t, os.WriteFile(path, changed, 0o600))
				if got, err := get(s, pageA); err == nil {
					t.Fatalf("%s: bit %d of byte %d turned, page of %d bytes still opens", name, bit, at, len(got))
				} else if !errors.Is(err, ErrTampered) && !errors.Is(err, ErrKeyUnknown) {
					t.Fatalf("%s byte %d: %v", name, at, err)
				}
			}
		}
		for _, n := range []int{0, 3, head, len(whole) - 1, len(whole) - tagSize, head + SegmentSize + tagSize} {
			if n >= len(whole) {
				continue
			}
			must(t, os.WriteFile(path, whole[:n], 0o600))
			if _, err := get(s, pageA); !errors.Is(err, ErrTampered) {
				t.Errorf("%s cut to %d: %v", name, n, err)
			}
		}
		must(t, os.WriteFile(path, append(bytes.Clone(whole), 0), 0o600))
		if _, err := get(s, pageA); !errors.Is(err, ErrTampered) {
			t.Errorf("%s made longer: %v", name, err)
		}
		must(t, os.WriteFile(path, whole, 0o600))
	}
	if got, err := get(s, pageA); err != nil || !bytes.Equal(got, b) {
		t.Fatalf("restored page: %v", err)
	}

	// Segments and whole files cannot change places.
	path := s.path(ticket, pageA+".page")
	whole, _ := os.ReadFile(path)
	_, head, _ := parseHeader(whole)
	swapped := bytes.Clone(whole)
	copy(swapped[head:], whole[head+SegmentSize+tagSize:head+2*(SegmentSize+tagSize)])
	copy(swapped[head+SegmentSize+tagSize:], whole[head:head+SegmentSize+tagSize])
	must(t, os.WriteFile(path, swapped, 0o600))
	if _, err := get(s, pageA); !errors.Is(err, ErrTampered) {
		t.Errorf("segments swapped: %v", err)
	}
	must(t, os.WriteFile(path, whole, 0o600))
	put(t, s, pageB, b)
	must(t, os.Rename(s.path(ticket, pageB+".page"), path))
	if _, err := get(s, pageA); !errors.Is(err, ErrTampered) {
		t.Errorf("another page in its place: %v", err)
	}
}
