package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/remotewindow/remotewindow/signaling/client"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

func TestPageOverAWholeCall(t *testing.T) { onTwins(t, pageOverAWholeCall) }

func pageOverAWholeCall(t *testing.T, on twin) {
	ctx := testContext(t)
	p := startProcess(t, on.args...)
	s, a := station(t, p, "s07"), agent(t, p, "agent7")
	must(t, a.Ready(ctx))
	_, err := s.Take(ctx)
	must(t, err)
	media := client.MediaOptions{LoopbackOnly: true}
	atStation, err := s.Join(ctx, media)
	must(t, err)
	defer func() { _ = atStation.Close() }()
	offer, err := a.WaitOffer(ctx)
	must(t, err)
	must(t, a.Shown(ctx, offer))
	atDesk, err := a.Join(ctx, media)
	must(t, err)
	defer func() { _ = atDesk.Close() }()
	must(t, a.Accept(ctx, offer))
	d, err := a.WaitFor(ctx, protocol.DeskCall)
	must(t, err)

	slot := d.Call.Slots[0]
	must(t, a.AskCapture(ctx, slot.ID, slot.Sides[0], ""))
	asked, err := s.WaitState(ctx, func(st protocol.StationState) bool { return st.Capture != nil })
	must(t, err)
	picture := append([]byte{0xff, 0xd8, 0xff, 0xe0, 0, 16, 'J', 'F', 'I', 'F', 0}, bytes.Repeat([]byte("page of paper "), 60_000)...)
	sum := sha256.Sum256(picture)
	_, err = s.SendPage(ctx, atStation, client.Page{
		Data: picture, Thumb: picture[:2000], Width: 2592, Height: 1944, Slot: slot.ID, Side: slot.Sides[0], Request: asked.Capture.ID,
	})
	must(t, err)
	page, err := atDesk.WaitPage(ctx, hex.EncodeToString(sum[:]))
	must(t, err)
	if !bytes.Equal(page.Data, picture) {
		t.Error("the page at the desk differs from the one sent")
	}
	d, err = a.WaitState(ctx, func(d protocol.DeskState) bool { return d.Call != nil && len(d.Call.Pages) == 1 })
	must(t, err)
	must(t, a.Judge(ctx, protocol.SlotJudge{Slot: slot.ID, Page: d.Call.Pages[0].ID, Verdict: protocol.VerdictPassed}))
	fetched, err := a.FetchPage(ctx, d.Call.Pages[0].ID)
	must(t, err)
	if !bytes.Equal(fetched, picture) {
		t.Error("the page over HTTP differs")
	}
	must(t, a.HangUp(ctx))
	_, err = a.WaitFor(ctx, protocol.DeskWrapUp)
	must(t, err)
	if n := metric(t, p, "remotewindow_sfu_offers_total"); n != 2 {
		t.Errorf("%v offers over a whole call of two, want 2\n", n)
	}
	must(t, a.Finish(ctx, protocol.DispositionAccepted, protocol.NextClose, ""))
	st, err := s.WaitState(ctx, func(st protocol.StationState) bool {
		return st.State == protocol.KioskSummary && st.Summary.Disposition == protocol.DispositionAccepted
	})
	must(t, err)
	if st.Summary.Pages != 1 {
		t.Errorf("summary counts %d pages", st.Summary.Pages)
	}
	must(t, s.Reset(ctx))
	_, err = s.WaitFor(ctx, protocol.KioskIdle)
	must(t, err)
}

// TestPageOverHTTP: without a document channel a page reaches the desk over HTTP.
func TestPageOverHTTP(t *testing.T) {
	ctx := testContext(t)
	p := startProcess(t)
	s, a := station(t, p, "s07"), agent(t, p, "agent7")
	d := answered(ctx, t, s, a)
	slot := d.Slots[0]
	must(t, a.AskCapture(ctx, slot.ID, slot.Sides[0], ""))
	asked, err := s.WaitState(ctx, func(st protocol.StationState) bool { return st.Capture != nil })
	must(t, err)
	picture := append([]byte{0xff, 0xd8, 0xff, 0xe0, 0, 16, 'J', 'F', 'I', 'F', 0}, bytes.Repeat([]byte("page of paper "), 60_000)...)
	_, err = s.SendPage(ctx, nil, client.Page{
		Data: picture, Thumb: picture[:2000], Width: 2592, Height: 1944, Slot: slot.ID, Side: slot.Sides[0], Request: asked.Capture.ID,
	})
	must(t, err)
	desk, err := a.WaitState(ctx, func(d protocol.DeskState) bool { return d.Call != nil && len(d.Call.Pages) == 1 })
	must(t, err)
	fetched, err := a.FetchPage(ctx, desk.Call.Pages[0].ID)
	must(t, err)
	if !bytes.Equal(fetched, picture) {
		t.Error("the page at the desk differs from the one sent")
	}
}
