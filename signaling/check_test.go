package signaling

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/remotewindow/remotewindow/signaling/protocol"
)

func TestChecksAreBounded(t *testing.T) {
	const now = 1_800_000_000_000
	good := protocol.PartCheck{Part: protocol.PartCamera, Level: protocol.LevelGreen, Value: 90, Detail: "640x480", AtMS: now - 5}
	with := func(change func(*protocol.PartCheck)) []protocol.PartCheck {
		c := good
		change(&c)
		return []protocol.PartCheck{c}
	}
	all := make([]protocol.PartCheck, 0, len(parts))
	for _, p := range parts {
		all = append(all, with(func(c *protocol.PartCheck) { c.Part = p })[0])
	}
	for _, tt := range []struct {
		name   string
		checks []protocol.PartCheck
		ok     bool
	}{
		{"none", nil, true},
		{"every part", all, true},
		{"a part twice", append(slices.Clone(all), good), false},
		{"more than sixteen", make([]protocol.PartCheck, maxChecks+1), false},
		{"an unknown part", with(func(c *protocol.PartCheck) { c.Part = "roof" }), false},
		{"no part", with(func(c *protocol.PartCheck) { c.Part = "" }), false},
		{"an unknown level", with(func(c *protocol.PartCheck) { c.Level = "blue" }), false},
		{"no level", with(func(c *protocol.PartCheck) { c.Level = "" }), false},
		{"not a number", with(func(c *protocol.PartCheck) { c.Value = math.NaN() }), false},
		{"endless", with(func(c *protocol.PartCheck) { c.Value = math.Inf(-1) }), false},
		{"a detail of 32 bytes", with(func(c *protocol.PartCheck) { c.Detail = strings.Repeat("x", 32) }), true},
		{"a detail of 33 bytes", with(func(c *protocol.PartCheck) { c.Detail = strings.Repeat("x", 33) }), false},
		{"a detail with a control character", with(func(c *protocol.PartCheck) { c.Detail = "a\nb" }), false},
		{"a detail that is no code", with(func(c *protocol.PartCheck) { c.Detail = "摄像头" }), false},
	} {
		if got, err := checksOf(tt.checks, now); (err == nil) != tt.ok || err == nil && len(got) != len(tt.checks) {
			t.Errorf("%s: %d checks, %v", tt.name, len(got), err)
		}
	}
	for said, want := range map[int64]int64{now - 5: now - 5, now + 1: now, math.MaxInt64: now, 0: now - oldestCheck, math.MinInt64: now - oldestCheck} {
		got, err := checksOf(with(func(c *protocol.PartCheck) { c.AtMS = said }), now)
		if err != nil || got[0].AtMS != want {
			t.Errorf("at %d: %v, %v; want %d", said, got, err, want)
		}
	}
}

func TestRedPartTakesOnlyItsFunctionAway(t *testing.T) {
	red := func(p protocol.Part, detail string) protocol.PartCheck {
		return protocol.PartCheck{Part: p, Level: protocol.LevelRed, Detail: detail}
	}
	for _, tt := range []struct {
		check protocol.PartCheck
		want  protocol.Fault
	}{
		{red(protocol.PartCamera, "black"), protocol.FaultCameraMissing},
		{red(protocol.PartCamera, "denied"), protocol.FaultCameraDenied},
		{red(protocol.PartDocument, ""), protocol.FaultDocument},
		{red(protocol.PartMicrophone, ""), protocol.FaultMicMissing},
		{red(protocol.PartSpeaker, ""), ""}, {red(protocol.PartPrinter, ""), ""}, {red(protocol.PartNetwork, ""), ""},
		{red(protocol.PartMedia, ""), ""}, {red(protocol.PartClock, ""), ""},
		{protocol.PartCheck{Part: protocol.PartCamera, Level: protocol.LevelAmber}, ""},
	} {
		if got := faultOf(tt.check); got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.check, got, tt.want)
		}
	}
}

// TestChecksAreShown on board and desk, and outlive the page that made them.
func TestChecksAreShown(t *testing.T) {
	r := newRig(t)
	desk, board, kiosk := r.open("desk:agent1"), r.open("board:supervisor"), r.open("station:s01")
	checks := []protocol.PartCheck{
		{Part: protocol.PartMicrophone, Level: protocol.LevelRed, Detail: "missing", AtMS: nowMS()},
		{Part: protocol.PartNetwork, Level: protocol.LevelRed, Value: 900, AtMS: nowMS()},
	}
	kiosk.must(protocol.StationReport{Checks: checks})
	shown := func(live []protocol.StationLive) bool {
		return len(live) > 0 && slices.Equal(live[0].Checks, checks) && slices.Equal(live[0].Faults, []protocol.Fault{protocol.FaultMicMissing})
	}
	board.until("the checks", func() bool { return shown(board.board.Stations) })
	desk.until("the checks", func() bool { return shown(desk.desk.Stations) })
	kiosk.refused(protocol.StationReport{Checks: []protocol.PartCheck{{Part: "roof"}}}, protocol.CodeMalformed)
	kiosk = r.open("station:s01")                                  // reloaded
	kiosk.must(protocol.StationReport{Faults: []protocol.Fault{}}) // and nothing was looked at since
	latest := r.open("board:supervisor")                           // what a board sees from now on
	latest.until("still", func() bool { return shown(latest.board.Stations) })
	checks = []protocol.PartCheck{{Part: protocol.PartMicrophone, Level: protocol.LevelGreen, Value: -30, AtMS: nowMS()}}
	kiosk.must(protocol.StationReport{Checks: checks})
	latest.until("mended", func() bool {
		s := latest.board.Stations
		return slices.Equal(s[0].Checks, checks) && len(s[0].Faults) == 0
	})
}
