package documents

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Errors of the store, wrapped with what happened.
var (
	ErrTooLarge   = errors.New("page too large")                 // above MaxBytes, or more bytes than announced
	ErrHash       = errors.New("page differs from its hash")     // or has fewer bytes than announced
	ErrType       = errors.New("page is no JPEG or PNG picture") // by its bytes, or not as announced
	ErrDiskFull   = errors.New("data folder full or not writable")
	ErrNotFound   = errors.New("no such page")
	ErrExists     = errors.New("another page has this id")
	ErrInvalid    = errors.New("bad description of a page")
	ErrTampered   = errors.New("sealed object was changed")
	ErrKeyUnknown = errors.New("sealed under a key that the key ring does not hold")
	ErrClosed     = errors.New("writer closed")
)

// Options of a Store.
type Options struct {
	Dir     string // root of the sealed pages, made if missing
	Centre  string
	KeyRing *KeyRing

	MaxBytes int64 // of one page; 0 = 20 MiB
	MinFree  int64 // bytes that must stay free on the disk; 0 = 64 MiB
	// Align makes a resumed page start at a multiple of it, in bytes; 0 = 1.
	// The sender's chunk size stands here, so that it resumes at a whole chunk.
	Align int64
	// KeepPartial is how long an interrupted page can be resumed; 0 = 24 h.
	KeepPartial time.Duration

	Free   func(dir string) (uint64, error) // free bytes; nil asks the system
	Now    func() time.Time                 // nil = time.Now
	Logger *slog.Logger                     // nil discards
}

// Store keeps sealed pages. It is safe for concurrent use.
type Store struct {
	o    Options
	root string // Dir/Centre

	// making lets one page begin or one case go at a time, so that a page has
	// one live writer and no partial is taken over twice.
	making sync.Mutex

	mu   sync.Mutex         // guards live and the making of case keys
	live map[string]*Writer // by ticket/page
}

// Open prepares Dir, removes partial pages that are too old to resume and
// returns the store. ErrDiskFull if the folder cannot be written.
func Open(o Options) (*Store, error) {
	if o.MaxBytes == 0 {
		o.MaxBytes = 20 << 20
	}
	if o.MinFree == 0 {
		o.MinFree = 64 << 20
	}
	if o.Align <= 0 {
		o.Align = 1
	}
	if o.KeepPartial == 0 {
		o.KeepPartial = 24 * time.Hour
	}
	if o.Free == nil {
		o.Free = freeSpace
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.KeyRing == nil || !isName(o.Centre) || o.Dir == "" {
		return nil, fmt.Errorf("%w: documents need a folder, a centre and a key ring", ErrInvalid)
	}
	s := &Store{o: o, root: filepath.Join(o.Dir, o.Centre), live: make(map[string]*Writer)}
	if err := os.MkdirAll(s.root, 0o700); err != nil {
		return nil, diskError("make folder", err)
	}
	if err := s.purge(); err != nil {
		return nil, diskError("tidy", err)
	}
	return s, nil
}

// purge removes what a page on its way left behind longer than KeepPartial ago.
func (s *Store) purge() error {
	limit := s.o.Now().Add(-s.o.KeepPartial)
	return filepath.WalkDir(s.root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name := d.Name()
		orphan := false
		if page, ok := strings.CutSuffix(name, ".page"); ok {
			_, err := os.Lstat(filepath.Join(filepath.Dir(path), page+".key"))
			orphan = errors.Is(err, fs.ErrNotExist) // its key is gone: nobody can read it
		}
		if !orphan && !strings.HasSuffix(name, ".part") && !strings.HasSuffix(name, ".partkey") && !strings.HasPrefix(name, ".new-") {
			return nil
		}
		info, err := d.Info()
		if err != nil || info.ModTime().After(limit) {
			return nil // gone meanwhile, or young enough to resume
		}
		s.o.Logger.Info("partial page removed", "age", s.o.Now().Sub(info.ModTime()).Round(time.Minute))
		return os.Remove(path)
	})
}

// Check tells whether a page could be stored now: the folder can be written
// and MinFree is free. For readiness.
func (s *Store) Check(context.Context) error {
	if err := s.space(0); err != nil {
		return err
	}
	f, err := os.CreateTemp(s.root, ".new-*")
	if err != nil {
		return diskError("probe", err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// Have tells how many bytes of a page are there: of a live writer, of the page
// itself, or of a partial one. It opens and changes nothing, so what a crash left
// torn is counted, too; Create's writer has the last word.
func (s *Store) Have(ticket string, m Meta) (int64, error) {
	if err := m.check(s.o.MaxBytes); err != nil {
		return 0, err
	}
	if !isName(ticket) {
		return 0, ErrInvalid
	}
	s.mu.Lock()
	w := s.live[ticket+"/"+m.ID]
	s.mu.Unlock()
	if w != nil && w.m == m {
		return s.aligned(w.Have(), m.Size), nil
	}
	if _, err := os.Stat(s.path(ticket, m.ID+".key")); err == nil {
		return m.Size, nil
	}
	entries, err := os.ReadDir(s.path(ticket))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("look for a partial page: %w", err)
	}
	for _, e := range entries {
		stem, ok := strings.CutSuffix(filepath.Join(s.path(ticket), e.Name()), ".part")
		if !ok || !strings.HasSuffix(stem, "."+m.SHA256) || s.isLive(stem) {
			continue
		}
		info, err := e.Info()
		if err != nil {
			continue // it was taken over or removed meanwhile
		}
		page, _, _ := strings.Cut(e.Name(), ".")
		return s.aligned(plain(info.Size(), page), m.Size), nil
	}
	return 0, nil
}

// plain is how many bytes of a page a sealed file of size bytes holds.
func plain(size int64, page string) int64 {
	size -= int64(len(header{KeyID: page, Object: page, Nonce: make([]byte, segmentNonce)}.append(nil)))
	if size <= 0 {
		return 0
	}
	segments := (size + SegmentSize + tagSize - 1) / (SegmentSize + tagSize)
	return size - segments*tagSize
}

// aligned is where a page of size bytes goes on when have of them are there.
func (s *Store) aligned(have, size int64) int64 {
	if have = min(have, size); have < size {
		have -= have % s.o.Align
	}
	return have
}

// space fails with ErrDiskFull unless MinFree stays free after size bytes.
func (s *Store) space(size int64) error {
	free, err := s.o.Free(s.root)
	if err != nil {
		return diskError("ask for free space", err)
	}
	if want := s.o.MinFree + size; free < uint64(want) {
		return fmt.Errorf("%w: %d MiB free, %d MiB wanted", ErrDiskFull, free>>20, want>>20)
	}
	return nil
}

// Open returns the bytes of a page with its description. The reader gives
// only authenticated bytes and ends in ErrTampered if a bit was changed, so
// the last bytes must have been read before the page is trusted.
func (s *Store) Open(ctx context.Context, ticket, page string) (Meta, io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return Meta{}, nil, err
	}
	if !isName(ticket) || !isName(page) {
		return Meta{}, nil, ErrNotFound
	}
	caseID, caseKey, err := s.caseKey(ticket, false)
	if err != nil {
		return Meta{}, nil, err
	}
	sealed, err := os.ReadFile(s.path(ticket, page+".key"))
	if err != nil {
		return Meta{}, nil, notFound(err)
	}
	d, err := s.openDescription(sealed, caseID, caseKey, ticket, page)
	if err != nil {
		return Meta{}, nil, err
	}
	f, err := os.Open(s.path(ticket, page+".page"))
	if err != nil {
		return Meta{}, nil, notFound(err)
	}
	r, err := s.reader(f, d, ticket, page)
	if err != nil {
		return Meta{}, nil, errors.Join(err, f.Close())
	}
	return d.Meta, struct {
		io.Reader
		io.Closer
	}{r, f}, nil
}

// reader reads the header of a sealed page from f and opens what follows.
func (s *Store) reader(f *os.File, d description, ticket, page string) (*segmentReader, error) {
	b := make([]byte, maxHeader)
	n, err := f.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read sealed page: %w", err)
	}
	h, n, err := parseHeader(b[:n])
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTampered, err)
	}
	if h.Kind != kindPage || h.Object != page {
		return nil, fmt.Errorf("%w: another object lies in its place", ErrTampered)
	}
	if _, err := f.Seek(int64(n), io.SeekStart); err != nil {
		return nil, err
	}
	seg, err := newSegments(d.Key, b[:n], h.Nonce, s.o.Centre, ticket, page)
	if err != nil {
		return nil, err
	}
	return &segmentReader{src: f, seg: seg, size: d.Size}, nil
}

// Delete makes a page unreadable by removing its wrapped key and then removes
// its bytes. ErrNotFound if there is no such page.
func (s *Store) Delete(ctx context.Context, ticket, page string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !isName(ticket) || !isName(page) {
		return ErrNotFound
	}
	if err := os.Remove(s.path(ticket, page+".key")); err != nil {
		return notFound(err)
	}
	if err := syncDir(s.path(ticket)); err != nil {
		return diskError("delete page", err)
	}
	if err := os.Remove(s.path(ticket, page+".page")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return diskError("delete page", err)
	}
	return nil
}

// DeleteCase removes the case's key, which makes all its pages unreadable, and
// then everything of the case. Pages on their way are broken off.
func (s *Store) DeleteCase(ctx context.Context, ticket string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !isName(ticket) {
		return ErrNotFound
	}
	s.making.Lock()
	defer s.making.Unlock()
	s.mu.Lock()
	var writers []*Writer
	for _, w := range s.live {
		if w.ticket == ticket {
			writers = append(writers, w)
		}
	}
	s.mu.Unlock()
	for _, w := range writers {
		if err := w.Abort(); err != nil {
			return err
		}
	}
	if err := os.Remove(s.path(ticket, caseKeyName)); err != nil {
		return notFound(err)
	}
	if err := syncDir(s.path(ticket)); err != nil {
		return diskError("delete case", err)
	}
	if err := os.RemoveAll(s.path(ticket)); err != nil {
		return diskError("delete case", err)
	}
	return nil
}

const caseKeyName = "case.key"

// caseKey returns the id and key of a case, and makes them if create is set.
func (s *Store) caseKey(ticket string, create bool) (id string, key []byte, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	path := s.path(ticket, caseKeyName)
	sealed, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && create {
		fresh := make([]byte, keySize)
		name := make([]byte, 4)
		rand.Read(fresh)
		rand.Read(name)
		plain := append(fresh, "c-"+hex.EncodeToString(name)...)
		r := s.o.KeyRing
		sealed, err = sealWhole(kindCaseKey, r.current, r.keys[r.current], plain, s.o.Centre, ticket, ticket)
		if err != nil {
			return "", nil, err
		}
		if err := os.MkdirAll(s.path(ticket), 0o700); err != nil {
			return "", nil, diskError("make folder", err)
		}
		if err := placeNew(path, sealed); err != nil {
			return "", nil, diskError("store case key", err)
		}
		if err := syncDir(s.root); err != nil {
			return "", nil, diskError("store case key", err)
		}
	}
	if err != nil {
		return "", nil, notFound(err)
	}
	keyOf := func(id string) []byte { return s.o.KeyRing.keys[id] }
	plain, err := openWhole(kindCaseKey, sealed, keyOf, s.o.Centre, ticket, ticket)
	if err != nil {
		return "", nil, fmt.Errorf("case key: %w", err)
	}
	if len(plain) <= keySize {
		return "", nil, ErrTampered
	}
	return string(plain[keySize:]), plain[:keySize], nil
}

func (s *Store) path(ticket string, rest ...string) string {
	return filepath.Join(append([]string{s.root, ticket}, rest...)...)
}

// notFound turns a missing file into ErrNotFound.
func notFound(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	return fmt.Errorf("documents: %w", err)
}

// diskError turns what the system says about a full or read-only disk into ErrDiskFull.
func diskError(doing string, err error) error {
	for _, e := range []error{
		syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS, syscall.ENOTDIR,
		fs.ErrPermission, // EACCES, EPERM
	} {
		if errors.Is(err, e) {
			return fmt.Errorf("%w: %s: %w", ErrDiskFull, doing, err)
		}
	}
	return fmt.Errorf("documents: %s: %w", doing, err)
}
