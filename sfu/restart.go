package sfu

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Restart gives a participant's connection a new path (ICE restart, RFC 8445
// section 9): the offer brings new ICE credentials, the answer ours and every
// candidate; an offer that was answered already, whose answer was lost, gets
// the same again. Keys, channels, streams and pages on their way stay; nothing
// else that the offer says is applied, but it must pass the same check as the
// first one. Restarts of one participant are done one after the other.
//
// Errors: ErrSDP, ErrNotFound (no such live participant, or an offer of
// another browser: its fingerprint is not the first offer's), ErrClosed, or
// the context's while the restart had not begun.
func (s *SFU) Restart(ctx context.Context, roomID, participant, offer string) (answer string, err error) {
	answer, err = s.restart(ctx, roomID, participant, offer)
	result := "answered"
	switch {
	case err == nil:
	case errors.Is(err, ErrSDP):
		result = "refused"
	case errors.Is(err, ErrNotFound):
		result = "not_found"
	default:
		result = "failed"
	}
	s.metrics.restarts.WithLabelValues(result).Inc()
	if err != nil {
		return "", fmt.Errorf("restart: %w", err)
	}
	return answer, nil
}

func (s *SFU) restart(ctx context.Context, roomID, participant, offer string) (string, error) {
	if len(offer) > maxOfferBytes {
		return "", fmt.Errorf("%w: %d bytes, at most %d", ErrSDP, len(offer), maxOfferBytes)
	}
	r := s.find(roomID)
	if r == nil {
		return "", ErrNotFound
	}
	p := r.present(participant)
	if p == nil {
		return "", fmt.Errorf("%w: participant", ErrNotFound)
	}
	if err := checkOffer(p.who.Role, offer); err != nil {
		return "", err
	}
	fresh, err := readCredentials(offer)
	if err != nil {
		return "", err
	}
	if err := ctx.Err(); err != nil {
		return "", err
	}
	return p.restart(ctx, fresh)
}

// restart applies new credentials. One at a time: Pion cannot restart while
// it gathers (pion/webrtc #1367). The peer's own turn comes before a place
// among all negotiations, so that one participant cannot take them all.
func (p *peer) restart(ctx context.Context, fresh credentials) (string, error) {
	select {
	case p.negotiating <- struct{}{}:
		defer func() { <-p.negotiating }()
	case <-p.gone:
		return "", fmt.Errorf("%w: participant", ErrNotFound)
	case <-ctx.Done():
		return "", ctx.Err()
	}
	select {
	case p.sfu.working <- struct{}{}:
		defer func() { <-p.sfu.working }()
	case <-p.sfu.stopped:
		return "", ErrClosed
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if p.ended() {
		return "", fmt.Errorf("%w: participant", ErrNotFound)
	}
	if !slices.Equal(fresh.fingerprints, p.remote.fingerprints) {
		return "", fmt.Errorf("%w: the fingerprint is another", ErrNotFound)
	}
	if fresh.ufrag == p.remote.ufrag && fresh.pwd == p.remote.pwd {
		return p.pc.LocalDescription().SDP, nil
	}
	// Once begun it is carried through: a half-restarted agent helps nobody.
	answer, err := p.describe(context.WithoutCancel(ctx), withCredentials(p.offer, fresh))
	if err != nil {
		if p.ended() {
			return "", fmt.Errorf("%w: participant", ErrNotFound)
		}
		go p.room.lost(p)
		return "", err
	}
	p.remote = fresh
	if err := p.agree(answer); err != nil {
		return "", err
	}
	p.counts.restarts.Add(1)
	p.tell(Restarted, nil)
	return answer, nil
}
