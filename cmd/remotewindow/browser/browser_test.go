package browser

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// kept is a keeper with a real Chromium over pages that the test serves.
type kept struct {
	t      *testing.T
	o      Options
	events chan Event
	cancel context.CancelFunc
	done   chan error
}

func keep(t *testing.T, url string) *kept {
	t.Helper()
	k := &kept{t: t, events: make(chan Event, 64), done: make(chan error, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	k.cancel = cancel
	k.o = Options{
		URL: url, Profile: filepath.Join(t.TempDir(), "profile"), Headless: true,
		Args: []string{"--no-sandbox", "--use-fake-device-for-media-stream"},
		Ping: 200 * time.Millisecond, Patience: 2 * time.Second, Misses: 3,
		Logger: slog.New(slog.DiscardHandler), OnEvent: func(e Event) { k.events <- e },
	}
	go func() { k.done <- Run(ctx, k.o) }()
	t.Cleanup(func() {
		cancel()
		if err := <-k.done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return k
}

// until waits for the events in this order, others between them.
func (k *kept) until(want ...Event) {
	k.t.Helper()
	patience := time.After(90 * time.Second)
	var seen []Event
	for len(want) > 0 {
		select {
		case e := <-k.events:
			seen = append(seen, e)
			if e == want[0] {
				want = want[1:]
			}
		case <-patience:
			k.t.Fatalf("still waiting for %v after %v", want, seen)
		}
	}
}

// processes lists the pids whose command line names the profile and the word.
func processes(t *testing.T, profile, word string) []int {
	t.Helper()
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for _, d := range dirs {
		line, err := os.ReadFile(filepath.Join(d, "cmdline"))
		if err != nil || !bytes.Contains(line, []byte(profile)) || !bytes.Contains(line, []byte(word)) {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(d))
		if err != nil {
			t.Fatal(err)
		}
		pids = append(pids, pid)
	}
	return pids
}

func page(w http.ResponseWriter, script string) {
	w.Header().Set("Content-Type", "text/html")
	_, _ = fmt.Fprintf(w, "<!doctype html><title>kiosk</title><h1>kiosk</h1><script>%s</script>", script)
}

func TestCrashedPageComesBack(t *testing.T) {
	var loads atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/kiosk" {
			loads.Add(1)
		}
		page(w, "")
	}))
	defer s.Close()
	k := keep(t, s.URL+"/kiosk")
	k.until(Started, Opened)
	for _, pid := range processes(t, k.o.Profile, "--type=renderer") {
		if err := syscall.Kill(pid, syscall.SIGSEGV); err != nil && !errors.Is(err, syscall.ESRCH) {
			t.Fatal(err)
		}
	}
	k.until(Crashed, Restored, Opened)
	if n := loads.Load(); n < 2 {
		t.Errorf("the page was loaded %d times", n)
	}
}

func TestHungPageIsOpenedAnew(t *testing.T) {
	var loads atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/kiosk" && loads.Add(1) == 1 {
			page(w, "onload = () => setTimeout(() => { for (;;) {} }, 500)")
			return
		}
		page(w, "")
	}))
	defer s.Close()
	k := keep(t, s.URL+"/kiosk")
	k.until(Started, Hung, Restored, Opened)
}

func TestServerAwayAtTheStart(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	k := keep(t, "http://"+address+"/kiosk")
	k.until(Started, Astray)
	if l, err = net.Listen("tcp", address); err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { page(w, "") })}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	k.until(Restored, Opened)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		t.Error(err)
	}
}

// A page that loads slowly is let load: many pings pass before it is there.
func TestSlowPageIsLeftAlone(t *testing.T) {
	var loads, pings atomic.Int32
	ready := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/kiosk":
			loads.Add(1)
			page(w, "setInterval(() => fetch('/alive'), 100)</script><img src='/slow'><script>")
		case "/alive":
			if pings.Add(1) == 15 { // some seven pings of the keeper later
				close(ready)
			}
		case "/slow":
			select {
			case <-ready:
			case <-r.Context().Done():
			}
		}
	}))
	defer s.Close()
	k := keep(t, s.URL+"/kiosk")
	k.until(Started, Opened)
	if n := loads.Load(); n != 1 {
		t.Errorf("the page was opened %d times", n)
	}
}

func TestBrowserThatEndsIsStartedAgain(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { page(w, "") }))
	defer s.Close()
	k := keep(t, s.URL+"/kiosk")
	k.until(Started, Opened)
	for _, pid := range processes(t, k.o.Profile, "--remote-debugging-pipe") {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			t.Fatal(err)
		}
	}
	k.until(Ended, Started, Opened)
	k.cancel()
	k.done <- <-k.done // for the clean-up
	// The browser's own children notice its end a moment after it.
	deadline := time.Now().Add(20 * time.Second)
	for left := alive(t, k.o.Profile); len(left) > 0; left = alive(t, k.o.Profile) {
		if time.Now().After(deadline) {
			t.Fatalf("processes %v of the browser are left", left)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// alive lists the processes of a profile that have not ended.
func alive(t *testing.T, profile string) []int {
	t.Helper()
	var pids []int
	for _, pid := range processes(t, profile, "--") {
		if state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil && !strings.Contains(string(state), ") Z ") {
			pids = append(pids, pid)
		}
	}
	return pids
}

func TestCameraIsGranted(t *testing.T) {
	asked := make(chan string, 1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/kiosk":
			page(w, `navigator.mediaDevices.getUserMedia({ video: true, audio: true })
				.then(() => fetch('/granted'), (e) => fetch('/refused?' + e.name))`)
		case "/granted", "/refused":
			select {
			case asked <- r.URL.RequestURI():
			default:
			}
		}
	}))
	defer s.Close()
	keep(t, s.URL+"/kiosk")
	select {
	case got := <-asked:
		if got != "/granted" {
			t.Errorf("the page got %s", got)
		}
	case <-time.After(90 * time.Second):
		t.Fatal("the page did not say")
	}
}

func TestWhatCannotBeTriedAgainIsAnError(t *testing.T) {
	dir := t.TempDir()
	held, err := lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer held()
	for name, o := range map[string]Options{
		"no address":     {Profile: t.TempDir()},
		"a file":         {URL: "file:///kiosk", Profile: t.TempDir()},
		"no profile":     {URL: "http://127.0.0.1/kiosk"},
		"no browser":     {URL: "http://127.0.0.1/kiosk", Profile: t.TempDir(), Executable: "no-such-browser"},
		"profile in use": {URL: "http://127.0.0.1/kiosk", Profile: dir},
	} {
		if err := Run(t.Context(), o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestAddress(t *testing.T) {
	for raw, want := range map[string]string{
		"https://Window.example:443/kiosk?station=s07#x": "https://window.example/kiosk",
		"http://127.0.0.1:8080":                          "http://127.0.0.1:8080/",
		"http://window.example:80/kiosk":                 "http://window.example/kiosk",
	} {
		if got := address(raw); got != want {
			t.Errorf("address(%q) = %q, want %q", raw, got, want)
		}
	}
}

// TestJunkFromTheBrowser: whatever comes over the pipe, calls end.
func TestJunkFromTheBrowser(t *testing.T) {
	for _, junk := range []string{"", "\x00", "{}\x00", "not json\x00", `{"id":"x"}` + "\x00", `{"id":1,"error":{"code":-1,"message":"no"}}` + "\x00", strings.Repeat("x", 1000)} {
		var out bytes.Buffer
		d := newDevtools(&out, strings.NewReader(junk))
		if err := d.call(t.Context(), "", "Target.getTargets", nil, nil); err == nil {
			t.Errorf("%q: no error", junk)
		}
		for range d.notices { // until it is closed
		}
	}
}
