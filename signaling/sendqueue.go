package signaling

import (
	"errors"
	"sync"
)

var errSlow = errors.New("the client does not read")

// frame is one message on its way out. States replace an older state of the
// same type that has not been written yet: only the newest is worth reading. A
// state takes at most half of the queue, whatever its size, so that a large one
// is slow and does not end the socket.
type frame struct {
	typ   string
	data  []byte
	state bool
}

// sendQueue is the bounded queue of a socket between anyone who puts and the
// one writer that takes.
type sendQueue struct {
	limit int // bytes
	wake  chan struct{}

	mu    sync.Mutex
	items []frame
	bytes int
}

func newSendQueue(limit int) *sendQueue {
	return &sendQueue{limit: limit, wake: make(chan struct{}, 1)}
}

// size is what a frame takes of the limit.
func (q *sendQueue) size(f frame) int {
	if f.state {
		return min(len(f.data), q.limit/2)
	}
	return len(f.data)
}

// put returns errSlow when the client has let too much pile up.
func (q *sendQueue) put(f frame) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if f.state {
		for i, old := range q.items {
			if old.state && old.typ == f.typ {
				q.items = append(q.items[:i], q.items[i+1:]...)
				q.bytes -= q.size(old)
				break
			}
		}
	}
	if q.bytes+q.size(f) > q.limit {
		return errSlow
	}
	q.items = append(q.items, f)
	q.bytes += q.size(f)
	select {
	case q.wake <- struct{}{}:
	default:
	}
	return nil
}

// take returns everything queued.
func (q *sendQueue) take() []frame {
	q.mu.Lock()
	defer q.mu.Unlock()
	items := q.items
	q.items, q.bytes = nil, 0
	return items
}
