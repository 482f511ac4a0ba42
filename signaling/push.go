package signaling

import (
	"context"
	"sync"
	"time"

	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// pusher collects whose page is to be told what is new. One goroutine
// (pushStates) composes and sends, so versions rise in the order of sending.
type pusher struct {
	wake chan struct{}

	mu      sync.Mutex
	urgent  map[seat]bool // now: the page's own call or presence changed
	general bool          // soon: the queue changed, which every page shows a little of
	waiting map[seat]bool // urgent as soon as the next snapshot is here
}

func newPusher() *pusher {
	return &pusher{wake: make(chan struct{}, 1), urgent: map[seat]bool{}, waiting: map[seat]bool{}}
}

// now marks pages to be told at once.
func (p *pusher) now(pages ...seat) {
	p.mu.Lock()
	for _, at := range pages {
		if at.id != "" {
			p.urgent[at] = true
		}
	}
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// later marks every page to be told with the next general push.
func (p *pusher) later() {
	p.mu.Lock()
	p.general = true
	p.mu.Unlock()
}

// expect marks the pages of an event to be told after the next snapshot.
func (p *pusher) expect(station, agent string) {
	p.expectAll([]seat{{protocol.FaceStation, station}, {protocol.FaceDesk, agent}})
}

func (p *pusher) expectAll(pages []seat) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, at := range pages {
		if at.id != "" {
			p.waiting[at] = true
		}
	}
}

func (p *pusher) expected() []seat {
	p.mu.Lock()
	defer p.mu.Unlock()
	pages := make([]seat, 0, len(p.waiting))
	for at := range p.waiting {
		pages = append(pages, at)
	}
	clear(p.waiting)
	return pages
}

func (p *pusher) takeUrgent() []seat {
	p.mu.Lock()
	defer p.mu.Unlock()
	pages := make([]seat, 0, len(p.urgent))
	for at := range p.urgent {
		pages = append(pages, at)
	}
	clear(p.urgent)
	return pages
}

func (p *pusher) takeGeneral() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	g := p.general
	p.general = false
	return g
}

// mark tells a station and an agent (either may be empty) at once.
func (s *Server) mark(station, agent string) {
	s.push.now(seat{protocol.FaceStation, station}, seat{protocol.FaceDesk, agent})
}

// pushStates is the one goroutine that composes and sends states.
func (s *Server) pushStates(ctx context.Context) {
	tick := time.NewTicker(s.Numbers.Push)
	defer tick.Stop()
	var boardAt time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.push.wake:
			for _, at := range s.push.takeUrgent() {
				if x := s.session(at); x != nil {
					s.pushTo(ctx, x)
				}
			}
		case now := <-tick.C:
			s.sweepBooths(now)
			general := s.push.takeGeneral()
			if general {
				for _, x := range s.everyone() {
					s.pushTo(ctx, x)
				}
			}
			if general || now.Sub(boardAt) >= s.Numbers.Board {
				boardAt = now
				s.pushBoards(ctx)
			}
		}
	}
}

func (s *Server) everyone() []*session {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*session, 0, len(s.sessions))
	for _, x := range s.sessions {
		all = append(all, x)
	}
	return all
}

func (s *Server) pushTo(ctx context.Context, x *session) {
	if !x.ready.Load() {
		return // arrived marks it again
	}
	var m protocol.Message
	var err error
	switch x.who.Face {
	case protocol.FaceStation:
		m, err = s.stationState(ctx, x.who.ID)
	case protocol.FaceDesk:
		m, err = s.deskState(ctx, x.who.ID)
	default:
		return
	}
	if err != nil {
		s.Logger.Warn("state not composed", "face", string(x.who.Face), "id", x.who.ID, "err", err)
		s.push.later() // a lost push costs time only
		return
	}
	x.sendState(m)
}

func (s *Server) pushBoards(ctx context.Context) {
	s.mu.Lock()
	boards := make([]*session, 0, len(s.boards))
	for x := range s.boards {
		boards = append(boards, x)
	}
	s.mu.Unlock()
	if len(boards) == 0 {
		return
	}
	b, err := s.board(ctx)
	if err != nil {
		s.Logger.Warn("board not composed", "err", err)
		return
	}
	for _, x := range boards {
		if x.ready.Load() {
			x.sendState(b)
		}
	}
}
