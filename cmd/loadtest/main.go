// Command loadtest plays stations and agents with real media and real
// documents against any server and measures what passes. It owns nothing on
// the server: it logs in, calls, hangs up and leaves.
//
// Exit status: 0 when every call was answered, nothing was lost and every
// document arrived whole; 1 when something was lost, wrong or unanswered; 2
// when a flag cannot be used.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
	"golang.org/x/term"
)

const (
	exitFine   = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(command(ctx, os.Args[1:], os.Stdout, os.Stderr, term.IsTerminal(int(os.Stderr.Fd()))))
}

// command is main without the process.
func command(ctx context.Context, args []string, stdout, stderr io.Writer, terminal bool) int {
	o, err := parse(args, stdout)
	switch {
	case errors.Is(err, errHelped):
		return exitFine
	case err != nil:
		say(stderr, "loadtest: %v\n", err)
		return exitUsage
	}
	return measure(ctx, o, stdout, stderr, terminal)
}

// measure runs and reports; progress is shown on a terminal alone.
func measure(ctx context.Context, o options, stdout, stderr io.Writer, terminal bool) int {
	progress := io.Discard
	if terminal {
		progress = stderr
	}
	result := run(ctx, o, progress)
	if o.JSON {
		out, err := json.Marshal(result)
		if err != nil {
			say(stderr, "loadtest: report: %v\n", err)
			return exitFailed
		}
		say(stdout, "%s\n", out)
	} else {
		result.table(stdout)
	}
	complaints := result.complaints(o)
	for _, c := range complaints {
		say(stderr, "loadtest: %s\n", c)
	}
	if len(complaints) > 0 {
		return exitFailed
	}
	return exitFine
}

// errHelped means that --help was answered.
var errHelped = errors.New("help was printed")

func parse(args []string, stdout io.Writer) (options, error) {
	var flags flags
	helped := false
	parser, err := kong.New(&flags, kong.Name("loadtest"), kong.Writers(stdout, io.Discard), kong.Exit(func(int) { helped = true }),
		kong.Description("Plays stations and agents with real media and real documents, and measures what passes."))
	if err != nil {
		return options{}, fmt.Errorf("flags: %w", err)
	}
	_, err = parser.Parse(args)
	if helped {
		return options{}, errHelped
	}
	if err != nil {
		return options{}, err
	}
	return flags.options()
}
