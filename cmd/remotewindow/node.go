package main

import (
	"context"
	"io"
	"log/slog"
	"net"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/redis/go-redis/v9"

	"github.com/remotewindow/remotewindow/agentdesk"
	"github.com/remotewindow/remotewindow/agentdesk/catalogue"
	"github.com/remotewindow/remotewindow/agentdesk/documents"
	"github.com/remotewindow/remotewindow/agentdesk/records"
	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/sfu"
	"github.com/remotewindow/remotewindow/signaling"
)

// endWithin bounds a clean end when no call runs.
const endWithin = 5 * time.Second

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
	owning    chan struct{} // closed once signaling is there
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
		owning:   make(chan struct{}),
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
