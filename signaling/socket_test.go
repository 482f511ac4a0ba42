package signaling

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/remotewindow/remotewindow/signaling/protocol"
)

func TestHelloIsDue(t *testing.T) {
	r := newRig(t, func(o *Options) { o.Numbers.Hello = 30 * time.Millisecond })
	if code := r.dial().untilBye(); code != protocol.CodeHelloFirst {
		t.Errorf("bye %q", code)
	}
}

// TestPingsAreNoHello: whoever pings and pongs without end, and says nothing
// else, is out when the hello was due.
func TestPingsAreNoHello(t *testing.T) {
	r := newRig(t, func(o *Options) {
		o.Numbers.Hello, o.Numbers.Ping, o.Numbers.Dead = 50*time.Millisecond, 5*time.Millisecond, time.Hour
		o.Numbers.Rate, o.Numbers.Burst = 1e6, 1e6
	})
	p := r.dial() // its reader answers the server's pings
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		for p.ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(patience)) == nil {
			time.Sleep(time.Millisecond)
		}
	}()
	p.untilBye() // its goodbye may be lost under the pings
	p.close()
	<-gone
}

// TestAuthenticateKnowsRequest: whoever redeems the ticket finds the values of
// the request that opened the socket, and a context that is not over with it.
func TestAuthenticateKnowsRequest(t *testing.T) {
	asked := make(chan error, 1)
	r := newRig(t, func(o *Options) {
		o.Authenticate = func(ctx context.Context, ticket string) (Identity, error) {
			err := ctx.Err()
			if _, ok := ctx.Value(http.LocalAddrContextKey).(net.Addr); !ok {
				err = errors.Join(err, errors.New("the request's values are gone"))
			}
			asked <- err
			return identities(ctx, ticket)
		}
	})
	r.open("station:s01")
	if err := <-asked; err != nil {
		t.Error(err)
	}
}

func TestHelloIsChecked(t *testing.T) {
	r := newRig(t)
	tests := []struct {
		name  string
		first protocol.Message
		code  protocol.Code
	}{
		{"another message comes first", protocol.TicketTake{}, protocol.CodeHelloFirst},
		{"another protocol", protocol.Hello{Protocol: 2, Ticket: "station:s01"}, protocol.CodeProtocol},
		{"another layout", protocol.Hello{Protocol: 1, Layout: 2, Ticket: "station:s01"}, protocol.CodeProtocol},
		{"a ticket that nobody issued", protocol.Hello{Protocol: 1, Ticket: "x"}, protocol.CodeExpired},
		{"a station that nobody knows", protocol.Hello{Protocol: 1, Ticket: "station:s99"}, protocol.CodeNotFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := r.dial()
			answer, ok := p.command(tt.first).(protocol.Error)
			if !ok || answer.Code != tt.code {
				t.Errorf("answer %#v, want %s", answer, tt.code)
			}
			if code := p.untilBye(); code != tt.code {
				t.Errorf("bye %q, want %s", code, tt.code)
			}
		})
	}
}

func TestHugeMessage(t *testing.T) {
	r := newRig(t)
	for _, size := range []int{protocol.MaxMessage + 1, 5 << 20} {
		p := r.open("station:s01")
		// The server may say goodbye while the end is still being written.
		_ = p.ws.WriteMessage(websocket.TextMessage, []byte(strings.Repeat("x", size)))
		if code := p.untilBye(); code != protocol.CodeTooLarge {
			t.Errorf("%d bytes: bye %q", size, code)
		}
		if p.closed.Load() != websocket.CloseMessageTooBig {
			t.Errorf("%d bytes: close code %d", size, p.closed.Load())
		}
	}
	one := r.open("station:s01") // one frame that says it has a gigabyte: nothing of it is read
	if _, err := one.ws.NetConn().Write([]byte{0x81, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4}); err != nil {
		t.Fatal(err)
	}
	one.untilBye()
	if one.closed.Load() != websocket.CloseMessageTooBig {
		t.Errorf("a huge frame: close code %d", one.closed.Load())
	}
	stranger := r.dial() // who has not said who he is may send less
	_ = stranger.ws.WriteMessage(websocket.TextMessage, []byte(strings.Repeat("x", maxHello+1)))
	if code := stranger.untilBye(); code != protocol.CodeTooLarge {
		t.Errorf("a large hello: bye %q", code)
	}
}

func TestBadMessagesKeepTheSocket(t *testing.T) {
	r := newRig(t)
	p := r.open("station:s01")
	for _, tt := range []struct {
		kind int
		data string
		code protocol.Code
		re   string
	}{
		{websocket.TextMessage, `{"id":"a","type":"tickets.steal"}`, protocol.CodeUnknown, "a"},
		{websocket.TextMessage, `{"id":"b","type":"media.offer","body":{"sdp":5}}`, protocol.CodeMalformed, "b"},
		{websocket.TextMessage, `nonsense`, protocol.CodeMalformed, ""},
		{websocket.BinaryMessage, "\x00\x01", protocol.CodeMalformed, ""},
		{websocket.TextMessage, `{"id":"c","type":"hello","body":{"protocol":1}}`, protocol.CodeForbidden, "c"},
		{websocket.TextMessage, `{"id":"d","type":"offer.accept","body":{"ticket":"t","epoch":1}}`, protocol.CodeForbidden, "d"},
	} {
		if err := p.ws.WriteMessage(tt.kind, []byte(tt.data)); err != nil {
			t.Fatal(err)
		}
		for {
			e, m, ok := p.next()
			if !ok {
				t.Fatalf("%s closed the socket", tt.data)
			}
			if answer, isError := m.(protocol.Error); isError {
				if answer.Code != tt.code || e.Re != tt.re {
					t.Errorf("%s: code %s re %q, want %s re %q", tt.data, answer.Code, e.Re, tt.code, tt.re)
				}
				break
			}
		}
	}
	if _, ok := p.command(protocol.Ping{AtMS: 7}).(protocol.Pong); !ok {
		t.Error("no pong")
	}
}

func TestRate(t *testing.T) {
	r := newRig(t, func(o *Options) { o.Numbers.Rate, o.Numbers.Burst = 0.001, 3 })
	p := r.open("station:s01")
	for range 3 {
		if _, ok := p.command(protocol.Ping{}).(protocol.Pong); !ok {
			t.Fatal("within the burst")
		}
	}
	p.refused(protocol.Ping{}, protocol.CodeRate)
	for range refusals {
		p.send("x", protocol.Ping{})
	}
	if code := p.untilBye(); code != protocol.CodeRate {
		t.Errorf("bye %q", code)
	}
}

func TestSlowClientIsSentAway(t *testing.T) {
	r := newRig(t, func(o *Options) { o.Numbers.SendBytes = 60 })
	p := r.dial()
	// The welcome is larger than the bound: whoever cannot take one answer in
	// time is too slow.
	p.send("h", protocol.Hello{Protocol: 1, Ticket: "station:s01"})
	if code := p.untilBye(); code != protocol.CodeSlow || p.closed.Load() != websocket.CloseTryAgainLater {
		t.Errorf("bye %q, close code %d", code, p.closed.Load())
	}
}

func TestSendQueueKeepsOnlyTheNewestState(t *testing.T) {
	q := newSendQueue(10)
	for _, f := range []frame{
		{typ: "desk.state", data: []byte("old!"), state: true}, {typ: "ok", data: []byte("ok")},
		{typ: "desk.state", data: []byte("new!"), state: true},
	} {
		if err := q.put(f); err != nil {
			t.Fatal(err)
		}
	}
	if err := q.put(frame{typ: "ok", data: []byte("12345")}); err == nil {
		t.Error("6 of 10 bytes are queued, 5 more must not fit")
	}
	got := q.take()
	if len(got) != 2 || string(got[0].data) != "ok" || string(got[1].data) != "new!" {
		t.Errorf("%v", got)
	}
}

func TestSendQueueLetsALargeStateThrough(t *testing.T) {
	q := newSendQueue(10)
	for _, f := range []frame{
		{typ: "board", data: []byte("a large board of before"), state: true},
		{typ: "board", data: []byte("a large board of now"), state: true}, {typ: "ok", data: []byte("ok ok")},
	} {
		if err := q.put(f); err != nil {
			t.Fatalf("%s: %v", f.data, err)
		}
	}
	if err := q.put(frame{typ: "ok", data: []byte("1")}); err == nil {
		t.Error("half of the queue is for states")
	}
	if got := q.take(); len(got) != 2 || string(got[0].data) != "a large board of now" {
		t.Errorf("%v", got)
	}
	if err := q.put(frame{typ: "ok", data: []byte("0123456789")}); err != nil {
		t.Errorf("an empty queue: %v", err)
	}
}

func TestLedger(t *testing.T) {
	l := newLedger(2)
	a, first := l.begin("a")
	if !first {
		t.Fatal("a is new")
	}
	if again, first := l.begin("a"); first || again != a {
		t.Fatal("a is under way")
	}
	l.settle(a, []byte("answer"), true)
	if again, first := l.begin("a"); first || string(again.answer) != "answer" {
		t.Fatal("a has its answer")
	}
	b, _ := l.begin("b")
	l.settle(b, []byte("away"), false)
	if _, first := l.begin("b"); !first {
		t.Fatal("what failed in passing is tried again")
	}
	l.begin("c")
	if _, first := l.begin("a"); !first {
		t.Fatal("a was the oldest of three")
	}
}

func TestDeadSocketIsNoticed(t *testing.T) {
	r := newRig(t, func(o *Options) { o.Numbers.Ping, o.Numbers.Dead = 10*time.Millisecond, 40*time.Millisecond })
	// The client's reader answers pings as long as it runs; this one does not.
	r.mute = true
	r.open("station:s01")
	eventually(t, "dropped", func() bool { return r.server.session(seat{protocol.FaceStation, "s01"}) == nil })
	eventually(t, "offline in the queue", func() bool {
		v := r.server.view.Load().stations["s01"]
		return v != nil && !v.Online
	})
}

func TestBoardsOfOnePerson(t *testing.T) {
	r := newRig(t)
	boards := make([]*page, 0, maxBoards+1)
	for range maxBoards + 1 {
		boards = append(boards, r.open("board:supervisor"))
	}
	if code := boards[0].untilBye(); code != protocol.CodeReplaced {
		t.Errorf("the oldest: bye %q", code)
	}
	for _, p := range boards[1:] {
		if _, ok := p.command(protocol.Ping{}).(protocol.Pong); !ok {
			t.Fatal("a younger one gave way")
		}
	}
}

func TestShutdownSaysGoodbye(t *testing.T) {
	r := newRig(t)
	kiosk, board := r.open("station:s01"), r.open("board:supervisor")
	r.stop()
	if a, b := kiosk.untilBye(), board.untilBye(); a != protocol.CodeShutdown || b != protocol.CodeShutdown {
		t.Errorf("bye %q and %q", a, b)
	}
}
