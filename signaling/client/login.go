package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// maxAnswer bounds what is read from an HTTP answer that is not a page.
const maxAnswer = 1 << 20

// User is who logged in.
type User struct {
	ID   string        `json:"id"`
	Name string        `json:"name"`
	Role protocol.Role `json:"role"`
	Seat string        `json:"seat"`
}

// post sends in as JSON and decodes the answer into out; a status other than
// 200 is an *Error.
func (e *endpoint) post(ctx context.Context, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("client: POST %s: %w", path, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.path(path), bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("client: POST %s: %w", path, err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", e.origin())
	return e.exchange(req, out)
}

// exchange sends a request and decodes its answer into out, unless that is nil;
// a status other than 200 and 204 is an *Error.
func (e *endpoint) exchange(req *http.Request, out any) error {
	what := req.Method + " " + req.URL.Path
	answer, err := e.web.Do(req)
	if err != nil {
		return fmt.Errorf("client: %s: %w", what, err)
	}
	defer func() { _ = answer.Body.Close() }()
	data, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("client: %s: %w", what, err)
	}
	if answer.StatusCode != http.StatusOK && answer.StatusCode != http.StatusNoContent {
		return refusal(what, answer.StatusCode, data)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(data, out); err != nil {
		return fmt.Errorf("client: %s: answer is not JSON: %w", what, err)
	}
	return nil
}

func refusal(what string, status int, data []byte) error {
	var said struct {
		Code    protocol.Code `json:"code"`
		Detail  string        `json:"detail"`
		RetryMS int64         `json:"retry_ms"`
	}
	_ = json.Unmarshal(data, &said) // a proxy may answer anything; the status is kept
	return &Error{What: what, Code: said.Code, Detail: said.Detail, Status: status, Retry: time.Duration(said.RetryMS) * time.Millisecond}
}

// login opens the session cookie of a face. A server that counts log-ins and
// says when to come again is waited for, within ctx.
func (e *endpoint) login(ctx context.Context, face protocol.Face, user, password string) (User, error) {
	in := map[string]string{"face": string(face), "user": user, "password": password}
	for {
		var u User
		err := e.post(ctx, "/api/login", in, &u)
		var refused *Error
		if err == nil || !asError(err, &refused) || refused.Status != http.StatusTooManyRequests {
			return u, err
		}
		if err := pause(ctx, max(refused.Retry, 100*time.Millisecond)); err != nil {
			return User{}, fmt.Errorf("client: log-in of %s: %w after %w", user, err, refused)
		}
	}
}

// socketTicket asks for the single-use ticket that hello carries.
func (e *endpoint) socketTicket(ctx context.Context, face protocol.Face, station string) (string, error) {
	var in any = struct{}{}
	if face == protocol.FaceStation {
		in = map[string]string{"station": station}
	}
	var out struct {
		Ticket string `json:"ticket"`
	}
	path := "/api/" + string(face) + "/socket"
	if err := e.post(ctx, path, in, &out); err != nil {
		return "", err
	}
	if out.Ticket == "" {
		return "", fmt.Errorf("client: POST %s: answer carries no ticket", path)
	}
	return out.Ticket, nil
}

// page fetches the bytes of a stored page, at most limit of them.
func (e *endpoint) page(ctx context.Context, id string, limit int64) ([]byte, error) {
	path := "/api/desk/pages/" + id
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, e.path(path), nil)
	if err != nil {
		return nil, fmt.Errorf("client: GET %s: %w", path, err)
	}
	answer, err := e.web.Do(req)
	if err != nil {
		return nil, fmt.Errorf("client: GET %s: %w", path, err)
	}
	defer func() { _ = answer.Body.Close() }()
	data, err := io.ReadAll(io.LimitReader(answer.Body, limit+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("client: GET %s: %w", path, err)
	case answer.StatusCode != http.StatusOK:
		return nil, refusal("GET "+path, answer.StatusCode, data[:min(len(data), maxAnswer)])
	case int64(len(data)) > limit:
		return nil, fmt.Errorf("client: GET %s: more than %d bytes", path, limit)
	}
	return data, nil
}
