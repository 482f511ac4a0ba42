package forecast

import (
	"cmp"
	"slices"
	"time"

	"github.com/remotewindow/remotewindow/queue"
)

// Of is the state of a centre as its queue has it; the caller adds Service,
// Patience and Overtaking. Numbers are those the queue has, defaults filled in.
// Family names a matter's family, and may be nil.
//
// An agent who chose to be away after what it does now is no seat, nor one who let
// an offer ring out. One who was cut off from a call is expected back. Call-backs
// and bookings are left out while the centre is closed; pre-reviews always.
func Of(s queue.Snapshot, n queue.Numbers, family func(matter string) string) State {
	if family == nil {
		family = func(string) string { return "" }
	}
	state := State{NowMS: s.NowMS, AffinityMS: n.Affinity.Milliseconds()}
	open := len(s.Hours) == 0 || slices.ContainsFunc(s.Hours, func(i queue.Interval) bool {
		return i.OpenMS <= s.NowMS && s.NowMS < i.CloseMS
	})
	tickets := map[string]queue.Ticket{}
	for _, t := range s.Tickets {
		tickets[t.ID] = t
		timed := t.Kind == queue.KindCallback || t.Kind == queue.KindBooking
		if !t.InLine() || timed && !open {
			continue
		}
		state.Waiting = append(state.Waiting, waiting(t, n, family))
	}
	for _, a := range s.Agents {
		if seat, ok := seatOf(a, tickets[a.Ticket], family); ok {
			state.Agents = append(state.Agents, seat)
		}
	}
	return state
}

func waiting(t queue.Ticket, n queue.Numbers, family func(string) string) Ticket {
	w := Ticket{ID: t.ID, Matter: t.Matter, Family: family(t.Matter), Skills: t.Need, Affinity: t.Affinity,
		Backup: t.Backup, Excluded: t.Excluded, ArrivedMS: t.ArrivedMS, FromMS: t.FromMS,
		AffinityFromMS: t.AffinityFromMS, Score: t.ArrivedMS - int64(t.Priority)*n.AgingBoost.Milliseconds(),
		Lost: t.StationLost}
	for _, step := range t.Widen[min(t.Step, len(t.Widen)):] {
		w.Widen = append(w.Widen, Step{AfterMS: step.AfterMS, Skills: step.Skills})
	}
	return w
}

// seatOf is the agent as a seat; false: it is none.
func seatOf(a queue.Agent, t queue.Ticket, family func(string) string) (Agent, bool) {
	seat := Agent{ID: a.ID, Skills: a.Skills, State: a.State, SinceMS: a.SinceMS, Matter: t.Matter, Family: family(t.Matter)}
	if a.Presence != queue.PresenceAvailable {
		return seat, false
	}
	third := t.Third == a.ID && t.Agent != a.ID
	switch a.State {
	case queue.AgentReady:
		seat.SinceMS = a.IdleSinceMS
	case queue.AgentLost:
		if t.State != queue.Connecting && t.State != queue.Active {
			return seat, false
		}
		seat.State = Call
		fallthrough
	case queue.AgentOffer, queue.AgentCall:
		if !third {
			seat.SinceMS = cmp.Or(t.OfferedMS, t.AcceptedMS, t.ConnectedMS, a.SinceMS)
		}
	case queue.AgentWrapUp:
		seat.SinceMS = cmp.Or(t.EndedMS, a.SinceMS)
	default:
		return seat, false
	}
	return seat, true
}

// Served is how long a closed ticket held its seat, for Durations.Add; false: no
// agent was ever connected.
func Served(t queue.Ticket) (Service, bool) {
	if t.State != queue.Closed || t.ConnectedMS == 0 || t.EndedMS < t.ConnectedMS {
		return Service{}, false
	}
	ms := func(from, to int64) time.Duration { return time.Duration(max(to-from, 0)) * time.Millisecond }
	return Service{
		Answer: ms(cmp.Or(t.OfferedMS, t.AcceptedMS, t.ConnectedMS), t.ConnectedMS),
		Talk:   ms(t.ConnectedMS, t.EndedMS),
		WrapUp: ms(t.EndedMS, t.SinceMS),
	}, true
}
