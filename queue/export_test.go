package queue

import "context"

// Events reads the whole stream.
func Events(ctx context.Context, q *Queue) ([]Event, error) {
	list, err := q.client.XRange(ctx, q.prefix+"events", "-", "+").Result()
	var events []Event
	for _, m := range list {
		events = append(events, eventOf(m))
	}
	return events, err
}

// Prefix is the prefix of all keys.
func Prefix(q *Queue) string { return q.prefix }
