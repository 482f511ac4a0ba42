package main

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"github.com/remotewindow/remotewindow/agentdesk"
	"github.com/remotewindow/remotewindow/agentdesk/catalogue"
	"github.com/remotewindow/remotewindow/agentdesk/demo"
	"github.com/remotewindow/remotewindow/agentdesk/documents"
	"github.com/remotewindow/remotewindow/agentdesk/password"
	"github.com/remotewindow/remotewindow/agentdesk/records"
	"github.com/remotewindow/remotewindow/agentdesk/web"
	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/sfu"
	"github.com/remotewindow/remotewindow/sfu/capture"
	"github.com/remotewindow/remotewindow/signaling"
)

const (
	// consentText is the version of the notice under the kiosk's button.
	consentText = "2026-11"
	// redisWithin is how long a start waits for Redis.
	redisWithin = 3 * time.Second
	// endWithin bounds a clean end when no call runs.
	endWithin = 5 * time.Second
)

// Run serves a whole node until the context ends.
func (c serveCommand) Run(s *surroundings) error {
	cfg, err := c.check()
	if err != nil {
		return err
	}
	return run(s.ctx, cfg, s.stdout, s.stderr)
}

// run builds the packages of a node, joins them and serves until ctx ends.
func run(ctx context.Context, cfg Config, stdout, stderr io.Writer) error {
	n, err := newNode(ctx, cfg, stderr)
	if err != nil {
		return err
	}
	defer n.close()
	if _, err := io.WriteString(stdout, n.greeting()); err != nil {
		return fmt.Errorf("greet: %w", err)
	}
	return n.serve(ctx)
}

// node is everything that one process runs.
type node struct {
	cfg       Config
	name      string // the same after a restart, another on every node
	log       *slog.Logger
	registry  *prometheus.Registry
	listener  net.Listener
	metrics   net.Listener // nil: /metrics is on the main listener, to loopback only
	embedded  *embeddedRedis
	redis     redis.UniversalClient
	catalogue *catalogue.Catalogue
	records   *records.Records
	documents *documents.Store
	queue     *queue.Queue
	reconcile *records.Reconciler
	sfu       *sfu.SFU
	signaling *signaling.Server
	desk      *agentdesk.Server
	redisAway bool          // at the start
	look      chan struct{} // something was changed here: followChanges looks at once
}

func newNode(ctx context.Context, cfg Config, stderr io.Writer) (*node, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(cfg.LogLevel)); err != nil {
		return nil, usagef("--log-level %q is not debug, info, warn or error.", cfg.LogLevel)
	}
	n := &node{
		cfg:      cfg,
		log:      slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level})),
		registry: prometheus.NewRegistry(),
		look:     make(chan struct{}, 1),
	}
	n.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, build := range []func(context.Context) error{n.listen, n.openRecords, n.openQueue, n.openDocuments, n.openMedia, n.openSockets, n.openPages} {
		if err := build(ctx); err != nil {
			n.close()
			return nil, err
		}
	}
	return n, nil
}

// listen takes the ports first: a port that is taken is the commonest mistake.
func (n *node) listen(context.Context) error {
	var err error
	if n.listener, err = net.Listen("tcp", n.cfg.Listen); err != nil {
		return usagef("--listen %s cannot be used: %v. Is another one running? Choose another port.", n.cfg.Listen, cause(err))
	}
	n.listener = agentdesk.LimitListener(n.listener, n.cfg.connections(n.cfg.Proxies))
	if n.cfg.TLSCert != "" {
		pair, err := tls.LoadX509KeyPair(n.cfg.TLSCert, n.cfg.TLSKey)
		if err != nil {
			return usagef("--tls-cert and --tls-key cannot be used: %v.", err)
		}
		n.listener = tls.NewListener(n.listener, &tls.Config{
			Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
		})
	}
	if n.cfg.MetricsListen != "" {
		if n.metrics, err = net.Listen("tcp", n.cfg.MetricsListen); err != nil {
			return usagef("--metrics-listen %s cannot be used: %v.", n.cfg.MetricsListen, cause(err))
		}
	}
	return nil
}

func (n *node) openRecords(ctx context.Context) error {
	var err error
	if n.catalogue, err = catalogue.Load(); err != nil {
		return fmt.Errorf("read the catalogue: %w", err)
	}
	if n.name, err = nodeName(filepath.Join(n.cfg.Data, "node")); err != nil {
		return err
	}
	if n.records, err = openDatabase(ctx, n.cfg, n.log, n.registry); err != nil {
		return err
	}
	if !n.cfg.Demo {
		return refuseDemo(ctx, n.records)
	}
	if err := claimDemo(ctx, n.records); err != nil {
		return err
	}
	err = demo.Seed(ctx, n.records, demo.Options{
		Stations: n.cfg.DemoStations, Agents: n.cfg.DemoAgents, OfficeHours: n.cfg.DemoHours == "office",
	})
	if err != nil {
		return fmt.Errorf("write the demo data: %w", err)
	}
	return nil
}

// openDatabase opens the records with this node's audit chain: whoever writes to
// the data folder writes on the same chain under the same key.
func openDatabase(ctx context.Context, cfg Config, log *slog.Logger, registry prometheus.Registerer) (*records.Records, error) {
	key, err := auditKey(filepath.Join(cfg.Data, "audit.key"))
	if err != nil {
		return nil, err
	}
	name, err := nodeName(filepath.Join(cfg.Data, "node"))
	if err != nil {
		return nil, err
	}
	db, err := records.Open(ctx, records.Options{
		URL: cfg.Database, Dir: cfg.Data, Centre: cfg.Centre, Node: name, AuditKey: key, Location: cfg.Location, Logger: log, Registerer: registry,
	})
	if err != nil && cfg.Database != "" {
		return nil, usagef("--database %s cannot be used: %v. `remotewindow check` tells more.", withoutPassword(cfg.Database), databaseCause(err))
	}
	if err != nil {
		return nil, fmt.Errorf("open the records: %w", err)
	}
	return db, nil
}

func (n *node) openQueue(ctx context.Context) error {
	redis.SetLogger(redisLog{n.log}) // the library has one logger for the process
	n.redis = n.cfg.redis
	if n.redis == nil {
		var err error
		if n.embedded, err = startEmbeddedRedis(); err != nil {
			return err
		}
		n.redis = n.embedded.client
		n.log.Info("embedded queue: one node only", "hint", "give --redis for several nodes")
	}
	n.queue = queue.New(queue.Options{
		Client: n.redis, Centre: n.cfg.Centre, Logger: n.log, Registerer: n.registry,
		OnFenced: func() { n.reconcile.Kick() },
	})
	if err := n.applyNumbers(ctx); err != nil {
		return err
	}
	n.reconcile = records.NewReconciler(records.ReconcilerOptions{
		Records: n.records, Queue: n.queue, Logger: n.log,
		Skills: func(_ context.Context, matter string) []string {
			if m, ok := n.catalogue.Matter(matter); ok {
				return []string{m.Family}
			}
			return nil
		},
	})
	// Before the first socket is answered, Redis must know what SQL remembers.
	// A Redis that is away is no reason not to start: presses are taken in SQL.
	soon, cancel := context.WithTimeout(ctx, redisWithin)
	defer cancel()
	if err := n.redis.Ping(soon).Err(); err != nil {
		n.redisAway = true
		n.log.Warn("redis does not answer", "err", err)
	} else if err := n.reconcile.Once(ctx); err != nil {
		n.log.Warn("queue not reconciled yet", "err", err)
	}
	return nil
}

func (n *node) openDocuments(context.Context) error {
	ring, err := documents.OpenKeyRing(filepath.Join(n.cfg.Data, "keys.json"))
	if err != nil {
		return fmt.Errorf("open the key ring: %w", err)
	}
	n.documents, err = documents.Open(documents.Options{
		Dir: filepath.Join(n.cfg.Data, "documents"), Centre: n.cfg.Centre, KeyRing: ring,
		Align: capture.ChunkSize, Logger: n.log,
	})
	if err != nil {
		return fmt.Errorf("open the documents: %w", err)
	}
	return nil
}

func (n *node) openMedia(context.Context) error {
	var public []string
	for _, ip := range n.cfg.PublicIPs {
		public = append(public, ip.String())
	}
	store := pages{
		documents: n.documents, records: n.records,
		asked: func(ticket string, o capture.Offer) bool { return n.signaling.PageAsked(ticket, o) },
	}
	var err error
	n.sfu, err = sfu.New(sfu.Options{
		UDPAddr: fmt.Sprintf(":%d", n.cfg.MediaPort), PublicIPs: public, LoopbackOnly: n.cfg.Loopback && len(public) == 0,
		TCP: true, TCPPerSource: n.cfg.MediaConnectionsPerSource, Codec: n.cfg.VideoCodec, Logger: n.log, Registerer: n.registry, Pages: store,
		OnEvent: func(e sfu.Event) { n.signaling.HandleMedia(e) },
	})
	if err != nil {
		return usagef("--media-port %d cannot be used: %v. Is another one running? Choose another port.", n.cfg.MediaPort, cause(err))
	}
	return nil
}

func (n *node) openSockets(context.Context) error {
	n.signaling = signaling.New(signaling.Options{
		Queue: n.queue, Media: n.sfu, Store: store{n.records}, Directory: directory{n.records, n.catalogue},
		Authenticate: func(ctx context.Context, ticket string) (signaling.Identity, error) {
			id, ok := n.desk.Redeem(ctx, ticket)
			if !ok {
				return signaling.Identity{}, errors.New("socket ticket unknown, used or too old")
			}
			return staff{n.records}.admit(ctx, identity(id))
		},
		Valid:   staff{n.records}.valid,
		Source:  func(r *http.Request) string { return n.desk.Source(r) },
		May:     may,
		Rebuilt: func() { n.reconcile.Kick() },
		Origins: n.cfg.Origins, Node: n.name, Build: build, Centre: n.cfg.Centre, Demo: n.cfg.Demo, Codec: n.cfg.VideoCodec,
		Numbers: n.cfg.sockets(), Logger: n.log, Registerer: n.registry,
	})
	return nil
}

func (n *node) openPages(ctx context.Context) error {
	people := staff{n.records}
	dummy, err := password.Hash(rand.Text())
	if err != nil {
		return fmt.Errorf("hash: %w", err)
	}
	out := func(who agentdesk.Identity) { n.signaling.Revoke(identity(who)) }
	key, err := auditKey(filepath.Join(n.cfg.Data, "audit.key"))
	if err != nil {
		return err
	}
	mac := hmac.New(sha256.New, key)
	_, _ = io.WriteString(mac, "remotewindow pages v1") // a hash never fails
	secret := mac.Sum(nil)
	sent := uploads{
		pages:   pages{documents: n.documents, records: n.records, asked: n.signaling.PageAsked},
		request: n.signaling.PageUpload, tell: n.signaling.HandleMedia,
	}
	n.desk, err = agentdesk.New(agentdesk.Options{
		Build: build, Centre: n.cfg.Centre, Title: n.cfg.Title, ConsentText: consentText, Demo: n.cfg.Demo,
		DemoLogins: []agentdesk.DemoLogin{
			{Login: "agent7", Password: "demo", Face: "desk", Name: "座席"},
			{Login: "supervisor", Password: "demo", Face: "board", Name: "值班长"},
		},
		People: people, Sessions: people, Verify: password.Verify, DummyHash: dummy,
		Stations:  people.stations,
		Catalogue: n.offered,
		Matters:   func(context.Context) ([]catalogue.Matter, error) { return n.catalogue.Matters, nil },
		Audit: func(ctx context.Context, login, action, face string) error {
			return n.records.Audit(ctx, records.AuditRow{
				AtMS: time.Now().UnixMilli(), Actor: login, Action: action, Object: login, Detail: map[string]string{"face": face},
			})
		},
		OpenPage: pages{documents: n.documents, records: n.records}.open,
		Ready: []agentdesk.Check{
			{Name: "redis", Run: func(ctx context.Context) error { return n.redis.Ping(ctx).Err() }},
			{Name: "sql", Run: n.records.Ping},
			{Name: "disk", Run: n.documents.Check},
		},
		Revoked: out, SignedOut: out,
		Administration: n.records, StationKeys: n.records, Hash: password.Hash, Changed: n.changed,
		Secret: secret, TrustedProxies: n.cfg.Proxies, LoginPerSource: n.cfg.LoginFailures, EnrolPerSource: n.cfg.EnrolFailures,
		RequestsPerSource: float64(n.cfg.RequestsPerSource), RequestBurst: float64(n.cfg.RequestBurst),
		Upload: agentdesk.UploadFuncs{Have: sent.have, Receive: sent.receive},
		Zone:   n.cfg.Location.String(), Clips: n.cfg.clips(),
		Socket: n.signaling, Dist: web.Dist(), Secure: n.cfg.secure(), Origins: n.cfg.Origins,
		Logger: n.log, Registerer: n.registry, Gatherer: n.registry,
	})
	if err != nil {
		return fmt.Errorf("open the pages: %w", err)
	}
	return nil
}

// serve runs every loop of the node until ctx ends or one of them fails.
func (n *node) serve(ctx context.Context) error {
	pages := agentdesk.NewHTTPServer(n.desk.Handler(), n.log)
	servers := []*http.Server{pages}
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	g, work := errgroup.WithContext(work)
	loop := func(name string, f func(context.Context) error) {
		g.Go(func() error {
			if err := f(work); err != nil && work.Err() == nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			return nil
		})
	}
	listen := func(s *http.Server, l net.Listener) {
		g.Go(func() error {
			if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("serve %s: %w", l.Addr(), err)
			}
			return nil
		})
	}
	loop("queue", n.queue.Run)
	loop("reconcile", n.reconcile.Run)
	loop("signaling", n.signaling.Run)
	loop("changes", n.followChanges)
	listen(pages, n.listener)
	if n.metrics != nil {
		s := agentdesk.NewHTTPServer(agentdesk.MetricsHandler(n.registry), n.log)
		servers = append(servers, s)
		listen(s, n.metrics)
	}

	select {
	case <-ctx.Done():
		n.log.Info("ending")
	case <-work.Done(): // a loop failed
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), endWithin-time.Second)
	defer cancel()
	// Sockets first: their pages must hear that this node ends while it still answers.
	if err := n.signaling.Shutdown(end); err != nil {
		n.log.Warn("sockets did not end in time", "err", err)
	}
	for _, s := range servers {
		if err := s.Shutdown(end); err != nil {
			_ = s.Close() // whoever still reads a page is cut off
		}
	}
	stop()
	return g.Wait()
}

// close releases what newNode opened, in the opposite order.
func (n *node) close() {
	ctx, cancel := context.WithTimeout(context.Background(), endWithin)
	defer cancel()
	if n.sfu != nil {
		if err := n.sfu.Close(ctx); err != nil {
			n.log.Warn("media did not end in time", "err", err)
		}
	}
	if n.records != nil {
		if err := n.records.Close(); err != nil {
			n.log.Warn("close the records", "err", err)
		}
	}
	if n.embedded != nil {
		n.embedded.close()
	} else if n.redis != nil {
		_ = n.redis.Close() // a pool of connections
	}
	for _, l := range []net.Listener{n.listener, n.metrics} {
		if l != nil {
			_ = l.Close() // closed already when it served
		}
	}
}

// cause strips the wrapping of a network error down to what a person needs.
func cause(err error) error {
	var sys *os.SyscallError
	if errors.As(err, &sys) {
		return sys.Err
	}
	return err
}
