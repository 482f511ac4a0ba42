package agentdesk

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/remotewindow/remotewindow/agentdesk/csvfile"
	"github.com/remotewindow/remotewindow/agentdesk/records"
)

// maxImportPasswords bounds the hashes of one import: each costs some 50 ms and
// 19 MiB.
const maxImportPasswords = 200

// exchange is one kind of file: how it is written and how it is read in.
type exchange struct {
	write func(s *Server, ctx context.Context, w io.Writer) error
	read  func(s *Server, r *http.Request, data []byte, dry bool, saw records.Version) (imported, error)
	kinds []string // for Options.Changed
}

// exchanges by kind.
var exchanges = map[string]exchange{
	"people":   {(*Server).writePeople, (*Server).readPeople, []string{ChangedPeople, ChangedAffinity}},
	"stations": {(*Server).writeStations, (*Server).readStations, []string{ChangedStations, ChangedAffinity}},
	"affinity": {(*Server).writeAffinity, (*Server).readAffinity, []string{ChangedAffinity}},
	"hours":    {(*Server).writeHours, (*Server).readHours, []string{ChangedHours}},
	"holidays": {(*Server).writeHolidays, (*Server).readHolidays, []string{ChangedHours}},
	"matters":  {(*Server).writeMatters, (*Server).readMatters, []string{ChangedMatters}},
}

// imported is the answer of an import. With errors nothing was written, and the
// counts are of the rows that could be read.
type imported struct {
	Code    string `json:"code,omitempty"` // what is wrong with the whole file, else invalid; "" when nothing is
	Rows    int    `json:"rows"`
	Added   int    `json:"added"`
	Changed int    `json:"changed"`
	Same    int    `json:"same"`
	// WithoutPassword counts new people who stay disabled until they get one.
	WithoutPassword int             `json:"without_password,omitempty"`
	Errors          []csvfile.Error `json:"errors"`
	// Version is of a dry run: the import that is to write what it told names it.
	Version records.Version `json:"version,omitempty"`
}

// adminExport answers GET /api/admin/export/{kind}.csv. What left the house is
// in the audit.
func (s *Server) adminExport(w http.ResponseWriter, r *http.Request) {
	kind, ok := strings.CutSuffix(r.PathValue("kind"), ".csv")
	e, known := exchanges[kind]
	if !ok || !known {
		refuse(w, http.StatusNotFound, "not_found", "")
		return
	}
	var file bytes.Buffer
	if err := e.write(s, r.Context(), &file); err != nil {
		s.adminFailed(w, r, err)
		return
	}
	row := records.AuditRow{AtMS: s.o.Now().UnixMilli(), Actor: actor(r), Action: "export." + kind, Object: s.o.Centre}
	if err := s.o.Administration.Audit(r.Context(), row); err != nil {
		s.adminFailed(w, r, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8; header=present")
	h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s.csv"`, kind))
	h.Set("Content-Length", fmt.Sprint(file.Len()))
	w.WriteHeader(http.StatusOK)
	w.Write(file.Bytes())
}

// adminImport answers POST /api/admin/import/{kind}?dry=1: all rows or none.
// Without dry it writes what a dry run of the same file told, whose version it
// wants as If-Match: 412 changed where that would do something else by now.
func (s *Server) adminImport(w http.ResponseWriter, r *http.Request) {
	e, known := exchanges[r.PathValue("kind")]
	if !known {
		refuse(w, http.StatusNotFound, "not_found", "")
		return
	}
	if kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "text/csv" {
		refuse(w, http.StatusUnsupportedMediaType, "type", "the body must be text/csv")
		return
	} else if set := params["charset"]; set != "" && !strings.EqualFold(set, "utf-8") {
		refuse(w, http.StatusUnsupportedMediaType, csvfile.CodeEncoding, "the body must be UTF-8")
		return
	}
	said := r.URL.Query()["dry"]
	dry := strings.Join(said, " ")
	if len(said) > 1 || dry != "" && dry != "0" && dry != "1" { // a dry run that is not understood must not write
		refuse(w, http.StatusBadRequest, "malformed", "dry is 1 or 0")
		return
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, csvfile.MaxBytes))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		refuse(w, http.StatusRequestEntityTooLarge, "too_large", "a file may have 1 MiB")
		return
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, "malformed", "the body broke off")
		return
	}
	file, saw := hashOf(string(data)), records.Whatever
	if dry != "1" {
		var ok bool
		if saw, ok = seenDry(w, r, file); !ok {
			return
		}
	}
	res, err := e.read(s, r, data, dry == "1", saw)
	if err != nil {
		s.adminFailed(w, r, err)
		return
	}
	if dry == "1" && len(res.Errors) == 0 {
		res.Version += records.Version("." + file)
		tagged(w, res.Version)
	} else {
		res.Version = ""
	}
	if len(res.Errors) > 0 {
		answer(w, http.StatusUnprocessableEntity, res)
		return
	}
	if dry != "1" && res.Added+res.Changed > 0 {
		s.tell(e.kinds...)
	}
	answer(w, http.StatusOK, res)
}

// taking joins what is wrong with the form of a file with what the records say
// of its rows. rows are the places of the drafts in the file; with faults in the
// form the records are only asked, so that everything is told at once.
func taking(rows []int, faults []csvfile.Error, dry bool, run func(dry bool) (records.ImportResult, error)) (imported, error) {
	res, err := run(dry || len(faults) > 0)
	if err != nil {
		return imported{}, err
	}
	in := imported{
		Rows: len(rows), Added: res.Added, Changed: res.Changed, Same: res.Same, WithoutPassword: res.WithoutPassword, Version: res.Version,
		Errors: append([]csvfile.Error{}, faults...),
	}
	for _, f := range res.Faults {
		e := csvfile.NewError(rows[f.Row], f.Field, f.Code, f.Value)
		told := slices.ContainsFunc(in.Errors[:len(faults)], func(o csvfile.Error) bool { return o.Row == e.Row && o.Column == e.Column })
		if !told { // one error a cell: the form comes first
			in.Errors = append(in.Errors, e)
		}
	}
	slices.SortStableFunc(in.Errors, func(a, b csvfile.Error) int { return cmp.Compare(a.Row, b.Row) })
	if len(in.Errors) > 0 {
		in.Code = "invalid"
		if in.Errors[0].Row == 0 {
			in.Code = in.Errors[0].Code
		}
	}
	in.Errors = in.Errors[:min(len(in.Errors), csvfile.MaxErrors)]
	return in, nil
}

func (s *Server) writePeople(ctx context.Context, w io.Writer) error {
	members, err := s.o.Administration.Members(ctx)
	if err != nil {
		return err
	}
	lines := make([]csvfile.PersonLine, 0, len(members))
	for _, m := range members {
		lines = append(lines, csvfile.PersonLine{Login: m.ID, Name: m.Name, Role: m.Role, Seat: m.Seat, Skills: m.Skills, Disabled: m.Disabled})
	}
	return csvfile.WritePeople(w, lines)
}

func (s *Server) readPeople(r *http.Request, data []byte, dry bool, saw records.Version) (imported, error) {
	people, faults := csvfile.ReadPeople(data)
	rows, drafts := make([]int, len(people)), make([]records.PersonDraft, len(people))
	passwords := 0
	for i, p := range people {
		rows[i], drafts[i] = p.Row, records.PersonDraft(p.PersonDraft)
		if p.Password == "" {
			continue
		}
		drafts[i].PasswordHash = "to be made"
		if code := passwordFault(p.Login, p.Password); code != "" {
			faults = append(faults, csvfile.NewError(p.Row, "password", code, "")) // never the password itself
		}
		if passwords++; passwords == maxImportPasswords+1 {
			faults = append(faults, csvfile.NewError(p.Row, "password", "too_many_passwords", ""))
		}
	}
	run := func(dry bool) (records.ImportResult, error) {
		return s.o.Administration.ImportPeople(r.Context(), drafts, actor(r), dry, saw)
	}
	if passwords > 0 && !dry && len(faults) == 0 {
		// Faults that a look shows are not worth the hashes.
		look, err := run(true)
		if err != nil {
			return imported{}, err
		}
		if len(look.Faults) > 0 {
			return taking(rows, faults, true, run)
		}
		for i, p := range people {
			if p.Password == "" {
				continue
			}
			if drafts[i].PasswordHash, err = s.o.Hash(p.Password); err != nil {
				return imported{}, fmt.Errorf("hash a password: %w", err)
			}
			if r.Context().Err() != nil {
				return imported{}, r.Context().Err()
			}
		}
	}
	if dry || len(faults) > 0 {
		return taking(rows, faults, true, run)
	}
	before, err := s.o.Administration.Members(r.Context())
	if err != nil {
		return imported{}, err
	}
	in, err := taking(rows, faults, false, run)
	if err == nil && len(in.Errors) == 0 && in.Changed > 0 {
		s.lockOutChanged(before, drafts)
	}
	return in, err
}

// lockOutChanged ends what is open of those whose role, password or state an
// import changed.
func (s *Server) lockOutChanged(before []records.Member, drafts []records.PersonDraft) {
	standing := make(map[string]records.Member, len(before))
	for _, m := range before {
		standing[m.ID] = m
	}
	for _, d := range drafts {
		m, was := standing[d.Login]
		if was && (d.PasswordHash != "" || d.Role != nil && *d.Role != m.Role || d.Disabled != nil && *d.Disabled && !m.Disabled) {
			s.lockOut(m)
		}
	}
}

func (s *Server) writeStations(ctx context.Context, w io.Writer) error {
	lines, err := s.stationLines(ctx)
	if err != nil {
		return err
	}
	return csvfile.WriteStations(w, lines)
}

func (s *Server) stationLines(ctx context.Context) ([]csvfile.StationLine, error) {
	entries, err := s.o.Administration.StationEntries(ctx)
	lines := make([]csvfile.StationLine, 0, len(entries))
	for _, e := range entries {
		lines = append(lines, csvfile.StationLine(e.StationInfo))
	}
	return lines, err
}

func (s *Server) readStations(r *http.Request, data []byte, dry bool, saw records.Version) (imported, error) {
	stations, faults := csvfile.ReadStations(data)
	rows, drafts := make([]int, len(stations)), make([]records.StationDraft, len(stations))
	for i, p := range stations {
		rows[i], drafts[i] = p.Row, records.StationDraft(p.StationDraft)
	}
	return taking(rows, faults, dry, func(dry bool) (records.ImportResult, error) {
		return s.o.Administration.ImportStations(r.Context(), drafts, actor(r), dry, saw)
	})
}

func (s *Server) writeAffinity(ctx context.Context, w io.Writer) error {
	lines, err := s.stationLines(ctx)
	if err != nil {
		return err
	}
	return csvfile.WriteAffinity(w, lines)
}

func (s *Server) readAffinity(r *http.Request, data []byte, dry bool, saw records.Version) (imported, error) {
	found, faults := csvfile.ReadAffinity(data)
	rows, pairs := make([]int, len(found)), make([]records.Affinity, len(found))
	for i, p := range found {
		rows[i], pairs[i] = p.Row, records.Affinity{Station: p.Station, Agent: p.Agent}
	}
	return taking(rows, faults, dry, func(dry bool) (records.ImportResult, error) {
		return s.o.Administration.ImportAffinity(r.Context(), pairs, actor(r), dry, saw)
	})
}

func (s *Server) writeHours(ctx context.Context, w io.Writer) error {
	c, err := s.o.Administration.Calendar(ctx)
	if err != nil {
		return err
	}
	week := map[time.Weekday]csvfile.Hours{}
	for weekday, h := range c.Week {
		week[weekday] = csvfile.Hours(h)
	}
	return csvfile.WriteHours(w, week)
}

func (s *Server) readHours(r *http.Request, data []byte, dry bool, saw records.Version) (imported, error) {
	found, faults := csvfile.ReadHours(data)
	rows, days := make([]int, len(found)), make([]records.DayDraft, len(found))
	for i, p := range found {
		rows[i], days[i] = p.Row, records.DayDraft{Weekday: p.Weekday}
		if p.Hours != nil {
			h := records.Hours(*p.Hours)
			days[i].Hours = &h
		}
	}
	return taking(rows, faults, dry, func(dry bool) (records.ImportResult, error) {
		return s.o.Administration.ImportHours(r.Context(), days, actor(r), dry, saw)
	})
}

func (s *Server) writeHolidays(ctx context.Context, w io.Writer) error {
	c, err := s.o.Administration.Calendar(ctx)
	if err != nil {
		return err
	}
	lines := make([]csvfile.HolidayLine, 0, len(c.Holidays))
	for _, h := range c.Holidays {
		lines = append(lines, csvfile.HolidayLine{Date: h.Date, Closed: h.Closed, Hours: csvfile.Hours(h.Hours), Note: h.Note})
	}
	return csvfile.WriteHolidays(w, lines)
}

func (s *Server) readHolidays(r *http.Request, data []byte, dry bool, saw records.Version) (imported, error) {
	found, faults := csvfile.ReadHolidays(data)
	rows, holidays := make([]int, len(found)), make([]records.Holiday, len(found))
	for i, p := range found {
		rows[i], holidays[i] = p.Row, records.Holiday{Date: p.Date, Closed: p.Closed, Hours: records.Hours(p.Hours), Note: p.Note}
	}
	return taking(rows, faults, dry, func(dry bool) (records.ImportResult, error) {
		return s.o.Administration.ImportHolidays(r.Context(), holidays, actor(r), dry, saw)
	})
}

func (s *Server) writeMatters(ctx context.Context, w io.Writer) error {
	matters, err := s.o.Matters(ctx)
	if err != nil {
		return err
	}
	off, err := s.o.Administration.DisabledMatters(ctx)
	if err != nil {
		return err
	}
	return csvfile.WriteMatters(w, matters, off)
}

func (s *Server) readMatters(r *http.Request, data []byte, dry bool, saw records.Version) (imported, error) {
	matters, err := s.o.Matters(r.Context())
	if err != nil {
		return imported{}, err
	}
	known := map[string]bool{}
	for _, m := range matters {
		known[m.ID] = true
	}
	found, faults := csvfile.ReadMatters(data)
	rows, drafts := make([]int, len(found)), make([]records.MatterDraft, len(found))
	for i, p := range found {
		rows[i], drafts[i] = p.Row, records.MatterDraft{ID: p.ID, Enabled: p.Enabled}
	}
	return taking(rows, faults, dry, func(dry bool) (records.ImportResult, error) {
		return s.o.Administration.ImportMatters(r.Context(), drafts, func(id string) bool { return known[id] }, actor(r), dry, saw)
	})
}
