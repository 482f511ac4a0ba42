package main

import (
	"context"
	"slices"
	"time"

	"github.com/remotewindow/remotewindow/queue"
)

// hoursEvery is how often the queue is told the same hours again: it may have
// been emptied meanwhile.
const hoursEvery = time.Minute

// hours are the openings that this node told the queue last.
type hours struct {
	list []queue.Interval
	at   time.Time
}

// tellHours gives the queue the openings of the next three weeks when they have
// changed, by an administrator or because another day has begun, and now and then
// again. A centre with no opening ahead has one that nobody lives to see, because
// no opening at all would mean that it never closes.
func (n *node) tellHours(ctx context.Context, told *hours) {
	now := time.Now()
	spans, always, err := n.records.Openings(ctx, now.UnixMilli())
	if err != nil {
		return // records logs it
	}
	list := make([]queue.Interval, 0, len(spans))
	for _, s := range spans {
		list = append(list, queue.Interval(s))
	}
	if len(list) == 0 && !always {
		never := now.AddDate(100, 0, 0).Truncate(24 * time.Hour).UnixMilli()
		list = append(list, queue.Interval{OpenMS: never, CloseMS: never + 1})
	}
	if slices.Equal(list, told.list) && now.Sub(told.at) < hoursEvery {
		return
	}
	try, cancel := context.WithTimeout(ctx, redisWithin)
	defer cancel()
	if err := n.queue.SetHours(try, list); err != nil {
		n.log.Warn("queue has not heard the hours", "err", err)
		return
	}
	told.list, told.at = list, now
}
