package records

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// smallDisk names the folder over which the process that TestDiskFull starts
// mounts a small disk, in a mount namespace of its own.
const smallDisk = "REMOTEWINDOW_RECORDS_DISK"

// TestDiskFull runs itself where it may mount: as root, or as root of a user
// namespace. The disk is gone with the process.
func TestDiskFull(t *testing.T) {
	if dir := os.Getenv(smallDisk); dir != "" {
		must(t, syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""))
		must(t, syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=96m"))
		diskFull(t, dir)
		return
	}
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestDiskFull$", "-test.v")
	c.Env = append(os.Environ(), smallDisk+"="+t.TempDir())
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	if uid, gid := os.Getuid(), os.Getgid(); uid != 0 {
		c.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		c.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: uid, Size: 1}}
		c.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: gid, Size: 1}}
	}
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func diskFull(t *testing.T, dir string) {
	reserved := func() bool {
		info, err := os.Stat(filepath.Join(dir, reserveName))
		return err == nil && info.Size() == reserveSize && info.Sys().(*syscall.Stat_t).Blocks*512 >= reserveSize
	}
	// fill leaves not one block.
	fill := func(name string) {
		t.Helper()
		f, err := os.Create(filepath.Join(dir, name))
		must(t, err)
		for err == nil {
			_, err = f.Write(make([]byte, 4096))
		}
		wants(t, err, syscall.ENOSPC)
		must(t, f.Close())
	}
	r := open(t, dir, "pj")
	ctx := t.Context()
	for i := range 5 {
		must(t, r.Provision(ctx, []StationInfo{{ID: fmt.Sprintf("s%02d", i), Name: "云桥村", Grid: "middle"}}, nil))
	}
	equal(t, reserved(), true)
	held := press(t, r, "s01", "k1", noon)
	must(t, r.Accept(ctx, held.ID, "agent1", epoch(1), noon))

	fill("logs")
	// The call ends, the resident's next press is taken, and all of it is audited.
	must(t, r.End(ctx, held.ID, epoch(1), "agent", noon))
	must(t, r.Finish(ctx, Finish{Ticket: held.ID, Agent: "agent1", Epoch: epoch(1), Disposition: "accepted", AtMS: noon}))
	next := press(t, r, "s01", "k2", noon)
	for i := range 1000 {
		must(t, r.Audit(ctx, AuditRow{AtMS: noon, Actor: "agent1", Action: "page.open", Object: fmt.Sprint("p", i)}))
	}
	equal(t, reserved(), false)
	trail, err := r.AuditTrail(ctx, held.ID, 10)
	must(t, err)
	equal(t, len(trail), 4)
	must(t, r.VerifyAudit(ctx))

	// A second time there is nothing to give up: refused whole, nothing is broken.
	fill("more logs")
	last := int64(0)
	for ; err == nil; last++ { // what SQLite has room for in its own files is still written
		err = r.Audit(ctx, AuditRow{AtMS: noon, Actor: "agent1", Action: "page.open", Object: "p"})
	}
	wants(t, err, ErrUnavailable)
	equal(t, state(t, r, next.ID).State, StateWaiting) // reading goes on
	must(t, r.VerifyAudit(ctx))

	// A process that starts now finds the records as they are.
	again := open(t, dir, "pj")
	equal(t, state(t, again, next.ID).State, StateWaiting)
	equal(t, reserved(), false)

	// With room again, no restart is needed, and the reserve is made anew in time.
	must(t, errors.Join(os.Remove(filepath.Join(dir, "logs")), os.Remove(filepath.Join(dir, "more logs"))))
	must(t, r.Abandon(ctx, next.ID, "left", noon))
	equal(t, reserved(), false)
	r.reserve.mu.Lock()
	r.reserve.next = time.Time{}
	r.reserve.mu.Unlock()
	must(t, r.Ping(ctx))
	r.reserve.close()
	equal(t, reserved(), true)
	must(t, r.VerifyAudit(ctx))

	// Filled while nobody served: the start finds room in the reserve.
	must(t, r.Close())
	must(t, again.Close())
	fill("logs")
	r = open(t, dir, "pj")
	equal(t, press(t, r, "s01", "k3", noon).State, StateWaiting)
	equal(t, reserved(), false)
	must(t, r.VerifyAudit(ctx))
}
