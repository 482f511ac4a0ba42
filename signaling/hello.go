package signaling

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/gorilla/websocket"

	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// maxTicket bounds a socket ticket, in bytes.
const maxTicket = 256

// hello authenticates the socket and puts it into its seat.
func (x *session) hello(ctx context.Context) bool {
	s := x.server
	x.ws.SetReadDeadline(time.Now().Add(s.Numbers.Hello)) //nolint:errcheck // shows up in the read
	data, err := x.next(maxHello)
	if err != nil {
		var slow net.Error
		switch {
		case errors.Is(err, errTooLarge):
			x.finish(websocket.CloseMessageTooBig, protocol.CodeTooLarge)
		case errors.As(err, &slow) && slow.Timeout():
			x.bye(protocol.CodeHelloFirst)
		}
		return false
	}
	envelope, hello, err := readHello(data)
	if err != nil {
		return x.turnAway(envelope.ID, codeOf(err))
	}
	ctx, cancel := context.WithTimeout(ctx, s.Numbers.Command)
	defer cancel()
	locked := s.locked.Load()
	x.who, err = s.Authenticate(ctx, hello.Ticket)
	switch {
	case errors.Is(err, ErrUnavailable):
		return x.turnAway(envelope.ID, protocol.CodeRecordsDown)
	case err != nil:
		return x.turnAway(envelope.ID, protocol.CodeExpired)
	}
	if err := s.authorize(ctx, x.who, hello); err != nil {
		return x.turnAway(envelope.ID, protocol.CodeForbidden)
	}
	name, err := s.book.name(ctx, x.who)
	if err != nil {
		return x.turnAway(envelope.ID, codeOf(err))
	}
	if s.turnsAway(x.seat()) {
		return x.turnAway(envelope.ID, protocol.CodeShutdown)
	}
	x.presence.Store(hello.Presence)
	old, ok := s.take(x, hello.TakeOver)
	if !ok {
		if old == nil {
			return x.turnAway(envelope.ID, protocol.CodeShutdown)
		}
		return x.turnAway(envelope.ID, protocol.CodeElsewhere)
	}
	if old != nil {
		old.bye(protocol.CodeReplaced)
	}
	if s.locked.Load() != locked { // somebody was locked out meanwhile, perhaps he
		s.Recheck()
	}
	x.known = true
	x.hear()
	x.send(envelope.ID, protocol.Welcome{
		Protocol: protocol.Version, Build: s.Build, Role: x.who.Role, ID: x.who.ID, Name: name,
		Centre: s.Centre, NowMS: nowMS(), PingMS: int(s.Numbers.Ping.Milliseconds()),
		DeadMS: int(s.Numbers.Dead.Milliseconds()), Demo: s.Demo,
	})
	s.arrived(ctx, x)
	return true
}

// readHello reads a stranger's first frame. Its error has the code that he hears.
func readHello(frame []byte) (protocol.Envelope, protocol.Hello, error) {
	envelope, m, err := protocol.Decode(frame)
	if err != nil {
		return envelope, protocol.Hello{}, err
	}
	hello, ok := m.(protocol.Hello)
	switch {
	case !ok:
		return envelope, hello, errHelloFirst
	case hello.Protocol != protocol.Version || hello.Layout != 0 && hello.Layout != protocol.Layout:
		return envelope, hello, errProtocol
	case len(hello.Ticket) > maxTicket:
		return envelope, hello, errExpired
	}
	return envelope, hello, nil
}

// turnAway answers a hello that fails, and ends the socket.
func (x *session) turnAway(re string, code protocol.Code) bool {
	x.send(re, protocol.Error{Code: code})
	x.bye(code)
	return false
}
