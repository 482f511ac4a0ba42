package client

import (
	"context"
	"fmt"
	"sync"
)

// watch holds the latest whole state and the waits for one that fits.
type watch[T any] struct {
	what    string           // for errors: "station s07"
	version func(T) int64    // of a state
	show    func(T) string   // short, for errors
	observe func(T)          // called for each state taken, in order, on the reader's goroutine; may be nil
	mu      sync.Mutex       // guards the following fields
	latest  T                //
	have    bool             //
	fresh   bool             // a new socket: its first state counts whatever its version
	ended   error            // no more states will come
	waits   map[*wait[T]]any // the value is unused
}

type wait[T any] struct {
	fits func(T) bool
	got  chan T // one slot
}

// renew lets the next state in whatever its version: a server that was
// restarted counts from the beginning.
func (w *watch[T]) renew() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fresh = true
}

// put takes a state unless a newer one stands there already.
func (w *watch[T]) put(state T) {
	w.mu.Lock()
	if w.have && !w.fresh && w.version(state) < w.version(w.latest) {
		w.mu.Unlock()
		return
	}
	w.latest, w.have, w.fresh = state, true, false
	for waiting := range w.waits {
		if waiting.fits(state) {
			waiting.got <- state
			delete(w.waits, waiting)
		}
	}
	w.mu.Unlock()
	if w.observe != nil {
		w.observe(state)
	}
}

func (w *watch[T]) get() T {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.latest
}

// until returns the first state that fits, beginning with the present one.
// fits runs under the lock: it must be quick and must not call the client.
func (w *watch[T]) until(ctx context.Context, done <-chan struct{}, fits func(T) bool) (T, error) {
	w.mu.Lock()
	if w.have && fits(w.latest) {
		defer w.mu.Unlock()
		return w.latest, nil
	}
	if w.ended != nil {
		defer w.mu.Unlock()
		return w.latest, fmt.Errorf("client: %s: %w", w.what, w.ended)
	}
	waiting := &wait[T]{fits: fits, got: make(chan T, 1)}
	if w.waits == nil {
		w.waits = make(map[*wait[T]]any)
	}
	w.waits[waiting] = nil
	w.mu.Unlock()

	select {
	case state := <-waiting.got:
		return state, nil
	case <-ctx.Done():
		return w.giveUp(waiting, fmt.Errorf("wait for a state: %w", ctx.Err()))
	case <-done:
		w.mu.Lock()
		err := w.ended
		w.mu.Unlock()
		if err == nil {
			err = ErrClosed
		}
		return w.giveUp(waiting, err)
	}
}

func (w *watch[T]) giveUp(waiting *wait[T], err error) (T, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.waits, waiting)
	select {
	case state := <-waiting.got: // it came in the same moment
		return state, nil
	default:
	}
	last := "none yet"
	if w.have {
		last = w.show(w.latest)
	}
	return w.latest, fmt.Errorf("client: %s: %w (last state: %s)", w.what, err, last)
}

func (w *watch[T]) end(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended == nil {
		w.ended = err
	}
}
