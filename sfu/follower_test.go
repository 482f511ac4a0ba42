package sfu

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/stun/v4"
)

var (
	oldHome = netip.MustParseAddrPort("10.77.0.2:4000")
	newHome = netip.MustParseAddrPort("10.77.0.9:4000")
)

// followed is a follower with one participant at oldHome whose stream is 7.
func followed(t *testing.T) (f *follower, who *trail, clock *time.Time) {
	t.Helper()
	now := time.Unix(1_000, 0)
	f = newFollower(nil)
	f.now = func() time.Time { return now }
	who = &trail{}
	f.agree(who, credentials{ufrag: "ours", pwd: "a password of ours 12"}, credentials{ufrag: "theirs"})
	f.know(who, 7)
	if f.settle(who, oldHome) {
		t.Error("the first pair counts as a move")
	}
	return f, who, &now
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
		"nobody is at home yet": {func(f *follower, who *trail, _ *time.Time) { f.agree(who, who.local, who.remote) }, 7, newHome, followQuiet, false},
		"home is a TCP address": {func(f *follower, who *trail, _ *time.Time) { f.settle(who, netip.AddrPort{}) }, 7, newHome, followQuiet, false},
		"gone":                  {func(f *follower, who *trail, _ *time.Time) { f.forget(who); f.know(who, 7) }, 7, newHome, followQuiet, false},
		"tried just now": {func(f *follower, _ *trail, clock *time.Time) {
			*clock = clock.Add(followQuiet)
			f.follow(7, newHome)
		}, 7, newHome, followEvery - 1, false},
		"tried before": {func(f *follower, _ *trail, clock *time.Time) {
			*clock = clock.Add(followQuiet)
			f.follow(7, newHome)
		}, 7, newHome, followEvery, true},
		"tried too often": {func(f *follower, _ *trail, clock *time.Time) {
			for range maxFollowed {
				*clock = clock.Add(followQuiet)
				f.follow(7, newHome)
			}
		}, 7, newHome, followQuiet, false},
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

// Pion takes a nomination by its value; one that is not above the last is
// refused, also after a restart.
func TestNominationsRise(t *testing.T) {
	f, who, clock := followed(t)
	var last uint32
	for i := range 4 {
		if i == 2 {
			f.agree(who, who.local, credentials{ufrag: "others"})
			f.settle(who, oldHome)
		}
		*clock = clock.Add(followQuiet)
		m := &stun.Message{Raw: f.follow(7, newHome)}
		if err := m.Decode(); err != nil {
			t.Fatal(err)
		}
		var value ice.NominationAttribute
		if err := value.GetFrom(m); err != nil || value.Value <= last {
			t.Errorf("nomination %d: %v after %d, %v", i, value, last, err)
		}
		last = value.Value
		if err := stun.MessageIntegrity(who.local.pwd).Check(m); err != nil {
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
	if f.settle(who, oldHome) {
		t.Error("staying counts as a move")
	}
	if !f.settle(who, newHome) {
		t.Error("a new address is no move")
	}
	f.agree(who, who.local, who.remote)
	if f.settle(who, oldHome) {
		t.Error("the path of a restart counts as a move")
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
