package forecast

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func busySeat(id string, minutes float64, skills ...string) Agent {
	return Agent{ID: id, State: Call, SinceMS: nowMS - int64(minutes*60_000), Matter: "m", Family: "f", Skills: skills}
}

func freeSeat(id string, skills ...string) Agent {
	return Agent{ID: id, State: Ready, SinceMS: nowMS - 60_000, Skills: skills}
}

func waits(id string, change func(*Ticket)) Ticket {
	t := Ticket{ID: id, Matter: "m", Family: "f", ArrivedMS: nowMS - 60_000}
	if change != nil {
		change(&t)
	}
	return t
}

// about is the tolerance of a band: the lognormal part moves quantiles a little.
func about(t *testing.T, what string, got, want, tolerance time.Duration) {
	t.Helper()
	if got < want-tolerance || got > want+tolerance {
		t.Errorf("%s is %v, want %v ± %v", what, got, want, tolerance)
	}
}

func TestSameStateSameBands(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anyState(t)
		if a, b := Waits(s, Options{}), Waits(s, Options{}); !reflect.DeepEqual(a, b) {
			t.Fatalf("%v and %v", a, b)
		}
	})
}

func TestNobodyOvertakesAnEqual(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anyState(t)
		for i := range s.Waiting {
			s.Waiting[i] = waits(fmt.Sprint(i), nil)
		}
		s.Service.Add("m", "f", Service{Answer: 4 * time.Second, Talk: time.Minute})
		bands := Waits(s, Options{Seed: rapid.Uint64().Draw(t, "seed")})
		for i, band := range bands {
			if band.P50 > band.P80 {
				t.Fatalf("median above the bound: %v", band)
			}
			if i > 0 && (band.P50 < bands[i-1].P50 || band.P80 < bands[i-1].P80) {
				t.Fatalf("%v stands behind %v", band, bands[i-1])
			}
		}
	})
}

func TestNoSeatNoPromise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anyState(t)
		for i := range s.Waiting { // a skill that nobody has
			s.Waiting[i].Skills, s.Waiting[i].Widen = []string{"rare"}, nil
		}
		for i := range s.Agents {
			s.Agents[i].Skills = append(s.Agents[i].Skills, "common")
		}
		for _, band := range Waits(s, Options{}) {
			if _, _, shown := Shown(band); band.Sure || band.P80 != 0 || shown {
				t.Fatalf("promised %v", band)
			}
		}
	})
}

// Each rule of the match, where it makes the difference of a wait. Every service
// takes ten minutes; seat a is three minutes into one unless it is free.
func TestRules(t *testing.T) {
	const minute = time.Minute
	for _, test := range []struct {
		name    string
		agents  []Agent
		waiting []Ticket
		want    []time.Duration // -1: none
	}{
		{"a free able seat", []Agent{freeSeat("a")}, []Ticket{waits("t", nil)}, []time.Duration{0}},
		{"the rest of the talk", []Agent{busySeat("a", 3)}, []Ticket{waits("t", nil)}, []time.Duration{7 * minute}},
		{"one call a seat", []Agent{busySeat("a", 3)}, []Ticket{waits("t", nil), waits("u", nil)},
			[]time.Duration{7 * minute, 17 * minute}},
		{"two seats", []Agent{busySeat("a", 3), busySeat("b", 8)}, []Ticket{waits("t", nil), waits("u", nil), waits("v", nil)},
			[]time.Duration{2 * minute, 7 * minute, 12 * minute}},
		{"no seat at all", nil, []Ticket{waits("t", nil)}, []time.Duration{-1}},
		{"nobody who serves", []Agent{{ID: "a", State: "away"}, {ID: "b", State: "rona"}}, []Ticket{waits("t", nil)}, []time.Duration{-1}},
		{"skills: all of them", []Agent{freeSeat("a", "x"), busySeat("b", 3, "x", "y")},
			[]Ticket{waits("t", func(t *Ticket) { t.Skills = []string{"x", "y"} })}, []time.Duration{7 * minute}},
		{"no head-of-line block", []Agent{busySeat("a", 3, "x"), busySeat("b", 8, "y")},
			[]Ticket{waits("t", func(t *Ticket) { t.Skills = []string{"x"} }), waits("u", func(t *Ticket) { t.Skills = []string{"y"} })},
			[]time.Duration{7 * minute, 2 * minute}},
		{"kept for its own agent", []Agent{busySeat("own", 3), freeSeat("b")},
			[]Ticket{waits("t", func(t *Ticket) { t.Affinity, t.AffinityFromMS = "own", nowMS-5000 })}, []time.Duration{10 * time.Second}},
		{"own agent gone: for its back-up", []Agent{busySeat("backup", 3), freeSeat("b")},
			[]Ticket{waits("t", func(t *Ticket) { t.Affinity, t.Backup, t.ArrivedMS = "own", "backup", nowMS })},
			[]time.Duration{15 * time.Second}},
		{"own and back-up gone", []Agent{freeSeat("b")},
			[]Ticket{waits("t", func(t *Ticket) { t.Affinity, t.Backup, t.ArrivedMS = "own", "backup", nowMS })}, []time.Duration{0}},
		{"back-up is not asked while the own agent talks", []Agent{busySeat("own", 3), freeSeat("backup")},
			[]Ticket{waits("t", func(t *Ticket) { t.Affinity, t.Backup, t.ArrivedMS = "own", "backup", nowMS })},
			[]time.Duration{15 * time.Second}},
		{"widening", []Agent{freeSeat("a", "y"), busySeat("b", 3, "x")},
			[]Ticket{waits("t", func(t *Ticket) {
				t.Skills, t.FromMS, t.Widen = []string{"x"}, nowMS-20_000, []Step{{AfterMS: 60_000, Skills: []string{"y"}}}
			})}, []time.Duration{40 * time.Second}},
		{"widened before", []Agent{freeSeat("a", "y")},
			[]Ticket{waits("t", func(t *Ticket) { t.Skills, t.Widen = []string{"x"}, []Step{{AfterMS: 1000, Skills: []string{"y"}}} })},
			[]time.Duration{0}},
		{"excluded", []Agent{freeSeat("a"), busySeat("b", 3)},
			[]Ticket{waits("t", func(t *Ticket) { t.Excluded = []string{"a"} })}, []time.Duration{7 * minute}},
		{"all excluded", []Agent{freeSeat("a")}, []Ticket{waits("t", func(t *Ticket) { t.Excluded = []string{"a"} })}, []time.Duration{0}},
		{"a lost station takes no free seat", []Agent{freeSeat("a")},
			[]Ticket{waits("t", func(t *Ticket) { t.Lost = true }), waits("u", nil)}, []time.Duration{-1, 0}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := State{NowMS: nowMS, AffinityMS: 15_000, Service: minutes(200, 10), Agents: test.agents, Waiting: test.waiting}
			for i, band := range Waits(s, Options{}) {
				want := test.want[i]
				if one, sure := Wait(s, band.Ticket, Options{}); one != band || sure != band.Sure {
					t.Errorf("Wait says %v, Waits %v", one, band)
				}
				if want < 0 {
					if band.Sure {
						t.Errorf("%s: sure of %v", band.Ticket, band)
					}
					continue
				}
				if !band.Sure {
					t.Errorf("%s: not sure", band.Ticket)
				}
				tolerance := 40 * time.Second
				if want < minute {
					tolerance = 10 * time.Millisecond
				}
				about(t, band.Ticket+"'s median", band.P50, want, tolerance)
				about(t, band.Ticket+"'s bound", band.P80, want, tolerance)
			}
		})
	}
}

// One seat, services of 5 or 15 minutes, evenly: every outcome can be listed.
func TestAgainstAllOutcomes(t *testing.T) {
	s := State{NowMS: nowMS, Service: minutes(200, 5, 15), Agents: []Agent{busySeat("a", 6)},
		Waiting: []Ticket{waits("t", nil), waits("u", nil), waits("v", nil)}}
	bands := Waits(s, Options{Replays: 2048})
	// The talk is one of 15 minutes, so 9 are left; then 5 or 15; then two of them.
	about(t, "P80 of the first", bands[0].P80, 9*time.Minute, 45*time.Second)
	about(t, "P80 of the second", bands[1].P80, 24*time.Minute, 90*time.Second)
	about(t, "P50 of the third", bands[2].P50, 29*time.Minute, 90*time.Second) // 19, 29, 29, 39
	about(t, "P80 of the third", bands[2].P80, 39*time.Minute, 4*time.Minute)
	if wrong := Waits(s, Options{Level: 0.6})[1]; wrong.P80 > bands[1].P80 {
		t.Errorf("a lower level promises more: %v", wrong)
	}
}

func TestEachMatterTakesItsOwnTime(t *testing.T) {
	s := State{NowMS: nowMS, Service: minutes(200, 10), Agents: []Agent{busySeat("a", 3)},
		Waiting: []Ticket{waits("t", nil), waits("u", func(t *Ticket) { t.Matter = "long" }), waits("v", nil)}}
	for range 100 {
		s.Service.Add("long", "g", Service{Talk: 30 * time.Minute})
	}
	bands := Waits(s, Options{})
	about(t, "behind ten minutes", bands[1].P50, 17*time.Minute, time.Minute)
	about(t, "behind ten and thirty", bands[2].P50, 47*time.Minute, 2*time.Minute)
}

func TestWrapUpIsWhatIsLeftOfIt(t *testing.T) {
	d := &Durations{}
	for range 100 {
		d.Add("m", "f", Service{Answer: 6 * time.Second, Talk: 10 * time.Minute, WrapUp: time.Minute})
	}
	s := State{NowMS: nowMS, Service: d, Waiting: []Ticket{waits("t", nil)},
		Agents: []Agent{{ID: "a", State: WrapUp, SinceMS: nowMS - 40_000, Matter: "m", Family: "f"}}}
	about(t, "the rest of a wrap-up and the answer", Waits(s, Options{})[0].P80, 26*time.Second, 5*time.Second)
	s.Agents[0].State = Offer
	about(t, "a ring and all that follows", Waits(s, Options{})[0].P50, 10*time.Minute+32*time.Second, 30*time.Second)
}

func TestWhoGivesUpMakesRoom(t *testing.T) {
	s := State{NowMS: nowMS, Service: minutes(200, 10), Agents: []Agent{busySeat("a", 3)}, Patience: &Patience{}}
	for i := range 6 {
		s.Waiting = append(s.Waiting, waits(fmt.Sprint(i), nil))
	}
	patient := Waits(s, Options{})[5]
	for range 100 {
		s.Patience.Left(15 * time.Minute)
	}
	if left := Waits(s, Options{})[5]; left.P50 >= patient.P50*3/4 {
		t.Errorf("%v, although many leave; %v when nobody does", left.P50, patient.P50)
	}
	if first := Waits(s, Options{})[0]; first.P80 < 6*time.Minute {
		t.Errorf("the first one gains by its own patience: %v", first)
	}
}

func TestWhoMayOvertake(t *testing.T) {
	s := State{NowMS: nowMS, Service: minutes(200, 10), Agents: []Agent{busySeat("a", 3), busySeat("b", 4)},
		Waiting: []Ticket{waits("t", func(t *Ticket) { t.ArrivedMS = nowMS })}}
	quiet := Waits(s, Options{})[0]
	var r Recent
	for i := range 40 {
		r.Add(Ticket{ArrivedMS: nowMS - int64(i)*60_000, Matter: "m"}, 180_000)
		r.Add(Ticket{ArrivedMS: nowMS, Skills: []string{"ordinary"}}, 0)
	}
	s.Overtaking = r.Streams(nowMS)
	if len(s.Overtaking) != 1 || s.Overtaking[0].PerHour != 40 {
		t.Fatalf("streams %v, want one of 40 an hour", s.Overtaking)
	}
	if busy := Waits(s, Options{})[0]; busy.P80 < quiet.P80+3*time.Minute {
		t.Errorf("%v with 40 an hour who go first, %v without", busy.P80, quiet.P80)
	}
	s.Waiting[0].Score = nowMS - 180_000 // as urgent as they are: they come after it
	if equal := Waits(s, Options{})[0]; equal.P80 != quiet.P80 {
		t.Errorf("%v, want %v: nobody overtakes an equal", equal.P80, quiet.P80)
	}
	// An equal in front of an ordinary one: the latter alone is overtaken.
	s.Waiting = append(s.Waiting, waits("u", func(t *Ticket) { t.ArrivedMS = nowMS }))
	both := Waits(s, Options{})
	s.Overtaking = nil
	if alone := Waits(s, Options{}); both[0].P80 != alone[0].P80 || both[1].P80 < alone[1].P80+3*time.Minute {
		t.Errorf("%v with those who go first, %v without", both, alone)
	}
	// Nobody takes a seat before having come.
	s.Overtaking = r.Streams(nowMS)
	s.Waiting, s.Agents = s.Waiting[1:], []Agent{{ID: "a", State: WrapUp, SinceMS: nowMS}}
	s.Service = &Durations{}
	for range 50 {
		s.Service.Add("m", "f", Service{Talk: 10 * time.Minute, WrapUp: 2 * time.Second})
	}
	if soon := Waits(s, Options{})[0]; soon.P80 > 30*time.Second {
		t.Errorf("%v for a seat that is free in two seconds", soon)
	}
	if len(r.Streams(nowMS+2*recentSpan)) != 0 {
		t.Error("remembered for more than an hour")
	}
}

func TestLongLine(t *testing.T) {
	s := State{NowMS: nowMS, AffinityMS: 15_000, Service: minutes(200, 1, 2, 3)}
	for i := range 8 {
		s.Agents = append(s.Agents, busySeat(fmt.Sprint("a", i), 1))
	}
	for i := range 500 { // each a group of its own, the dearest that there is
		s.Waiting = append(s.Waiting, waits(fmt.Sprint(i), func(t *Ticket) { t.Affinity, t.ArrivedMS = "a1", nowMS-int64(i) }))
	}
	bands := Waits(s, Options{Replays: mostReplays})
	if len(bands) != 500 || bands[499].Ticket != "499" || bands[499].Sure || bands[199].P80 == 0 {
		t.Errorf("%d bands, the 200th %v, the last %v", len(bands), bands[199], bands[499])
	}
	p := newPlan(s, Options{Replays: mostReplays}.withDefaults())
	if cost := p.replays * len(p.tickets) * len(p.groups); cost > 2*maxSteps {
		t.Errorf("%d steps", cost)
	}
}

func TestTooFewDataIsNotShown(t *testing.T) {
	s := State{NowMS: nowMS, Agents: []Agent{busySeat("a", 3)}, Waiting: []Ticket{waits("t", nil)}}
	if band, sure := Wait(s, "t", Options{}); sure || band.P80 == 0 {
		t.Errorf("without a history: %v, sure %v", band, sure)
	}
	s.Service = minutes(9, 10)
	if _, sure := Wait(s, "t", Options{}); sure {
		t.Error("sure after nine services")
	}
	s.Service = minutes(10, 10)
	if _, sure := Wait(s, "t", Options{}); !sure {
		t.Error("not sure after ten services")
	}
	if band, sure := Wait(s, "nobody", Options{}); sure || band.Ticket != "nobody" {
		t.Errorf("a band of a ticket that does not wait: %v", band)
	}
	if bands := Waits(State{}, Options{}); len(bands) != 0 {
		t.Errorf("bands of nobody: %v", bands)
	}
}

func TestShown(t *testing.T) {
	const minute = time.Minute
	for _, test := range []struct {
		p50, p80 time.Duration
		unsure   bool
		from, to int
		ok       bool
	}{
		{0, 0, false, 1, 1, true},
		{20 * time.Second, time.Minute, false, 1, 1, true},
		{61 * time.Second, 3 * minute, false, 2, 3, true},
		{4 * minute, 7 * minute, false, 5, 10, true},
		{11 * minute, 31 * minute, false, 15, 45, true},
		{46 * minute, 60 * minute, false, 60, 60, true},
		{46 * minute, 60*minute + 1, false, 0, 0, false},
		{4 * minute, 7 * minute, true, 0, 0, false},
		{7 * minute, 4 * minute, false, 0, 0, false},
		{-1, 4 * minute, false, 0, 0, false},
	} {
		from, to, ok := Shown(Band{P50: test.p50, P80: test.p80, Sure: !test.unsure})
		if from != test.from || to != test.to || ok != test.ok {
			t.Errorf("%v to %v: %d–%d %v, want %d–%d %v", test.p50, test.p80, from, to, ok, test.from, test.to, test.ok)
		}
	}
	if narrow(time.Minute, 6*minute) || !narrow(time.Minute, 5*minute) || !narrow(5*minute, 20*minute) || narrow(30*minute, 61*minute) {
		t.Error("what is too wide to be shown")
	}
}

func BenchmarkWaits(b *testing.B) {
	for _, waiting := range []int{5, 31, 200} {
		b.Run(fmt.Sprint(waiting), func(b *testing.B) {
			s := State{NowMS: nowMS, AffinityMS: 15_000, Service: minutes(200, 3, 5, 8, 12, 20), Patience: &Patience{}}
			for range 20 {
				s.Patience.Left(10 * time.Minute)
			}
			for i := range 8 {
				s.Agents = append(s.Agents, busySeat(fmt.Sprint("a", i), float64(i)))
			}
			for i := range waiting {
				s.Waiting = append(s.Waiting, waits(fmt.Sprint(i), nil))
			}
			for b.Loop() {
				Waits(s, Options{})
			}
		})
	}
}
