package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"

	"github.com/remotewindow/remotewindow/signaling/protocol"
)

const (
	helloWithin = 5 * time.Second // for the upgrade and the welcome together
	writeWithin = 5 * time.Second
)

// session keeps one identity connected: it dials, says hello, hands pushes on
// and sends what was not answered again after each reconnect.
type session struct {
	*endpoint
	what     string // for errors and logs: "station s07"
	ticket   func(ctx context.Context) (string, error)
	hello    func() protocol.Hello
	push     func(protocol.Message) // on the reader's goroutine
	renew    func()                 // before the first push of each socket
	finish   func(error)            // once, when no socket will come any more
	takeOver bool

	ctx    context.Context // of the session's goroutines; ends with Close
	cancel context.CancelFunc
	done   chan struct{} // closed when the run goroutine has ended

	mu      sync.Mutex // guards the following fields
	pending []*command // not answered, oldest first
	wake    chan struct{}
	socket  *websocket.Conn // nil between two
	serial  int             // of the socket; a command written on an older one is written again
	welcome protocol.Welcome
	ended   error
}

// command waits for its answer.
type command struct {
	id     string
	kind   string
	frame  []byte
	serial int // of the socket it was last written on
	answer chan protocol.Message
}

// start makes the first connection itself, so that a wrong address or identity
// is an error at once, and leaves the rest to a goroutine.
func (s *session) start(ctx context.Context) error {
	s.ctx, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	s.done = make(chan struct{})
	s.wake = make(chan struct{}, 1)
	socket, err := s.dialAny(ctx)
	if err != nil {
		s.cancel()
		s.web.CloseIdleConnections()
		return fmt.Errorf("client: %s: %w", s.what, err)
	}
	go s.run(socket)
	return nil
}

// run serves one socket after the other until Close or a final refusal.
func (s *session) run(socket *websocket.Conn) {
	defer close(s.done)
	var err error
	for {
		if err = s.serve(socket); final(err) || s.ctx.Err() != nil {
			break
		}
		s.log.Info("socket lost", "who", s.what, "err", err)
		if CodeOf(err) == protocol.CodeShutdown {
			s.next()
		}
		if socket, err = s.redial(); err != nil {
			break
		}
	}
	if s.ctx.Err() != nil {
		err = ErrClosed
	} else {
		err = fmt.Errorf("%w: %w", ErrEnded, err)
	}
	s.mu.Lock()
	s.ended = err
	s.pending = nil
	s.mu.Unlock()
	s.finish(err)
}

func (s *session) redial() (*websocket.Conn, error) {
	for attempt := 0; ; attempt++ {
		if err := pauseJittered(s.ctx, attempt); err != nil {
			return nil, err
		}
		socket, err := s.dialAny(s.ctx)
		if err == nil {
			return socket, nil
		}
		if final(err) {
			return nil, err
		}
		s.log.Info("reconnect failed", "who", s.what, "attempt", attempt, "err", err)
	}
}

// dialAny returns a socket of the first node that welcomes us.
func (s *session) dialAny(ctx context.Context) (socket *websocket.Conn, err error) {
	err = s.round(ctx, func(ctx context.Context) error {
		socket, err = s.dial(ctx)
		return err
	})
	return socket, err
}

// dial returns a socket that has been welcomed.
func (s *session) dial(ctx context.Context) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*helloWithin)
	defer cancel()
	ticket, err := s.ticket(ctx)
	if err != nil {
		return nil, fmt.Errorf("socket ticket: %w", err)
	}
	dialer := websocket.Dialer{TLSClientConfig: s.tls, HandshakeTimeout: helloWithin, Jar: s.web.Jar} // the log-in rests while no socket is open
	socket, answer, err := dialer.DialContext(ctx, s.socketURL(), http.Header{"Origin": {s.origin()}})
	if answer != nil {
		defer func() { _ = answer.Body.Close() }() // holds no more than what a refusal said
	}
	if err != nil {
		if answer != nil {
			return nil, fmt.Errorf("socket: HTTP %d: %w", answer.StatusCode, err)
		}
		return nil, fmt.Errorf("socket: %w", err)
	}
	socket.SetReadLimit(protocol.MaxState)
	welcome, err := s.introduce(socket, ticket)
	if err != nil {
		_ = socket.Close()
		return nil, err
	}
	s.renew()
	s.mu.Lock()
	s.welcome, s.socket = welcome, socket
	s.serial++
	s.mu.Unlock()
	return socket, nil
}

func (s *session) introduce(socket *websocket.Conn, ticket string) (protocol.Welcome, error) {
	hello := s.hello()
	hello.Protocol, hello.Layout, hello.Build = protocol.Version, protocol.Layout, s.build
	s.mu.Lock()
	back := s.serial > 0 // our own socket broke: what is left of it gives way
	s.mu.Unlock()
	hello.Ticket, hello.TakeOver, hello.Features = ticket, s.takeOver || back, []string{}
	id := uuid.NewString()
	frame, err := protocol.Encode(id, "", hello)
	if err != nil {
		return protocol.Welcome{}, err
	}
	deadline := time.Now().Add(helloWithin)
	_ = socket.SetWriteDeadline(deadline)
	_ = socket.SetReadDeadline(deadline)
	if err := socket.WriteMessage(websocket.TextMessage, frame); err != nil {
		return protocol.Welcome{}, fmt.Errorf("hello: %w", err)
	}
	_, frame, err = socket.ReadMessage()
	if err != nil {
		return protocol.Welcome{}, fmt.Errorf("welcome: %w", err)
	}
	_, m, err := protocol.DecodePush(frame)
	if err != nil {
		return protocol.Welcome{}, fmt.Errorf("welcome: %w", err)
	}
	switch m := m.(type) {
	case protocol.Welcome:
		return m, nil
	case protocol.Error:
		return protocol.Welcome{}, &Error{What: "hello", Code: m.Code, Detail: m.Detail}
	case protocol.Bye:
		return protocol.Welcome{}, &Error{What: "hello", Code: m.Code}
	}
	return protocol.Welcome{}, fmt.Errorf("hello answered by %s", m.Type())
}

// final tells refusals that another attempt would only repeat. Everything else,
// a lost network above all, is worth trying again.
func final(err error) bool {
	var refused *Error
	if !errors.As(err, &refused) {
		return false
	}
	switch refused.Code {
	case protocol.CodeProtocol, protocol.CodeForbidden, protocol.CodeReplaced, protocol.CodeElsewhere,
		protocol.CodeNotFound, "bad_login", "not_enrolled":
		return true
	}
	return false
}
