package csvfile

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/remotewindow/remotewindow/agentdesk/catalogue"
)

func brief(errors []Error) string {
	var b strings.Builder
	for _, e := range errors {
		fmt.Fprintf(&b, "%d %s %s %q; ", e.Row, e.Column, e.Code, e.Value)
	}
	return strings.TrimSuffix(b.String(), "; ")
}

// TestForm: what a file may look like, and what is wrong with the others.
func TestForm(t *testing.T) {
	for name, tt := range map[string]struct{ file, rows, errors string }{
		"plain":             {"station,agent\ns01,agent1\n", "2 s01 agent1", ""},
		"mark":              {"\xef\xbb\xbfstation,agent\ns01,agent1\n", "2 s01 agent1", ""},
		"CRLF":              {"station,agent\r\ns01,agent1\r\n", "2 s01 agent1", ""},
		"CR":                {"station,agent\rs01,agent1\r", "2 s01 agent1", ""},
		"no last end":       {"station,agent\ns01,agent1", "2 s01 agent1", ""},
		"quotes":            {"\"station\",\"agent\"\n\"s01\",\"agent1\"\n", "2 s01 agent1", ""},
		"other order":       {"agent,station\nagent1,s01\n", "2 s01 agent1", ""},
		"capitals, spaces":  {" Station , AGENT\n s01 , agent1 \n", "2 s01 agent1", ""},
		"ignored column":    {"station,agent,name\ns01,agent1,\"a \"\"b\"\", c\"\n", "2 s01 agent1", ""},
		"empty columns":     {"station,agent,,\ns01,agent1,,\n", "2 s01 agent1", ""},
		"empty rows":        {"station,agent\n\n,\r\ns01,agent1\n,\n", "4 s01 agent1", ""},
		"unbound":           {"station,agent\ns01,\n", "2 s01 ", ""},
		"last cell empty":   {"station,agent\ns01,", "2 s01 ", ""},
		"header alone":      {"station,agent\n", "", ""},
		"empty":             {"", "", `1  header ""`},
		"mark alone":        {"\xef\xbb\xbf", "", `1  header ""`},
		"empty header":      {",\ns01,agent1\n", "", `1  header ""`},
		"unknown column":    {"station,agent,colour\ns01,agent1,red\n", "", `1 colour unknown_column "colour"`},
		"missing column":    {"station\ns01\n", "", `1 agent missing_column ""`},
		"column twice":      {"station,agent,Agent\ns01,a,b\n", "", `1 agent duplicate "Agent"`},
		"semicolons":        {"station;agent\ns01;agent1\n", "", `1  bad_separator "station;agent"`},
		"tabs":              {"station\tagent\ns01\tagent1\n", "", "1  bad_separator \"station\\tagent\""},
		"open quote":        {"station,agent\n\"s01,agent1\n", "", `2  bad_quotes ""`},
		"quote in a cell":   {"station,agent\ns01,agent1\ns\"02,x\n", "", `3  bad_quotes ""`},
		"text after quotes": {"station,agent\n\"s01\"x,agent1\n", "", `2  bad_quotes ""`},
		"short row":         {"station,agent\ns01\n", "", `2 agent missing_cell ""`},
		"long row":          {"station,agent\ns01,agent1,x,y\n", "", `2  extra_cell "x"`},
		"no station":        {"station,agent\n ,agent1\n", "2  agent1", `2 station empty ""`},
		"line in a cell":    {"station,agent\ns01,\"agent\n1\"\n", "", `2 agent bad_text ""`},
		"NUL":               {"station,agent\ns01,age\x00nt\n", "", `2 agent bad_text ""`},
		"long cell":         {"station,agent\ns01," + strings.Repeat("王", 1001) + "\n", "", `2 agent too_long "` + strings.Repeat("王", 40) + `"`},
		"Latin-1":           {"station,agent\ns01,Ren\xe9\n", "", `0  encoding ""`},
		"GB18030":           {"station,agent\ns01,\xcd\xf5\xc0\xcf\xca\xa6\n", "", `0  gb18030 ""`},
		"GB18030, four":     {"station,agent\ns01,\x81\x30\x81\x30\n", "", `0  gb18030 ""`},
		"UTF-16":            {"\xff\xfes\x00t\x00", "", `0  utf16 ""`},
		"too large":         {"station,agent\n" + strings.Repeat("s01,agent1\n", MaxBytes/11), "", `0  too_large ""`},
		"too many rows":     {"station,agent\n" + strings.Repeat("s,a\n", MaxRows+1), "", `5002  too_many_rows ""`},
	} {
		pairs, errors := ReadAffinity([]byte(tt.file))
		var rows []string
		for _, p := range pairs {
			rows = append(rows, fmt.Sprint(p.Row, " ", p.Station, " ", p.Agent))
		}
		if got := strings.Join(rows, "; "); got != tt.rows || brief(errors) != tt.errors {
			t.Errorf("%s: rows %q, errors %s", name, got, brief(errors))
		}
	}
	full := "station,agent\n" + strings.Repeat("s,a\n", MaxRows)
	if pairs, errors := ReadAffinity([]byte(full)); len(pairs) != MaxRows || len(errors) != 0 {
		t.Errorf("as many rows as may be: %d %s", len(pairs), brief(errors))
	}
	if _, errors := ReadAffinity([]byte("station,agent\n" + strings.Repeat("s\n", MaxRows))); len(errors) > MaxErrors {
		t.Errorf("%d errors", len(errors))
	}
}

// TestCells: every kind with every cell that is wrong.
func TestCells(t *testing.T) {
	kinds := map[string]func([]byte) (int, []Error){
		"people":   func(b []byte) (int, []Error) { p, e := ReadPeople(b); return len(p), e },
		"stations": func(b []byte) (int, []Error) { p, e := ReadStations(b); return len(p), e },
		"hours":    func(b []byte) (int, []Error) { p, e := ReadHours(b); return len(p), e },
		"holidays": func(b []byte) (int, []Error) { p, e := ReadHolidays(b); return len(p), e },
		"matters":  func(b []byte) (int, []Error) { p, e := ReadMatters(b); return len(p), e },
	}
	for _, tt := range []struct{ kind, file, errors string }{
		{"people", "login,name,role\nagent1,王,agent\n", ""},
		{"people", "login,name,role,disabled\nagent1,王,agent,maybe\n", `2 disabled bad_bool "maybe"`},
		{"people", "login,name,role\n,王,agent\n", `2 login empty ""`},
		{"people", "login,name,role,created_ms\nagent1,王,agent,1\n", `1 created_ms unknown_column "created_ms"`},
		{"people", "login,role\nagent1,agent\n", `1 name missing_column ""`},
		{"stations", "id,name,grid,closed\ns01,云桥村,north,是\ns02,云桥村,north,否\ns03,a,north,YES\ns04,a,north,0\n", ""},
		{"stations", "id,name,grid,closed\ns01,云桥村,north,x\n", `2 closed bad_bool "x"`},
		{"hours", "weekday,open,close\n0,,\n1,8:30,16:30\n2,08:30,24:00\n", ""},
		{"hours", "weekday,open,close\n7,8:30,16:30\nMonday,8:30,16:30\n-1,,\n+1,,\n", `2 weekday bad_weekday "7"; 3 weekday bad_weekday "Monday"; 4 weekday bad_weekday "-1"; 5 weekday bad_weekday "+1"`},
		{"hours", "weekday,open,close\n1,16:30,8:30\n2,8:30,\n3,8.30,16:30\n4,8:30,24:01\n5,8:5,9:60\n6,8:30,8:30\n", `2 close bad_time "8:30"; 3 close bad_time ""; 4 open bad_time "8.30"; 5 close bad_time "24:01"; 6 open bad_time "8:5"; 6 close bad_time "9:60"; 7 close bad_time "8:30"`},
		{"holidays", "date,closed,open,close,note\n2026-10-01,false,8:30,11:30,国庆\n2026-10-02,true,,,\n2026/1/5,,,,\n2027.1.6,,9:00,10:00,\n", ""},
		{"holidays", "date\n2026-02-30\n10-01\n20261001\n1.10.2026\n", `2 date bad_date "2026-02-30"; 3 date bad_date "10-01"; 4 date bad_date "20261001"; 5 date bad_date "1.10.2026"`},
		{"holidays", "date,closed,open,close\n2026-10-01,true,8:30,11:30\n2026-10-02,false,,\n,true,,\n2026-10-03,?,,\n", `2 closed bad_time "8:30"; 3 open empty ""; 4 date empty ""; 5 closed bad_bool "?"`},
		{"matters", "id,enabled,title\na,true,x\nb,false,y\n", ""},
		{"matters", "id,enabled\na,\n,true\nc,on\n", `2 enabled empty ""; 3 id empty ""; 4 enabled bad_bool "on"`},
	} {
		if _, errors := kinds[tt.kind]([]byte(tt.file)); brief(errors) != tt.errors {
			t.Errorf("%s %q: %s", tt.kind, tt.file, brief(errors))
		}
	}
	people, _ := ReadPeople([]byte("login,name,role,seat,skills,disabled,password\nagent1,王,agent,,health; housing  disabled,,'=secret\n"))
	p := people[0]
	if strings.Join(*p.Skills, "+") != "health+housing+disabled" || *p.Seat != "" || *p.Disabled || p.Password != "=secret" {
		t.Errorf("%+v", p)
	}
	people, _ = ReadPeople([]byte("login,name,role\nagent1,王,agent\n"))
	if p := people[0]; p.Skills != nil || p.Seat != nil || p.Disabled != nil || p.Password != "" {
		t.Errorf("columns that are not there: %+v", p)
	}
}

// cells are such as a spreadsheet would spoil or run.
var cells = []string{
	"王老师", "a,b", `say "hi"`, "semi;colon", " spaces ", "=1+1", "+86 21", "-5", "@SUM(A1)", "'=quoted", "''=twice", "'plain", "=cmd|' /C calc'!A0", "", "1 号座席",
}

func TestRoundTrip(t *testing.T) {
	var members []PersonLine
	var stations []StationLine
	week, dates := map[time.Weekday]Hours{time.Monday: {Open: 510, Close: 990}, time.Saturday: {Open: 0, Close: 1440}}, []HolidayLine(nil)
	for i, cell := range cells {
		id := fmt.Sprint("x", i)
		m := PersonLine{Login: id, Name: cell, Role: "agent", Seat: cell, Disabled: i%2 == 0}
		if i%3 == 0 {
			m.Skills = []string{"health", "housing"}
		}
		members = append(members, m)
		stations = append(stations, StationLine{ID: id, Name: cell, Grid: "north", Specialist: cell, Closed: i%2 == 0})
		h := HolidayLine{Date: time.Date(2026, 1, 1+i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly), Note: cell, Closed: i%2 == 0}
		if !h.Closed {
			h.Hours = Hours{Open: 60, Close: 120}
		}
		dates = append(dates, h)
	}
	file := func(write func(io.Writer) error) []byte {
		t.Helper()
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(b.Bytes(), mark) {
			t.Error("no mark")
		}
		for line := range strings.SplitSeq(b.String(), "\r\n") {
			for cell := range strings.SplitSeq(strings.TrimPrefix(line, string(mark)), ",") {
				if cell = strings.Trim(cell, `"`); cell != "" && strings.ContainsRune("=+-@", rune(cell[0])) {
					t.Errorf("a spreadsheet runs %q", cell)
				}
			}
		}
		return b.Bytes()
	}

	people, errors := ReadPeople(file(func(w io.Writer) error { return WritePeople(w, members) }))
	if len(errors) > 0 || len(people) != len(members) {
		t.Fatal(brief(errors))
	}
	for i, p := range people {
		m := members[i]
		if p.Login != m.Login || *p.Name != m.Name || *p.Role != m.Role || *p.Seat != m.Seat || *p.Disabled != m.Disabled || !slices.Equal(*p.Skills, m.Skills) {
			t.Errorf("%+v became %+v", m, p)
		}
	}
	read, errors := ReadStations(file(func(w io.Writer) error { return WriteStations(w, stations) }))
	if len(errors) > 0 || len(read) != len(stations) {
		t.Fatal(brief(errors))
	}
	for i, p := range read {
		if s := stations[i]; p.ID != s.ID || *p.Name != s.Name || *p.Grid != s.Grid || *p.Specialist != s.Specialist || *p.Affinity != s.Affinity || *p.Closed != s.Closed {
			t.Errorf("%+v became %+v", s, p)
		}
	}
	pairs, errors := ReadAffinity(file(func(w io.Writer) error { return WriteAffinity(w, stations) }))
	if len(errors) > 0 || len(pairs) != len(stations) {
		t.Error(brief(errors))
	}
	days, errors := ReadHours(file(func(w io.Writer) error { return WriteHours(w, week) }))
	if len(errors) > 0 || len(days) != 7 {
		t.Fatal(brief(errors))
	}
	for _, d := range days {
		h, open := week[d.Weekday]
		if open != (d.Hours != nil) || open && *d.Hours != h {
			t.Errorf("%s became %+v", d.Weekday, d.Hours)
		}
	}
	holidays, errors := ReadHolidays(file(func(w io.Writer) error { return WriteHolidays(w, dates) }))
	if len(errors) > 0 || len(holidays) != len(dates) {
		t.Fatal(brief(errors))
	}
	for i, h := range holidays {
		if h.HolidayLine != dates[i] {
			t.Errorf("%+v became %+v", dates[i], h.HolidayLine)
		}
	}
	guide, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	off := map[string]bool{guide.Matters[1].ID: true}
	matters, errors := ReadMatters(file(func(w io.Writer) error { return WriteMatters(w, guide.Matters, off) }))
	if len(errors) > 0 || len(matters) != len(guide.Matters) {
		t.Fatal(brief(errors))
	}
	for i, m := range matters {
		if m.ID != guide.Matters[i].ID || m.Enabled == off[m.ID] {
			t.Errorf("%+v", m)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"login,name,role\nagent1,王,agent\n", "\xef\xbb\xbfid,name,grid\r\ns01,\"云,桥\"\"村\",north\r\n", "station,agent\r's01,=x", "weekday,open,close\n1,8:30,16:30\n",
		"date,closed,open,close,note\n2026/1/1,,,,\"a\nb\"\n", "id,enabled\nx,是\n", "\"", "\"\"", ",", "\r", "\r\n\n\r", "a;b", "\xff\xfe\x00", "\xcd\xf5,\x81\x30\x81\x30", "date\n0-0-0\n",
		"password,login,name,role\n'''=,'=,'@,'\n", strings.Repeat(",", 300) + "\n" + strings.Repeat("x,", 300),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var all []Error
		people, errors := ReadPeople(data)
		all = append(all, errors...)
		if len(errors) == 0 {
			again(t, people)
		}
		_, errors = ReadStations(data)
		all = append(all, errors...)
		_, errors = ReadAffinity(data)
		all = append(all, errors...)
		days, errors := ReadHours(data)
		all = append(all, errors...)
		for _, d := range days {
			if len(errors) == 0 && d.Hours != nil && (d.Hours.Open < 0 || d.Hours.Open >= d.Hours.Close || d.Hours.Close > 1440) {
				t.Errorf("hours %+v", *d.Hours)
			}
		}
		holidays, errors := ReadHolidays(data)
		all = append(all, errors...)
		for _, h := range holidays {
			if _, err := time.Parse(time.DateOnly, h.Date); err != nil {
				t.Errorf("date %q", h.Date)
			}
		}
		_, errors = ReadMatters(data)
		all = append(all, errors...)
		for _, e := range all {
			if e.Code == "" || e.Row < 0 || len([]rune(e.Value)) > maxValue || len([]rune(e.Column)) > maxValue {
				t.Errorf("error %+v", e)
			}
		}
	})
}

// again writes people that were read and reads them once more.
func again(t *testing.T, people []Person) {
	t.Helper()
	var members []PersonLine
	for _, p := range people {
		m := PersonLine{Login: p.Login, Name: *p.Name, Role: *p.Role}
		if p.Seat != nil {
			m.Seat = *p.Seat
		}
		if p.Skills != nil {
			m.Skills = *p.Skills
		}
		members = append(members, m)
	}
	var b bytes.Buffer
	if err := WritePeople(&b, members); err != nil {
		t.Fatal(err)
	}
	if b.Len() > MaxBytes {
		return
	}
	read, errors := ReadPeople(b.Bytes())
	if len(errors) > 0 || len(read) != len(members) {
		t.Fatalf("%d of %d: %s in %q", len(read), len(members), brief(errors), b.String())
	}
	for i, p := range read {
		if m := members[i]; p.Login != m.Login || *p.Name != m.Name || *p.Role != m.Role || *p.Seat != m.Seat || strings.Join(*p.Skills, " ") != strings.Join(m.Skills, " ") {
			t.Fatalf("%+v became %+v", m, p)
		}
	}
}
