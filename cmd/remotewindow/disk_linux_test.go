package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"github.com/remotewindow/remotewindow/agentdesk/records"
	"github.com/remotewindow/remotewindow/sfu/capture"
	"github.com/remotewindow/remotewindow/signaling/client"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// smallDisk mounts a file system of its own for the data folder.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size+",mode=0700"); err != nil {
		t.Fatalf("mount a small tmpfs (the tests of a full disk run as root): %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return dir
}

// fill writes until nothing more fits and returns the file.
func fill(t *testing.T, dir string) string {
	t.Helper()
	name := filepath.Join(dir, "filler")
	f, err := os.Create(name)
	must(t, err)
	defer func() { _ = f.Close() }() // the disk is full
	_, err = io.Copy(f, endless{})
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("filling the disk: %v", err)
	}
	return name
}

type endless struct{}

func (endless) Read(b []byte) (int, error) { return len(b), nil }

// TestDiskFull: a disk without a byte left refuses pages in words, and nothing
// else: the call goes on, is ended and written down, a press is taken, and the
// audit is whole. Once there is room, pages are taken without a restart.
func TestDiskFull(t *testing.T) {
	ctx := testContext(t)
	p := &process{t: t, data: smallDisk(t, "160m")}
	p.start()
	t.Cleanup(p.kill)
	s, a := station(t, p, "s07"), agent(t, p, "agent7")
	call := answered(ctx, t, s, a)
	media := client.MediaOptions{LoopbackOnly: true}
	atStation, err := s.Join(ctx, media)
	must(t, err)
	defer func() { _ = atStation.Close() }()
	atDesk, err := a.Join(ctx, media)
	must(t, err)
	defer func() { _ = atDesk.Close() }()
	must(t, atStation.WaitConnected(ctx))

	picture := append([]byte{0xff, 0xd8, 0xff, 0xe0, 0, 16, 'J', 'F', 'I', 'F', 0}, bytes.Repeat([]byte("page of paper "), 60_000)...)
	sum := sha256.Sum256(picture)
	var slot protocol.SlotView
	send := func() error {
		t.Helper()
		d, err := a.WaitFor(ctx, protocol.DeskCall)
		must(t, err)
		slot = d.Call.Slots[0]
		must(t, a.AskCapture(ctx, slot.ID, slot.Sides[0], ""))
		asked, err := s.WaitState(ctx, func(st protocol.StationState) bool { return st.Capture != nil })
		must(t, err)
		_, err = s.SendPage(ctx, atStation, client.Page{
			Data: picture, Thumb: picture[:2000], Width: 2592, Height: 1944, Slot: slot.ID, Side: slot.Sides[0], Request: asked.Capture.ID,
		})
		return err
	}

	filler := fill(t, p.data)
	if err := send(); !errors.Is(err, capture.DiskFull) {
		t.Fatalf("a page on a full disk: %v, want disk_full", err)
	}
	waiting := station(t, p, "s08")
	if v, err := waiting.Take(ctx); err != nil || v.Number == "" {
		t.Errorf("a press on a full disk: %v\n%s", err, p.output())
	}
	if d := a.State(); d.State != protocol.DeskCall || d.Call.StationLost {
		t.Errorf("the call does not go on: %+v", d)
	}

	must(t, a.HangUp(ctx))
	_, err = a.WaitFor(ctx, protocol.DeskWrapUp)
	must(t, err)
	if err := a.Finish(ctx, protocol.DispositionAccepted, protocol.NextClose, ""); err != nil {
		t.Errorf("finish on a full disk: %v\n%s", err, p.output())
	}

	// What was done without room stands in the audit.
	db, err := storage{Data: p.data, Centre: "pj"}.existing(ctx)
	must(t, err)
	rows, err := db.AuditTrail(ctx, call.Ticket, 50)
	must(t, err)
	must(t, db.Close())
	if !slices.ContainsFunc(rows, func(e records.AuditEntry) bool { return e.Action == "ticket.finish" }) {
		t.Errorf("the audit of the call lacks its end: %+v", rows)
	}

	// With room again, a page is taken without a restart.
	must(t, os.Remove(filler))
	offer, err := a.WaitOffer(ctx) // of who pressed meanwhile
	must(t, err)
	must(t, a.Accept(ctx, offer))
	s = waiting
	again, err := s.Join(ctx, media)
	must(t, err)
	defer func() { _ = again.Close() }()
	atStation = again
	must(t, atStation.WaitConnected(ctx))
	if err := send(); err != nil {
		t.Errorf("a page after there is room: %v\n%s", err, p.output())
	}
	d, err := a.WaitState(ctx, func(d protocol.DeskState) bool { return d.Call != nil && len(d.Call.Pages) == 1 })
	must(t, err)
	if page := d.Call.Pages[0]; page.SHA256 != hex.EncodeToString(sum[:]) {
		t.Errorf("the desk was told of another page: %+v", page)
	}
	if code := p.stop(); code != 0 {
		t.Errorf("exit code %d\n%s", code, p.output())
	}
	code, out, errs := command(t, "", "audit", "verify", "--data", p.data)
	if code != 0 {
		t.Errorf("the audit: exit %d: %s%s", code, out, errs)
	}
}
