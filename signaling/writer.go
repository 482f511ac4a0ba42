package signaling

import (
	"time"

	"github.com/gorilla/websocket"

	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// write is the one writer of a socket: frames in their order, pings, and the
// goodbye.
func (x *session) write() {
	ping := time.NewTicker(x.server.Numbers.Ping)
	defer ping.Stop()
	for {
		select {
		case <-x.out.wake:
			if !x.writeAll(x.out.take()) {
				x.finish(websocket.CloseAbnormalClosure, "")
				x.ws.Close() //nolint:errcheck // frees the reader
				return
			}
		case <-ping.C:
			deadline := time.Now().Add(x.server.Numbers.Dead)
			if err := x.ws.WriteControl(websocket.PingMessage, nil, deadline); err != nil {
				x.finish(websocket.CloseAbnormalClosure, "")
				x.ws.Close() //nolint:errcheck // frees the reader
				return
			}
		case <-x.done:
			x.farewell()
			return
		}
	}
}

func (x *session) writeAll(frames []frame) bool {
	for _, f := range frames {
		x.ws.SetWriteDeadline(time.Now().Add(writeWithin)) //nolint:errcheck // shows up in the write
		if err := x.ws.WriteMessage(websocket.TextMessage, f.data); err != nil {
			return false
		}
	}
	return true
}

// farewell writes what is left, then bye and the close frame. A client that
// does not read gets only the latter, and little time.
func (x *session) farewell() {
	within := drainWithin
	x.ws.SetWriteDeadline(time.Now().Add(within)) //nolint:errcheck // shows up in the write
	if x.last.bye != protocol.CodeSlow {
		for _, f := range x.out.take() {
			if x.ws.WriteMessage(websocket.TextMessage, f.data) != nil {
				return
			}
		}
	}
	if x.last.bye != "" {
		if data, err := protocol.Encode("", "", protocol.Bye{Code: x.last.bye}); err == nil {
			if x.ws.WriteMessage(websocket.TextMessage, data) != nil {
				return
			}
		}
	}
	reason := websocket.FormatCloseMessage(x.last.close, string(x.last.bye))
	x.ws.WriteControl(websocket.CloseMessage, reason, time.Now().Add(within)) //nolint:errcheck // the socket ends either way
}
