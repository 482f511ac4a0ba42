// Package relay carries messages between the nodes of a centre: each node reads
// one Redis stream of its own, and the others write to it. A message is told once
// and without an answer ([Relay.Send]), or asked and answered ([Relay.Ask]).
//
// # What it promises
//
// Messages of one node to another come in their order and at most once. One that
// was sent while the other did not run is lost: a node begins at the end of its
// stream, and the stream is trimmed to about a thousand messages. What must not be
// lost is in the queue and the records; whoever missed something asks again.
//
// The nodes of a centre trust each other and their Redis; a message is bounded in
// size all the same, and one that cannot be read is dropped.
//
// # Who owns which goroutine
//
// [Relay.Run] reads in the caller's goroutine. Told messages are handled there,
// one after the other, so that their order stays; each asked one has a goroutine
// of its own, of which Run waits for the last before it returns.
package relay

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// Errors that callers branch on; they come wrapped.
var (
	// ErrAway: the other node did not answer in time, or works on too much.
	ErrAway = errors.New("node does not answer")
	// ErrTooLarge: a message or an answer of more than MaxBody bytes.
	ErrTooLarge = errors.New("message too large")
)

// Bounds.
const (
	// MaxBody is how many bytes a message or an answer may have.
	MaxBody = 64 << 10

	maxLength = 1000                   // messages kept in a stream, about
	forgotten = time.Minute            // until the stream of a node that nobody writes to is gone
	block     = 500 * time.Millisecond // a read waits; also the delay of Run's return
	retry     = 250 * time.Millisecond // after an error of Redis
	batch     = 64
	atWork    = 64 // asked messages under way
)

// Handler handles a message of another node. What it returns answers one that was
// asked and is dropped for one that was told. It must not block for a told one.
type Handler func(ctx context.Context, from, kind string, body []byte) (answer []byte)

// Options configure a Relay.
type Options struct {
	// Client is a connection to the Redis of the centre. The caller closes it.
	Client redis.UniversalClient
	Centre string // default "pj"
	Node   string // this node's name, which no other has
	// Within bounds a question without a deadline of its own; default 3 s.
	Within time.Duration
	Logger *slog.Logger // default: nothing is logged
}

// Relay is a node's place among the others. Its methods are safe for concurrent
// use; answers are received only while Run runs.
type Relay struct {
	client redis.UniversalClient
	prefix string
	node   string
	within time.Duration
	log    *slog.Logger

	mu    sync.Mutex
	asked map[string]chan []byte // by the id of the question
}

// New returns the relay of a node. It does not touch Redis. It panics without a
// client or a node.
func New(o Options) *Relay {
	if o.Client == nil || o.Node == "" {
		panic("relay: Options lack a client or a node")
	}
	if o.Centre == "" {
		o.Centre = "pj"
	}
	if o.Within <= 0 {
		o.Within = 3 * time.Second
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Relay{
		client: o.Client, prefix: "rw:{" + o.Centre + "}:node:", node: o.Node, within: o.Within, log: o.Logger,
		asked: map[string]chan []byte{},
	}
}

// Send tells a node something. No error means that Redis has it, not that the
// node does.
func (r *Relay) Send(ctx context.Context, node, kind string, body []byte) error {
	return r.add(ctx, node, "tell", kind, "", body)
}

// Ask asks a node and waits for its answer: ErrAway when none comes in time.
func (r *Relay) Ask(ctx context.Context, node, kind string, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, r.within)
	defer cancel()
	id, answer := rand.Text(), make(chan []byte, 1)
	r.mu.Lock()
	r.asked[id] = answer
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		delete(r.asked, id)
		r.mu.Unlock()
	}()
	if err := r.add(ctx, node, "ask", kind, id, body); err != nil {
		return nil, err
	}
	select {
	case said, ok := <-answer:
		if !ok {
			return nil, fmt.Errorf("relay: %s at %s: busy: %w", kind, node, ErrAway)
		}
		return said, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("relay: %s at %s: %w: %w", kind, node, ErrAway, ctx.Err())
	}
}

// add writes one message to a node's stream.
func (r *Relay) add(ctx context.Context, node, what, kind, id string, body []byte) error {
	if len(body) > MaxBody {
		return fmt.Errorf("relay: %s of %d bytes: %w", kind, len(body), ErrTooLarge)
	}
	stream := r.prefix + node
	_, err := r.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.XAdd(ctx, &redis.XAddArgs{Stream: stream, MaxLen: maxLength, Approx: true,
			Values: []any{"what", what, "kind", kind, "id", id, "from", r.node, "body", body}})
		p.PExpire(ctx, stream, forgotten)
		return nil
	})
	if err != nil {
		return fmt.Errorf("relay: %s to %s: %w", kind, node, err)
	}
	return nil
}

// message is one entry of a stream.
type message struct {
	what, kind, id, from string
	body                 []byte
}

func messageOf(m redis.XMessage) (message, bool) {
	text := func(name string) string { s, _ := m.Values[name].(string); return s }
	got := message{text("what"), text("kind"), text("id"), text("from"), []byte(text("body"))}
	return got, got.from != "" && len(got.body) <= MaxBody
}

// Run receives messages from now on and hands them to handle, until ctx ends; it
// returns nil then. An error of Redis ends nothing: it is logged once, and what
// was written meanwhile is read when Redis answers again.
func (r *Relay) Run(ctx context.Context, handle Handler) error {
	var work sync.WaitGroup
	defer work.Wait()
	places := make(chan struct{}, atWork)
	last, broken := "", false
	for ctx.Err() == nil {
		messages, next, err := r.read(ctx, last)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			if !broken {
				r.log.Error("relay: messages of other nodes are not read", "err", err)
			}
			broken = true
			select {
			case <-ctx.Done():
			case <-time.After(retry):
			}
			continue
		}
		last, broken = next, false
		for _, m := range messages {
			r.receive(ctx, m, handle, &work, places)
		}
	}
	return nil
}

// read returns what came after last and the place to go on from; with last empty
// only the place.
func (r *Relay) read(ctx context.Context, last string) ([]message, string, error) {
	stream := r.prefix + r.node
	if last == "" {
		newest, err := r.client.XRevRangeN(ctx, stream, "+", "-", 1).Result()
		if err != nil {
			return nil, "", err
		}
		if len(newest) == 0 {
			return nil, "0-0", nil
		}
		return nil, newest[0].ID, nil
	}
	streams, err := r.client.XRead(ctx, &redis.XReadArgs{Streams: []string{stream, last}, Count: batch, Block: block}).Result()
	if errors.Is(err, redis.Nil) {
		return nil, last, nil
	}
	if err != nil {
		return nil, last, err
	}
	var got []message
	for _, s := range streams {
		for _, entry := range s.Messages {
			last = entry.ID
			if m, ok := messageOf(entry); ok {
				got = append(got, m)
			} else {
				r.log.Warn("relay: message not understood", "id", entry.ID)
			}
		}
	}
	return got, last, nil
}

func (r *Relay) receive(ctx context.Context, m message, handle Handler, work *sync.WaitGroup, places chan struct{}) {
	switch m.what {
	case "tell":
		handle(ctx, m.from, m.kind, m.body)
	case "answer", "busy":
		r.mu.Lock()
		waits := r.asked[m.id]
		delete(r.asked, m.id)
		r.mu.Unlock()
		switch {
		case waits == nil: // it came too late
		case m.what == "busy":
			close(waits)
		default:
			waits <- m.body // one slot, and only once in asked
		}
	case "ask":
		select {
		case places <- struct{}{}:
		default:
			r.answer(ctx, m, "busy", nil)
			return
		}
		work.Go(func() {
			defer func() { <-places }()
			r.answer(ctx, m, "answer", handle(ctx, m.from, m.kind, m.body))
		})
	default:
		r.log.Warn("relay: message not understood", "what", strings.ToValidUTF8(m.what[:min(len(m.what), 16)], "?"))
	}
}

func (r *Relay) answer(ctx context.Context, m message, what string, body []byte) {
	ctx, cancel := context.WithTimeout(ctx, r.within)
	defer cancel()
	if err := r.add(ctx, m.from, what, m.kind, m.id, body); err != nil && ctx.Err() == nil {
		r.log.Warn("relay: answer not sent", "kind", m.kind, "to", m.from, "err", err)
	}
}
