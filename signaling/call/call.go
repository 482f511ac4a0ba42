// Package call is the life of one call as a state machine without goroutines,
// clocks or I/O: Step takes what happened and says what to do about it. The
// owner goroutine in package signaling performs the effects and feeds back what
// came of them.
//
// Who owns what: queue decides who is offered a ticket, SQL decides who has
// accepted it, and this machine decides what both sides see and when the gate
// between them is open. An epoch orders the three: whatever carries an older
// one is refused with ErrStale.
package call

import (
	"errors"
	"slices"

	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// Errors of Step. The call is then unchanged.
var (
	// ErrUnexpected: not possible in the present state.
	ErrUnexpected = errors.New("not possible in this state")
	// ErrStale: the event belongs to an older owner of the ticket.
	ErrStale = errors.New("stale epoch")
	// ErrForbidden: the call belongs to somebody else.
	ErrForbidden = errors.New("not the owner of this call")
	// ErrNotFound: no such slot, side or page in this call.
	ErrNotFound = errors.New("no such slot or page")
)

// State of a call; the words are those of the queue.
type State string

// States in the order of a life.
const (
	Scheduled  State = "scheduled"  // of a ticket: not due, or due and its station away; no call is in it
	Waiting    State = "waiting"    // in the queue
	Offered    State = "offered"    // reserved for Agent, whose desk rings
	Connecting State = "connecting" // accepted, the gate is open, media not yet seen
	Active     State = "active"     // media flows
	WrapUp     State = "wrapup"     // media is gone; the agent records the outcome
	Closed     State = "closed"
)

// Talking says whether the gate belongs open.
func (s State) Talking() bool { return s == Connecting || s == Active }

// Party is a side of the call.
type Party string

// The two sides, and whom the agent has invited.
const (
	Station Party = "station"
	Agent   Party = "agent"
	Third   Party = "third"
)

// Call is everything that is known about one ticket on this node. It is a
// value: Step never changes what its slices and pointers refer to.
type Call struct {
	Ticket   string
	Number   string
	Case     string
	Station  string
	Priority int
	Who      protocol.Who
	Theme    string
	Matter   string
	Kind     protocol.TicketKind // "" is a call
	DueMS    int64

	State State
	Epoch int64
	Agent string // of the offer, the call or the wrap-up

	// Times in unix ms UTC; 0 = not yet.
	ArrivedMS    int64
	SinceMS      int64 // begin of State
	RungMS       int64
	ExpiresMS    int64
	AcceptedMS   int64
	ConnectedMS  int64
	EndedMS      int64
	WrapUpEndsMS int64

	Ended       protocol.EndReason
	Disposition protocol.Disposition
	NextStep    protocol.NextStep

	Enqueued    bool // the queue knows it
	StationLost bool
	AgentLost   bool
	GateOpen    bool
	StationUp   bool // its transport to the SFU is connected
	AgentUp     bool
	Flowing     bool // a packet has passed the open gate
	MediaLate   bool // accepted a while ago, and still not both have media

	HeldSinceMS int64 // on hold since; 0 when not
	HoldTotalMS int64 // holds that are over
	Third       ThirdPerson
	Heard       int64 // Seen.Asked of the newest word on hold and third person
	ThirdUp     bool

	Capture *protocol.CaptureView
	Served  string // id of the request that the last page answered
	Upload  string // the secret of that request: its page may come again, like one on the channel
	Failed  int    // pages that failed while this request stood, as far as the course tells
	Message string // the agent's sentence on the resident's screen, the centre's while it waits
	Slots   []protocol.SlotView
	Pages   []protocol.PageView
	Course  []protocol.CallEvent
}

// Permit says that a participant may open a media connection now.
type Permit struct {
	Party       Party
	Participant string
	Epoch       int64
	MaxKbps     int
}

// Bit rates that a camera may use, kbit/s (architecture 3).
const (
	WarmKbps = 150
	FullKbps = 1500
)

// Permits lists who may hold a connection: the station from waiting on, the
// agent from the offer on, a third person once he has joined, nobody after the end.
func (c Call) Permits() []Permit {
	var out []Permit
	switch c.State {
	case Waiting:
		out = append(out, Permit{Station, c.Station, c.Epoch, WarmKbps})
	case Offered, Connecting, Active:
		out = append(out,
			Permit{Station, c.Station, c.Epoch, FullKbps},
			Permit{Agent, c.Agent, c.Epoch, FullKbps})
		if c.State.Talking() && c.Third.Joined() {
			out = append(out, Permit{Third, c.Third.Agent, c.Epoch, FullKbps})
		}
	}
	return out
}

// MaxPages is how many pages one call may store.
const MaxPages = 60

// Wants says whether a page may be sent now that answers request: its slot and
// side are those asked for. Once one is stored, only the very same (id and
// hash) may be offered again, because its done may have been lost.
func (c Call) Wants(request string, page protocol.PageView) bool {
	if !c.State.Talking() || request == "" {
		return false
	}
	if request == c.Served {
		i := c.page(page.ID)
		return i >= 0 && c.Pages[i].SHA256 == page.SHA256 && c.Pages[i].Slot == page.Slot && c.Pages[i].Side == page.Side
	}
	return c.Capture != nil && c.Capture.ID == request && c.Capture.Slot == page.Slot && c.Capture.Side == page.Side &&
		len(c.Pages) < MaxPages
}

// Uploads are the secrets with which a page may be sent over HTTP now, by the
// request that each belongs to. They end with the call, and that of a request
// once the next one has been answered.
func (c Call) Uploads() map[string]string {
	if !c.State.Talking() {
		return nil
	}
	uploads := map[string]string{}
	if c.Upload != "" {
		uploads[c.Upload] = c.Served
	}
	if c.Capture != nil && c.Capture.Upload != "" {
		uploads[c.Capture.Upload] = c.Capture.ID
	}
	return uploads
}

func (c Call) slot(id string) int {
	return slices.IndexFunc(c.Slots, func(s protocol.SlotView) bool { return s.ID == id })
}

func (c Call) page(id string) int {
	return slices.IndexFunc(c.Pages, func(p protocol.PageView) bool { return p.ID == id })
}
