package signaling

import (
	"context"
	"errors"

	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// Errors that a Store or Directory returns and that signaling branches on.
var (
	// ErrNotFound: no such ticket, station, person, matter or page.
	ErrNotFound = errors.New("not found")
	// ErrStale: the row already carries an equal or higher epoch, or is closed.
	ErrStale = errors.New("stale epoch")
	// ErrUnavailable: the database or Redis does not answer; try again later.
	ErrUnavailable = errors.New("unavailable")
)

// Admission is a press as it is committed before anyone is told.
type Admission struct {
	Key         string // idempotency key of the command, scoped to the station
	Station     string
	ConsentText string
	Lang        string
	Affinity    string // agent bound to the station (包联), may be empty
	Priority    int
	AtMS        int64
	Kind        string // protocol.TicketKind, "" is a call
	DueMS       int64  // of a call-back or booking
	Matter      string
	ArrivedMS   int64  // the place in line that it takes over; 0: AtMS
	By          string // who made it for the station; "": the station itself
}

// TicketRecord is a ticket as SQL remembers it.
type TicketRecord struct {
	ID         string // uuid v7
	Number     string // A012, per local day
	Case       string // PJ-261122-012
	Station    string
	Affinity   string
	Priority   int
	Who        string
	Theme      string
	Matter     string
	ArrivedMS  int64
	State      string // scheduled, waiting, active, wrapup, closed (offers live in Redis alone)
	Epoch      int64
	Agent      string
	AcceptedMS int64
	ConnectMS  int64
	EndedMS    int64
	Ended      string // protocol.EndReason
	FinishedMS int64
	Dispo      string // protocol.Disposition
	NextStep   string
	Note       string
	Kind       string // protocol.TicketKind
	DueMS      int64
}

// PageRecord is a captured page as SQL remembers it; the bytes lie sealed elsewhere.
type PageRecord struct {
	ID      string // 32 hex digits
	Ticket  string
	Slot    string
	Side    string
	SHA256  string // hex
	Bytes   int64
	MIME    string
	Width   int
	Height  int
	Sharp   float64
	AtMS    int64
	Verdict string
	Reason  string
}

// SlotVerdict is the present verdict on one slot of a ticket's checklist.
type SlotVerdict struct {
	Slot    string
	Verdict string
	Reason  string
}

// CourseEvent is one line of the course of a call.
type CourseEvent struct {
	AtMS   int64
	Kind   string
	Detail string
}

// CallRecord is everything needed to show a call again after a restart.
type CallRecord struct {
	Ticket TicketRecord
	Pages  []PageRecord
	Slots  []SlotVerdict
	Course []CourseEvent
}

// Finish ends wrap-up.
type Finish struct {
	Ticket      string
	Agent       string
	Epoch       int64
	Disposition string
	NextStep    string
	Note        string
	AtMS        int64
}

// Store remembers tickets and calls in SQL. cmd fills it from agentdesk/records.
// Every change that could race carries the epoch and succeeds only when it is
// not lower than the row's (strictly greater for Accept).
type Store interface {
	// Admit commits the press, its consent and its number. The same key, or, for a
	// call, a station that has an open ticket, returns the existing one. A call-back
	// or booking is scheduled, a pre-review waits beside whatever its station does.
	Admit(ctx context.Context, a Admission) (TicketRecord, error)
	// Revise changes who, theme and matter of an open ticket; empty fields stay.
	Revise(ctx context.Context, ticket, who, theme, matter string) error
	// Reprioritise changes the priority of an open ticket, so that it keeps its
	// place when the queue is rebuilt.
	Reprioritise(ctx context.Context, ticket string, priority int) error
	// Accept commits the change of owner: state active.
	Accept(ctx context.Context, ticket, agent string, epoch, atMS int64) error
	// Requeue puts an active ticket back to waiting with a higher epoch, keeping its arrival.
	Requeue(ctx context.Context, ticket string, epoch int64) error
	Connected(ctx context.Context, ticket string, epoch, atMS int64) error
	// End stops the talk: active to wrapup.
	End(ctx context.Context, ticket string, epoch int64, reason string, atMS int64) error
	// Finish closes a ticket in wrapup.
	Finish(ctx context.Context, f Finish) error
	// Abandon closes a ticket that waits or is scheduled.
	Abandon(ctx context.Context, ticket, reason string, atMS int64) error
	Judge(ctx context.Context, ticket, page string, v SlotVerdict, by string, atMS int64) error
	AddCourse(ctx context.Context, ticket string, e CourseEvent) error
	// Call returns a ticket with its pages, verdicts and course.
	Call(ctx context.Context, ticket string) (CallRecord, error)
	// OpenTicketOf returns the ticket of a station that is waiting or active.
	OpenTicketOf(ctx context.Context, station string) (TicketRecord, error)
	// FinishedBy lists the tickets that an agent finished since sinceMS, newest first, at most limit.
	FinishedBy(ctx context.Context, agent string, sinceMS int64, limit int) ([]TicketRecord, error)
	// Today counts since the start of the centre's local day.
	Today(ctx context.Context, nowMS int64) (protocol.Today, error)
	// Services returns how long tickets held their seats that were finished after
	// sinceMS and had been connected, the newest limit, oldest first.
	Services(ctx context.Context, sinceMS int64, limit int) ([]ServiceRecord, error)
	// Minutes returns waiting and in-call counts per minute since fromMS.
	Minutes(ctx context.Context, fromMS, nowMS int64) ([]protocol.Minute, error)
}

// StationInfo is a station and who serves it first.
type StationInfo struct {
	ID         string
	Name       string
	Grid       string // south, middle, north
	Specialist string // name of the 居村专员
	Affinity   string // agent id of the 包联, may be empty
	Closed     bool   // not in service today
}

// PersonInfo is a member of staff.
type PersonInfo struct {
	ID       string // login
	Name     string
	Role     string
	Seat     string
	Skills   []string // families of matters; empty = all
	Stations []string // 包联
}

// SlotInfo is one material that a matter wants.
type SlotInfo struct {
	ID    string
	Title string
	Note  string
	Sides []string
}

// MatterInfo is a matter of the catalogue.
type MatterInfo struct {
	ID     string
	Theme  string
	Family string // the skill it needs
	Title  string
	Slots  []SlotInfo
}

// Opening is whether the centre is open at a moment.
type Opening struct {
	Open       bool
	Hours      string // of that local day, "8:30–16:30", "" = closed all day
	OpenedMS   int64  // when today opened (or will), 0 if not today
	NextOpenMS int64  // 0 while open
}

// Directory tells names and settings. cmd fills it from agentdesk.
type Directory interface {
	Station(ctx context.Context, id string) (StationInfo, error)
	Stations(ctx context.Context) ([]StationInfo, error)
	Person(ctx context.Context, id string) (PersonInfo, error)
	People(ctx context.Context) ([]PersonInfo, error)
	Matter(ctx context.Context, id string) (MatterInfo, error)
	// DefaultSlots is the checklist of a ticket without a matter.
	DefaultSlots(ctx context.Context) ([]SlotInfo, error)
	Opening(ctx context.Context, atMS int64) (Opening, error)
}

// Identity is whom a socket ticket was issued to.
type Identity struct {
	Role protocol.Role
	ID   string // station or person
	Face protocol.Face
	// Session tells whoever fills Valid what the socket lives by: a log-in or a
	// station's key. It is no secret. Empty: nothing but the identity.
	Session string
}
