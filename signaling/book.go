package signaling

import (
	"context"
	"sync"
	"time"

	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// book looks things up in Directory and Store for the pages, and remembers
// them for a short while, because every push asks again. When a source is away
// the last known value serves on.
type book struct {
	directory Directory
	store     Store
	within    time.Duration

	stations memo[map[string]StationInfo]
	order    memo[[]StationInfo]
	people   memo[map[string]PersonInfo]
	opening  memo[Opening]
	slots    memo[[]SlotInfo]
	today    memo[protocol.Today]
	minutes  memo[[]protocol.Minute]

	mu      sync.Mutex
	matters map[string]*memo[MatterInfo]
	records map[string]*memo[[]TicketRecord]
}

const (
	namesLive  = 5 * time.Second
	figureLive = 5 * time.Second
	hoursLive  = time.Second
	retryAfter = time.Second
	rowsToday  = 20
)

func newBook(o Options) *book {
	return &book{
		directory: o.Directory, store: o.Store, within: o.Numbers.Store,
		matters: map[string]*memo[MatterInfo]{}, records: map[string]*memo[[]TicketRecord]{},
	}
}

// memo is one remembered value.
type memo[T any] struct {
	mu    sync.Mutex
	value T
	known bool
	at    time.Time // of the value
	tried time.Time // of the last failure
	err   error
}

func (m *memo[T]) get(ctx context.Context, live, within time.Duration, load func(context.Context) (T, error)) (T, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	if m.known && now.Sub(m.at) < live {
		return m.value, nil
	}
	if m.err != nil && now.Sub(m.tried) < retryAfter {
		if m.known {
			return m.value, nil
		}
		return m.value, m.err
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	v, err := load(ctx)
	if err != nil {
		m.err, m.tried = err, now
		if m.known {
			return m.value, nil
		}
		return v, err
	}
	m.value, m.known, m.at, m.err = v, true, now, nil
	return v, nil
}

func (m *memo[T]) forget() {
	m.mu.Lock()
	m.at, m.tried = time.Time{}, time.Time{}
	m.mu.Unlock()
}

func (b *book) stationList(ctx context.Context) ([]StationInfo, error) {
	return b.order.get(ctx, namesLive, b.within, b.directory.Stations)
}

func (b *book) station(ctx context.Context, id string) (StationInfo, error) {
	all, err := b.stations.get(ctx, namesLive, b.within, func(ctx context.Context) (map[string]StationInfo, error) {
		list, err := b.stationList(ctx)
		byID := make(map[string]StationInfo, len(list))
		for _, s := range list {
			byID[s.ID] = s
		}
		return byID, err
	})
	if err != nil {
		return StationInfo{}, err
	}
	info, ok := all[id]
	if !ok { // added since: whoever was enrolled a moment ago is at the door
		if info, err = b.directory.Station(ctx, id); err == nil {
			b.order.forget()
			b.stations.forget()
		}
		return info, err
	}
	return info, nil
}

func (b *book) person(ctx context.Context, id string) (PersonInfo, error) {
	all, err := b.people.get(ctx, namesLive, b.within, func(ctx context.Context) (map[string]PersonInfo, error) {
		list, err := b.directory.People(ctx)
		byID := make(map[string]PersonInfo, len(list))
		for _, p := range list {
			byID[p.ID] = p
		}
		return byID, err
	})
	if err != nil {
		return PersonInfo{}, err
	}
	info, ok := all[id]
	if !ok { // somebody added since
		return b.directory.Person(ctx, id)
	}
	return info, nil
}

// name of whoever holds a socket.
func (b *book) name(ctx context.Context, who Identity) (string, error) {
	if who.Face == protocol.FaceStation {
		info, err := b.station(ctx, who.ID)
		return info.Name, err
	}
	info, err := b.person(ctx, who.ID)
	return info.Name, err
}

func (b *book) hours(ctx context.Context) (Opening, error) {
	return b.opening.get(ctx, hoursLive, b.within, func(ctx context.Context) (Opening, error) {
		return b.directory.Opening(ctx, nowMS())
	})
}

func (b *book) matter(ctx context.Context, id string) (MatterInfo, error) {
	b.mu.Lock()
	m := b.matters[id]
	b.mu.Unlock()
	if m == nil {
		m = &memo[MatterInfo]{}
	}
	info, err := m.get(ctx, time.Minute, b.within, func(ctx context.Context) (MatterInfo, error) {
		return b.directory.Matter(ctx, id)
	})
	if err == nil { // only ids that exist are kept
		b.mu.Lock()
		b.matters[id] = m
		b.mu.Unlock()
	}
	return info, err
}

func (b *book) defaultSlots(ctx context.Context) ([]SlotInfo, error) {
	return b.slots.get(ctx, time.Minute, b.within, b.directory.DefaultSlots)
}

func (b *book) counts(ctx context.Context) (protocol.Today, error) {
	return b.today.get(ctx, figureLive, b.within, func(ctx context.Context) (protocol.Today, error) {
		return b.store.Today(ctx, nowMS())
	})
}

func (b *book) chart(ctx context.Context, fromMS int64) ([]protocol.Minute, error) {
	return b.minutes.get(ctx, figureLive, b.within, func(ctx context.Context) ([]protocol.Minute, error) {
		return b.store.Minutes(ctx, fromMS, nowMS())
	})
}

// finished lists what an agent finished today, newest first.
func (b *book) finished(ctx context.Context, agent string, sinceMS int64) ([]TicketRecord, error) {
	b.mu.Lock()
	m := b.records[agent]
	if m == nil {
		m = &memo[[]TicketRecord]{}
		b.records[agent] = m
	}
	b.mu.Unlock()
	return m.get(ctx, time.Minute, b.within, func(ctx context.Context) ([]TicketRecord, error) {
		return b.store.FinishedBy(ctx, agent, sinceMS, rowsToday)
	})
}

// forgetToday makes the next look at an agent's day a fresh one.
func (b *book) forgetToday(agent string) {
	b.mu.Lock()
	m := b.records[agent]
	b.mu.Unlock()
	if m != nil {
		m.forget()
	}
}
