package protocol

// Presence is what an agent chose.
type Presence string

// Presence values.
const (
	PresenceOffline   Presence = "offline"
	PresenceAvailable Presence = "available"
	PresenceAway      Presence = "away"
)

// DeskStateName is the state of the agent's page, derived from presence and load.
type DeskStateName string

// States of the desk.
const (
	DeskOffline DeskStateName = "offline"
	DeskReady   DeskStateName = "ready"
	DeskOffer   DeskStateName = "offer"
	DeskCall    DeskStateName = "call"
	DeskWrapUp  DeskStateName = "wrapup"
	DeskRONA    DeskStateName = "rona" // 未接暂停
	DeskAway    DeskStateName = "away"
	DeskLost    DeskStateName = "lost"
)

// AgentSet chooses a presence; away carries a reason.
type AgentSet struct {
	Presence Presence `json:"presence"`
	Reason   string   `json:"reason,omitempty"` // break, lunch, meeting, training, counter
}

// Type names the message.
func (AgentSet) Type() string { return "agent.set" }

// OfferShown says that the desk drew the offer: only then may a ring-out count
// against the agent.
type OfferShown struct {
	Ticket string `json:"ticket"`
	Epoch  int64  `json:"epoch"`
}

// Type names the message.
func (OfferShown) Type() string { return "offer.shown" }

// OfferAccept takes the call.
type OfferAccept struct {
	Ticket string `json:"ticket"`
	Epoch  int64  `json:"epoch"`
}

// Type names the message.
func (OfferAccept) Type() string { return "offer.accept" }

// OfferDecline refuses it, with a reason.
type OfferDecline struct {
	Ticket string `json:"ticket"`
	Epoch  int64  `json:"epoch"`
	Reason string `json:"reason"` // busy, not_mine, device, other
}

// Type names the message.
func (OfferDecline) Type() string { return "offer.decline" }

// CaptureAsk asks the station for one side or page of a checklist slot.
type CaptureAsk struct {
	Slot string `json:"slot"`
	Side Side   `json:"side"`
	Hint string `json:"hint,omitempty"` // key of a retake reason: blurred, glare, cropped, wrong
}

// Type names the message.
func (CaptureAsk) Type() string { return "capture.ask" }

// CaptureCancel withdraws the request.
type CaptureCancel struct{}

// Type names the message.
func (CaptureCancel) Type() string { return "capture.cancel" }

// Verdict on a slot of the checklist.
type Verdict string

// Verdicts.
const (
	VerdictOpen   Verdict = ""
	VerdictPassed Verdict = "passed"         // 合格
	VerdictRetake Verdict = "retake"         // 补拍
	VerdictNA     Verdict = "not_applicable" // 不适用
)

// SlotJudge is the agent's verdict on a slot, and on the page looked at.
type SlotJudge struct {
	Slot    string  `json:"slot"`
	Page    string  `json:"page,omitempty"`
	Verdict Verdict `json:"verdict"`
	Reason  string  `json:"reason,omitempty"` // blurred, glare, cropped, wrong
}

// Type names the message.
func (SlotJudge) Type() string { return "slot.judge" }

// StationSay puts a short sentence on the resident's screen.
type StationSay struct {
	Text string `json:"text"` // at most 120 characters
}

// Type names the message.
func (StationSay) Type() string { return "station.say" }

// Disposition is the wrap-up code 办结类型.
type Disposition string

// Dispositions.
const (
	DispositionNone         Disposition = ""             // not finished yet
	DispositionAccepted     Disposition = "accepted"     // 已受理
	DispositionPending      Disposition = "pending"      // 已预审待补
	DispositionConsulted    Disposition = "consulted"    // 仅咨询
	DispositionOffline      Disposition = "offline"      // 转线下办理
	DispositionDepartment   Disposition = "department"   // 转部门
	DispositionHomeVisit    Disposition = "home_visit"   // 预约上门
	DispositionRefused      Disposition = "refused"      // 不予受理
	DispositionDisconnected Disposition = "disconnected" // 断线未完
	DispositionMistake      Disposition = "mistake"      // 误呼
)

// Dispositions in the order of keys 1–9.
var Dispositions = []Disposition{
	DispositionAccepted, DispositionPending, DispositionConsulted, DispositionOffline, DispositionDepartment,
	DispositionHomeVisit, DispositionRefused, DispositionDisconnected, DispositionMistake,
}

// NextStep of a case after the call.
type NextStep string

// Next steps.
const (
	NextNone   NextStep = ""       // not finished yet
	NextClose  NextStep = "close"  // 办结
	NextRelay  NextStep = "relay"  // 转助办
	NextFollow NextStep = "follow" // 回访
)

// CallFinish ends wrap-up.
type CallFinish struct {
	Ticket      string      `json:"ticket"`
	Epoch       int64       `json:"epoch"`
	Disposition Disposition `json:"disposition"`
	NextStep    NextStep    `json:"next_step"`
	Note        string      `json:"note"` // at most 2,000 characters
}

// Type names the message.
func (CallFinish) Type() string { return "call.finish" }

// WrapUpExtend adds 60 s.
type WrapUpExtend struct{}

// Type names the message.
func (WrapUpExtend) Type() string { return "wrapup.extend" }

// PageView is one captured page. Its bytes come over the document channel or
// from GET /api/desk/pages/{id}.
type PageView struct {
	ID      string  `json:"id"` // 32 hex digits, the document id of the framing
	Slot    string  `json:"slot"`
	Side    Side    `json:"side"`
	SHA256  string  `json:"sha256"` // hex
	Bytes   int64   `json:"bytes"`
	MIME    string  `json:"mime"`
	Width   int     `json:"width"`
	Height  int     `json:"height"`
	Sharp   float64 `json:"sharp"` // variance of Laplacian as the kiosk measured it
	AtMS    int64   `json:"at_ms"`
	Verdict Verdict `json:"verdict"`
	Reason  string  `json:"reason,omitempty"`
}

// SlotView is one row of the checklist.
type SlotView struct {
	ID      string   `json:"id"` // "id_card"
	Title   string   `json:"title"`
	Note    string   `json:"note"`
	Sides   []Side   `json:"sides"`
	Verdict Verdict  `json:"verdict"`
	Reason  string   `json:"reason,omitempty"`
	Pages   []string `json:"pages"` // ids, oldest first
}

// OfferView is a ringing offer.
type OfferView struct {
	Ticket    string  `json:"ticket"`
	Epoch     int64   `json:"epoch"`
	Number    string  `json:"number"`
	Station   Station `json:"station"`
	Own       bool    `json:"own"` // 包联: the station is the agent's own
	Matter    string  `json:"matter"`
	Who       Who     `json:"who"`
	Priority  int     `json:"priority"`
	WaitedMS  int64   `json:"waited_ms"`
	RungMS    int64   `json:"rung_ms"` // when it began to ring
	ExpiresMS int64   `json:"expires_ms"`
	// Checks is the station's newest self-check; empty: none was heard.
	Checks  []PartCheck `json:"checks,omitempty"`
	Kind    TicketKind  `json:"kind,omitempty"`
	Matters []string    `json:"matters,omitempty"` // of a bundle, the first is Matter
	// Purpose is absent of an offered ticket. Otherwise this is an invitation into
	// the call of Owner, answered in the same way.
	Purpose Purpose    `json:"purpose,omitempty"`
	Owner   *AgentView `json:"owner,omitempty"`
	Why     *WhyView   `json:"why,omitempty"`
}

// CallView is the call at the desk.
type CallView struct {
	Ticket      string    `json:"ticket"`
	Epoch       int64     `json:"epoch"`
	Number      string    `json:"number"`
	Case        string    `json:"case"`
	Station     Station   `json:"station"`
	Matter      string    `json:"matter"`
	Theme       string    `json:"theme"`
	Who         Who       `json:"who"`
	Priority    int       `json:"priority"`
	WaitedMS    int64     `json:"waited_ms"`
	AcceptedMS  int64     `json:"accepted_ms"`
	ConnectedMS int64     `json:"connected_ms"` // 0 until both sides have media
	EndedMS     int64     `json:"ended_ms"`     // 0 while it runs
	Ended       EndReason `json:"ended,omitempty"`
	StationLost bool      `json:"station_lost"` // held for the call grace
	GateOpen    bool      `json:"gate_open"`
	// MediaLate: accepted a while ago, and sound or picture of a side has not come up.
	MediaLate bool         `json:"media_late,omitempty"`
	Faults    []Fault      `json:"faults"`
	Help      bool         `json:"help"` // the resident called the specialist
	Slots     []SlotView   `json:"slots"`
	Pages     []PageView   `json:"pages"`
	Capture   *CaptureView `json:"capture,omitempty"`
	// WrapUpEndsMS is when wrap-up runs out; at zero the desk is kept, only saved.
	WrapUpEndsMS int64       `json:"wrapup_ends_ms"`
	Course       []CallEvent `json:"course"` // for 这次通话, the newest 200
	// Checks is the station's newest self-check; empty: none was heard.
	Checks  []PartCheck `json:"checks,omitempty"`
	Kind    TicketKind  `json:"kind,omitempty"`
	Matters []string    `json:"matters,omitempty"` // of a bundle, the first is Matter
	// HeldSinceMS is when the present hold began; HoldTotalMS counts those before.
	HeldSinceMS int64      `json:"held_since_ms,omitempty"`
	HoldTotalMS int64      `json:"hold_total_ms,omitempty"`
	Third       *ThirdView `json:"third,omitempty"`
	// Purpose is set when this desk is the third person; then Owner has the call.
	Purpose Purpose    `json:"purpose,omitempty"`
	Owner   *AgentView `json:"owner,omitempty"`
	Why     *WhyView   `json:"why,omitempty"` // of the offer that was accepted
}

// CallEvent is one line of the course of a call.
type CallEvent struct {
	AtMS   int64  `json:"at_ms"`
	Kind   string `json:"kind"` // accepted, connected, page, page_failed (detail: the refusal), verdict, station_lost, station_back, agent_lost, agent_back, no_media, requeued, held, resumed, transferred, third_joined, third_left, handed_over, ended
	Detail string `json:"detail,omitempty"`
}

// QueueRow is one waiting ticket.
type QueueRow struct {
	Ticket   string `json:"ticket"`
	Number   string `json:"number"`
	Station  string `json:"station"` // id
	Matter   string `json:"matter"`
	Who      Who    `json:"who"`
	Priority int    `json:"priority"`
	SinceMS  int64  `json:"since_ms"`
	State    string `json:"state"` // waiting, offered
	Agent    string `json:"agent"` // id, while offered
	// Kind and DueMS of a call-back or appointment whose time has come; absent of a call.
	Kind  TicketKind `json:"kind,omitempty"`
	DueMS int64      `json:"due_ms,omitempty"`
	// Why: somebody was offered it, so GET /api/tickets/{id}/why has something to say.
	Why bool `json:"why,omitempty"`
}

// RecordRow is one finished call of today.
type RecordRow struct {
	Ticket      string      `json:"ticket"`
	Number      string      `json:"number"`
	AtMS        int64       `json:"at_ms"`
	Station     string      `json:"station"`
	Matter      string      `json:"matter"`
	TalkMS      int64       `json:"talk_ms"`
	Disposition Disposition `json:"disposition"`
	NextStep    NextStep    `json:"next_step"`
}

// StationLive is a station with its present state, for desk and board.
type StationLive struct {
	Station
	State   StationStateName `json:"state"`
	SinceMS int64            `json:"since_ms"`
	Faults  []Fault          `json:"faults"`
	Help    bool             `json:"help"`
	// Checks is the newest self-check; empty: none was heard.
	Checks []PartCheck `json:"checks,omitempty"`
}

// StationStateName is a station's state on the board.
type StationStateName string

// States of a station on the board.
const (
	StationIdle    StationStateName = "idle"
	StationWaiting StationStateName = "waiting"
	StationInCall  StationStateName = "call"
	StationFault   StationStateName = "fault"
	StationOffline StationStateName = "offline"
	StationClosed  StationStateName = "closed"
)

// DeskState is the whole state of an agent's page.
type DeskState struct {
	Version   int64         `json:"version"`
	State     DeskStateName `json:"state"`
	Reason    string        `json:"reason"` // of away
	SinceMS   int64         `json:"since_ms"`
	NowMS     int64         `json:"now_ms"`
	AgentID   string        `json:"agent_id"`
	AgentName string        `json:"agent_name"`
	Seat      string        `json:"seat"`
	Queue     []QueueRow    `json:"queue"`
	// QueueTotal counts them all: Queue lists the first 200.
	QueueTotal int `json:"queue_total,omitempty"`
	// QueueAwayMS is how long the queue has not answered, 0 while it does: what is shown of it is that old.
	QueueAwayMS int64         `json:"queue_away_ms,omitempty"`
	FreeSeats   int           `json:"free_seats"`
	Stations    []StationLive `json:"stations"` // the agent's own (包联)
	Today       []RecordRow   `json:"today"`
	Offer       *OfferView    `json:"offer,omitempty"`
	Call        *CallView     `json:"call,omitempty"`  // in call and wrap-up
	Media       *MediaGrant   `json:"media,omitempty"` // from the offer on
	// Colleagues are the others who are signed in, by seat.
	Colleagues []ColleagueView `json:"colleagues,omitempty"`
	// Reviews are the pre-reviews that wait, and first those in hand.
	Reviews []ReviewRow `json:"reviews,omitempty"`
	// Scheduled are the call-backs and appointments to come, the next 200 by due time.
	Scheduled []ScheduledRow `json:"scheduled,omitempty"`
}

// Type names the message.
func (DeskState) Type() string { return "desk.state" }
