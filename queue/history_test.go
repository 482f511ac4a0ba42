package queue_test

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/remotewindow/remotewindow/queue"
)

// history replays the event stream against what may follow what: H1 order, H2
// fencing, H3 ends of offers, H4 versions, H5 and H6 fairness, H9 due times and
// hours, H11 third persons, H12 explanations. H7, that nobody loses a place, is in
// the state checks, H8, that everyone sees an end, in drain, H10, the bound, in
// enqueue. Fencing defects pass every state invariant and
// show only here.
type history struct {
	tickets  map[string]*past
	version  int64
	at       int64 // of the last event
	opened   int
	closed   int
	to       queue.To       // of the transfer that is being done
	revision queue.Revision // that is being done
	offers   []offer        // of the last operation
}

// past is what the events have told of a ticket so far.
type past struct {
	queue.Ticket
	arrived  int64
	state    queue.State
	agent    string
	epoch    int64
	offered  int64 // when
	shown    bool
	lost     bool
	refused  []string // agents who may be excluded
	restored bool

	need       []string // and after how many steps
	step       int
	from       int64 // waits since
	window     int64 // is held since
	begun      bool  // a timed ticket came due
	passedOn   bool  // its agent is that of a transfer
	third      string
	thirdState string
	invited    int64 // when
	thirdShown bool
	held       bool
}

// reset takes skills and steps as new.
func (p *past) reset(skills []string, widen []queue.WidenStep) {
	p.Skills, p.Widen, p.need, p.step = skills, widen, skills, 0
	if len(skills) == 0 {
		p.need = nil
	}
}

func newHistory() *history { return &history{tickets: map[string]*past{}} }

// expect announces a ticket that is about to be enqueued.
func (h *history) expect(t queue.Ticket, arrived int64) {
	p := &past{Ticket: t, arrived: arrived}
	if p.Kind == "" {
		p.Kind = queue.KindCall
	}
	p.reset(t.Skills, t.Widen)
	h.tickets[t.ID] = p
}

// legal is H1: the states in which an event of a ticket may come.
var legal = map[string][]queue.State{
	"enqueued":          {""},
	"due":               {queue.Scheduled},
	"shelved":           {queue.Waiting},
	"revised":           {queue.Scheduled, queue.Waiting, queue.Offered, queue.Connecting, queue.Active, queue.WrapUp, queue.Review},
	"reprioritised":     {queue.Scheduled, queue.Waiting, queue.Offered},
	"widened":           {queue.Waiting},
	"assigned":          {queue.Waiting},
	"transferred":       {queue.Connecting, queue.Active},
	"handed_over":       {queue.Connecting, queue.Active},
	"adopted":           {queue.Scheduled, queue.Waiting, queue.Offered, queue.Connecting, queue.Active, queue.WrapUp, queue.Review},
	"held":              {queue.Active},
	"resumed":           {queue.Active},
	"invited":           {queue.Connecting, queue.Active},
	"third_shown":       {queue.Connecting, queue.Active},
	"third_joined":      {queue.Connecting, queue.Active},
	"third_declined":    {queue.Connecting, queue.Active},
	"third_rona":        {queue.Connecting, queue.Active},
	"third_undelivered": {queue.Connecting, queue.Active},
	"third_withdrawn":   {queue.Connecting, queue.Active},
	"third_left":        {queue.Connecting, queue.Active},
	"review_taken":      {queue.Waiting},
	"review_returned":   {queue.Review},
	"offered":           {queue.Waiting},
	"shown":             {queue.Offered},
	"accepted":          {queue.Offered},
	"connected":         {queue.Connecting},
	"declined":          {queue.Offered},
	"rona":              {queue.Offered},
	"undelivered":       {queue.Offered},
	"withdrawn":         {queue.Offered},
	"requeued":          {queue.Connecting, queue.Active},
	"ended":             {queue.Connecting, queue.Active},
	"extended":          {queue.WrapUp},
	"wrapup_over":       {queue.WrapUp},
	"finished":          {queue.WrapUp, queue.Review},
	"unfinished":        {queue.WrapUp},
	"abandoned":         {queue.Scheduled, queue.Waiting, queue.Offered},
	"dropped":           {queue.Scheduled, queue.Waiting, queue.Offered, queue.Connecting, queue.Active, queue.WrapUp, queue.Review},
	"restored":          {"", queue.Scheduled, queue.Waiting, queue.Offered, queue.Connecting, queue.Active, queue.WrapUp, queue.Review, queue.Closed},
	"station_lost":      {queue.Waiting, queue.Offered, queue.Connecting, queue.Active},
	"station_back":      {queue.Waiting, queue.Offered, queue.Connecting, queue.Active},
	"agent_lost":        {queue.Connecting, queue.Active},
	"agent_back":        {queue.Connecting, queue.Active, queue.WrapUp},
}

// add replays the events that are new in the stream.
func (h *history) add(m *machine, events []queue.Event) {
	h.offers = nil
	for _, e := range events {
		if e.Version <= h.version {
			continue
		}
		if e.Version != h.version+1 {
			m.Fatalf("H4: version %d after %d", e.Version, h.version)
		}
		h.version, h.at = e.Version, e.AtMS
		m.Logf("  event %+v", e)
		if e.Ticket != "" {
			h.step(m, e)
		}
		if e.Kind == "rona" || e.Kind == "third_rona" {
			if a := who(m.last, e.Agent); a.State != queue.AgentRONA && a.State != queue.AgentLost {
				m.Fatalf("H3: %s is %s after %+v", e.Agent, a.State, e)
			}
		}
	}
}

func (h *history) step(m *machine, e queue.Event) {
	p := h.tickets[e.Ticket]
	if p == nil || !slices.Contains(legal[e.Kind], p.state) {
		m.Fatalf("H1: %+v in state %+v", e, p)
	}
	switch e.Kind {
	case "enqueued", "restored":
		if p.state == "" || p.state == queue.Closed {
			h.opened++
		}
		// After the clock went back, SQL's arrival may lie ahead: then it is now, so
		// that a wait never shrinks and a wrong clock puts nobody behind all others.
		p.arrived = min(p.arrived, e.AtMS)
		p.state, p.agent, p.refused, p.restored = queue.Waiting, "", nil, e.Kind == "restored"
		p.third, p.thirdState, p.held, p.passedOn, p.begun = "", "", false, false, false
		p.reset(p.Skills, p.Widen)
		p.from = p.arrived
		if e.Kind == "restored" && p.Timed() {
			p.from, p.begun = e.AtMS, e.Detail != string(queue.Scheduled)
		}
		p.window = p.from
		if e.Detail != "" {
			p.state, p.agent = queue.State(e.Detail), e.Agent
		}
		// Whether the station is there is seen in the snapshot after the operation.
		p.lost = slices.ContainsFunc(m.last.Stations, func(s queue.Station) bool { return s.ID == p.Station && !s.Online })
	case "due":
		h.mayBegin(m, e, p)
		p.state, p.begun, p.from, p.window = queue.Waiting, true, e.AtMS, e.AtMS
	case "shelved":
		p.state, p.begun, p.lost = queue.Scheduled, false, false
	case "revised":
		if r := h.revision; !slices.Equal(r.Skills, p.Skills) || !reflect.DeepEqual(r.Widen, p.Widen) {
			p.reset(r.Skills, r.Widen)
		}
	case "reprioritised":
		before := p.Priority
		if _, err := fmt.Sscanf(e.Detail, "sv %d %d", &before, &p.Priority); err != nil || before == p.Priority {
			m.Fatalf("H7: %+v", e)
		}
	case "widened":
		h.widen(m, e, p)
	case "offered":
		if e.Detail != queue.RuleAssigned && e.Detail != queue.RulePulled {
			h.fair(m, e, p)
		}
		if p.Timed() && (!p.begun || !h.open(m, e)) {
			m.Fatalf("H9: %s, %s due at %d, is offered at %d", e.Ticket, p.Kind, p.DueMS, e.AtMS)
		}
		h.noteOffer(e, p)
		if e.Epoch <= p.epoch {
			m.Fatalf("H2: offer with epoch %d after %d", e.Epoch, p.epoch)
		}
		p.state, p.agent, p.offered, p.shown = queue.Offered, e.Agent, e.AtMS, false
	case "shown":
		p.shown = true
	case "accepted":
		if e.Agent != p.agent || e.Epoch <= p.epoch || e.AtMS < p.offered && m.back == 0 {
			m.Fatalf("H2: %+v of %+v", e, p)
		}
		p.state, p.refused, p.passedOn = queue.Connecting, nil, false
	case "connected":
		p.state = queue.Active
	case "declined", "rona", "undelivered", "withdrawn":
		ring := e.AtMS - p.offered
		if e.Agent != p.agent || e.Epoch != p.epoch || e.Kind == "rona" && (!p.shown || ring < 20_000) ||
			e.Kind == "undelivered" && ring < 20_000 && m.back == 0 { // back: its agent was lost for long before
			m.Fatalf("H3: %+v of %+v", e, p)
		}
		p.state, p.agent = queue.Waiting, ""
		p.refused = append(p.refused, e.Agent)
	case "requeued", "transferred":
		if e.Agent != p.agent || p.third != "" {
			m.Fatalf("H3: %+v of %+v", e, p)
		}
		p.state, p.agent, p.held = queue.Waiting, "", false
		if e.Kind == "transferred" {
			h.passOn(e, p)
		}
		p.refused = append(p.refused, e.Agent)
	case "ended":
		p.state, p.lost, p.held = queue.WrapUp, false, false
	case "held", "resumed":
		if p.held == (e.Kind == "held") {
			m.Fatalf("H1: %+v of %+v", e, p)
		}
		p.held = e.Kind == "held"
	case "handed_over":
		if e.Agent != p.third || p.thirdState != queue.ThirdJoined || e.Detail != p.agent || e.Epoch <= p.epoch {
			m.Fatalf("H2: %+v of %+v", e, p)
		}
		p.agent, p.third, p.thirdState, p.held = e.Agent, "", "", false
	case "adopted":
		if (p.state == queue.Connecting || p.state == queue.Active) && e.Epoch <= p.epoch {
			m.Fatalf("H2: %+v of %+v", e, p)
		}
	case "invited", "third_shown", "third_joined", "third_declined", "third_rona", "third_undelivered", "third_withdrawn", "third_left":
		h.stepThird(m, e, p)
	case "review_taken":
		if p.Kind != queue.KindPreReview || e.Epoch <= p.epoch {
			m.Fatalf("H2: %+v of %+v", e, p)
		}
		p.state, p.agent = queue.Review, e.Agent
	case "review_returned":
		if e.Agent != p.agent || e.Epoch <= p.epoch {
			m.Fatalf("H2: %+v of %+v", e, p)
		}
		p.state, p.agent = queue.Waiting, ""
	case "finished", "unfinished", "abandoned", "dropped":
		p.state = queue.Closed
		h.closed++
	case "station_lost":
		p.lost = true
	case "station_back":
		p.lost = false
	}
	if e.Epoch < p.epoch {
		m.Fatalf("H2: %s with epoch %d after %d", e.Kind, e.Epoch, p.epoch)
	}
	p.epoch = e.Epoch
}

// fair is H5 and H6: whoever stands before the offered ticket could not be given
// to this agent: away, held for its own agent, or the agent had it before. Of
// equal priority the earlier goes first (H5); a higher one overtakes by no more
// than the boost of its steps (H6).
func (h *history) fair(m *machine, e queue.Event, p *past) {
	agent := m.spec(e.Agent)
	for id, q := range h.tickets {
		held := q.held15(e.AtMS) && q.Affinity != e.Agent
		if q.state != queue.Waiting || q.Kind == queue.KindPreReview || q.Timed() && !h.open(m, e) ||
			id == e.Ticket || q.lost || held || !queue.Able(agent.Skills, q.need) ||
			slices.Contains(q.refused, e.Agent) {
			continue
		}
		ahead := p.arrived - q.arrived // ms that the one left waiting came before the other
		if boost := int64(p.Priority-q.Priority) * 60_000; p.Priority == q.Priority && (ahead > 0 || ahead == 0 && id < e.Ticket) {
			m.Fatalf("H5: %s is given %s though %s of the same priority stands before it", e.Agent, e.Ticket, id)
		} else if p.Priority != q.Priority && (ahead > boost || ahead == boost && id < e.Ticket) {
			m.Fatalf("H6: %s is given %s though %s came %d ms before it and the boost is %d ms", e.Agent, e.Ticket, id, ahead, boost)
		}
	}
}
