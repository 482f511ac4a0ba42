package agentdesk

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/remotewindow/remotewindow/agentdesk/catalogue"
)

// Errors that the funcs and interfaces of Options return and the API branches on.
var (
	ErrNotFound    = errors.New("not found")
	ErrForbidden   = errors.New("not allowed")
	ErrUnavailable = errors.New("unavailable") // database or Redis away: try again
)

// Person is a member of staff.
type Person struct {
	ID   string // login
	Name string
	Role Role
	Seat string
}

// People finds staff. It is asked at each request, so a role that was taken
// away or an account that was closed (ErrNotFound) counts at once.
type People interface {
	// PersonByLogin returns the person and the hash of the password.
	PersonByLogin(ctx context.Context, login string) (Person, string, error)
}

// Session is a log-in at one face. The token itself is nowhere but in the
// browser's cookie.
type Session struct {
	Hash      string // SHA-256 of the token, hex
	Person    string // login
	Face      string // desk, board or admin
	CreatedMS int64
	SeenMS    int64 // last use, to within a minute
	ExpiresMS int64 // 12 h after CreatedMS, whatever happens
}

// Sessions remembers log-ins beyond a restart.
type Sessions interface {
	CreateSession(ctx context.Context, s Session) error
	SessionByHash(ctx context.Context, hash string) (Session, error) // ErrNotFound
	TouchSession(ctx context.Context, hash string, seenMS int64) error
	DeleteSession(ctx context.Context, hash string) error // nil if there is none
}

// Station is a kiosk as the demo's list of pages names it.
type Station struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Grid string `json:"grid"` // south, middle, north
}

// PageMeta describes a captured page that is about to be sent.
type PageMeta struct {
	MIME   string // image/jpeg or image/png
	Size   int64  // bytes
	SHA256 string // hex
}

// Check is one line of /readyz.
type Check struct {
	Name string // redis, sql, disk
	Run  func(ctx context.Context) error
}

// DemoLogin is an account that the index of a demo tells everyone.
type DemoLogin struct {
	Login, Password string
	Face            string // desk or board
	Name            string
}

// Options of a Server. People, Sessions, Verify, Stations, Catalogue, OpenPage
// and Dist are needed.
type Options struct {
	Build       string
	Centre      string // pj
	Zone        string // IANA name of the centre's time zone
	Title       string // of the service, in Chinese
	ConsentText string // version of the notice under the kiosk's button
	Demo        bool   // only on loopback; refuses what a proxy forwarded
	DemoLogins  []DemoLogin

	People   People
	Sessions Sessions
	// Verify tells whether password has the hash (argon2id). At most four run
	// at once.
	Verify func(hash, password string) (bool, error)
	// DummyHash is a hash of nobody's password with the parameters of the real
	// ones. It is verified for unknown logins, so that they take as long.
	DummyHash string

	Stations  func(ctx context.Context) ([]Station, error)
	Catalogue func(ctx context.Context) (any, error) // anything that encodes to JSON
	// OpenPage returns the bytes of a page if the person handles its ticket,
	// and writes the audit row before it returns. ErrNotFound, ErrForbidden.
	OpenPage func(ctx context.Context, person Person, page string) (PageMeta, io.ReadCloser, error)
	// Why explains the offers of a ticket to somebody at the desk or the board:
	// anything that encodes to JSON, newest first. ErrNotFound for a ticket that
	// does not exist and for one that is not for him. Nil: 404.
	Why func(ctx context.Context, person Person, face, ticket string) (any, error)
	// Audit writes down a log-in to a known account: login.ok, login.failed,
	// login.forbidden, with the face; may be nil.
	Audit func(ctx context.Context, login, action, face string) error
	// SignedOut is told of each sign-out with the Session that ended, so that the
	// sockets of that log-in end with it, and no others; may be nil.
	SignedOut func(Identity)
	// Revoked is told at once of who was shut out: somebody disabled, with
	// another role or password, a station without keys; may be nil.
	Revoked func(Identity)

	// Administration is what administrators keep; nil: no routes under
	// /api/admin but the log-in's.
	Administration Administration
	// Hash makes the hash of a new password (argon2id).
	Hash func(password string) (string, error)
	// Matters are those of the catalogue, disabled ones too.
	Matters func(ctx context.Context) ([]catalogue.Matter, error)
	// Changed is told what kind of thing an administrator changed, after the
	// change; it must not block. May be nil.
	Changed func(kind string)

	// Upload takes pages without a document channel; nil funcs: 404.
	Upload UploadFuncs
	Ready  []Check
	// Draining says that this node is to end: /readyz fails at once. May be nil.
	Draining func() bool
	// Socket serves /ws and checks its Origin; nil: 404. It gives Redeem a context
	// with the values of the request's, or no socket is use of a log-in.
	Socket http.Handler

	Dist    fs.FS    // built pages
	Clips   fs.FS    // recorded sentences of the kiosk with their index.json; may be nil
	Secure  bool     // served by TLS: Secure cookies with __Host-, HSTS
	Origins []string // all origins of our pages, "https://host"; empty: the one that the Host header names

	// StationKeys remembers the keys of stations; nil: stations open by name in
	// a demo, and otherwise not at all.
	StationKeys StationKeys
	// Secret (32 bytes or more, the same on every node and after a restart)
	// signs what the server gives out and does not keep: nonces of stations and
	// the cookies of devices. nil: a random one.
	Secret []byte

	// TrustedProxies are believed who they say they answer (X-Forwarded-For).
	TrustedProxies []netip.Prefix
	// LoginPerSource is how many log-ins of one address may fail in 15 min; 0 =
	// 300: all seats of a centre may stand behind one address. Seats at which the
	// account has logged in before are not counted here.
	LoginPerSource int
	// EnrolPerSource is how many enrolments of one address may fail in 15 min;
	// 0 = 30.
	EnrolPerSource int
	// RequestsPerSource is how many requests a second one address may send for
	// long; 0 = 200. RequestBurst of them may come at once; 0 = 4,000. This
	// machine itself is not counted.
	RequestsPerSource, RequestBurst float64
	MaxRequests                     int // under way at once, without sockets; 0 = 1,024

	// SessionIdle ends a log-in that was not used; an open socket that redeemed a
	// ticket of it is use. 0 = 15 min.
	SessionIdle     time.Duration
	SessionAbsolute time.Duration // 0 = 12 h

	Now        func() time.Time      // nil = time.Now
	Logger     *slog.Logger          // nil discards
	Registerer prometheus.Registerer // may be nil
	Gatherer   prometheus.Gatherer   // of /metrics; nil: 404
}

// Server answers HTTP for pages and API.
type Server struct {
	o       Options
	tickets *tickets
	guard   *guard
	devices devices
	nonces  *nonces
	traffic *traffic
	// strangers counts enrolments that failed, by source.
	strangers *failures
	ready     readiness
	verify    chan struct{} // a place for each password check that runs
	waiting   atomic.Int32  // log-ins under way
	uploads   chan struct{} // a place for each page that comes over HTTP
	verifying chan struct{} // the one place for a walk along the audit
	clips     *clips        // nil: there are none
	metrics   *metrics
	mux       *http.ServeMux
	// patterns are the routes bound, for the test that compares them with the table.
	patterns []string
}

// New returns a Server. It starts no goroutine.
func New(o Options) (*Server, error) {
	for name, missing := range map[string]bool{
		"People": o.People == nil, "Sessions": o.Sessions == nil, "Verify": o.Verify == nil,
		"Stations": o.Stations == nil, "Catalogue": o.Catalogue == nil, "OpenPage": o.OpenPage == nil, "Dist": o.Dist == nil,
	} {
		if missing {
			return nil, fmt.Errorf("agentdesk: Options.%s is missing", name)
		}
	}
	if o.Administration != nil && (o.Hash == nil || o.Matters == nil) {
		return nil, errors.New("agentdesk: Options.Administration needs Hash and Matters")
	}
	if o.SessionIdle == 0 {
		o.SessionIdle = 15 * time.Minute
	}
	if o.SessionAbsolute == 0 {
		o.SessionAbsolute = 12 * time.Hour
	}
	if o.LoginPerSource == 0 {
		o.LoginPerSource = loginPerSource
	}
	if o.EnrolPerSource == 0 {
		o.EnrolPerSource = enrolPerSource
	}
	if o.RequestsPerSource == 0 {
		o.RequestsPerSource = requestsPerSource
	}
	if o.RequestBurst == 0 {
		o.RequestBurst = requestBurst
	}
	if o.MaxRequests == 0 {
		o.MaxRequests = maxRequests
	}
	if o.Secret == nil {
		o.Secret = make([]byte, 32)
		rand.Read(o.Secret)
	}
	if len(o.Secret) < 32 {
		return nil, errors.New("agentdesk: Options.Secret has less than 32 bytes")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Server{
		o:       o,
		tickets: newTickets(),
		guard:   newGuard(o.LoginPerSource),
		devices: devices{key: o.Secret},
		nonces:  newNonces(o.Secret),
		traffic: newTraffic(o.RequestsPerSource, o.RequestBurst, o.MaxRequests),

		strangers: newFailures(o.EnrolPerSource),
		verify:    make(chan struct{}, 4),
		uploads:   make(chan struct{}, uploads),
		verifying: make(chan struct{}, 1),
		mux:       http.NewServeMux(),
	}
	var err error
	if s.metrics, err = newMetrics(o.Registerer); err != nil {
		return nil, fmt.Errorf("agentdesk: %w", err)
	}
	if o.Clips != nil {
		if s.clips, err = openClips(o.Clips); err != nil {
			return nil, fmt.Errorf("agentdesk: %w", err)
		}
	}
	s.routes()
	return s, nil
}

// routes binds each route of the table of rights to what serves it.
func (s *Server) routes() {
	s.handle("GET /{$}", s.index)
	s.handle("GET /index.css", s.indexCSS)
	s.handle("GET /kiosk", s.page("kiosk.html"))
	s.handle("GET /desk", s.page("desk.html"))
	s.handle("GET /board", s.page("board.html"))
	s.handle("GET /admin", s.page("admin.html"))
	s.handle("GET /assets/{file...}", s.asset)
	s.handle("GET /{file}", s.rootFile)
	s.handle("GET /clips/{file...}", s.clip)

	s.handle("POST /api/login", s.login)
	s.handle("POST /api/logout", s.logout)
	s.handle("GET /api/desk/me", s.me)
	s.handle("GET /api/board/me", s.me)
	s.handle("POST /api/desk/socket", s.socketTicket)
	s.handle("POST /api/board/socket", s.socketTicket)
	s.handle("POST /api/station/enrol", s.enrol)
	s.handle("POST /api/station/challenge", s.challenge)
	s.handle("POST /api/station/socket", s.stationLogin)
	s.handle("POST /api/station/rotate", s.rotate)
	s.handle("GET /api/station/pages/{id}", s.pageHave)
	s.handle("PUT /api/station/pages/{id}", s.pageReceive)
	s.handle("GET /api/admin/me", s.me)
	s.adminRoutes()
	s.handle("GET /api/catalogue", s.catalogue)
	s.handle("GET /api/info", s.info)
	s.handle("GET /api/desk/pages/{id}", s.captured)
	s.handle("GET /api/tickets/{id}/why", s.why)
	s.handle("/api/", s.nothing)

	if s.o.Socket != nil {
		s.handle("GET /ws", s.socket)
	}
	s.handle("GET /healthz", s.healthz)
	s.handle("GET /readyz", s.readyz)
	s.handle("GET /metrics", s.metricsPage)
	s.handle("/", s.nothing)
}

// handle registers a route behind the checks that the table of rights demands.
func (s *Server) handle(pattern string, h http.HandlerFunc) {
	s.patterns = append(s.patterns, pattern)
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		if rec, ok := w.(*recorder); ok {
			rec.route = pattern
		}
		if r, ok := s.admit(w, r, pattern); ok {
			h(w, r)
		}
	})
}

// Handler returns all routes with what every answer carries.
func (s *Server) Handler() http.Handler { return s.around(s.mux) }

// NewHTTPServer returns a server for h with limits on time and size. A socket
// that was taken over (hijacked) is no longer bound by them.
func NewHTTPServer(h http.Handler, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      5 * time.Minute, // a page of 20 MiB on a thin line
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ConnContext:       connContext,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}
}

// station finds a station by its id.
func (s *Server) station(ctx context.Context, id string) (Station, error) {
	all, err := s.o.Stations(ctx)
	if err != nil {
		return Station{}, err
	}
	i := slices.IndexFunc(all, func(st Station) bool { return st.ID == id })
	if i < 0 {
		return Station{}, ErrNotFound
	}
	return all[i], nil
}
