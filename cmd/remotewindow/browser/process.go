package browser

import (
	"context"
	_ "embed" // networkFlags
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// endWithin bounds the browser's own clean end.
const endWithin = 5 * time.Second

// process is a running Chromium with its two ends of the DevTools pipe.
type process struct {
	cmd  *exec.Cmd
	to   io.WriteCloser // its descriptor 3
	from io.ReadCloser  // its descriptor 4
	done chan struct{}  // closed when it has ended
}

// networkFlags lets media go out by whatever address the kiosk has now. By
// default its sockets are bound to the addresses that Chromium knows of, and it
// learns of a new one only 2 s later (net::NetworkChangeNotifier). The story of
// a kiosk whose address changes starts its browser with the same file.
//
//go:embed network.flags
var networkFlags string

func flags(o Options) []string {
	args := []string{
		"--remote-debugging-pipe",
		"--user-data-dir=" + o.Profile,
		"--kiosk", "--start-fullscreen", "--no-first-run", "--no-default-browser-check", "--noerrdialogs",
		"--hide-crash-restore-bubble", "--disable-session-crashed-bubble", "--disable-features=Translate,TranslateUI",
		"--disable-pinch", "--overscroll-history-navigation=0",
		// A caller must be heard before anyone touched the screen after a reload.
		"--autoplay-policy=no-user-gesture-required",
		// Nothing but the page is to be fetched from a closed network.
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic",
	}
	if o.Headless {
		args = append(args, "--headless=new", "--disable-gpu")
	}
	args = append(args, strings.Fields(networkFlags)...)
	args = append(args, o.Args...)
	return append(args, "about:blank")
}

func start(o Options) (*process, error) {
	theirIn, ourOut, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("pipe: %w", err)
	}
	ourIn, theirOut, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("pipe: %w", errors.Join(err, theirIn.Close(), ourOut.Close()))
	}
	cmd := exec.Command(o.Executable, flags(o)...)
	cmd.ExtraFiles = []*os.File{theirIn, theirOut} // descriptors 3 and 4
	// A group of its own, so that its children end with it; and with us.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	err = cmd.Start()
	err = errors.Join(err, theirIn.Close(), theirOut.Close())
	if err != nil {
		return nil, fmt.Errorf("start the browser: %w", errors.Join(err, ourOut.Close(), ourIn.Close()))
	}
	p := &process{cmd: cmd, to: ourOut, from: ourIn, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		_ = cmd.Wait() // how it ended does not change what is done
	}()
	return p, nil
}

// end waits for a browser that was asked to close, then kills it.
func (p *process) end() {
	select {
	case <-p.done:
	case <-time.After(endWithin):
	}
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // none left is fine
	<-p.done
	_ = p.to.Close()
	_ = p.from.Close()
}

// lock keeps two keepers off one profile: two browsers would fight over it.
func lock(profile string) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(profile, "remotewindow.lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("profile: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("the profile %s is in use by another `remotewindow station`", profile)
	}
	return func() { _ = f.Close() }, nil // closing lets go of it
}

// connect starts a keeper's browser and joins it to DevTools.
func connect(ctx context.Context, o Options) (*process, *devtools, error) {
	p, err := start(o)
	if err != nil {
		return nil, nil, err
	}
	d := newDevtools(p.to, p.from)
	boot, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := d.call(boot, "", "Target.setDiscoverTargets", map[string]any{"discover": true}, nil); err != nil {
		_ = p.cmd.Process.Kill()
		p.end()
		return nil, nil, fmt.Errorf("the browser does not answer: %w", err)
	}
	return p, d, nil
}
