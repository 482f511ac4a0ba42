package documents

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func TestKeyRing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", "keys.json")
	var rings [4]*KeyRing // several starts at once agree on one key
	var wg sync.WaitGroup
	for i := range rings {
		wg.Go(func() {
			var err error
			if rings[i], err = OpenKeyRing(path); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, r := range rings[1:] {
		if r == nil || r.current != rings[0].current || !bytes.Equal(r.keys[r.current], rings[0].keys[r.current]) {
			t.Fatal("starts at once made different rings")
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	must(t, os.Chmod(path, 0o640))
	if _, err := OpenKeyRing(path); !errors.Is(err, ErrKeyRing) {
		t.Errorf("ring that others may read: %v", err)
	}
}

func TestKeyRingRefused(t *testing.T) {
	const key = `"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="`
	for name, content := range map[string]string{
		"empty":           ``,
		"no keys":         `{"current":"k-1","keys":[]}`,
		"current missing": `{"current":"k-2","keys":[{"id":"k-1","algorithm":"A256GCM","key":` + key + `}]}`,
		"short key":       `{"current":"k-1","keys":[{"id":"k-1","algorithm":"A256GCM","key":"AAAA"}]}`,
		"other algorithm": `{"current":"k-1","keys":[{"id":"k-1","algorithm":"SM4-GCM","key":` + key + `}]}`,
		"twice":           `{"current":"k-1","keys":[{"id":"k-1","algorithm":"A256GCM","key":` + key + `},{"id":"k-1","algorithm":"A256GCM","key":` + key + `}]}`,
	} {
		if _, err := parseRing([]byte(content)); !errors.Is(err, ErrKeyRing) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestOtherKeyRing opens pages with a ring that never wrapped them.
func TestOtherKeyRing(t *testing.T) {
	s := newStore(t, nil)
	put(t, s, pageA, picture(1, 100))
	other, err := OpenKeyRing(filepath.Join(t.TempDir(), "keys.json"))
	if err != nil {
		t.Fatal(err)
	}
	was := s.o.KeyRing
	s.o.KeyRing = other
	if _, err := get(s, pageA); !errors.Is(err, ErrKeyUnknown) {
		t.Errorf("with another ring: %v", err)
	}
	// Rotation: a newer current key beside the one that wrapped the page.
	s.o.KeyRing = &KeyRing{current: other.current, keys: map[string][]byte{
		was.current: was.keys[was.current], other.current: other.keys[other.current],
	}}
	if _, err := get(s, pageA); err != nil {
		t.Errorf("after rotation: %v", err)
	}
	// Of another centre on the same installation nothing opens.
	s.o.Centre = "second"
	if _, err := get(s, pageA); !errors.Is(err, ErrTampered) {
		t.Errorf("as another centre: %v", err)
	}
}

func FuzzHeader(f *testing.F) {
	for _, k := range []header{
		{kindCaseKey, aes256GCM, "k-1", "case", make([]byte, wholeNonce)},
		{kindPageKey, aes256GCM, "c-1", pageA, make([]byte, wholeNonce)},
		{kindPage, aes256GCMSegments, pageA, pageA, make([]byte, segmentNonce)},
	} {
		f.Add(k.append(nil))
		f.Add(append(k.append(nil), "behind"...))
	}
	f.Add([]byte("RWS1"))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, n, err := parseHeader(b)
		if err != nil {
			if !errors.Is(err, errHeader) {
				t.Fatalf("error of another kind: %v", err)
			}
			return
		}
		if n > maxHeader || !bytes.Equal(h.append(nil), b[:n]) {
			t.Fatalf("%+v encodes to other bytes than %x", h, b[:n])
		}
	})
}
