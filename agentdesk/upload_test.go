package agentdesk

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

const pagePath = "/api/station/pages/"

// good is what a station sends, for a test to spoil.
func good(r *http.Request) {
	upload(offered.token)(r)
	r.Header.Del("Origin")
}

func TestUpload(t *testing.T) {
	d := newDesk(t, nil)
	if r := d.ask("GET", pagePath+offered.id, "", good); r.status != 200 || r.body != `{"have":0}`+"\n" {
		t.Fatalf("have: %d %s", r.status, r.body)
	}
	if r := d.ask("PUT", pagePath+offered.id, "pa", good); r.status != 409 || r.body != `{"code":"offset","have":2}`+"\n" {
		t.Errorf("half: %d %s", r.status, r.body)
	}
	if r := d.ask("PUT", pagePath+offered.id, "page", good); r.status != 409 || r.body != `{"code":"offset","have":2}`+"\n" {
		t.Errorf("from the start again: %d %s", r.status, r.body)
	}
	if r := d.ask("GET", pagePath+offered.id, "", good); r.body != `{"have":2}`+"\n" {
		t.Errorf("have: %s", r.body)
	}
	if r := d.ask("PUT", pagePath+offered.id, "ge", good, header("Upload-Offset", "2")); r.status != 204 || r.body != "" {
		t.Errorf("the rest: %d %s", r.status, r.body)
	}
	if r := d.ask("PUT", pagePath+offered.id, "ge", good, header("Upload-Offset", "2")); r.status != 409 {
		t.Errorf("replayed: %d %s", r.status, r.body)
	}
}

// TestUploadRefusals: nothing of a body is read before everything else is right.
func TestUploadRefusals(t *testing.T) {
	wrong := func(name, value string) func(*http.Request) { return header(name, value) }
	encode := base64.RawURLEncoding.EncodeToString
	for _, tt := range []struct {
		name, page string
		with       func(*http.Request)
		status     int
		code       string
	}{
		{"no token", "", wrong("Authorization", ""), 401, "upload"},
		{"another token", "", wrong("Authorization", "Bearer other"), 401, "upload"},
		{"no scheme", "", wrong("Authorization", offered.token), 401, "upload"},
		{"basic", "", wrong("Authorization", "Basic "+offered.token), 401, "upload"},
		{"empty token", "", wrong("Authorization", "Bearer "), 401, "upload"},
		{"long token", "", wrong("Authorization", "Bearer "+strings.Repeat("a", maxToken+1)), 401, "upload"},
		{"token with a space", "", wrong("Authorization", "Bearer a b"), 401, "upload"},
		{"another page", strings.Repeat("0b", 16), wrong("X", ""), 401, "upload"},
		{"short page", "0a", wrong("X", ""), 422, "bad_frame"},
		{"page in capitals", strings.Repeat("0A", 16), wrong("X", ""), 422, "bad_frame"},
		{"no offer", "", wrong("Page-Offer", ""), 422, "bad_frame"},
		{"offer in the clear", "", wrong("Page-Offer", offered.offer), 422, "bad_frame"},
		{"offer with padding", "", wrong("Page-Offer", encode([]byte(offered.offer))+"="), 422, "bad_frame"},
		{"offer that is no JSON", "", wrong("Page-Offer", encode([]byte("{"))), 422, "bad_frame"},
		{"long offer", "", wrong("Page-Offer", encode([]byte(`"`+strings.Repeat("a", maxOffer)+`"`))), 422, "bad_frame"},
		{"another offer", "", wrong("Page-Offer", encode([]byte(`{}`))), 401, "upload"},
		{"no type", "", wrong("Content-Type", ""), 415, "type"},
		{"PDF", "", wrong("Content-Type", "application/pdf"), 415, "type"},
		{"type with parameters", "", wrong("Content-Type", "image/jpeg; charset=x"), 415, "type"},
		{"no offset", "", wrong("Upload-Offset", ""), 409, "offset"},
		{"offset ahead", "", wrong("Upload-Offset", "1"), 409, "offset"},
		{"offset below 0", "", wrong("Upload-Offset", "-1"), 409, "offset"},
		{"offset that is no number", "", wrong("Upload-Offset", "0x0"), 409, "offset"},
		{"huge offset", "", wrong("Upload-Offset", "99999999999999999999"), 409, "offset"},
		{"said to be too long", "", func(r *http.Request) { r.ContentLength = maxPage + 1 }, 413, "too_large"},
		{"another site's page", "", wrong("Origin", "https://evil.example"), 403, "origin"},
	} {
		d := newDesk(t, nil)
		page := tt.page
		if page == "" {
			page = offered.id
		}
		read := false
		body := func(r *http.Request) {
			r.Body = io.NopCloser(readerFunc(func([]byte) (int, error) { read = true; return 0, io.EOF }))
		}
		r := d.ask("PUT", pagePath+page, "page", good, body, tt.with)
		if f := r.refusal(t); r.status != tt.status || f.Code != tt.code {
			t.Errorf("%s: %d %s", tt.name, r.status, r.body)
		}
		if read || len(d.came) > 0 {
			t.Errorf("%s: the body was read", tt.name)
		}
	}
}

// TestUploadFailures: what the store says of the bytes.
func TestUploadFailures(t *testing.T) {
	for name, tt := range map[string]struct {
		err    error
		status int
		code   string
	}{
		"hash":      {&UploadError{Code: "bad_hash", Status: 422}, 422, "bad_hash"},
		"not asked": {&UploadError{Code: "not_asked", Status: 422}, 422, "not_asked"},
		"disk":      {fmt.Errorf("write: %w", &UploadError{Code: "disk_full", Status: 507}), 507, "disk_full"},
		"database":  {ErrUnavailable, 503, "records_away"},
		"other":     {errors.New("secret cause"), 503, "records_away"},
	} {
		d := newDesk(t, func(o *Options) {
			o.Upload.Receive = func(_ context.Context, _, _ string, _ []byte, _ int64, body io.Reader) error {
				if _, err := io.Copy(io.Discard, body); err != nil {
					return err
				}
				return tt.err
			}
		})
		if r := d.ask("PUT", pagePath+offered.id, "page", good); r.status != tt.status || r.refusal(t).Code != tt.code || strings.Contains(r.body, "secret") {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	d := newDesk(t, nil)
	// A body without a length that goes on and on, and one that is cut.
	endless := func(r *http.Request) {
		r.ContentLength = -1
		r.Body = io.NopCloser(readerFunc(func(p []byte) (int, error) { return len(p), nil }))
	}
	if r := d.ask("PUT", pagePath+offered.id, "", good, endless); r.status != 413 || r.refusal(t).Code != "too_large" {
		t.Errorf("endless: %d %s", r.status, r.body)
	}
	d = newDesk(t, nil)
	cut := func(r *http.Request) {
		r.Body = io.NopCloser(io.MultiReader(strings.NewReader("pag"), readerFunc(func([]byte) (int, error) { return 0, io.ErrUnexpectedEOF })))
	}
	if r := d.ask("PUT", pagePath+offered.id, "", good, cut); r.status != 400 {
		t.Errorf("cut: %d %s", r.status, r.body)
	}
	if r := d.ask("PUT", pagePath+offered.id, "e", good, header("Upload-Offset", "3")); r.status != 204 {
		t.Errorf("after the cut: %d %s, the page is %q", r.status, r.body, d.came)
	}
	if r := newDesk(t, func(o *Options) { o.Upload = UploadFuncs{} }).ask("GET", pagePath+offered.id, "", good); r.status != 404 {
		t.Errorf("without a store: %d", r.status)
	}
}

// TestUploadsAtOnce: more than a node takes at once are told to come again.
func TestUploadsAtOnce(t *testing.T) {
	in, hold := make(chan struct{}), make(chan struct{})
	d := newDesk(t, func(o *Options) {
		o.Upload.Receive = func(context.Context, string, string, []byte, int64, io.Reader) error {
			in <- struct{}{}
			<-hold
			return nil
		}
	})
	done := make(chan int)
	for range uploads {
		go func() { done <- d.ask("PUT", pagePath+offered.id, "page", good).status }()
		<-in
	}
	if r := d.ask("PUT", pagePath+offered.id, "page", good); r.status != 503 || r.header.Get("Retry-After") == "" {
		t.Errorf("one too many: %d", r.status)
	}
	close(hold)
	for range uploads {
		if got := <-done; got != 204 {
			t.Errorf("one of those that came: %d", got)
		}
	}
}

// TestUploadLongerThanAnswers: a page that takes longer than the server lets any
// other answer take is told that it was stored.
func TestUploadLongerThanAnswers(t *testing.T) {
	d := newDesk(t, nil)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := NewHTTPServer(d.handler, slog.New(slog.DiscardHandler))
	srv.WriteTimeout = time.Nanosecond // over before any handler answers
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	defer func() {
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	}()
	ask := func(method string, body io.Reader) (*http.Response, error) {
		r, err := http.NewRequestWithContext(t.Context(), method, "http://"+l.Addr().String()+pagePath+offered.id, body)
		if err != nil {
			t.Fatal(err)
		}
		good(r)
		transport := &http.Transport{DisableKeepAlives: true}
		return transport.RoundTrip(r)
	}
	if r, err := ask(http.MethodGet, nil); err == nil {
		r.Body.Close()
		t.Fatalf("the bound on answers does not hold: %d", r.StatusCode)
	}
	r, err := ask(http.MethodPut, strings.NewReader("page"))
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusNoContent {
		t.Errorf("%d", r.StatusCode)
	}
}

func TestClips(t *testing.T) {
	for name, tt := range map[string]struct {
		files fstest.MapFS
		ok    bool
	}{
		"good":             {fstest.MapFS{"index.json": {Data: []byte(`{"zh":{"a":"a.wav"}}`)}, "zh/a.wav": {}}, true},
		"no list":          {fstest.MapFS{}, false},
		"no JSON":          {fstest.MapFS{"index.json": {Data: []byte(`[]`)}}, false},
		"absent file":      {fstest.MapFS{"index.json": {Data: []byte(`{"zh":{"a":"a.wav"}}`)}}, false},
		"folder":           {fstest.MapFS{"index.json": {Data: []byte(`{"zh":{"a":"a.wav"}}`)}, "zh/a.wav/b": {}}, false},
		"outside":          {fstest.MapFS{"index.json": {Data: []byte(`{"zh":{"a":"../a.wav"}}`)}, "a.wav": {}}, false},
		"deeper":           {fstest.MapFS{"index.json": {Data: []byte(`{"zh":{"a":"b/a.wav"}}`)}, "zh/b/a.wav": {}}, false},
		"no sound":         {fstest.MapFS{"index.json": {Data: []byte(`{"zh":{"a":"a.html"}}`)}, "zh/a.html": {}}, false},
		"too long":         {fstest.MapFS{"index.json": {Data: []byte(`{"zh":{"a":"a.ogg"}}`)}, "zh/a.ogg": {Data: make([]byte, maxClip+1)}}, false},
		"list is too long": {fstest.MapFS{"index.json": {Data: []byte(`{}` + strings.Repeat(" ", maxIndex))}}, false},
	} {
		if _, err := openClips(tt.files); (err == nil) != tt.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	d := newDesk(t, nil)
	if r := d.ask("GET", "/clips/zh/idle.call.mp3", "", header("Range", "bytes=1-2")); r.status != 206 || r.body != "ou" {
		t.Errorf("part of a clip: %d %q", r.status, r.body)
	}
	d = newDesk(t, func(o *Options) { o.Clips = nil })
	if r := d.ask("GET", "/clips/index.json", ""); r.status != 404 {
		t.Errorf("without clips: %d", r.status)
	}
	if r := d.ask("GET", "/api/info", ""); !strings.Contains(r.body, `"clips":false`) {
		t.Errorf("info: %s", r.body)
	}
}
