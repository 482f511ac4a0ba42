package sfu

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"

	"github.com/pion/ice/v4"
	"github.com/pion/webrtc/v4"

	"github.com/remotewindow/remotewindow/sfu/icetcp"
)

// maxNegotiations bounds the offers worked on at once; the rest wait.
const maxNegotiations = 16

// SFU forwards the media of many rooms over one UDP port, and the TCP port of
// the same number.
type SFU struct {
	options Options
	conn    *follower
	mux     *port
	streams *icetcp.Mux // nil without TCP
	api     *webrtc.API
	metrics *metrics
	events  *mailbox
	working chan struct{} // a place per negotiation

	stopped chan struct{}
	pulse   *pulse // nil: pauses are not noticed

	peers sync.WaitGroup // that are not yet closed; added to only by negotiations

	mu     sync.Mutex
	closed bool
	rooms  map[string]*room
}

// New opens the media port and is ready for Join.
func New(o Options) (*SFU, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	figures, err := newMetrics(o.Registerer)
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	machine, err := newNetwork()
	if err != nil {
		return nil, fmt.Errorf("network interfaces: %w", err)
	}
	udp, listener, err := listen(&o)
	if err != nil {
		return nil, err
	}
	conn := newFollower(udp)
	logs := &pionLogs{log: o.Logger}
	local := conn.LocalAddr().(*net.UDPAddr) // of a UDP socket
	mux := &port{
		UDPMuxDefault: ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: conn, Net: machine, Logger: logs.NewLogger("ice")}),
		loopback:      o.loopback(local),
	}
	for _, ip := range o.PublicIPs {
		mux.public = append(mux.public, net.ParseIP(ip))
	}
	var streams *icetcp.Mux
	if listener != nil {
		streams = icetcp.New(icetcp.Options{
			Listener: listener, Announced: mux.announces, MaxPerSource: o.TCPPerSource,
			OnChange: func(delta int) { figures.streams.Add(float64(delta)) },
			OnRefuse: func(why icetcp.Reason) { figures.streamsRefused.WithLabelValues(string(why)).Inc() },
		})
	}
	api, err := newAPI(&o, mux, streams, machine, local, logs)
	if err != nil {
		return nil, errors.Join(err, closePorts(mux, streams))
	}
	s := &SFU{
		options: o, conn: conn, mux: mux, streams: streams, api: api, metrics: figures,
		events:  newMailbox(o.OnEvent),
		working: make(chan struct{}, maxNegotiations),
		stopped: make(chan struct{}),
		rooms:   map[string]*room{},
	}
	s.pulse = startPulse(o.OnPause, s.stopped)
	return s, nil
}

func closePorts(mux *port, streams *icetcp.Mux) error {
	err := mux.Close()
	if streams != nil {
		err = errors.Join(err, streams.Close())
	}
	return err
}

// Port is the UDP port of all media, and with Options.TCP the TCP port.
func (s *SFU) Port() int {
	return s.conn.LocalAddr().(*net.UDPAddr).Port // of a UDP socket
}

// Join answers a participant's offer and gives it its role's place in the
// room, which it makes if need be. A peer already there is replaced: it is
// closed without an event and the others' slots go on with the new one.
//
// Errors: ErrSDP, ErrStale, ErrFull, ErrClosed, or the context's.
func (s *SFU) Join(ctx context.Context, roomID string, who Participant, offer string) (answer string, err error) {
	answer, err = s.join(ctx, roomID, who, offer)
	result := "answered"
	switch {
	case err == nil:
	case errors.Is(err, ErrSDP):
		result = "refused"
	case errors.Is(err, ErrStale):
		result = "stale"
	default:
		result = "failed"
	}
	s.metrics.offers.WithLabelValues(result).Inc()
	return answer, err
}

func (s *SFU) join(ctx context.Context, roomID string, who Participant, offer string) (string, error) {
	if err := checkOffer(who.Role, offer); err != nil {
		return "", err
	}
	select {
	case s.working <- struct{}{}:
		defer func() { <-s.working }()
	case <-s.stopped:
		return "", fmt.Errorf("sfu: %w", ErrClosed)
	case <-ctx.Done():
		return "", ctx.Err()
	}
	r, err := s.enter(roomID)
	if err != nil {
		return "", err
	}
	defer s.exit(r)
	answer, err := s.negotiate(ctx, r, who, offer)
	if err != nil {
		return "", fmt.Errorf("join as %s: %w", who.Role, err)
	}
	return answer, nil
}

func (s *SFU) negotiate(ctx context.Context, r *room, who Participant, offer string) (string, error) {
	counts, err := r.admit(who)
	if err != nil {
		return "", err
	}
	p, err := s.newPeer(r, who, counts)
	if err != nil {
		return "", err
	}
	answer, err := p.answer(ctx, offer)
	if err != nil {
		p.end()
		return "", err
	}
	replaced, err := r.seat(p)
	if err != nil {
		p.end()
		return "", err
	}
	if replaced != nil {
		replaced.end()
	} else {
		s.metrics.peers.Inc()
	}
	counts.answers.Add(1)
	return answer, nil
}

// enter finds or makes the room.
func (s *SFU) enter(id string) (*room, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, fmt.Errorf("sfu: %w", ErrClosed)
	}
	r := s.rooms[id]
	if r == nil {
		if len(s.rooms) >= s.options.MaxRooms {
			return nil, fmt.Errorf("%w: %d rooms", ErrFull, len(s.rooms))
		}
		r = newRoom(s, id)
		s.rooms[id] = r
		s.metrics.rooms.Inc()
	}
	r.joining++
	return r, nil
}

// exit ends a negotiation. It forgets a room that nobody got into and that
// has no epoch worth remembering.
func (s *SFU) exit(r *room) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.joining--
	if r.joining > 0 || s.rooms[r.id] != r || !r.untouched() {
		return
	}
	delete(s.rooms, r.id)
	s.metrics.rooms.Dec()
}

func (s *SFU) find(id string) *room {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rooms[id]
}

// Open lets media pass in both directions and asks the publishers for a
// keyframe. ErrNotFound without the room, ErrStale for an epoch before the
// room's; a later one becomes the room's.
func (s *SFU) Open(roomID string, epoch int64) error {
	r := s.find(roomID)
	if r == nil {
		return fmt.Errorf("open the gate: %w", ErrNotFound)
	}
	return r.open(epoch)
}

// Shut stops all media of the room; feedback still flows, so that encoders
// stay adapted. Without the room there is nothing to do.
func (s *SFU) Shut(roomID string) {
	if r := s.find(roomID); r != nil {
		r.shut()
	}
}

// Hold begins or ends a hold: nothing of the station's media goes to anybody and
// nothing to the station, while the others go on with each other. Feedback still
// flows. Without the room there is nothing to do.
func (s *SFU) Hold(roomID string, on bool) {
	if r := s.find(roomID); r != nil {
		r.hold(on)
	}
}

// HandOver makes the third person's connection the agent's, under a higher epoch:
// it is bound to other slots, and nothing is negotiated. The agent of before is
// out, without an event. ErrNotFound when third has no connection as one, ErrStale
// for an epoch before the room's.
func (s *SFU) HandOver(roomID, third string, epoch int64) error {
	r := s.find(roomID)
	if r == nil {
		return fmt.Errorf("hand over: %w", ErrNotFound)
	}
	return r.handOver(third, epoch)
}

// Leave takes a participant out of the room. The room stays, and with it
// epoch and gate, until CloseRoom.
func (s *SFU) Leave(roomID, participant string) {
	if r := s.find(roomID); r != nil {
		r.leave(participant)
	}
}

// CloseRoom ends the call's media for everyone.
func (s *SFU) CloseRoom(roomID string) {
	s.mu.Lock()
	r := s.rooms[roomID]
	delete(s.rooms, roomID)
	s.mu.Unlock()
	if r != nil {
		s.metrics.rooms.Dec()
		r.close()
	}
}

// Stats are the figures of a room; false without it.
func (s *SFU) Stats(roomID string) (RoomStats, bool) {
	r := s.find(roomID)
	if r == nil {
		return RoomStats{}, false
	}
	return r.stats(), true
}

// Close ends every room and the media ports. It waits for the peers, at most
// until ctx ends, and then returns its error.
func (s *SFU) Close(ctx context.Context) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	close(s.stopped)
	rooms := s.rooms
	s.rooms = map[string]*room{}
	s.mu.Unlock()
	for _, r := range rooms {
		s.metrics.rooms.Dec()
		r.close()
	}
	if s.pulse != nil {
		<-s.pulse.ended
	}
	done := make(chan struct{})
	go func() {
		// With every place taken no negotiation is left that could add a peer.
		for range maxNegotiations {
			s.working <- struct{}{}
		}
		s.peers.Wait()
		close(done)
	}()
	var err error
	select {
	case <-done:
	case <-ctx.Done():
		err = fmt.Errorf("close peers: %w", ctx.Err())
	}
	s.events.close()
	return errors.Join(err, closePorts(s.mux, s.streams))
}

// mime is the one codec of a kind that every peer speaks.
func (s *SFU) mime(kind webrtc.RTPCodecType) string {
	switch {
	case kind == webrtc.RTPCodecTypeAudio:
		return webrtc.MimeTypeOpus
	case s.options.Codec == H264:
		return webrtc.MimeTypeH264
	default:
		return webrtc.MimeTypeVP8
	}
}
