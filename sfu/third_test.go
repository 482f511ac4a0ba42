package sfu_test

import (
	"errors"
	"testing"

	"github.com/pion/rtp"

	"github.com/remotewindow/remotewindow/sfu"
	"github.com/remotewindow/remotewindow/sfu/sfutest"
)

// grows waits until each of the m-lines has brought n packets more.
func grows(t *testing.T, what string, c *sfutest.Client, n int, mids ...int) {
	t.Helper()
	old := map[int]int{}
	for _, mid := range mids {
		old[mid] = len(c.Received(mid))
	}
	sfutest.Until(t, patience, what, func() bool {
		for _, mid := range mids {
			if len(c.Received(mid)) < old[mid]+n {
				return false
			}
		}
		return true
	})
}

// rests fails when one of the m-lines brings a packet while others do.
func rests(t *testing.T, c *sfutest.Client, meanwhile func(), mids ...int) {
	t.Helper()
	old := map[int]int{}
	for _, mid := range mids {
		old[mid] = len(c.Received(mid))
	}
	meanwhile()
	for _, mid := range mids {
		if n := len(c.Received(mid)); n != old[mid] {
			t.Errorf("m-line %d brought %d packets", mid, n-old[mid])
		}
	}
}

// TestThirdPersonAndHandOver: the third hears and sees both, both hear and see
// him; a hold parts the station from the other two; after the hand-over he is the
// agent in the streams that he has, and the first is out.
func TestThirdPersonAndHandOver(t *testing.T) {
	events := &watch{}
	s := start(t, func(o *sfu.Options) { o.OnEvent = events.on })
	station, agent := join(t, s, "r", theStation), join(t, s, "r", theAgent)
	station.Publish()
	agent.Publish()
	if err := s.Open("r", 1); err != nil {
		t.Fatal(err)
	}
	third := join(t, s, "r", sfu.Participant{ID: "agent2", Role: sfu.Third, Epoch: 1})
	third.Publish()
	grows(t, "the third hears and sees both", third, 20, 0, 1, 3, 4)
	grows(t, "the station hears and sees both", station, 20, 0, 1, 3, 4)
	grows(t, "the agent hears and sees both", agent, 20, 0, 1, 3, 4)

	s.Hold("r", true)
	grows(t, "what was under way is through", third, 20, 3, 4)
	rests(t, station, func() {
		grows(t, "the agent asks the third", agent, 20, 3, 4)
		grows(t, "and he answers", third, 20, 3, 4)
	}, 0, 1, 3, 4)
	rests(t, third, func() { grows(t, "the agent still hears him", agent, 20, 3, 4) }, 0, 1)
	s.Hold("r", false)
	grows(t, "the station hears and sees both again", station, 20, 0, 1, 3, 4)
	grows(t, "the third sees the station again", third, 20, 0, 1)

	if err := s.HandOver("r", "nobody", 2); !errors.Is(err, sfu.ErrNotFound) {
		t.Errorf("to nobody: %v", err)
	}
	if err := s.HandOver("r", "agent2", 0); !errors.Is(err, sfu.ErrStale) {
		t.Errorf("under an older epoch: %v", err)
	}
	before := map[int][]*rtp.Packet{0: station.Received(0), 1: station.Received(1)}
	if err := s.HandOver("r", "agent2", 2); err != nil {
		t.Fatal(err)
	}
	stats, _ := s.Stats("r")
	if p, _ := stats.Participant("agent2"); !stats.Open || stats.Epoch != 2 || p.Role != sfu.Agent {
		t.Errorf("after the hand-over %+v", stats)
	}
	rests(t, station, func() {
		grows(t, "the station hears and sees the new agent where the old one was", station, 40, 0, 1)
		grows(t, "who goes on seeing the station", third, 40, 0, 1)
	}, 3, 4)
	for mid := range before {
		continuous(t, mid, map[int]uint32{0: 48000, 1: 90000}[mid], station.Received(mid))
	}
	if closed := events.kinds(sfu.Closed); len(closed) != 0 {
		t.Errorf("a hand-over gave %+v", closed)
	}
	if err := s.HandOver("r", "agent2", 3); !errors.Is(err, sfu.ErrNotFound) {
		t.Errorf("twice: %v", err)
	}
	// Somebody with the old owner's epoch does not get back in.
	c := sfutest.New(t, sfutest.Options{Role: "agent"})
	if _, err := s.Join(t.Context(), "r", theAgent, c.Offer); !errors.Is(err, sfu.ErrStale) {
		t.Errorf("the first agent comes again: %v", err)
	}
	again := join(t, s, "r", sfu.Participant{ID: "agent3", Role: sfu.Third, Epoch: 2})
	again.Publish()
	grows(t, "the next third person reaches both", again, 20, 0, 1, 3, 4)
	grows(t, "also the agent who was one himself", third, 20, 3, 4)
}
