package queue_test

import (
	"flag"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// histories and steps are how many random histories the machine plays before it
// counts its operations, and how long one is on average; -rapid.checks=1000 plays
// more of them.
const histories, steps = "15", "100"

func TestMain(m *testing.M) {
	flag.Parse()
	given := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { given[f.Name] = true })
	for name, value := range map[string]string{"rapid.checks": histories, "rapid.steps": steps} {
		if given[name] {
			continue
		}
		if err := flag.Set(name, value); err != nil {
			_, _ = os.Stderr.WriteString(err.Error() + "\n") // the exit code tells it too
			os.Exit(2)
		}
	}
	goleak.VerifyTestMain(m)
}
