package call

import (
	"fmt"

	"github.com/remotewindow/remotewindow/signaling/protocol"
)

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
			return c.leave(Leave{AtMS: e.AtMS})
		}
	case WrapUp, Closed: // both pressed at once
		return c, nil, nil
	}
	return c.refuse(e)
}

// revoked takes a participant out for good, without the grace of one who may
// come back. A call without its station ends; one without its agent goes back
// to its place in the line.
func (c Call) revoked(e Revoked) (Call, []any, error) {
	switch {
	case e.Party == Station && e.Participant == c.Station:
		switch c.State {
		case Waiting, Offered:
			return c.close(e.AtMS, SaveAbandon{string(protocol.EndRevoked), e.AtMS}, TellAbandon{protocol.EndRevoked}, CloseRoom{})
		case Connecting, Active:
			next, effects, err := c.end(protocol.EndRevoked, e.AtMS)
			return next, append(effects, TellHangUp{c.Epoch, protocol.EndRevoked}), err
		}
	case e.Party == Agent && e.Participant == c.Agent:
		switch c.State {
		case Offered:
			return c, []any{TellDecline{c.Agent, c.Epoch, string(protocol.EndRevoked)}}, nil
		case Connecting, Active:
			return c, []any{TellRequeue{c.Epoch}}, nil
		}
	case e.Party == Agent && e.Participant == c.Third.Agent && c.Third.Agent != "" && c.State.Talking():
		return c, []any{LeaveRoom{c.Third.Agent}, TellThirdLeave{c.Third.Agent}}, nil
	}
	return c, nil, nil // in wrap-up and after, nobody waits for him
}

// end stops the talk: the gate is shut before anything is written.
func (c Call) end(reason protocol.EndReason, atMS int64) (Call, []any, error) {
	c = c.enter(WrapUp, atMS)
	c.EndedMS, c.Ended = atMS, reason
	c.GateOpen, c.StationUp, c.AgentUp, c.MediaLate = false, false, false, false
	c.Capture, c.Message = nil, ""
	c.StationLost, c.AgentLost = false, false
	if c.HeldSinceMS > 0 {
		c.HoldTotalMS += max(atMS-c.HeldSinceMS, 0)
	}
	third := c.withoutThird()
	effects := []any{
		ShutGate{}, CloseRoom{},
		c.note(atMS, "ended", string(reason)),
		SaveEnd{c.Epoch, reason, atMS},
		Show{Desk: c.Agent},
	}
	return c, append(effects, third...), nil
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
