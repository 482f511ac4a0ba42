package call

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/remotewindow/remotewindow/signaling/protocol"
)

func (c Call) leave(e Leave) (Call, []any, error) {
	switch c.State {
	case Waiting, Offered:
		return c, []any{CommitLeave{cmp.Or(e.Reason, protocol.EndAbandoned), e.AtMS}}, nil
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
	if effect, ok := c.invitation(event); ok {
		return c, []any{effect}, nil
	}
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
		c.GateOpen, c.Flowing, c.MediaLate, c.Ended, c.Message = true, false, false, "", ""
		effects := []any{OpenGate{c.Epoch}, c.note(e.AtMS, "accepted", c.Agent), Show{Desk: c.Agent}}
		return c, effects, nil
	}
	return c.refuse(event)
}
