package client

import (
	"context"
	"fmt"

	"github.com/pion/webrtc/v4"

	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// Restart gives a connection a new network path: an ICE restart from new local
// sockets (RFC 8445 section 9) on the same connection, so that streams, channels
// and keys stay. It returns when the connection stands again. A refusal with
// protocol.CodeMedia means that the server knows no such connection any more:
// close m and Join anew.
func (s *Station) Restart(ctx context.Context, m *Media) error { return m.restart(ctx, s) }

// Restart does what Station.Restart does.
func (a *Agent) Restart(ctx context.Context, m *Media) error { return m.restart(ctx, a) }

func (m *Media) restart(ctx context.Context, c caller) error {
	m.restarting.Lock()
	defer m.restarting.Unlock()
	if err := m.restartOnce(ctx, c); err != nil {
		return fmt.Errorf("client: media: restart: %w", err)
	}
	return nil
}

func (m *Media) restartOnce(ctx context.Context, c caller) error {
	// Pion cannot take an offer back: one that got no answer is sent again, and
	// the SFU answers it once more if it was only the answer that was lost.
	if m.unanswered == "" {
		offer, err := m.pc.CreateOffer(&webrtc.OfferOptions{ICERestart: true})
		if err != nil {
			return err
		}
		m.onState(webrtc.PeerConnectionStateConnecting) // whatever it was, it is not now
		if m.unanswered, err = m.describe(ctx, offer); err != nil {
			return err
		}
	}
	answer, err := c.Call(ctx, protocol.MediaRestart{SDP: m.unanswered})
	if err != nil {
		return err
	}
	got, ok := answer.(protocol.MediaAnswer)
	if !ok {
		return fmt.Errorf("media.restart answered by %s", answer.Type())
	}
	m.unanswered = ""
	return m.answer(ctx, got.SDP)
}

// Path tells how media travels now: "udp", "tcp", "relay", or "" while it is
// not known.
func (m *Media) Path() string {
	pair, err := m.pc.SCTP().Transport().ICETransport().GetSelectedCandidatePair()
	switch {
	case err != nil || pair == nil:
		return ""
	case pair.Local.Typ == webrtc.ICECandidateTypeRelay || pair.Remote.Typ == webrtc.ICECandidateTypeRelay:
		return "relay"
	case pair.Local.Protocol == webrtc.ICEProtocolTCP:
		return "tcp"
	}
	return "udp"
}
