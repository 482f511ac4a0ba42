package queue_test

import (
	"flag"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// machineChecks is how many random histories a plain go test plays;
// -rapid.checks=1000 plays more.
const machineChecks = "40"

func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if !given {
		if err := flag.Set("rapid.checks", machineChecks); err != nil {
			_, _ = os.Stderr.WriteString(err.Error() + "\n") // the exit code tells it too
			os.Exit(2)
		}
	}
	goleak.VerifyTestMain(m)
}
