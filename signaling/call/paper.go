package call

import (
	"fmt"
	"slices"

	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// paper handles pages and the checklist: ask, shoot, store, judge, ask again.
func (c Call) paper(event any) (Call, []any, error) {
	if !c.State.Talking() {
		switch e := event.(type) {
		case Judge, Judged:
			if c.State == WrapUp { // the agent may still look at a page
				return c.judge(e)
			}
		case PageStored:
			if c.State == WrapUp { // it was on its way when the other side hung up
				return c.stored(e)
			}
			return c, nil, nil
		case PageComing, PageFailed, Renew:
			return c, nil, nil
		}
		return c.refuse(event)
	}
	switch e := event.(type) {
	case Ask:
		if e.Agent != c.Agent {
			return c, nil, fmt.Errorf("%w: capture", ErrForbidden)
		}
		return c.ask(e.ID, e.Upload, e.Slot, e.Side, e.Hint)
	case Renew:
		return c.renew(e)
	case Cancel:
		if e.Agent != c.Agent {
			return c, nil, fmt.Errorf("%w: capture", ErrForbidden)
		}
		c.Capture = nil
		return c, c.show(), nil
	case Confirm:
		if c.Capture == nil || c.Capture.Slot != e.Slot {
			return c.refuse(e)
		}
		return c.shooting(true)
	case PageComing:
		if c.Capture == nil || c.Capture.ID != e.Request || c.Capture.Shooting {
			return c, nil, nil
		}
		return c.shooting(true)
	case PageFailed:
		return c.failed(e)
	case PageStored:
		return c.stored(e)
	case Judge, Judged:
		return c.judge(e)
	case Say:
		if e.Agent != c.Agent {
			return c, nil, fmt.Errorf("%w: say", ErrForbidden)
		}
		c.Message = e.Text
		return c, c.show(), nil
	}
	return c.refuse(event)
}

func (c Call) ask(id, upload, slot string, side protocol.Side, hint string) (Call, []any, error) {
	i := c.slot(slot)
	if i < 0 || !slices.Contains(c.Slots[i].Sides, side) {
		return c, nil, fmt.Errorf("%w: slot %q side %q", ErrNotFound, slot, side)
	}
	if now := c.Capture; now != nil && !now.Shooting && now.Slot == slot && now.Side == side && now.Hint == hint {
		return c, nil, nil // asked already; a new id would void the shot being taken
	}
	c.Capture = &protocol.CaptureView{ID: id, Slot: slot, Title: c.Slots[i].Title, Side: side, Hint: hint, Upload: upload}
	c.Failed = 0
	return c, c.show(), nil
}

// renew ends what the station could send by: whoever held it was locked out. The
// request stands, and whoever is the station next answers it with its own secret.
func (c Call) renew(e Renew) (Call, []any, error) {
	c.Upload = ""
	if c.Capture == nil {
		return c, nil, nil
	}
	capture := *c.Capture
	capture.Upload = e.Upload
	c.Capture = &capture
	return c, c.show(), nil
}

func (c Call) shooting(on bool) (Call, []any, error) {
	capture := *c.Capture
	capture.Shooting = on
	c.Capture = &capture
	return c, c.show(), nil
}

// maxFailed is how many failures of one request the course tells: a station
// that tries without end must not fill the records.
const maxFailed = 5

// failed tells the desk by the course, which stays, because a page that fails
// at once is over before its shooting could be shown.
func (c Call) failed(e PageFailed) (Call, []any, error) {
	if c.Capture == nil || c.Capture.ID != e.Request {
		return c, nil, nil
	}
	next, effects, err := c.shooting(false)
	if next.Failed < maxFailed {
		next.Failed++
		effects = append([]any{next.note(e.AtMS, "page_failed", e.Code)}, effects...)
	}
	return next, effects, err
}

func (c Call) stored(e PageStored) (Call, []any, error) {
	if c.page(e.Page.ID) >= 0 {
		return c, nil, nil
	}
	c.Pages = append(slices.Clip(c.Pages), e.Page)
	if i := c.slot(e.Page.Slot); i >= 0 {
		c.Slots = slices.Clone(c.Slots)
		c.Slots[i].Pages = append(slices.Clip(c.Slots[i].Pages), e.Page.ID)
		if c.Slots[i].Verdict == protocol.VerdictRetake { // the new page is to be judged afresh
			c.Slots[i].Verdict, c.Slots[i].Reason = protocol.VerdictOpen, ""
		}
	}
	c.Upload = ""
	if c.Capture != nil && c.Capture.ID == e.Request {
		c.Upload, c.Capture = c.Capture.Upload, nil
	}
	c.Served = e.Request
	effects := []any{c.note(e.Page.AtMS, "page", e.Page.Slot), Show{Desk: c.Agent}}
	return c, effects, nil
}

// judge stores a verdict first; a retake then asks the station for the same
// side again, with the reason as the hint.
func (c Call) judge(event any) (Call, []any, error) {
	switch e := event.(type) {
	case Judge:
		if e.Agent != c.Agent {
			return c, nil, fmt.Errorf("%w: judge", ErrForbidden)
		}
		if c.slot(e.Slot) < 0 {
			return c, nil, fmt.Errorf("%w: slot %q", ErrNotFound, e.Slot)
		}
		if p := c.page(e.Page); e.Page != "" && (p < 0 || c.Pages[p].Slot != e.Slot) {
			return c, nil, fmt.Errorf("%w: page of slot %q", ErrNotFound, e.Slot)
		}
		return c, []any{CommitJudge(e)}, nil
	case Judged:
		i := c.slot(e.Slot)
		if i < 0 {
			return c, nil, nil // the matter changed meanwhile
		}
		c.Slots = slices.Clone(c.Slots)
		c.Slots[i].Verdict, c.Slots[i].Reason = e.Verdict, e.Reason
		p := c.page(e.Page)
		if p >= 0 {
			c.Pages = slices.Clone(c.Pages)
			c.Pages[p].Verdict, c.Pages[p].Reason = e.Verdict, e.Reason
		}
		effects := []any{c.note(e.AtMS, "verdict", e.Slot+" "+string(e.Verdict))}
		if e.Verdict == protocol.VerdictRetake && p >= 0 && c.State.Talking() && c.Capture == nil {
			if next, _, err := c.ask(e.ID, e.Upload, e.Slot, c.Pages[p].Side, e.Reason); err == nil {
				c = next
			}
		}
		return c, append(effects, Show{Desk: c.Agent}), nil
	}
	return c.refuse(event)
}
