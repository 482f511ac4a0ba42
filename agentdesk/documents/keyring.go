package documents

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

const keySize = 32 // AES-256

// KeyRing holds the installation's keys. Case keys are wrapped by the current
// one; older ones stay to open what they wrapped.
type KeyRing struct {
	current string
	keys    map[string][]byte
}

// ringFile is the key ring as it lies on disk.
type ringFile struct {
	Current string    `json:"current"`
	Keys    []ringKey `json:"keys"`
}

type ringKey struct {
	ID        string `json:"id"`
	Algorithm string `json:"algorithm"` // A256GCM
	Key       []byte `json:"key"`       // base64 of 32 bytes
}

// ErrKeyRing means that the key ring's file cannot be used; its message says why.
var ErrKeyRing = errors.New("key ring cannot be used")

// OpenKeyRing reads the key ring at path and makes one with a fresh key if
// there is none. The file must not be readable by group or others.
func OpenKeyRing(path string) (*KeyRing, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := createRing(path); err != nil {
			return nil, fmt.Errorf("%w: make %s: %w", ErrKeyRing, path, err)
		}
		b, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: read %s: %w", ErrKeyRing, path, err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeyRing, err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%w: %s may be read by others (mode %04o); chmod 600 it", ErrKeyRing, path, info.Mode().Perm())
	}
	return parseRing(b)
}

func parseRing(b []byte) (*KeyRing, error) {
	var f ringFile
	if err := json.Unmarshal(b, &f); err != nil {
		return nil, fmt.Errorf("%w: not JSON: %w", ErrKeyRing, err)
	}
	r := &KeyRing{current: f.Current, keys: make(map[string][]byte)}
	for _, k := range f.Keys {
		if !isName(k.ID) || k.Algorithm != "A256GCM" || len(k.Key) != keySize || r.keys[k.ID] != nil {
			return nil, fmt.Errorf("%w: key %q is not a 256-bit A256GCM key of its own id", ErrKeyRing, k.ID)
		}
		r.keys[k.ID] = k.Key
	}
	if r.keys[r.current] == nil {
		return nil, fmt.Errorf("%w: current key %q is not in it", ErrKeyRing, r.current)
	}
	return r, nil
}

// createRing writes a ring with one key. A link, not a rename, puts it in
// place: of two processes that start at once one wins and both use its key.
func createRing(path string) error {
	id := make([]byte, 4)
	key := make([]byte, keySize)
	rand.Read(id)
	rand.Read(key)
	k := ringKey{ID: "k-" + hex.EncodeToString(id), Algorithm: "A256GCM", Key: key}
	b, err := json.MarshalIndent(ringFile{Current: k.ID, Keys: []ringKey{k}}, "", "  ")
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := placeNew(path, append(b, '\n')); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// placeNew makes path with content b, whole or not at all, and durably. It
// fails with fs.ErrExist if path is there already.
func placeNew(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // if it stays, purge takes it
	_, err = f.Write(b)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes the names in dir durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
