package call

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// Calls in each state, as the tables begin with them. Epochs: offered at 5,
// accepted at 6.
var (
	slots = []protocol.SlotView{
		{ID: "id_card", Title: "身份证", Sides: []protocol.Side{protocol.SideFront, protocol.SideBack}, Pages: []string{}},
		{ID: "invoice", Title: "发票", Sides: []protocol.Side{protocol.SidePage}, Pages: []string{}},
	}
	waiting    = Call{Ticket: "t", Station: "s01", State: Waiting, Epoch: 4, Enqueued: true, Slots: slots, ArrivedMS: 1, SinceMS: 1}
	offered    = with(waiting, func(c *Call) { c.State, c.Agent, c.Epoch, c.RungMS, c.ExpiresMS = Offered, "li", 5, 10, 20 })
	connecting = with(offered, func(c *Call) { c.State, c.Epoch, c.GateOpen, c.AcceptedMS = Connecting, 6, true, 12 })
	active     = with(connecting, func(c *Call) {
		c.State, c.StationUp, c.AgentUp, c.Flowing, c.ConnectedMS = Active, true, true, true, 13
	})
	asked = with(active, func(c *Call) {
		c.Capture = &protocol.CaptureView{ID: "r1", Slot: "id_card", Title: "身份证", Side: protocol.SideFront}
	})
	paged = with(active, func(c *Call) {
		c.Pages = []protocol.PageView{{ID: "p1", Slot: "id_card", Side: protocol.SideFront}}
	})
	wrapup = with(active, func(c *Call) { c.State, c.GateOpen, c.EndedMS, c.Ended = WrapUp, false, 30, protocol.EndHangUp })
	closed = with(wrapup, func(c *Call) { c.State = Closed })
)

func with(c Call, change func(*Call)) Call {
	change(&c)
	return c
}

func TestStep(t *testing.T) {
	tests := []struct {
		name    string
		call    Call
		event   any
		state   State
		effects string // type names, "" = none
		err     error
	}{
		// The queue.
		{"the queue takes a press", with(waiting, func(c *Call) { c.Enqueued = false }), Enqueued{Epoch: 4}, Waiting, "Show", nil},
		{"news that say nothing new", waiting, Seen{State: Waiting, Epoch: 4}, Waiting, "", nil},
		{"an offer rings", waiting, Seen{State: Offered, Epoch: 5, Agent: "li"}, Offered, "Show", nil},
		{"the same offer again", offered, Seen{State: Offered, Epoch: 5, Agent: "li"}, Offered, "", nil},
		{"an offer goes to another desk", offered, Seen{State: Offered, Epoch: 7, Agent: "wu"}, Offered, "LeaveRoom Show Show", nil},
		{"an offer lapses", offered, Seen{State: Waiting, Epoch: 6}, Waiting, "Show LeaveRoom", nil},
		{"an older offer is history", offered, Seen{State: Waiting, Epoch: 4}, Offered, "", nil},
		{"a snapshot from before the accept", connecting, Seen{State: Offered, Epoch: 5, Agent: "li"}, Connecting, "", nil},
		{"an accept that is on its way to SQL", waiting, Seen{State: Connecting, Epoch: 6, Agent: "li", AcceptedMS: 20_000, AtMS: 20_100}, Waiting, "", nil},
		{"an accept that nobody heard of is compared with SQL", waiting, Seen{State: Connecting, Epoch: 6, Agent: "li", AcceptedMS: 20_000, AtMS: 30_000}, Waiting, "CompareAccept", nil},
		{"SQL has it: the call goes on", waiting, Accepted{"li", 6, 12}, Connecting, "OpenGate SaveCourse Show", nil},
		{"SQL has it not: the ticket goes back", waiting, Orphaned{6}, Waiting, "TellBack", nil},
		{"a waiting station gave up", waiting, Given{Reason: "lost"}, Closed, "SaveAbandon CloseRoom Show", nil},
		{"wrap-up was never finished", wrapup, Given{Reason: "unfinished"}, Closed, "SaveUnfinished Show", nil},
		{"a close of the queue ends no call", active, Given{Reason: "lost"}, Active, "", nil},
		{"a forgotten ticket is put back", waiting, Missing{}, Waiting, "TellAgain Show", nil},
		{"a forgotten offer is void", offered, Missing{}, Waiting, "TellAgain LeaveRoom Show Show", nil},
		{"a forgotten call goes on", active, Missing{}, Active, "TellAgain Show", nil},
		{"a press that Redis never saw is not forgotten", with(waiting, func(c *Call) { c.Enqueued = false }), Missing{}, Waiting, "", nil},

		// Who may answer an offer.
		{"accept", offered, Accept{"li", 5}, Offered, "CommitAccept", nil},
		{"accept of an older offer", offered, Accept{"li", 4}, Offered, "", ErrStale},
		{"accept by another agent", offered, Accept{"wu", 5}, Offered, "", ErrStale},
		{"accept after the offer lapsed", waiting, Accept{"li", 5}, Waiting, "", ErrStale},
		{"a second accept", connecting, Accept{"li", 5}, Connecting, "", ErrStale},
		{"accepted: the gate opens before anyone is told", offered, Accepted{"li", 6, 12}, Connecting, "OpenGate SaveCourse Show", nil},
		{"decline", offered, Decline{"li", 5, "busy"}, Offered, "TellDecline", nil},
		{"decline of an older offer", offered, Decline{"li", 4, "busy"}, Offered, "", ErrStale},
		{"the desk drew the offer", offered, Shown{"li", 5}, Offered, "TellShown", nil},

		// Media.
		{"one side is connected", with(connecting, func(c *Call) { c.StationUp = true }), MediaFlows{13}, Connecting, "", nil},
		{"both are, and a packet passes", with(connecting, func(c *Call) { c.StationUp, c.AgentUp = true, true }), MediaFlows{13}, Active,
			"SaveCourse SaveConnected TellConnected Show", nil},
		{"a packet passes, then the second one is told connected", with(connecting, func(c *Call) { c.StationUp, c.Flowing = true, true }),
			MediaUp{Agent, "li"}, Active, "SaveCourse SaveConnected TellConnected Show", nil},
		{"both connected while it rings", with(offered, func(c *Call) { c.StationUp = true }), MediaUp{Agent, "li"}, Offered, "", nil},
		{"a packet of a gate that is shut again", wrapup, MediaFlows{31}, WrapUp, "", nil},
		{"a transport breaks in the call", active, MediaDown{Station, "s01"}, Active, "", nil},
		{"the second one connected is another agent's", with(connecting, func(c *Call) { c.StationUp, c.Flowing = true, true }),
			MediaUp{Agent, "wu"}, Connecting, "", nil},
		{"no media came in time", connecting, MediaLate{32}, Connecting, "SaveCourse Show", nil},
		{"that is told once", with(connecting, func(c *Call) { c.MediaLate = true }), MediaLate{52}, Connecting, "", nil},
		{"media came just in time", active, MediaLate{32}, Active, "", nil},
		{"hung up meanwhile", wrapup, MediaLate{32}, WrapUp, "", nil},

		// Lost and back.
		{"the station is lost", active, Seen{State: Active, Epoch: 6, StationLost: true}, Active, "SaveCourse Show", nil},
		{"the station is back", with(active, func(c *Call) { c.StationLost = true }), Seen{State: Active, Epoch: 6}, Active, "SaveCourse Show", nil},
		{"both are lost", active, Seen{State: Active, Epoch: 6, StationLost: true, AgentLost: true}, Active, "SaveCourse SaveCourse Show", nil},
		{"the agent stays away: back to the line", active, Seen{State: Waiting, Epoch: 7}, Waiting,
			"ShutGate LeaveRoom SaveRequeue Show SaveCourse", nil},
		{"and offered to another at once", active, Seen{State: Offered, Epoch: 8, Agent: "wu"}, Offered,
			"ShutGate LeaveRoom SaveRequeue Show SaveCourse Show", nil},
		{"the station stays away: wrap-up", active, Seen{State: WrapUp, Epoch: 6, EndedMS: 30}, WrapUp,
			"ShutGate CloseRoom SaveCourse SaveEnd Show", nil},
		{"Redis was rebuilt: the epoch rises, the call goes on", active, Seen{State: Active, Epoch: 99}, Active, "OpenGate Show", nil},
		{"a call from the records goes on", with(active, func(c *Call) { c.GateOpen = false }), Resume{Known: true}, Active, "OpenGate Show", nil},
		{"a waiting ticket from the records, unknown to the queue", waiting, Resume{}, Waiting, "TellAgain Show", nil},

		// The end.
		{"the agent hangs up", active, HangUp{By: Agent, Agent: "li", AtMS: 30}, WrapUp, "ShutGate CloseRoom SaveCourse SaveEnd Show TellHangUp", nil},
		{"the station hangs up before media came", connecting, HangUp{By: Station}, WrapUp, "ShutGate CloseRoom SaveCourse SaveEnd Show TellHangUp", nil},
		{"another agent hangs up", active, HangUp{By: Agent, Agent: "wu"}, Active, "", ErrForbidden},
		{"both hang up at once", wrapup, HangUp{By: Station}, WrapUp, "", nil},
		{"the station hangs up while it rings", offered, HangUp{By: Station}, Offered, "CommitLeave", nil},
		{"the agent hangs up while it rings", offered, HangUp{By: Agent, Agent: "li"}, Offered, "", ErrUnexpected},
		{"the station leaves the line", waiting, Leave{}, Waiting, "CommitLeave", nil},
		{"the station leaves as the agent accepts", connecting, Leave{}, Connecting, "", ErrUnexpected},
		{"left", offered, Left{}, Closed, "TellAbandon CloseRoom Show", nil},
		{"wrap-up is extended", wrapup, Extend{"li"}, WrapUp, "CommitExtend", nil},
		{"extend by another", wrapup, Extend{"wu"}, WrapUp, "", ErrForbidden},
		{"extend in a call", active, Extend{"li"}, Active, "", ErrUnexpected},
		{"the queue says when wrap-up ends", wrapup, Seen{State: WrapUp, Epoch: 6, WrapUpEndsMS: 90}, WrapUp, "Show", nil},
		{"the queue was rebuilt in wrap-up", wrapup, Seen{State: WrapUp, Epoch: 9, Agent: "li"}, WrapUp, "Show", nil},
		{"the queue has not heard of the end", wrapup, Seen{State: Active, Epoch: 6, Agent: "li"}, WrapUp, "", nil},
		{"an older line is history", wrapup, Seen{State: Waiting, Epoch: 5}, WrapUp, "", nil},
		{"hung up as the queue was rebuilt", wrapup, Seen{State: Active, Epoch: 9, Agent: "li"}, WrapUp, "SaveEnd TellHangUp Show", nil},
		{"hung up as the queue gave it back to the line", wrapup, Seen{State: Waiting, Epoch: 7}, Closed, "SaveUnfinished TellDrop Show", nil},
		{"hung up as the queue offered it to another", wrapup, Seen{State: Offered, Epoch: 8, Agent: "wu"}, Closed, "SaveUnfinished TellDrop Show", nil},
		{"and that one accepted", wrapup, Seen{State: Connecting, Epoch: 9, Agent: "wu"}, Closed, "SaveUnfinished TellDrop Show", nil},
		{"the station is revoked in the line", waiting, Revoked{Station, "s01", 30}, Closed, "SaveAbandon TellAbandon CloseRoom Show", nil},
		{"the station is revoked as it rings", offered, Revoked{Station, "s01", 30}, Closed, "SaveAbandon TellAbandon CloseRoom Show", nil},
		{"the station is revoked in the call", active, Revoked{Station, "s01", 30}, WrapUp, "ShutGate CloseRoom SaveCourse SaveEnd Show TellHangUp", nil},
		{"the station is revoked after the call", wrapup, Revoked{Station, "s01", 30}, WrapUp, "", nil},
		{"another station is revoked", active, Revoked{Station, "s02", 30}, Active, "", nil},
		{"the agent is revoked as it rings", offered, Revoked{Agent, "li", 30}, Offered, "TellDecline", nil},
		{"the agent is revoked before media came", connecting, Revoked{Agent, "li", 30}, Connecting, "TellRequeue", nil},
		{"the agent is revoked in the call", active, Revoked{Agent, "li", 30}, Active, "TellRequeue", nil},
		{"the agent is revoked in wrap-up", wrapup, Revoked{Agent, "li", 30}, WrapUp, "", nil},
		{"another agent is revoked", active, Revoked{Agent, "wu", 30}, Active, "", nil},
		{"finish", wrapup, Finish{Agent: "li", Epoch: 6}, WrapUp, "CommitFinish", nil},
		{"finish with an older epoch", wrapup, Finish{Agent: "li", Epoch: 5}, WrapUp, "", ErrStale},
		{"finish by another", wrapup, Finish{Agent: "wu", Epoch: 6}, WrapUp, "", ErrForbidden},
		{"finish while they talk", active, Finish{Agent: "li", Epoch: 6}, Active, "", ErrUnexpected},
		{"finish again", closed, Finish{Agent: "li", Epoch: 6}, Closed, "", nil},
		{"finished", wrapup, Finished{Agent: "li", Epoch: 6, Disposition: protocol.DispositionAccepted}, Closed, "TellFinish Show", nil},

		// What it is about.
		{"revise", waiting, Revise{Matter: "medical"}, Waiting, "CommitRevise", nil},
		{"revise after the end", wrapup, Revise{Matter: "medical"}, WrapUp, "", ErrUnexpected},

		// Pages.
		{"ask", active, Ask{Agent: "li", ID: "r1", Slot: "id_card", Side: protocol.SideFront}, Active, "Show", nil},
		{"ask for a slot that is not on the list", active, Ask{Agent: "li", Slot: "passport", Side: protocol.SideFront}, Active, "", ErrNotFound},
		{"ask for a side that the slot has not", active, Ask{Agent: "li", Slot: "invoice", Side: protocol.SideBack}, Active, "", ErrNotFound},
		{"ask by another agent", active, Ask{Agent: "wu", Slot: "id_card", Side: protocol.SideFront}, Active, "", ErrForbidden},
		{"ask while it rings", offered, Ask{Agent: "li", Slot: "id_card", Side: protocol.SideFront}, Offered, "", ErrUnexpected},
		{"the same question again keeps the shot that is being taken", asked, Ask{Agent: "li", ID: "r2", Slot: "id_card", Side: protocol.SideFront}, Active, "", nil},
		{"confirm", asked, Confirm{Slot: "id_card"}, Active, "Show", nil},
		{"confirm of nothing", active, Confirm{Slot: "id_card"}, Active, "", ErrUnexpected},
		{"cancel", asked, Cancel{Agent: "li"}, Active, "Show", nil},
		{"a page is stored", asked, PageStored{Request: "r1", Page: protocol.PageView{ID: "p1", Slot: "id_card"}}, Active, "SaveCourse Show", nil},
		{"the same page again", paged, PageStored{Request: "r1", Page: protocol.PageView{ID: "p1", Slot: "id_card"}}, Active, "", nil},
		{"a page that was on its way at the end", wrapup, PageStored{Request: "r1", Page: protocol.PageView{ID: "p1", Slot: "id_card"}}, WrapUp, "SaveCourse Show", nil},
		{"a page failed", asked, PageFailed{Request: "r1"}, Active, "SaveCourse Show", nil},
		{"a page failed again and again", with(asked, func(c *Call) { c.Failed = maxFailed }), PageFailed{Request: "r1"}, Active, "Show", nil},
		{"an older request failed", asked, PageFailed{Request: "r0"}, Active, "", nil},
		{"judge", paged, Judge{Agent: "li", Slot: "id_card", Page: "p1", Verdict: protocol.VerdictPassed}, Active, "CommitJudge", nil},
		{"judge in wrap-up", wrapup, Judge{Agent: "li", Slot: "id_card", Verdict: protocol.VerdictNA}, WrapUp, "CommitJudge", nil},
		{"judge a page of another slot", paged, Judge{Agent: "li", Slot: "invoice", Page: "p1"}, Active, "", ErrNotFound},
		{"judge by another agent", paged, Judge{Agent: "wu", Slot: "id_card"}, Active, "", ErrForbidden},
		{"say", active, Say{Agent: "li", Text: "稍等"}, Active, "Show", nil},
		{"say in wrap-up", wrapup, Say{Agent: "li"}, WrapUp, "", ErrUnexpected},
		{"something unheard of", active, 7, Active, "", ErrUnexpected},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := fmt.Sprintf("%+v", tt.call)
			got, effects, err := tt.call.Step(tt.event)
			if !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			if got.State != tt.state {
				t.Errorf("state %s, want %s", got.State, tt.state)
			}
			if names := names(effects); names != tt.effects {
				t.Errorf("effects %q, want %q", names, tt.effects)
			}
			if err != nil && !reflect.DeepEqual(got, tt.call) {
				t.Error("refused, and yet changed")
			}
			if after := fmt.Sprintf("%+v", tt.call); after != before {
				t.Errorf("Step changed its receiver:\n%s\n%s", before, after)
			}
		})
	}
}

func names(effects []any) string {
	list := make([]string, len(effects))
	for i, e := range effects {
		list[i] = reflect.TypeOf(e).Name()
	}
	return strings.Join(list, " ")
}

// step fails the test on an error.
func step(t *testing.T, c Call, events ...any) Call {
	t.Helper()
	for _, e := range events {
		next, _, err := c.Step(e)
		if err != nil {
			t.Fatalf("%T: %v", e, err)
		}
		c = next
	}
	return c
}

func TestRetakeAsksAgainWithTheReason(t *testing.T) {
	c := step(t, paged, Judged{Agent: "li", ID: "r9", Slot: "id_card", Page: "p1", Verdict: protocol.VerdictRetake, Reason: "glare"})
	if c.Capture == nil || c.Capture.ID != "r9" || c.Capture.Hint != "glare" || c.Capture.Side != protocol.SideFront {
		t.Fatalf("%+v", c.Capture)
	}
	if c.Pages[0].Verdict != protocol.VerdictRetake || c.Slots[0].Verdict != protocol.VerdictRetake || paged.Pages[0].Verdict != "" {
		t.Fatalf("%+v", c)
	}
	c = step(t, c, PageStored{Request: "r9", Page: protocol.PageView{ID: "p2", Slot: "id_card"}})
	if c.Slots[0].Verdict != protocol.VerdictOpen || c.Capture != nil || len(c.Slots[0].Pages) != 1 {
		t.Fatalf("the new page is to be judged afresh: %+v", c.Slots[0])
	}
}

func TestWants(t *testing.T) {
	front := protocol.PageView{ID: "p1", SHA256: "aa", Slot: "id_card", Side: protocol.SideFront}
	but := func(change func(*protocol.PageView)) protocol.PageView {
		p := front
		change(&p)
		return p
	}
	stored := step(t, asked, Confirm{Slot: "id_card"}, PageStored{Request: "r1", Page: front})
	full := with(asked, func(c *Call) { c.Pages = make([]protocol.PageView, MaxPages) })
	tests := []struct {
		name    string
		call    Call
		request string
		page    protocol.PageView
		want    bool
	}{
		{"what was asked", asked, "r1", front, true},
		{"another slot", asked, "r1", but(func(p *protocol.PageView) { p.Slot = "invoice" }), false},
		{"another side", asked, "r1", but(func(p *protocol.PageView) { p.Side = protocol.SideBack }), false},
		{"another request", asked, "r0", front, false},
		{"no request at all", asked, "", front, false},
		{"nothing was asked", active, "r1", front, false},
		{"after cancel", step(t, asked, Cancel{Agent: "li"}), "r1", front, false},
		{"again, because the done was lost", stored, "r1", front, true},
		{"again, as another document", stored, "r1", but(func(p *protocol.PageView) { p.ID = "p2" }), false},
		{"again, with other bytes", stored, "r1", but(func(p *protocol.PageView) { p.SHA256 = "bb" }), false},
		{"again, for another slot", stored, "r1", but(func(p *protocol.PageView) { p.Slot = "invoice" }), false},
		{"one too many", full, "r1", front, false},
		{"after the end", step(t, asked, HangUp{By: Station}), "r1", front, false},
	}
	for _, tt := range tests {
		if got := tt.call.Wants(tt.request, tt.page); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

func TestPermits(t *testing.T) {
	tests := []struct {
		call Call
		want []Permit
	}{
		{waiting, []Permit{{Station, "s01", 4, WarmKbps}}},
		{offered, []Permit{{Station, "s01", 5, FullKbps}, {Agent, "li", 5, FullKbps}}},
		{active, []Permit{{Station, "s01", 6, FullKbps}, {Agent, "li", 6, FullKbps}}},
		{wrapup, nil},
		{closed, nil},
	}
	for _, tt := range tests {
		if got := tt.call.Permits(); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.call.State, got, tt.want)
		}
	}
}

func TestMediaOfAnAgentOfBefore(t *testing.T) {
	taken := step(t, with(offered, func(c *Call) { c.Agent, c.Epoch = "wu", 7 }), MediaUp{Agent, "wu"}, MediaDown{Agent, "li"})
	if !taken.AgentUp {
		t.Error("the agent of before took the present one's connection with him")
	}
	if taken = step(t, taken, MediaDown{Agent, "wu"}); taken.AgentUp {
		t.Error("his own end is not seen")
	}
}

func TestMediaLateIsOverOnceBothHaveMedia(t *testing.T) {
	late := step(t, connecting, MediaLate{32})
	if !late.MediaLate || late.Course[len(late.Course)-1].Kind != "no_media" {
		t.Fatalf("%+v", late)
	}
	for name, c := range map[string]Call{
		"connected": step(t, late, MediaUp{Station, "s01"}, MediaUp{Agent, "li"}, MediaFlows{40}),
		"requeued":  step(t, late, Seen{State: Waiting, Epoch: 7}),
		"ended":     step(t, late, HangUp{By: Station}),
	} {
		if c.MediaLate {
			t.Errorf("%s: still late", name)
		}
	}
}

func TestRequeuedCallForgetsItsAgent(t *testing.T) {
	c := step(t, asked, Say{Agent: "li", Text: "稍等"}, Seen{State: Waiting, Epoch: 7})
	if c.Agent != "" || c.GateOpen || c.Capture != nil || c.Message != "" || c.AcceptedMS != 0 || c.AgentUp {
		t.Errorf("%+v", c)
	}
	if !c.StationUp || c.ArrivedMS != 1 {
		t.Errorf("the station keeps its connection and its place: %+v", c)
	}
}

func TestRevisedKeepsPagesWhoseSlotRemains(t *testing.T) {
	c := step(t, paged, Revised{Matter: "medical", Slots: []protocol.SlotView{{ID: "form"}, {ID: "id_card"}}})
	if len(c.Slots) != 2 || len(c.Slots[1].Pages) != 1 || c.Slots[0].Pages == nil {
		t.Errorf("%+v", c.Slots)
	}
}

// TestUploads: the secret of a request dies with the next page, the request or
// the call, whichever comes first.
func TestUploads(t *testing.T) {
	step := func(c Call, event any) Call {
		t.Helper()
		next, _, err := c.Step(event)
		if err != nil {
			t.Fatal(err)
		}
		return next
	}
	want := func(c Call, want map[string]string) {
		t.Helper()
		if got := c.Uploads(); len(got) != len(want) || len(got) > 0 && !reflect.DeepEqual(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
	}
	want(active, nil)
	first := step(active, Ask{Agent: "li", ID: "r1", Upload: "u1", Slot: "id_card", Side: protocol.SideFront})
	want(first, map[string]string{"u1": "r1"})
	want(step(first, Cancel{Agent: "li"}), nil)
	want(step(first, Ask{Agent: "li", ID: "r2", Upload: "u2", Slot: "id_card", Side: protocol.SideBack}), map[string]string{"u2": "r2"})
	served := step(first, PageStored{Request: "r1", Page: protocol.PageView{ID: "p1", Slot: "id_card", Side: protocol.SideFront, SHA256: "a"}})
	want(served, map[string]string{"u1": "r1"}) // its done may have been lost
	if !served.Wants("r1", protocol.PageView{ID: "p1", Slot: "id_card", Side: protocol.SideFront, SHA256: "a"}) ||
		served.Wants("r1", protocol.PageView{ID: "p2", Slot: "id_card", Side: protocol.SideFront, SHA256: "b"}) {
		t.Error("only the page that was stored may come again")
	}
	second := step(served, Ask{Agent: "li", ID: "r2", Upload: "u2", Slot: "id_card", Side: protocol.SideBack})
	want(second, map[string]string{"u1": "r1", "u2": "r2"})
	want(step(second, PageStored{Request: "r2", Page: protocol.PageView{ID: "p2", Slot: "id_card"}}), map[string]string{"u2": "r2"})
	want(step(second, Renew{Upload: "u3"}), map[string]string{"u3": "r2"})
	want(step(served, Renew{Upload: "u3"}), nil)
	want(step(step(second, HangUp{By: Station, AtMS: 9}), Renew{Upload: "u3"}), nil)
	want(second, map[string]string{"u1": "r1", "u2": "r2"}) // as it was
	want(step(second, HangUp{By: Station, AtMS: 9}), nil)
	want(step(second, Seen{State: Waiting, Epoch: 9}), nil)
}

// TestAPageThatFailsAtOnce leaves its refusal in the course, though its
// shooting was never shown.
func TestAPageThatFailsAtOnce(t *testing.T) {
	c := asked
	for _, event := range []any{Confirm{Slot: "id_card"}, PageFailed{Request: "r1", Code: "disk_full", AtMS: 5}} {
		var err error
		if c, _, err = c.Step(event); err != nil {
			t.Fatal(err)
		}
	}
	want := protocol.CallEvent{AtMS: 5, Kind: "page_failed", Detail: "disk_full"}
	if last := c.Course[len(c.Course)-1]; last != want || c.Capture.Shooting {
		t.Errorf("%+v, shooting %v", last, c.Capture.Shooting)
	}
}
