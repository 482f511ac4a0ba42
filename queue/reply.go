package queue

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	separator = "\x1f" // between the items of a list in Redis
	maxID     = 128    // bytes of an id
	maxText   = 512    // bytes of any other string
	maxItems  = 64     // items of a list
)

// check refuses what could not be stored and read back unharmed: control
// characters (the separator is one), broken UTF-8 and unbounded length.
func check(what, s string, limit int) error {
	if len(s) > limit {
		return fmt.Errorf("%w: %s of %d bytes, at most %d", ErrInvalid, what, len(s), limit)
	}
	if !utf8.ValidString(s) || strings.IndexFunc(s, unicode.IsControl) >= 0 {
		return fmt.Errorf("%w: %s is not plain text", ErrInvalid, what)
	}
	return nil
}

func joined(what string, items []string) (string, error) {
	if len(items) > maxItems {
		return "", fmt.Errorf("%w: %d %s, at most %d", ErrInvalid, len(items), what, maxItems)
	}
	for _, item := range items {
		if item == "" {
			return "", fmt.Errorf("%w: empty item in %s", ErrInvalid, what)
		}
		if err := check(what, item, maxID); err != nil {
			return "", err
		}
	}
	return strings.Join(items, separator), nil
}

func checkTicket(t Ticket) (skills string, err error) {
	if t.ID == "" || t.Station == "" {
		return "", fmt.Errorf("%w: ticket without id or station", ErrInvalid)
	}
	if t.Priority < 0 || t.Priority > 3 {
		return "", fmt.Errorf("%w: priority %d", ErrInvalid, t.Priority)
	}
	for _, id := range []string{t.ID, t.Station, t.Affinity, t.Number} {
		if err := check("id", id, maxID); err != nil {
			return "", err
		}
	}
	for _, s := range []string{t.Who, t.Theme, t.Matter} {
		if err := check("text", s, maxText); err != nil {
			return "", err
		}
	}
	return joined("skills", t.Skills)
}

func checkAgent(a AgentSpec) (skills string, err error) {
	if err := check("agent", a.ID, maxID); err != nil {
		return "", err
	}
	return joined("skills", a.Skills)
}

// text returns a part of a reply as a string; scripts answer in strings alone.
func text(v any) string {
	s, _ := v.(string)
	return s
}

// fields is a hash of Redis.
type fields map[string]string

func hash(v any) fields {
	flat, _ := v.([]any)
	f := make(fields, len(flat)/2)
	for i := 0; i+1 < len(flat); i += 2 {
		f[text(flat[i])] = text(flat[i+1])
	}
	return f
}

func (f fields) ms(name string) int64 {
	n, _ := strconv.ParseInt(f[name], 10, 64)
	return n
}

func (f fields) list(name string) []string {
	if f[name] == "" {
		return nil
	}
	return strings.Split(f[name], separator)
}

func ticketOf(f fields) Ticket {
	return Ticket{
		ID: f["id"], Number: f["number"], Station: f["station"], Affinity: f["affinity"], Who: f["who"],
		Theme: f["theme"], Matter: f["matter"], Skills: f.list("skills"), Priority: int(f.ms("priority")),
		ArrivedMS: f.ms("arrived"), State: State(f["state"]), Epoch: f.ms("epoch"), Agent: f["agent"],
		SinceMS: f.ms("since"), OfferedMS: f.ms("offered"), ShownMS: f.ms("shown"), ExpiresMS: f.ms("expires"),
		AcceptedMS: f.ms("accepted"), ConnectedMS: f.ms("connected"), EndedMS: f.ms("ended"),
		WrapUpEndsMS: f.ms("wrapends"), StationLost: f["lost"] == "1", AgentLost: f["agentlost"] == "1",
		Excluded: f.list("excluded"), Extended: int(f.ms("extended")), Reason: f["reason"],
	}
}

func agentOf(f fields) Agent {
	a := Agent{
		ID: f["id"], Skills: f.list("skills"), Presence: f["presence"], Reason: f["reason"], State: f["state"],
		SinceMS: f.ms("since"), IdleSinceMS: f.ms("idle"), Conn: f["conn"], Ticket: f["ticket"],
		Cap: int(f.ms("cap")), Suspect: f["suspect"] == "1",
	}
	if a.Ticket != "" {
		a.Load = 1
	}
	return a
}

func stationOf(f fields) Station {
	return Station{
		ID: f["id"], Conn: f["conn"], Online: f["conn"] != "", SinceMS: f.ms("since"), Faults: f.list("faults"),
		Help: f["help"] == "1", Ticket: f["ticket"],
	}
}

// The *Reply functions read the record that ends a reply; it may stand beside an
// error (ErrStationBusy brings the ticket that is in the way).
func ticketReply(reply []any, err error) (Ticket, error) {
	if len(reply) == 0 {
		return Ticket{}, err
	}
	return ticketOf(hash(reply[0])), err
}

func agentReply(reply []any, err error) (Agent, error) {
	if len(reply) == 0 {
		return Agent{}, err
	}
	return agentOf(hash(reply[0])), err
}

func stationReply(reply []any, err error) (Station, error) {
	if len(reply) == 0 {
		return Station{}, err
	}
	return stationOf(hash(reply[0])), err
}
