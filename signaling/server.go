package signaling

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// Server holds the sockets of a node and owns its calls. Make it with New,
// serve it at /ws and run it with Run; end it with Shutdown.
type Server struct {
	Options

	metrics    *metrics
	book       *book
	upgrader   websocket.Upgrader
	push       *pusher
	outlook    *outlook
	refresh    chan struct{} // a token asks for a fresh snapshot of the queue
	version    atomic.Int64  // of the last state pushed
	view       atomic.Pointer[view]
	awaySince  atomic.Int64  // unix ms of the queue's last answer while it does not answer, else 0
	recheck    chan struct{} // a token asks for a look at whether sockets may stay
	locked     atomic.Int64  // rises with every Revoke and Recheck
	operations map[operationKey]Operation

	tried map[string]time.Time // to restore a ticket; only refreshView touches it

	// life ends with Shutdown. It is held here because calls outlive every
	// request and Run as well.
	life context.Context
	end  context.CancelFunc
	work sync.WaitGroup // owners and sessions

	mu        sync.Mutex // held for a few lines, never across I/O
	stopping  bool
	sessions  map[seat]*session            // one per station and agent
	seated    map[seat]Identity            // who held it last
	boards    map[*session]bool            // as many as people open
	owners    map[string]*owner            // by ticket
	booths    map[string]*booth            // by station
	ledgers   map[seat]*ledger             // by identity
	adopting  map[string]chan bool         // tickets being restored
	missed    map[string]int               // owned tickets that the last snapshots lacked
	uploads   map[[sha256.Size]byte]upload // by the hash of the secret
	strangers strangers
	mirrors   map[string]*mirror         // calls of other nodes, by ticket
	untold    map[string]*shown          // what mirrors of other nodes are to show, by ticket
	audience  map[string]map[string]bool // nodes that mirror a call of this one, by ticket
	wanted    map[string]time.Time       // when a mirror was asked for, by ticket
	leases    map[string]lease           // of other nodes, as of a moment ago

	telling  chan struct{} // a token: untold has something
	draining atomic.Bool   // no new calls any more
}

// seat is the place that one socket holds.
type seat struct {
	face protocol.Face
	id   string
}

// New returns a server that is not yet running.
func New(o Options) *Server {
	o = o.withDefaults()
	life, end := context.WithCancel(context.Background())
	s := &Server{
		Options:    o,
		metrics:    newMetrics(o.Registerer),
		book:       newBook(o),
		push:       newPusher(),
		outlook:    newOutlook(),
		refresh:    make(chan struct{}, 1),
		recheck:    make(chan struct{}, 1),
		operations: operationTable(),
		life:       life,
		end:        end,
		sessions:   map[seat]*session{},
		boards:     map[*session]bool{},
		owners:     map[string]*owner{},
		booths:     map[string]*booth{},
		ledgers:    map[seat]*ledger{},
		adopting:   map[string]chan bool{},
		missed:     map[string]int{},
		tried:      map[string]time.Time{},
		seated:     map[seat]Identity{},
		uploads:    map[[sha256.Size]byte]upload{},
		strangers:  strangers{source: map[string]int{}},
		mirrors:    map[string]*mirror{},
		untold:     map[string]*shown{},
		audience:   map[string]map[string]bool{},
		wanted:     map[string]time.Time{},
		leases:     map[string]lease{},
		telling:    make(chan struct{}, 1),
	}
	s.view.Store(emptyView())
	s.upgrader = websocket.Upgrader{
		HandshakeTimeout: o.Numbers.Hello,
		ReadBufferSize:   4 << 10,
		WriteBufferSize:  4 << 10,
		// SetReadLimit would bound compressed bytes only.
		EnableCompression: false,
		CheckOrigin:       s.originAllowed,
	}
	return s
}

// Run follows the queue, pushes states and looks after sockets until ctx ends. It returns nil then.
func (s *Server) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var loops sync.WaitGroup
	loops.Go(func() { s.followQueue(ctx) })
	loops.Go(func() { s.refreshView(ctx) })
	loops.Go(func() { s.pushStates(ctx) })
	loops.Go(func() { s.foresee(ctx) })
	if s.Valid != nil {
		loops.Go(func() { s.validate(ctx) })
	}
	if s.Relay != nil {
		loops.Go(func() { s.beatNode(ctx) })
		loops.Go(func() { s.tellNodes(ctx) })
		loops.Go(func() {
			if err := s.Relay.Run(ctx, s.fromNode); err != nil {
				s.Logger.Error("other nodes are not heard", "err", err)
			}
		})
	}
	loops.Wait()
	return nil
}

// ServeHTTP upgrades a request to a socket and serves it until it ends.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	stopping := s.stopping
	if !stopping {
		s.work.Add(1)
	}
	s.mu.Unlock()
	if stopping {
		http.Error(w, "this node is shutting down", http.StatusServiceUnavailable)
		return
	}
	defer s.work.Done()
	leave, ok := s.welcome(s.Source(r))
	if !ok {
		s.metrics.refused.WithLabelValues("strangers").Inc()
		w.Header().Set("Retry-After", "3")
		http.Error(w, "too many sockets that have not said who they are", http.StatusServiceUnavailable)
		return
	}
	known := sync.OnceFunc(leave)
	defer known()
	conn, err := s.upgrader.Upgrade(w, r, nil)
	if err != nil {
		if !s.originAllowed(r) {
			s.metrics.refused.WithLabelValues("origin").Inc()
		}
		return // Upgrade has answered
	}
	conn.SetReadLimit(maxFrame)
	newSession(s, conn).serve(socketLife{Context: s.life, request: r.Context()}, known)
}

// socketLife ends with the server and not with the request, which is over once
// its connection was taken; it still has the request's values, for Authenticate.
type socketLife struct {
	context.Context
	request context.Context
}

// Value asks the server's life first, so that its end is passed on cheaply.
func (l socketLife) Value(key any) any {
	if v := l.Context.Value(key); v != nil {
		return v
	}
	return l.request.Value(key)
}

// Shutdown tells every page goodbye, ends the calls of this node and waits for
// them until ctx ends. Tickets and calls stay in queue and records.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.stopping = true
	s.mu.Unlock()
	for _, x := range s.open() {
		x.bye(protocol.CodeShutdown)
	}
	s.end()
	done := make(chan struct{})
	go func() {
		s.work.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return errors.Join(errors.New("signaling: shutdown"), ctx.Err())
	}
}

// nextVersion rises with every state, over restarts too as long as the clock does.
func (s *Server) nextVersion() int64 {
	for {
		old := s.version.Load()
		next := max(old+1, nowMS())
		if s.version.CompareAndSwap(old, next) {
			return next
		}
	}
}

func nowMS() int64 { return time.Now().UnixMilli() }

// session returns the live session of a seat, or nil.
func (s *Server) session(at seat) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions[at]
}

// take puts x into its seat. It returns the session that held it, and false
// when that one stays because x may not take over.
func (s *Server) take(x *session, takeOver bool) (old *session, ok bool) {
	at := x.seat()
	for {
		s.mu.Lock()
		if s.stopping {
			s.mu.Unlock()
			return nil, false
		}
		if at.face == protocol.FaceBoard {
			old = s.oldestBoardLocked(x.who.ID)
			delete(s.boards, old)
			s.boards[x] = true
			s.mu.Unlock()
			return old, true
		}
		old = s.sessions[at]
		if old == nil || takeOver || at.face == protocol.FaceStation {
			s.sessions[at] = x
			if s.ledgers[at] == nil {
				s.ledgers[at] = newLedger(s.Numbers.LedgerItems)
			}
			x.ledger = s.ledgers[at]
			s.seated[at] = x.who
			s.mu.Unlock()
			return old, true
		}
		s.mu.Unlock()
		if old.alive(s.Numbers.Probe) {
			return old, false
		}
		takeOver = true // nobody is behind the old socket any more
	}
}

// maxBoards is how many boards one person may have open.
const maxBoards = 16

// oldestBoardLocked returns the board that gives way to another one of a
// person, nil while he has few. Call it with s.mu held.
func (s *Server) oldestBoardLocked(person string) *session {
	var oldest *session
	n := 0
	for x := range s.boards {
		if x.who.ID != person {
			continue
		}
		if n++; oldest == nil || x.since.Before(oldest.since) {
			oldest = x
		}
	}
	if n < maxBoards {
		return nil
	}
	return oldest
}

// leave takes x out of its seat and says whether it still held it.
func (s *Server) leave(x *session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.boards[x] {
		delete(s.boards, x)
		return true
	}
	if s.sessions[x.seat()] != x {
		return false
	}
	delete(s.sessions, x.seat())
	return true
}

// wakeRefresh asks for a fresh snapshot of the queue soon.
func (s *Server) wakeRefresh() {
	select {
	case s.refresh <- struct{}{}:
	default:
	}
}
