package records

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"slices"
	"time"
)

// Grids in the order of the board.
var Grids = []string{"north", "middle", "south"}

// stationForm is what a station id looks like: it stands in keys, rooms and logs.
var stationForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

// StationInfo is a station and who serves it first.
type StationInfo struct {
	ID         string
	Name       string
	Grid       string // south, middle, north
	Specialist string // name of the 居村专员
	Affinity   string // agent id of the 包联, may be empty
	Closed     bool   // not in service today
}

func (s StationInfo) check() error {
	if !stationForm.MatchString(s.ID) || s.Name == "" {
		return fmt.Errorf("%w: a station has an id of 1–32 small letters, digits and dashes, and a name", ErrInvalid)
	}
	if !slices.Contains(Grids, s.Grid) {
		return fmt.Errorf("%w: grid %q is none of %v", ErrInvalid, s.Grid, Grids)
	}
	return nil
}

// PutStation adds a station or replaces all of its fields.
func (r *Records) PutStation(ctx context.Context, s StationInfo) error {
	if err := s.check(); err != nil {
		return fmt.Errorf("records: put station: %w", err)
	}
	return r.write(ctx, "put station", func(tx *txn) error { return r.putStation(ctx, tx, s) })
}

func (r *Records) putStation(ctx context.Context, tx *txn, s StationInfo) error {
	if _, err := tx.exec(ctx, `INSERT INTO stations (centre, id, name, grid, specialist, affinity, closed)
		VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (centre, id) DO UPDATE SET name = excluded.name, grid = excluded.grid,
		specialist = excluded.specialist, affinity = excluded.affinity, closed = excluded.closed`,
		r.centre, s.ID, s.Name, s.Grid, s.Specialist, s.Affinity, flag(s.Closed)); err != nil {
		return err
	}
	if err := r.raiseAccess(ctx, tx); err != nil {
		return err
	}
	return r.audit(ctx, tx, AuditRow{
		AtMS: time.Now().UnixMilli(), Actor: actorSystem, Action: "station.put", Object: s.ID,
		Detail: map[string]string{"affinity": s.Affinity},
	})
}

// Provision adds, in one transaction, the stations and people that are not there
// yet, and leaves the others as they are.
func (r *Records) Provision(ctx context.Context, stations []StationInfo, people []PersonSecret) error {
	for _, s := range stations {
		if err := s.check(); err != nil {
			return fmt.Errorf("records: provision: %w", err)
		}
	}
	for _, p := range people {
		if err := p.check(); err != nil {
			return fmt.Errorf("records: provision: %w", err)
		}
	}
	return r.write(ctx, "provision", func(tx *txn) error {
		here := map[string]bool{}
		note := func(rows *sql.Rows) error {
			var key string
			err := rows.Scan(&key)
			here[key] = true
			return err
		}
		if err := tx.each(ctx, note, `SELECT 'station:' || id FROM stations WHERE centre = ?
			UNION ALL SELECT 'person:' || login FROM people WHERE centre = ?`, r.centre, r.centre); err != nil {
			return err
		}
		for _, s := range stations {
			if here["station:"+s.ID] {
				continue
			}
			if err := r.putStation(ctx, tx, s); err != nil {
				return err
			}
		}
		for _, p := range people {
			if here["person:"+p.ID] {
				continue
			}
			if err := r.addPerson(ctx, tx, p.PersonInfo, p.PasswordHash); err != nil {
				return err
			}
		}
		return nil
	})
}

// Station returns one station.
func (r *Records) Station(ctx context.Context, id string) (StationInfo, error) {
	list, err := r.stations(ctx, "station", `AND id = ?`, id)
	if err != nil {
		return StationInfo{}, err
	}
	if len(list) == 0 {
		return StationInfo{}, fmt.Errorf("records: station: %w", ErrNotFound)
	}
	return list[0], nil
}

// Stations lists all stations by id.
func (r *Records) Stations(ctx context.Context) ([]StationInfo, error) {
	return r.stations(ctx, "stations", "")
}

func (r *Records) stations(ctx context.Context, doing, where string, args ...any) ([]StationInfo, error) {
	var list []StationInfo
	err := r.read(ctx, doing, func(tx *txn) error {
		return tx.each(ctx, func(rows *sql.Rows) error {
			var s StationInfo
			if err := rows.Scan(&s.ID, &s.Name, &s.Grid, &s.Specialist, &s.Affinity, &s.Closed); err != nil {
				return err
			}
			list = append(list, s)
			return nil
		}, `SELECT id, name, grid, specialist, affinity, closed FROM stations WHERE centre = ? `+where+` ORDER BY id`,
			append([]any{r.centre}, args...)...)
	})
	return list, err
}
