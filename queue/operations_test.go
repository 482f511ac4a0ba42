package queue_test

import (
	"errors"
	"fmt"

	"pgregory.net/rapid"

	"github.com/remotewindow/remotewindow/queue"
)

// The operations of the machine, each with arguments that are mostly right.

func (m *machine) enqueue(t *rapid.T) {
	ticket := queue.Ticket{
		ID:        fmt.Sprintf("t%03d", len(m.known)),
		Kind:      rapid.SampledFrom([]queue.Kind{"", "", "", "", queue.KindCallback, queue.KindBooking, queue.KindPreReview}).Draw(t, "kind"),
		Backup:    rapid.SampledFrom([]string{"", "", "a2", "a3"}).Draw(t, "backup"),
		Widen:     rapid.SampledFrom(widenings).Draw(t, "widen"),
		Station:   rapid.SampledFrom(stations).Draw(t, "station"),
		Affinity:  rapid.SampledFrom([]string{"", "", "a1", "a2", "nobody"}).Draw(t, "affinity"),
		Skills:    rapid.SampledFrom(skills).Draw(t, "skills"),
		Priority:  rapid.SampledFrom([]int{0, 0, 0, 1, 3}).Draw(t, "priority"),
		ArrivedMS: m.now - rapid.SampledFrom([]int64{-9000, 0, 0, 0, 4000, 40_000}).Draw(t, "arrived"),
	}
	if ticket.Kind == queue.KindPreReview && m.hasReview() {
		ticket.Kind = "" // one or two at a time are enough
	}
	if ticket.Timed() {
		ticket.DueMS = m.now + rapid.SampledFrom([]int64{-5000, 1000, 20_000, 300_000}).Draw(t, "due")
	}
	m.history.expect(ticket, min(ticket.ArrivedMS, m.now))
	before, call := m.last, ticket.Kind == ""
	err := m.do("enqueue "+ticket.ID, func(q *queue.Queue) (any, error) { return q.Enqueue(m.ctx, ticket, "k"+ticket.ID) })
	full := m.bound > 0 && waiting(before) >= m.bound
	switch {
	case err == nil:
		m.known = append(m.known, ticket.ID)
		if call && !before.Open() {
			m.Fatalf("H9: %s is admitted outside hours", ticket.ID)
		}
		if call && full && waiting(m.last) > waiting(before) {
			m.Fatalf("H10: %s waits though %d wait already", ticket.ID, waiting(before))
		}
	case !call, errors.Is(err, queue.ErrClosed) && before.Open(), errors.Is(err, queue.ErrFull) && !full,
		!errors.Is(err, queue.ErrClosed) && !errors.Is(err, queue.ErrFull) && !errors.Is(err, queue.ErrStationBusy):
		m.Fatalf("H10: enqueue %+v: %v", ticket, err)
	}
}

// beginInCall brings the first ticket into a call, so that more of a history is
// about what happens in one.
func (m *machine) beginInCall() {
	ticket := queue.Ticket{ID: "t000", Station: "s1", ArrivedMS: m.now}
	m.history.expect(ticket, m.now)
	m.known = append(m.known, ticket.ID)
	_ = m.do("enqueue t000", func(q *queue.Queue) (any, error) { return q.Enqueue(m.ctx, ticket, "kt000") })
	offer := find(m.last, "t000")
	m.own("accept", offer.ID, offer.Agent, offer.Epoch, func(q *queue.Queue) (any, error) {
		return q.Accept(m.ctx, offer.ID, offer.Agent, offer.Epoch)
	})
	held := find(m.last, "t000")
	m.own("connected", held.ID, "", held.Epoch, func(q *queue.Queue) (any, error) { return q.Connected(m.ctx, held.ID, held.Epoch) })
}

// waiting counts who waits for an agent to call.
func waiting(s queue.Snapshot) (n int) {
	for _, t := range s.Tickets {
		if t.InLine() {
			n++
		}
	}
	return n
}

// tooLate does something to a ticket, whatever its state: mostly it is too late,
// or too early, for it.
func (m *machine) tooLate(t *rapid.T) {
	rapid.SampledFrom([]func(*rapid.T){
		m.shown, m.accept, m.decline, m.serve, m.hangUp, m.extend, m.finish, m.abandon, m.requeue, m.revise, m.dropTicket,
		m.transfer, m.assign, m.pull, m.reprioritise, m.hold, m.invite, m.thirdShown, m.thirdAccept, m.thirdDecline,
		m.thirdLeave, m.handOver, m.takeReview, m.returnReview, m.finishReview, m.adopt,
	}).Draw(t, "what")(t)
}

// repeat sends a press again, by id or by key, and wants the stored ticket and no event.
func (m *machine) repeat(t *rapid.T) {
	old, version := rapid.SampledFrom(m.known).Draw(t, "old"), m.last.Version
	ticket := queue.Ticket{ID: old, Station: m.history.tickets[old].Station}
	if rapid.Bool().Draw(t, "by key") && !m.history.tickets[old].restored {
		ticket.ID = "other"
	}
	err := m.do("repeat "+old, func(q *queue.Queue) (any, error) {
		stored, err := q.Enqueue(m.ctx, ticket, "k"+old)
		if err == nil && stored.ID != old {
			t.Fatalf("repeat of %s returned %s", old, stored.ID)
		}
		return stored, err
	})
	if err != nil || m.last.Version != version {
		t.Fatalf("repeat: %v, version %d after %d", err, m.last.Version, version)
	}
}

func (m *machine) spec(id string) queue.AgentSpec {
	return queue.AgentSpec{ID: id, Skills: map[string][]string{"a1": nil, "a2": {"x"}, "a3": {"x", "y"}, "a4": nil, "a5": nil}[id], Cap: 1}
}

func (m *machine) agentReady(t *rapid.T) {
	id := rapid.SampledFrom(agents).Draw(t, "agent")
	m.connectAgent(id, m.node(t))
	if rapid.IntRange(0, 3).Draw(t, "press") > 0 {
		m.available(id)
	}
}

func (m *machine) connectAgent(id, node string) {
	m.conns[id]++
	conn := fmt.Sprint(id, "-", m.conns[id])
	_ = m.do("agent back "+conn+" "+node, func(q *queue.Queue) (any, error) { return m.via(q, node).AgentBack(m.ctx, m.spec(id), conn) })
}

func (m *machine) available(id string) {
	_ = m.do("agent available "+id, func(q *queue.Queue) (any, error) {
		return q.AgentSet(m.ctx, m.spec(id), queue.PresenceAvailable, "")
	})
}

func (m *machine) agentSet(t *rapid.T) {
	id := rapid.SampledFrom(agents).Draw(t, "agent")
	presence := rapid.SampledFrom([]string{"available", "available", "away", "offline", "nonsense"}).Draw(t, "presence")
	_ = m.do("agent "+presence+" "+id, func(q *queue.Queue) (any, error) {
		return q.AgentSet(m.ctx, m.spec(id), presence, "lunch")
	})
}

func (m *machine) agentDrop(t *rapid.T) {
	id := rapid.SampledFrom(agents).Draw(t, "agent")
	older := rapid.SampledFrom([]int{0, 0, 0, 1}).Draw(t, "older")
	conn, version := fmt.Sprint(id, "-", m.conns[id]-older), m.last.Version
	_ = m.do("agent drop "+conn, func(q *queue.Queue) (any, error) { return nil, q.AgentDrop(m.ctx, id, conn) })
	if older > 0 && m.last.Version != version {
		t.Fatalf("the close of an older socket had an effect")
	}
}

// node draws the node that a socket is at; n1 is alive then.
func (m *machine) node(t *rapid.T) string {
	node := rapid.SampledFrom([]string{"", "", "", "n1"}).Draw(t, "node")
	if node != "" {
		m.beat()
	}
	return node
}

func (m *machine) connectStation(id, node string) {
	m.conns[id]++
	conn := fmt.Sprint(id, "-", m.conns[id])
	_ = m.do("station back "+conn+" "+node, func(q *queue.Queue) (any, error) { return m.via(q, node).StationBack(m.ctx, id, conn) })
}

func (m *machine) stationBack(t *rapid.T) {
	m.connectStation(rapid.SampledFrom(stations).Draw(t, "station"), m.node(t))
}

func (m *machine) stationDrop(t *rapid.T) {
	id := rapid.SampledFrom(stations).Draw(t, "station")
	older := rapid.SampledFrom([]int{0, 0, 0, 1}).Draw(t, "older")
	conn, version := fmt.Sprint(id, "-", m.conns[id]-older), m.last.Version
	_ = m.do("station drop "+conn, func(q *queue.Queue) (any, error) { return nil, q.StationDrop(m.ctx, id, conn) })
	if older > 0 && m.last.Version != version {
		t.Fatalf("the close of an older socket had an effect")
	}
}

func (m *machine) stationSet(t *rapid.T) {
	id := rapid.SampledFrom(append([]string{"s9"}, stations...)).Draw(t, "station")
	faults := rapid.SampledFrom([][]string{nil, {"mic_missing"}, {"camera_denied", "mic_missing"}}).Draw(t, "faults")
	var help *bool
	if rapid.Bool().Draw(t, "help told") {
		asked := rapid.Bool().Draw(t, "help")
		help = &asked
	}
	_ = m.do("station set "+id, func(q *queue.Queue) (any, error) { return nil, q.StationSet(m.ctx, id, faults, help) })
}

func (m *machine) shown(t *rapid.T) {
	id, agent, epoch := m.pick(t, queue.Offered)
	m.own("shown", id, agent, epoch, func(q *queue.Queue) (any, error) { return nil, q.Shown(m.ctx, id, agent, epoch) })
}

func (m *machine) accept(t *rapid.T) {
	id, agent, epoch := m.pick(t, queue.Offered)
	m.own("accept", id, agent, epoch, func(q *queue.Queue) (any, error) {
		return q.Accept(m.ctx, id, agent, epoch)
	})
}

func (m *machine) decline(t *rapid.T) {
	id, agent, epoch := m.pick(t, queue.Offered)
	m.own("decline", id, agent, epoch, func(q *queue.Queue) (any, error) { return nil, q.Decline(m.ctx, id, agent, epoch, "busy") })
}

func (m *machine) serve(t *rapid.T) {
	id, _, epoch := m.pick(t, queue.Connecting)
	m.own("connected", id, "", epoch, func(q *queue.Queue) (any, error) { return q.Connected(m.ctx, id, epoch) })
}

func (m *machine) hangUp(t *rapid.T) {
	id, _, epoch := m.pick(t, queue.Connecting, queue.Active)
	m.own("hang up", id, "", epoch, func(q *queue.Queue) (any, error) { return q.HangUp(m.ctx, id, epoch, "done") })
}

func (m *machine) extend(t *rapid.T) {
	id, agent, epoch := m.pick(t, queue.WrapUp)
	// Another call is another minute: only the library's own resend counts once.
	m.world.wire.lose.Store(min(m.world.wire.lose.Load(), 1))
	m.own("extend", id, agent, epoch, func(q *queue.Queue) (any, error) { return q.Extend(m.ctx, id, agent, epoch) })
}

func (m *machine) finish(t *rapid.T) {
	id, agent, epoch := m.pick(t, queue.WrapUp)
	m.own("finish", id, agent, epoch, func(q *queue.Queue) (any, error) { return nil, q.Finish(m.ctx, id, agent, epoch) })
}

func (m *machine) abandon(t *rapid.T) {
	id, _, _ := m.pick(t, queue.Waiting, queue.Offered, queue.Scheduled)
	_ = m.do("abandon "+id, func(q *queue.Queue) (any, error) { return nil, q.Abandon(m.ctx, id, "left") })
}

func (m *machine) abandonOffer(t *rapid.T) {
	id, _, _ := m.pick(t, queue.Offered)
	_ = m.do("abandon "+id, func(q *queue.Queue) (any, error) { return nil, q.Abandon(m.ctx, id, "left") })
}

func (m *machine) requeue(t *rapid.T) {
	id, _, epoch := m.pick(t, queue.Connecting, queue.Active)
	m.own("requeue", id, "", epoch, func(q *queue.Queue) (any, error) { return q.Requeue(m.ctx, id, epoch, "media") })
}

func (m *machine) revise(t *rapid.T) {
	id, _, _ := m.pick(t, queue.Waiting, queue.Offered)
	r := queue.Revision{Matter: "m", Skills: rapid.SampledFrom(skills[1:]).Draw(t, "skills"), Widen: rapid.SampledFrom(widenings).Draw(t, "widen")}
	m.history.revision = r
	_ = m.do("revise "+id, func(q *queue.Queue) (any, error) { return q.Revise(m.ctx, id, r) })
}

// restore plays a reconciler that holds a ticket in some state of its own, with
// a lower, equal or higher epoch.
func (m *machine) restore(t *rapid.T) {
	id := rapid.SampledFrom(m.known).Draw(t, "ticket")
	ticket := m.history.tickets[id].Ticket
	ticket.ArrivedMS = m.history.tickets[id].arrived
	ticket.State = rapid.SampledFrom([]queue.State{queue.Waiting, queue.Active, queue.WrapUp}).Draw(t, "state")
	switch ticket.Kind {
	case queue.KindPreReview:
		ticket.State = rapid.SampledFrom([]queue.State{queue.Waiting, queue.Review}).Draw(t, "review")
	case queue.KindCallback, queue.KindBooking:
		ticket.State = rapid.SampledFrom([]queue.State{queue.Scheduled, ticket.State}).Draw(t, "scheduled")
	}
	if rapid.Bool().Draw(t, "third") {
		ticket.Third, ticket.ThirdState, ticket.ThirdPurpose = "a4", queue.ThirdJoined, queue.PurposeThird
	}
	ticket.Agent = rapid.SampledFrom(agents).Draw(t, "agent")
	ticket.AcceptedMS = m.now
	epochs := m.epochs[id]
	ticket.Epoch = epochs[len(epochs)-1] + int64(rapid.SampledFrom([]int{-1, 0, 2}).Draw(t, "epoch"))
	_ = m.do(fmt.Sprint("restore ", id, " ", ticket.State, " ", ticket.Agent, " ", ticket.Epoch), func(q *queue.Queue) (any, error) {
		return q.Restore(m.ctx, ticket)
	})
}

func (m *machine) dropTicket(t *rapid.T) {
	id, _, _ := m.pick(t, queue.Waiting, queue.Offered, queue.Active)
	_ = m.do("drop "+id, func(q *queue.Queue) (any, error) { return nil, q.Drop(m.ctx, id) })
}
