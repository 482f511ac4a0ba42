package call

import "github.com/remotewindow/remotewindow/signaling/protocol"

// settleMS is how long an accept may take from the queue to SQL.
const settleMS = 10_000

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
		moved := c.Priority != e.Priority // by a supervisor
		c.Priority = e.Priority
		next, effects, err := c.seenWaiting(e)
		if moved && len(effects) == 0 {
			effects = c.show()
		}
		return next, effects, err
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
	case Scheduled: // shelved: its station went away. It is taken up again when it waits again.
		return c.close(e.AtMS, CloseRoom{})
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
		effects := c.seenThird(e)
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
		effects := append([]any{ShutGate{}, LeaveRoom{old}, SaveRequeue{e.Epoch}, Show{Desk: old}}, c.withoutThird()...)
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
		reason := e.Ended
		if reason == "" {
			reason = protocol.EndLost
		}
		return c.end(reason, at)
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
