package documents

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// Writer takes the bytes of one page in order. One of Commit, Suspend and
// Abort ends it; whatever comes after is ErrClosed. It is safe for concurrent
// use, so that a newer connection can take a page over from a dead one.
type Writer struct {
	s      *Store
	ticket string
	m      Meta
	stem   string // path of the partial files without extension

	mu     sync.Mutex
	file   *os.File // nil when stored already
	seg    *segments
	sum    hash.Hash
	have   int64
	head   []byte // first bytes, for the type
	buf    []byte // not yet sealed, shorter than a segment unless it is the last
	sealed []byte // scratch
	done   bool
	broken error // the file ends in the middle of a segment
	stored bool  // the page was there when Create was called
}

// Create begins the page m of a ticket, or goes on with it: if a partial page
// with the same hash and size was suspended in this case, the writer already
// has its authenticated bytes (Have). If the page itself is stored already,
// Have is its size and Commit does nothing. A live writer of the same page id
// is suspended first.
//
// Errors: ErrTooLarge, ErrType, ErrInvalid, ErrExists, ErrDiskFull.
func (s *Store) Create(ctx context.Context, ticket string, m Meta) (*Writer, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := m.check(s.o.MaxBytes); err != nil {
		return nil, err
	}
	if !isName(ticket) {
		return nil, ErrInvalid
	}
	s.making.Lock()
	defer s.making.Unlock()
	s.mu.Lock()
	older := s.live[ticket+"/"+m.ID]
	s.mu.Unlock()
	if older != nil {
		if err := older.Suspend(); err != nil && !errors.Is(err, ErrClosed) {
			return nil, err
		}
	}
	if w, err := s.storedAlready(ctx, ticket, m); w != nil || err != nil {
		return w, err
	}
	if err := s.space(m.Size); err != nil {
		return nil, err
	}
	caseID, caseKey, err := s.caseKey(ticket, true)
	if err != nil {
		return nil, err
	}
	w, err := s.begin(ticket, m, caseID, caseKey)
	if err != nil {
		return nil, diskError("begin page", err)
	}
	if err := w.resume(caseID, caseKey); err != nil {
		return nil, errors.Join(diskError("resume page", err), w.Abort())
	}
	return w, nil
}

// storedAlready answers for a page that is there: its sender did not hear of it.
func (s *Store) storedAlready(ctx context.Context, ticket string, m Meta) (*Writer, error) {
	was, r, err := s.Open(ctx, ticket, m.ID)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r.Close()
	if was != m {
		return nil, ErrExists
	}
	return &Writer{s: s, ticket: ticket, m: m, have: m.Size, stored: true}, nil
}

// begin makes the files of a fresh partial page under a fresh key. Their names
// are unique (a random part), so an older partial of the page stays readable.
func (s *Store) begin(ticket string, m Meta, caseID string, caseKey []byte) (*Writer, error) {
	unique := make([]byte, 4)
	prefix := make([]byte, segmentNonce)
	d := description{Meta: m, Key: make([]byte, keySize)}
	rand.Read(unique)
	rand.Read(prefix)
	rand.Read(d.Key)
	sealed, err := s.sealDescription(d, caseID, caseKey, ticket)
	if err != nil {
		return nil, err
	}
	stem := s.path(ticket, m.ID+"."+hex.EncodeToString(unique)+"."+m.SHA256)
	if err := os.WriteFile(stem+".partkey", sealed, 0o600); err != nil {
		return nil, errors.Join(err, removeAll(stem+".partkey"))
	}
	// The key of the segments has no id of its own: it is the one in the
	// page's key file, which carries the page's id.
	head := header{Kind: kindPage, Algorithm: aes256GCMSegments, KeyID: m.ID, Object: m.ID, Nonce: prefix}.append(nil)
	seg, err := newSegments(d.Key, head, prefix, s.o.Centre, ticket, m.ID)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(stem+".part", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		_, err = f.Write(head)
	}
	if err != nil {
		if f != nil {
			err = errors.Join(err, f.Close())
		}
		return nil, errors.Join(err, removeAll(stem+".partkey", stem+".part"))
	}
	w := &Writer{s: s, ticket: ticket, m: m, stem: stem, file: f, seg: seg, sum: sha256.New()}
	s.mu.Lock()
	s.live[ticket+"/"+m.ID] = w
	s.mu.Unlock()
	return w, nil
}

// resume takes over the bytes of older partials of the same content and
// removes those. The bytes are sealed again under the new page's key: no nonce
// is ever used twice, whatever a crash left at the end of the old file, and
// the old bytes are authenticated and hashed on the way.
func (w *Writer) resume(caseID string, caseKey []byte) error {
	dir := w.s.path(w.ticket)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		stem, ok := strings.CutSuffix(filepath.Join(dir, e.Name()), ".part")
		if !ok || stem == w.stem || !strings.HasSuffix(stem, "."+w.m.SHA256) || w.s.isLive(stem) {
			continue
		}
		if w.have == 0 {
			if err := w.takeOver(stem, caseID, caseKey); err != nil {
				return err
			}
		}
		if err := removeAll(stem+".part", stem+".partkey"); err != nil {
			return err
		}
	}
	return nil
}

// takeOver copies what authenticates of the partial page at stem. An unreadable
// partial is worth nothing and no error.
func (w *Writer) takeOver(stem, caseID string, caseKey []byte) error {
	page, _, _ := strings.Cut(filepath.Base(stem), ".")
	sealed, err := os.ReadFile(stem + ".partkey")
	if err != nil {
		return nil
	}
	d, err := w.s.openDescription(sealed, caseID, caseKey, w.ticket, page)
	if err != nil || d.Size != w.m.Size || d.SHA256 != w.m.SHA256 || d.MIME != w.m.MIME {
		return nil
	}
	f, err := os.Open(stem + ".part")
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }() // only read
	r, err := w.s.reader(f, d, w.ticket, page)
	if err != nil {
		return nil
	}
	old, _ := io.ReadAll(r) // ends at the first segment that does not open; at most MaxBytes
	if int64(len(old)) < w.m.Size {
		old = old[:int64(len(old))/w.s.o.Align*w.s.o.Align]
	}
	_, err = w.Write(old)
	return err
}

func (s *Store) isLive(stem string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.live {
		if w.stem == stem {
			return true
		}
	}
	return false
}

// Have returns how many bytes of the page are there: where its sender goes on.
func (w *Writer) Have() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.have
}

// Write takes the next bytes. ErrTooLarge beyond the announced size, ErrType
// as soon as the first bytes are no picture of the announced type.
func (w *Writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.done {
		return 0, ErrClosed
	}
	if w.broken != nil {
		return 0, w.broken
	}
	if int64(len(p)) > w.m.Size-w.have {
		return 0, fmt.Errorf("%w: more than the %d bytes announced", ErrTooLarge, w.m.Size)
	}
	if missing := longestStart - len(w.head); missing > 0 && len(p) > 0 {
		w.head = append(w.head, p[:min(missing, len(p))]...)
		if len(w.head) == longestStart && typeOf(w.head) != w.m.MIME {
			return 0, ErrType
		}
	}
	taken := 0
	for taken < len(p) {
		n := min(SegmentSize-len(w.buf), len(p)-taken)
		part := p[taken : taken+n]
		w.buf = append(w.buf, part...)
		w.sum.Write(part)
		w.have += int64(n)
		taken += n
		if len(w.buf) == SegmentSize {
			if err := w.flush(); err != nil {
				return taken, err
			}
		}
	}
	return taken, nil
}

// flush seals what is buffered as one segment. It is the last one exactly when
// the announced size is reached.
func (w *Writer) flush() error {
	if len(w.buf) == 0 || w.broken != nil {
		return w.broken
	}
	w.sealed = w.seg.seal(w.sealed[:0], w.buf, w.have == w.m.Size)
	w.buf = w.buf[:0]
	if _, err := w.file.Write(w.sealed); err != nil {
		w.broken = diskError("write page", err)
	}
	return w.broken
}

// Commit checks size, hash and type, makes the page durable and only then
// visible. ErrHash and ErrType remove the partial page; after ErrDiskFull it
// can be resumed.
func (w *Writer) Commit(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.done {
		return ErrClosed
	}
	if w.stored {
		w.done = true
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if w.broken != nil {
		w.close()
		return w.broken
	}
	if w.have != w.m.Size {
		return errors.Join(fmt.Errorf("%w: %d of %d bytes", ErrHash, w.have, w.m.Size), w.discard())
	}
	if hex.EncodeToString(w.sum.Sum(nil)) != w.m.SHA256 {
		return errors.Join(ErrHash, w.discard())
	}
	if typeOf(w.head) != w.m.MIME {
		return errors.Join(ErrType, w.discard())
	}
	// The writer stays the live one until the page is in place: whoever
	// begins the same page meanwhile waits and then finds it stored.
	defer w.close()
	if err := w.flush(); err != nil {
		return err
	}
	if err := w.place(); err != nil {
		return diskError("store page", err)
	}
	return nil
}

// place renames the bytes and then the key; with the key the page exists.
func (w *Writer) place() error {
	final := w.s.path(w.ticket, w.m.ID)
	if err := syncFile(w.stem + ".part"); err != nil {
		return err
	}
	if err := syncFile(w.stem + ".partkey"); err != nil {
		return err
	}
	if err := os.Rename(w.stem+".part", final+".page"); err != nil {
		return err
	}
	if err := os.Rename(w.stem+".partkey", final+".key"); err != nil {
		return err
	}
	return syncDir(filepath.Dir(final))
}

// Suspend ends the writer and keeps what it has, to be resumed by Create.
func (w *Writer) Suspend() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.done {
		return ErrClosed
	}
	if w.stored {
		w.done = true
		return nil
	}
	if w.have == 0 {
		return w.discard()
	}
	err := w.flush()
	w.close()
	return err
}

// Abort ends the writer and removes what it has.
func (w *Writer) Abort() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.done {
		return nil
	}
	if w.stored {
		w.done = true
		return nil
	}
	return w.discard()
}

// discard removes the partial page, its key first.
func (w *Writer) discard() error {
	w.close()
	return removeAll(w.stem+".partkey", w.stem+".part")
}

// close lets go of the file. A failed close loses nothing: place syncs by itself.
func (w *Writer) close() {
	w.done = true
	_ = w.file.Close()
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	if key := w.ticket + "/" + w.m.ID; w.s.live[key] == w {
		delete(w.s.live, key)
	}
}

// syncFile makes the content of a file durable.
func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// removeAll removes files in order; one that is gone already is fine.
func removeAll(paths ...string) error {
	for _, p := range paths {
		if err := os.Remove(p); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return diskError("remove", err)
		}
	}
	return nil
}
