// Package client is a station, an agent or a supervisor written in Go: it logs
// in over HTTP, keeps one socket to the server alive, and sends and receives
// real media and pages over one connection to the SFU. End-to-end tests and
// cmd/loadtest are made of it.
//
// A Station, Agent or Supervisor owns its socket: one goroutine reads, one
// writes, and a broken socket is dialled again with full jitter. A command that
// was not answered is sent again under the same id, so it takes effect once.
// Each push of state replaces the whole; WaitState waits for the one that
// matters and misses none in between. A Media owns one peer connection and is
// made and closed by the caller; it outlives a broken socket.
package client

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// Options are what every face needs to reach a server.
type Options struct {
	// URL of the server: "http://127.0.0.1:8080". http and https are allowed.
	URL string
	// URLs are further nodes of the same centre. One after the other is tried when
	// the present one does not answer or says that it ends.
	URLs []string
	// TLS is used for https and wss; nil means the system's roots.
	TLS *tls.Config
	// Build is what hello carries; empty means "client".
	Build string
	// TakeOver replaces another open page of the same person instead of failing
	// with protocol.CodeElsewhere.
	TakeOver bool
	// Logger hears of broken sockets and retries. Defaults to silence.
	Logger *slog.Logger
}

// Errors of this package. Refusals by the server are *Error.
var (
	// ErrClosed is returned by everything after Close.
	ErrClosed = errors.New("closed")
	// ErrEnded means that the server ended the socket for good; the wrapped
	// *Error says why.
	ErrEnded = errors.New("ended by the server")
)

// Error is a refusal by the server: an answer "error" to a command, a "bye", or
// an HTTP status.
type Error struct {
	What   string        // the command or request that was refused: "offer.accept", "POST /api/login"
	Code   protocol.Code // stable name; HTTP adds "bad_login" and "login"
	Detail string
	Status int           // of HTTP, else 0
	Retry  time.Duration // how long to wait, when the server said so
}

func (e *Error) Error() string {
	s := fmt.Sprintf("%s refused: %s", e.What, e.Code)
	if e.Status != 0 {
		s += fmt.Sprintf(" (HTTP %d)", e.Status)
	}
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	return s
}

// CodeOf returns the server's code inside err, or "" when the server did not
// refuse.
func CodeOf(err error) protocol.Code {
	var refusal *Error
	if errors.As(err, &refusal) {
		return refusal.Code
	}
	return ""
}

// endpoint is a parsed Options with everything defaulted.
type endpoint struct {
	bases []*url.URL   // the nodes
	at    atomic.Int32 // of the present one, modulo their number
	web   *http.Client
	tls   *tls.Config
	build string
	log   *slog.Logger
}

func newEndpoint(o Options) (*endpoint, error) {
	var bases []*url.URL
	for _, address := range append([]string{o.URL}, o.URLs...) {
		base, err := url.Parse(address)
		if err != nil {
			return nil, fmt.Errorf("client: URL %q: %w", address, err)
		}
		if (base.Scheme != "http" && base.Scheme != "https") || base.Host == "" {
			return nil, fmt.Errorf("client: URL %q: want http://host:port or https://host", address)
		}
		bases = append(bases, base)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, fmt.Errorf("client: cookies: %w", err)
	}
	e := &endpoint{bases: bases, tls: o.TLS, build: o.Build, log: o.Logger}
	// One transport each: its idle connections end with Close.
	e.web = &http.Client{Jar: jar, Timeout: 30 * time.Second, Transport: &http.Transport{TLSClientConfig: o.TLS}}
	if e.build == "" {
		e.build = "client"
	}
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	return e, nil
}

// base is the node that is asked now.
func (e *endpoint) base() *url.URL { return e.bases[int(e.at.Load())%len(e.bases)] }

// next leads what follows to the next node.
func (e *endpoint) next() { e.at.Store(int32((int(e.at.Load()) + 1) % len(e.bases))) } //nolint:gosec // few addresses

// round does f at one node after the other until one answers, whatever it says.
func (e *endpoint) round(ctx context.Context, f func(context.Context) error) error {
	var err error
	for range e.bases {
		if err = e.once(ctx, f); err == nil || CodeOf(err) != "" && CodeOf(err) != protocol.CodeShutdown || ctx.Err() != nil {
			return err
		}
		e.next()
	}
	return err
}

// turnWithin is how long one node of several may take: a process that was paused
// takes connections and never answers.
const turnWithin = 3 * time.Second

func (e *endpoint) once(ctx context.Context, f func(context.Context) error) error {
	if len(e.bases) > 1 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, turnWithin)
		defer cancel()
	}
	return f(ctx)
}

// origin is what a browser on the server's own page would send.
func (e *endpoint) origin() string { return e.base().Scheme + "://" + e.base().Host }

func (e *endpoint) path(p string) string { return e.origin() + p }

func (e *endpoint) socketURL() string {
	if e.base().Scheme == "https" {
		return "wss://" + e.base().Host + "/ws"
	}
	return "ws://" + e.base().Host + "/ws"
}
