package signaling

import (
	"context"
	"maps"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/queue/forecast"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

const (
	serviceDays  = 60               // how far back talks tell how long talks last
	serviceRows  = 20_000           // of them at most, the newest
	serviceEvery = time.Minute      // between two looks for newer ones
	foreseeLeast = 10 * time.Second // while somebody waits: a band shrinks by itself
	foreseeRest  = 4                // times what a forecast took is rest before the next
	foreseePause = 100 * time.Millisecond
)

// ServiceRecord is how long one finished ticket held its seat.
type ServiceRecord struct {
	Matter     string
	AnswerMS   int64 // from accept to connected
	TalkMS     int64
	WrapUpMS   int64
	FinishedMS int64
}

// outlook says how long those who wait will wait (package forecast). The
// goroutine foresee alone computes it; what it is fed with is safe to be told by
// any.
type outlook struct {
	durations forecast.Durations
	patience  forecast.Patience
	recent    forecast.Recent
	score     forecast.Score

	wake  chan struct{}
	bands atomic.Pointer[map[string]waitBand] // by ticket; those that are sure

	mu      sync.Mutex
	arrived map[string]int64 // began to wait, of tickets that wait or talk

	// Only foresee touches what follows.
	until int64 // finished tickets are known until then
	tried time.Time
}

// waitBand is what a resident is told.
type waitBand struct{ lowMS, highMS int64 }

func newOutlook() *outlook {
	w := &outlook{wake: make(chan struct{}, 1), arrived: map[string]int64{}}
	w.bands.Store(&map[string]waitBand{})
	return w
}

// see notes who came and went between two views, and asks for a forecast.
func (w *outlook) see(old, now *view, boost time.Duration) {
	w.mu.Lock()
	for id, t := range now.tickets {
		if _, known := w.arrived[id]; known || t.Kind == queue.KindPreReview || t.State == queue.Scheduled {
			continue
		}
		w.arrived[id] = t.FromMS
		if old.snap.NowMS > 0 && t.Priority > 0 && t.InLine() { // not what a start finds
			w.recent.Add(forecast.Ticket{ID: id, Matter: t.Matter, Skills: t.Need, ArrivedMS: t.ArrivedMS},
				int64(t.Priority)*boost.Milliseconds())
		}
	}
	for id := range w.arrived {
		if now.tickets[id] == nil && old.tickets[id] == nil {
			delete(w.arrived, id)
		}
	}
	w.mu.Unlock()
	if old.snap.Version != now.snap.Version {
		select {
		case w.wake <- struct{}{}:
		default:
		}
	}
}

// hear notes how waits ended.
func (w *outlook) hear(e queue.Event) {
	if e.Kind != "connected" && e.Kind != "abandoned" {
		return
	}
	w.mu.Lock()
	from := w.arrived[e.Ticket]
	delete(w.arrived, e.Ticket)
	w.mu.Unlock()
	waited := time.Duration(e.AtMS-from) * time.Millisecond
	switch e.Kind {
	case "connected":
		w.score.Answered(e.Ticket, e.AtMS)
		if from > 0 {
			w.patience.Served(waited)
		}
	case "abandoned":
		w.score.Left(e.Ticket, e.AtMS)
		if from > 0 {
			w.patience.Left(waited)
		}
	}
}

// band is what is known of a ticket's wait, 0, 0 when that is nothing.
func (w *outlook) band(ticket string) waitBand { return (*w.bands.Load())[ticket] }

// coverage is how good the promises were; nil before one has ended.
func (w *outlook) coverage() *protocol.ForecastView {
	share, n, left := w.score.Coverage()
	if n == 0 && left == 0 {
		return nil
	}
	return &protocol.ForecastView{Covered: int(math.Round(share * float64(n))), Of: n, Left: left}
}

// foresee computes the forecast after each change of the line, and now and then
// without one. It rests four times as long as the last one took, so that it
// never has more than a fifth of a core.
func (s *Server) foresee(ctx context.Context) {
	tick := time.NewTicker(foreseeLeast)
	defer tick.Stop()
	for {
		began := time.Now()
		s.learn(ctx, began)
		s.forecast(ctx)
		rest := time.NewTimer(max(foreseeRest*time.Since(began), foreseePause))
		select {
		case <-ctx.Done():
			rest.Stop()
			return
		case <-rest.C:
		}
		select {
		case <-ctx.Done():
			return
		case <-s.outlook.wake:
		case <-tick.C:
		}
	}
}

// learn reads the tickets finished since the last look.
func (s *Server) learn(ctx context.Context, now time.Time) {
	w := s.outlook
	if !w.tried.IsZero() && now.Sub(w.tried) < serviceEvery {
		return
	}
	w.tried = now
	from := max(w.until, now.Add(-serviceDays*24*time.Hour).UnixMilli())
	ctx, cancel := context.WithTimeout(ctx, s.Numbers.Store)
	defer cancel()
	rows, err := s.Store.Services(ctx, from, serviceRows)
	if err != nil {
		s.Logger.Warn("finished tickets not read", "err", err)
		return
	}
	for _, r := range rows {
		ms := func(n int64) time.Duration { return time.Duration(n) * time.Millisecond }
		w.durations.Add(r.Matter, s.familyOf(ctx, r.Matter), forecast.Service{
			Answer: ms(r.AnswerMS), Talk: ms(r.TalkMS), WrapUp: ms(r.WrapUpMS),
		})
		w.until = max(w.until, r.FinishedMS)
	}
}

// familyOf is the family of a matter, "" when it is not known.
func (s *Server) familyOf(ctx context.Context, matter string) string {
	if matter == "" {
		return ""
	}
	m, err := s.book.matter(ctx, matter)
	if err != nil {
		return ""
	}
	return m.Family
}

// forecast replays the line as last seen and tells those whose band changed.
func (s *Server) forecast(ctx context.Context) {
	w, v := s.outlook, s.view.Load()
	state := forecast.Of(v.snap, s.Queue.Numbers(), func(matter string) string { return s.familyOf(ctx, matter) })
	state.Service, state.Patience = &w.durations, &w.patience
	state.Overtaking = w.recent.Streams(v.snap.NowMS)
	bands := map[string]waitBand{}
	for _, b := range forecast.Waits(state, forecast.Options{Level: w.score.Level(), Seed: uint64(v.snap.Version)}) {
		from, to, ok := forecast.Shown(b)
		if !ok {
			continue
		}
		w.score.Promise(b, v.snap.NowMS) // the first that this ticket was told
		bands[b.Ticket] = waitBand{int64(from) * 60_000, int64(to) * 60_000}
	}
	before := *w.bands.Swap(&bands)
	if maps.Equal(before, bands) {
		return
	}
	for _, t := range v.snap.Tickets {
		if before[t.ID] != bands[t.ID] {
			s.mark(t.Station, "")
		}
	}
}
