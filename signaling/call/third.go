package call

import (
	"fmt"

	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// ThirdPerson is whom the owner of a call has invited, as the queue has it.
type ThirdPerson struct {
	Agent     string // "" there is none
	State     protocol.ThirdState
	Purpose   protocol.Purpose
	Epoch     int64 // fencing token of his invitation
	RungMS    int64 // when it began to ring here
	ExpiresMS int64
}

// Joined says whether he takes part.
func (t ThirdPerson) Joined() bool { return t.Agent != "" && t.State == protocol.ThirdJoined }

// Commands about a running call and its third person.
type (
	// Hold begins or ends a hold.
	Hold struct {
		Agent string
		On    bool
	}
	// Transfer gives the call away without a word to the next agent.
	Transfer struct {
		Agent, To, Family, Reason string
		AtMS                      int64
	}
	// Invite rings at another agent.
	Invite struct {
		Agent, Target string
		Purpose       protocol.Purpose
	}
	// InviteEnd takes the invitation or the third person back.
	InviteEnd struct{ Agent string }
	// HandOver makes the third person the owner.
	HandOver struct {
		Agent string
		AtMS  int64
	}
	// ThirdLeave ends the third person's part.
	ThirdLeave struct{ Agent string }
)

// Commit effects of those commands. Each is answered by the ticket as the queue
// has it then: Seen, after Transfer Transferred.
type (
	// CommitHold stands for Queue.Hold.
	CommitHold struct {
		Epoch int64
		On    bool
	}
	// CommitTransfer stands for Queue.Transfer.
	CommitTransfer struct {
		Transfer
		Epoch int64
	}
	// CommitInvite stands for Queue.Invite.
	CommitInvite struct {
		Invite
		Epoch int64
	}
	// CommitThirdLeave stands for Queue.ThirdLeave.
	CommitThirdLeave struct{ Target string }
	// CommitHandOver stands for Queue.HandOver.
	CommitHandOver struct {
		HandOver
		Epoch int64
	}
	// CommitThirdAccept stands for Queue.ThirdAccept.
	CommitThirdAccept struct {
		Target string
		Epoch  int64
	}
	// TellThirdDecline stands for Queue.ThirdDecline.
	TellThirdDecline struct {
		Target string
		Epoch  int64
		Reason string
	}
	// TellThirdShown stands for Queue.ThirdShown.
	TellThirdShown struct {
		Target string
		Epoch  int64
	}
	// TellThirdLeave stands for Queue.ThirdLeave, repeated until it succeeds.
	TellThirdLeave struct{ Target string }
	// SaveHandOver stands for Store.Accept by another agent of a call that goes on.
	SaveHandOver struct {
		Agent       string
		Epoch, AtMS int64
	}
	// HoldMedia keeps the station's media from everyone, and theirs from it.
	HoldMedia struct{ On bool }
	// Rebind makes a third person's connection the agent's, under Epoch.
	Rebind struct {
		Participant string
		Epoch       int64
	}
)

// Transferred means: the queue has taken the call back for somebody else.
type Transferred struct {
	Seen
	Reason string
}

// owned refuses what only the owner of a running call may do.
func (c Call) owned(agent string, event any) error {
	switch {
	case agent != c.Agent:
		return fmt.Errorf("%w: %T", ErrForbidden, event)
	case !c.State.Talking():
		return fmt.Errorf("%w: %T while %s", ErrUnexpected, event, c.State)
	}
	return nil
}

// party handles hold, transfer, and the third person of a running call.
func (c Call) party(event any) (Call, []any, error) {
	var err error
	var effect any
	switch e := event.(type) {
	case Hold:
		err, effect = c.owned(e.Agent, e), CommitHold{c.Epoch, e.On}
		if err == nil && e.On == (c.HeldSinceMS > 0) {
			return c, nil, nil
		}
	case Transfer:
		err, effect = c.owned(e.Agent, e), CommitTransfer{e, c.Epoch}
	case Invite:
		err, effect = c.owned(e.Agent, e), CommitInvite{e, c.Epoch}
	case InviteEnd:
		err, effect = c.owned(e.Agent, e), CommitThirdLeave{c.Third.Agent}
		if err == nil && c.Third.Agent == "" {
			return c, nil, nil
		}
	case HandOver:
		err, effect = c.owned(e.Agent, e), CommitHandOver{e, c.Epoch}
		if err == nil && !c.Third.Joined() {
			err = fmt.Errorf("%w: nobody has joined", ErrUnexpected)
		}
	case ThirdLeave:
		if c.Third.Agent != e.Agent || !c.State.Talking() {
			return c.refuse(e)
		}
		effect = CommitThirdLeave{e.Agent}
	case Transferred:
		course := c.note(e.AtMS, "transferred", e.Reason)
		next, effects, err := c.seen(e.Seen)
		return next, append([]any{course}, effects...), err
	}
	if err != nil {
		return c, nil, err
	}
	return c, []any{effect}, nil
}

// invitation handles the answers of the one who is invited; false: the event is
// about no invitation of his.
func (c Call) invitation(event any) (effect any, ok bool) {
	mine := func(agent string, epoch int64) bool {
		return c.State.Talking() && agent != "" && agent == c.Third.Agent && epoch == c.Third.Epoch && !c.Third.Joined()
	}
	switch e := event.(type) {
	case Accept:
		return CommitThirdAccept{e.Agent, e.Epoch}, mine(e.Agent, e.Epoch)
	case Decline:
		return TellThirdDecline{e.Agent, e.Epoch, e.Reason}, mine(e.Agent, e.Epoch)
	case Shown:
		return TellThirdShown{e.Agent, e.Epoch}, mine(e.Agent, e.Epoch)
	}
	return nil, false
}

// seenThird follows hold and third person of a running call, and a change of its
// owner that the talk survives.
func (c *Call) seenThird(e Seen) (effects []any) {
	if e.Agent != c.Agent && e.Agent != "" && e.Epoch > c.Epoch { // handed over
		old := c.Agent
		c.Epoch, c.Agent, c.AgentLost, c.AgentUp = e.Epoch, e.Agent, false, c.ThirdUp && c.Third.Agent == e.Agent
		c.Third, c.ThirdUp = ThirdPerson{}, false
		effects = append(effects, Rebind{e.Agent, e.Epoch}, LeaveRoom{old},
			c.note(e.AtMS, "handed_over", e.Agent), SaveHandOver{c.Agent, c.Epoch, c.AcceptedMS})
		if c.ConnectedMS > 0 {
			effects = append(effects, SaveConnected{c.Epoch, c.ConnectedMS})
		}
		effects = append(effects, Show{Desk: old})
	}
	if e.Asked < c.Heard {
		return effects
	}
	heldBefore, thirdBefore := [2]int64{c.HeldSinceMS, c.HoldTotalMS}, c.Third
	defer func() {
		if heldBefore != [2]int64{c.HeldSinceMS, c.HoldTotalMS} || thirdBefore != c.Third {
			c.Heard = e.Asked
		}
	}()
	if e.HeldSinceMS != c.HeldSinceMS || e.HoldTotalMS != c.HoldTotalMS {
		if held := e.HeldSinceMS > 0; held != (c.HeldSinceMS > 0) {
			kind := "resumed"
			if held {
				kind = "held"
			}
			effects = append(effects, HoldMedia{held}, c.note(e.AtMS, kind, ""))
		}
		c.HeldSinceMS, c.HoldTotalMS = e.HeldSinceMS, e.HoldTotalMS
		effects = append(effects, Show{Desk: c.Agent})
	}
	third, ours := e.Third, c.Third
	third.RungMS, ours.RungMS = 0, 0 // known here alone
	if third == ours || third.Agent != "" && third.Epoch < c.Third.Epoch || third.Agent == c.Agent {
		return effects
	}
	before := c.Third
	c.Third = third
	c.Third.RungMS = e.AtMS
	if before.Agent == third.Agent && before.Epoch == third.Epoch {
		c.Third.RungMS = before.RungMS
	}
	if before.Agent != "" && before.Agent != third.Agent {
		c.ThirdUp = false
		effects = append(effects, LeaveRoom{before.Agent}, Show{Desk: before.Agent})
		if before.Joined() {
			effects = append(effects, c.note(e.AtMS, "third_left", before.Agent))
		}
	}
	if third.Joined() && (!before.Joined() || before.Agent != third.Agent) {
		effects = append(effects, c.note(e.AtMS, "third_joined", third.Agent))
	}
	return append(effects, Show{Desk: c.Agent}, Show{Desk: third.Agent})
}

// withoutThird ends hold and third person with the talk or its owner's part.
func (c *Call) withoutThird() (effects []any) {
	if c.Third.Agent != "" {
		effects = append(effects, LeaveRoom{c.Third.Agent}, Show{Desk: c.Third.Agent})
	}
	if c.HeldSinceMS > 0 {
		effects = append(effects, HoldMedia{false})
	}
	c.Third, c.ThirdUp, c.HeldSinceMS = ThirdPerson{}, false, 0
	return effects
}
