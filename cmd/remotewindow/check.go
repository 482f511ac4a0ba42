package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// checkCommand says whether what a node needs will do, before one is started.
// It takes the same settings as serve and changes nothing.
type checkCommand struct {
	serveCommand
	JSON bool   `help:"Print the findings as JSON."`
	URL  string `help:"Ask only the running node at this address whether it is alive, as a container's health check does." placeholder:"URL"`
}

// verdict of one finding.
type verdict string

const (
	good verdict = "ok"
	poor verdict = "warn" // it works, and something may be lost one day
	bad  verdict = "FAIL" // a node would not start or not do its work
)

// finding is one line of the report: what was looked at, what was seen, and
// what to do about it.
type finding struct {
	Name    string  `json:"name"`
	Verdict verdict `json:"verdict"`
	Seen    string  `json:"seen"`
	Advice  string  `json:"advice,omitempty"`
}

// checkWithin bounds each look.
const checkWithin = 10 * time.Second

// Run prints the report; its error says how many things will not do.
func (c checkCommand) Run(s *surroundings) error {
	if c.URL != "" {
		return alive(s.ctx, c.URL)
	}
	cfg, err := c.settings()
	if err != nil {
		return err
	}
	if cfg.redisAt.client != nil {
		redis.SetLogger(redisLog{slog.New(slog.DiscardHandler)}) // what fails is in the report
		defer cfg.redisAt.close()
	}
	var all []finding
	for _, look := range []func(context.Context, Config) []finding{
		checkFolder, checkPorts, checkRedis, checkDatabase, checkClock, checkCertificate,
	} {
		ctx, cancel := context.WithTimeout(s.ctx, checkWithin)
		all = append(all, look(ctx, cfg)...)
		cancel()
	}
	if err := printFindings(s.stdout, all, c.JSON); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	failed := 0
	for _, f := range all {
		if f.Verdict == bad {
			failed++
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d checks failed", failed, len(all))
	}
	return nil
}

func printFindings(w io.Writer, all []finding, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(all)
	}
	var b strings.Builder
	for _, f := range all {
		fmt.Fprintf(&b, "%-4s  %-12s %s\n", f.Verdict, f.Name, f.Seen)
		if f.Advice != "" {
			fmt.Fprintf(&b, "%20s%s\n", "", f.Advice)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// alive asks a running node.
func alive(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(url, "/")+"/healthz", nil)
	if err != nil {
		return usagef("--url %q is not an address.", url)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("the node does not answer: %w", cause(err))
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the node answers %s", resp.Status)
	}
	return nil
}
