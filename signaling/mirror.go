package signaling

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/signaling/call"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// Kinds of messages between nodes.
const (
	kindShows   = "shows"   // told: what a call shows to an agent of yours
	kindWant    = "want"    // asked: what a call of yours shows
	kindCommand = "command" // asked: a command of an agent in a call of yours
	kindSay     = "say"     // told: a sentence for those who wait in calls of yours
	kindLockOut = "lockout" // told: somebody who may have media in a call of yours must go
)

const (
	wantWithin = time.Second            // for a home to show a call
	wantAgain  = 300 * time.Millisecond // until it is asked again
	wantLater  = 2 * time.Second        // the same, when what is shown merely looks old
)

// mirror is a call whose home is another node, as that one showed it last. To
// those who look at calls it is one like those that this node owns; its inbox is
// shut, because commands go to its home (forward).
type mirror struct {
	owner
	home   string
	seq    int64 // of the home's words
	missed int   // looks at the queue that did not have it
}

// showing is what a home tells of a call. The station's secrets are not in it.
type showing struct {
	Ticket string
	Seq    int64
	Call   call.Call
	Grants map[call.Party]protocol.MediaGrant
	Checks []protocol.PartCheck // the station's newest self-check
}

// callsLocked are the calls that pages of this node may be in, wherever their
// home is. Call it with s.mu held.
func (s *Server) callsLocked() iter.Seq[*owner] {
	return func(yield func(*owner) bool) {
		for _, o := range s.owners {
			if !yield(o) {
				return
			}
		}
		for _, m := range s.mirrors {
			if !yield(&m.owner) {
				return
			}
		}
	}
}

// mirrorOf is the home of a ticket that is mirrored here, and what it shows; ""
// when it is not.
func (s *Server) mirrorOf(ticket string) (home string, is *shown) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.mirrors[ticket]
	if m == nil {
		return "", nil
	}
	return m.home, m.shows.Load()
}

// forOthers is a call as its home tells it, within what a message may hold.
func forOthers(ticket string, seq int64, is *shown, checks []protocol.PartCheck) ([]byte, error) {
	c := is.call
	c.Upload, c.Capture = "", withoutUpload(c.Capture)
	c.Course = c.Course[max(0, len(c.Course)-courseRows):]
	grants := maps.Clone(is.grants)
	delete(grants, call.Station)
	return json.Marshal(showing{Ticket: ticket, Seq: seq, Call: c, Grants: grants, Checks: checks})
}

// tellMirrors has the nodes that mirror a call told what it shows now.
func (s *Server) tellMirrors(o *owner) {
	if s.Relay == nil {
		return
	}
	s.mu.Lock()
	s.untold[o.ticket] = o.shows.Load()
	s.mu.Unlock()
	select {
	case s.telling <- struct{}{}:
	default:
	}
}

// tellNodes is the one goroutine that tells other nodes of calls, so that what
// they hear rises in order.
func (s *Server) tellNodes(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.telling:
		}
		s.mu.Lock()
		untold := s.untold
		s.untold = map[string]*shown{}
		s.mu.Unlock()
		for ticket, is := range untold {
			s.tellNodesOf(ctx, ticket, is)
		}
	}
}

// tellNodesOf tells the node of the call's agent, and those that were told before:
// who is not in the call any more must hear that.
func (s *Server) tellNodesOf(ctx context.Context, ticket string, is *shown) {
	v := s.view.Load()
	s.mu.Lock()
	audience := s.audience[ticket]
	for _, agent := range agentsOf(is.call) {
		if a := v.agents[agent]; a != nil && a.Node != "" && a.Node != s.Node {
			if audience == nil {
				audience = map[string]bool{}
				s.audience[ticket] = audience
			}
			audience[a.Node] = true
		}
	}
	nodes := slices.Collect(maps.Keys(audience))
	if is.call.State == call.Closed {
		delete(s.audience, ticket)
	}
	s.mu.Unlock()
	if len(nodes) == 0 {
		return
	}
	body, err := forOthers(ticket, s.nextVersion(), is, s.boothCopy(is.call.Station).checks)
	if err != nil {
		s.Logger.Error("call not told to other nodes", "ticket", ticket, "err", err)
		return
	}
	for _, node := range nodes {
		try, cancel := context.WithTimeout(ctx, wantWithin)
		if err := s.Relay.Send(try, node, kindShows, body); err != nil && ctx.Err() == nil {
			s.Logger.Debug("call not told", "ticket", ticket, "node", node, "err", err) // it asks when it sees its view
		}
		cancel()
	}
}

// agentsOf are those whose desks show a call.
func agentsOf(c call.Call) []string {
	var list []string
	for _, agent := range []string{c.Agent, c.Third.Agent} {
		if agent != "" {
			list = append(list, agent)
		}
	}
	return list
}

// fromNode handles what another node says (relay.Handler).
func (s *Server) fromNode(ctx context.Context, from, kind string, body []byte) []byte {
	switch kind {
	case kindShows:
		s.mirrorShows(from, body)
	case kindWant:
		return s.shownTo(from, string(body))
	case kindCommand:
		return s.commandFrom(ctx, from, body)
	case kindSay:
		var said announcement
		if json.Unmarshal(body, &said) == nil {
			s.announceHere(said)
		}
	case kindLockOut:
		var who Identity
		if json.Unmarshal(body, &who) == nil {
			s.lockOutHere(who)
		}
	default:
		s.Logger.Debug("another node says what this one does not know", "from", from, "kind", kind)
	}
	return nil
}

// shownTo answers a node that wants to mirror a call; empty when it is not ours.
func (s *Server) shownTo(node, ticket string) []byte {
	o := s.owner(ticket)
	if o == nil {
		return nil
	}
	s.mu.Lock()
	if s.audience[ticket] == nil {
		s.audience[ticket] = map[string]bool{}
	}
	s.audience[ticket][node] = true
	s.mu.Unlock()
	body, err := forOthers(ticket, s.nextVersion(), o.shows.Load(), s.boothCopy(o.station).checks)
	if err != nil {
		s.Logger.Error("call not shown to another node", "ticket", ticket, "err", err)
		return nil
	}
	return body
}

// mirrorShows stores what a home tells of a call, unless it is older than what is
// known: another home counts when its epoch is not lower.
func (s *Server) mirrorShows(from string, body []byte) {
	var told showing
	if err := json.Unmarshal(body, &told); err != nil || told.Ticket == "" || told.Call.Ticket != told.Ticket {
		s.Logger.Warn("what another node shows is not understood", "from", from, "err", err)
		return
	}
	c := told.Call
	s.mu.Lock()
	m := s.mirrors[told.Ticket]
	var before []string
	if m != nil {
		old := m.shows.Load().call
		before = agentsOf(old)
		if c.Epoch < old.Epoch || m.home == from && told.Seq <= m.seq {
			s.mu.Unlock()
			return
		}
	}
	switch {
	case s.owners[told.Ticket] != nil && c.State != call.Closed: // ours since
	case c.State == call.Closed:
		delete(s.mirrors, told.Ticket)
	default:
		if m == nil {
			m = newMirror(s, c)
			s.mirrors[told.Ticket] = m
		}
		m.home, m.seq, m.missed = from, told.Seq, 0
		m.shows.Store(&shown{call: c, grants: told.Grants})
		if len(told.Checks) > 0 && s.sessions[seat{protocol.FaceStation, c.Station}] == nil {
			s.boothLocked(c.Station).checks = told.Checks
		}
	}
	s.mu.Unlock()
	s.book.forgetToday(c.Agent)
	for _, agent := range append(before, agentsOf(c)...) {
		s.mark("", agent)
	}
}

func newMirror(s *Server, c call.Call) *mirror {
	m := &mirror{owner: owner{server: s, ticket: c.Ticket, station: c.Station, closed: make(chan struct{}), wake: make(chan struct{}, 1), over: true}}
	close(m.closed)
	return m
}

// syncMirrors compares the mirrors with the queue: what a page here should show
// and does not is asked for, and what the queue has no more is dropped.
func (s *Server) syncMirrors(ctx context.Context, v *view) {
	if s.Relay == nil {
		return
	}
	s.mu.Lock()
	for id, m := range s.mirrors {
		t := v.tickets[id]
		if t != nil && t.Home != s.Node {
			m.missed = 0
			continue
		}
		if m.missed++; m.missed >= missedTwice {
			delete(s.mirrors, id)
			for _, agent := range agentsOf(m.shows.Load().call) {
				s.mark("", agent)
			}
		}
	}
	for id := range s.wanted {
		if v.tickets[id] == nil {
			delete(s.wanted, id)
		}
	}
	s.mu.Unlock()
	for id, t := range v.tickets {
		if !s.elsewhere(t) || t.State == queue.Waiting || !seated(t) || !s.deskHere(t) {
			continue
		}
		again := wantAgain
		if home, is := s.mirrorOf(id); home == t.Home && is.call.Epoch >= t.Epoch {
			if is.call.Epoch > t.Epoch || is.call.State == call.State(t.State) {
				continue
			}
			again = wantLater // its home knows first; it would have told by now
		}
		s.mu.Lock()
		asked, known := s.wanted[id]
		ask := !known || time.Since(asked) >= again
		if ask {
			s.wanted[id] = time.Now()
		}
		s.mu.Unlock()
		if ask {
			s.spawn(func() { s.want(ctx, id, t.Home) })
		}
	}
}

// deskHere says whether a desk of this node is in a ticket.
func (s *Server) deskHere(t *queue.Ticket) bool {
	for _, agent := range []string{t.Agent, t.Third} {
		if agent != "" && s.session(seat{protocol.FaceDesk, agent}) != nil {
			return true
		}
	}
	return false
}

// want asks a home what a call shows.
func (s *Server) want(ctx context.Context, ticket, home string) {
	ctx, cancel := context.WithTimeout(ctx, wantWithin)
	defer cancel()
	body, err := s.Relay.Ask(ctx, home, kindWant, []byte(ticket))
	if err != nil {
		s.Logger.Debug("call not shown", "ticket", ticket, "home", home, "err", err)
		return
	}
	if len(body) > 0 {
		s.mirrorShows(home, body)
	}
}

// wantFor asks for the call of an agent whose page has just come here, so that the
// first that it is told is whole.
func (s *Server) wantFor(ctx context.Context, agent string) {
	if s.Relay == nil {
		return
	}
	v := s.view.Load()
	a := v.agents[agent]
	if a == nil {
		return
	}
	t := v.tickets[a.Ticket]
	if t == nil || !s.elsewhere(t) || s.owner(t.ID) != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, renewWithin)
	defer cancel()
	s.want(ctx, t.ID, t.Home)
}

// remoteError is a refusal by the home of a call.
type remoteError struct {
	code    protocol.Code
	because string
}

func (e *remoteError) Error() string { return "refused by the call's home: " + string(e.code) }

// becauseOf is what stood in the way, wherever the command was refused.
func becauseOf(err error) string {
	var remote *remoteError
	if errors.As(err, &remote) {
		return remote.because
	}
	return queue.Because(err)
}

// relayed is a command on its way to the home of its call, and what came of it.
type relayed struct {
	Who   Identity
	Frame json.RawMessage
}

type relayedAnswer struct {
	Code    protocol.Code   `json:",omitempty"`
	Because string          `json:",omitempty"`
	Frame   json.RawMessage `json:",omitempty"`
}

// homeOf is the node to which a command of a desk belongs; "" when that is this
// one. Whatever is not about a call of his is carried out where his socket is.
func (s *Server) homeOf(x *session, m protocol.Message) string {
	if s.Relay == nil || x.ws == nil || x.who.Face != protocol.FaceDesk { // or it has come from another node
		return ""
	}
	switch m.(type) {
	case protocol.Hello, protocol.AgentSet, protocol.MediaReport, protocol.TicketPull,
		protocol.ReviewTake, protocol.ReviewReturn, protocol.BookingMake:
		return ""
	}
	if ticket := ticketNamed(m); ticket != nil {
		if s.owner(*ticket) != nil {
			return ""
		}
		if t := s.view.Load().tickets[*ticket]; t != nil && s.elsewhere(t) {
			return t.Home
		}
		home, _ := s.mirrorOf(*ticket)
		return home
	}
	o := s.ownerOf(x.who.ID)
	if o == nil || s.owner(o.ticket) == o {
		return ""
	}
	home, _ := s.mirrorOf(o.ticket)
	return home
}

// forward has a command carried out at the home of its call.
func (s *Server) forward(ctx context.Context, home string, x *session, id string, m protocol.Message) (protocol.Message, error) {
	frame, err := protocol.Encode(id, "", m)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(relayed{x.who, frame})
	if err != nil {
		return nil, err
	}
	body, err = s.Relay.Ask(ctx, home, kindCommand, body)
	if err != nil {
		s.wakeRefresh() // it may have another home by now
		return nil, fmt.Errorf("%w: %w", errQueueAway, err)
	}
	var answer relayedAnswer
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, fmt.Errorf("answer of node %s: %w", home, err)
	}
	if answer.Code != "" {
		return nil, &remoteError{answer.Code, answer.Because}
	}
	if len(answer.Frame) == 0 {
		return nil, nil
	}
	_, said, err := protocol.DecodePush(answer.Frame)
	return said, err
}

// commandFrom carries out a command of another node's page.
func (s *Server) commandFrom(ctx context.Context, from string, body []byte) []byte {
	answer, err := s.carryOut(ctx, body)
	said := relayedAnswer{}
	if err == nil && answer != nil {
		said.Frame, err = protocol.Encode("", "", answer)
	}
	if err != nil {
		said = relayedAnswer{Code: codeOf(err), Because: becauseOf(err)}
		if said.Code == protocol.CodeInternal {
			s.Logger.Error("command of another node failed", "from", from, "err", err)
		}
	}
	out, err := json.Marshal(said)
	if err != nil {
		s.Logger.Error("answer to another node", "err", err)
	}
	return out
}

func (s *Server) carryOut(ctx context.Context, body []byte) (protocol.Message, error) {
	var in relayed
	if err := json.Unmarshal(body, &in); err != nil || in.Who.Face != protocol.FaceDesk {
		return nil, errMalformed
	}
	envelope, m, err := protocol.Decode(in.Frame)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.Numbers.Command)
	defer cancel()
	return s.command(ctx, &session{server: s, who: in.Who}, envelope.ID, m) // stands for the page, and has no socket
}

// announcement is a sentence of the centre for one station that waits, or for all.
type announcement struct{ Station, Text string }

// announceElsewhere has other nodes show a sentence to those who wait there, and
// counts them.
func (s *Server) announceElsewhere(ctx context.Context, a announcement) (told int) {
	homes := map[string]int{}
	v := s.view.Load()
	for i := range v.snap.Tickets {
		t := &v.snap.Tickets[i]
		if (t.InLine() || t.State == queue.Offered) && s.elsewhere(t) && (a.Station == "" || a.Station == t.Station) {
			homes[t.Home]++
		}
	}
	body, err := json.Marshal(a)
	if err != nil {
		return 0 // it is text
	}
	for home, n := range homes {
		if err := s.Relay.Send(ctx, home, kindSay, body); err != nil {
			s.Logger.Warn("message not passed on", "node", home, "err", err)
			continue
		}
		told += n
	}
	return told
}

func (s *Server) announceHere(a announcement) {
	for _, o := range s.waiting() {
		if a.Station != "" && a.Station != o.station {
			continue
		}
		if err := o.post(letter{event: call.Announce{Text: a.Text}}); err != nil {
			s.Logger.Debug("message for a call that is over", "ticket", o.ticket, "err", err)
		}
	}
}

// lockOutElsewhere has the homes of an agent's calls end his media.
func (s *Server) lockOutElsewhere(who Identity) {
	if s.Relay == nil || who.Face != protocol.FaceDesk {
		return
	}
	s.mu.Lock()
	var homes []string
	for _, m := range s.mirrors {
		if slices.Contains(agentsOf(m.shows.Load().call), who.ID) && !slices.Contains(homes, m.home) {
			homes = append(homes, m.home)
		}
	}
	s.mu.Unlock()
	body, err := json.Marshal(who)
	if err != nil {
		return // an Identity is text
	}
	for _, home := range homes {
		s.spawn(func() {
			ctx, cancel := context.WithTimeout(s.life, s.Numbers.Store)
			defer cancel()
			if err := s.Relay.Send(ctx, home, kindLockOut, body); err != nil {
				s.Logger.Warn("lock-out not told", "node", home, "err", err)
			}
		})
	}
}

// lockOutHere ends the media of an agent whose socket is on another node, and his
// part in the call if he cannot come back.
func (s *Server) lockOutHere(who Identity) {
	for _, o := range s.ownersOf(who) {
		s.Media.Leave(o.ticket, who.ID)
		if err := o.post(letter{event: lockedOut{party: call.Agent, participant: who.ID}}); err != nil {
			s.Logger.Debug("locked out of a call that is over", "ticket", o.ticket, "err", err)
		}
	}
	s.spawn(func() {
		if s.bar(s.life, who, nil) != nil {
			s.askSoon()
		}
	})
}

// liveElsewhere tells of a station whose call is not here what the queue knows.
func (s *Server) liveElsewhere(t *queue.Ticket, live *protocol.StationLive) {
	if t == nil {
		return
	}
	switch state := call.State(t.State); {
	case state.Talking():
		live.State, live.SinceMS = protocol.StationInCall, t.AcceptedMS
	case state == call.Waiting || state == call.Offered:
		live.State, live.SinceMS = protocol.StationWaiting, t.ArrivedMS
	}
}
