package signaling

import (
	"encoding/base64"
	"testing"

	"github.com/remotewindow/remotewindow/sfu"
	"github.com/remotewindow/remotewindow/sfu/capture"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// TestUploadTokens: one request, one token; the desk never sees it, and it ends
// with the request or the call.
func TestUploadTokens(t *testing.T) {
	r := newRig(t)
	kiosk, desk, ticket := r.call("s01", "agent1")
	ask := func(side protocol.Side) (token, request string) {
		t.Helper()
		desk.must(protocol.CaptureAsk{Slot: "id_card", Side: side})
		kiosk.until("asked", func() bool { c := kiosk.station.Capture; return c != nil && c.Side == side })
		desk.until("asked", func() bool { c := desk.desk.Call.Capture; return c != nil && c.Side == side })
		if desk.desk.Call.Capture.Upload != "" {
			t.Fatal("the desk sees the station's token")
		}
		return kiosk.station.Capture.Upload, kiosk.station.Capture.ID
	}
	open := func(token, request string) {
		t.Helper()
		gotTicket, gotRequest, ok := r.server.PageUpload(token)
		if !ok || gotTicket != ticket || gotRequest != request {
			t.Errorf("%q %q %v", gotTicket, gotRequest, ok)
		}
	}
	shut := func(what, token string) {
		t.Helper()
		if _, _, ok := r.server.PageUpload(token); ok {
			t.Errorf("%s: the token still opens", what)
		}
	}
	front, request := ask(protocol.SideFront)
	if raw, err := base64.RawURLEncoding.DecodeString(front); err != nil || len(raw) != 32 {
		t.Fatalf("token %q", front)
	}
	open(front, request)
	for _, other := range []string{"", "x", front + "A", front[1:], request, string(make([]byte, 1<<20))} {
		shut("another token", other)
	}
	back, second := ask(protocol.SideBack)
	if back == front {
		t.Error("the same token twice")
	}
	shut("another request", front)
	open(back, second)
	desk.must(protocol.CaptureCancel{})
	eventually(t, "shut by the cancel", func() bool { _, _, ok := r.server.PageUpload(back); return !ok })

	// A page that came by HTTP is in the desk's state although no channel carried it.
	token, third := ask(protocol.SideFront)
	offer := &capture.Offer{Document: capture.ID{9}, SHA256: "ab", Size: 4, MIME: capture.PNG, Slot: "id_card", Side: "front", Request: third}
	if !r.server.PageAsked(ticket, *offer) {
		t.Error("not asked for")
	}
	kiosk.must(protocol.CaptureConfirm{Slot: "id_card"})
	r.server.HandleMedia(sfu.Event{Room: ticket, Participant: "s01", Role: sfu.Station, Kind: sfu.PageStored, Page: offer})
	desk.until("the page", func() bool { return len(desk.desk.Call.Pages) == 1 && desk.desk.Call.Capture == nil })
	if p := desk.desk.Call.Pages[0]; p.SHA256 != "ab" || p.MIME != capture.PNG || desk.desk.Call.Slots[0].Pages[0] != p.ID {
		t.Errorf("%+v", p)
	}
	open(token, third) // the 204 may have been lost
	if r.server.PageAsked(ticket, capture.Offer{Document: capture.ID{8}, SHA256: "cd", Slot: "id_card", Side: "front", Request: third}) {
		t.Error("another page under a token that was used")
	}
	last, _ := ask(protocol.SideBack)
	desk.must(protocol.CallHangUp{})
	desk.untilDesk(protocol.DeskWrapUp)
	shut("the end of the call", last)
	shut("the end of the call", token)
	r.server.mu.Lock()
	defer r.server.mu.Unlock()
	if len(r.server.uploads) != 0 {
		t.Errorf("%d tokens left", len(r.server.uploads))
	}
}

// TestRevokeEndsUploads: what a station that was locked out could send pages by
// opens nothing from that moment, for the page that was stored too; whoever is
// that station next answers the same request with a secret of his own.
func TestRevokeEndsUploads(t *testing.T) {
	r := newRig(t)
	kiosk, desk, ticket := r.call("s01", "agent1")
	ask := func(side protocol.Side) (token, request string) {
		t.Helper()
		desk.must(protocol.CaptureAsk{Slot: "id_card", Side: side})
		kiosk.until("asked", func() bool { c := kiosk.station.Capture; return c != nil && c.Side == side })
		return kiosk.station.Capture.Upload, kiosk.station.Capture.ID
	}
	opens := func(token string) bool { _, _, ok := r.server.PageUpload(token); return ok }
	served, request := ask(protocol.SideFront)
	offer := &capture.Offer{Document: capture.ID{9}, SHA256: "ab", Size: 4, MIME: capture.PNG, Slot: "id_card", Side: "front", Request: request}
	r.server.HandleMedia(sfu.Event{Room: ticket, Participant: "s01", Role: sfu.Station, Kind: sfu.PageStored, Page: offer})
	kiosk.until("the page", func() bool { return kiosk.station.Capture == nil })
	asked, request := ask(protocol.SideBack)
	r.server.Revoke(Identity{ID: "agent1", Face: protocol.FaceBoard})
	if !opens(served) || !opens(asked) {
		t.Fatal("somebody else was locked out")
	}
	r.server.Revoke(Identity{ID: "s01", Role: protocol.RoleStation})
	if opens(served) || opens(asked) {
		t.Error("not at once")
	}
	if code := kiosk.untilBye(); code != protocol.CodeExpired {
		t.Errorf("bye %q", code)
	}
	again := r.open("station:s01")
	again.until("asked anew", func() bool { c := again.station.Capture; return c != nil && c.Upload != asked })
	fresh := again.station.Capture
	if got, gotRequest, ok := r.server.PageUpload(fresh.Upload); !ok || got != ticket || gotRequest != request || fresh.ID != request {
		t.Errorf("%q %q %v, request %q", got, gotRequest, ok, fresh.ID)
	}
	desk.must(protocol.StationSay{Text: "x"}) // the call is shown again
	again.until("said", func() bool { return again.station.Message != "" })
	if opens(served) || opens(asked) || !opens(fresh.Upload) {
		t.Error("back with the next state")
	}
	desk.must(protocol.CallHangUp{})
	desk.untilDesk(protocol.DeskWrapUp)
	r.server.Revoke(Identity{ID: "s01"}) // in a call that is over there is nothing to end
	desk.must(protocol.WrapUpExtend{})
	r.server.mu.Lock()
	defer r.server.mu.Unlock()
	if len(r.server.uploads) != 0 {
		t.Errorf("%d tokens left", len(r.server.uploads))
	}
}

// TestPageFailsBeforeItsFirstByte: the desk hears why, though the shooting was
// over before any state could show it.
func TestPageFailsBeforeItsFirstByte(t *testing.T) {
	r := newRig(t)
	kiosk, desk, ticket := r.call("s01", "agent1")
	desk.must(protocol.CaptureAsk{Slot: "id_card", Side: protocol.SideFront})
	kiosk.until("asked", func() bool { return kiosk.station.Capture != nil })
	offer := &capture.Offer{Document: capture.ID{9}, Slot: "id_card", Side: "front", Request: kiosk.station.Capture.ID}
	kiosk.must(protocol.CaptureConfirm{Slot: "id_card"})
	r.server.HandleMedia(sfu.Event{Room: ticket, Role: sfu.Station, Kind: sfu.PageFailed, Page: offer, Err: capture.DiskFull})
	desk.until("the failure", func() bool {
		course := desk.desk.Call.Course
		last := course[len(course)-1]
		return last.Kind == "page_failed" && last.Detail == "disk_full" && last.AtMS > 0
	})
	if c := desk.desk.Call.Capture; c == nil || c.Shooting {
		t.Errorf("%+v: the request stands and may be tried again", c)
	}
	r.server.HandleMedia(sfu.Event{Room: ticket, Role: sfu.Station, Kind: sfu.PageFailed, Page: offer, Err: capture.ErrCancelled})
	desk.until("cancelled", func() bool { course := desk.desk.Call.Course; return course[len(course)-1].Detail == "cancelled" })
}
