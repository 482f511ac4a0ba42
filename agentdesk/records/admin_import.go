package records

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// PersonDraft is a row that adds or changes a person. A nil field leaves what
// stands, or is empty for who is new.
type PersonDraft struct {
	Login            string
	Name, Role, Seat *string
	Skills           *[]string
	Disabled         *bool
	PasswordHash     string // "" leaves it; any text stands for one in a dry run
}

// StationDraft is a row that adds or changes a station, as PersonDraft does.
type StationDraft struct {
	ID                               string
	Name, Grid, Specialist, Affinity *string
	Closed                           *bool
}

// DayDraft is a row that sets the hours of a weekday; nil Hours close it.
type DayDraft struct {
	Weekday time.Weekday
	Hours   *Hours
}

// MatterDraft is a row that takes a matter in or out.
type MatterDraft struct {
	ID      string
	Enabled bool
}

// RowFault is a fault in the row with this index.
type RowFault struct {
	Row int
	Fault
}

// ImportResult is what an import did or, dry or with faults, would have done.
type ImportResult struct {
	Added, Changed, Same int
	// WithoutPassword counts the new people who are disabled until they get one.
	WithoutPassword int
	Faults          []RowFault // then nothing was written
	// Version is of what the rows were compared with. The write that is to do what
	// a dry run showed names it.
	Version Version
}

func (res *ImportResult) fault(row int, faults ...Fault) {
	for _, f := range faults {
		res.Faults = append(res.Faults, RowFault{Row: row, Fault: f})
	}
}

// count notes that a row is new, differs or does not.
func (res *ImportResult) count(isNew, differs bool) {
	switch {
	case isNew:
		res.Added++
	case differs:
		res.Changed++
	default:
		res.Same++
	}
}

// importing runs plan on one view of the database and then, unless it is dry or
// found faults, what plan returned to be done, in the same transaction. Where
// rows change something and were not compared with the version seen: ErrChanged.
func (r *Records) importing(ctx context.Context, kind, actor string, dry bool, seen Version,
	plan func(tx *txn, res *ImportResult) (apply func() error, err error),
) (ImportResult, error) {
	run := r.write
	if dry {
		run = r.read
	}
	var res ImportResult
	err := run(ctx, "import "+kind, func(tx *txn) error {
		res = ImportResult{}
		apply, err := plan(tx, &res)
		if err == nil && (len(res.Faults) > 0 || res.Added+res.Changed > 0) {
			err = seen.meets(res.Version, "")
		}
		if err != nil || dry || len(res.Faults) > 0 || res.Added+res.Changed == 0 {
			return err
		}
		if err := apply(); err != nil {
			return err
		}
		return r.audit(ctx, tx, AuditRow{
			AtMS: time.Now().UnixMilli(), Actor: actor, Action: "import." + kind, Object: r.centre,
			Detail: map[string]string{"added": fmt.Sprint(res.Added), "changed": fmt.Sprint(res.Changed), "same": fmt.Sprint(res.Same)},
		})
	})
	if err != nil {
		return ImportResult{}, err
	}
	return res, nil
}

// ImportPeople adds and changes people on behalf of actor: all rows or none.
// Who is new and has no password is disabled.
func (r *Records) ImportPeople(ctx context.Context, drafts []PersonDraft, actor string, dry bool, seen Version) (ImportResult, error) {
	return r.importing(ctx, "people", actor, dry, seen, func(tx *txn, res *ImportResult) (func() error, error) {
		members, err := r.members(ctx, tx)
		if err != nil {
			return nil, err
		}
		administered := slices.ContainsFunc(members, Member.administers)
		standing := make(map[string]Member, len(members)+len(drafts))
		for _, m := range members {
			standing[m.ID] = m
		}
		res.Version = peopleVersion(members)
		type step struct {
			old, m Member
			hash   string
		}
		var steps []step
		var added []memberRow
		seen, lastLost := map[string]bool{}, -1
		for row, d := range drafts {
			if seen[d.Login] {
				res.fault(row, Fault{"login", FaultDuplicate, d.Login})
				continue
			}
			seen[d.Login] = true
			old, had := standing[d.Login]
			m := d.onto(old)
			res.fault(row, m.Faults()...)
			differs := len(changes(nil, "name", old.Name, m.Name, "role", old.Role, m.Role, "seat", old.Seat, m.Seat,
				"skills", fmt.Sprint(old.Skills), fmt.Sprint(m.Skills), "disabled", yes(old.Disabled), yes(m.Disabled))) > 0 || d.PasswordHash != ""
			res.count(!had, differs)
			if !had && !m.Password {
				res.WithoutPassword++
			}
			if old.administers() && !m.administers() {
				lastLost = row
			}
			standing[m.ID] = m
			switch {
			case !had:
				added = append(added, memberRow{m, d.PasswordHash})
			case differs:
				steps = append(steps, step{old, m, d.PasswordHash})
			}
		}
		if administered && lastLost >= 0 {
			left := false
			for _, m := range standing {
				left = left || m.administers()
			}
			if !left {
				res.fault(lastLost, Fault{lost(members[slices.IndexFunc(members, func(m Member) bool { return m.ID == drafts[lastLost].Login })],
					standing[drafts[lastLost].Login]), FaultLastAdmin, drafts[lastLost].Login})
			}
		}
		return func() error {
			made, err := r.insertMembers(ctx, tx, added, actor)
			if err != nil {
				return err
			}
			for _, s := range steps {
				changed, err := r.updateMember(ctx, tx, s.old, s.m, s.hash, actor)
				if err != nil {
					return err
				}
				made = append(made, changed...)
			}
			return r.settle(ctx, tx, made)
		}, nil
	})
}

// onto is what becomes of a member by a row; old is zero for who is new.
func (d PersonDraft) onto(old Member) Member {
	m := old
	m.ID = d.Login
	set(&m.Name, d.Name)
	set(&m.Role, d.Role)
	set(&m.Seat, d.Seat)
	set(&m.Skills, d.Skills)
	set(&m.Disabled, d.Disabled)
	m.Password = old.Password || d.PasswordHash != ""
	switch {
	case !m.Password:
		m.Disabled = true
	case !old.Password && d.Disabled == nil:
		m.Disabled = false
	}
	return m
}

func set[T any](to, value *T) {
	if value != nil {
		*to = *value
	}
}

// ImportStations adds and changes stations on behalf of actor: all rows or none.
func (r *Records) ImportStations(ctx context.Context, drafts []StationDraft, actor string, dry bool, seen Version) (ImportResult, error) {
	return r.importStations(ctx, "stations", "id", actor, dry, seen, len(drafts), func(in stationsNow, row int) (StationInfo, []Fault) {
		d := drafts[row]
		old := in.standing[d.ID]
		s := old
		s.ID = d.ID
		set(&s.Name, d.Name)
		set(&s.Grid, d.Grid)
		set(&s.Specialist, d.Specialist)
		set(&s.Affinity, d.Affinity)
		set(&s.Closed, d.Closed)
		faults := s.Faults()
		if s.Affinity != "" && s.Affinity != old.Affinity && !in.agents[s.Affinity] {
			faults = append(faults, Fault{"affinity", FaultUnknownAgent, s.Affinity})
		}
		return s, faults
	})
}

// ImportAffinity binds the stations named on behalf of actor and leaves the
// others: all rows or none.
func (r *Records) ImportAffinity(ctx context.Context, pairs []Affinity, actor string, dry bool, seen Version) (ImportResult, error) {
	return r.importStations(ctx, "affinity", "station", actor, dry, seen, len(pairs), func(in stationsNow, row int) (StationInfo, []Fault) {
		p := pairs[row]
		var faults []Fault
		s, ok := in.standing[p.Station]
		if !ok {
			faults = append(faults, Fault{"station", FaultUnknownStation, p.Station})
		}
		if p.Agent != "" && p.Agent != s.Affinity && !in.agents[p.Agent] {
			faults = append(faults, Fault{"agent", FaultUnknownAgent, p.Agent})
		}
		s.ID, s.Affinity = p.Station, p.Agent
		return s, faults
	})
}

// stationsNow is what the rows of an import meet.
type stationsNow struct {
	standing map[string]StationInfo // by id
	agents   map[string]bool        // by login
}

// importStations compares what each row makes of its station with what stands.
// field is the column that names the station.
func (r *Records) importStations(ctx context.Context, kind, field, actor string, dry bool, seen Version, rows int,
	made func(in stationsNow, row int) (StationInfo, []Fault),
) (ImportResult, error) {
	return r.importing(ctx, kind, actor, dry, seen, func(tx *txn, res *ImportResult) (func() error, error) {
		agents, err := r.agents(ctx, tx)
		if err != nil {
			return nil, err
		}
		list, err := r.stationsIn(ctx, tx, "")
		if err != nil {
			return nil, err
		}
		in := stationsNow{make(map[string]StationInfo, len(list)), agents}
		for _, s := range list {
			in.standing[s.ID] = s
		}
		res.Version = stationsVersion(in.standing)
		var changed []stationChange
		named := map[string]bool{}
		for row := range rows {
			s, faults := made(in, row)
			if named[s.ID] {
				res.fault(row, Fault{field, FaultDuplicate, s.ID})
				continue
			}
			named[s.ID] = true
			res.fault(row, faults...)
			old, had := in.standing[s.ID]
			res.count(!had, old != s)
			switch {
			case !had:
				changed = append(changed, stationChange{nil, s})
			case old != s:
				changed = append(changed, stationChange{&old, s})
			}
		}
		return func() error { return r.storeStations(ctx, tx, changed, actor) }, nil
	})
}

// ImportHours sets the weekdays named on behalf of actor and leaves the others.
func (r *Records) ImportHours(ctx context.Context, days []DayDraft, actor string, dry bool, seen Version) (ImportResult, error) {
	return r.importCalendar(ctx, "hours", actor, dry, seen, func(c *Calendar, res *ImportResult) {
		seen := map[time.Weekday]bool{}
		for row, d := range days {
			if d.Weekday < time.Sunday || d.Weekday > time.Saturday {
				res.fault(row, Fault{"weekday", FaultWeekday, fmt.Sprint(int(d.Weekday))})
				continue
			}
			if seen[d.Weekday] {
				res.fault(row, Fault{"weekday", FaultDuplicate, fmt.Sprint(int(d.Weekday))})
				continue
			}
			seen[d.Weekday] = true
			old, open := c.Week[d.Weekday]
			if d.Hours == nil {
				delete(c.Week, d.Weekday)
				res.count(false, open)
				continue
			}
			if !d.Hours.valid() {
				res.fault(row, Fault{"close", FaultTime, d.Hours.String()})
			}
			c.Week[d.Weekday] = *d.Hours
			res.count(false, !open || old != *d.Hours)
		}
	})
}

// ImportHolidays adds and changes holidays on behalf of actor and leaves the
// others.
func (r *Records) ImportHolidays(ctx context.Context, holidays []Holiday, actor string, dry bool, seen Version) (ImportResult, error) {
	return r.importCalendar(ctx, "holidays", actor, dry, seen, func(c *Calendar, res *ImportResult) {
		seen := map[string]bool{}
		at := map[string]int{}
		for i, h := range c.Holidays {
			at[h.Date] = i
		}
		for row, h := range holidays {
			if seen[h.Date] {
				res.fault(row, Fault{"date", FaultDuplicate, h.Date})
				continue
			}
			seen[h.Date] = true
			if h.Closed {
				h.Hours = Hours{}
			}
			res.fault(row, h.Faults()...)
			i, had := at[h.Date]
			if !had {
				i = len(c.Holidays)
				c.Holidays = append(c.Holidays, Holiday{})
			}
			res.count(!had, c.Holidays[i] != h)
			c.Holidays[i] = h
		}
		if len(c.Holidays) > maxHolidays {
			res.fault(len(holidays)-1, Fault{"date", FaultTooMany, ""})
		}
	})
}

func (r *Records) importCalendar(ctx context.Context, kind, actor string, dry bool, seen Version, change func(*Calendar, *ImportResult)) (ImportResult, error) {
	return r.importing(ctx, kind, actor, dry, seen, func(tx *txn, res *ImportResult) (func() error, error) {
		old, err := r.calendar(ctx, tx)
		if err != nil {
			return nil, err
		}
		res.Version = old.Version()
		c := old.clone()
		change(&c, res)
		return func() error { return r.storeCalendar(ctx, tx, old, c, actor) }, nil
	})
}

// ImportMatters takes the matters named in or out on behalf of actor and leaves
// the others. known tells which ids the catalogue has.
func (r *Records) ImportMatters(ctx context.Context, drafts []MatterDraft, known func(id string) bool, actor string, dry bool, seen Version) (ImportResult, error) {
	return r.importing(ctx, "matters", actor, dry, seen, func(tx *txn, res *ImportResult) (func() error, error) {
		off, err := r.disabledMatters(ctx, tx)
		if err != nil {
			return nil, err
		}
		res.Version = mattersVersion(off)
		enabled := map[string]bool{}
		for row, d := range drafts {
			if _, twice := enabled[d.ID]; twice {
				res.fault(row, Fault{"id", FaultDuplicate, d.ID})
				continue
			}
			enabled[d.ID] = d.Enabled
			if !known(d.ID) {
				res.fault(row, Fault{"id", FaultUnknownMatter, d.ID})
			}
			res.count(false, d.Enabled == off[d.ID])
		}
		return func() error { return r.storeMatters(ctx, tx, off, enabled, actor) }, nil
	})
}
