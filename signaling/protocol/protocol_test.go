package protocol

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestDecode(t *testing.T) {
	tests := []struct {
		name    string
		frame   string
		want    Message
		unknown string // type of the UnknownTypeError
		id      string // of the envelope, also when decoding fails
		bad     bool
	}{
		{name: "a command with its key", frame: `{"id":"k1","type":"offer.accept","body":{"ticket":"t","epoch":1048577}}`, want: OfferAccept{Ticket: "t", Epoch: 1048577}, id: "k1"},
		{name: "no body is an empty body", frame: `{"id":"k","type":"ticket.leave"}`, want: TicketLeave{}, id: "k"},
		{name: "a null body is an empty body", frame: `{"type":"call.hang_up","body":null}`, want: CallHangUp{}},
		{name: "unknown fields are left out", frame: `{"type":"ping","body":{"at_ms":5,"more":1}}`, want: Ping{AtMS: 5}},
		{name: "an unknown type names itself and keeps the id", frame: `{"id":"k","type":"tickets.steal"}`, unknown: "tickets.steal", id: "k"},
		{name: "a body of another shape is malformed and keeps the id", frame: `{"id":"k","type":"offer.accept","body":{"epoch":"one"}}`, bad: true, id: "k"},
		{name: "not JSON", frame: `offer`, bad: true},
		{name: "an array is no envelope", frame: `[]`, bad: true},
		{name: "an id of 65 bytes", frame: `{"id":"` + strings.Repeat("x", 65) + `","type":"ping"}`, bad: true},
		{name: "a key twice", frame: `{"type":"ping","type":"ticket.leave"}`, bad: true},
		{name: "a key twice in another case", frame: `{"type":"ping","TYPE":"ticket.leave"}`, bad: true},
		{name: "a key twice that folds to the same", frame: "{\"id\":\"k\",\"body\":{\"side\":\"a\",\"\u017fide\":\"b\"},\"type\":\"capture.ask\"}", bad: true},
		{name: "a key twice by an escape", frame: `{"type":"ping","\u0074ype":"ticket.leave"}`, bad: true},
		{name: "a key twice inside the body", frame: `{"type":"ping","body":{"at_ms":1,"at_ms":2}}`, bad: true},
		{name: "the same key in two objects", frame: `{"type":"station.report","body":{"faults":[],"checks":[{"part":"camera"},{"part":"clock"}]}}`, want: StationReport{Faults: []Fault{}, Checks: []PartCheck{{Part: PartCamera}, {Part: PartClock}}}},
		{name: "a value that reads like a key", frame: `{"id":"type","type":"ping","re":"type"}`, want: Ping{}, id: "type"},
		{name: "not UTF-8", frame: "{\"type\":\"ping\",\"id\":\"\xff\"}", bad: true},
		{name: "nested as deep as may be", frame: `{"type":"ping","x":[[[[[[[]]]]]]]}`, want: Ping{}},
		{name: "nested too deep", frame: `{"type":"ping","x":[[[[[[[[]]]]]]]]}`, bad: true},
		{name: "nested without an end", frame: strings.Repeat("[", MaxMessage), bad: true},
		{name: "a number out of range", frame: `{"type":"ping","body":{"at_ms":1e999}}`, bad: true},
		{name: "a second value behind", frame: `{"type":"ping"} {"type":"ping"}`, bad: true},
		{name: "larger than a message may be", frame: `{"id":"` + strings.Repeat("x", MaxMessage) + `"}`, bad: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e, m, err := Decode([]byte(tt.frame))
			if tt.id != "" && e.ID != tt.id {
				t.Errorf("envelope id %q, want %q", e.ID, tt.id)
			}
			var unknown *UnknownTypeError
			switch {
			case tt.bad:
				if !errors.Is(err, ErrMalformed) {
					t.Errorf("error %v, want ErrMalformed", err)
				}
			case tt.unknown != "":
				if !errors.As(err, &unknown) || unknown.Type != tt.unknown {
					t.Errorf("error %v, want unknown type %s", err, tt.unknown)
				}
			default:
				if err != nil || !reflect.DeepEqual(m, tt.want) {
					t.Errorf("%#v, %v; want %#v", m, err, tt.want)
				}
			}
		})
	}
}

// TestPushesAreLarger: a state of a busy day is no command.
func TestPushesAreLarger(t *testing.T) {
	b := Board{Waiting: make([]QueueRow, 500), Stations: make([]StationLive, 200)}
	frame, err := Encode("", "", b)
	if err != nil || len(frame) <= MaxMessage {
		t.Fatalf("%d bytes, %v", len(frame), err)
	}
	if _, m, err := DecodePush(frame); err != nil || len(m.(Board).Waiting) != 500 {
		t.Errorf("push: %v", err)
	}
	if _, _, err := Decode(frame); !errors.Is(err, ErrMalformed) {
		t.Errorf("command: %v", err)
	}
	if _, _, err := DecodePush([]byte(strings.Repeat(" ", MaxState+1))); !errors.Is(err, ErrMalformed) {
		t.Errorf("larger than a state: %v", err)
	}
}

func TestEveryMessageSurvivesTheWire(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range Messages {
		if seen[m.Type()] {
			t.Errorf("%s is listed twice", m.Type())
		}
		seen[m.Type()] = true
		frame, err := Encode("i", "r", m)
		if err != nil {
			t.Fatal(err)
		}
		e, back, err := Decode(frame)
		if err != nil {
			t.Fatalf("%s: %v", m.Type(), err)
		}
		if e.ID != "i" || e.Re != "r" || reflect.TypeOf(back) != reflect.TypeOf(m) {
			t.Errorf("%s came back as %T of %+v", m.Type(), back, e)
		}
	}
}

// FuzzDecode: outside bytes never panic, never pass as an oversized id, and
// what decodes encodes again.
func FuzzDecode(f *testing.F) {
	for _, m := range Messages {
		frame, err := Encode("id", "", m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(frame)
	}
	f.Add([]byte(`{"type":"hello","body":{"features":null}}`))
	for _, seed := range []string{
		`{"type":"nothing"}`, `{"type":"ping","TYPE":"ping"}`, "{\"type\":\"ping\",\"id\":\"\xff\"}", `{"type":"ping","x":[[[[[[[[[]]]]]]]]]}`,
		`{"id":"k","type":"slot.judge","body":{"slot":"a","\u0073lot":"b"}}`, `{"type":"ping","body":{"at_ms":1e999}}`, `[[[[`, `{"a":{"a":{"a"`,
		`{"type":"station.report","body":{"checks":[{"part":"camera","level":"red","value":-1e308,"at_ms":9223372036854775807}]}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		e, m, err := Decode(frame)
		var unknown *UnknownTypeError
		if err != nil {
			if !errors.Is(err, ErrMalformed) && !errors.As(err, &unknown) {
				t.Fatalf("error of no known kind: %v", err)
			}
			return
		}
		if len(e.ID) > MaxID || !utf8.Valid(frame) || len(frame) > MaxMessage {
			t.Fatalf("id of %d bytes, frame of %d, UTF-8 %v", len(e.ID), len(frame), utf8.Valid(frame))
		}
		if _, push, err := DecodePush(frame); err != nil || !reflect.DeepEqual(push, m) {
			t.Fatalf("%s decodes otherwise as a push: %v", e.Type, err)
		}
		again, err := Encode(e.ID, e.Re, m)
		if err != nil || !json.Valid(again) {
			t.Fatalf("%s does not encode again: %v", e.Type, err)
		}
	})
}
