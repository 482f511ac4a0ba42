package signaling

import (
	"fmt"
	"strings"
	"testing"

	"github.com/remotewindow/remotewindow/sfu"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

func (r *rig) refuseMedia(err error) {
	r.media.mu.Lock()
	defer r.media.mu.Unlock()
	r.media.refuse = err
}

// TestRestartMedia: only the sender's own connection in his present call.
func TestRestartMedia(t *testing.T) {
	r := newRig(t, func(o *Options) { o.Numbers.Rate, o.Numbers.Burst = 1000, 1000 })
	idle, board := r.open("station:s02"), r.open("board:supervisor")
	restart := protocol.MediaRestart{SDP: "new path"}
	idle.refused(restart, protocol.CodeMedia)
	board.refused(restart, protocol.CodeForbidden)
	kiosk, desk, ticket := r.call("s01", "agent1")
	other := r.open("desk:agent2")
	other.refused(restart, protocol.CodeMedia)
	for _, p := range []*page{kiosk, desk} {
		for i := range 50 { // as many as a bad network asks for
			if answer, ok := p.command(restart).(protocol.MediaAnswer); !ok || answer.SDP != "restart of new path" {
				t.Fatalf("restart %d: %#v", i, answer)
			}
		}
		if first, again := p.commandAs("lost answer", restart), p.commandAs("lost answer", restart); first != again {
			t.Errorf("%#v, then %#v", first, again)
		}
	}
	if n := r.media.look(ticket).restarts; n != 2*51 {
		t.Errorf("%d restarts", n)
	}
	r.media.Leave(ticket, "s01") // the SFU has lost it
	kiosk.refused(restart, protocol.CodeMedia)
	r.refuseMedia(fmt.Errorf("parse: %w", sfu.ErrSDP))
	desk.refused(restart, protocol.CodeSDP)
	r.refuseMedia(nil)
	desk.refused(protocol.MediaRestart{SDP: strings.Repeat("x", maxSDP+1)}, protocol.CodeTooLarge)
	desk.must(protocol.CallHangUp{})
	desk.untilDesk(protocol.DeskWrapUp)
	desk.refused(restart, protocol.CodeMedia)
}
