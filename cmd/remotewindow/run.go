package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/remotewindow/remotewindow/agentdesk"
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

// drain lets running calls go on for a while, when another node takes the new ones.
func (n *node) drain(ctx, work context.Context) {
	if n.embedded != nil || n.cfg.Drain == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, n.cfg.Drain)
	defer cancel()
	defer context.AfterFunc(work, cancel)() // a loop failed meanwhile
	n.signaling.Drain(ctx)
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
		n.drain(context.WithoutCancel(ctx), work)
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
