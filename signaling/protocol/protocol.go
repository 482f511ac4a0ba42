// Package protocol declares every message that crosses a socket, once. The
// TypeScript types of the pages are generated from it by TestTypeScript (run
// with -update), and PROTOCOL.md in the folder above tells the story in prose.
//
// A message travels in an Envelope. A command carries an id, which is also its
// idempotency key: the same id sent twice takes effect once. Each command is
// answered by exactly one ok, error or typed answer whose re is that id. State
// goes out whole (station.state, desk.state, board) with a version, so a lost
// push costs time and never a call.
package protocol

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
)

const (
	// Version is the protocol's number; hello carries it and a server refuses another.
	Version = 1
	// Layout is the number of the layout of m-lines that sfu answers (architecture 3).
	Layout = 1
	// MaxMessage is the largest envelope in bytes that the server accepts.
	MaxMessage = 64 << 10
	// MaxState is the largest envelope in bytes that a client should accept:
	// states are larger than commands.
	MaxState = 1 << 20
	// MaxID is the longest id or re, in bytes.
	MaxID = 64
)

// Message is the body of an envelope.
type Message interface {
	// Type names the message on the wire, family first: "offer.accept".
	Type() string
}

// Envelope is one frame of a socket.
type Envelope struct {
	ID   string          `json:"id,omitempty"` // idempotency key of a command; empty for pushes
	Type string          `json:"type"`
	Re   string          `json:"re,omitempty"` // id of the command that this answers
	Body json.RawMessage `json:"body,omitempty"`
}

// ErrMalformed is returned for a frame that is not an envelope, or whose body
// does not fit its type.
var ErrMalformed = errors.New("malformed message")

// UnknownTypeError is returned by Decode for a type that Messages does not list.
type UnknownTypeError struct{ Type string }

func (e *UnknownTypeError) Error() string { return fmt.Sprintf("unknown message type %q", e.Type) }

var byType = func() map[string]reflect.Type {
	types := make(map[string]reflect.Type, len(Messages))
	for _, m := range Messages {
		types[m.Type()] = reflect.TypeOf(m)
	}
	return types
}()

// Encode returns the frame of m. id and re may be empty.
func Encode(id, re string, m Message) ([]byte, error) {
	body, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("protocol: encode %s: %w", m.Type(), err)
	}
	return json.Marshal(Envelope{ID: id, Type: m.Type(), Re: re, Body: body})
}

// Decode parses one frame of a page, which is not trusted: at most MaxMessage
// bytes of UTF-8, no key twice in an object, nested at most MaxDepth deep. The
// envelope is returned as far as it could be read even when err is not nil, so
// that an error can name the id it answers. The error wraps ErrMalformed or is
// an *UnknownTypeError.
func Decode(frame []byte) (Envelope, Message, error) {
	if len(frame) > MaxMessage {
		return Envelope{}, nil, fmt.Errorf("%w: %d bytes, at most %d", ErrMalformed, len(frame), MaxMessage)
	}
	if err := check(frame); err != nil {
		return Envelope{}, nil, err
	}
	return decode(frame)
}

// DecodePush parses one frame of a server, at most MaxState bytes. Otherwise it
// does what Decode does.
func DecodePush(frame []byte) (Envelope, Message, error) {
	if len(frame) > MaxState {
		return Envelope{}, nil, fmt.Errorf("%w: %d bytes, at most %d", ErrMalformed, len(frame), MaxState)
	}
	return decode(frame)
}

func decode(frame []byte) (Envelope, Message, error) {
	var e Envelope
	if err := json.Unmarshal(frame, &e); err != nil {
		return Envelope{}, nil, fmt.Errorf("%w: not an envelope", ErrMalformed)
	}
	if len(e.ID) > MaxID || len(e.Re) > MaxID {
		return Envelope{}, nil, fmt.Errorf("%w: id longer than %d bytes", ErrMalformed, MaxID)
	}
	t, ok := byType[e.Type]
	if !ok {
		return e, nil, &UnknownTypeError{Type: e.Type}
	}
	v := reflect.New(t)
	if len(e.Body) > 0 && !bytes.Equal(e.Body, []byte("null")) {
		if err := json.Unmarshal(e.Body, v.Interface()); err != nil {
			return e, nil, fmt.Errorf("%w: body does not fit %s", ErrMalformed, e.Type)
		}
	}
	m, ok := v.Elem().Interface().(Message)
	if !ok { // every entry of Messages is a Message
		return e, nil, fmt.Errorf("%w: %s", ErrMalformed, e.Type)
	}
	return e, m, nil
}

// Messages lists the protocol. Decode and the TypeScript types read it.
var Messages = []Message{
	// every socket
	Hello{}, Welcome{}, OK{}, Error{}, Bye{}, NodeDrain{}, Ping{}, Pong{},
	// media of station, agent and supervisor
	MediaOffer{}, MediaRestart{}, MediaAnswer{}, MediaReport{},
	// station to server
	TicketTake{}, TicketRevise{}, TicketLeave{}, CallHangUp{}, CaptureConfirm{},
	StationReport{}, StationHelp{}, StationReset{}, CallbackTake{}, BookingCancel{}, MaterialsLeave{},
	// server to station
	StationState{},
	// agent to server
	AgentSet{}, OfferShown{}, OfferAccept{}, OfferDecline{}, CaptureAsk{}, CaptureCancel{},
	SlotJudge{}, StationSay{}, CallFinish{}, WrapUpExtend{},
	TicketPull{}, CallHold{}, CallTransfer{}, CallInvite{}, CallInviteEnd{}, CallHandOver{}, ThirdLeave{},
	ReviewTake{}, ReviewReturn{}, BookingMake{},
	// server to agent
	DeskState{},
	// supervisor to server
	TicketAssign{}, TicketReprioritise{}, MessageSend{},
	// server to supervisor
	Board{},
}
