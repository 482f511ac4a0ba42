// Package demo fills an empty centre with invented data: stations, staff and
// opening hours, for a first look, for stories in browsers and for load tests.
// Nothing in it is a real place or person. Everyone's password is Password, so
// cmd serves it on loopback only.
package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/remotewindow/remotewindow/agentdesk/password"
	"github.com/remotewindow/remotewindow/agentdesk/records"
)

// Password of every account.
const Password = "demo"

// Default numbers, those of the pilot.
const (
	Stations = 31
	Agents   = 35
)

// Largest numbers, for load tests.
const (
	MaxStations = 9999
	MaxAgents   = 9999
)

// Options of Seed.
type Options struct {
	Stations    int              // s01 …; 0 = 31
	Agents      int              // agent1 …; 0 = 35
	OfficeHours bool             // begin with the real hours; else open round the clock
	Now         func() time.Time // nil = time.Now; the holidays are those of its year and the next
}

// Store is what Seed writes to: *records.Records.
type Store interface {
	Provision(ctx context.Context, stations []records.StationInfo, people []records.PersonSecret) error
	Calendar(ctx context.Context) (records.Calendar, error)
	SetHours(ctx context.Context, week map[time.Weekday]records.Hours) error
	PutHoliday(ctx context.Context, h records.Holiday) error
	SetRoundTheClock(ctx context.Context, on bool) error
}

// Seed adds what is missing and leaves what is there; doing it again is fine.
// The calendar is one thing: where there is any of it, none is added, so that a
// holiday that an administrator took out stays out.
func Seed(ctx context.Context, store Store, o Options) error {
	if o.Stations == 0 {
		o.Stations = Stations
	}
	if o.Agents == 0 {
		o.Agents = Agents
	}
	if o.Stations < 0 || o.Stations > MaxStations || o.Agents < 0 || o.Agents > MaxAgents {
		return fmt.Errorf("demo: %d stations and %d agents: at most %d and %d", o.Stations, o.Agents, MaxStations, MaxAgents)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	hash, err := password.Hash(Password) // one for all: each costs 19 MiB and some 50 ms
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	if err := store.Provision(ctx, stations(o.Stations, o.Agents), people(o.Agents, hash)); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	calendar, err := store.Calendar(ctx)
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	if calendar.Always || len(calendar.Week) > 0 || len(calendar.Holidays) > 0 {
		return nil
	}
	if err := store.SetRoundTheClock(ctx, !o.OfficeHours); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	for _, h := range holidays(o.Now().Year()) {
		if err := store.PutHoliday(ctx, h); err != nil {
			return fmt.Errorf("demo: %w", err)
		}
	}
	if err := store.SetHours(ctx, week()); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	return nil
}

// place is an invented village (村) or residential committee (居委).
type place struct{ name, grid, specialist string }

// places in the order of ids. The middle grid stands between two parts of the
// north one so that s07 is 云桥村, the station of every drawing and story.
var places = [Stations]place{
	{"东浜村", "north", "赵"}, {"杏园居委", "north", "钱"}, {"北桥村", "north", "蒋"}, {"新苑居委", "north", "沈"},
	{"柳湾村", "north", "韦"}, {"梅园居委", "north", "杨"},
	{"云桥村", "middle", "李"}, {"稻香村", "middle", "顾"}, {"南塘居委", "middle", "秦"}, {"西柳村", "middle", "尤"},
	{"春晖居委", "middle", "吕"}, {"滨河居委", "middle", "孔"}, {"三友村", "middle", "严"}, {"景华居委", "middle", "华"},
	{"和苑居委", "middle", "姜"}, {"老街居委", "middle", "戚"}, {"朝阳村", "middle", "邹"},
	{"双河村", "north", "喻"}, {"枫林居委", "north", "柏"}, {"浅水湾居委", "north", "窦"}, {"石塘村", "north", "章"},
	{"河西村", "south", "苏"}, {"丰产村", "south", "潘"}, {"翠竹居委", "south", "葛"}, {"临江村", "south", "范"},
	{"长堤村", "south", "彭"}, {"香樟居委", "south", "鲁"}, {"星月居委", "south", "俞"}, {"大田村", "south", "任"},
	{"渡口村", "south", "方"}, {"锦江苑居委", "south", "石"},
}

// surnames of the agents.
var surnames = [Agents]string{
	"王", "徐", "陆", "金", "何", "施", "唐", "邵", "陈", "张", "周", "吴", "朱", "孙", "胡", "高", "林", "郭",
	"马", "罗", "梁", "宋", "郑", "谢", "韩", "冯", "于", "董", "萧", "程", "曹", "袁", "邓", "许", "傅",
}

// StationID of the nth station, from 1.
func StationID(n int) string { return fmt.Sprintf("s%02d", n) }

// AgentID of the nth agent, from 1.
func AgentID(n int) string { return fmt.Sprintf("agent%d", n) }

func stations(n, agents int) []records.StationInfo {
	list := make([]records.StationInfo, n)
	for i := range list {
		s := records.StationInfo{ID: StationID(i + 1)}
		if i < Stations {
			p := places[i]
			s.Name, s.Grid, s.Specialist = p.name, p.grid, p.specialist+"老师"
			if i < agents {
				s.Affinity = AgentID(i + 1) // 包联
			}
		} else {
			s.Name = fmt.Sprintf("示例村 %d", i+1)
			s.Grid = records.Grids[i%len(records.Grids)]
			s.Specialist = places[i%Stations].specialist + "老师"
		}
		list[i] = s
	}
	return list
}

func people(agents int, hash string) []records.PersonSecret {
	list := []records.PersonSecret{}
	add := func(p records.PersonInfo) {
		list = append(list, records.PersonSecret{PersonInfo: p, PasswordHash: hash})
	}
	for i := range agents {
		name := surnames[i%Agents] + "老师"
		if i >= Agents {
			name = fmt.Sprintf("%s %d", name, i+1)
		}
		add(records.PersonInfo{ID: AgentID(i + 1), Name: name, Role: "agent", Seat: fmt.Sprintf("%d 号座席", i+1)})
	}
	add(records.PersonInfo{ID: "specialist", Name: "李老师", Role: "specialist"})
	add(records.PersonInfo{ID: "helper", Name: "季老师", Role: "helper"})
	add(records.PersonInfo{ID: "supervisor", Name: "贺老师", Role: "supervisor"})
	add(records.PersonInfo{ID: "admin", Name: "管理员", Role: "admin"})
	return list
}

// Hours of the centre: working days, and weekends with holidays.
var (
	workday = records.Hours{Open: 8*60 + 30, Close: 16*60 + 30}
	morning = records.Hours{Open: 8*60 + 30, Close: 11*60 + 30}
)

func week() map[time.Weekday]records.Hours {
	w := map[time.Weekday]records.Hours{time.Saturday: morning, time.Sunday: morning}
	for d := time.Monday; d <= time.Friday; d++ {
		w[d] = workday
	}
	return w
}

// holidays are those whose date is the same every year; the others are set by
// decree each autumn and are the centre's to enter.
func holidays(year int) []records.Holiday {
	var list []records.Holiday
	for y := year; y <= year+1; y++ {
		for _, d := range []struct{ date, note string }{
			{"01-01", "元旦"}, {"05-01", "劳动节"}, {"05-02", "劳动节"},
			{"10-01", "国庆节"}, {"10-02", "国庆节"}, {"10-03", "国庆节"},
		} {
			list = append(list, records.Holiday{Date: fmt.Sprintf("%d-%s", y, d.date), Hours: morning, Note: d.note})
		}
	}
	return list
}
