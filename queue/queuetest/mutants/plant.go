package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// testLimit bounds one go test; longer than it the bug is not caught.
const testLimit = "3m"

// verdict says by what a bug was caught; an empty assertion means not at all.
type verdict struct {
	assertion string // S5, H2, TWIN or the name of the test
	test      string
	detail    string // the message, or why it does not count
}

func (v verdict) String() string {
	if v.assertion == "" {
		return "NOT caught: " + v.detail
	}
	return fmt.Sprintf("caught by %s in %s: %s", v.assertion, v.test, v.detail)
}

func (v verdict) short() string {
	if v.assertion == "" {
		first, _, _ := strings.Cut(v.detail, "\n")
		return first
	}
	if v.assertion == v.test {
		return v.test
	}
	return v.assertion + " in " + v.test
}

// plant applies a patch to the copy, compiles and tests it, and takes it out again.
func plant(ctx context.Context, dir string, p patch) verdict {
	if out, err := command(ctx, dir, "git", "apply", p.path); err != nil {
		return verdict{detail: "does not apply\n" + out}
	}
	v := test(ctx, dir, p)
	if out, err := command(ctx, dir, "git", "apply", "-R", p.path); err != nil {
		return verdict{detail: "cannot be taken out again\n" + out}
	}
	return v
}

func test(ctx context.Context, dir string, p patch) verdict {
	if out, err := command(ctx, dir, "go", append([]string{"vet"}, p.packages()...)...); err != nil {
		return verdict{detail: "does not compile\n" + out}
	}
	out, err := goTest(ctx, dir, p.test)
	if err == nil {
		return verdict{detail: "survives: the tests pass"}
	}
	return judge(out)
}

var (
	failedTest = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)`)
	property   = regexp.MustCompile(`\[rapid\] failed after \d+ tests: (.*)`)
	named      = regexp.MustCompile(`^([SHC]\d+|TWIN): `)
	broken     = regexp.MustCompile(`(?m)^panic: |^fatal error: |test timed out|\[build failed\]|user_script:|[Ee]rror (compiling|running) script|<script>:\d+:`)
)

// judge reads the output of a failed go test. A property counts only when it
// failed by an invariant with a name; of other tests their name is the assertion.
func judge(out string) verdict {
	if by := broken.FindString(out); by != "" {
		return verdict{detail: "fails without an assertion: " + strings.TrimSpace(by) + "\n" + out}
	}
	test := failedTest.FindStringSubmatch(out)
	if test == nil {
		return verdict{detail: "fails, but no test does\n" + out}
	}
	if message := property.FindStringSubmatch(out); message != nil {
		name := named.FindStringSubmatch(message[1])
		if name == nil {
			return verdict{detail: "fails by no named assertion: " + message[1] + "\n" + out}
		}
		return verdict{assertion: name[1], test: test[1], detail: cut(strings.TrimPrefix(message[1], name[0]))}
	}
	return verdict{assertion: test[1], test: test[1], detail: "the test fails"}
}

// cut keeps the table readable: states can be long.
func cut(s string) string {
	if len(s) > 160 {
		return strings.ToValidUTF8(s[:160], "") + " …"
	}
	return s
}

func goTest(ctx context.Context, dir string, args []string) (string, error) {
	return command(ctx, dir, "go", append([]string{"test", "-count=1", "-timeout=" + testLimit}, args...)...)
}

// command runs a program in the copy and returns what it wrote.
func command(ctx context.Context, dir, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	// The copy is no repository; git must not take one above it for its own.
	cmd.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir), "PWD="+dir)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// copyModule copies the working tree, without what git ignores, to a new folder.
func copyModule(ctx context.Context) (string, error) {
	list, err := exec.CommandContext(ctx, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		return "", fmt.Errorf("git ls-files: %w", err)
	}
	dir, err := os.MkdirTemp("", "rwmutants")
	if err != nil {
		return "", err
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(list), "\x00"), "\x00") {
		content, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // deleted, and not committed yet
		}
		to := filepath.Join(dir, name)
		if err == nil {
			err = os.MkdirAll(filepath.Dir(to), 0o700)
		}
		if err == nil {
			err = os.WriteFile(to, content, 0o600)
		}
		if err != nil {
			return "", errors.Join(err, os.RemoveAll(dir))
		}
	}
	return dir, nil
}
