// Command remotewindow is the whole product in one program: it serves the
// pages of stations, desks and boards, pairs them through the queue, and
// forwards their media and documents.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // a container has no zones of its own

	"github.com/alecthomas/kong"
)

// build names what was built; the Makefile sets it by -ldflags.
var build = "dev"

// exitUsage is the exit code for values that cannot be used.
const exitUsage = 2

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() {
		<-ctx.Done()
		stop() // a second signal ends the program at once
	}()
	os.Exit(execute(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// usageError is a value that cannot be used: one sentence, exit 2.
type usageError struct{ sentence string }

func (e *usageError) Error() string { return e.sentence }

func usagef(format string, args ...any) error {
	return &usageError{sentence: fmt.Sprintf(format, args...)}
}

// execute is main with its surroundings as arguments, so that tests call it.
func execute(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var cli commandLine
	return func() (code int) {
		defer func() {
			if r := recover(); r != nil {
				e, ok := r.(*kongExit)
				if !ok {
					panic(r)
				}
				code = e.code
			}
		}()
		parser, err := kong.New(&cli,
			kong.Name("remotewindow"),
			kong.Description("云见面: a real-time video window between community stations and a service centre."),
			kong.Writers(stdout, stderr),
			kong.Exit(func(code int) { panic(&kongExit{code: code}) }),
			kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		)
		if err != nil {
			panic(err) // the declaration of the command line is wrong: a programmer's mistake
		}
		kctx, err := parser.Parse(args)
		if err != nil {
			_, _ = fmt.Fprintf(stderr, "remotewindow: %v\n", err)
			return exitUsage
		}
		err = kctx.Run(&surroundings{ctx: ctx, stdin: stdin, stdout: stdout, stderr: stderr})
		var usage *usageError
		switch {
		case err == nil:
			return 0
		case errors.As(err, &usage):
			_, _ = fmt.Fprintf(stderr, "remotewindow: %s\n", usage.sentence)
			return exitUsage
		default:
			_, _ = fmt.Fprintf(stderr, "remotewindow: %v\n", err)
			return 1
		}
	}()
}

// kongExit carries the code with which kong wants to leave (after --help).
type kongExit struct{ code int }

// surroundings are what a command may touch of the process.
type surroundings struct {
	ctx    context.Context //nolint:containedctx // lives as long as one command
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
}

type commandLine struct {
	Serve   serveCommand   `cmd:"" help:"Serve a whole node."`
	User    userCommand    `cmd:"" help:"Members of staff."`
	Station stationCommand `cmd:"" help:"Keep the kiosk page open: start Chromium, watch it, bring it back."`
	Audit   auditCommand   `cmd:"" help:"The audit chain."`
	Check   checkCommand   `cmd:"" help:"Say whether Redis, database, ports, clock and folder will do; takes the flags of serve."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

type versionCommand struct{}

// Run prints what was built.
func (versionCommand) Run(s *surroundings) error {
	_, err := fmt.Fprintln(s.stdout, "remotewindow", build)
	return err
}
