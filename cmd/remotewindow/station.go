package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/remotewindow/remotewindow/cmd/remotewindow/browser"
)

// stationCommand runs beside a kiosk: it keeps the page open and alive.
type stationCommand struct {
	URL        string   `required:"" env:"REMOTEWINDOW_STATION_URL" help:"Address of the kiosk page, https://window.example/kiosk." placeholder:"URL"`
	Browser    string   `env:"REMOTEWINDOW_STATION_BROWSER" help:"Chromium to start; none: chromium, chromium-browser or google-chrome of PATH." placeholder:"FILE"`
	Profile    string   `env:"REMOTEWINDOW_STATION_PROFILE" help:"Folder of the browser, where the station's key lies; none: in the user's configuration folder." placeholder:"DIR"`
	BrowserArg []string `env:"REMOTEWINDOW_STATION_BROWSER_ARG" sep:"none" help:"A further flag of Chromium; may be given several times." placeholder:"FLAG"`
	Headless   bool     `help:"Run without a screen, as tests do."`
	LogLevel   string   `default:"info" enum:"debug,info,warn,error" env:"REMOTEWINDOW_LOG_LEVEL" help:"Least level of log lines: debug, info, warn or error."`
}

// Run keeps the kiosk page alive until the context ends.
func (c stationCommand) Run(s *surroundings) error {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return usagef("--log-level %q is not debug, info, warn or error.", c.LogLevel)
	}
	if c.Profile == "" {
		dir, err := os.UserConfigDir()
		if err != nil {
			return usagef("--profile is needed: this user has no configuration folder.")
		}
		c.Profile = filepath.Join(dir, "remotewindow-station")
	}
	err := browser.Run(s.ctx, browser.Options{
		URL: c.URL, Executable: c.Browser, Profile: c.Profile, Args: c.BrowserArg, Headless: c.Headless,
		Logger: slog.New(slog.NewTextHandler(s.stderr, &slog.HandlerOptions{Level: level})),
	})
	if errors.Is(err, browser.ErrNoBrowser) {
		return usagef("%v.", browser.ErrNoBrowser)
	}
	if err != nil {
		return fmt.Errorf("station: %w", err)
	}
	return nil
}
