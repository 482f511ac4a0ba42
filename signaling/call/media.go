package call

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
	case p == Third && participant == c.Third.Agent:
		c.ThirdUp = up
	}
	return c
}
