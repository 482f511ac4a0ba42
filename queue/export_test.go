package queue

import "context"

// Events reads the whole stream.
func Events(ctx context.Context, q *Queue) ([]Event, error) {
	events, _, err := EventsAfter(ctx, q, "")
	return events, err
}

// EventsAfter reads the stream after the place of an earlier read, empty for all,
// and returns the new place.
func EventsAfter(ctx context.Context, q *Queue, place string) ([]Event, string, error) {
	from := "-"
	if place != "" {
		from = "(" + place
	}
	list, err := q.client.XRange(ctx, q.prefix+"events", from, "+").Result()
	var events []Event
	for _, m := range list {
		events, place = append(events, eventOf(m)), m.ID
	}
	return events, place, err
}

// Prefix is the prefix of all keys.
func Prefix(q *Queue) string { return q.prefix }

// Scripts names every operation by the hash under which Redis knows it.
func Scripts(q *Queue) map[string]string {
	names := map[string]string{}
	for name, script := range q.scripts {
		names[script.Hash()] = name
	}
	return names
}

// Prelude names the files in front of every operation.
func Prelude() []string { return prelude }
