package records

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"
)

// StationEntry is a station as administrators see it.
type StationEntry struct {
	StationInfo
	Keys          []StationKey // newest first, revoked ones too
	CodeExpiresMS int64        // of the enrolment code that is out and not used, 0 = none
}

// Affinity binds a station to its 包联 agent; an empty Agent unbinds it.
type Affinity struct{ Station, Agent string }

// Faults tells what is wrong with a station's own fields.
func (s StationInfo) Faults() []Fault {
	var i inspector
	if !stationForm.MatchString(s.ID) {
		i.add("id", FaultID, s.ID)
	}
	i.text("name", s.Name, maxName, true)
	if !slices.Contains(Grids, s.Grid) {
		i.add("grid", FaultGrid, s.Grid)
	}
	i.text("specialist", s.Specialist, maxName, false)
	return i.faults
}

// StationEntries lists all stations by id, with their keys.
func (r *Records) StationEntries(ctx context.Context) ([]StationEntry, error) {
	var list []StationEntry
	err := r.read(ctx, "station entries", func(tx *txn) error {
		keys, err := r.keysOf(ctx, tx)
		if err != nil {
			return err
		}
		codes := map[string]int64{}
		if err := tx.each(ctx, func(rows *sql.Rows) error {
			var station string
			var expires int64
			err := rows.Scan(&station, &expires)
			codes[station] = expires
			return err
		}, `SELECT station, expires_ms FROM enrol_codes WHERE centre = ? AND used_ms = 0`, r.centre); err != nil {
			return err
		}
		stations, err := r.stationsIn(ctx, tx, "")
		list = make([]StationEntry, 0, len(stations))
		for _, s := range stations {
			list = append(list, StationEntry{StationInfo: s, Keys: keys[s.ID], CodeExpiresMS: codes[s.ID]})
		}
		return err
	})
	return list, err
}

// agents returns the logins that a station can be bound to: those of agents,
// for who is disabled today may come back.
func (r *Records) agents(ctx context.Context, tx *txn) (map[string]bool, error) {
	known := map[string]bool{}
	err := tx.each(ctx, func(rows *sql.Rows) error {
		var login string
		err := rows.Scan(&login)
		known[login] = true
		return err
	}, `SELECT login FROM people WHERE centre = ? AND role = 'agent'`, r.centre)
	return known, err
}

// SaveStation adds a station or replaces its fields on behalf of actor, and
// tells whether it is new. What is wrong with a field is a *Fault. Where actor
// did not see the version that stands, ErrChanged; where he saw none and there is
// one, ErrExists; where he saw one and there is none, ErrNotFound.
func (r *Records) SaveStation(ctx context.Context, s StationInfo, actor string, seen Version) (added bool, err error) {
	if err := first(s.Faults()); err != nil {
		return false, fmt.Errorf("records: save station: %w", err)
	}
	err = r.write(ctx, "save station", func(tx *txn) error {
		known, err := r.agents(ctx, tx)
		if err != nil {
			return err
		}
		all, err := r.stationsIn(ctx, tx, "")
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(o StationInfo) bool { return o.ID == s.ID })
		var old *StationInfo
		if added = i < 0; !added {
			old = &all[i]
			if err := seen.meets(old.Version(), s.Version()); err != nil {
				return err
			}
		} else if seen != Whatever && seen != Absent {
			return ErrNotFound
		}
		if s.Affinity != "" && !known[s.Affinity] && (old == nil || old.Affinity != s.Affinity) {
			return &Fault{Field: "affinity", Code: FaultUnknownAgent, Value: s.Affinity}
		}
		return r.storeStations(ctx, tx, []stationChange{{old, s}}, actor)
	})
	return added, err
}

// stationChange is what becomes of a station; old is nil for a new one.
type stationChange struct {
	old *StationInfo
	s   StationInfo
}

// storeStations writes those that are new or differ.
func (r *Records) storeStations(ctx context.Context, tx *txn, list []stationChange, actor string) error {
	var rows [][]any
	var made []AuditRow
	now := time.Now().UnixMilli()
	for _, c := range list {
		row, before, s := AuditRow{AtMS: now, Actor: actor, Action: "station.change", Object: c.s.ID}, StationInfo{}, c.s
		if c.old == nil {
			row.Action = "station.add"
		} else {
			before = *c.old
		}
		// Names of villages stand in the chain, the name of the specialist does not.
		row.Detail = changes(nil, "name", before.Name, s.Name, "grid", before.Grid, s.Grid, "affinity", before.Affinity, s.Affinity,
			"closed", yes(before.Closed), yes(s.Closed))
		if before.Specialist != s.Specialist {
			row.Detail["specialist"] = "changed"
		}
		if len(row.Detail) == 0 {
			continue
		}
		rows = append(rows, []any{r.centre, s.ID, s.Name, s.Grid, s.Specialist, s.Affinity, flag(s.Closed)})
		made = append(made, row)
	}
	err := tx.insert(ctx, `INSERT INTO stations (centre, id, name, grid, specialist, affinity, closed)`, rows,
		`ON CONFLICT (centre, id) DO UPDATE SET name = excluded.name, grid = excluded.grid,
		specialist = excluded.specialist, affinity = excluded.affinity, closed = excluded.closed`)
	if err != nil {
		return err
	}
	return r.settle(ctx, tx, made)
}

// SetAffinity makes pairs the whole of the 包联 on behalf of actor: a station
// that is not named is bound to nobody. A *Fault names what is unknown or twice.
// Where actor did not see the AffinityVersion that stands, ErrChanged.
func (r *Records) SetAffinity(ctx context.Context, pairs []Affinity, actor string, seen Version) error {
	return r.write(ctx, "set affinity", func(tx *txn) error {
		all, err := r.stationsIn(ctx, tx, "")
		if err != nil {
			return err
		}
		bound := make(map[string]string, len(pairs))
		for _, p := range pairs {
			if _, twice := bound[p.Station]; twice {
				return &Fault{Field: "station", Code: FaultDuplicate, Value: p.Station}
			}
			bound[p.Station] = p.Agent
		}
		known, err := r.agents(ctx, tx)
		if err != nil {
			return err
		}
		for _, p := range pairs {
			if !slices.ContainsFunc(all, func(s StationInfo) bool { return s.ID == p.Station }) {
				return &Fault{Field: "station", Code: FaultUnknownStation, Value: p.Station}
			}
			if p.Agent != "" && !known[p.Agent] {
				return &Fault{Field: "agent", Code: FaultUnknownAgent, Value: p.Agent}
			}
		}
		var list []stationChange
		wanted := slices.Clone(all)
		for i := range all {
			wanted[i].Affinity = bound[all[i].ID]
			list = append(list, stationChange{&all[i], wanted[i]})
		}
		if err := seen.meets(AffinityVersion(all), AffinityVersion(wanted)); err != nil {
			return err
		}
		return r.storeStations(ctx, tx, list, actor)
	})
}
