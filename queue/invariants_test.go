package queue_test

import (
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/remotewindow/remotewindow/queue"
)

// check wants the state invariants S1–S10 of the last snapshot; the second server
// is equal by differential.
func (m *machine) check() {
	s, embedded := m.last, m.world.clients[0]
	prefix := queue.Prefix(m.queues[0])
	waiting, err := embedded.ZRangeWithScores(m.ctx, prefix+"waiting", 0, -1).Result()
	if err != nil {
		m.Fatalf("waiting: %v", err)
	}
	idle, err := embedded.ZRange(m.ctx, prefix+"idle", 0, -1).Result()
	if err != nil {
		m.Fatalf("idle: %v", err)
	}
	due, err := embedded.ZRangeWithScores(m.ctx, prefix+"deadlines", 0, -1).Result()
	if err != nil {
		m.Fatalf("deadlines: %v", err)
	}
	byID := map[string]queue.Ticket{}
	for _, t := range s.Tickets {
		byID[t.ID] = t
	}
	m.checkTickets(s, byID, waiting)
	m.checkLines(s, embedded, prefix)
	m.checkAgents(s, byID, idle)
	m.checkDeadlines(s, byID, due)
	m.checkWork(s, due)
	if open := m.history.opened - m.history.closed; open != len(s.Tickets) {
		m.Fatalf("S6: %d opened, %d closed, %d open", m.history.opened, m.history.closed, len(s.Tickets))
	}
}

// S1, S2, S3 and S9.
func (m *machine) checkTickets(s queue.Snapshot, byID map[string]queue.Ticket, waiting []redis.Z) {
	agents, stations := map[string]queue.Agent{}, map[string]string{}
	for _, a := range s.Agents {
		agents[a.ID] = a
	}
	var inLine []string
	for _, t := range s.Tickets {
		past := m.history.tickets[t.ID]
		switch t.State {
		case queue.Waiting, queue.Scheduled:
			if t.InLine() {
				inLine = append(inLine, t.ID)
			}
			if t.Agent != "" || t.State == queue.Scheduled && !t.Timed() {
				m.Fatalf("S2: %s is %s, %q, and has agent %q", t.ID, t.State, t.Kind, t.Agent)
			}
		case queue.Review:
			if t.Kind != queue.KindPreReview || !slices.Contains(agents[t.Agent].Reviews, t.ID) {
				m.Fatalf("S3: %+v is reviewed by %+v", t, agents[t.Agent])
			}
		case queue.Offered, queue.Connecting, queue.Active, queue.WrapUp:
			if agents[t.Agent].Ticket != t.ID {
				m.Fatalf("S3: %s is %s at %q, who has %q", t.ID, t.State, t.Agent, agents[t.Agent].Ticket)
			}
			if t.State == queue.Offered && t.StationLost {
				m.Fatalf("S3: %s is offered for a lost station", t.ID)
			}
		default:
			m.Fatalf("S1: %s is open in state %q", t.ID, t.State)
		}
		m.checkThird(t, agents)
		if !slices.Equal(t.Need, past.need) || t.Step != past.step {
			m.Fatalf("S10: %s needs %v after %d steps, by its history %v after %d", t.ID, t.Need, t.Step, past.need, past.step)
		}
		if t.State != queue.WrapUp && t.State != queue.Scheduled && t.Kind != queue.KindPreReview {
			if other := stations[t.Station]; other != "" {
				m.Fatalf("S9: %s and %s of %s", other, t.ID, t.Station)
			}
			stations[t.Station] = t.ID
		}
		if t.ArrivedMS != past.arrived || t.Priority != past.Priority {
			m.Fatalf("H7: %s arrived at %d with priority %d, now %d and %d", t.ID, past.arrived, past.Priority, t.ArrivedMS, t.Priority)
		}
	}
	var stored []string
	for _, z := range waiting {
		id := z.Member.(string)
		stored = append(stored, id)
		if t := byID[id]; int64(z.Score) != place(t) {
			m.Fatalf("H7: %s stands at %.0f, its place is %d", id, z.Score, place(t))
		}
	}
	if !slices.Equal(inLine, stored) {
		m.Fatalf("S2: waiting %v, in line %v", inLine, stored)
	}
	for _, station := range s.Stations {
		if station.Ticket != stations[station.ID] {
			m.Fatalf("S9: station %s has %q, open is %q", station.ID, station.Ticket, stations[station.ID])
		}
		if t, ok := byID[station.Ticket]; ok && t.StationLost == station.Online {
			m.Fatalf("S9: station %s online %v, ticket lost %v", station.ID, station.Online, t.StationLost)
		}
	}
}

// place is what a ticket's arrival and priority make of it.
func place(t queue.Ticket) int64 { return t.ArrivedMS - int64(t.Priority)*60_000 }

// checkThird is S3 for the third person: one at most, in a running call, who has a
// seat of its own there and is not the owner. Only an active call is on hold.
func (m *machine) checkThird(t queue.Ticket, agents map[string]queue.Agent) {
	running := t.State == queue.Connecting || t.State == queue.Active
	if t.Third != "" && (!running || t.Third == t.Agent || agents[t.Third].Ticket != t.ID) || (t.Third == "") != (t.ThirdState == "") {
		m.Fatalf("S3: third person of %+v, who has %q", t, agents[t.Third].Ticket)
	}
	if t.HeldSinceMS != 0 && t.State != queue.Active {
		m.Fatalf("S1: %s is on hold and %s", t.ID, t.State)
	}
}

// checkLines is S2 for the lines that a match looks into: each ticket that could
// be offered stands in that of its needs and in no other, pre-reviews in theirs.
func (m *machine) checkLines(s queue.Snapshot, client redis.UniversalClient, prefix string) {
	want, reviews := map[string][]string{}, []string(nil)
	for _, t := range s.Tickets {
		if t.InLine() && !t.StationLost {
			kind := "call:"
			if t.Timed() {
				kind = "timed:"
			}
			name := kind + strings.Join(t.Need, "\x1f")
			want[name] = append(want[name], t.ID)
		} else if t.State == queue.Waiting && t.Kind == queue.KindPreReview {
			reviews = append(reviews, t.ID)
		}
	}
	names := client.ZRange(m.ctx, prefix+"lines", 0, -1).Val()
	for _, name := range names {
		if line := client.ZRange(m.ctx, prefix+"line:"+name, 0, -1).Val(); !slices.Equal(line, want[name]) {
			m.Fatalf("S2: line %q holds %v, want %v", name, line, want[name])
		}
	}
	if len(names) != len(want) {
		m.Fatalf("S2: lines %q, want %v", names, want)
	}
	stored := client.ZRange(m.ctx, prefix+"reviews", 0, -1).Val()
	slices.Sort(stored)
	slices.Sort(reviews)
	if !slices.Equal(stored, reviews) {
		m.Fatalf("S2: reviews %v, want %v", stored, reviews)
	}
}

// S4 and S5.
func (m *machine) checkAgents(s queue.Snapshot, byID map[string]queue.Ticket, idle []string) {
	for _, a := range s.Agents {
		t, has := byID[a.Ticket]
		third := has && t.Third == a.ID
		if a.Ticket != "" && (!has || (t.Agent == a.ID) == third) || a.Load > a.Cap {
			m.Fatalf("S4: agent %+v, its ticket %+v", a, t)
		}
		for _, id := range a.Reviews {
			if r := byID[id]; r.State != queue.Review || r.Agent != a.ID {
				m.Fatalf("S4: agent %s reviews %s, which is %+v", a.ID, id, r)
			}
		}
		if has && !third && (t.State == queue.Connecting || t.State == queue.Active) && t.AgentLost == (a.Conn != "") {
			m.Fatalf("S4: agent %s has socket %q, its call is lost: %v", a.ID, a.Conn, t.AgentLost)
		}
		free := a.Conn != "" && a.Presence == queue.PresenceAvailable && a.Ticket == "" && a.State != queue.AgentRONA
		if slices.Contains(idle, a.ID) != free || (a.State == queue.AgentReady) != free {
			m.Fatalf("S5: idle %v, agent %+v", idle, a)
		}
		want := map[queue.State]string{queue.Offered: queue.AgentOffer, queue.Connecting: queue.AgentCall,
			queue.Active: queue.AgentCall, queue.WrapUp: queue.AgentWrapUp}[t.State]
		if third {
			want = map[string]string{queue.ThirdOffered: queue.AgentOffer, queue.ThirdJoined: queue.AgentCall}[t.ThirdState]
		}
		if has && a.Conn != "" && a.State != want {
			m.Fatalf("S4: agent %s is %s with a ticket that is %s", a.ID, a.State, t.State)
		}
	}
}

// S8: whatever cannot rest has a deadline, and each deadline has its reason. After
// the clock went back a hold or a wrap-up may stand before its end once more, whose
// deadline was met already: the next sweep matches, and the wrap-up has been told.
func (m *machine) checkDeadlines(s queue.Snapshot, byID map[string]queue.Ticket, due []redis.Z) {
	at := map[string]int64{}
	for _, z := range due {
		at[z.Member.(string)] = int64(z.Score)
	}
	want := map[string]bool{}
	for _, t := range s.Tickets {
		switch t.State {
		case queue.Offered:
			want["ring:"+t.ID] = true
			if at["ring:"+t.ID] != t.ExpiresMS {
				m.Fatalf("S8: ring of %s at %d, expires %d", t.ID, at["ring:"+t.ID], t.ExpiresMS)
			}
		case queue.WrapUp:
			want["hard:"+t.ID] = true
			if t.WrapUpEndsMS > s.NowMS && m.back == 0 || at["wrap:"+t.ID] != 0 {
				want["wrap:"+t.ID] = true
			}
		case queue.Waiting:
			if !t.InLine() {
				break
			}
			if (t.Affinity != "" || t.Backup != "") && t.AffinityFromMS+15_000 > s.NowMS && m.back == 0 || at["hold:"+t.ID] != 0 {
				want["hold:"+t.ID] = true
			}
			if t.Step < len(t.Widen) && t.FromMS+t.Widen[t.Step].AfterMS > s.NowMS || at["widen:"+t.ID] != 0 {
				want["widen:"+t.ID] = true
			}
			if at["widen:"+t.ID] != 0 && t.Step == len(t.Widen) {
				m.Fatalf("S8: a widening of %+v is awaited", t)
			}
		case queue.Scheduled:
			// Not due, or due and kept until its station or the opening comes.
			if at["due:"+t.ID] != 0 {
				want["due:"+t.ID] = true
			} else {
				want["missed:"+t.ID] = true
			}
		}
		if t.ThirdState == queue.ThirdOffered {
			want["third:"+t.ID] = true
			if at["third:"+t.ID] != t.ThirdExpiresMS {
				m.Fatalf("S8: third of %s at %d, expires %d", t.ID, at["third:"+t.ID], t.ThirdExpiresMS)
			}
		}
		if t.StationLost {
			want["lost:"+t.ID] = true
		}
	}
	for _, a := range s.Agents {
		if a.State == queue.AgentLost {
			want["agent:"+a.ID] = true
		}
		want["node:n1"] = want["node:n1"] || a.Node == "n1"
	}
	for _, station := range s.Stations {
		want["node:n1"] = want["node:n1"] || station.Node == "n1"
	}
	if !want["node:n1"] {
		delete(want, "node:n1")
	}
	if slices.ContainsFunc(s.Hours, func(i queue.Interval) bool { return i.CloseMS > s.NowMS }) {
		want["hours:centre"] = m.back == 0
	}
	for member, must := range want {
		if must && at[member] == 0 {
			m.Fatalf("S8: no deadline %s", member)
		}
	}
	for member := range at {
		kind, id, _ := strings.Cut(member, ":")
		_, open := byID[id]
		if !want[member] && kind != "node" && kind != "hours" && (kind != "forget" || open) {
			m.Fatalf("S8: deadline %s without a reason", member)
		}
	}
}

// S7: when no deadline is due, nobody waits whom an idle agent could take. After
// the clock went back this holds from the first sweep on, a second later.
func (m *machine) checkWork(s queue.Snapshot, due []redis.Z) {
	if len(due) > 0 && int64(due[0].Score) <= s.NowMS || m.back > 0 && !m.swept {
		return
	}
	seats := map[string]bool{} // stations that are there and free
	for _, station := range s.Stations {
		seats[station.ID] = station.Online && station.Ticket == ""
	}
	for _, t := range s.Tickets {
		if t.State == queue.Scheduled && seats[t.Station] && s.Open() &&
			!slices.ContainsFunc(due, func(z redis.Z) bool { return z.Member == "due:"+t.ID }) {
			m.Fatalf("S7: %s is due, %s is there and free", t.ID, t.Station)
		}
		if !t.InLine() || t.StationLost || t.Timed() && !s.Open() {
			continue
		}
		own, backup, others := false, false, false
		for _, a := range s.Agents {
			fresh := a.Conn != "" && a.Presence == queue.PresenceAvailable && a.State != queue.AgentRONA &&
				queue.Able(a.Skills, t.Need) && !slices.Contains(t.Excluded, a.ID)
			own = own || fresh && a.ID == t.Affinity
			backup = backup || fresh && a.ID == t.Backup
			others = others || fresh
		}
		held := (own || backup) && s.NowMS < t.AffinityFromMS+15_000
		for _, a := range s.Agents {
			if a.State == queue.AgentReady && queue.Able(a.Skills, t.Need) && (!held || a.ID == t.Affinity || a.ID == t.Backup && !own) &&
				(!slices.Contains(t.Excluded, a.ID) || !others) {
				m.Fatalf("S7: %s waits though %s is idle", t.ID, a.ID)
			}
		}
	}
}
