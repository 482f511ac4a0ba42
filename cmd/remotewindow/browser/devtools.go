package browser

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
)

// maxFrame bounds one message of the browser, in bytes.
const maxFrame = 16 << 20

// errEnded: the browser closed its end of the pipe.
var errEnded = errors.New("the browser has ended")

// notice is an event that the browser sends by itself.
type notice struct {
	Method  string
	Session string
	Params  json.RawMessage
}

// devtools is a client of the Chrome DevTools Protocol over a pipe: JSON
// messages that end in a zero byte, with flat sessions.
type devtools struct {
	to      io.Writer
	notices chan notice // closed when the browser has ended

	writing sync.Mutex
	mu      sync.Mutex
	next    int64
	waiting map[int64]chan answer
	ended   bool
}

type answer struct {
	Result json.RawMessage
	Error  *struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	}
}

// newDevtools reads from until it ends. Whoever calls must read notices, or
// answers stop as well.
func newDevtools(to io.Writer, from io.Reader) *devtools {
	d := &devtools{to: to, notices: make(chan notice, 64), waiting: map[int64]chan answer{}}
	go d.read(from)
	return d
}

func (d *devtools) read(from io.Reader) {
	lines := bufio.NewScanner(from)
	lines.Buffer(make([]byte, 64<<10), maxFrame)
	lines.Split(func(data []byte, atEOF bool) (int, []byte, error) {
		for i, b := range data {
			if b == 0 {
				return i + 1, data[:i], nil
			}
		}
		return 0, nil, nil // half a message at the end is none
	})
	for lines.Scan() {
		var m struct {
			ID        int64           `json:"id"`
			Method    string          `json:"method"`
			SessionID string          `json:"sessionId"`
			Params    json.RawMessage `json:"params"`
			answer
		}
		if json.Unmarshal(lines.Bytes(), &m) != nil {
			continue
		}
		if m.ID == 0 {
			select {
			case d.notices <- notice{m.Method, m.SessionID, m.Params}:
			default: // only a flood of events that nobody asked for fills it; pings find what was missed
			}
			continue
		}
		d.mu.Lock()
		reply := d.waiting[m.ID]
		delete(d.waiting, m.ID)
		d.mu.Unlock()
		if reply != nil {
			reply <- m.answer
		}
	}
	d.mu.Lock()
	d.ended = true
	for id, reply := range d.waiting {
		close(reply)
		delete(d.waiting, id)
	}
	d.mu.Unlock()
	close(d.notices)
}

// call sends a command, to a session of a page or (session "") to the browser,
// and decodes its result unless result is nil.
func (d *devtools) call(ctx context.Context, session, method string, params, result any) error {
	reply := make(chan answer, 1)
	d.mu.Lock()
	if d.ended {
		d.mu.Unlock()
		return fmt.Errorf("%s: %w", method, errEnded)
	}
	d.next++
	id := d.next
	d.waiting[id] = reply
	d.mu.Unlock()
	message := map[string]any{"id": id, "method": method}
	if params != nil {
		message["params"] = params
	}
	if session != "" {
		message["sessionId"] = session
	}
	b, err := json.Marshal(message)
	if err == nil {
		d.writing.Lock()
		_, err = d.to.Write(append(b, 0))
		d.writing.Unlock()
	}
	if err != nil {
		d.forget(id)
		return fmt.Errorf("%s: %w", method, err)
	}
	select {
	case a, ok := <-reply:
		switch {
		case !ok:
			return fmt.Errorf("%s: %w", method, errEnded)
		case a.Error != nil:
			return fmt.Errorf("%s: %s (%d)", method, a.Error.Message, a.Error.Code)
		case result != nil:
			if err := json.Unmarshal(a.Result, result); err != nil {
				return fmt.Errorf("%s: %w", method, err)
			}
		}
		return nil
	case <-ctx.Done():
		d.forget(id)
		return fmt.Errorf("%s: %w", method, ctx.Err())
	}
}

func (d *devtools) forget(id int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.waiting, id)
}
