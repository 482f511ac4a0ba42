package signaling

import (
	"container/list"
	"sync"
)

// ledgerBytes bounds the answers kept for one identity.
const ledgerBytes = 128 << 10

// ledger makes commands of one identity idempotent: the same id takes effect
// once, on whichever socket it comes again, and gets the same answer.
type ledger struct {
	limit int

	mu      sync.Mutex
	entries map[string]*list.Element
	order   *list.List // of *entry, oldest first
	bytes   int
}

type entry struct {
	id     string
	done   chan struct{} // closed once answer is set or the entry is void
	answer []byte        // nil: void, the command may be tried again
}

func newLedger(limit int) *ledger {
	return &ledger{limit: limit, entries: map[string]*list.Element{}, order: list.New()}
}

// begin returns the entry of id, and true when the caller must carry the
// command out and then call settle.
func (l *ledger) begin(id string) (*entry, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if at, ok := l.entries[id]; ok {
		return at.Value.(*entry), false
	}
	e := &entry{id: id, done: make(chan struct{})}
	l.entries[id] = l.order.PushBack(e)
	for l.order.Len() > l.limit {
		l.drop(l.order.Front())
	}
	return e, true
}

// settle keeps the answer, or forgets the entry when keep is false so that a
// repeat is carried out.
func (l *ledger) settle(e *entry, answer []byte, keep bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer close(e.done)
	at, ok := l.entries[e.id]
	if !ok || at.Value != e {
		return // pushed out meanwhile
	}
	if !keep {
		l.drop(at)
		return
	}
	e.answer = answer
	l.bytes += len(answer)
	for l.bytes > ledgerBytes && l.order.Len() > 1 {
		l.drop(l.order.Front())
	}
}

func (l *ledger) drop(at *list.Element) {
	e := l.order.Remove(at).(*entry)
	delete(l.entries, e.id)
	l.bytes -= len(e.answer)
}
