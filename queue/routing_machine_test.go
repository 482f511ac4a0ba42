package queue_test

import (
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/remotewindow/remotewindow/queue"
)

// The machine's operations on routing, third persons, reviews, hours and nodes.

var widenings = [][]queue.WidenStep{nil, nil, {{AfterMS: 10_000, Skills: []string{"y"}}},
	{{AfterMS: 5000, Skills: []string{"x"}}, {AfterMS: 40_000}}}

func (m *machine) transfer(t *rapid.T) {
	id, agent, epoch := m.pick(t, queue.Connecting, queue.Active)
	to := queue.To{Reason: "department", Agent: rapid.SampledFrom([]string{"", "a2", "a3", "a4"}).Draw(t, "to"),
		Skills: rapid.SampledFrom([][]string{nil, nil, {}, {"x"}, {"y"}}).Draw(t, "skills")}
	m.history.to = to
	m.own("transfer", id, agent, epoch, func(q *queue.Queue) (any, error) { return q.Transfer(m.ctx, id, agent, epoch, to) })
}

// outOfTurn wants an operation that had an effect to have offered a ticket that
// could be offered to an agent who was ready.
func (m *machine) outOfTurn(what, id, agent string, op func(q *queue.Queue) (any, error)) {
	m.Helper()
	before := m.last
	if m.do(fmt.Sprint(what, " ", id, " ", agent), op) != nil || m.last.Version == before.Version {
		return
	}
	t, a := find(before, id), who(before, agent)
	if !t.InLine() || t.StationLost || t.Timed() && !before.Open() || a.State != queue.AgentReady {
		m.Fatalf("H12: %s gave %+v to %+v", what, t, a)
	}
	if what == "pull" && !queue.Able(a.Skills, t.Need) {
		m.Fatalf("H12: %s pulled %+v", agent, t)
	}
}

// pairs are the waiting tickets and ready agents that a match has left apart.
func (m *machine) pairs() (list [][2]string) {
	for _, t := range m.last.Tickets {
		for _, a := range m.last.Agents {
			if t.InLine() && !t.StationLost && a.State == queue.AgentReady {
				list = append(list, [2]string{t.ID, a.ID})
			}
		}
	}
	return list
}

func (m *machine) outOfTurnFits() bool { return len(m.pairs()) > 0 }

func (m *machine) someoneReady() bool {
	return slices.ContainsFunc(m.last.Agents, func(a queue.Agent) bool { return a.State == queue.AgentReady })
}

// pair draws one of pairs, or any ticket and agent.
func (m *machine) pair(t *rapid.T) (id, agent string) {
	if list := m.pairs(); len(list) > 0 && rapid.IntRange(0, 4).Draw(t, "fit") > 0 {
		pair := rapid.SampledFrom(list).Draw(t, "pair")
		return pair[0], pair[1]
	}
	id, _, _ = m.pick(t, queue.Waiting)
	return id, rapid.SampledFrom(agents).Draw(t, "to")
}

func (m *machine) assign(t *rapid.T) {
	id, agent := m.pair(t)
	m.outOfTurn("assign", id, agent, func(q *queue.Queue) (any, error) { return q.Assign(m.ctx, id, agent, "sv", "urgent") })
}

func (m *machine) pull(t *rapid.T) {
	id, agent := m.pair(t)
	m.outOfTurn("pull", id, agent, func(q *queue.Queue) (any, error) { return q.Pull(m.ctx, id, agent) })
}

func (m *machine) reprioritise(t *rapid.T) {
	id, _, _ := m.pick(t, queue.Waiting, queue.Offered, queue.Scheduled)
	priority := rapid.IntRange(0, 3).Draw(t, "priority")
	_ = m.do(fmt.Sprint("reprioritise ", id, " ", priority), func(q *queue.Queue) (any, error) {
		return q.Reprioritise(m.ctx, id, priority, "sv")
	})
}

func (m *machine) hold(t *rapid.T) {
	id, _, epoch := m.pick(t, queue.Active)
	on := rapid.Bool().Draw(t, "on")
	m.own("hold", id, "", epoch, func(q *queue.Queue) (any, error) { return q.Hold(m.ctx, id, epoch, on) })
}

func (m *machine) setHours(t *rapid.T) {
	at := func(d time.Duration) int64 { return m.now + d.Milliseconds() }
	list := rapid.SampledFrom([][]queue.Interval{nil, nil, nil, {{OpenMS: at(-time.Hour), CloseMS: at(time.Minute)}, {OpenMS: at(3 * time.Minute), CloseMS: at(time.Hour)}},
		{{OpenMS: at(30 * time.Second), CloseMS: at(5 * time.Minute)}}, {{OpenMS: at(-2 * time.Hour), CloseMS: at(-time.Hour)}}}).Draw(t, "hours")
	_ = m.do(fmt.Sprint("hours ", list), func(q *queue.Queue) (any, error) { return nil, q.SetHours(m.ctx, list) })
}

func (m *machine) setBound(t *rapid.T) {
	m.bound = rapid.SampledFrom([]int{0, 1, 3}).Draw(t, "bound")
	for _, q := range slices.Concat(m.queues, m.second) {
		q.SetNumbers(m.numbers())
	}
}

func (m *machine) hasThird(states ...string) func() bool {
	return func() bool {
		return slices.ContainsFunc(m.last.Tickets, func(t queue.Ticket) bool { return slices.Contains(states, t.ThirdState) })
	}
}

func (m *machine) invite(t *rapid.T) {
	id, agent, epoch := m.pick(t, queue.Connecting, queue.Active)
	target := rapid.SampledFrom(agents).Draw(t, "target")
	if free := slices.DeleteFunc(slices.Clone(m.last.Agents), func(a queue.Agent) bool { return a.State != queue.AgentReady }); len(free) > 0 && rapid.IntRange(0, 4).Draw(t, "free") > 0 {
		target = rapid.SampledFrom(free).Draw(t, "ready").ID
	}
	purpose := rapid.SampledFrom([]string{queue.PurposeConsult, queue.PurposeThird}).Draw(t, "purpose")
	m.own("invite "+target, id, agent, epoch, func(q *queue.Queue) (any, error) {
		return q.Invite(m.ctx, id, agent, epoch, target, purpose)
	})
}

// pickThird draws a ticket with a third person, who that is and its epoch, mostly
// the present ones.
func (m *machine) pickThird(t *rapid.T, states ...string) (id, target string, epoch int64) {
	var fit []queue.Ticket
	for _, ticket := range m.last.Tickets {
		if slices.Contains(states, ticket.ThirdState) {
			fit = append(fit, ticket)
		}
	}
	if len(fit) == 0 || rapid.IntRange(0, 9).Draw(t, "fit") == 0 {
		id, target, _ = m.pick(t)
		return id, target, rapid.SampledFrom([]int64{0, 1, 2}).Draw(t, "third epoch")
	}
	ticket := rapid.SampledFrom(fit).Draw(t, "ticket")
	epoch = ticket.ThirdEpoch - int64(rapid.SampledFrom([]int{0, 0, 0, 0, 1}).Draw(t, "stale"))
	target = ticket.Third
	if rapid.IntRange(0, 9).Draw(t, "other") == 0 {
		target = rapid.SampledFrom(agents).Draw(t, "target")
	}
	return ticket.ID, target, epoch
}

// third does an operation of a third person. It is H2 for it.
func (m *machine) third(what, id, target string, epoch int64, op func(q *queue.Queue) (any, error)) {
	m.Helper()
	before := m.last
	err := m.do(fmt.Sprint(what, " ", id, " ", target, " ", epoch), op)
	if t := find(before, id); err == nil && m.last.Version != before.Version && (t.Third != target || epoch >= 0 && t.ThirdEpoch != epoch) {
		m.Fatalf("H2: %s %s by %q with epoch %d had an effect on %+v", what, id, target, epoch, t)
	}
}

func (m *machine) thirdShown(t *rapid.T) {
	id, target, epoch := m.pickThird(t, queue.ThirdOffered)
	m.third("third shown", id, target, epoch, func(q *queue.Queue) (any, error) { return nil, q.ThirdShown(m.ctx, id, target, epoch) })
}

func (m *machine) thirdAccept(t *rapid.T) {
	id, target, epoch := m.pickThird(t, queue.ThirdOffered)
	m.third("third accept", id, target, epoch, func(q *queue.Queue) (any, error) { return q.ThirdAccept(m.ctx, id, target, epoch) })
}

func (m *machine) thirdDecline(t *rapid.T) {
	id, target, epoch := m.pickThird(t, queue.ThirdOffered)
	m.third("third decline", id, target, epoch, func(q *queue.Queue) (any, error) {
		return nil, q.ThirdDecline(m.ctx, id, target, epoch, "busy")
	})
}

func (m *machine) thirdLeave(t *rapid.T) {
	id, target, _ := m.pickThird(t, queue.ThirdOffered, queue.ThirdJoined)
	m.third("third leave", id, target, -1, func(q *queue.Queue) (any, error) { return q.ThirdLeave(m.ctx, id, target) })
}

func (m *machine) handOver(t *rapid.T) {
	id, _, _ := m.pickThird(t, queue.ThirdJoined)
	ticket := find(m.last, id)
	epoch := ticket.Epoch - int64(rapid.SampledFrom([]int{0, 0, 0, 1}).Draw(t, "older"))
	m.own("hand over", id, ticket.Agent, epoch, func(q *queue.Queue) (any, error) { return q.HandOver(m.ctx, id, ticket.Agent, epoch) })
}

func (m *machine) hasReview() bool {
	return slices.ContainsFunc(m.last.Tickets, func(t queue.Ticket) bool { return t.Kind == queue.KindPreReview })
}

func (m *machine) takeReview(t *rapid.T) {
	id, _, _ := m.pick(t, queue.Waiting)
	for _, ticket := range m.last.Tickets {
		if ticket.Kind == queue.KindPreReview && ticket.State == queue.Waiting {
			id = ticket.ID
		}
	}
	agent, before := rapid.SampledFrom(agents).Draw(t, "by"), m.last
	if m.do("review take "+id+" "+agent, func(q *queue.Queue) (any, error) { return q.TakeReview(m.ctx, id, agent) }) != nil {
		return
	}
	if had := len(who(before, agent).Reviews); m.last.Version != before.Version && had >= 2 {
		m.Fatalf("S4: %s takes %s and had %d reviews", agent, id, had)
	}
}

func (m *machine) returnReview(t *rapid.T) {
	id, agent, epoch := m.pick(t, queue.Review)
	m.own("review return", id, agent, epoch, func(q *queue.Queue) (any, error) { return q.ReturnReview(m.ctx, id, agent, epoch, "later") })
}

func (m *machine) finishReview(t *rapid.T) {
	id, agent, epoch := m.pick(t, queue.Review)
	m.own("review finish", id, agent, epoch, func(q *queue.Queue) (any, error) { return nil, q.FinishReview(m.ctx, id, agent, epoch) })
}

// beat renews the lease of n1, long enough to be let run out. What it answers is
// not compared after a lost answer: the second beat finds the lease of the first.
func (m *machine) beat() {
	_ = m.do("beat", func(q *queue.Queue) (any, error) {
		_, err := q.NodeBeat(m.ctx, "n1", 40*time.Second)
		return nil, err
	})
}

func (m *machine) adopt(t *rapid.T) {
	id, _, epoch := m.pick(t, queue.Connecting, queue.Active)
	node := rapid.SampledFrom([]string{"n1", "n2"}).Draw(t, "node")
	op := func(q *queue.Queue) (any, error) { return q.Adopt(m.ctx, id, node, epoch) }
	if s := find(m.last, id).State; s == queue.Connecting || s == queue.Active {
		m.own("adopt "+node, id, "", epoch, op)
		return
	}
	_ = m.do("adopt "+id+" "+node, op)
}

// find returns an open ticket, or none.
func find(s queue.Snapshot, id string) queue.Ticket {
	for _, t := range s.Tickets {
		if t.ID == id {
			return t
		}
	}
	return queue.Ticket{}
}

func who(s queue.Snapshot, id string) queue.Agent {
	for _, a := range s.Agents {
		if a.ID == id {
			return a
		}
	}
	return queue.Agent{}
}
