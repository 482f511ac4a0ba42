package protocol

// KioskState is the state of the resident's page. The server sets idle, closed,
// waiting, ringing, call and summary; the page itself adds boot, fault, capture
// (call while Capture is set), reset and offline.
type KioskState string

// States of the kiosk.
const (
	KioskBoot    KioskState = "boot"
	KioskIdle    KioskState = "idle"
	KioskClosed  KioskState = "closed"
	KioskFault   KioskState = "fault"
	KioskWaiting KioskState = "waiting"
	KioskRinging KioskState = "ringing"
	KioskCall    KioskState = "call"
	KioskCapture KioskState = "capture"
	KioskSummary KioskState = "summary"
	KioskReset   KioskState = "reset"
	KioskOffline KioskState = "offline"
)

// TicketTake is the one press: 呼叫 enqueues at once.
type TicketTake struct {
	ConsentText string `json:"consent_text"` // version of the notice under the button, e.g. "2026-11"
	Lang        string `json:"lang"`         // "zh" or "en"
}

// Type names the message.
func (TicketTake) Type() string { return "ticket.take" }

// Who a matter is handled for.
type Who string

// Who values.
const (
	WhoUnsaid     Who = ""           // not asked yet, or skipped
	WhoSelf       Who = "self"       // 我自己办
	WhoSpecialist Who = "specialist" // 专员陪我办
	WhoFamily     Who = "family"     // 替家人办
)

// TicketRevise says what it is about while waiting; the place never changes.
// Empty fields leave what is there.
type TicketRevise struct {
	Who    Who    `json:"who,omitempty"`
	Theme  string `json:"theme,omitempty"`
	Matter string `json:"matter,omitempty"`
}

// Type names the message.
func (TicketRevise) Type() string { return "ticket.revise" }

// TicketLeave gives the place up (不排了).
type TicketLeave struct{}

// Type names the message.
func (TicketLeave) Type() string { return "ticket.leave" }

// CallHangUp ends the call; station and agent may both send it.
type CallHangUp struct{}

// Type names the message.
func (CallHangUp) Type() string { return "call.hang_up" }

// CaptureConfirm says that the resident pressed 拍照: the page follows on the
// document channel. It lets the desk show progress at once.
type CaptureConfirm struct {
	Slot string `json:"slot"`
}

// Type names the message.
func (CaptureConfirm) Type() string { return "capture.confirm" }

// Fault names a part of a station that does not work.
type Fault string

// Faults a kiosk reports; each takes only its own function away.
const (
	FaultCameraDenied  Fault = "camera_denied"
	FaultCameraMissing Fault = "camera_missing"
	FaultMicMissing    Fault = "mic_missing"
	FaultDocument      Fault = "document_camera_missing"
)

// StationReport tells which parts work; sent after boot and on every change.
type StationReport struct {
	Faults    []Fault `json:"faults"`
	DocWidth  int     `json:"doc_width"` // full resolution of the document camera, px; 0 if none
	DocHeight int     `json:"doc_height"`
	// Checks is the newest self-check, one entry a part, at most 16; empty: none was made since the last report.
	Checks []PartCheck `json:"checks,omitempty"`
}

// Type names the message.
func (StationReport) Type() string { return "station.report" }

// Part of a station that its self-check looks at.
type Part string

// Parts of a station.
const (
	PartCamera     Part = "camera"     // value: mean luminance of a frame, 0–255
	PartDocument   Part = "document"   // value: width of the document camera's picture, px
	PartMicrophone Part = "microphone" // value: level, dBFS (negative)
	PartSpeaker    Part = "speaker"    // value: number of audio outputs
	PartPrinter    Part = "printer"    // reported by the helper beside the kiosk; absent without one
	PartNetwork    Part = "network"    // value: round trip of a ping, ms
	PartMedia      Part = "media"      // the ICE pair of the last connection; value: its round trip, ms; detail: udp, tcp or relay
	PartClock      Part = "clock"      // value: the page's clock minus the server's, ms
)

// Level of a part: how well it works.
type Level string

// Levels. A red part takes only its own function away.
const (
	LevelGreen Level = "green"
	LevelAmber Level = "amber"
	LevelRed   Level = "red"
)

// PartCheck is one line of a self-check.
type PartCheck struct {
	Part   Part    `json:"part"`
	Level  Level   `json:"level"`
	Value  float64 `json:"value"`            // in the part's unit
	Detail string  `json:"detail,omitempty"` // a short code such as "black" or "tcp", at most 32 bytes
	AtMS   int64   `json:"at_ms"`            // unix ms by the server's clock
}

// StationHelp calls the specialist (叫专员帮忙): shown on the board and to the agent.
type StationHelp struct{}

// Type names the message.
func (StationHelp) Type() string { return "station.help" }

// StationReset ends the summary: the resident's data leave the page.
type StationReset struct{}

// Type names the message.
func (StationReset) Type() string { return "station.reset" }

// Station is the fixed part of a station.
type Station struct {
	ID         string `json:"id"`   // "s07"
	Name       string `json:"name"` // 云桥村
	Grid       string `json:"grid"` // "south", "middle" or "north"
	Specialist string `json:"specialist"`
}

// TicketView is the resident's ticket as the kiosk shows it.
type TicketView struct {
	ID      string `json:"id"`
	Number  string `json:"number"` // A012
	Ahead   int    `json:"ahead"`
	SinceMS int64  `json:"since_ms"` // arrival
	// Wait band in ms, 0,0 when the server is not sure: then only the place is shown.
	WaitLowMS  int64  `json:"wait_low_ms"`
	WaitHighMS int64  `json:"wait_high_ms"`
	Who        Who    `json:"who"`
	Theme      string `json:"theme"`
	Matter     string `json:"matter"` // id of the catalogue, "" = 直接见面
	// Matters of a bundle, the first is Matter; empty of a single one.
	Matters []string `json:"matters,omitempty"`
	// Kind is absent of a ticket.take.
	Kind TicketKind `json:"kind,omitempty"`
	// Enqueued is false while Redis is away: the press is kept and keeps its time.
	Enqueued bool `json:"enqueued"`
	// PlaceLate: Redis has been away for a while, so Ahead is what it last was.
	PlaceLate bool `json:"place_late,omitempty"`
}

// AgentView is the agent as the resident sees him.
type AgentView struct {
	Name string `json:"name"` // 王老师
	Seat string `json:"seat"` // 3 号座席
}

// CaptureView is what the agent asks the station to lay down.
type CaptureView struct {
	ID       string `json:"id"` // of this request; a new request has a new id
	Slot     string `json:"slot"`
	Title    string `json:"title"` // 身份证
	Side     Side   `json:"side"`
	Hint     string `json:"hint,omitempty"` // why the last one must be shot again
	Shooting bool   `json:"shooting"`       // the resident pressed, the page is on its way
	// Upload is the bearer token with which this one request may be answered over HTTP when no document channel opens
	// (PROTOCOL.md, "Pages without a channel"). It dies with the request.
	Upload string `json:"upload,omitempty"`
}

// Side of a material.
type Side string

// Sides.
const (
	SideFront Side = "front"
	SideBack  Side = "back"
	SidePage  Side = "page" // page of a document that has no sides
)

// SummaryView is what the resident takes away.
type SummaryView struct {
	Number      string      `json:"number"`
	Case        string      `json:"case"` // PJ-261122-012, also in the QR
	Matter      string      `json:"matter"`
	Disposition Disposition `json:"disposition"` // "" until the agent finished
	NextStep    NextStep    `json:"next_step"`
	Agent       string      `json:"agent"`
	Pages       int         `json:"pages"`
	TalkMS      int64       `json:"talk_ms"`
	Ended       EndReason   `json:"ended"`
}

// EndReason says how a call ended.
type EndReason string

// End reasons.
const (
	EndHangUp    EndReason = "hang_up"
	EndStation   EndReason = "station_hang_up"
	EndAbandoned EndReason = "abandoned"
	EndLost      EndReason = "lost"      // a side did not come back within the grace
	EndRevoked   EndReason = "revoked"   // the station lost its right to be here
	EndCallback  EndReason = "callback"  // the resident is called back instead
	EndCancelled EndReason = "cancelled" // the resident took a call-back or an appointment back
	EndRefused   EndReason = "refused"   // the line was full, or the centre closed at that moment
	EndMissed    EndReason = "missed"    // nobody came for a call-back or an appointment
)

// StationState is the whole state of a station's page.
type StationState struct {
	Version    int64       `json:"version"` // rises; an older one than shown is ignored
	State      KioskState  `json:"state"`
	NowMS      int64       `json:"now_ms"`
	Station    Station     `json:"station"`
	Open       bool        `json:"open"`
	Hours      string      `json:"hours"`        // of today, "8:30–16:30", "" = closed all day
	NextOpenMS int64       `json:"next_open_ms"` // 0 while open
	AgentsFree int         `json:"agents_free"`
	AgentsOn   int         `json:"agents_on"`
	Ticket     *TicketView `json:"ticket,omitempty"`
	Agent      *AgentView  `json:"agent,omitempty"` // from ringing on
	SinceMS    int64       `json:"since_ms"`        // begin of the present state
	Media      *MediaGrant `json:"media,omitempty"`
	GateOpen   bool        `json:"gate_open"`
	AgentLost  bool        `json:"agent_lost"` // the agent's desk is being waited for
	// MediaLate: accepted a while ago, and sound or picture of a side has not come up.
	MediaLate bool         `json:"media_late,omitempty"`
	Capture   *CaptureView `json:"capture,omitempty"`
	Pages     []PageView   `json:"pages"`
	Message   string       `json:"message"` // from the agent or the centre, "" = none
	Summary   *SummaryView `json:"summary,omitempty"`
	// Ways are what the resident can do: in idle and closed when waiting is not the
	// only one (Lack says why), and always while waiting.
	Ways  []Way      `json:"ways,omitempty"`
	Lack  Lack       `json:"lack,omitempty"`
	Point *PointView `json:"point,omitempty"`
	// Scheduled are the call-backs and appointments of this station, by due time.
	Scheduled   []ScheduledView `json:"scheduled,omitempty"`
	HeldSinceMS int64           `json:"held_since_ms,omitempty"` // the agent holds the call
	Third       *AgentView      `json:"third,omitempty"`         // who has joined the call
}

// Type names the message.
func (StationState) Type() string { return "station.state" }
