package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"github.com/remotewindow/remotewindow/agentdesk/catalogue"
	"github.com/remotewindow/remotewindow/agentdesk/demo"
	"github.com/remotewindow/remotewindow/agentdesk/documents"
	"github.com/remotewindow/remotewindow/agentdesk/records"
	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/sfu/capture"
)

// redisWithin is how long a start waits for Redis.
const redisWithin = 3 * time.Second

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
	n.redis = n.cfg.redisAt.client
	if n.redis == nil {
		var err error
		if n.embedded, err = startEmbeddedRedis(); err != nil {
			return err
		}
		n.redis = n.embedded.client
		n.log.Info("embedded queue: one node only", "hint", "give --redis for several nodes")
	}
	n.queue = queue.New(queue.Options{
		Client: n.redis, Centre: n.cfg.Centre, Node: n.name, Logger: n.log, Registerer: n.registry,
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
		return nil
	}
	if n.embedded == nil {
		warnDangers(soon, n.log, n.cfg.redisAt, n.cfg.Centre)
	}
	if err := n.reconcile.Once(ctx); err != nil {
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
