package records

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"slices"
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
		var built []stationChange
		for _, s := range stations {
			if !here["station:"+s.ID] {
				built = append(built, stationChange{nil, s})
			}
		}
		if err := r.storeStations(ctx, tx, built, actorSystem); err != nil {
			return err
		}
		var hired []memberRow
		for _, p := range people {
			if !here["person:"+p.ID] {
				hired = append(hired, memberRow{Member{PersonInfo: p.PersonInfo, Disabled: p.Disabled}, p.PasswordHash})
			}
		}
		return r.hire(ctx, tx, hired, actorSystem)
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
	err := r.read(ctx, doing, func(tx *txn) (err error) {
		list, err = r.stationsIn(ctx, tx, where, args...)
		return err
	})
	return list, err
}

func (r *Records) stationsIn(ctx context.Context, tx *txn, where string, args ...any) ([]StationInfo, error) {
	var list []StationInfo
	err := tx.each(ctx, func(rows *sql.Rows) error {
		var s StationInfo
		if err := rows.Scan(&s.ID, &s.Name, &s.Grid, &s.Specialist, &s.Affinity, &s.Closed); err != nil {
			return err
		}
		list = append(list, s)
		return nil
	}, `SELECT id, name, grid, specialist, affinity, closed FROM stations WHERE centre = ? `+where+` ORDER BY id`,
		append([]any{r.centre}, args...)...)
	return list, err
}
