package queue

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// Resync is the kind of an event that is not in the stream: something may have
// been missed, take a fresh Snapshot.
const Resync = "resync"

// Event tells of one change; see the package comment for the kinds.
type Event struct {
	Version int64 // rises by one with each event
	AtMS    int64
	Kind    string
	Ticket  string
	Agent   string
	Station string
	Epoch   int64
	Detail  string
}

const (
	followBlock = 500 * time.Millisecond // a read waits; also the delay of Follow's return
	followRetry = 250 * time.Millisecond // after an error of Redis
	followCount = 256
)

// Follow calls fn with every event from now on, in order, and returns nil soon
// after ctx ends. The first event is of kind Resync: a Snapshot taken from then
// on contains all events up to its version. A gap, a flushed store or a reconnect
// comes as another Resync, whose Version is the newest known; an error of Redis
// ends nothing. fn runs in the caller's goroutine and should not block.
func (q *Queue) Follow(ctx context.Context, fn func(Event)) error {
	f := follower{q: q, fn: fn}
	for ctx.Err() == nil {
		err := f.step(ctx)
		if err == nil || ctx.Err() != nil {
			continue
		}
		q.metrics.storeErrors.Inc()
		if !f.broken {
			q.log.Error("queue: events are not followed", "err", err)
		}
		f.broken = true
		select {
		case <-ctx.Done():
		case <-time.After(followRetry):
		}
	}
	return nil
}

// follower is a place in the stream: the id and version of the last event.
type follower struct {
	q       *Queue
	fn      func(Event)
	id      string // empty: not begun
	version int64
	broken  bool  // an error since the last read; the first good one resyncs
	ahead   int64 // version seen in meta while the stream was silent
}

func (f *follower) step(ctx context.Context) error {
	if f.id == "" || f.broken {
		return f.begin(ctx)
	}
	streams, err := f.q.client.XRead(ctx, &redis.XReadArgs{
		Streams: []string{f.q.prefix + "events", f.id}, Count: followCount, Block: followBlock,
	}).Result()
	if errors.Is(err, redis.Nil) {
		return f.silence(ctx)
	}
	if err != nil {
		return err
	}
	f.ahead = 0
	for _, stream := range streams {
		for _, m := range stream.Messages {
			e := eventOf(m)
			if e.Version != f.version+1 {
				f.fn(Event{Version: e.Version, AtMS: e.AtMS, Kind: Resync})
			}
			f.id, f.version = m.ID, e.Version
			f.fn(e)
		}
	}
	return nil
}

// begin takes the newest event as the place to read from.
func (f *follower) begin(ctx context.Context) error {
	newest, err := f.q.client.XRevRangeN(ctx, f.q.prefix+"events", "+", "-", 1).Result()
	if err != nil {
		return err
	}
	f.id, f.version, f.broken, f.ahead = "0-0", 0, false, 0
	if len(newest) == 1 {
		f.id, f.version = newest[0].ID, eventOf(newest[0]).Version
	}
	f.fn(Event{Version: f.version, Kind: Resync})
	return nil
}

// silence looks whether the stream is silent because nothing happens, or because
// it was flushed, or because a new server gives ids below ours.
func (f *follower) silence(ctx context.Context) error {
	version, err := f.q.client.HGet(ctx, f.q.prefix+"meta", "version").Int64()
	if err != nil && !errors.Is(err, redis.Nil) {
		return fmt.Errorf("version: %w", err)
	}
	switch {
	case version == f.version:
		f.ahead = 0
	case version > f.version && f.ahead == 0:
		f.ahead = version // an event may have come after the read; look again
	default:
		f.broken = true
	}
	return nil
}

func eventOf(m redis.XMessage) Event {
	f := make(fields, len(m.Values))
	for name, v := range m.Values {
		f[name] = text(v)
	}
	e := Event{
		AtMS: f.ms("at"), Kind: f["kind"], Ticket: f["ticket"], Agent: f["agent"], Station: f["station"],
		Epoch: f.ms("epoch"), Detail: f["detail"],
	}
	e.Version, _ = strconv.ParseInt(f["version"], 10, 64)
	return e
}
