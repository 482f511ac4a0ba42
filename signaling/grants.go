package signaling

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/remotewindow/remotewindow/sfu"
	"github.com/remotewindow/remotewindow/sfu/capture"
	"github.com/remotewindow/remotewindow/signaling/call"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

const maxSDP = 48 << 10 // bytes

// grant is the right of one participant to open one connection at one epoch.
// It is used once; the next one is issued at once, so that a reloaded page
// finds one in its state.
type grant struct {
	permit call.Permit
	token  string
	issued time.Time
}

func (g *grant) view(codec string) protocol.MediaGrant {
	return protocol.MediaGrant{Token: g.token, Layout: protocol.Layout, MaxKbps: g.permit.MaxKbps, Codec: codec}
}

func newGrant(p call.Permit, now time.Time) *grant {
	return &grant{permit: p, token: randomID(), issued: now}
}

// syncGrants makes the grants those that the call permits: an older epoch or
// another participant is void, a changed bit rate is not.
func (o *owner) syncGrants(now time.Time) {
	permits := map[call.Party]call.Permit{}
	for _, p := range o.c.Permits() {
		permits[p.Party] = p
	}
	for party := range o.grants {
		if _, ok := permits[party]; !ok {
			delete(o.grants, party)
		}
	}
	for party, p := range permits {
		g := o.grants[party]
		if g == nil || g.permit.Participant != p.Participant || g.permit.Epoch != p.Epoch {
			o.grants[party] = newGrant(p, now)
			continue
		}
		g.permit = p
	}
}

// renewGrants replaces what has lain unused for long and says whether it did.
func (o *owner) renewGrants(now time.Time) bool {
	renewed := false
	for party, g := range o.grants {
		if now.Sub(g.issued) > o.server.Numbers.GrantRenew {
			o.grants[party] = newGrant(g.permit, now)
			renewed = true
		}
	}
	return renewed
}

// back tells a call that a participant's page has a socket again.
type back struct {
	party       call.Party
	participant string
}

// renewGrantOf replaces the unused grant of a participant who is back.
func (o *owner) renewGrantOf(e back) {
	g := o.grants[e.party]
	if g == nil || g.permit.Participant != e.participant {
		return
	}
	o.grants[e.party] = newGrant(g.permit, time.Now())
	o.publish()
	o.server.mark(o.c.Station, o.c.Agent)
}

// mediaOffer is a participant's SDP with the token that lets it in.
type mediaOffer struct {
	party       call.Party
	participant string
	token, sdp  string
}

// join redeems the token and lets the SFU answer.
func (o *owner) join(ctx context.Context, e mediaOffer) (protocol.Message, error) {
	s := o.server
	now := time.Now()
	g := o.grants[e.party]
	if g == nil || g.permit.Participant != e.participant || now.Sub(g.issued) > s.Numbers.Grant ||
		subtle.ConstantTimeCompare([]byte(g.token), []byte(e.token)) != 1 {
		return nil, errMediaToken
	}
	o.grants[e.party] = newGrant(g.permit, now)
	if err := o.step(ctx, call.MediaDown{Party: e.party, Participant: e.participant}); err != nil { // an older connection is replaced without an event
		return nil, err
	}
	defer s.mark(o.c.Station, o.c.Agent)
	role := sfu.Role(e.party) // the words are the same
	ctx, cancel := context.WithTimeout(ctx, s.Numbers.Store)
	defer cancel()
	answer, err := s.Media.Join(ctx, o.ticket, sfu.Participant{ID: e.participant, Role: role, Epoch: g.permit.Epoch}, e.sdp)
	if err != nil {
		return nil, fmt.Errorf("join: %w", err)
	}
	if o.c.GateOpen {
		o.openGate(o.c.Epoch)
	}
	if o.c.HeldSinceMS > 0 {
		s.Media.Hold(o.ticket, true) // a room made anew does not know
	}
	return protocol.MediaAnswer{SDP: answer}, nil
}

// mediaOf finds the call in which an identity may have a connection now.
func (s *Server) mediaOf(who Identity) (*owner, call.Party) {
	switch who.Face {
	case protocol.FaceDesk:
		o := s.ownerOf(who.ID, call.Offered, call.Connecting, call.Active)
		if o != nil && o.shows.Load().call.Third.Agent == who.ID {
			return o, call.Third
		}
		return o, call.Agent
	case protocol.FaceStation:
		return s.owner(s.ticketOf(who.ID)), call.Station
	}
	return nil, ""
}

// restartMedia gives the connection that a participant has in his present call
// a new path. The call is not asked: the SFU knows whether there is such a
// connection, and a call that is busy with its stores keeps nobody silent.
func (s *Server) restartMedia(ctx context.Context, x *session, m protocol.MediaRestart) (protocol.Message, error) {
	if len(m.SDP) > maxSDP {
		return nil, errTooLarge
	}
	o, party := s.mediaOf(x.who)
	if o == nil || !slices.ContainsFunc(o.shows.Load().call.Permits(), func(p call.Permit) bool {
		return p.Party == party && p.Participant == x.who.ID
	}) {
		return nil, errMediaToken
	}
	ctx, cancel := context.WithTimeout(ctx, s.Numbers.Store)
	defer cancel()
	answer, err := s.Media.Restart(ctx, o.ticket, x.who.ID, m.SDP)
	if errors.Is(err, sfu.ErrNotFound) {
		return nil, fmt.Errorf("%w: %w", errMediaToken, err)
	}
	if err != nil {
		return nil, fmt.Errorf("restart: %w", err)
	}
	return protocol.MediaAnswer{SDP: answer}, nil
}

// offerMedia finds the call that a participant's token belongs to.
func (s *Server) offerMedia(ctx context.Context, x *session, m protocol.MediaOffer) (protocol.Message, error) {
	if len(m.SDP) > maxSDP {
		return nil, errTooLarge
	}
	o, party := s.mediaOf(x.who)
	if o == nil {
		return nil, errMediaToken
	}
	return o.ask(ctx, mediaOffer{party: party, participant: x.who.ID, token: m.Token, sdp: m.SDP})
}

// HandleMedia takes the events of the SFU (sfu.Options.OnEvent). It does not block.
func (s *Server) HandleMedia(e sfu.Event) {
	o := s.owner(e.Room)
	if o == nil {
		return
	}
	party := call.Station
	switch e.Role {
	case sfu.Agent:
		party = call.Agent
	case sfu.Third:
		party = call.Third
	}
	var event any
	switch e.Kind {
	case sfu.Connected:
		event = call.MediaUp{Party: party, Participant: e.Participant}
	case sfu.Disconnected, sfu.Closed:
		event = call.MediaDown{Party: party, Participant: e.Participant}
	case sfu.Media:
		event = call.MediaFlows{AtMS: nowMS()}
	case sfu.PageOffered, sfu.PageStored, sfu.PageFailed:
		event = pageEvent(e)
	}
	if event == nil {
		return
	}
	if err := o.post(letter{event: event}); err != nil {
		s.Logger.Warn("media event dropped", "ticket", e.Room, "kind", string(e.Kind), "err", err)
	}
}

// PageAsked says whether the agent has asked this ticket's station for the page
// offered: nothing else may be stored.
func (s *Server) PageAsked(ticket string, offer capture.Offer) bool {
	o := s.owner(ticket)
	return o != nil && o.shows.Load().call.Wants(offer.Request, pageView(offer))
}
