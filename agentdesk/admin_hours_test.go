package agentdesk

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/remotewindow/remotewindow/agentdesk/records"
)

func TestAdminHours(t *testing.T) {
	eachStore(t, func(t *testing.T, o *office) {
		var empty hours
		o.fine("GET", "/api/admin/hours", "", &empty)
		if empty.Week == nil || empty.Holidays == nil || empty.Always {
			t.Errorf("%+v", empty)
		}
		want := hours{Always: false, Week: []day{{0, "00:00", "24:00"}, {1, "08:30", "16:30"}, {6, "08:30", "11:30"}}, Holidays: []holiday{
			{"2026-10-01", false, "08:30", "11:30", "国庆节"}, {"2026-10-02", true, "", "", ""},
		}}
		b, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			o.fine("PUT", "/api/admin/hours", string(b), nil)
			var got hours
			o.fine("GET", "/api/admin/hours", "", &got)
			if got.Version == "" {
				t.Error("no version")
			}
			got.Version = ""
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%+v became %+v", want, got)
			}
		}
		opening, err := o.records.Opening(t.Context(), o.o.Now().UnixMilli()) // a Sunday
		if err != nil || !opening.Open {
			t.Errorf("%+v %v", opening, err)
		}
		// The whole is replaced: what is left out is gone.
		o.fine("PUT", "/api/admin/hours", `{"always":true,"week":[],"holidays":[]}`, nil)
		e := o.newest()
		if e.Actor != "admin" || e.Action != "hours.change" || e.Detail["weekday_1"] != "closed" || e.Detail["weekday_1_was"] != "8:30–16:30" || e.Detail["holidays"] != "2026-10-01 2026-10-02" {
			t.Errorf("%+v", e)
		}
		if changed, _ := o.takenTold(); !slices.Equal(changed, []string{ChangedHours, ChangedHours, ChangedHours}) {
			t.Errorf("told of %v", changed)
		}
	})
}

func TestAdminHoursRefused(t *testing.T) {
	o := newOffice(t, t.TempDir())
	before := o.newest().Seq
	week := func(days string) string { return `{"always":false,"holidays":[],"week":[` + days + `]}` }
	dates := func(list string) string { return `{"always":false,"week":[],"holidays":[` + list + `]}` }
	var many []string
	for y := range 80 {
		for d := range 28 {
			many = append(many, fmt.Sprintf(`{"date":"%d-02-%02d","closed":true}`, 2020+y, d+1))
		}
	}
	for name, tt := range map[string]struct {
		body   string
		status int
		code   string
	}{
		"nothing":        {`{}`, 422, "empty"},
		"no holidays":    {`{"always":false,"week":[]}`, 422, "empty"},
		"weekday 7":      {week(`{"weekday":7,"open":"08:30","close":"16:30"}`), 422, "bad_weekday"},
		"weekday -1":     {week(`{"weekday":-1,"open":"08:30","close":"16:30"}`), 422, "bad_weekday"},
		"weekday twice":  {week(`{"weekday":1,"open":"08:30","close":"11:30"},{"weekday":1,"open":"13:00","close":"16:30"}`), 422, "duplicate"},
		"no times":       {week(`{"weekday":1}`), 422, "bad_time"},
		"wrong order":    {week(`{"weekday":1,"open":"16:30","close":"08:30"}`), 422, "bad_time"},
		"no length":      {week(`{"weekday":1,"open":"08:30","close":"08:30"}`), 422, "bad_time"},
		"25 hours":       {week(`{"weekday":1,"open":"08:30","close":"25:00"}`), 422, "bad_time"},
		"seconds":        {week(`{"weekday":1,"open":"08:30:00","close":"16:30"}`), 422, "bad_time"},
		"minutes":        {week(`{"weekday":1,"open":510,"close":990}`), 400, "malformed"},
		"half a weekday": {week(`{"weekday":1.5,"open":"08:30","close":"16:30"}`), 400, "malformed"},
		"date":           {dates(`{"date":"2026-02-30","closed":true}`), 422, "bad_date"},
		"date's form":    {dates(`{"date":"1/10/2026","closed":true}`), 422, "bad_date"},
		"year 1":         {dates(`{"date":"0001-01-01","closed":true}`), 422, "bad_date"},
		"date twice":     {dates(`{"date":"2026-10-01","closed":true},{"date":"2026-10-01","closed":true}`), 422, "duplicate"},
		"open, no times": {dates(`{"date":"2026-10-01","closed":false}`), 422, "bad_time"},
		"long note":      {dates(`{"date":"2026-10-01","closed":true,"note":"` + strings.Repeat("节", 81) + `"}`), 422, "too_long"},
		"two lines":      {dates(`{"date":"2026-10-01","closed":true,"note":"a\nb"}`), 422, "bad_text"},
		"too many":       {dates(strings.Join(many, ",")), 422, "too_many"},
	} {
		if r := o.do("PUT", "/api/admin/hours", tt.body); r.status != tt.status || r.refusal(t).Code != tt.code {
			t.Errorf("%s: %d %.200s", name, r.status, r.body)
		}
	}
	if o.newest().Seq != before {
		t.Error("something was written")
	}
}

func TestAdminNumbers(t *testing.T) {
	eachStore(t, func(t *testing.T, o *office) {
		var got struct {
			Numbers, Defaults records.Numbers
			Bounds            map[string][2]int
		}
		o.fine("GET", "/api/admin/numbers", "", &got)
		if got.Numbers != records.DefaultNumbers() || got.Defaults != records.DefaultNumbers() || got.Bounds["ring_s"] != [2]int{5, 120} || len(got.Bounds) != 10 {
			t.Errorf("%+v", got)
		}
		n := records.DefaultNumbers()
		n.RingS, n.ServiceS, n.TargetPct = 25, 45, 90
		o.fine("PUT", "/api/admin/numbers", numbersBody(t, n), nil)
		o.fine("GET", "/api/admin/numbers", "", &got)
		if got.Numbers != n {
			t.Errorf("%+v", got.Numbers)
		}
		if e := o.newest(); e.Action != "numbers.change" || e.Detail["ring_s"] != "25" || e.Detail["ring_s_was"] != "20" || len(e.Detail) != 6 {
			t.Errorf("%+v", e)
		}
		today, err := o.records.Today(t.Context(), o.o.Now().UnixMilli())
		if err != nil || today.ServiceMS != 45_000 || today.TargetPct != 90 {
			t.Errorf("%+v %v", today, err)
		}
		if changed, _ := o.takenTold(); !slices.Equal(changed, []string{ChangedNumbers}) {
			t.Errorf("told of %v", changed)
		}
		before := o.newest().Seq
		for name, bound := range got.Bounds {
			for _, v := range []int{bound[0] - 1, bound[1] + 1, 0, -1, 1 << 40} {
				body := regexp.MustCompile(`"`+name+`":\d+`).ReplaceAllString(numbersBody(t, n), fmt.Sprintf(`"%s":%d`, name, v))
				if r := o.do("PUT", "/api/admin/numbers", body); r.status != 422 || r.refusal(t).Code != "bad_number" || !strings.Contains(r.body, `"field":"`+name+`"`) {
					t.Errorf("%s %d: %d %s", name, v, r.status, r.body)
				}
			}
		}
		odd := n
		odd.ShortAbandonS = odd.ServiceS + 1
		for name, body := range map[string]string{
			"none": `{}`, "nothing": `{"numbers":{}}`, "some": `{"numbers":{"ring_s":20}}`, "short beyond service": numbersBody(t, odd),
		} {
			if r := o.do("PUT", "/api/admin/numbers", body); r.status != 422 || r.refusal(t).Code != "bad_number" {
				t.Errorf("%s: %d %s", name, r.status, r.body)
			}
		}
		for _, v := range []string{`"20"`, "20.5", "null]", "1e99", "[]"} {
			body := strings.Replace(numbersBody(t, n), `"ring_s":25`, `"ring_s":`+v, 1)
			if r := o.do("PUT", "/api/admin/numbers", body); r.status != 400 {
				t.Errorf("%s: %d %s", v, r.status, r.body)
			}
		}
		if o.newest().Seq != before {
			t.Error("something was written")
		}
	})
}
