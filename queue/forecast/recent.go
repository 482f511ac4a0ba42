package forecast

import (
	"slices"
	"sync"
)

const (
	recentSpan = 3600_000 // ms
	maxRecent  = 64
)

// Recent remembers who came with priority in the last hour: as many of the same
// kind are expected in the next. The zero value is ready; it may be used by several
// goroutines.
type Recent struct {
	mu   sync.Mutex
	came []came // oldest first
}

type came struct {
	atMS   int64
	stream Stream
}

// Add records an arrival of any priority; those without priority overtake nobody
// and are left out. LeadMS is the priority times the aging boost.
func (r *Recent) Add(t Ticket, leadMS int64) {
	if leadMS <= 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.came) >= maxRecent {
		r.came = slices.Delete(r.came, 0, len(r.came)-maxRecent+1)
	}
	r.came = append(r.came, came{t.ArrivedMS, Stream{PerHour: 1, LeadMS: leadMS,
		Skills: slices.Clone(t.Skills), Matter: t.Matter, Family: t.Family}})
}

// Streams is what State.Overtaking holds at a time.
func (r *Recent) Streams(nowMS int64) []Stream {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.came = slices.DeleteFunc(r.came, func(c came) bool { return c.atMS < nowMS-recentSpan })
	var streams []Stream
	for _, c := range r.came {
		i := slices.IndexFunc(streams, func(s Stream) bool {
			return s.LeadMS == c.stream.LeadMS && s.Matter == c.stream.Matter && s.Family == c.stream.Family &&
				slices.Equal(s.Skills, c.stream.Skills)
		})
		if i < 0 {
			streams = append(streams, c.stream)
		} else {
			streams[i].PerHour++
		}
	}
	return streams
}
