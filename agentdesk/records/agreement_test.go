package records

import (
	"cmp"
	"slices"

	"github.com/remotewindow/remotewindow/queue"
)

// check holds after every step, whatever the stores have heard of each other.
func (m *machine) check() {
	m.Helper()
	answer, _ := m.both("rows", func(w *twin) (any, error) { return m.rows(w), nil })
	busy := map[string]string{}
	for _, row := range answer.([]TicketRecord) {
		if row.ArrivedMS != m.arrived[row.Case] {
			m.Fatalf("arrival of %s: %d, was %d", row.Case, row.ArrivedMS, m.arrived[row.Case])
		}
		if row.Epoch < m.epochs[row.Case] {
			m.Fatalf("epoch of %s fell from %d to %d", row.Case, m.epochs[row.Case], row.Epoch)
		}
		m.epochs[row.Case] = row.Epoch
		if row.State == StateWaiting || row.State == StateActive {
			if busy[row.Station] != "" {
				m.Fatalf("S9: %s and %s are open at %s", busy[row.Station], row.Case, row.Station)
			}
			busy[row.Station] = row.Case
		}
	}
	snapshot, _ := m.both("snapshot", func(w *twin) (any, error) { return m.snapshot(w), nil })
	m.last = snapshot.(queue.Snapshot)
}

// agree holds after a whole pass.
func (m *machine) agree() {
	m.Helper()
	w := m.twins[0] // the other one is the same, see check
	m.check()
	s := m.snapshot(w)
	known := map[string]queue.Ticket{}
	for _, t := range s.Tickets {
		known[t.ID] = t
	}
	open := slices.DeleteFunc(m.rows(w), func(t TicketRecord) bool { return t.State == StateClosed })
	for _, row := range open {
		t, there := known[row.Case]
		if !there {
			m.Fatalf("S10: %+v is open in SQL alone", row)
		}
		delete(known, row.Case)
		if t.ArrivedMS != row.ArrivedMS || t.Station != row.Station || t.Number != row.Number {
			m.Fatalf("S10: Redis has %+v, SQL %+v", t, row)
		}
		if t.Epoch < row.Epoch {
			m.Fatalf("S10: epoch of %s is %d in Redis and %d in SQL", row.Case, t.Epoch, row.Epoch)
		}
		if row.State == StateWrapUp && t.State != queue.WrapUp { // an end is SQL's to tell: it needs no time to settle
			m.Fatalf("S10: ended in SQL, and Redis was not told: it has %+v, SQL %+v", t, row)
		}
		if want := inSQL(t.State); want != row.State || want == StateActive && t.Agent != row.Agent ||
			t.State == queue.Active && row.ConnectMS == 0 {
			if s.NowMS-t.SinceMS >= settle.Milliseconds() {
				m.Fatalf("S10: a difference that is settled: Redis has %+v, SQL %+v", t, row)
			}
		}
	}
	for _, t := range known {
		m.Fatalf("S10: %+v is open in Redis alone", t)
	}
	for _, w := range m.twins {
		e, err := w.r.StoreEpoch(m.ctx)
		m.ok(err)
		if cmp.Or(cmp.Compare(e, m.store), cmp.Compare(s.StoreEpoch, e)) < 0 || s.StoreEpoch != e {
			m.Fatalf("store epoch %d in SQL, %d in Redis, was %d", e, s.StoreEpoch, m.store)
		}
	}
	m.store = s.StoreEpoch
}

// inSQL is the state that SQL has for one of Redis.
func inSQL(s queue.State) string {
	switch s {
	case queue.Waiting, queue.Offered:
		return StateWaiting
	case queue.Connecting, queue.Active:
		return StateActive
	case queue.WrapUp:
		return StateWrapUp
	}
	return StateClosed
}

// sight is what the first twin's stores hold.
type sight struct {
	rows    map[string]TicketRecord // by case
	tickets map[string]queue.Ticket
	nowMS   int64
}

func (m *machine) look() sight {
	m.Helper()
	w := m.twins[0]
	s := m.snapshot(w)
	v := sight{rows: map[string]TicketRecord{}, tickets: map[string]queue.Ticket{}, nowMS: s.NowMS}
	for _, row := range m.rows(w) {
		v.rows[row.Case] = row
	}
	for _, t := range s.Tickets {
		v.tickets[t.ID] = t
	}
	return v
}

// passed is what a pass may have done: a ticket that it told Redis of is there as
// SQL has it, and a change that may be under way was left alone.
func (m *machine) passed(before, after sight) {
	m.Helper()
	for id, row := range after.rows {
		was, knew := before.tickets[id]
		t, knows := after.tickets[id]
		switch {
		case !knows:
		case !knew || was.Epoch < before.rows[id].Epoch:
			m.whole(row, t)
		case before.rows[id].State != StateWrapUp && t.Epoch == was.Epoch && after.nowMS-t.SinceMS < settle.Milliseconds() &&
			row != before.rows[id]:
			m.Fatalf("S10: under way and not left alone: Redis has %+v, SQL had %+v and has %+v", t, before.rows[id], row)
		}
	}
}

// whole wants a restored ticket to be all that SQL knows of it.
func (m *machine) whole(row TicketRecord, t queue.Ticket) {
	m.Helper()
	if t.Number != row.Number || t.Station != row.Station || t.Affinity != row.Affinity || t.Who != row.Who ||
		t.Theme != row.Theme || t.Matter != row.Matter || t.Priority != row.Priority || t.ArrivedMS != row.ArrivedMS {
		m.Fatalf("S10: restored as %+v, SQL has %+v", t, row)
	}
	if row.Matter != "" && !slices.Equal(t.Skills, skillsOf(row.Matter)) {
		m.Fatalf("S10: restored with skills %q for %s", t.Skills, row.Matter)
	}
	if row.State == StateWaiting {
		return
	}
	state := map[string]queue.State{StateWrapUp: queue.WrapUp, StateActive: queue.Connecting}[row.State]
	if row.State == StateActive && row.ConnectMS > 0 {
		state = queue.Active
	}
	if t.State != state || t.Agent != row.Agent || t.AcceptedMS != row.AcceptedMS || t.ConnectedMS != row.ConnectMS ||
		row.State == StateWrapUp && (t.EndedMS != row.EndedMS || t.Reason != row.Ended) {
		m.Fatalf("S10: restored as %+v, SQL has %+v", t, row)
	}
}
