package signaling

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"github.com/remotewindow/remotewindow/signaling/protocol"
)

const (
	writeWithin = 10 * time.Second
	drainWithin = time.Second // for a page to read Bye before its socket closes
	refusals    = 200         // messages over the rate before the socket ends
	maxHello    = 8 << 10     // bytes of the first message
	maxFrame    = 1 << 20     // bytes: what is larger is not even read to say why
)

// session is one socket. serve is its reader and write its writer; everything
// else reaches it through send and finish.
type session struct {
	server *Server
	ws     *websocket.Conn
	conn   string // connection id in the queue
	since  time.Time
	out    *sendQueue
	done   chan struct{} // closed when the socket is to end
	once   sync.Once
	last   struct { // set before done is closed
		close int
		bye   protocol.Code
	}
	beat chan struct{} // a token: a frame or pong has come

	// Set by hello, before anyone else can see the session.
	who      Identity
	ledger   *ledger
	presence atomic.Value // protocol.Presence that the page last chose
	ready    atomic.Bool  // it may be told states: its grant is a new one

	announced    time.Time // of the last try to tell the queue again; only reassert touches it
	acknowledged bool      // the queue has named this socket; only reassert touches it

	// Only the reader touches these.
	known   bool // it has said hello
	limit   *rate.Limiter
	refused int
}

func newSession(s *Server, ws *websocket.Conn) *session {
	x := &session{
		server: s, ws: ws, conn: s.Node + "." + randomID(), since: time.Now(),
		out:   newSendQueue(s.Numbers.SendBytes),
		done:  make(chan struct{}),
		beat:  make(chan struct{}, 1),
		limit: rate.NewLimiter(rate.Limit(s.Numbers.Rate), s.Numbers.Burst),
	}
	x.presence.Store(protocol.Presence(""))
	return x
}

func randomID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails, by its documentation
	return hex.EncodeToString(b[:])
}

func (x *session) seat() seat { return seat{x.who.Face, x.who.ID} }

// serve runs the socket to its end. It is the one reader. known is called once
// hello has said who it is.
func (x *session) serve(ctx context.Context, known func()) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var writer sync.WaitGroup
	writer.Go(x.write)
	x.ws.SetPongHandler(func(string) error { x.hear(); return nil })
	x.ws.SetPingHandler(x.pinged)
	if x.hello(ctx) {
		known()
		x.server.metrics.sockets.WithLabelValues(string(x.who.Face)).Inc()
		x.read(ctx)
		x.server.metrics.sockets.WithLabelValues(string(x.who.Face)).Dec()
		if x.server.leave(x) {
			x.server.dropped(x)
		}
	}
	x.finish(websocket.CloseNormalClosure, "")
	writer.Wait()
	x.drain()
	x.ws.Close() //nolint:errcheck // nothing is left to be done about it
}

// read handles messages in their order until the socket ends.
func (x *session) read(ctx context.Context) {
	for {
		x.ws.SetReadDeadline(time.Now().Add(x.server.Numbers.Dead)) //nolint:errcheck // shows up in the read
		data, err := x.next(protocol.MaxMessage)
		if err != nil {
			if errors.Is(err, errTooLarge) {
				x.finish(websocket.CloseMessageTooBig, protocol.CodeTooLarge)
			}
			return
		}
		x.hear()
		x.handle(ctx, data)
		select {
		case <-x.done:
			return
		default:
		}
	}
}

// next returns one message of at most limit bytes. The bound is ours and a
// nearer one than SetReadLimit's, because that one closes the socket before the
// page can be told why.
func (x *session) next(limit int) ([]byte, error) {
	kind, r, err := x.ws.NextReader()
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	if err != nil {
		return nil, err
	}
	if len(data) > limit {
		return nil, errTooLarge
	}
	if kind != websocket.TextMessage {
		return []byte("binary"), nil // malformed, as Decode will say
	}
	return data, nil
}

// drain reads what is still on its way, for a moment: closing over unread
// bytes would reset the connection and lose the goodbye.
func (x *session) drain() {
	x.ws.SetReadDeadline(time.Now().Add(drainWithin)) //nolint:errcheck // shows up in the read
	for range 64 {
		_, r, err := x.ws.NextReader()
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, io.LimitReader(r, 4<<20)); err != nil {
			return
		}
	}
}

// hear notes that the other side lives. Before its hello that is worth nothing:
// a stranger who pings and pongs must not stay.
func (x *session) hear() {
	select {
	case <-x.done:
		return // finish has set a nearer deadline
	default:
	}
	if !x.known {
		return
	}
	x.ws.SetReadDeadline(time.Now().Add(x.server.Numbers.Dead)) //nolint:errcheck // shows up in the read
	select {
	case x.beat <- struct{}{}:
	default:
	}
}

// pinged answers a ping of the WebSocket level. Those count as messages do.
func (x *session) pinged(data string) error {
	if !x.limit.Allow() {
		if x.refused++; x.refused > refusals {
			x.bye(protocol.CodeRate)
		}
		return nil
	}
	x.hear()
	err := x.ws.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(drainWithin))
	if errors.Is(err, websocket.ErrCloseSent) {
		return nil
	}
	return err
}

// alive asks the other side for a pong and waits for it, or for any frame.
func (x *session) alive(within time.Duration) bool {
	select {
	case <-x.beat:
	default:
	}
	deadline := time.Now().Add(within)
	if err := x.ws.WriteControl(websocket.PingMessage, nil, deadline); err != nil {
		return false
	}
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case <-x.beat:
		return true
	case <-x.done:
	case <-timer.C:
	}
	return false
}

// handle answers one message.
func (x *session) handle(ctx context.Context, data []byte) {
	envelope, m, err := protocol.Decode(data)
	typ := "unknown"
	if m != nil {
		typ = m.Type()
	}
	if !x.limit.Allow() {
		x.refused++
		x.count(typ, protocol.CodeRate)
		if x.refused > refusals {
			x.bye(protocol.CodeRate)
			return
		}
		x.send(envelope.ID, protocol.Error{Code: protocol.CodeRate})
		return
	}
	if err != nil {
		code := codeOf(err)
		x.count(typ, code)
		detail := ""
		if code == protocol.CodeUnknown {
			detail = clip(envelope.Type, 64)
		}
		x.send(envelope.ID, protocol.Error{Code: code, Detail: detail})
		return
	}
	if ping, ok := m.(protocol.Ping); ok {
		x.count(typ, "")
		x.send(envelope.ID, protocol.Pong{AtMS: ping.AtMS, NowMS: nowMS()})
		return
	}
	if envelope.ID == "" || x.ledger == nil {
		x.send(envelope.ID, x.command(ctx, envelope.ID, m))
		return
	}
	e, first := x.ledger.begin(typ + " " + envelope.ID)
	if !first {
		select {
		case <-e.done:
		case <-ctx.Done():
			return
		}
		if e.answer != nil {
			x.count(typ, "replayed")
			x.put(frame{typ: typ, data: e.answer})
			return
		}
		x.send(envelope.ID, protocol.Error{Code: protocol.CodeRate}) // the first try came to nothing: send it again
		return
	}
	answer := x.command(ctx, envelope.ID, m)
	encoded, err := protocol.Encode("", envelope.ID, answer)
	failed, isError := answer.(protocol.Error)
	x.ledger.settle(e, encoded, err == nil && (!isError || !passing(failed.Code)))
	if err != nil {
		x.send(envelope.ID, protocol.Error{Code: protocol.CodeInternal})
		return
	}
	x.put(frame{typ: answer.Type(), data: encoded})
}

// command carries a command out and returns its answer.
func (x *session) command(ctx context.Context, id string, m protocol.Message) protocol.Message {
	ctx, cancel := context.WithTimeout(ctx, x.server.Numbers.Command)
	defer cancel()
	answer, err := x.server.command(ctx, x, id, m)
	if err != nil {
		code := codeOf(err)
		x.count(m.Type(), code)
		if code == protocol.CodeInternal {
			x.server.Logger.Error("command failed", "type", m.Type(), "face", x.who.Face, "err", err)
		}
		failed := protocol.Error{Code: code}
		if code == protocol.CodeState {
			failed.Because = becauseOf(err)
		}
		return failed
	}
	x.count(m.Type(), "")
	if answer == nil {
		return protocol.OK{}
	}
	return answer
}

func (x *session) count(typ string, code protocol.Code) {
	result := string(code)
	if result == "" {
		result = "ok"
	}
	x.server.metrics.messages.WithLabelValues(typ, result).Inc()
}

// send queues an answer (re is set) or a message of its own.
func (x *session) send(re string, m protocol.Message) {
	data, err := protocol.Encode("", re, m)
	if err != nil {
		x.server.Logger.Error("message cannot be encoded", "type", m.Type(), "err", err)
		return
	}
	x.put(frame{typ: m.Type(), data: data})
}

// sendState queues a state, in place of one that has not gone out yet.
func (x *session) sendState(m protocol.Message) {
	select {
	case <-x.done:
		return // he may have been locked out: what is new is not for him
	default:
	}
	data, err := protocol.Encode("", "", m)
	if err != nil {
		x.server.Logger.Error("state cannot be encoded", "type", m.Type(), "err", err)
		return
	}
	x.put(frame{typ: m.Type(), data: data, state: true})
}

func (x *session) put(f frame) {
	if err := x.out.put(f); err != nil {
		x.finish(websocket.CloseTryAgainLater, protocol.CodeSlow)
	}
}

// bye ends the socket with a reason that the page understands.
func (x *session) bye(code protocol.Code) {
	kind := websocket.ClosePolicyViolation
	if code == protocol.CodeShutdown {
		kind = websocket.CloseGoingAway
	}
	x.finish(kind, code)
}

// finish ends the socket once; later calls change nothing.
func (x *session) finish(kind int, bye protocol.Code) {
	x.once.Do(func() {
		x.last.close, x.last.bye = kind, bye
		close(x.done)
		if bye != "" { // let the reader out; drain sets its own deadline
			x.ws.SetReadDeadline(time.Now().Add(drainWithin)) //nolint:errcheck // shows up in the read
		}
	})
}

func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return s[:n]
}
