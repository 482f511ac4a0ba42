package client

import (
	"context"
	"fmt"
	"net/http"
	"sync"

	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// face is what Station, Agent and Supervisor share: a session and the latest
// whole state that it pushed.
type face[T any] struct {
	session session
	watch   watch[T]
}

func (f *face[T]) init(e *endpoint, what string, takeOver bool) {
	f.watch.what = what
	f.session = session{
		endpoint: e,
		what:     what,
		takeOver: takeOver,
		wake:     make(chan struct{}, 1),
		hello:    func() protocol.Hello { return protocol.Hello{} },
		renew:    f.watch.renew,
		finish:   f.watch.end,
		push: func(m protocol.Message) {
			if state, ok := m.(T); ok {
				f.watch.put(state)
			}
		},
	}
}

// State returns the latest state; the zero one before the first push.
func (f *face[T]) State() T { return f.watch.get() }

// WaitState returns the first state that fits, beginning with the present one;
// states that come quickly after each other are all looked at. fits must be
// quick and must not call the client. On failure the error names the last state.
func (f *face[T]) WaitState(ctx context.Context, fits func(T) bool) (T, error) {
	return f.watch.until(ctx, f.session.done, fits)
}

// Call sends m as a command and returns the answer; a refusal is an *Error. It
// is sent again under the same id when the socket breaks before the answer.
func (f *face[T]) Call(ctx context.Context, m protocol.Message) (protocol.Message, error) {
	return f.session.call(ctx, m)
}

// Welcome returns the server's greeting of the present socket.
func (f *face[T]) Welcome() protocol.Welcome { return f.session.greeting() }

// Cut breaks the socket as a network does. It comes back by itself.
func (f *face[T]) Cut() { f.session.cut() }

// Done is closed when no socket will come any more: after Close, or when the
// server ended it for good.
func (f *face[T]) Done() <-chan struct{} { return f.session.done }

// Close says goodbye and waits for the goroutines. Media is closed by who made it.
func (f *face[T]) Close(ctx context.Context) error { return f.session.close(ctx) }

// open connects and waits for the first state.
func (f *face[T]) open(ctx context.Context) error {
	if err := f.session.start(ctx); err != nil {
		return err
	}
	if _, err := f.WaitState(ctx, func(T) bool { return true }); err != nil {
		_ = f.session.close(ctx)
		return err
	}
	return nil
}

// staff logs in and returns how a session gets its socket tickets: with the
// cookie, and with the password once more when the server forgot the cookie.
func staff(ctx context.Context, e *endpoint, page protocol.Face, user, password string) (User, func(context.Context) (string, error), error) {
	var who User
	err := e.round(ctx, func(ctx context.Context) (err error) {
		who, err = e.login(ctx, page, user, password)
		return err
	})
	if err != nil {
		e.web.CloseIdleConnections()
		return User{}, nil, fmt.Errorf("client: log-in of %s: %w", user, err)
	}
	return who, func(ctx context.Context) (string, error) {
		ticket, err := e.socketTicket(ctx, page, "")
		var refused *Error
		if asError(err, &refused) && refused.Status == http.StatusUnauthorized {
			if _, err := e.login(ctx, page, user, password); err != nil {
				return "", err
			}
			return e.socketTicket(ctx, page, "")
		}
		return ticket, err
	}, nil
}

// joiner opens media connections by the grants that state carries.
type joiner struct {
	mu   sync.Mutex // guards the following fields
	used map[string]bool
}

// take reports whether the grant was not used before, and marks it.
func (j *joiner) take(g *protocol.MediaGrant) bool {
	if g == nil {
		return false
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return !j.used[g.Token]
}

func (j *joiner) spent(token string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.used == nil {
		j.used = make(map[string]bool)
	}
	j.used[token] = true
}

// join makes the one offer of a Media and applies the answer. A token that went
// stale between state and offer is replaced by the next state's, once.
func join[T any](ctx context.Context, f *face[T], j *joiner, role protocol.Role, grant func(T) *protocol.MediaGrant, o MediaOptions) (*Media, error) {
	for attempt := 0; ; attempt++ {
		state, err := f.WaitState(ctx, func(s T) bool { return j.take(grant(s)) })
		if err != nil {
			return nil, fmt.Errorf("join: no media grant: %w", err)
		}
		g := grant(state)
		j.spent(g.Token)
		m, err := joinWith(ctx, f, g, role, o)
		if err == nil {
			return m, nil
		}
		if CodeOf(err) != protocol.CodeMedia || attempt > 0 {
			return nil, fmt.Errorf("client: %s: join: %w", f.session.what, err)
		}
	}
}

func joinWith[T any](ctx context.Context, f *face[T], g *protocol.MediaGrant, role protocol.Role, o MediaOptions) (*Media, error) {
	if g.Layout != protocol.Layout {
		return nil, fmt.Errorf("grant of layout %d, want %d", g.Layout, protocol.Layout)
	}
	m, err := newMedia(role, g.Codec, o, f.session.log)
	if err != nil {
		return nil, err
	}
	if err := m.negotiate(ctx, f, g.Token); err != nil {
		_ = m.Close()
		return nil, err
	}
	return m, nil
}

// caller sends a command and returns its answer.
type caller interface {
	Call(ctx context.Context, m protocol.Message) (protocol.Message, error)
}

func (m *Media) negotiate(ctx context.Context, c caller, token string) error {
	sdp, err := m.offer(ctx)
	if err != nil {
		return err
	}
	answer, err := c.Call(ctx, protocol.MediaOffer{Token: token, SDP: sdp})
	if err != nil {
		return err
	}
	got, ok := answer.(protocol.MediaAnswer)
	if !ok {
		return fmt.Errorf("media.offer answered by %s", answer.Type())
	}
	return m.answer(ctx, got.SDP)
}
