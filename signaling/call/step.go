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
	case Announce:
		if c.State != Waiting && c.State != Offered {
			return c.refuse(e)
		}
		c.Message = e.Text
		return c, c.show(), nil
	case Leave:
		return c.leave(e)
	case Left:
		c.Ended = e.Reason
		return c.close(e.AtMS, TellAbandon{e.Reason}, CloseRoom{})
	case Revise, Revised:
		return c.revise(event)
	case Accept, Accepted, Decline, Shown:
		return c.offer(event)
	case Orphaned:
		return c, []any{TellBack(e)}, nil
	case HangUp:
		return c.hangUp(e)
	case Revoked:
		return c.revoked(e)
	case Hold, Transfer, Transferred, Invite, InviteEnd, HandOver, ThirdLeave:
		return c.party(event)
	case Finish, Finished, Extend, Extended:
		return c.wrapUp(event)
	case MediaUp, MediaDown, MediaFlows, MediaLate:
		return c.media(event)
	case Ask, Renew, Cancel, Confirm, Judge, Judged, Say, PageComing, PageStored, PageFailed:
		return c.paper(event)
	}
	return c.refuse(event)
}

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

func (c Call) close(atMS int64, effects ...any) (Call, []any, error) {
	effects = append(effects, c.show()...)
	return c.enter(Closed, atMS), effects, nil
}
