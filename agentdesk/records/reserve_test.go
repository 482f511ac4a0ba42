package records

import (
	"errors"
	"log/slog"
	"syscall"
	"testing"
)

// TestReserveForTwo: two writes that meet the end of the disk at once are both
// told to go on, though there is one reserve to give up; a later one is not.
func TestReserveForTwo(t *testing.T) {
	v := newReserve(t.TempDir(), slog.New(slog.DiscardHandler))
	must(t, v.fill())
	v.held = true
	for _, write := range []string{"first", "second"} {
		if !v.giveUp(syscall.ENOSPC) {
			t.Errorf("the %s write is refused", write)
		}
	}
	if v.giveUp(errors.New("another fault")) {
		t.Error("another fault was put down to the disk")
	}
	v.given = v.given.Add(-2 * justGiven)
	if v.giveUp(syscall.ENOSPC) {
		t.Error("a write goes on though the reserve is long gone")
	}
}
