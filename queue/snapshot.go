package queue

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"
)

// Snapshot is everything that is open, as of one version of the event stream.
type Snapshot struct {
	Version    int64 // of the last event that it contains
	NowMS      int64 // Redis' clock
	StoreEpoch int64 // highest announced; 0 in a store that was never announced or was flushed
	// RunID names the life of the Redis process, empty where the server does not
	// tell (embedded). Another one means that writes may be lost.
	RunID    string
	Hours    []Interval // of SetHours; a flushed store has none, and is open
	Tickets  []Ticket   // open; those in line in match order, then the others by arrival
	Agents   []Agent    // by id
	Stations []Station
}

// Snapshot reads the whole state of the centre in one script.
func (q *Queue) Snapshot(ctx context.Context) (Snapshot, error) {
	reply, err := q.call(ctx, "snapshot")
	if err != nil {
		return Snapshot{}, err
	}
	if len(reply) != 7 {
		return Snapshot{}, fmt.Errorf("queue: snapshot: reply of %d parts", len(reply))
	}
	head := fields{"version": text(reply[0]), "now": text(reply[1]), "store": text(reply[2])}
	s := Snapshot{Version: head.ms("version"), NowMS: head.ms("now"), StoreEpoch: head.ms("store")}
	s.Hours = intervals(text(reply[6]))
	for _, record := range records(reply[3]) {
		s.Tickets = append(s.Tickets, ticketOf(hash(record)))
	}
	for _, record := range records(reply[4]) {
		s.Agents = append(s.Agents, agentOf(hash(record)))
	}
	for _, record := range records(reply[5]) {
		s.Stations = append(s.Stations, stationOf(hash(record)))
	}
	waiting := 0
	for waiting < len(s.Tickets) && s.Tickets[waiting].InLine() {
		waiting++
	}
	rest := s.Tickets[waiting:]
	sort.Slice(rest, func(i, j int) bool {
		if rest[i].ArrivedMS != rest[j].ArrivedMS {
			return rest[i].ArrivedMS < rest[j].ArrivedMS
		}
		return rest[i].ID < rest[j].ID
	})
	sort.Slice(s.Agents, func(i, j int) bool { return s.Agents[i].ID < s.Agents[j].ID })
	sort.Slice(s.Stations, func(i, j int) bool { return s.Stations[i].ID < s.Stations[j].ID })
	s.RunID = q.runID(ctx)
	return s, nil
}

// Open reports whether the centre is open by its Hours.
func (s Snapshot) Open() bool {
	return len(s.Hours) == 0 || slices.ContainsFunc(s.Hours, func(i Interval) bool {
		return i.OpenMS <= s.NowMS && s.NowMS < i.CloseMS
	})
}

func records(v any) []any {
	list, _ := v.([]any)
	return list
}

// runID reads the run id of the server that holds the centre.
func (q *Queue) runID(ctx context.Context) string {
	client, err := q.primary(ctx)
	if err != nil {
		return ""
	}
	info, err := client.Info(ctx, "server").Result()
	if err != nil {
		return "" // the embedded server has no such section
	}
	for _, line := range strings.Split(info, "\n") {
		if id, ok := strings.CutPrefix(line, "run_id:"); ok {
			return strings.TrimSpace(id)
		}
	}
	return ""
}
