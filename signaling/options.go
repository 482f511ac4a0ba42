package signaling

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/sfu"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// Queue is what signaling needs of queue.Queue.
type Queue interface {
	Enqueue(ctx context.Context, t queue.Ticket, idem string) (queue.Ticket, error)
	Revise(ctx context.Context, id string, r queue.Revision) (queue.Ticket, error)
	Shown(ctx context.Context, id, agent string, epoch int64) error
	Accept(ctx context.Context, id, agent string, epoch int64) (queue.Ticket, error)
	Connected(ctx context.Context, id string, epoch int64) (queue.Ticket, error)
	Decline(ctx context.Context, id, agent string, epoch int64, reason string) error
	HangUp(ctx context.Context, id string, epoch int64, reason string) (queue.Ticket, error)
	Extend(ctx context.Context, id, agent string, epoch int64) (queue.Ticket, error)
	Finish(ctx context.Context, id, agent string, epoch int64) error
	Abandon(ctx context.Context, id, reason string) error
	Drop(ctx context.Context, id string) error
	Requeue(ctx context.Context, id string, epoch int64, reason string) (queue.Ticket, error)
	Assign(ctx context.Context, id, agent, by, reason string) (queue.Ticket, error)
	Pull(ctx context.Context, id, agent string) (queue.Ticket, error)
	Reprioritise(ctx context.Context, id string, priority int, by string) (queue.Ticket, error)
	Why(ctx context.Context, id string) ([]queue.Why, error)
	Hold(ctx context.Context, id string, epoch int64, on bool) (queue.Ticket, error)
	Transfer(ctx context.Context, id, agent string, epoch int64, to queue.To) (queue.Ticket, error)
	Invite(ctx context.Context, id, agent string, epoch int64, target, purpose string) (queue.Ticket, error)
	ThirdShown(ctx context.Context, id, target string, thirdEpoch int64) error
	ThirdAccept(ctx context.Context, id, target string, thirdEpoch int64) (queue.Ticket, error)
	ThirdDecline(ctx context.Context, id, target string, thirdEpoch int64, reason string) error
	ThirdLeave(ctx context.Context, id, target string) (queue.Ticket, error)
	HandOver(ctx context.Context, id, agent string, epoch int64) (queue.Ticket, error)
	TakeReview(ctx context.Context, id, agent string) (queue.Ticket, error)
	ReturnReview(ctx context.Context, id, agent string, epoch int64, reason string) (queue.Ticket, error)
	FinishReview(ctx context.Context, id, agent string, epoch int64) error
	Restore(ctx context.Context, t queue.Ticket) (queue.Ticket, error)
	AgentSet(ctx context.Context, a queue.AgentSpec, presence, reason string) (queue.Agent, error)
	AgentBack(ctx context.Context, a queue.AgentSpec, conn string) (queue.Agent, error)
	AgentDrop(ctx context.Context, id, conn string) error
	StationBack(ctx context.Context, id, conn string) (queue.Station, error)
	StationDrop(ctx context.Context, id, conn string) error
	StationSet(ctx context.Context, id string, faults []string, help *bool) error
	Snapshot(ctx context.Context) (queue.Snapshot, error)
	Numbers() queue.Numbers
	Follow(ctx context.Context, fn func(queue.Event)) error
	Nodes // only with Options.Relay
}

// Media is what signaling needs of sfu.SFU.
type Media interface {
	// Join answers the one offer of a participant; sfu.ErrSDP, sfu.ErrStale.
	Join(ctx context.Context, room string, p sfu.Participant, offerSDP string) (answerSDP string, err error)
	// Open lets media pass and raises the room's epoch.
	Open(room string, epoch int64) error
	Shut(room string)
	// Restart gives a live participant a new network path; sfu.ErrNotFound when
	// there is none, sfu.ErrSDP.
	Restart(ctx context.Context, room, participant, offerSDP string) (answerSDP string, err error)
	Leave(room, participant string)
	// Hold keeps the station's media from everyone and theirs from it, while the
	// others go on with each other.
	Hold(room string, on bool)
	// HandOver makes the third person's connection the agent's, under a higher
	// epoch and with the gate as it is; the agent's of before ends.
	// sfu.ErrNotFound when he has none.
	HandOver(room, third string, epoch int64) error
	CloseRoom(room string)
	// Resume lets media pass again after a pause of the process.
	Resume(pause int64)
}

// Options configure a Server. Queue, Media, Store, Directory and Authenticate
// must be set.
type Options struct {
	Queue     Queue
	Media     Media
	Store     Store
	Directory Directory
	// Authenticate redeems a single-use socket ticket and says whose it is, if he
	// still may open a socket: Valid is asked only later. ErrUnavailable (wrapped)
	// tells the page to try again; any other error that the ticket is not valid.
	// ctx has the values of the request that opened the socket.
	Authenticate func(ctx context.Context, ticket string) (Identity, error)
	// Valid says whether whoever opened a socket may keep it: his session has
	// not ended, his key and he have not been locked out. It is asked for each
	// open socket once a minute and by Recheck, up to 16 at a time; on an error
	// the socket stays and is asked for again. Nil: sockets outlive sessions
	// until Revoke is called.
	Valid func(ctx context.Context, who Identity) (bool, error)
	// Barred says whether somebody who was sent away cannot come back by himself:
	// the station has no key any more, the account is disabled. His call does not
	// wait for him then. It is asked about those with a call whom Revoke or Valid
	// sent away; on an error it is asked again as Recheck does. Nil: everyone may
	// come back.
	Barred func(ctx context.Context, who Identity) (bool, error)
	// May says whether somebody may do an operation (Operations lists them); own
	// tells whether the ticket that it names is his own, and is true where it
	// names none. It is asked once, before anything is done or looked up for the
	// command. Nil: what Operations lists, on one's own.
	May func(who Identity, operation string, own bool) bool
	// Audit writes down what a supervisor did to the line: ticket.assign,
	// ticket.reprioritise, message.send. Nil: nothing is written.
	Audit func(ctx context.Context, actor, action, object string, detail map[string]string) error
	// Point is the nearest place to a station that is open at all hours; nil, or
	// without a name: there is none.
	Point func(ctx context.Context, station string) protocol.PointView
	// Origins are the pages that may open a socket, and no others:
	// "https://window.example", or a host that stands for both schemes. They are
	// compared exactly, as browsers write them (RFC 6454 6.2). Empty: those of the
	// host that the request names.
	Origins []string
	// Source names where a request comes from, for the bound on sockets before
	// their hello. Default: the peer's address, of IPv6 the /64.
	Source func(*http.Request) string
	// Rebuilt is called when Redis shows another run or an older store epoch than
	// a moment ago: what SQL remembers must be compared with it now. It must not
	// block. Refusals with queue.ErrFenced are told by queue.Options.OnFenced.
	Rebuilt func()
	// Node names this node in connection ids: stable over restarts and not
	// shared with another node, so that after a crash it can tell the queue of
	// its own dead connections. Empty: nobody is told of those.
	Node   string
	Relay  Relay // the other nodes of the centre; nil: there are none
	Build  string
	Centre string // default "pj"
	Demo   bool
	Codec  string // default "VP8"
	// Logger: one line per change of state of a call. Default: nothing is logged.
	Logger     *slog.Logger
	Registerer prometheus.Registerer // nil: metrics are counted and shown to nobody
	Numbers    Numbers
}

// Numbers are times and limits; zero means the default.
type Numbers struct {
	Hello       time.Duration // until the first message; 3 s
	Valid       time.Duration // between two looks at whether sockets may stay; 1 min
	Away        time.Duration // between two pushes while the queue does not answer; 3 s
	Ping        time.Duration // between pings of the server and of the page; 5 s
	Dead        time.Duration // without a frame or pong; 12 s
	Probe       time.Duration // for an older desk to prove that it lives; 1.5 s
	Command     time.Duration // for one command; 8 s
	Store       time.Duration // for one access to SQL or Redis; 3 s
	Retry       time.Duration // until what could not be saved is tried again; 1 s
	Push        time.Duration // least distance of two pushes for general news; 250 ms
	Board       time.Duration // most distance of two boards; 1 s
	Grant       time.Duration // life of a media token; 2 min
	GrantRenew  time.Duration // age at which an unused one is replaced; 90 s
	MediaLate   time.Duration // from the accept until both sides are told that no media came; 20 s
	Summary     time.Duration // how long the station keeps its summary; 120 s
	Rate        float64       // messages a second and socket; 20
	Burst       int           // 40
	SendBytes   int           // bound of a socket's send queue; 256 KiB
	Strangers   int           // sockets before their hello, in all; 4096
	PerSource   int           // of them from one source; 512, for all seats of a centre behind one address
	LedgerItems int           // answers kept per identity; 256
	Beat        time.Duration // between two renewals of this node's lease; 1 s
	Lease       time.Duration // until a silent node counts as gone; 3 s
}

func orDefault[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

func (n Numbers) withDefaults() Numbers {
	orDefault(&n.Hello, 3*time.Second)
	orDefault(&n.Valid, time.Minute)
	orDefault(&n.Away, 3*time.Second)
	orDefault(&n.Ping, 5*time.Second)
	orDefault(&n.Dead, 12*time.Second)
	orDefault(&n.Probe, 1500*time.Millisecond)
	orDefault(&n.Command, 8*time.Second)
	orDefault(&n.Store, 3*time.Second)
	orDefault(&n.Retry, time.Second)
	orDefault(&n.Push, 250*time.Millisecond)
	orDefault(&n.Board, time.Second)
	orDefault(&n.Grant, 2*time.Minute)
	orDefault(&n.GrantRenew, 90*time.Second)
	orDefault(&n.MediaLate, 20*time.Second)
	orDefault(&n.Summary, 2*time.Minute)
	orDefault(&n.Rate, 20)
	orDefault(&n.Burst, 40)
	orDefault(&n.SendBytes, 256<<10)
	orDefault(&n.Strangers, 4096)
	orDefault(&n.PerSource, 512)
	orDefault(&n.LedgerItems, 256)
	orDefault(&n.Beat, time.Second)
	orDefault(&n.Lease, 3*time.Second)
	return n
}

func (o Options) withDefaults() Options {
	orDefault(&o.Centre, "pj")
	orDefault(&o.Codec, "VP8")
	if o.May == nil {
		o.May = ownOnly
	}
	if o.Source == nil {
		o.Source = peerOf
	}
	if o.Rebuilt == nil {
		o.Rebuilt = func() {}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	origins := make([]string, 0, len(o.Origins))
	for _, origin := range o.Origins { // as a browser writes them
		origins = append(origins, strings.TrimSuffix(strings.ToLower(origin), "/"))
	}
	o.Origins = origins
	o.Numbers = o.Numbers.withDefaults()
	return o
}
