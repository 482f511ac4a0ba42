// Mutants proves that the tests can fail: it plants known bugs, one patch at a
// time, into a copy of the working tree and wants each to be caught by a named
// assertion. It is run from the root of the module, as make mutants does.
//
// A patch begins with what the bug is and a line of arguments to go test,
//
//	Test: ./queue/ -run TestMachine$
//
// and is caught when that test fails by an assertion of its own. A patch that
// does not apply, does not compile, breaks a script, survives, or is noticed only
// by a panic or a time-out makes the program exit with 1. The unpatched copy must
// pass first.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

func main() {
	dir := flag.String("dir", "queue/testdata/mutants", "folder of the patches")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, *dir)
	stop()
	os.Exit(code)
}

// run plants every patch of dir and returns the exit code.
func run(ctx context.Context, dir string) int {
	patches, err := readPatches(dir)
	if err != nil {
		return failed("%v", err)
	}
	copied, err := copyModule(ctx)
	if err != nil {
		return failed("copy the module: %v", err)
	}
	defer func() { _ = os.RemoveAll(copied) }()
	var healthy []string
	for _, p := range patches {
		if line := strings.Join(p.test, " "); !slices.Contains(healthy, line) {
			healthy = append(healthy, line)
			began := time.Now()
			if out, err := goTest(ctx, copied, p.test); err != nil {
				return failed("without a patch, go test %s fails:\n%s", line, out)
			}
			fmt.Printf("without a patch, go test %s passes (%.0f s)\n", line, time.Since(began).Seconds())
		}
	}
	code := 0
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "\nPATCH\tCAUGHT\tBY\tSECONDS") // standard output
	for _, p := range patches {
		began := time.Now()
		verdict := plant(ctx, copied, p)
		fmt.Printf("%s: %s\n", p.name, verdict)
		yes := "yes"
		if verdict.assertion == "" {
			yes, code = "NO", 1
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%.0f\n", p.name, yes, verdict.short(), time.Since(began).Seconds())
		if ctx.Err() != nil {
			return failed("interrupted")
		}
	}
	_ = table.Flush()
	return code
}

func failed(format string, args ...any) int {
	fmt.Fprintf(os.Stderr, "mutants: "+format+"\n", args...)
	return 1
}

// patch is one planted bug.
type patch struct {
	name string
	path string   // absolute
	test []string // arguments of go test
}

func readPatches(dir string) ([]patch, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.patch"))
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("no *.patch in %s", dir)
	}
	var patches []patch
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		p := patch{name: filepath.Base(path)}
		if p.path, err = filepath.Abs(path); err != nil {
			return nil, err
		}
		head, _, _ := strings.Cut(string(text), "\ndiff ")
		for line := range strings.Lines(head) {
			if args, ok := strings.CutPrefix(line, "Test:"); ok {
				p.test = strings.Fields(args)
			}
		}
		if len(p.packages()) == 0 {
			return nil, fmt.Errorf("%s has no line \"Test: ./package/ arguments of go test\" before the diff", path)
		}
		patches = append(patches, p)
	}
	return patches, nil
}

func (p patch) packages() (list []string) {
	for _, arg := range p.test {
		if strings.HasPrefix(arg, "./") {
			list = append(list, arg)
		}
	}
	return list
}
