package call

import (
	"fmt"
	"slices"

	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// Step returns the call after event and what must be done because of it, in
// order. On an error (ErrUnexpected, ErrStale, ErrForbidden, ErrNotFound,
// wrapped) the call is unchanged and nothing is to be done.
func (c Call) Step(event any) (Call, []any, error) {
	switch e := event.(type) {
	case Resume:
		return c.resume(e)
	case Seen:
		return c.seen(e)
	case Missing:
		return c.missing()
	case Given:
		return c.given(e)
	case Enqueued:
		c.Enqueued = true
		if c.State == Waiting && e.Epoch > c.Epoch {
			c.Epoch = e.Epoch
		}
		return c, c.show(), nil
	case Leave:
		return c.leave(e)
	case Left:
		return c.close(e.AtMS, TellAbandon{protocol.EndAbandoned}, CloseRoom{})
	case Revise, Revised:
		return c.revise(event)
	case Accept, Accepted, Decline, Shown:
		return c.offer(event)
	case Orphaned:
		return c, []any{TellBack(e)}, nil
	case HangUp:
		return c.hangUp(e)
	case Finish, Finished, Extend, Extended:
		return c.wrapUp(event)
	case MediaUp, MediaDown, MediaFlows, MediaLate:
		return c.media(event)
	case Ask, Renew, Cancel, Confirm, Judge, Judged, Say, PageComing, PageStored, PageFailed:
		return c.paper(event)
	}
	return c.refuse(event)
}

// settleMS is how long an accept may take from the queue to SQL.
const settleMS = 10_000

func (c Call) refuse(event any) (Call, []any, error) {
	return c, nil, fmt.Errorf("%w: %T while %s", ErrUnexpected, event, c.State)
}

func (c Call) show() []any { return []any{Show{Desk: c.Agent}} }

func (c Call) enter(s State, atMS int64) Call {
	c.State, c.SinceMS = s, atMS
	return c
}

// note adds a line to the course and returns the effect that saves it.
func (c *Call) note(atMS int64, kind, detail string) any {
	e := protocol.CallEvent{AtMS: atMS, Kind: kind, Detail: detail}
	c.Course = append(slices.Clip(c.Course), e)
	return SaveCourse{e}
}

// resume takes a call up again; whoever may talk does so as soon as he is back.
func (c Call) resume(e Resume) (Call, []any, error) {
	var effects []any
	if !e.Known && c.State != Closed {
		effects = append(effects, TellAgain{})
	}
	if c.State.Talking() {
		c.GateOpen = true
		effects = append(effects, OpenGate{c.Epoch})
	}
	return c, append(effects, c.show()...), nil
}

// seen follows the queue. What it says with an older epoch is history.
func (c Call) seen(e Seen) (Call, []any, error) {
	if e.Epoch < c.Epoch {
		return c, nil, nil
	}
	switch c.State {
	case Waiting, Offered:
		return c.seenWaiting(e)
	case Connecting, Active:
		return c.seenTalking(e)
	case WrapUp:
		return c.seenEnded(e)
	}
	return c, nil, nil
}

// seenEnded compares an ended call with the queue, which may have changed the
// owner before it heard of the end: then nobody there is to be served any more.
func (c Call) seenEnded(e Seen) (Call, []any, error) {
	higher := e.Epoch > c.Epoch
	switch {
	case e.State == WrapUp && (higher || e.WrapUpEndsMS != c.WrapUpEndsMS):
		c.Epoch, c.WrapUpEndsMS = e.Epoch, e.WrapUpEndsMS
		return c, c.show(), nil
	case !higher || e.State == WrapUp || e.State == Closed:
		return c, nil, nil // the end is on its way there
	case e.State.Talking() && e.Agent == c.Agent: // Redis was rebuilt: the same end under the new epoch
		c.Epoch = e.Epoch
		return c, append([]any{SaveEnd{c.Epoch, c.Ended, c.EndedMS}, TellHangUp{c.Epoch, c.Ended}}, c.show()...), nil
	}
	// Given to the line or to another agent. Its own agent was taken off it and
	// can end no wrap-up of it in the queue.
	return c.close(e.AtMS, SaveUnfinished{c.Agent, c.Epoch, c.Ended, e.AtMS}, TellDrop{})
}

func (c Call) seenWaiting(e Seen) (Call, []any, error) {
	switch e.State {
	case Waiting:
		changed := c.State != Waiting || !c.Enqueued || c.StationLost != e.StationLost || c.Epoch != e.Epoch
		if !changed {
			return c, nil, nil
		}
		effects := c.show()
		if c.State == Offered { // declined, rung out or withdrawn
			effects = append(effects, LeaveRoom{c.Agent})
			c.AgentUp = false
			c = c.enter(Waiting, e.AtMS)
		}
		c.Enqueued, c.Epoch, c.StationLost = true, e.Epoch, e.StationLost
		c.Agent, c.RungMS, c.ExpiresMS = "", 0, 0
		return c, effects, nil
	case Offered:
		if c.State == Offered && c.Agent == e.Agent && c.Epoch == e.Epoch {
			return c, nil, nil
		}
		var effects []any
		if c.State == Offered && c.Agent != e.Agent {
			effects = append(effects, LeaveRoom{c.Agent}, Show{Desk: c.Agent})
			c.AgentUp = false
		}
		c = c.enter(Offered, e.OfferedMS)
		c.Enqueued, c.Epoch, c.Agent, c.StationLost = true, e.Epoch, e.Agent, e.StationLost
		c.RungMS, c.ExpiresMS = e.OfferedMS, e.ExpiresMS
		return c, append(effects, c.show()...), nil
	case Connecting, Active:
		// An accept that this call never heard of, because a crash came between
		// the queue and SQL. A fresh one may still be on its way to SQL.
		if e.Epoch > c.Epoch && e.AtMS-e.AcceptedMS >= settleMS {
			return c, []any{CompareAccept{e.Epoch}}, nil
		}
	}
	return c, nil, nil
}

func (c Call) seenTalking(e Seen) (Call, []any, error) {
	switch e.State {
	case Connecting, Active:
		var effects []any
		if e.Epoch > c.Epoch { // the reconciler raised it; connections of before are void
			c.Epoch = e.Epoch
			effects = append(effects, OpenGate{c.Epoch})
		}
		for _, side := range []struct {
			have *bool
			seen bool
			name string
		}{{&c.StationLost, e.StationLost, "station"}, {&c.AgentLost, e.AgentLost, "agent"}} {
			if *side.have == side.seen {
				continue
			}
			*side.have = side.seen
			kind := side.name + "_back"
			if side.seen {
				kind = side.name + "_lost"
			}
			effects = append(effects, c.note(e.AtMS, kind, ""))
		}
		if len(effects) == 0 {
			return c, nil, nil
		}
		return c, append(effects, c.show()...), nil
	case Waiting, Offered:
		if e.Epoch == c.Epoch { // a snapshot from before the accept
			return c, nil, nil
		}
		old := c.Agent
		effects := []any{ShutGate{}, LeaveRoom{old}, SaveRequeue{e.Epoch}, Show{Desk: old}}
		c = c.enter(Waiting, e.AtMS)
		c.Epoch, c.Agent, c.AgentLost, c.AgentUp = e.Epoch, "", false, false
		c.GateOpen, c.Flowing, c.MediaLate, c.Capture, c.Message = false, false, false, nil, ""
		c.Upload = ""
		c.AcceptedMS, c.ConnectedMS = 0, 0
		effects = append(effects, c.note(e.AtMS, "requeued", ""))
		next, more, err := c.seenWaiting(e)
		return next, append(effects, more...), err
	case WrapUp:
		c.WrapUpEndsMS = e.WrapUpEndsMS
		at := e.EndedMS
		if at == 0 {
			at = e.AtMS
		}
		return c.end(protocol.EndLost, at)
	}
	return c, nil, nil
}

// missing: the queue has lost the ticket. One that waits is put back at its
// place; a running call does not notice.
func (c Call) missing() (Call, []any, error) {
	if c.State == Closed || !c.Enqueued {
		return c, nil, nil
	}
	c.Enqueued = false
	effects := []any{TellAgain{}}
	if c.State == Offered {
		effects = append(effects, LeaveRoom{c.Agent}, Show{Desk: c.Agent})
		c = c.enter(Waiting, c.SinceMS)
		c.Agent, c.AgentUp = "", false
	}
	return c, append(effects, c.show()...), nil
}

// given: a grace ran out in the queue.
func (c Call) given(e Given) (Call, []any, error) {
	switch c.State {
	case Waiting, Offered:
		return c.close(e.AtMS, SaveAbandon(e), CloseRoom{})
	case WrapUp:
		return c.close(e.AtMS, SaveUnfinished{c.Agent, c.Epoch, c.Ended, e.AtMS})
	}
	return c, nil, nil
}

func (c Call) close(atMS int64, effects ...any) (Call, []any, error) {
	effects = append(effects, c.show()...)
	return c.enter(Closed, atMS), effects, nil
}

func (c Call) leave(e Leave) (Call, []any, error) {
	switch c.State {
	case Waiting, Offered:
		return c, []any{CommitLeave{protocol.EndAbandoned, e.AtMS}}, nil
	case Closed:
		return c, nil, nil
	}
	return c.refuse(e)
}

func (c Call) revise(event any) (Call, []any, error) {
	if c.State == WrapUp || c.State == Closed {
		return c.refuse(event)
	}
	switch e := event.(type) {
	case Revise:
		return c, []any{CommitRevise(e)}, nil
	case Revised:
		if e.Who != "" {
			c.Who = e.Who
		}
		if e.Theme != "" {
			c.Theme = e.Theme
		}
		if e.Matter != "" {
			c.Matter = e.Matter
		}
		if e.Slots != nil {
			c.Slots = slices.Clone(e.Slots)
			for i := range c.Slots {
				c.Slots[i].Pages = []string{}
				for _, p := range c.Pages {
					if p.Slot == c.Slots[i].ID {
						c.Slots[i].Pages = append(c.Slots[i].Pages, p.ID)
					}
				}
			}
		}
	}
	return c, c.show(), nil
}

// offer handles the agent's answers to a ringing offer.
func (c Call) offer(event any) (Call, []any, error) {
	answer := func(agent string, epoch int64, effect any) (Call, []any, error) {
		if c.State != Offered || c.Agent != agent || c.Epoch != epoch {
			return c, nil, fmt.Errorf("%w: %T of %d while %s at %d", ErrStale, event, epoch, c.State, c.Epoch)
		}
		return c, []any{effect}, nil
	}
	switch e := event.(type) {
	case Accept:
		return answer(e.Agent, e.Epoch, CommitAccept(e))
	case Decline:
		return answer(e.Agent, e.Epoch, TellDecline(e))
	case Shown:
		return answer(e.Agent, e.Epoch, TellShown(e))
	case Accepted:
		if e.Epoch < c.Epoch || c.State != Offered && c.State != Waiting {
			return c, nil, ErrStale
		}
		c = c.enter(Connecting, e.AtMS)
		c.Agent, c.Epoch, c.AcceptedMS = e.Agent, e.Epoch, e.AtMS
		c.GateOpen, c.Flowing, c.MediaLate, c.Ended = true, false, false, ""
		effects := []any{OpenGate{c.Epoch}, c.note(e.AtMS, "accepted", c.Agent), Show{Desk: c.Agent}}
		return c, effects, nil
	}
	return c.refuse(event)
}

func (c Call) hangUp(e HangUp) (Call, []any, error) {
	if e.By == Agent && e.Agent != c.Agent {
		return c, nil, fmt.Errorf("%w: hang up", ErrForbidden)
	}
	switch c.State {
	case Connecting, Active:
		reason := protocol.EndHangUp
		if e.By == Station {
			reason = protocol.EndStation
		}
		next, effects, err := c.end(reason, e.AtMS)
		return next, append(effects, TellHangUp{c.Epoch, reason}), err
	case Offered, Waiting:
		if e.By == Station {
			return c.leave(Leave{e.AtMS})
		}
	case WrapUp, Closed: // both pressed at once
		return c, nil, nil
	}
	return c.refuse(e)
}

// end stops the talk: the gate is shut before anything is written.
func (c Call) end(reason protocol.EndReason, atMS int64) (Call, []any, error) {
	c = c.enter(WrapUp, atMS)
	c.EndedMS, c.Ended = atMS, reason
	c.GateOpen, c.StationUp, c.AgentUp, c.MediaLate = false, false, false, false
	c.Capture, c.Message = nil, ""
	c.StationLost, c.AgentLost = false, false
	effects := []any{
		ShutGate{}, CloseRoom{},
		c.note(atMS, "ended", string(reason)),
		SaveEnd{c.Epoch, reason, atMS},
		Show{Desk: c.Agent},
	}
	return c, effects, nil
}

func (c Call) wrapUp(event any) (Call, []any, error) {
	switch e := event.(type) {
	case Finish:
		switch {
		case e.Agent != c.Agent:
			return c, nil, fmt.Errorf("%w: finish", ErrForbidden)
		case e.Epoch != c.Epoch:
			return c, nil, fmt.Errorf("%w: finish", ErrStale)
		case c.State == Closed:
			return c, nil, nil
		case c.State != WrapUp:
			return c.refuse(e)
		}
		return c, []any{CommitFinish(e)}, nil
	case Finished:
		c.Disposition, c.NextStep = e.Disposition, e.NextStep
		return c.close(e.AtMS, TellFinish{c.Agent, c.Epoch})
	case Extend:
		if e.Agent != c.Agent {
			return c, nil, fmt.Errorf("%w: extend", ErrForbidden)
		}
		if c.State != WrapUp {
			return c.refuse(e)
		}
		return c, []any{CommitExtend{c.Agent, c.Epoch}}, nil
	case Extended:
		c.WrapUpEndsMS = e.WrapUpEndsMS
		return c, c.show(), nil
	}
	return c.refuse(event)
}

// media follows the transports. The call is active once both stand and a
// packet has passed; one that does not get there goes on, and both sides are
// told. What a participant of before still sends is not about this call's.
func (c Call) media(event any) (Call, []any, error) {
	var atMS int64
	switch e := event.(type) {
	case MediaUp:
		c = c.transport(e.Party, e.Participant, true)
		atMS = c.SinceMS
	case MediaDown:
		return c.transport(e.Party, e.Participant, false), nil, nil
	case MediaLate:
		if c.State != Connecting || c.MediaLate {
			return c, nil, nil
		}
		c.MediaLate = true
		return c, []any{c.note(e.AtMS, "no_media", ""), Show{Desk: c.Agent}}, nil
	case MediaFlows:
		if !c.State.Talking() {
			return c, nil, nil // of a gate that has been shut since
		}
		c.Flowing, atMS = true, e.AtMS
	}
	if c.State != Connecting || !c.StationUp || !c.AgentUp || !c.Flowing {
		return c, nil, nil
	}
	c = c.enter(Active, atMS)
	c.ConnectedMS, c.MediaLate = atMS, false
	effects := []any{
		c.note(atMS, "connected", ""),
		SaveConnected{c.Epoch, atMS},
		TellConnected{c.Epoch},
		Show{Desk: c.Agent},
	}
	return c, effects, nil
}

func (c Call) transport(p Party, participant string, up bool) Call {
	switch {
	case p == Station && participant == c.Station:
		c.StationUp = up
	case p == Agent && participant == c.Agent:
		c.AgentUp = up
	}
	return c
}
