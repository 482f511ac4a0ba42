package records

import (
	"bufio"
	"context"
	flags "flag" // the package has a flag of its own
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

// victim names the database for a process that the kill test starts from this
// same binary.
const victim = "REMOTEWINDOW_RECORDS_VICTIM"

func TestMain(m *testing.M) {
	if where := os.Getenv(victim); where != "" {
		fmt.Fprintln(os.Stderr, admitForEver(where))
		os.Exit(1)
	}
	if os.Getenv(smallDisk) != "" {
		os.Exit(m.Run())
	}
	if err := histories(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	goleak.VerifyTestMain(m)
}

// histories makes those of TestTwins few and long, unless the command line says
// how many.
func histories() error {
	flags.Parse()
	given := map[string]bool{}
	flags.Visit(func(f *flags.Flag) { given[f.Name] = true })
	for name, value := range map[string]string{"rapid.checks": "5", "rapid.steps": "60", "rapid.nofailfile": "true"} {
		if given[name] {
			continue
		}
		if err := flags.Set(name, value); err != nil {
			return err
		}
	}
	return nil
}

// admitForEver presses, accepts, ends and finishes without end and prints each
// ticket once SQL has said that it is finished.
func admitForEver(where string) error {
	ctx := context.Background()
	r, err := Open(ctx, at(where, "pj"))
	if err != nil {
		return err
	}
	if err := r.Provision(ctx, []StationInfo{{ID: "s01", Name: "云桥村", Grid: "middle"}}, nil); err != nil {
		return err
	}
	for n := int64(1); ; n++ {
		t, err := r.Admit(ctx, Admission{Key: fmt.Sprint(n), Station: "s01", AtMS: noon})
		if err != nil {
			return err
		}
		if err := r.Accept(ctx, t.ID, "agent1", epoch(n), noon); err != nil {
			return err
		}
		if err := r.End(ctx, t.ID, epoch(n), "hang_up", noon); err != nil {
			return err
		}
		if err := r.Finish(ctx, Finish{Ticket: t.ID, Agent: "agent1", Epoch: epoch(n), Disposition: "accepted", AtMS: noon}); err != nil {
			return err
		}
		fmt.Println(t.ID)
	}
}

func TestKilledInTheMiddleLosesNothing(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		where := fresh(t)
		c := exec.CommandContext(t.Context(), os.Args[0])
		c.Env = append(os.Environ(), victim+"="+where)
		var complaint strings.Builder
		c.Stderr = &complaint
		out, err := c.StdoutPipe()
		must(t, err)
		must(t, c.Start())
		var told []string
		for lines := bufio.NewScanner(out); lines.Scan(); {
			told = append(told, lines.Text())
			if len(told) == 40 {
				must(t, c.Process.Kill()) // SIGKILL; what it still printed is read to the end
			}
		}
		if err := c.Wait(); err == nil || len(told) < 40 {
			t.Fatalf("the victim ended by itself after %d tickets: %v %s", len(told), err, complaint.String())
		}
		r := open(t, where, "pj")
		for i, id := range told {
			tk := state(t, r, id)
			equal(t, tk.State, StateClosed)
			equal(t, tk.Number, ticketNumber(int64(i+1)))
		}
		must(t, r.VerifyAudit(t.Context()))
		left, err := r.OpenTickets(t.Context())
		must(t, err)
		if len(left) > 1 {
			t.Fatalf("%d tickets of one station are open", len(left))
		}
	})
}
