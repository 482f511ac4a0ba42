package queue

import (
	"context"
	"errors"
	"fmt"
)

// Presences that an agent chooses.
const (
	PresenceOffline   = "offline"
	PresenceAvailable = "available"
	PresenceAway      = "away"
)

// States of an agent, derived from presence, connection and load.
const (
	AgentOffline = "offline"
	AgentReady   = "ready" // and only then in the idle set
	AgentOffer   = "offer"
	AgentCall    = "call"
	AgentWrapUp  = "wrapup"
	AgentRONA    = "rona" // an offer rang out; AgentSet ends it
	AgentAway    = "away"
	AgentLost    = "lost" // connection gone, within grace
)

// Agent is a person at a seat. Times are unix ms.
type Agent struct {
	ID          string
	Skills      []string // empty: everything
	Presence    string
	Reason      string // of the presence
	State       string
	SinceMS     int64    // when State began
	IdleSinceMS int64    // longest-idle order; going away and back does not reset it
	Conn        string   // present socket, empty when there is none
	Ticket      string   // offered, in call or in wrap-up, as owner or as third person
	Load, Cap   int      // Load is 0 or 1: one live call an agent; Cap is kept for others
	Suspect     bool     // an offer was not delivered over the present socket
	Reviews     []string // pre-reviews in hand; they take no seat
	Node        string   // that announced Conn
}

// AgentSpec is what the directory knows of an agent.
type AgentSpec struct {
	ID     string
	Skills []string
	Cap    int // below 1 means 1
}

// Station is a place with a screen. Times are unix ms.
type Station struct {
	ID      string
	Conn    string
	Online  bool
	SinceMS int64 // of Online
	Faults  []string
	Help    bool
	Ticket  string // waiting, offered, connecting or active
	Node    string // that announced Conn
}

// AgentSet records what an agent chose (offline, available, away with a reason)
// and ends a RONA pause. It takes no offer or call away.
func (q *Queue) AgentSet(ctx context.Context, a AgentSpec, presence, reason string) (Agent, error) {
	skills, err := checkAgent(a)
	if err = errors.Join(err, check("reason", reason, maxText)); err != nil {
		return Agent{}, fmt.Errorf("queue: agent set: %w", err)
	}
	return agentReply(q.call(ctx, "agent_set", a.ID, skills, max(a.Cap, 1), presence, reason))
}

// AgentBack records the agent's socket conn, any string that no other socket
// has. The newest wins. The presence stays: a new agent, or one whose grace ran
// out, is offline until AgentSet.
func (q *Queue) AgentBack(ctx context.Context, a AgentSpec, conn string) (Agent, error) {
	skills, err := checkAgent(a)
	if err = errors.Join(err, check("conn", conn, maxID)); err != nil {
		return Agent{}, fmt.Errorf("queue: agent back: %w", err)
	}
	return agentReply(q.call(ctx, "agent_back", a.ID, skills, max(a.Cap, 1), conn))
}

// AgentDrop says that the socket conn closed; an older one than the present
// changes nothing. The agent has the agent grace, in a call the call grace, to
// come back; then it is offline and its call waits again at its own place.
func (q *Queue) AgentDrop(ctx context.Context, id, conn string) error {
	_, err := q.call(ctx, "agent_drop", id, conn)
	return err
}

// StationBack records the station's socket; the newest wins.
func (q *Queue) StationBack(ctx context.Context, id, conn string) (Station, error) {
	if err := errors.Join(check("station", id, maxID), check("conn", conn, maxID)); err != nil {
		return Station{}, fmt.Errorf("queue: station back: %w", err)
	}
	return stationReply(q.call(ctx, "station_back", id, conn))
}

// StationDrop says that the socket conn closed; an older one than the present
// changes nothing. A waiting ticket keeps its place for the waiting grace and is
// not offered, a call is held for the call grace; then the reason is "lost".
func (q *Queue) StationDrop(ctx context.Context, id, conn string) error {
	_, err := q.call(ctx, "station_drop", id, conn)
	return err
}

// StationSet records a station's faults and whether it asked for help; nil help
// stays as it is.
func (q *Queue) StationSet(ctx context.Context, id string, faults []string, help *bool) error {
	list, err := joined("faults", faults)
	if err = errors.Join(err, check("station", id, maxID)); err != nil {
		return fmt.Errorf("queue: station set: %w", err)
	}
	flag := "keep"
	if help != nil {
		flag = ""
		if *help {
			flag = "1"
		}
	}
	_, err = q.call(ctx, "station_set", id, list, flag)
	return err
}
