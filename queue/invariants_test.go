package queue_test

import (
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/remotewindow/remotewindow/queue"
)

// check wants the state invariants S1–S9 of the last snapshot; the second server
// is equal by differential.
func (m *machine) check() {
	s, embedded := m.last, m.world.clients[0]
	prefix := queue.Prefix(m.queues[0])
	waiting, err := embedded.ZRange(m.ctx, prefix+"waiting", 0, -1).Result()
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
	m.checkAgents(s, byID, idle)
	m.checkDeadlines(s, byID, due)
	m.checkWork(s, due)
	if open := m.history.opened - m.history.closed; open != len(s.Tickets) {
		m.Fatalf("S6: %d opened, %d closed, %d open", m.history.opened, m.history.closed, len(s.Tickets))
	}
}

// S1, S2, S3 and S9.
func (m *machine) checkTickets(s queue.Snapshot, byID map[string]queue.Ticket, waiting []string) {
	agents, stations := map[string]queue.Agent{}, map[string]string{}
	for _, a := range s.Agents {
		agents[a.ID] = a
	}
	var inLine []string
	for _, t := range s.Tickets {
		switch t.State {
		case queue.Waiting:
			inLine = append(inLine, t.ID)
			if t.Agent != "" {
				m.Fatalf("S2: %s waits and has agent %s", t.ID, t.Agent)
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
		if t.State != queue.WrapUp {
			if other := stations[t.Station]; other != "" {
				m.Fatalf("S9: %s and %s of %s", other, t.ID, t.Station)
			}
			stations[t.Station] = t.ID
		}
		if want := m.history.tickets[t.ID].arrived; t.ArrivedMS != want {
			m.Fatalf("H7: %s arrived at %d, now %d", t.ID, want, t.ArrivedMS)
		}
	}
	if !slices.Equal(inLine, waiting) {
		m.Fatalf("S2: waiting %v, in line %v", inLine, waiting)
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

// S4 and S5.
func (m *machine) checkAgents(s queue.Snapshot, byID map[string]queue.Ticket, idle []string) {
	for _, a := range s.Agents {
		t, has := byID[a.Ticket]
		if a.Ticket != "" && (!has || t.Agent != a.ID) || a.Load > a.Cap {
			m.Fatalf("S4: agent %+v, its ticket %+v", a, t)
		}
		if has && (t.State == queue.Connecting || t.State == queue.Active) && t.AgentLost == (a.Conn != "") {
			m.Fatalf("S4: agent %s has socket %q, its call is lost: %v", a.ID, a.Conn, t.AgentLost)
		}
		free := a.Conn != "" && a.Presence == queue.PresenceAvailable && a.Ticket == "" && a.State != queue.AgentRONA
		if slices.Contains(idle, a.ID) != free || (a.State == queue.AgentReady) != free {
			m.Fatalf("S5: idle %v, agent %+v", idle, a)
		}
		want := map[queue.State]string{queue.Offered: queue.AgentOffer, queue.Connecting: queue.AgentCall,
			queue.Active: queue.AgentCall, queue.WrapUp: queue.AgentWrapUp}[t.State]
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
			if t.Affinity != "" && t.ArrivedMS+15_000 > s.NowMS && m.back == 0 || at["hold:"+t.ID] != 0 {
				want["hold:"+t.ID] = true
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
	}
	for member := range want {
		if at[member] == 0 {
			m.Fatalf("S8: no deadline %s", member)
		}
	}
	for member := range at {
		kind, id, _ := strings.Cut(member, ":")
		_, open := byID[id]
		if !want[member] && (kind != "forget" || open) {
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
	for _, t := range s.Tickets {
		if t.State != queue.Waiting || t.StationLost {
			continue
		}
		held, others := false, false
		for _, a := range s.Agents {
			usable := a.Conn != "" && a.Presence == queue.PresenceAvailable && a.State != queue.AgentRONA &&
				queue.Able(a.Skills, t.Skills)
			fresh := usable && !slices.Contains(t.Excluded, a.ID)
			held = held || fresh && a.ID == t.Affinity && s.NowMS < t.ArrivedMS+15_000
			others = others || fresh
		}
		for _, a := range s.Agents {
			if a.State == queue.AgentReady && queue.Able(a.Skills, t.Skills) && (!held || a.ID == t.Affinity) &&
				(!slices.Contains(t.Excluded, a.ID) || !others) {
				m.Fatalf("S7: %s waits though %s is idle", t.ID, a.ID)
			}
		}
	}
}
