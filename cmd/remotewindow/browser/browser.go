package browser

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// Options of Run. URL and Profile are needed.
type Options struct {
	// URL of the kiosk page, "https://window.example/kiosk".
	URL string
	// Executable of Chromium; empty: the first of chromium, chromium-browser,
	// google-chrome in PATH.
	Executable string
	// Profile is the browser's own folder. The station's key lies in it, so it
	// must be lasting and readable to nobody else; it is made with mode 0700.
	Profile string
	// Args are further flags of Chromium, "--window-size=1080,1920".
	Args []string
	// Headless runs without a screen, for tests.
	Headless bool
	// Ping is how often the page is asked whether it lives; 5 s.
	Ping time.Duration
	// Patience is how long an answer may take before it counts as missed; 3 s.
	Patience time.Duration
	// Misses in a row after which the page is opened anew; 3.
	Misses int
	// Loading is how long a page may take to load; 2 min.
	Loading time.Duration
	// Logger gets one line per thing that happened; slog.Default when nil.
	Logger *slog.Logger
	// OnEvent is told what happened, in order, on the goroutine of Run; may be nil.
	OnEvent func(Event)
}

// Event is something that happened to the page or the browser.
type Event string

// Events.
const (
	Started  Event = "started"  // the browser runs and is watched
	Opened   Event = "opened"   // the page answers at its address
	Crashed  Event = "crashed"  // the page's process died
	Hung     Event = "hung"     // the page missed its pings
	Astray   Event = "astray"   // another page, or the browser's error page, is shown
	Gone     Event = "gone"     // the page was closed
	Restored Event = "restored" // the page was opened anew
	Ended    Event = "ended"    // the browser ended by itself
)

// ErrNoBrowser means that there is no Chromium to start.
var ErrNoBrowser = errors.New("no Chromium found: install the package chromium or name it with --browser")

// Restarts of a browser that ends by itself wait a random time up to a bound
// that doubles (full jitter), so that 31 stations do not come back as one.
const (
	firstPause = 500 * time.Millisecond
	lastPause  = 8 * time.Second
	// steady is how long a browser must have run for the bound to begin anew.
	steady = time.Minute
)

func (o *Options) complete() error {
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return fmt.Errorf("address %q is not like https://window.example/kiosk", o.URL)
	}
	if o.Profile == "" {
		return errors.New("no folder for the browser's profile")
	}
	if o.Profile, err = filepath.Abs(o.Profile); err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	if err := os.MkdirAll(o.Profile, 0o700); err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	if o.Executable, err = find(o.Executable); err != nil {
		return err
	}
	if o.Ping == 0 {
		o.Ping = 5 * time.Second
	}
	if o.Patience == 0 {
		o.Patience = 3 * time.Second
	}
	if o.Misses == 0 {
		o.Misses = 3
	}
	if o.Loading == 0 {
		o.Loading = 2 * time.Minute
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return nil
}

func find(name string) (string, error) {
	names := []string{name}
	if name == "" {
		names = []string{"chromium", "chromium-browser", "google-chrome"}
	}
	for _, n := range names {
		if path, err := exec.LookPath(n); err == nil {
			return path, nil
		}
	}
	return "", ErrNoBrowser
}

// Run starts the browser and keeps its page alive until ctx ends; then it
// closes the browser and returns nil. It returns an error only when there is
// nothing it could do by trying again: a wrong address, no browser, a profile
// that another keeper holds.
func Run(ctx context.Context, o Options) error {
	if err := o.complete(); err != nil {
		return fmt.Errorf("browser: %w", err)
	}
	unlock, err := lock(o.Profile)
	if err != nil {
		return fmt.Errorf("browser: %w", err)
	}
	defer unlock()
	k := &keeper{o: o}
	bound := firstPause
	for ctx.Err() == nil {
		began := time.Now()
		if err := k.attend(ctx); ctx.Err() == nil {
			o.Logger.Warn("browser ended", "err", err)
			k.tell(Ended)
		}
		if time.Since(began) > steady {
			bound = firstPause
		}
		select {
		case <-ctx.Done():
		case <-time.After(rand.N(bound)):
		}
		bound = min(2*bound, lastPause)
	}
	return nil
}
