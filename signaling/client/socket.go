package client

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"

	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// serve reads socket until it breaks, while a second goroutine writes. It
// returns the reason, an *Error when the server said bye.
func (s *session) serve(socket *websocket.Conn) error {
	s.mu.Lock()
	serial := s.serial
	ping, dead := time.Duration(s.welcome.PingMS)*time.Millisecond, time.Duration(s.welcome.DeadMS)*time.Millisecond
	s.mu.Unlock()
	if ping <= 0 {
		ping = 5 * time.Second
	}
	if dead <= 0 {
		dead = 3 * ping
	}
	ctx, cancel := context.WithCancel(s.ctx)
	written := make(chan struct{})
	go func() {
		defer close(written)
		s.write(ctx, socket, serial, ping)
		_ = socket.Close() // lets the reader go
	}()
	err := s.read(socket, dead)
	cancel()
	_ = socket.Close()
	<-written
	s.mu.Lock()
	s.socket = nil
	s.mu.Unlock()
	return err
}

func (s *session) read(socket *websocket.Conn, dead time.Duration) error {
	for {
		_ = socket.SetReadDeadline(time.Now().Add(dead))
		_, frame, err := socket.ReadMessage()
		if err != nil {
			return fmt.Errorf("socket: %w", err)
		}
		envelope, m, err := protocol.DecodePush(frame)
		if err != nil {
			s.log.Warn("message not understood", "who", s.what, "type", envelope.Type, "err", err)
			continue
		}
		switch m := m.(type) {
		case protocol.Bye:
			return &Error{What: "socket", Code: m.Code}
		case protocol.Pong:
			continue
		}
		if envelope.Re != "" {
			s.answered(envelope.Re, m)
			continue
		}
		s.push(m)
	}
}

// write sends what is pending, in order, and pings, until ctx ends or the
// socket breaks.
func (s *session) write(ctx context.Context, socket *websocket.Conn, serial int, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		for _, frame := range s.unsent(serial) {
			_ = socket.SetWriteDeadline(time.Now().Add(writeWithin))
			if socket.WriteMessage(websocket.TextMessage, frame) != nil {
				return
			}
		}
		select {
		case <-ctx.Done():
			deadline := time.Now().Add(time.Second)
			goodbye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
			_ = socket.WriteControl(websocket.CloseMessage, goodbye, deadline)
			return
		case <-s.wake:
		case now := <-ticker.C:
			frame, err := protocol.Encode(uuid.NewString(), "", protocol.Ping{AtMS: now.UnixMilli()})
			if err != nil {
				return
			}
			_ = socket.SetWriteDeadline(time.Now().Add(writeWithin))
			if socket.WriteMessage(websocket.TextMessage, frame) != nil {
				return
			}
		}
	}
}

// unsent marks and returns the frames that this socket has not carried yet.
func (s *session) unsent(serial int) [][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	var frames [][]byte
	for _, c := range s.pending {
		if c.serial != serial {
			c.serial = serial
			frames = append(frames, c.frame)
		}
	}
	return frames
}

func (s *session) answered(id string, m protocol.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, c := range s.pending {
		if c.id == id {
			s.pending = append(s.pending[:i], s.pending[i+1:]...)
			c.answer <- m // one slot, and only once in pending
			return
		}
	}
}

func (s *session) forget(gone *command) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, c := range s.pending {
		if c == gone {
			s.pending = append(s.pending[:i], s.pending[i+1:]...)
			return
		}
	}
}

// call sends m as a command and returns its answer; protocol.OK is nothing
// more than success. A refusal is an *Error. The command survives a broken
// socket: it is sent again under the same id.
func (s *session) call(ctx context.Context, m protocol.Message) (protocol.Message, error) {
	c := &command{id: uuid.NewString(), kind: m.Type(), answer: make(chan protocol.Message, 1)}
	var err error
	if c.frame, err = protocol.Encode(c.id, "", m); err != nil {
		return nil, err
	}
	if len(c.frame) > protocol.MaxMessage {
		return nil, fmt.Errorf("client: %s: %s of %d bytes, at most %d", s.what, c.kind, len(c.frame), protocol.MaxMessage)
	}
	s.mu.Lock()
	if s.ended != nil {
		defer s.mu.Unlock()
		return nil, fmt.Errorf("client: %s: %s: %w", s.what, c.kind, s.ended)
	}
	s.pending = append(s.pending, c)
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default: // the writer will look anyway
	}
	select {
	case answer := <-c.answer:
		if refused, is := answer.(protocol.Error); is {
			return nil, fmt.Errorf("client: %s: %w", s.what, &Error{What: c.kind, Code: refused.Code, Detail: refused.Detail})
		}
		return answer, nil
	case <-ctx.Done():
		s.forget(c)
		return nil, fmt.Errorf("client: %s: %s not answered: %w", s.what, c.kind, ctx.Err())
	case <-s.done:
		s.mu.Lock()
		defer s.mu.Unlock()
		return nil, fmt.Errorf("client: %s: %s not answered: %w", s.what, c.kind, s.ended)
	}
}

// order is call for commands whose answer is ok.
func (s *session) order(ctx context.Context, m protocol.Message) error {
	_, err := s.call(ctx, m)
	return err
}

// cut breaks the socket as a network does; the session comes back by itself.
func (s *session) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.socket != nil {
		_ = s.socket.NetConn().Close()
	}
}

func (s *session) greeting() protocol.Welcome {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.welcome
}

func (s *session) close(ctx context.Context) error {
	s.cancel()
	defer s.web.CloseIdleConnections()
	// The reader sleeps in ReadMessage; the writer's farewell closes the socket.
	select {
	case <-s.done:
		return nil
	case <-ctx.Done():
		s.cut()
		return fmt.Errorf("client: %s: close: %w", s.what, ctx.Err())
	}
}
