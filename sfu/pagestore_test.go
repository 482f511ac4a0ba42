package sfu_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"sync"

	"github.com/remotewindow/remotewindow/sfu"
	"github.com/remotewindow/remotewindow/sfu/capture"
)

// memory is a PageStore that keeps everything in memory and, like the sealed
// store, resumes at whole segments only.
type memory struct {
	mu      sync.Mutex
	segment int64
	partial map[string][]byte
	stored  map[string][]byte
	full    bool
	resumed []int64
}

func newMemory() *memory {
	return &memory{segment: 1, partial: map[string][]byte{}, stored: map[string][]byte{}}
}

func (m *memory) Create(_ context.Context, room string, o capture.Offer) (sfu.PageWriter, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.full {
		return nil, capture.DiskFull
	}
	kept := m.partial[room+o.SHA256]
	kept = bytes.Clone(kept[:int64(len(kept))/m.segment*m.segment])
	m.resumed = append(m.resumed, int64(len(kept)))
	return &memoryWriter{store: m, key: room + o.SHA256, offer: o, bytes: kept}, nil
}

func (m *memory) page(room, sum string) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.stored[room+sum]
}

type memoryWriter struct {
	store *memory
	key   string
	offer capture.Offer
	bytes []byte
}

func (w *memoryWriter) Have() int64 { return int64(len(w.bytes)) }

func (w *memoryWriter) Write(p []byte) (int, error) {
	w.bytes = append(w.bytes, p...)
	return len(p), nil
}

func (w *memoryWriter) Commit(context.Context) error {
	sum := sha256.Sum256(w.bytes)
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	delete(w.store.partial, w.key)
	if hex.EncodeToString(sum[:]) != w.offer.SHA256 {
		return capture.BadHash
	}
	w.store.stored[w.key] = w.bytes
	return nil
}

func (w *memoryWriter) Suspend() error {
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	w.store.partial[w.key] = w.bytes
	return nil
}

func (w *memoryWriter) Abort() error {
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	delete(w.store.partial, w.key)
	return nil
}
