package signaling

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// cast is who is there when bad input comes: a call between s01 and agent1, a
// station and an agent without one, and a board.
type cast struct {
	talking, idle    *page // stations
	busy, free       *page // desks
	board            *page
	ticket           string
	epoch            int64
	stationT, agentT string // media tokens of the call
}

// bad is one message that must be refused with code.
type bad struct {
	name string
	by   *page
	m    protocol.Message
	code protocol.Code
}

// badRows holds a row for each message of the protocol. What every message has
// in common (wrong types, encoding, order, rate, role, replay) is generated; a
// row adds what is particular: sizes, values, owners, epochs, states.
func badRows(c cast) map[string][]bad {
	long := strings.Repeat("x", maxField+1)
	offers := func(m func(ticket string, epoch int64) protocol.Message) []bad {
		return []bad{
			{"of another's ticket", c.free, m(c.ticket, c.epoch), protocol.CodeStale},
			{"of no ticket", c.busy, m("", c.epoch), protocol.CodeStale},
			{"of an unknown ticket", c.busy, m("never", c.epoch), protocol.CodeStale},
			{"of a ticket with a long name", c.busy, m(long, c.epoch), protocol.CodeStale},
			{"of an older epoch", c.busy, m(c.ticket, c.epoch-1), protocol.CodeStale},
			{"of an epoch to come", c.busy, m(c.ticket, c.epoch+1), protocol.CodeStale},
			{"of a negative epoch", c.busy, m(c.ticket, -1), protocol.CodeStale},
			{"after the accept", c.busy, m(c.ticket, c.epoch), protocol.CodeStale},
		}
	}
	server := []bad{} // it comes from the server alone: forbidden to everyone
	none := []bad{}   // it carries nothing and is possible at any time
	rows := map[string][]bad{
		"hello": {{"a second one", c.idle, protocol.Hello{Protocol: 1, Ticket: "desk:agent1"}, protocol.CodeForbidden}},
		"ping":  none, "media.report": none, "station.help": none, "station.reset": none,
		"welcome": server, "ok": server, "error": server, "bye": server, "node.drain": server, "pong": server, "media.answer": server,
		"station.state": server, "desk.state": server, "board": server,

		"media.offer": {
			{"without a token", c.talking, protocol.MediaOffer{SDP: "v=0"}, protocol.CodeMedia},
			{"with the other side's token", c.talking, protocol.MediaOffer{Token: c.agentT, SDP: "v=0"}, protocol.CodeMedia},
			{"with another's token", c.free, protocol.MediaOffer{Token: c.agentT, SDP: "v=0"}, protocol.CodeMedia},
			{"without a ticket", c.idle, protocol.MediaOffer{Token: c.stationT, SDP: "v=0"}, protocol.CodeMedia},
			{"with a large SDP", c.talking, protocol.MediaOffer{Token: c.stationT, SDP: strings.Repeat("x", maxSDP+1)}, protocol.CodeTooLarge},
		},
		"media.restart": {
			{"without a ticket", c.idle, protocol.MediaRestart{SDP: "v=0"}, protocol.CodeMedia},
			{"without a call", c.free, protocol.MediaRestart{SDP: "v=0"}, protocol.CodeMedia},
			{"with a large SDP", c.busy, protocol.MediaRestart{SDP: strings.Repeat("x", maxSDP+1)}, protocol.CodeTooLarge},
		},

		"ticket.take": {
			{"long consent", c.idle, protocol.TicketTake{ConsentText: long}, protocol.CodeMalformed},
			{"long language", c.idle, protocol.TicketTake{Lang: "zh-Hans-CN"}, protocol.CodeMalformed},
		},
		"ticket.revise": {
			{"for an unknown person", c.talking, protocol.TicketRevise{Who: "nobody"}, protocol.CodeMalformed},
			{"long theme", c.talking, protocol.TicketRevise{Theme: long}, protocol.CodeMalformed},
			{"long matter", c.talking, protocol.TicketRevise{Matter: long}, protocol.CodeMalformed},
			{"unknown matter", c.talking, protocol.TicketRevise{Matter: "never"}, protocol.CodeNotFound},
			{"without a ticket", c.idle, protocol.TicketRevise{Who: protocol.WhoSelf}, protocol.CodeState},
		},
		"ticket.leave": {
			{"in the call", c.talking, protocol.TicketLeave{}, protocol.CodeState},
			{"without a ticket", c.idle, protocol.TicketLeave{}, protocol.CodeState},
		},
		"call.hang_up": {
			{"without a ticket", c.idle, protocol.CallHangUp{}, protocol.CodeState},
			{"without a call", c.free, protocol.CallHangUp{}, protocol.CodeState},
		},
		"capture.confirm": {
			{"of nothing", c.talking, protocol.CaptureConfirm{Slot: "id_card"}, protocol.CodeState},
			{"without a ticket", c.idle, protocol.CaptureConfirm{Slot: "id_card"}, protocol.CodeState},
		},
		"station.report": {
			{"an unknown fault", c.idle, protocol.StationReport{Faults: []protocol.Fault{"fire"}}, protocol.CodeMalformed},
			{"too many faults", c.idle, protocol.StationReport{Faults: slices.Repeat([]protocol.Fault{protocol.FaultDocument}, maxFaults+1)}, protocol.CodeMalformed},
			{"an unknown part", c.idle, protocol.StationReport{Checks: []protocol.PartCheck{{Part: "roof", Level: "red"}}}, protocol.CodeMalformed},
			{"an unknown level", c.idle, protocol.StationReport{Checks: []protocol.PartCheck{{Part: "clock", Level: "pink"}}}, protocol.CodeMalformed},
			{"a part twice", c.idle, protocol.StationReport{Checks: []protocol.PartCheck{{Part: "clock", Level: "red"}, {Part: "clock", Level: "red"}}}, protocol.CodeMalformed},
			{"a long detail", c.idle, protocol.StationReport{Checks: []protocol.PartCheck{{Part: "clock", Level: "red", Detail: long}}}, protocol.CodeMalformed},
		},

		"agent.set": {
			{"no presence", c.free, protocol.AgentSet{}, protocol.CodeMalformed},
			{"an unknown presence", c.free, protocol.AgentSet{Presence: "asleep"}, protocol.CodeMalformed},
			{"a long reason", c.free, protocol.AgentSet{Presence: protocol.PresenceAway, Reason: long}, protocol.CodeMalformed},
		},
		"offer.shown":  offers(func(t string, e int64) protocol.Message { return protocol.OfferShown{Ticket: t, Epoch: e} }),
		"offer.accept": offers(func(t string, e int64) protocol.Message { return protocol.OfferAccept{Ticket: t, Epoch: e} }),
		"offer.decline": append(offers(func(t string, e int64) protocol.Message { return protocol.OfferDecline{Ticket: t, Epoch: e} }),
			bad{"a long reason", c.busy, protocol.OfferDecline{Ticket: c.ticket, Epoch: c.epoch, Reason: long}, protocol.CodeMalformed}),
		"capture.ask": {
			{"an unknown slot", c.busy, protocol.CaptureAsk{Slot: "passport", Side: protocol.SideFront}, protocol.CodeNotFound},
			{"an unknown side", c.busy, protocol.CaptureAsk{Slot: "id_card", Side: "top"}, protocol.CodeNotFound},
			{"a long hint", c.busy, protocol.CaptureAsk{Slot: "id_card", Side: protocol.SideFront, Hint: long}, protocol.CodeMalformed},
			{"without a call", c.free, protocol.CaptureAsk{Slot: "id_card", Side: protocol.SideFront}, protocol.CodeState},
		},
		"capture.cancel": {{"without a call", c.free, protocol.CaptureCancel{}, protocol.CodeState}},
		"slot.judge": {
			{"an unknown verdict", c.busy, protocol.SlotJudge{Slot: "id_card", Verdict: "perhaps"}, protocol.CodeMalformed},
			{"a long reason", c.busy, protocol.SlotJudge{Slot: "id_card", Reason: long}, protocol.CodeMalformed},
			{"a long page", c.busy, protocol.SlotJudge{Slot: "id_card", Page: long}, protocol.CodeMalformed},
			{"an unknown page", c.busy, protocol.SlotJudge{Slot: "id_card", Page: "never"}, protocol.CodeNotFound},
			{"an unknown slot", c.busy, protocol.SlotJudge{Slot: "passport"}, protocol.CodeNotFound},
			{"without a call", c.free, protocol.SlotJudge{Slot: "id_card"}, protocol.CodeState},
		},
		"station.say": {
			{"too much", c.busy, protocol.StationSay{Text: strings.Repeat("话", maxSay+1)}, protocol.CodeMalformed},
			{"without a call", c.free, protocol.StationSay{Text: "x"}, protocol.CodeState},
		},
		"call.finish": {
			{"an unknown disposition", c.busy, protocol.CallFinish{Ticket: c.ticket, Epoch: c.epoch, Disposition: "done", NextStep: "close"}, protocol.CodeMalformed},
			{"no disposition", c.busy, protocol.CallFinish{Ticket: c.ticket, Epoch: c.epoch, NextStep: "close"}, protocol.CodeMalformed},
			{"an unknown next step", c.busy, protocol.CallFinish{Ticket: c.ticket, Epoch: c.epoch, Disposition: "accepted", NextStep: "sleep"}, protocol.CodeMalformed},
			{"a long note", c.busy, protocol.CallFinish{Ticket: c.ticket, Epoch: c.epoch, Disposition: "accepted", NextStep: "close", Note: strings.Repeat("话", maxNote+1)}, protocol.CodeMalformed},
			{"of another's call", c.free, protocol.CallFinish{Ticket: c.ticket, Epoch: c.epoch, Disposition: "accepted", NextStep: "close"}, protocol.CodeStale},
			{"of an unknown call", c.busy, protocol.CallFinish{Ticket: "never", Epoch: c.epoch, Disposition: "accepted", NextStep: "close"}, protocol.CodeStale},
			{"of an older epoch", c.busy, protocol.CallFinish{Ticket: c.ticket, Epoch: c.epoch - 1, Disposition: "accepted", NextStep: "close"}, protocol.CodeStale},
			{"before the end of the talk", c.busy, protocol.CallFinish{Ticket: c.ticket, Epoch: c.epoch, Disposition: "accepted", NextStep: "close"}, protocol.CodeState},
		},
		"wrapup.extend": {
			{"in the call", c.busy, protocol.WrapUpExtend{}, protocol.CodeState},
			{"without a call", c.free, protocol.WrapUpExtend{}, protocol.CodeState},
		},
	}
	maps.Copy(rows, routingRows(c))
	return rows
}

func newCast(r *rig) cast {
	var c cast
	c.talking, c.busy, c.ticket = r.call("s01", "agent1")
	c.idle, c.free, c.board = r.open("station:s02"), r.open("desk:agent2"), r.open("board:supervisor")
	c.epoch = c.busy.desk.Call.Epoch
	shows := r.server.owner(c.ticket).shows.Load()
	c.stationT, c.agentT = shows.grants["station"].Token, shows.grants["agent"].Token
	return c
}

func unlimited(o *Options) { o.Numbers.Rate, o.Numbers.Burst = 1e6, 1e6 }

// TestBadInput refuses each row with its code, twice alike, and nothing of it
// has an effect: the call is what it was.
func TestBadInput(t *testing.T) {
	r := newRig(t, unlimited)
	c := newCast(r)
	rows := badRows(c)
	before := r.server.owner(c.ticket).shows.Load().call
	everyone := map[string]*page{"talking": c.talking, "idle": c.idle, "busy": c.busy, "free": c.free, "board": c.board}
	table := operationTable()
	for _, m := range protocol.Messages {
		cases, ok := rows[m.Type()]
		if !ok {
			t.Errorf("%s has no row", m.Type())
			continue
		}
		for face, p := range everyone {
			if _, listed := table[operationKey{m.Type(), map[string]protocol.Face{"talking": protocol.FaceStation, "idle": protocol.FaceStation,
				"busy": protocol.FaceDesk, "free": protocol.FaceDesk, "board": protocol.FaceBoard}[face]}]; !listed && m.Type() != "ping" {
				cases = append(cases, bad{"by " + face, p, m, protocol.CodeForbidden})
			}
		}
		for i, b := range cases {
			id := fmt.Sprint(m.Type(), i)
			first, ok := b.by.commandAs(id, b.m).(protocol.Error)
			if !ok || first.Code != b.code {
				t.Errorf("%s %s: %#v, want %s", m.Type(), b.name, first, b.code)
			}
			if again := b.by.commandAs(id, b.m); again != protocol.Message(first) { // a replay
				t.Errorf("%s %s: %#v, then %#v", m.Type(), b.name, first, again)
			}
		}
	}
	after := r.server.owner(c.ticket).shows.Load().call
	if !reflect.DeepEqual(before, after) || r.store.count() != 1 {
		t.Errorf("bad input had an effect:\n%+v\n%+v", before, after)
	}
}

// wrongTypes are the frames of a message in which one thing has another JSON
// type than it must have.
func wrongTypes(m protocol.Message) map[string]string {
	frame := func(body string) string { return fmt.Sprintf(`{"id":"w","type":%q,"body":%s}`, m.Type(), body) }
	frames := map[string]string{
		"a list as body": frame(`[]`), "a text as body": frame(`"x"`), "a number as body": frame(`5`), "true as body": frame(`true`),
		"a number as type": `{"type":5}`, "a list as id": fmt.Sprintf(`{"id":[],"type":%q}`, m.Type()),
		"a long id":      fmt.Sprintf(`{"id":%q,"type":%q}`, strings.Repeat("i", protocol.MaxID+1), m.Type()),
		"a long re":      fmt.Sprintf(`{"re":%q,"type":%q}`, strings.Repeat("i", protocol.MaxID+1), m.Type()),
		"no end":         strings.TrimSuffix(frame(`{}`), "}"),
		"two":            frame(`{}`) + frame(`{}`),
		"no UTF-8":       strings.Replace(frame(`{}`), `"w"`, "\"\xc3\x28\"", 1),
		"another type":   fmt.Sprintf(`{"type":%q,"type":"ping"}`, m.Type()),
		"two bodies":     fmt.Sprintf(`{"type":%q,"body":{},"Body":{}}`, m.Type()),
		"too deep":       frame(`{"x":` + strings.Repeat("[", 7) + strings.Repeat("]", 7) + `}`),
		"single quotes":  strings.ReplaceAll(frame(`{}`), `"`, `'`),
		"a NUL":          frame("{\x00}"),
		"nothing at all": "",
	}
	typ := reflect.TypeOf(m)
	for i := range typ.NumField() {
		field := typ.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		wrong := map[reflect.Kind]string{
			reflect.String: `5`, reflect.Bool: `"yes"`, reflect.Slice: `{}`, reflect.Struct: `"x"`, reflect.Pointer: `5`,
			reflect.Int: `"5"`, reflect.Int64: `1.5`, reflect.Float64: `1e999`,
		}[field.Type.Kind()]
		if field.Anonymous || wrong == "" {
			continue
		}
		frames["wrong type of "+name] = frame(fmt.Sprintf(`{%q:%s}`, name, wrong))
	}
	return frames
}

// TestWrongTypes: what does not fit is malformed, whoever sends it, and the
// socket stays.
func TestWrongTypes(t *testing.T) {
	r := newRig(t, unlimited)
	pages := []*page{r.open("station:s01"), r.open("desk:agent1"), r.open("board:supervisor")}
	for _, m := range protocol.Messages {
		for name, data := range wrongTypes(m) {
			p := pages[len(data)%len(pages)]
			if err := p.ws.WriteMessage(websocket.TextMessage, []byte(data)); err != nil {
				t.Fatalf("%s, %s: %v", m.Type(), name, err)
			}
			for {
				_, answer, open := p.next()
				if !open {
					t.Fatalf("%s, %s ended the socket", m.Type(), name)
				}
				if e, is := answer.(protocol.Error); is {
					if e.Code != protocol.CodeMalformed {
						t.Errorf("%s, %s: %s", m.Type(), name, e.Code)
					}
					break
				}
			}
		}
	}
}

// TestWrongOrder: nothing but hello is a first message, and none is larger than
// the bound or comes faster than the rate.
func TestWrongOrderSizeAndRate(t *testing.T) {
	r := newRig(t, func(o *Options) { o.Numbers.Rate, o.Numbers.Burst = 1e-6, 1 })
	for _, m := range protocol.Messages {
		if _, hello := m.(protocol.Hello); !hello {
			stranger := r.dial()
			if e, ok := stranger.command(m).(protocol.Error); !ok || e.Code != protocol.CodeHelloFirst {
				t.Errorf("%s before hello: %#v", m.Type(), e)
			}
			if code := stranger.untilBye(); code != protocol.CodeHelloFirst {
				t.Errorf("%s before hello: bye %q", m.Type(), code)
			}
		}
		p := r.open("station:s01")
		p.command(protocol.Ping{}) // the one that is free
		p.refused(m, protocol.CodeRate)
		data, err := json.Marshal(map[string]any{"type": m.Type(), "body": map[string]string{"x": strings.Repeat("x", protocol.MaxMessage)}})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.ws.WriteMessage(websocket.TextMessage, data); err != nil {
			t.Fatal(err)
		}
		if code := p.untilBye(); code != protocol.CodeTooLarge {
			t.Errorf("%s of %d bytes: bye %q", m.Type(), len(data), code)
		}
	}
}
