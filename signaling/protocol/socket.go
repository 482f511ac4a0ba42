package protocol

// Role is what a socket may do.
type Role string

// Roles of people and devices (architecture 6).
const (
	RoleStation    Role = "station"
	RoleSpecialist Role = "specialist"
	RoleAgent      Role = "agent"
	RoleHelper     Role = "helper"
	RoleSupervisor Role = "supervisor"
	RoleAdmin      Role = "admin"
)

// Face is the page that opens a socket: one person may have several open.
type Face string

// Faces that open sockets.
const (
	FaceStation Face = "station"
	FaceDesk    Face = "desk"
	FaceBoard   Face = "board"
)

// Hello is the first message of a client, due within 3 s of the upgrade.
type Hello struct {
	Protocol int      `json:"protocol"`
	Build    string   `json:"build"` // of the page; a server of another build says so in Welcome
	Features []string `json:"features"`
	Layout   int      `json:"layout"`
	Ticket   string   `json:"ticket"` // single-use socket ticket from POST /api/{face}/socket, 30 s
	// Presence is what the agent's desk last showed, so that an agent who was
	// available stays so when the server has forgotten. Empty on a first visit.
	Presence Presence `json:"presence,omitempty"`
	// TakeOver lets this desk replace another one of the same agent.
	TakeOver bool `json:"take_over,omitempty"`
}

// Type names the message.
func (Hello) Type() string { return "hello" }

// Welcome answers Hello. The whole state follows as a push of its own.
type Welcome struct {
	Protocol int    `json:"protocol"`
	Build    string `json:"build"` // differs from the page's: the page reloads itself when idle
	Role     Role   `json:"role"`
	ID       string `json:"id"` // station or user id
	Name     string `json:"name"`
	Centre   string `json:"centre"`
	NowMS    int64  `json:"now_ms"`  // server's clock, unix ms UTC
	PingMS   int    `json:"ping_ms"` // the page sends Ping this often
	DeadMS   int    `json:"dead_ms"` // and takes the socket for dead after this long without a frame
	Demo     bool   `json:"demo"`
}

// Type names the message.
func (Welcome) Type() string { return "welcome" }

// OK answers a command that took effect (or already had).
type OK struct{}

// Type names the message.
func (OK) Type() string { return "ok" }

// Code is a stable name of an error; the sentence a person reads stands in the
// page, keyed by it.
type Code string

// Codes of Error and Bye.
const (
	CodeMalformed   Code = "malformed"      // not an envelope, or the body does not fit
	CodeUnknown     Code = "unknown_type"   // the socket stays open
	CodeTooLarge    Code = "too_large"      // over MaxMessage, or an SDP over 48 KiB
	CodeProtocol    Code = "protocol"       // another protocol version or layout
	CodeForbidden   Code = "forbidden"      // role or ownership
	CodeExpired     Code = "ticket_expired" // socket ticket unknown, used or too old; as bye later on: the session has ended
	CodeHelloFirst  Code = "hello_first"    // no Hello within 3 s
	CodeStale       Code = "stale"          // an older epoch: somebody else owns it now
	CodeState       Code = "wrong_state"    // not possible in the present state
	CodeNotFound    Code = "not_found"      // no such ticket, slot, page or station
	CodeClosed      Code = "closed"         // outside opening hours
	CodeFull        Code = "full"           // as many wait as the centre allows
	CodeQueueDown   Code = "queue_away"     // Redis away: the press is kept and enqueued on its return
	CodeRecordsDown Code = "records_away"   // database away: the station holds the press and retries
	CodeSDP         Code = "bad_sdp"        // not parsable, or outside the layout
	CodeMedia       Code = "media_token"    // token of another call or an old epoch, or used
	CodeRate        Code = "rate"           // too many messages
	CodeReplaced    Code = "replaced"       // another desk or kiosk of the same identity took over
	CodeElsewhere   Code = "elsewhere"      // another desk is open: hello again with take_over
	CodeShutdown    Code = "shutdown"       // this node ends; reconnect
	CodeSlow        Code = "slow"           // the client does not read; reconnect
	CodeInternal    Code = "internal"
)

// Error answers a command that had no effect.
type Error struct {
	Code   Code   `json:"code"`
	Detail string `json:"detail,omitempty"` // for engineers; never personal data
	// Because says of wrong_state what stands in the way, where a person can do something about it: the state of the
	// agent who was named (offline, ready, offer, call, wrapup, rona, away), or lost, hours, skills, reviews, third,
	// held or scheduled.
	Because string `json:"because,omitempty"`
}

// Type names the message.
func (Error) Type() string { return "error" }

// Bye is the last message before the server closes a socket.
type Bye struct {
	Code Code `json:"code"`
}

// Type names the message.
func (Bye) Type() string { return "bye" }

// NodeDrain tells a page in a call that its node is to end: the call goes on, and
// moves to another node when it is not over in time. Sockets without a call end
// with bye shutdown instead.
type NodeDrain struct{}

// Type names the message.
func (NodeDrain) Type() string { return "node.drain" }

// Ping is answered by Pong at once; pages measure the round trip with it.
type Ping struct {
	AtMS int64 `json:"at_ms"` // of the client, returned in Pong
}

// Type names the message.
func (Ping) Type() string { return "ping" }

// Pong answers Ping.
type Pong struct {
	AtMS  int64 `json:"at_ms"`
	NowMS int64 `json:"now_ms"` // server's clock
}

// Type names the message.
func (Pong) Type() string { return "pong" }
