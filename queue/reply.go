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
	stepEnd   = "\x1e" // between lists
	maxID     = 128    // bytes of an id
	maxText   = 512    // bytes of any other string
	maxItems  = 64     // items of a list
	maxSteps  = 8      // widening steps of a ticket

	maxPriority = 3
	maxMS       = 1 << 52 // any time; below 2^53, where numbers of Lua lose their unit
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

// steps encodes widening steps: skills after the time, steps apart by stepEnd.
func steps(list []WidenStep) (string, error) {
	if len(list) > maxSteps {
		return "", fmt.Errorf("%w: %d widening steps, at most %d", ErrInvalid, len(list), maxSteps)
	}
	var encoded []string
	after := int64(0)
	for _, step := range list {
		if step.AfterMS <= after || step.AfterMS > maxMS {
			return "", fmt.Errorf("%w: widening after %d ms", ErrInvalid, step.AfterMS)
		}
		after = step.AfterMS
		skills, err := joined("skills", step.Skills)
		if err != nil {
			return "", err
		}
		encoded = append(encoded, strconv.FormatInt(after, 10)+separator+skills)
	}
	return strings.Join(encoded, stepEnd), nil
}

// lists are the encoded lists of a ticket.
type lists struct{ skills, matters, widen string }

func checkTicket(t Ticket) (l lists, err error) {
	if t.ID == "" || t.Station == "" {
		return l, fmt.Errorf("%w: ticket without id or station", ErrInvalid)
	}
	if t.Priority < 0 || t.Priority > maxPriority {
		return l, fmt.Errorf("%w: priority %d", ErrInvalid, t.Priority)
	}
	switch t.Kind {
	case "", KindCall, KindPreReview:
	case KindCallback, KindBooking:
		if t.DueMS <= 0 || t.DueMS > maxMS {
			return l, fmt.Errorf("%w: due at %d", ErrInvalid, t.DueMS)
		}
	default:
		return l, fmt.Errorf("%w: kind %q", ErrInvalid, t.Kind)
	}
	for _, id := range []string{t.ID, t.Station, t.Affinity, t.Backup, t.Number} {
		if err := check("id", id, maxID); err != nil {
			return l, err
		}
	}
	for _, s := range []string{t.Who, t.Theme, t.Matter} {
		if err := check("text", s, maxText); err != nil {
			return l, err
		}
	}
	if l.skills, err = joined("skills", t.Skills); err != nil {
		return l, err
	}
	if l.matters, err = joined("matters", t.Matters); err != nil {
		return l, err
	}
	l.widen, err = steps(t.Widen)
	return l, err
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
	t := Ticket{
		ID: f["id"], Kind: Kind(f["kind"]), Number: f["number"], Station: f["station"], Affinity: f["affinity"],
		Backup: f["backup"], Who: f["who"], Theme: f["theme"], Matter: f["matter"], Matters: f.list("matters"),
		Skills: f.list("skills"), Need: f.list("need"), Step: int(f.ms("step")), Priority: int(f.ms("priority")),
		ArrivedMS: f.ms("arrived"), DueMS: f.ms("due"), FromMS: f.ms("from"), AffinityFromMS: f.ms("window"),
		State: State(f["state"]), Epoch: f.ms("epoch"), Agent: f["agent"], Home: f["home"],
		SinceMS: f.ms("since"), OfferedMS: f.ms("offered"), ShownMS: f.ms("shown"), ExpiresMS: f.ms("expires"),
		AcceptedMS: f.ms("accepted"), ConnectedMS: f.ms("connected"), HeldSinceMS: f.ms("held"),
		HoldTotalMS: f.ms("holdtotal"), EndedMS: f.ms("ended"), WrapUpEndsMS: f.ms("wrapends"),
		Third: f["third"], ThirdState: f["thirdstate"], ThirdPurpose: f["thirdpurpose"], ThirdEpoch: f.ms("thirdepoch"),
		ThirdShownMS: f.ms("thirdshown"), ThirdExpiresMS: f.ms("thirdexpires"),
		StationLost: f["lost"] == "1", AgentLost: f["agentlost"] == "1",
		Excluded: f.list("excluded"), Extended: int(f.ms("extended")), Reason: f["reason"],
	}
	for step := range strings.SplitSeq(f["widen"], stepEnd) {
		after, skills, ok := strings.Cut(step, separator)
		if !ok {
			continue
		}
		w := WidenStep{}
		w.AfterMS, _ = strconv.ParseInt(after, 10, 64)
		if skills != "" {
			w.Skills = strings.Split(skills, separator)
		}
		t.Widen = append(t.Widen, w)
	}
	return t
}

func agentOf(f fields) Agent {
	a := Agent{
		ID: f["id"], Skills: f.list("skills"), Presence: f["presence"], Reason: f["reason"], State: f["state"],
		SinceMS: f.ms("since"), IdleSinceMS: f.ms("idle"), Conn: f["conn"], Ticket: f["ticket"],
		Cap: int(f.ms("cap")), Suspect: f["suspect"] == "1", Reviews: f.list("reviews"), Node: f["node"],
	}
	if a.Ticket != "" {
		a.Load = 1
	}
	return a
}

func stationOf(f fields) Station {
	return Station{
		ID: f["id"], Conn: f["conn"], Online: f["conn"] != "", SinceMS: f.ms("since"), Faults: f.list("faults"),
		Help: f["help"] == "1", Ticket: f["ticket"], Node: f["node"],
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
