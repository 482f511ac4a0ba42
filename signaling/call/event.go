package call

import "github.com/remotewindow/remotewindow/signaling/protocol"

// Events that the queue causes.
type (
	// Seen is the ticket as the queue has it now.
	Seen struct {
		State                   State
		Epoch                   int64
		Agent                   string
		OfferedMS, ExpiresMS    int64
		AcceptedMS, ConnectedMS int64
		EndedMS, WrapUpEndsMS   int64
		StationLost, AgentLost  bool
		Ended                   protocol.EndReason // why the talk ended, if it has
		Priority                int
		HeldSinceMS             int64
		HoldTotalMS             int64
		Third                   ThirdPerson
		// Asked rises: what was asked of the queue before the answer to a command of
		// this call came may be older than that, under the same epoch.
		Asked int64
		AtMS  int64
	}
	// Missing means: the queue has forgotten the ticket (Redis was emptied).
	Missing struct{}
	// Given means: the queue closed the ticket by itself, because a grace ran out.
	Given struct {
		Reason string
		AtMS   int64
	}
	// Enqueued means: the queue has taken the ticket.
	Enqueued struct{ Epoch int64 }
)

// Commands of the two pages. Each leads to a commit effect, to other effects,
// or to an error.
type (
	// Accept is the agent's yes to the offer of Epoch.
	Accept struct {
		Agent string
		Epoch int64
	}
	// Decline is the agent's no.
	Decline struct {
		Agent  string
		Epoch  int64
		Reason string
	}
	// Shown means: the agent's desk drew the offer.
	Shown struct {
		Agent string
		Epoch int64
	}
	// Leave means: the resident gives the place up. Reason is why, abandoned when
	// it is empty.
	Leave struct {
		AtMS   int64
		Reason protocol.EndReason
	}
	// Revise changes what it is about.
	Revise struct {
		Who           protocol.Who
		Theme, Matter string
	}
	// HangUp ends the call; Agent is set when By is Agent.
	HangUp struct {
		By    Party
		Agent string
		AtMS  int64
	}
	// Ask asks for a page. ID is fresh and random, and so is Upload, the secret
	// with which the station may answer over HTTP.
	Ask struct {
		Agent, ID, Upload, Slot string
		Side                    protocol.Side
		Hint                    string
	}
	// Renew puts another secret in place of those that the station was shown.
	Renew struct{ Upload string }
	// Cancel withdraws the request.
	Cancel struct{ Agent string }
	// Confirm means: the resident pressed 拍照.
	Confirm struct{ Slot string }
	// Judge is a verdict on a slot and, with Page, on that page. ID and Upload
	// are fresh and random, for the request that a retake asks again.
	Judge struct {
		Agent, ID, Upload, Slot, Page string
		Verdict                       protocol.Verdict
		Reason                        string
		AtMS                          int64
	}
	// Say puts a sentence on the resident's screen.
	Say struct{ Agent, Text string }
	// Announce does so while the resident waits: a word of the centre's.
	Announce struct{ Text string }
	// Finish ends wrap-up.
	Finish struct {
		Agent       string
		Epoch       int64
		Disposition protocol.Disposition
		NextStep    protocol.NextStep
		Note        string
		AtMS        int64
	}
	// Extend lengthens wrap-up by 60 s.
	Extend struct{ Agent string }
)

// Events that say that a commit effect succeeded.
type (
	// Accepted means: queue and SQL agree on the new owner.
	Accepted struct {
		Agent string
		Epoch int64
		AtMS  int64
	}
	// Orphaned means: SQL knows nothing of the accept that the queue shows.
	Orphaned struct{ Epoch int64 }
	// Revised means: what it is about has changed; Slots is the new checklist.
	Revised struct {
		Who           protocol.Who
		Theme, Matter string
		Slots         []protocol.SlotView
	}
	// Judged means: the verdict is stored.
	Judged Judge
	// Finished means: the outcome is stored.
	Finished Finish
	// Left means: the place is given up.
	Left struct {
		AtMS   int64
		Reason protocol.EndReason
	}
	// Extended means: wrap-up now ends at WrapUpEndsMS.
	Extended struct{ WrapUpEndsMS int64 }
)

// Revoked means: a participant may not be here any more and cannot come back
// by himself.
type Revoked struct {
	Party       Party
	Participant string
	AtMS        int64
}

// Events that the SFU causes.
type (
	// MediaUp means: a transport is connected.
	MediaUp struct {
		Party       Party
		Participant string
	}
	// MediaDown means: it is gone.
	MediaDown struct {
		Party       Party
		Participant string
	}
	// MediaLate means: an accepted call has not connected within its time.
	MediaLate struct{ AtMS int64 }
	// MediaFlows means: the first packet passed the open gate.
	MediaFlows struct{ AtMS int64 }
	// PageComing means: the station began to send the page asked for.
	PageComing struct{ Request string }
	// PageStored means: a page arrived whole, its hash is right and it is sealed on disk.
	PageStored struct {
		Request string
		Page    protocol.PageView
	}
	// PageFailed means: a page did not arrive; the station may try again. Code is
	// the refusal, "cancelled" when the station gave it up.
	PageFailed struct {
		Request, Code string
		AtMS          int64
	}
)

// Resume is the first event of a call that was rebuilt from the records; Known
// says that the queue has its ticket.
type Resume struct{ Known bool }
