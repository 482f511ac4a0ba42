package agentdesk

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
)

// forwarding are the headers by which a proxy betrays itself.
var forwarding = []string{"Forwarded", "Via", "X-Real-Ip", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"}

// forwarded tells whether a request came through a proxy.
func forwarded(r *http.Request) bool {
	for name := range r.Header {
		if slices.Contains(forwarding, name) || strings.HasPrefix(name, "X-Forwarded-") {
			return true
		}
	}
	return false
}

// around wraps all routes: security headers, the conditions of a demo, panics,
// metrics and the log.
func (s *Server) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := &recorder{ResponseWriter: w, route: "none"}
		s.secure(rec.Header(), r)
		defer func() {
			p := recover()
			err, _ := p.(error)
			wanted := errors.Is(err, http.ErrAbortHandler)
			abort := wanted || p != nil && rec.code != 0
			if p != nil && !wanted {
				s.o.Logger.Error("handler panicked", "route", rec.route, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
				if rec.code == 0 {
					refuse(rec, http.StatusInternalServerError, "internal", "")
				}
			}
			s.metrics.requests.WithLabelValues(rec.route, rec.status()).Inc()
			// The route, never the path or the query: those hold ids.
			s.o.Logger.Debug("request", "route", rec.route, "code", rec.status())
			if abort {
				panic(http.ErrAbortHandler) // breaks the connection off
			}
		}()
		if s.o.Demo && forwarded(r) {
			refuse(rec, http.StatusForbidden, "forbidden", "this is a demo with public passwords: it answers only on this machine, not through a proxy")
			return
		}
		if s.o.Demo && !loopbackHost(r.Host) {
			refuse(rec, http.StatusForbidden, "forbidden", "this is a demo with public passwords: open it as http://localhost or http://127.0.0.1")
			return
		}
		leave, ok := s.admitted(rec, r)
		if !ok {
			return
		}
		defer leave()
		next.ServeHTTP(rec, r)
	})
}

// secure sets what every answer carries. API answers are never stored; pages
// and assets set their own caching.
func (s *Server) secure(h http.Header, r *http.Request) {
	h.Set("Content-Security-Policy", s.policy(r.Host))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Permissions-Policy", "camera=(self), microphone=(self), geolocation=(), display-capture=()")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	if s.o.Secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// policy is the Content-Security-Policy of pages, API and errors alike. Markup
// and code reach their sinks only through the two named policies: Vue's, and
// src/lib/trusted.ts of the pages. A plain socket is spelled out, since not every
// browser takes 'self' to cover it.
func (s *Server) policy(host string) string {
	connect := "'self' wss:"
	if !s.o.Secure && isHost(host) {
		connect += " ws://" + host
	}
	return "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob:; font-src 'self'; " +
		"media-src 'self' blob:; connect-src " + connect + "; worker-src 'self' blob:; frame-src 'self' blob:; frame-ancestors 'none'; " +
		"base-uri 'none'; form-action 'self'; require-trusted-types-for 'script'; trusted-types vue remotewindow"
}

// isHost tells whether a Host header may stand in the policy: the client wrote
// it, so nothing that could end the directive gets in.
func isHost(host string) bool {
	return host != "" && len(host) <= 255 && strings.IndexFunc(host, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune(".-:[]", c)
	}) < 0
}

// loopbackHost tells whether a Host header names this machine itself. Any other
// name that leads here is somebody's DNS.
func loopbackHost(host string) bool {
	u, err := url.Parse("http://" + host)
	if err != nil || u.Host != host {
		return false
	}
	name := u.Hostname()
	ip := net.ParseIP(name)
	return strings.EqualFold(name, "localhost") || ip != nil && ip.IsLoopback()
}

// isLocal tells whether a request comes from this machine over a loopback
// listener and not through a proxy on it.
func isLocal(r *http.Request) bool {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return ok && isLoopback(local.String()) && isLoopback(r.RemoteAddr) && !forwarded(r)
}

func isLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	ip := net.ParseIP(host)
	return err == nil && ip != nil && ip.IsLoopback()
}

// sameOrigin tells whether a request that may change something comes from one
// of our own pages. A browser always says where a POST comes from; a program
// that says nothing has no stranger's cookies to abuse. Where our origins are
// listed only the list counts: the Host header is the client's, and a name that
// somebody's DNS leads here equals its page's origin. Without a list it is all
// there is to go by.
func (s *Server) sameOrigin(r *http.Request) bool {
	origin, site := r.Header.Get("Origin"), r.Header.Get("Sec-Fetch-Site")
	switch {
	case origin == "" && site == "":
		return true
	case len(s.o.Origins) > 0:
		return slices.Contains(s.o.Origins, origin)
	case origin == "":
		return site == "same-origin"
	}
	scheme := "http://"
	if s.o.Secure {
		scheme = "https://"
	}
	return origin == scheme+r.Host
}

// recorder notes status and route of an answer.
type recorder struct {
	http.ResponseWriter
	route string
	code  int // 0 until the header is written
}

// WriteHeader notes the status.
func (r *recorder) WriteHeader(code int) {
	if r.code == 0 {
		r.code = code
	}
	r.ResponseWriter.WriteHeader(code)
}

// Write notes that the header is out.
func (r *recorder) Write(b []byte) (int, error) {
	if r.code == 0 {
		r.code = http.StatusOK
	}
	return r.ResponseWriter.Write(b)
}

// Hijack lets a WebSocket take the connection over.
func (r *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(r.ResponseWriter).Hijack()
	if err == nil {
		r.code = http.StatusSwitchingProtocols
	}
	return conn, rw, err
}

// Unwrap serves http.ResponseController.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (r *recorder) status() string {
	if r.code == 0 {
		return "200"
	}
	return fmt.Sprint(r.code)
}
