package sfu

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/stun/v4"
)

var (
	oldHome = netip.MustParseAddrPort("10.77.0.2:4000")
	newHome = netip.MustParseAddrPort("10.77.0.9:4000")

	// The SFU as it announces itself, and as home sees it through a NAT.
	announced = netip.MustParseAddrPort("10.77.0.1:7000")
	outside   = netip.MustParseAddrPort("192.0.2.1:7001")
)

// followed is a follower with one participant at oldHome whose stream is 7.
func followed(t *testing.T) (f *follower, who *trail, clock *time.Time) {
	t.Helper()
	now := time.Unix(1_000, 0)
	f = newFollower(nil)
	f.now = func() time.Time { return now }
	who = &trail{}
	agree(f, who)
	f.know(who, 7)
	moved, check := f.settle(who, oldHome)
	if moved {
		t.Error("the first pair counts as a move")
	}
	if nomination, ours := f.answered(answer(t, who, check, outside), oldHome); nomination != nil || !ours {
		t.Error("home's answer is no answer")
	}
	return f, who, &now
}

func agree(f *follower, who *trail) {
	f.agree(who, credentials{ufrag: "ours", pwd: "a password of ours 12"}, credentials{ufrag: "theirs", pwd: "a password of theirs"}, []netip.AddrPort{announced})
}

// answer is what the browser says to a check that it sees come from an
// address. It fails the test when the check is not one that a browser answers.
func answer(t *testing.T, who *trail, check []byte, from netip.AddrPort) *stun.Message {
	t.Helper()
	m := bindingOf(check)
	if m == nil || m.Type != stun.BindingRequest {
		t.Fatalf("no check: %x", check)
	}
	var name stun.Username
	if err := name.GetFrom(m); err != nil || name.String() != who.remote.ufrag+":"+who.local.ufrag {
		t.Errorf("user name %q, %v", name, err)
	}
	if err := stun.NewShortTermIntegrity(who.remote.pwd).Check(m); err != nil {
		t.Error(err)
	}
	return answerAs(t, m.TransactionID, from, who.remote.pwd)
}

func answerAs(t *testing.T, id [stun.TransactionIDSize]byte, seen netip.AddrPort, pwd string) *stun.Message {
	t.Helper()
	m, err := stun.Build(stun.BindingSuccess, stun.NewTransactionIDSetter(id),
		&stun.XORMappedAddress{IP: seen.Addr().AsSlice(), Port: int(seen.Port())},
		stun.NewShortTermIntegrity(pwd), stun.Fingerprint)
	if err != nil {
		t.Fatal(err)
	}
	return bindingOf(m.Raw)
}

func TestFollowing(t *testing.T) {
	tests := map[string]struct {
		prepare func(f *follower, who *trail, clock *time.Time)
		stream  uint32
		from    netip.AddrPort
		silent  time.Duration
		want    bool
	}{
		"at home":               {nil, 7, oldHome, followQuiet, false},
		"another address":       {nil, 7, newHome, followQuiet, true},
		"another port":          {nil, 7, netip.AddrPortFrom(oldHome.Addr(), 4001), followQuiet, true},
		"home still speaks":     {nil, 7, newHome, followQuiet - 1, false},
		"a stream of nobody's":  {nil, 8, newHome, followQuiet, false},
		"nobody is at home yet": {func(f *follower, who *trail, _ *time.Time) { agree(f, who) }, 7, newHome, followQuiet, false},
		"home is a TCP address": {func(f *follower, who *trail, _ *time.Time) { f.settle(who, netip.AddrPort{}) }, 7, newHome, followQuiet, false},
		"gone":                  {func(f *follower, who *trail, _ *time.Time) { f.forget(who); f.know(who, 7) }, 7, newHome, followQuiet, false},
		"asked just now": {func(f *follower, _ *trail, clock *time.Time) {
			*clock = clock.Add(followQuiet)
			f.follow(7, newHome)
		}, 7, newHome, askEvery - 1, false},
		"asked before": {func(f *follower, _ *trail, clock *time.Time) {
			*clock = clock.Add(followQuiet)
			f.follow(7, newHome)
		}, 7, newHome, askEvery, true},
		"too many others asked": {func(f *follower, _ *trail, clock *time.Time) {
			*clock = clock.Add(followQuiet)
			for i := range maxQuestions {
				f.follow(7, netip.AddrPortFrom(newHome.Addr(), uint16(5000+i)))
			}
		}, 7, newHome, answerBound - 1, false},
		"too many others asked, long ago": {func(f *follower, _ *trail, clock *time.Time) {
			*clock = clock.Add(followQuiet)
			for i := range maxQuestions {
				f.follow(7, netip.AddrPortFrom(newHome.Addr(), uint16(5000+i)))
			}
		}, 7, newHome, answerBound, true},
		"asked for an hour": {func(f *follower, _ *trail, clock *time.Time) {
			for range 36_000 {
				*clock = clock.Add(askEvery)
				f.follow(7, newHome)
			}
		}, 7, newHome, askEvery, true},
		"somebody else's stream": {func(f *follower, _ *trail, _ *time.Time) {
			thief := &trail{}
			f.know(thief, 7)
			f.settle(thief, newHome)
		}, 7, newHome, followQuiet, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f, who, clock := followed(t)
			if tt.prepare != nil {
				tt.prepare(f, who, clock)
			}
			*clock = clock.Add(tt.silent)
			if got := f.follow(tt.stream, tt.from); (got != nil) != tt.want {
				t.Errorf("followed: %v, want %v", got != nil, tt.want)
			}
		})
	}
}

// An address becomes home by its answer alone, and it makes no difference
// that it was home before.
func TestAnswers(t *testing.T) {
	tests := map[string]struct {
		seen    netip.AddrPort // ours, as the answer has it
		from    netip.AddrPort
		pwd     string
		before  func(f *follower, who *trail, clock *time.Time) // between question and answer
		another bool                                            // question's id
		want    bool
	}{
		"the browser":             {seen: outside, want: true},
		"by what we announce":     {seen: announced, want: true},
		"a stranger's password":   {seen: outside, pwd: "a password of nobody's"},
		"our own password":        {seen: outside, pwd: "a password of ours 12"},
		"from elsewhere":          {seen: outside, from: netip.AddrPortFrom(newHome.Addr(), 4001)},
		"from home":               {seen: outside, from: oldHome},
		"a stranger passed it on": {seen: newHome},
		"from another of his":     {seen: netip.MustParseAddrPort("203.0.113.9:9")},
		"to another question":     {seen: outside, another: true},
		"too late":                {seen: outside, before: func(_ *follower, _ *trail, clock *time.Time) { *clock = clock.Add(answerBound) }},
		"in time":                 {seen: outside, want: true, before: func(_ *follower, _ *trail, clock *time.Time) { *clock = clock.Add(answerBound - 1) }},
		"home spoke since":        {seen: outside, before: func(f *follower, _ *trail, clock *time.Time) { *clock = clock.Add(1); f.follow(7, oldHome) }},
		"settled elsewhere since": {seen: outside, before: func(f *follower, who *trail, clock *time.Time) {
			*clock = clock.Add(1)
			f.settle(who, netip.AddrPortFrom(newHome.Addr(), 9))
		}},
		"a restart since":              {seen: outside, before: func(f *follower, who *trail, _ *time.Time) { agree(f, who); f.settle(who, oldHome) }},
		"gone since":                   {seen: outside, before: func(f *follower, who *trail, _ *time.Time) { f.forget(who) }},
		"asked again with the same id": {seen: outside, want: true, before: func(f *follower, _ *trail, clock *time.Time) { *clock = clock.Add(askEvery); f.follow(7, newHome) }},
	}
	for name, tt := range tests {
		for _, was := range []string{"never seen", "home before"} {
			t.Run(name+", "+was, func(t *testing.T) {
				f, who, clock := followed(t)
				if was == "home before" {
					f.settle(who, newHome)
					f.settle(who, oldHome)
				}
				*clock = clock.Add(followQuiet)
				check := f.follow(7, newHome)
				if tt.before != nil {
					tt.before(f, who, clock)
				}
				m := answer(t, who, check, tt.seen)
				if tt.pwd != "" {
					m = answerAs(t, m.TransactionID, tt.seen, tt.pwd)
				}
				if tt.another {
					m = answerAs(t, stun.NewTransactionID(), tt.seen, who.remote.pwd)
				}
				from := newHome
				if tt.from.IsValid() {
					from = tt.from
				}
				nomination, _ := f.answered(m, from)
				if (nomination != nil) != tt.want {
					t.Errorf("nominated: %v, want %v", nomination != nil, tt.want)
				}
				if again, _ := f.answered(m, from); again != nil {
					t.Error("the answer counts twice")
				}
			})
		}
	}
}

// A browser without renomination is heard where following has put its media,
// also while the address in use is anything but silent; only then, only
// itself, and only where it answers.
func TestWishes(t *testing.T) {
	f, who, clock := followed(t)
	wish := func(pwd string, more ...stun.Setter) *stun.Message {
		m, err := stun.Build(append([]stun.Setter{stun.BindingRequest, stun.TransactionID, stun.NewUsername("ours:theirs"), ice.PriorityAttr(9)},
			append(more, stun.NewShortTermIntegrity(pwd), stun.Fingerprint)...)...)
		if err != nil {
			t.Fatal(err)
		}
		return bindingOf(m.Raw)
	}
	if f.wish(wish(who.local.pwd, ice.UseCandidate()), newHome) != nil {
		t.Error("heard where Pion hears it")
	}
	*clock = clock.Add(followQuiet)
	if nomination, _ := f.answered(answer(t, who, f.follow(7, newHome), outside), newHome); nomination == nil {
		t.Fatal("not followed")
	}
	f.settle(who, newHome)
	*clock = clock.Add(askEvery)
	f.follow(7, newHome)
	*clock = clock.Add(followQuiet)
	for i := range maxQuestions { // of a stranger
		f.follow(7, netip.AddrPortFrom(newHome.Addr(), uint16(5000+i)))
	}
	f.follow(7, newHome)
	if f.wish(wish("a password of nobody's", ice.UseCandidate()), oldHome) != nil || f.wish(wish(who.local.pwd), oldHome) != nil ||
		f.wish(wish(who.local.pwd, ice.UseCandidate()), newHome) != nil {
		t.Error("a stranger's, a check that wishes nothing, or one from home is heard")
	}
	check := f.wish(wish(who.local.pwd, ice.UseCandidate()), oldHome)
	*clock = clock.Add(time.Millisecond)
	f.follow(7, newHome)
	if nomination, _ := f.answered(answer(t, who, check, netip.MustParseAddrPort("[64:ff9b::1]:7")), oldHome); nomination == nil {
		t.Error("the browser's wish is not granted")
	}
	f.forget(who)
	if f.wish(wish(who.local.pwd, ice.UseCandidate()), oldHome) != nil || len(f.asked)+len(f.names)+len(f.streams) != 0 {
		t.Error("something is left of who is gone")
	}
}

// Pion takes a nomination by its value; one that is not above the last is
// refused, also after a restart.
func TestNominationsRise(t *testing.T) {
	f, who, clock := followed(t)
	var last uint32
	for i := range 4 {
		if i == 2 {
			agree(f, who)
			_, check := f.settle(who, oldHome)
			f.answered(answer(t, who, check, outside), oldHome)
		}
		*clock = clock.Add(followQuiet)
		nomination, _ := f.answered(answer(t, who, f.follow(7, newHome), outside), newHome)
		m := &stun.Message{Raw: nomination}
		if err := m.Decode(); err != nil {
			t.Fatal(err)
		}
		var value ice.NominationAttribute
		if err := value.GetFrom(m); err != nil || value.Value <= last {
			t.Errorf("nomination %d: %v after %d, %v", i, value, last, err)
		}
		last = value.Value
		if err := stun.NewShortTermIntegrity(who.local.pwd).Check(m); err != nil {
			t.Error(err)
		}
		var name stun.Username
		if err := name.GetFrom(m); err != nil || name.String() != "ours:"+who.remote.ufrag {
			t.Errorf("user name %q, %v", name, err)
		}
	}
}

func TestMovesAreTold(t *testing.T) {
	f, who, _ := followed(t)
	if moved, _ := f.settle(who, oldHome); moved {
		t.Error("staying counts as a move")
	}
	if moved, _ := f.settle(who, newHome); !moved {
		t.Error("a new address is no move")
	}
	agree(f, who)
	if moved, _ := f.settle(who, oldHome); moved {
		t.Error("the path of a restart counts as a move")
	}
}

func TestCandidatesOf(t *testing.T) {
	got := candidatesOf("v=0\r\na=candidate:1 1 udp 2130706431 10.77.0.1 7000 typ host\r\na=candidate:1 2 udp 2130706431 10.77.0.1 7000 typ host\r\n" +
		"a=candidate:2 1 tcp 1 10.77.0.1 7002 typ host tcptype passive\r\na=candidate:3 1 UDP 1 fd00::1 7000 typ host\r\n" +
		"a=candidate:4 1 udp 1 x.local 7000 typ host\r\na=candidate:5 1 udp 1 10.77.0.1 70000 typ host\r\na=candidate:\r\n")
	if want := []netip.AddrPort{announced, netip.MustParseAddrPort("[fd00::1]:7000")}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestStreamOf(t *testing.T) {
	packet := func(first, second byte, size int) []byte {
		b := make([]byte, max(size, 12))
		b[0], b[1] = first, second
		binary.BigEndian.PutUint32(b[8:], 7)
		return b[:size]
	}
	tests := map[string]struct {
		packet []byte
		want   bool
	}{
		"audio":               {packet(0x80, 111, 90), true},
		"last packet of VP8":  {packet(0x90, 0x80|96, 900), true},
		"header alone":        {packet(0x80, 111, 12), true},
		"cut":                 {packet(0x80, 111, 11), false},
		"empty":               {nil, false},
		"receiver report":     {packet(0x81, 201, 32), false},
		"transport feedback":  {packet(0x8f, 205, 32), false},
		"STUN":                {packet(0x00, 0x01, 100), false},
		"DTLS":                {packet(0x16, 0xfe, 100), false},
		"beyond RTP's values": {packet(0xc0, 111, 100), false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if ssrc, ok := streamOf(tt.packet); ok != tt.want || (ok && ssrc != 7) {
				t.Errorf("stream %d, %v", ssrc, ok)
			}
		})
	}
}
