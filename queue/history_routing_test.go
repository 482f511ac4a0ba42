package queue_test

import (
	"reflect"
	"slices"

	"github.com/remotewindow/remotewindow/queue"
)

// The parts of the history about routing, third persons, and why.

// held15 says that a ticket may be held for an agent of its own.
func (p *past) held15(at int64) bool {
	return (p.Affinity != "" || p.Backup != "") && at < p.window+15_000
}

// open tells whether the centre is open at an event. The hours change in an
// operation of their own, so those of the snapshot after it hold.
func (h *history) open(m *machine, e queue.Event) bool {
	s := queue.Snapshot{NowMS: e.AtMS, Hours: m.last.Hours}
	return s.Open()
}

// mayBegin is H9: a scheduled ticket begins to wait when it is due and in hours.
// After the clock went back it may have been due before.
func (h *history) mayBegin(m *machine, e queue.Event, p *past) {
	if !p.Timed() || e.AtMS < p.DueMS && m.back == 0 || !h.open(m, e) {
		m.Fatalf("H9: %+v of %+v", e, p)
	}
	p.lost = false
}

// widen is S10: steps are done in order, and none before its time.
func (h *history) widen(m *machine, e queue.Event, p *past) {
	for i, step := range p.Widen {
		if p.from+step.AfterMS <= e.AtMS && i >= p.step {
			p.step, p.need = i+1, step.Skills
		}
	}
	if e.Detail != string(rune('0'+p.step)) {
		m.Fatalf("S10: %+v of %+v", e, p)
	}
}

// passOn applies the transfer that is being done.
func (h *history) passOn(e queue.Event, p *past) {
	if h.to.Agent != "" {
		p.Affinity, p.window, p.passedOn = h.to.Agent, e.AtMS, true
	}
	if h.to.Skills != nil {
		p.reset(h.to.Skills, nil)
	}
}

// stepThird is H11: one third person at a time, who is asked, and joins or not; a
// ring-out counts only when it was shown.
func (h *history) stepThird(m *machine, e queue.Event, p *past) {
	ring := e.AtMS - p.invited
	switch {
	case e.Kind == "invited" && p.third == "" && e.Agent != p.agent:
		p.third, p.thirdState, p.invited, p.thirdShown = e.Agent, queue.ThirdOffered, e.AtMS, false
		return
	case e.Kind == "third_joined" && e.Detail == "restored" && p.third == "" && e.Agent != p.agent:
		p.third, p.thirdState = e.Agent, queue.ThirdJoined
		return
	case e.Agent != p.third || p.third == "":
	case e.Kind == "third_left" && p.thirdState == queue.ThirdJoined:
		p.third, p.thirdState = "", ""
		return
	case p.thirdState != queue.ThirdOffered:
	case e.Kind == "third_shown":
		p.thirdShown = true
		return
	case e.Kind == "third_joined":
		p.thirdState = queue.ThirdJoined
		return
	case e.Kind == "third_rona" && (!p.thirdShown || ring < 20_000), e.Kind == "third_undelivered" && ring < 20_000 && m.back == 0:
	default:
		p.third, p.thirdState = "", ""
		return
	}
	m.Fatalf("H11: %+v of %+v", e, p)
}

// offer is what the model holds true of an offer when it was made.
type offer struct {
	event queue.Event
	was   past
	ahead []string // in line before it
}

func (h *history) noteOffer(e queue.Event, p *past) {
	o := offer{event: e, was: *p}
	o.was.refused = slices.Clone(p.refused)
	for id, q := range h.tickets {
		mine, other := p.arrived-int64(p.Priority)*60_000, q.arrived-int64(q.Priority)*60_000
		if q.state == queue.Waiting && q.Kind != queue.KindPreReview && id != e.Ticket && (other < mine || other == mine && id < e.Ticket) {
			o.ahead = append(o.ahead, id)
		}
	}
	h.offers = append(h.offers, o)
}

// explained is H12: every offer has an explanation, equal on both servers, whose
// words are true by the model; and what became of an offer stands in it.
func (m *machine) explained(events []queue.Event) {
	m.Helper()
	for _, e := range events {
		results := map[string]string{"accepted": "accepted", "declined": "declined", "rona": "rona", "undelivered": "undelivered", "withdrawn": "withdrawn"}
		if results[e.Kind] == "" {
			continue
		}
		i := slices.IndexFunc(m.why(e.Ticket), func(w queue.Why) bool {
			return (w.Epoch == e.Epoch || e.Kind == "accepted") && w.Agent == e.Agent && w.Result == e.Kind
		})
		if i < 0 && len(m.why(e.Ticket)) > 0 && !m.history.tickets[e.Ticket].restored {
			m.Fatalf("H12: %+v does not stand in %+v", e, m.why(e.Ticket))
		}
	}
	for _, o := range m.history.offers {
		list := m.why(o.event.Ticket)
		i := slices.IndexFunc(list, func(w queue.Why) bool { return w.Epoch == o.event.Epoch })
		if i < 0 {
			m.Fatalf("H12: no explanation of %+v", o.event)
		}
		w := list[i]
		if w.Agent != o.event.Agent || w.Rule != o.event.Detail || w.AtMS != o.event.AtMS || w.WaitedMS != max(0, o.event.AtMS-o.was.from) ||
			!slices.Equal(w.Need, o.was.need) || w.Step != o.was.step || w.AheadN != len(o.ahead) || !m.rule(o) {
			m.Fatalf("H12: %+v explains %+v of %+v", w, o.event, o.was)
		}
		for _, a := range w.Agents {
			if !m.trueOf(o, a) {
				m.Fatalf("H12: %+v of %+v: %+v is not true of %+v", w, o.event, a, who(m.last, a.Agent))
			}
		}
		for _, t := range w.Ahead {
			if !slices.Contains(o.ahead, t.Ticket) || !m.trueAhead(o, t) {
				m.Fatalf("H12: %+v of %+v: %+v is not true of %+v", w, o.event, t, m.history.tickets[t.Ticket])
			}
		}
	}
}

// why reads the explanations from both servers.
func (m *machine) why(id string) []queue.Why {
	first, err := m.queues[0].Why(m.ctx, id)
	second, secondErr := m.queues[1].Why(m.ctx, id)
	if err != nil || secondErr != nil || !reflect.DeepEqual(first, second) {
		m.Fatalf("TWIN: why of %s: %+v %v, %+v %v", id, first, err, second, secondErr)
	}
	return first
}

// rule says whether the rule of an offer can be true.
func (m *machine) rule(o offer) bool {
	switch o.event.Detail {
	case queue.RuleOwn:
		return o.event.Agent == o.was.Affinity && !o.was.passedOn
	case queue.RuleTransferred:
		return o.event.Agent == o.was.Affinity && o.was.passedOn
	case queue.RuleBackup:
		return o.event.Agent == o.was.Backup && o.event.Agent != o.was.Affinity
	case queue.RuleLongestIdle:
		return o.event.Agent != o.was.Affinity && o.event.Agent != o.was.Backup
	}
	return o.event.Detail == queue.RuleAssigned || o.event.Detail == queue.RulePulled
}

// trueOf says whether the reason why an agent was passed over is true. Nothing
// changes after a match but those whom it gave a ticket to.
func (m *machine) trueOf(o offer, a queue.WhyAgent) bool {
	agent, chosen := who(m.last, a.Agent), who(m.last, o.event.Agent)
	able := queue.Able(agent.Skills, o.was.need)
	switch a.Because {
	case "skills":
		return !able
	case "excluded":
		return slices.Contains(o.was.refused, a.Agent)
	case "idle_later":
		return able && o.event.Detail == queue.RuleLongestIdle && agent.IdleSinceMS >= chosen.IdleSinceMS
	case "not_asked":
		return able && o.event.Detail != queue.RuleLongestIdle
	}
	return able && agent.State == a.Because && a.Because != queue.AgentReady
}

func (m *machine) trueAhead(o offer, t queue.WhyTicket) bool {
	p := m.history.tickets[t.Ticket]
	switch t.Because {
	case "hours":
		return p.Timed() && !m.history.open(m, o.event)
	case "lost":
		return p.lost
	case "skills":
		return !queue.Able(m.spec(o.event.Agent).Skills, p.need)
	case "excluded":
		return slices.Contains(p.refused, o.event.Agent)
	case "held":
		return p.held15(o.event.AtMS) && p.Affinity != o.event.Agent
	}
	return t.Because == o.event.Detail && (o.event.Detail == queue.RuleAssigned || o.event.Detail == queue.RulePulled)
}
