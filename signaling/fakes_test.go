package signaling

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/remotewindow/remotewindow/sfu"
	"github.com/remotewindow/remotewindow/sfu/capture"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// memoryStore keeps records as the contract of Store says, and can be away.
type memoryStore struct {
	mu      sync.Mutex
	away    bool
	n       int
	rows    map[string]*CallRecord
	keys    map[string]string // idempotency key → ticket
	accepts []int64           // epochs that were accepted

	services []ServiceRecord
}

func newMemoryStore() *memoryStore {
	return &memoryStore{rows: map[string]*CallRecord{}, keys: map[string]string{}}
}

func (m *memoryStore) setAway(away bool) {
	m.mu.Lock()
	m.away = away
	m.mu.Unlock()
}

// change runs f on a ticket's row under the lock.
func (m *memoryStore) change(ticket string, f func(*CallRecord) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.away {
		return fmt.Errorf("memory: %w", ErrUnavailable)
	}
	r := m.rows[ticket]
	if r == nil {
		return ErrNotFound
	}
	return f(r)
}

func (m *memoryStore) row(ticket string) CallRecord {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r := m.rows[ticket]; r != nil {
		return *r
	}
	return CallRecord{}
}

func (m *memoryStore) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.rows)
}

func (m *memoryStore) Admit(_ context.Context, a Admission) (TicketRecord, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.away {
		return TicketRecord{}, ErrUnavailable
	}
	if id, ok := m.keys[a.Key]; ok {
		return m.rows[id].Ticket, nil
	}
	call := a.Kind == "" || a.Kind == "call"
	for _, r := range m.rows {
		if call && r.Ticket.Station == a.Station && r.Ticket.Kind != "prereview" && (r.Ticket.State == "waiting" || r.Ticket.State == "active") {
			return r.Ticket, nil
		}
	}
	m.n++
	t := TicketRecord{
		ID: fmt.Sprintf("t%04d", m.n), Number: fmt.Sprintf("A%03d", m.n), Case: fmt.Sprintf("PJ-261122-%03d", m.n),
		Station: a.Station, Affinity: a.Affinity, Priority: a.Priority, ArrivedMS: a.AtMS, State: "waiting",
		Kind: cmp.Or(a.Kind, "call"), DueMS: a.DueMS, Matter: a.Matter,
	}
	if a.ArrivedMS > 0 {
		t.ArrivedMS = a.ArrivedMS
	}
	if t.DueMS > 0 {
		t.State = "scheduled"
	}
	m.rows[t.ID], m.keys[a.Key] = &CallRecord{Ticket: t}, t.ID
	return t, nil
}

func (m *memoryStore) Revise(_ context.Context, ticket, who, theme, matter string) error {
	return m.change(ticket, func(r *CallRecord) error {
		for _, f := range []struct {
			have *string
			is   string
		}{{&r.Ticket.Who, who}, {&r.Ticket.Theme, theme}, {&r.Ticket.Matter, matter}} {
			if f.is != "" {
				*f.have = f.is
			}
		}
		return nil
	})
}

func (m *memoryStore) Reprioritise(_ context.Context, ticket string, priority int) error {
	return m.change(ticket, func(r *CallRecord) error { r.Ticket.Priority = priority; return nil })
}

func (m *memoryStore) Accept(_ context.Context, ticket, agent string, epoch, atMS int64) error {
	return m.change(ticket, func(r *CallRecord) error {
		if epoch <= r.Ticket.Epoch || r.Ticket.State == "closed" {
			return ErrStale
		}
		m.accepts = append(m.accepts, epoch)
		r.Ticket.State, r.Ticket.Agent, r.Ticket.Epoch, r.Ticket.AcceptedMS = "active", agent, epoch, atMS
		return nil
	})
}

func (m *memoryStore) Requeue(_ context.Context, ticket string, epoch int64) error {
	return m.change(ticket, func(r *CallRecord) error {
		if epoch <= r.Ticket.Epoch {
			return ErrStale
		}
		r.Ticket.State, r.Ticket.Agent, r.Ticket.Epoch, r.Ticket.ConnectMS = "waiting", "", epoch, 0
		return nil
	})
}

func (m *memoryStore) Connected(_ context.Context, ticket string, epoch, atMS int64) error {
	return m.change(ticket, func(r *CallRecord) error {
		r.Ticket.ConnectMS = atMS
		return nil
	})
}

func (m *memoryStore) End(_ context.Context, ticket string, epoch int64, reason string, atMS int64) error {
	return m.change(ticket, func(r *CallRecord) error {
		if epoch < r.Ticket.Epoch || r.Ticket.State != "active" {
			return ErrStale
		}
		r.Ticket.State, r.Ticket.Ended, r.Ticket.EndedMS = "wrapup", reason, atMS
		return nil
	})
}

func (m *memoryStore) Finish(_ context.Context, f Finish) error {
	return m.change(f.Ticket, func(r *CallRecord) error {
		if f.Epoch < r.Ticket.Epoch || r.Ticket.State != "wrapup" {
			return ErrStale
		}
		r.Ticket.State, r.Ticket.Dispo, r.Ticket.NextStep, r.Ticket.Note = "closed", f.Disposition, f.NextStep, f.Note
		r.Ticket.FinishedMS = f.AtMS
		return nil
	})
}

func (m *memoryStore) Abandon(_ context.Context, ticket, reason string, atMS int64) error {
	return m.change(ticket, func(r *CallRecord) error {
		if r.Ticket.State != "waiting" && r.Ticket.State != "scheduled" {
			return ErrStale
		}
		r.Ticket.State, r.Ticket.Ended, r.Ticket.EndedMS = "closed", reason, atMS
		return nil
	})
}

func (m *memoryStore) Judge(_ context.Context, ticket, page string, v SlotVerdict, by string, atMS int64) error {
	return m.change(ticket, func(r *CallRecord) error {
		r.Slots = append(slices.DeleteFunc(r.Slots, func(old SlotVerdict) bool { return old.Slot == v.Slot }), v)
		return nil
	})
}

func (m *memoryStore) AddCourse(_ context.Context, ticket string, e CourseEvent) error {
	return m.change(ticket, func(r *CallRecord) error {
		r.Course = append(r.Course, e)
		return nil
	})
}

// addPage does what the sealed page store does in the program.
func (m *memoryStore) addPage(p PageRecord) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rows[p.Ticket].Pages = append(m.rows[p.Ticket].Pages, p)
}

func (m *memoryStore) Call(_ context.Context, ticket string) (CallRecord, error) {
	var out CallRecord
	err := m.change(ticket, func(r *CallRecord) error { out = *r; return nil })
	return out, err
}

func (m *memoryStore) OpenTicketOf(_ context.Context, station string) (TicketRecord, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.away {
		return TicketRecord{}, ErrUnavailable
	}
	for _, r := range m.rows {
		if r.Ticket.Station == station && r.Ticket.Kind != "prereview" && (r.Ticket.State == "waiting" || r.Ticket.State == "active") {
			return r.Ticket, nil
		}
	}
	return TicketRecord{}, ErrNotFound
}

func (m *memoryStore) FinishedBy(_ context.Context, agent string, sinceMS int64, limit int) ([]TicketRecord, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []TicketRecord
	for _, r := range m.rows {
		if r.Ticket.Agent == agent && r.Ticket.State == "closed" && len(out) < limit {
			out = append(out, r.Ticket)
		}
	}
	return out, nil
}

func (m *memoryStore) Today(_ context.Context, nowMS int64) (protocol.Today, error) {
	return protocol.Today{AsOfMS: nowMS, ServiceMS: 30_000, TargetPct: 80}, nil
}

func (m *memoryStore) Services(_ context.Context, sinceMS int64, limit int) ([]ServiceRecord, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.away {
		return nil, ErrUnavailable
	}
	var list []ServiceRecord
	for _, r := range m.services {
		if r.FinishedMS > sinceMS && len(list) < limit {
			list = append(list, r)
		}
	}
	return list, nil
}

func (m *memoryStore) Minutes(context.Context, int64, int64) ([]protocol.Minute, error) {
	return nil, nil
}

// memoryDirectory knows three stations, three agents and one matter.
type memoryDirectory struct {
	mu     sync.Mutex
	closed bool
}

func newMemoryDirectory() *memoryDirectory { return &memoryDirectory{} }

func (d *memoryDirectory) Stations(context.Context) ([]StationInfo, error) {
	return []StationInfo{
		{ID: "s01", Name: "云桥村", Grid: "south", Affinity: "agent1"}, {ID: "s02", Name: "柳湾村", Grid: "south"},
		{ID: "s03", Name: "北塘居委会", Grid: "north"},
	}, nil
}

func (d *memoryDirectory) Station(ctx context.Context, id string) (StationInfo, error) {
	all, _ := d.Stations(ctx)
	for _, s := range all {
		if s.ID == id {
			return s, nil
		}
	}
	return StationInfo{}, ErrNotFound
}

func (d *memoryDirectory) People(context.Context) ([]PersonInfo, error) {
	return []PersonInfo{
		{ID: "agent1", Name: "王老师", Role: "agent", Seat: "1 号座席", Stations: []string{"s01"}},
		{ID: "agent2", Name: "李老师", Role: "agent", Seat: "2 号座席"},
		{ID: "supervisor", Name: "陈主任", Role: "supervisor"},
	}, nil
}

func (d *memoryDirectory) Person(ctx context.Context, id string) (PersonInfo, error) {
	all, _ := d.People(ctx)
	for _, p := range all {
		if p.ID == id {
			return p, nil
		}
	}
	return PersonInfo{}, ErrNotFound
}

func (d *memoryDirectory) Matter(_ context.Context, id string) (MatterInfo, error) {
	if id != "medical" {
		return MatterInfo{}, ErrNotFound
	}
	return MatterInfo{ID: id, Theme: "insurance", Family: "insurance", Title: "医保报销", Slots: []SlotInfo{
		{ID: "id_card", Title: "身份证", Sides: []string{"front", "back"}}, {ID: "invoice", Title: "发票", Sides: []string{"page"}},
	}}, nil
}

func (d *memoryDirectory) DefaultSlots(context.Context) ([]SlotInfo, error) {
	return []SlotInfo{{ID: "id_card", Title: "身份证", Sides: []string{"front", "back"}}}, nil
}

func (d *memoryDirectory) Opening(_ context.Context, atMS int64) (Opening, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return Opening{Hours: "8:30–16:30", NextOpenMS: atMS + 3600e3}, nil
	}
	return Opening{Open: true, Hours: "0:00–24:00", OpenedMS: atMS - 3600e3}, nil
}

// fakeMedia is an SFU without packets: joining connects at once, and opening a
// gate over two participants lets a first packet pass.
type fakeMedia struct {
	handle func(sfu.Event)

	mu     sync.Mutex
	rooms  map[string]*fakeRoom
	refuse error

	resumed atomic.Int64 // the pause of the last Resume
}

func (f *fakeMedia) Resume(pause int64) { f.resumed.Store(pause) }

type fakeRoom struct {
	peers    map[sfu.Role]sfu.Participant
	open     bool
	epoch    int64
	joins    int
	restarts int
	shut     int
	ended    bool
	held     bool
}

func newFakeMedia() *fakeMedia { return &fakeMedia{rooms: map[string]*fakeRoom{}} }

func (f *fakeMedia) look(room string) fakeRoom {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r := f.rooms[room]; r != nil {
		out := *r
		out.peers = map[sfu.Role]sfu.Participant{}
		for role, p := range r.peers {
			out.peers[role] = p
		}
		return out
	}
	return fakeRoom{}
}

func (f *fakeMedia) Join(_ context.Context, room string, p sfu.Participant, sdp string) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.refuse != nil {
		return "", f.refuse
	}
	r := f.rooms[room]
	if r == nil || r.ended {
		r = &fakeRoom{peers: map[sfu.Role]sfu.Participant{}}
		f.rooms[room] = r
	}
	if p.Epoch < r.epoch {
		return "", fmt.Errorf("fake: %w", sfu.ErrStale)
	}
	r.peers[p.Role], r.epoch = p, p.Epoch
	r.joins++
	f.handle(sfu.Event{Room: room, Participant: p.ID, Role: p.Role, Kind: sfu.Connected})
	f.flow(room, r)
	return "answer to " + sdp, nil
}

func (f *fakeMedia) Restart(_ context.Context, room, participant, sdp string) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.refuse != nil {
		return "", f.refuse
	}
	r := f.rooms[room]
	if r == nil {
		return "", fmt.Errorf("fake: %w", sfu.ErrNotFound)
	}
	for _, p := range r.peers {
		if p.ID == participant {
			r.restarts++
			return "restart of " + sdp, nil
		}
	}
	return "", fmt.Errorf("fake: %w", sfu.ErrNotFound)
}

func (f *fakeMedia) flow(room string, r *fakeRoom) {
	if r.open && len(r.peers) == 2 {
		f.handle(sfu.Event{Room: room, Participant: r.peers[sfu.Agent].ID, Role: sfu.Agent, Kind: sfu.Media})
	}
}

func (f *fakeMedia) Open(room string, epoch int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.rooms[room]
	if r == nil {
		return sfu.ErrNotFound
	}
	if epoch < r.epoch {
		return sfu.ErrStale
	}
	first := !r.open
	r.open, r.epoch = true, epoch
	if first {
		f.flow(room, r)
	}
	return nil
}

func (f *fakeMedia) Shut(room string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r := f.rooms[room]; r != nil {
		r.open = false
		r.shut++
	}
}

func (f *fakeMedia) Leave(room, participant string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r := f.rooms[room]; r != nil {
		for role, p := range r.peers {
			if p.ID == participant {
				delete(r.peers, role)
			}
		}
	}
}

func (f *fakeMedia) Hold(room string, on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r := f.rooms[room]; r != nil {
		r.held = on
	}
}

func (f *fakeMedia) HandOver(room, third string, epoch int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.rooms[room]
	if r == nil || r.peers[sfu.Third].ID != third {
		return fmt.Errorf("fake: %w", sfu.ErrNotFound)
	}
	p := r.peers[sfu.Third]
	delete(r.peers, sfu.Third)
	p.Role, p.Epoch = sfu.Agent, epoch
	r.peers[sfu.Agent], r.epoch = p, epoch
	return nil
}

func (f *fakeMedia) CloseRoom(room string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r := f.rooms[room]; r != nil {
		r.open, r.ended, r.peers = false, true, map[sfu.Role]sfu.Participant{}
	}
}

// page lets a page arrive as the SFU reports it.
func (f *fakeMedia) page(room, slot, side, request string, number byte) {
	o := &capture.Offer{SHA256: fmt.Sprintf("%064d", number), Size: 1000, MIME: capture.JPEG, Slot: slot, Side: side, Request: request}
	o.Document[0] = number
	f.handle(sfu.Event{Room: room, Role: sfu.Station, Kind: sfu.PageOffered, Page: o})
	f.handle(sfu.Event{Room: room, Role: sfu.Station, Kind: sfu.PageStored, Page: o})
}
