package csvfile

import (
	"io"
	"strconv"
)

// Station is a row of a file of stations.
type Station struct {
	Row int
	StationDraft
}

// StationDraft is what a row says of a station, as PersonDraft does of people.
type StationDraft struct {
	ID                               string
	Name, Grid, Specialist, Affinity *string
	Closed                           *bool
}

// StationLine is a station as a row is written.
type StationLine struct {
	ID, Name, Grid, Specialist, Affinity string
	Closed                               bool
}

var stationColumns = columns{
	needed:   []string{"id", "name", "grid"},
	optional: []string{"specialist", "affinity", "closed"},
}

// ReadStations reads a file of stations.
func ReadStations(data []byte) ([]Station, []Error) {
	s := read(data, stationColumns)
	stations := make([]Station, 0, len(s.rows))
	for _, r := range s.rows {
		stations = append(stations, Station{Row: r.number, StationDraft: StationDraft{
			ID: s.needed(r, "id"), Name: r.textOf("name"), Grid: r.wordOf("grid"), Specialist: r.textOf("specialist"),
			Affinity: r.wordOf("affinity"), Closed: s.boolOf(r, "closed"),
		}})
	}
	return stations, s.errors
}

// WriteStations writes a file of stations.
func WriteStations(w io.Writer, stations []StationLine) error {
	rows := make([][]string, 0, len(stations))
	for _, s := range stations {
		rows = append(rows, []string{s.ID, s.Name, s.Grid, s.Specialist, s.Affinity, strconv.FormatBool(s.Closed)})
	}
	return write(w, []string{"id", "name", "grid", "specialist", "affinity", "closed"}, rows)
}

// Affinity is a row of a file of 包联.
type Affinity struct {
	Row            int
	Station, Agent string
}

// ReadAffinity reads a file that binds stations to agents; without an agent a
// station is bound to nobody.
func ReadAffinity(data []byte) ([]Affinity, []Error) {
	s := read(data, columns{needed: []string{"station", "agent"}, ignored: []string{"name"}})
	pairs := make([]Affinity, 0, len(s.rows))
	for _, r := range s.rows {
		pairs = append(pairs, Affinity{Row: r.number, Station: s.needed(r, "station"), Agent: *r.wordOf("agent")})
	}
	return pairs, s.errors
}

// WriteAffinity writes every station with its agent, and its name to read by.
func WriteAffinity(w io.Writer, stations []StationLine) error {
	rows := make([][]string, 0, len(stations))
	for _, s := range stations {
		rows = append(rows, []string{s.ID, s.Affinity, s.Name})
	}
	return write(w, []string{"station", "agent", "name"}, rows)
}
