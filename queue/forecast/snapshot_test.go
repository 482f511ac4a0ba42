package forecast

import (
	"reflect"
	"testing"
	"time"

	"github.com/remotewindow/remotewindow/queue"
)

func TestOfSnapshot(t *testing.T) {
	agent := func(id, state, ticket string) queue.Agent {
		return queue.Agent{ID: id, Presence: queue.PresenceAvailable, State: state, SinceMS: nowMS - 1, IdleSinceMS: nowMS - 9000, Ticket: ticket}
	}
	leaving := agent("leaving", queue.AgentCall, "active")
	leaving.Presence = queue.PresenceAway
	s := queue.Snapshot{NowMS: nowMS,
		Tickets: []queue.Ticket{
			{ID: "first", State: queue.Waiting, Matter: "m", Need: []string{"y"}, Skills: []string{"x"}, Step: 1,
				Widen:    []queue.WidenStep{{AfterMS: 10, Skills: []string{"y"}}, {AfterMS: 99_000}},
				Affinity: "own", Backup: "backup", Excluded: []string{"no"}, Priority: 2, ArrivedMS: nowMS - 1000,
				FromMS: nowMS - 900, AffinityFromMS: nowMS - 800, StationLost: true},
			{ID: "callback", Kind: queue.KindCallback, State: queue.Waiting, ArrivedMS: nowMS},
			{ID: "review", Kind: queue.KindPreReview, State: queue.Waiting},
			{ID: "rings", State: queue.Offered, Agent: "offer", OfferedMS: nowMS - 4000},
			{ID: "active", State: queue.Active, Agent: "call", Matter: "m", OfferedMS: nowMS - 70_000, Third: "third"},
			{ID: "restored", State: queue.Active, Agent: "lost", AcceptedMS: nowMS - 60_000},
			{ID: "ended", State: queue.WrapUp, Agent: "wrapup", EndedMS: nowMS - 5000},
		},
		Agents: []queue.Agent{agent("ready", queue.AgentReady, ""), agent("offer", queue.AgentOffer, "rings"),
			agent("call", queue.AgentCall, "active"), agent("third", queue.AgentCall, "active"), leaving,
			agent("lost", queue.AgentLost, "restored"), agent("gone", queue.AgentLost, ""),
			agent("wrapup", queue.AgentWrapUp, "ended"), agent("rona", queue.AgentRONA, "")},
	}
	numbers := queue.Numbers{Affinity: 15 * time.Second, AgingBoost: time.Minute}
	family := func(matter string) string {
		if matter == "m" {
			return "f"
		}
		return ""
	}
	got := Of(s, numbers, family)
	want := State{NowMS: nowMS, AffinityMS: 15_000,
		Agents: []Agent{
			{ID: "ready", State: Ready, SinceMS: nowMS - 9000},
			{ID: "offer", State: Offer, SinceMS: nowMS - 4000},
			{ID: "call", State: Call, SinceMS: nowMS - 70_000, Matter: "m", Family: "f"},
			{ID: "third", State: Call, SinceMS: nowMS - 1, Matter: "m", Family: "f"},
			{ID: "lost", State: Call, SinceMS: nowMS - 60_000},
			{ID: "wrapup", State: WrapUp, SinceMS: nowMS - 5000},
		},
		Waiting: []Ticket{
			{ID: "first", Matter: "m", Family: "f", Skills: []string{"y"}, Widen: []Step{{AfterMS: 99_000}}, Affinity: "own",
				Backup: "backup", Excluded: []string{"no"}, ArrivedMS: nowMS - 1000, FromMS: nowMS - 900,
				AffinityFromMS: nowMS - 800, Score: nowMS - 121_000, Lost: true},
			{ID: "callback", ArrivedMS: nowMS, Score: nowMS},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	s.Hours = []queue.Interval{{OpenMS: nowMS + 1, CloseMS: nowMS + 2}}
	if closed := Of(s, numbers, nil); len(closed.Waiting) != 1 {
		t.Errorf("closed, and %v wait", closed.Waiting)
	}
	for state, word := range map[string]string{Ready: queue.AgentReady, Offer: queue.AgentOffer, Call: queue.AgentCall, WrapUp: queue.AgentWrapUp} {
		if state != word {
			t.Errorf("%q is %q in the queue", state, word)
		}
	}
}

func TestServed(t *testing.T) {
	closed := queue.Ticket{State: queue.Closed, OfferedMS: 1000, AcceptedMS: 4000, ConnectedMS: 5000, EndedMS: 65_000, SinceMS: 95_000}
	if got, ok := Served(closed); !ok || got != (Service{Answer: 4 * time.Second, Talk: time.Minute, WrapUp: 30 * time.Second}) {
		t.Errorf("%v %v", got, ok)
	}
	closed.ConnectedMS = 0
	if _, ok := Served(closed); ok {
		t.Error("a ticket that no agent had was served")
	}
	if _, ok := Served(queue.Ticket{State: queue.WrapUp, ConnectedMS: 1, EndedMS: 2}); ok {
		t.Error("a wrap-up that goes on was served")
	}
}
