package sfu

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/stun/v4"
)

// Of asking an address whether a participant is there.
const (
	// An address is asked again at most this often. A check that was lost is
	// sent again by the next packet after it.
	askEvery = 100 * time.Millisecond
	// An answer counts for so long after the first time that was asked.
	answerBound = 2 * time.Second
	// So many addresses are asked within answerBound for one participant.
	maxQuestions = 8

	// Of our checks, the lowest: a browser that gets one by way of a stranger
	// shall not find him worth a pair.
	askPriority = 1
	// Of nominations, the highest of RFC 8445, 5.1.2: Pion lets none lower the
	// priority of the pair in use when the address is new.
	nominatePriority = 1<<31 - 1
)

// question is a check of ours: a Binding request with an id of its own that
// the browser's password signs (RFC 8445, 7.2.4). Sent again, it keeps its id.
type question struct {
	to    netip.AddrPort
	id    [stun.TransactionIDSize]byte
	open  bool
	wish  bool      // the browser itself asked for the address
	since time.Time // first sent
	asked time.Time // last sent
}

// bindingOf reads a Binding request or answer; nil when it is neither. It
// copies the packet: checking the integrity writes into it.
func bindingOf(b []byte) *stun.Message {
	if len(b) == 0 || b[0]>>6 != 0 || !stun.IsMessage(b) {
		return nil
	}
	m := &stun.Message{Raw: slices.Clone(b)}
	if m.Decode() != nil || (m.Type != stun.BindingRequest && m.Type != stun.BindingSuccess) {
		return nil
	}
	return m
}

// firstOf is the receiver's part of a user name.
func firstOf(name []byte) string {
	first, _, _ := strings.Cut(string(name), ":")
	return first
}

// ask returns the check to send to an address now; nil when it was just
// asked, or too many others were.
func (f *follower) ask(t *trail, to netip.AddrPort, now time.Time, wish bool) []byte {
	var q *question
	for i := range t.questions {
		if t.questions[i].to == to {
			q = &t.questions[i]
			break
		}
		if q == nil && now.Sub(t.questions[i].asked) >= answerBound {
			q = &t.questions[i]
		}
	}
	if q == nil && wish { // signed by the browser: it gives way to no stranger's
		if i := slices.IndexFunc(t.questions[:], func(q question) bool { return !q.wish }); i >= 0 {
			q = &t.questions[i]
		}
	}
	if q == nil {
		return nil
	}
	if q.to == to && now.Sub(q.asked) < askEvery {
		q.wish = q.wish || wish
		return nil
	}
	// What was heard from home since makes it another matter.
	if q.to != to || !q.open || now.Sub(q.since) >= answerBound || t.heard.After(q.since) {
		delete(f.asked, q.id)
		*q = question{to: to, id: stun.NewTransactionID(), open: true, since: now}
		f.asked[q.id] = t
	}
	q.asked, q.wish = now, q.wish || wish
	m, err := stun.Build(
		stun.BindingRequest, stun.NewTransactionIDSetter(q.id),
		stun.NewUsername(t.remote.ufrag+":"+t.local.ufrag),
		ice.AttrControlled(0), ice.PriorityAttr(askPriority),
		stun.NewShortTermIntegrity(t.remote.pwd), stun.Fingerprint,
	)
	if err != nil {
		return nil
	}
	return m.Raw
}

// answered takes note of an answer. It tells whether that is one to a
// question of ours, and returns the nomination that follows from it: of an
// address, not home, from where the answer came as signed by the browser,
// with home silent all the while, unless the browser itself wishes it.
func (f *follower) answered(m *stun.Message, from netip.AddrPort) (nomination []byte, ours bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	t := f.asked[m.TransactionID]
	if t == nil {
		return nil, false
	}
	i := slices.IndexFunc(t.questions[:], func(q question) bool { return q.open && q.id == m.TransactionID })
	if i < 0 {
		return nil, true
	}
	q := &t.questions[i]
	var seen stun.XORMappedAddress
	if q.to != from || f.now().Sub(q.since) >= answerBound ||
		stun.NewShortTermIntegrity(t.remote.pwd).Check(m) != nil || seen.GetFrom(m) != nil {
		return nil, true
	}
	q.open = false
	delete(f.asked, q.id)
	ip, _ := netip.AddrFromSlice(seen.IP)
	as := plainAddr(netip.AddrPortFrom(ip, uint16(seen.Port))) //nolint:gosec // 16 bits on the wire
	switch {
	case from == t.home:
		t.seenAs = as
		*q = question{}
		return nil, true
	case q.wish:
	case t.heard.After(q.since) || (as != t.seenAs && !slices.Contains(t.announced, as)):
		return nil, true
	}
	t.nominated = true
	return t.nomination(), true
}

// nomination is the check with which a browser moves its media to the
// address that it comes from; nil when it cannot be built. Its value is above
// the last one's: Pion goes back to an address of before by that alone.
func (t *trail) nomination() []byte {
	t.value++
	m, err := stun.Build(
		stun.BindingRequest, stun.TransactionID,
		stun.NewUsername(t.local.ufrag+":"+t.remote.ufrag),
		ice.AttrControlling(0), ice.PriorityAttr(nominatePriority), ice.UseCandidate(), ice.Nomination(t.value),
		stun.NewShortTermIntegrity(t.local.pwd), stun.Fingerprint,
	)
	if err != nil {
		return nil
	}
	return m.Raw
}

// drop closes all questions of a trail.
func (f *follower) drop(t *trail) {
	for _, q := range t.questions {
		delete(f.asked, q.id)
	}
	t.questions = [maxQuestions]question{}
}
