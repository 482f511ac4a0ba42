package queue

import (
	"context"
	"fmt"
	"strings"
)

// Rules by which an agent was chosen.
const (
	RuleOwn         = "own"          // the ticket's Affinity
	RuleBackup      = "backup"       // its Backup
	RuleTransferred = "transferred"  // the agent to whom it was transferred
	RuleLongestIdle = "longest_idle" // of those who can
	RuleAssigned    = "assigned"     // by a supervisor
	RulePulled      = "pulled"       // by the agent
)

// Why explains one offer.
type Why struct {
	Epoch    int64 // of the offer
	AtMS     int64
	Agent    string
	Rule     string
	WaitedMS int64    // since Ticket.FromMS
	Need     []string // skills asked for
	Step     int      // widening steps done
	// Agents are the others, at most 32: first Affinity and Backup, then who was
	// idle in order, then the rest that is not offline by id. Because is idle_later
	// (could have, is idle for less long), not_asked (could have, the rule named
	// another), skills, excluded, offer, call, wrapup, rona, away, lost or offline.
	Agents []WhyAgent
	// Ahead are the tickets before this one in line, at most 20 from its front.
	// Because is hours, held (for its own agent), lost (its station), skills or
	// excluded (of the agent), or the rule, when this agent could have had it.
	Ahead  []WhyTicket
	AheadN int    // how many there were in all
	Result string // empty while it rings, then accepted, declined, rona, undelivered or withdrawn
}

// WhyAgent is an agent who was not chosen.
type WhyAgent struct{ Agent, Because string }

// WhyTicket is a ticket that stood before and was not given.
type WhyTicket struct{ Ticket, Because string }

// Why returns the offers of a ticket, the newest 20, the last one first. A closed
// ticket keeps them for a day; those of an unknown one are ErrNotFound.
func (q *Queue) Why(ctx context.Context, id string) ([]Why, error) {
	reply, err := q.call(ctx, "why", id)
	if err != nil {
		return nil, err
	}
	var list []Why
	for _, record := range records(reply[0]) {
		parts := strings.Split(text(record), stepEnd)
		if len(parts) != 11 {
			return nil, fmt.Errorf("queue: why: record of %d parts", len(parts))
		}
		f := fields{"epoch": parts[1], "at": parts[2], "waited": parts[5], "step": parts[7], "ahead": parts[10], "need": parts[6]}
		w := Why{Result: parts[0], Epoch: f.ms("epoch"), AtMS: f.ms("at"), Agent: parts[3], Rule: parts[4],
			WaitedMS: f.ms("waited"), Need: f.list("need"), Step: int(f.ms("step")), AheadN: int(f.ms("ahead"))}
		for _, p := range pairs(parts[8]) {
			w.Agents = append(w.Agents, WhyAgent{p[0], p[1]})
		}
		for _, p := range pairs(parts[9]) {
			w.Ahead = append(w.Ahead, WhyTicket{p[0], p[1]})
		}
		list = append(list, w)
	}
	return list, nil
}

// pairs reads a flat list of two and two.
func pairs(s string) (list [][2]string) {
	if s == "" {
		return nil
	}
	flat := strings.Split(s, separator)
	for i := 0; i+1 < len(flat); i += 2 {
		list = append(list, [2]string{flat[i], flat[i+1]})
	}
	return list
}
