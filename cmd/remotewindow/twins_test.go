package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/remotewindow/remotewindow/agentdesk/records/recordstest"
	"github.com/remotewindow/remotewindow/signaling/client"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// twin is one pair of stores under the program: the embedded ones, or a real
// Redis and a real PostgreSQL that the test has started.
type twin struct {
	name     string
	args     []string
	redis    *redisServer        // nil: embedded
	database *recordstest.Server // nil: embedded
	url      string              // of the database
}

// embedded is miniredis and SQLite inside the program.
func embedded(*testing.T) twin { return twin{name: "embedded"} }

// real starts redis-server and PostgreSQL.
func real(t *testing.T) twin {
	t.Helper()
	dir := t.TempDir()
	r := &redisServer{t: t, dir: dir, socket: filepath.Join(dir, "r.sock")}
	r.start()
	t.Cleanup(r.kill)
	db := recordstest.Start(t)
	url := db.Fresh(t)
	return twin{name: "real", args: []string{"--redis", "unix://" + r.socket, "--database", url}, redis: r, database: db, url: url}
}

// onTwins runs the same test on both.
func onTwins(t *testing.T, f func(t *testing.T, on twin)) {
	t.Helper()
	for name, make := range map[string]func(*testing.T) twin{"embedded": embedded, "real": real} {
		t.Run(name, func(t *testing.T) { f(t, make(t)) })
	}
}

// TestTwinsAnswerTheSame plays one story, mistakes included, on both twins and
// compares what the people in it were told, word for word.
func TestTwinsAnswerTheSame(t *testing.T) {
	told := map[string]string{}
	var mu sync.Mutex
	onTwins(t, func(t *testing.T, on twin) {
		said := story(t, startProcess(t, on.args...))
		mu.Lock()
		defer mu.Unlock()
		told[on.name] = said
	})
	if told["embedded"] != told["real"] {
		t.Errorf("embedded:\n%s\nreal:\n%s", told["embedded"], told["real"])
	}
}

// story returns what stations and agents were told, without times and ids.
func story(t *testing.T, p *process) string {
	ctx := testContext(t)
	var said strings.Builder
	note := func(format string, args ...any) { fmt.Fprintf(&said, format+"\n", args...) }
	refused := func(what string, err error) { note("%s: %q", what, client.CodeOf(err)) }
	kiosk := func(what string, s *client.Station, states ...protocol.KioskState) protocol.StationState {
		st, err := s.WaitState(ctx, func(st protocol.StationState) bool {
			return slices.Contains(states, st.State) && (st.Ticket == nil || st.Ticket.Enqueued)
		})
		must(t, err)
		note("%s: %s open=%v agent=%+v", what, st.State, st.Open, st.Agent)
		if v := st.Ticket; v != nil {
			note("  %s ahead=%d who=%q theme=%q matter=%q enqueued=%v", v.Number, v.Ahead, v.Who, v.Theme, v.Matter, v.Enqueued)
		}
		return st
	}

	s1, s2, s3 := station(t, p, "s01"), station(t, p, "s02"), station(t, p, "s03")
	kiosk("first look", s1, protocol.KioskIdle)
	refused("leave without a ticket", s1.Leave(ctx))
	refused("hang up without a call", s1.HangUp(ctx))
	for i, s := range []*client.Station{s1, s2, s3} {
		_, err := s.Take(ctx)
		must(t, err)
		// A node's look at the queue may be a moment old.
		_, err = s.WaitState(ctx, func(st protocol.StationState) bool {
			return st.Ticket != nil && st.Ticket.Enqueued && st.Ticket.Ahead == i
		})
		must(t, err)
		kiosk("pressed", s, protocol.KioskWaiting)
	}
	_, err := s1.Take(ctx)
	refused("second press", err)
	refused("a matter that is none", s1.Revise(ctx, protocol.TicketRevise{Matter: "no_such_matter"}))
	refused("a theme", s1.Revise(ctx, protocol.TicketRevise{Who: protocol.WhoFamily, Theme: "elderly"}))
	refused("leave", s3.Leave(ctx))
	kiosk("left", s3, protocol.KioskIdle)

	a, b := agent(t, p, "agent1"), agent(t, p, "agent2")
	must(t, a.Ready(ctx))
	offer, err := a.WaitOffer(ctx)
	must(t, err)
	note("offer: %s %s", offer.Number, offer.Station.ID)
	must(t, a.Shown(ctx, offer))
	refused("another's offer", b.Accept(ctx, offer))
	stale := offer
	stale.Epoch--
	refused("an old epoch", a.Accept(ctx, stale))
	must(t, b.Ready(ctx))
	other, err := b.WaitOffer(ctx)
	must(t, err)
	note("second offer: %s", other.Number)
	refused("decline", b.Decline(ctx, other, "busy"))
	refused("accept", a.Accept(ctx, offer))
	refused("accept again", a.Accept(ctx, offer))
	kiosk("in the call", s1, protocol.KioskCall)
	d, err := a.WaitFor(ctx, protocol.DeskCall)
	must(t, err)
	slot := d.Call.Slots[0]
	refused("a slot that is none", a.AskCapture(ctx, "no_such_slot", protocol.SidePage, ""))
	refused("ask", a.AskCapture(ctx, slot.ID, slot.Sides[0], ""))
	refused("a page that is none", a.Judge(ctx, protocol.SlotJudge{Slot: slot.ID, Page: strings.Repeat("0", 32), Verdict: protocol.VerdictPassed}))
	refused("finish before the end", a.Finish(ctx, protocol.DispositionAccepted, protocol.NextClose, ""))
	refused("hang up", a.HangUp(ctx))
	_, err = a.WaitFor(ctx, protocol.DeskWrapUp)
	must(t, err)
	refused("finish", a.Finish(ctx, protocol.DispositionAccepted, protocol.NextClose, "材料齐"))
	st, err := s1.WaitState(ctx, func(st protocol.StationState) bool { return st.Summary != nil && st.Summary.Disposition != "" })
	must(t, err)
	note("summary: %s %s %s %s pages=%d", st.Summary.Number, st.Summary.Disposition, st.Summary.NextStep, st.Summary.Ended, st.Summary.Pages)
	refused("reset", s1.Reset(ctx))
	kiosk("reset", s1, protocol.KioskIdle)
	row, err := a.WaitState(ctx, func(d protocol.DeskState) bool { return len(d.Today) == 1 && d.Offer != nil })
	must(t, err)
	note("today: %s %s; offered: %s", row.Today[0].Number, row.Today[0].Disposition, row.Offer.Number)
	return said.String()
}
