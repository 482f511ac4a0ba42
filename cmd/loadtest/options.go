package main

import (
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/remotewindow/remotewindow/signaling/client"
)

// flags as they are typed.
type flags struct {
	URL          string        `name:"url" default:"http://127.0.0.1:8080" help:"Address of the server."`
	Calls        int           `default:"10" help:"How many calls at once; each has its own station and agent."`
	Duration     time.Duration `default:"30s" help:"How long media flows after all calls stand."`
	Documents    int           `default:"2" help:"Pages asked for and sent in each call."`
	DocumentSize string        `default:"1.2MB" help:"Size of a page, such as 900kB, 1.2MB or 4MiB."`
	ServerPID    int           `name:"server-pid" help:"Process of the server, to measure its CPU and memory from /proc."`
	JSON         bool          `name:"json" help:"Print exactly one JSON object instead of a table."`
	Agents       string        `default:"agent%d" help:"Pattern of the agents' log-ins, numbered from 1."`
	Stations     string        `default:"s%02d" help:"Pattern of the stations' ids, numbered from 1."`
	Password     string        `default:"demo" help:"Password of all agents."`
	Timeout      time.Duration `default:"60s" help:"How long each step beside the talk may take: connecting, answering, hanging up."`
}

// options are flags that can be used.
type options struct {
	flags
	documentBytes int
	drain         time.Duration // a packet not there this long after the end is lost

	// media changes what each participant's media is made of; tests lead it
	// through a bad network.
	media func(client.MediaOptions) client.MediaOptions
}

const (
	maxCalls     = 1000
	maxDocuments = 1000
	minDocument  = 16 << 10
	maxDocument  = 20 << 20 // the server takes no larger page
)

func (f flags) options() (options, error) {
	o := options{flags: f, drain: drain}
	if u, err := url.Parse(f.URL); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return o, fmt.Errorf("--url %q: give the server's address, such as http://127.0.0.1:8080", f.URL)
	}
	switch {
	case f.Calls < 1 || f.Calls > maxCalls:
		return o, fmt.Errorf("--calls %d: give a number from 1 to %d", f.Calls, maxCalls)
	case f.Documents < 0 || f.Documents > maxDocuments:
		return o, fmt.Errorf("--documents %d: give a number from 0 to %d", f.Documents, maxDocuments)
	case f.Duration < time.Second || f.Duration > 24*time.Hour:
		return o, fmt.Errorf("--duration %s: give 1s to 24h", f.Duration)
	case f.Timeout < time.Second:
		return o, fmt.Errorf("--timeout %s: give at least 1s", f.Timeout)
	}
	for flag, pattern := range map[string]string{"--agents": f.Agents, "--stations": f.Stations} {
		if name := fmt.Sprintf(pattern, 1); strings.Contains(name, "%!") || name == fmt.Sprintf(pattern, 2) {
			return o, fmt.Errorf("%s %q: give a pattern with one number, such as agent%%d or s%%02d", flag, pattern)
		}
	}
	size, err := bytesOf(f.DocumentSize)
	if err != nil || size < minDocument || size > maxDocument {
		return o, fmt.Errorf("--document-size %q: give 16KiB to 20MiB, such as 1.2MB", f.DocumentSize)
	}
	o.documentBytes = int(size)
	if f.ServerPID < 0 {
		return o, fmt.Errorf("--server-pid %d: give the number of a running process", f.ServerPID)
	}
	if f.ServerPID > 0 {
		if _, err := os.Stat(fmt.Sprintf("/proc/%d/stat", f.ServerPID)); err != nil {
			return o, fmt.Errorf("--server-pid %d: no such process", f.ServerPID)
		}
	}
	return o, nil
}

// bytesOf reads "1200000", "900kB", "1.2MB" or "4MiB".
func bytesOf(text string) (int64, error) {
	number := strings.TrimRight(text, "BKMGkigmb ")
	factor, known := map[string]float64{
		"": 1, "b": 1, "kb": 1e3, "mb": 1e6, "k": 1e3, "m": 1e6, "kib": 1 << 10, "mib": 1 << 20,
	}[strings.ToLower(strings.TrimSpace(text[len(number):]))]
	value, err := strconv.ParseFloat(number, 64)
	if err != nil || !known || !(value >= 0 && value*factor < 1<<40) {
		return 0, fmt.Errorf("%q is not a size", text)
	}
	return int64(value * factor), nil
}
