package sfu_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/pion/sdp/v3"

	"github.com/remotewindow/remotewindow/sfu"
	"github.com/remotewindow/remotewindow/sfu/sfutest"
)

func TestAnswerFollowsTheLayout(t *testing.T) {
	const both, send, listen = "sendrecv", "sendonly", "recvonly"
	tests := map[sfu.Role]struct {
		directions [7]string
		streams    [7]string
	}{
		sfu.Station: {
			[7]string{both, both, listen, send, send, send, send},
			[7]string{"agent", "agent", "", "third", "third", "supervisor", "supervisor"},
		},
		sfu.Agent: {
			[7]string{both, both, send, send, send, send, send},
			[7]string{"station", "station", "station-document", "third", "third", "supervisor", "supervisor"},
		},
		sfu.Third: {
			[7]string{both, both, send, send, send, send, send},
			[7]string{"station", "station", "station-document", "agent", "agent", "supervisor", "supervisor"},
		},
		sfu.Supervisor: {
			[7]string{both, both, send, send, send, send, send},
			[7]string{"station", "station", "station-document", "agent", "agent", "third", "third"},
		},
	}
	for _, codec := range []string{sfu.VP8, sfu.H264} {
		s := start(t, func(o *sfu.Options) { o.Codec = codec })
		for role, want := range tests {
			t.Run(codec+" "+string(role), func(t *testing.T) {
				c := sfutest.New(t, sfutest.Options{Role: string(role)})
				answer, err := s.Join(t.Context(), "r", sfu.Participant{ID: "p", Role: role}, c.Offer)
				if err != nil {
					t.Fatal(err)
				}
				var parsed sdp.SessionDescription
				if err := parsed.UnmarshalString(answer); err != nil {
					t.Fatal(err)
				}
				if len(parsed.MediaDescriptions) != 8 {
					t.Fatalf("%d m-lines", len(parsed.MediaDescriptions))
				}
				for i, m := range parsed.MediaDescriptions {
					if mid, _ := m.Attribute("mid"); mid != strconv.Itoa(i) {
						t.Errorf("m-line %d has mid %s", i, mid)
					}
					if setup, _ := m.Attribute("setup"); setup != "passive" {
						t.Errorf("m-line %d: setup %s", i, setup)
					}
					if i == 7 {
						continue
					}
					if _, ok := m.Attribute(want.directions[i]); !ok {
						t.Errorf("m-line %d is not %s", i, want.directions[i])
					}
					checkSlot(t, i, m, want.streams[i])
					checkCodecs(t, i, m, codec)
				}
				if !strings.Contains(answer, "typ host") || !strings.Contains(answer, "a=end-of-candidates") {
					t.Error("the answer does not carry every candidate")
				}
			})
		}
	}
}

// checkSlot wants SSRC, msid and CNAME wherever the SFU sends, even empty.
func checkSlot(t *testing.T, i int, m *sdp.MediaDescription, stream string) {
	t.Helper()
	msid, _ := m.Attribute("msid")
	ssrc, ok := m.Attribute("ssrc")
	if stream == "" {
		if msid != "" || ok {
			t.Errorf("m-line %d announces msid %q, ssrc %q", i, msid, ssrc)
		}
		return
	}
	if !strings.HasPrefix(msid, stream+" ") {
		t.Errorf("m-line %d has msid %q, want stream %s", i, msid, stream)
	}
	if !strings.HasSuffix(ssrc, " cname:"+stream) {
		t.Errorf("m-line %d has ssrc %q, want cname %s", i, ssrc, stream)
	}
}

func checkCodecs(t *testing.T, i int, m *sdp.MediaDescription, codec string) {
	t.Helper()
	var text strings.Builder
	for _, a := range m.Attributes {
		fmt.Fprintln(&text, a.Key+":"+a.Value)
	}
	all := text.String()
	if m.MediaName.Media == "audio" {
		if !strings.Contains(all, "useinbandfec=1") || strings.Contains(all, "usedtx=1") {
			t.Errorf("m-line %d: FEC is not on or DTX is", i)
		}
		return
	}
	for _, name := range []string{"VP8", "H264", "VP9", "AV1"} {
		if got := strings.Contains(all, " "+name+"/"); got != (name == codec) {
			t.Errorf("m-line %d answers %s: %v", i, name, got)
		}
	}
	if !strings.Contains(all, " rtx/") || !strings.Contains(all, "nack pli") || !strings.Contains(all, "transport-cc") {
		t.Errorf("m-line %d lacks rtx, PLI or transport-cc:\n%s", i, all)
	}
}

func TestOffersOutsideTheLayout(t *testing.T) {
	s := start(t, nil)
	station := sfutest.New(t, sfutest.Options{Role: "station"}).Offer
	section := func(i int) string { // from m-line i on
		parts := strings.SplitAfter(station, "m=")
		return "m=" + strings.TrimSuffix(strings.Join(parts[i+1:], ""), "m=")
	}
	inject := func(lines string) string { return strings.Replace(station, "a=mid:0\r\n", "a=mid:0\r\n"+lines, 1) }
	tests := map[string]struct {
		role  sfu.Role
		offer string
	}{
		"empty":           {sfu.Station, ""},
		"not SDP":         {sfu.Station, "hello"},
		"only a session":  {sfu.Station, "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"},
		"too long":        {sfu.Station, station + strings.Repeat("a=x:yyyyyyyyyyyyyyyyyy\r\n", 3000)},
		"unknown role":    {"stranger", station},
		"the other role":  {sfu.Agent, station},
		"seven m-lines":   {sfu.Station, strings.TrimSuffix(station, section(7))},
		"nine m-lines":    {sfu.Station, station + section(7)},
		"kinds swapped":   {sfu.Station, strings.Replace(station, "m=audio", "m=video", 1)},
		"camera recvonly": {sfu.Station, strings.Replace(station, "a=sendrecv", "a=recvonly", 1)},
		"slot inactive":   {sfu.Station, strings.Replace(station, "a=recvonly", "a=inactive", 1)},
		"mids swapped":    {sfu.Station, strings.NewReplacer("a=mid:0\r\n", "a=mid:1\r\n", "a=mid:1\r\n", "a=mid:0\r\n").Replace(station)},
		"no mid":          {sfu.Station, strings.Replace(station, "a=mid:3\r\n", "", 1)},
		"not bundled":     {sfu.Station, strings.Replace(station, "BUNDLE 0 1 2", "BUNDLE 0 1", 1)},
		"rejected m-line": {sfu.Station, strings.Replace(station, "m=audio 9", "m=audio 0", 1)},
		"simulcast":       {sfu.Station, inject("a=rid:h send\r\na=simulcast:send h\r\n")},
		"candidate bomb":  {sfu.Station, inject(strings.Repeat("a=candidate:1 1 udp 1 127.0.0.1 9 typ host\r\n", 65))},
		"attribute bomb":  {sfu.Station, inject(strings.Repeat("a=x\r\n", 201))},
		"session bomb":    {sfu.Station, strings.Replace(station, "m=audio", strings.Repeat("a=x\r\n", 65)+"m=audio", 1)},
		"NUL":             {sfu.Station, inject("a=x:\x00\r\n")},
		"not UTF-8":       {sfu.Station, inject("a=x:\xff\xfe\r\n")},
		"UTF-16":          {sfu.Station, "\xff\xfev\x00=\x000\x00"},
		"escape":          {sfu.Station, inject("a=x:\x1b[2J\r\n")},
		"JSON":            {sfu.Station, `{"type":"offer","sdp":"v=0"}`},
		"an answer":       {sfu.Station, strings.ReplaceAll(station, "a=recvonly", "a=sendonly")},
		"m-line cut":      {sfu.Station, strings.Replace(station, "m=audio 9 ", "m=audio\r\na=x:", 1)},
		"long key":        {sfu.Station, inject("ab=x\r\n")},
		"m-lines of air":  {sfu.Station, strings.Repeat("m=audio 9 X 0\r\n", 3000)},
		"short ufrag":     {sfu.Station, strings.ReplaceAll(station, "a=ice-ufrag:", "a=ice-ufrag:x\r\na=y:")},
		"long password":   {sfu.Station, strings.ReplaceAll(station, "a=ice-pwd:", "a=ice-pwd:"+strings.Repeat("p", 300))},
		"ufrag of spaces": {sfu.Station, strings.ReplaceAll(station, "a=ice-ufrag:", "a=ice-ufrag:a b c d")},
		"no credentials":  {sfu.Station, dropLines(station, "a=ice-ufrag:")},
		"no fingerprint":  {sfu.Station, dropLines(station, "a=fingerprint:")},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if tt.offer == station && tt.role == sfu.Station {
				t.Fatal("the offer was not spoilt")
			}
			_, err := s.Join(t.Context(), "r", sfu.Participant{ID: "s01", Role: tt.role}, tt.offer)
			if !errors.Is(err, sfu.ErrSDP) {
				t.Errorf("Join: %v, want ErrSDP", err)
			}
		})
	}
	if _, ok := s.Stats("r"); ok {
		t.Error("refused offers left a room behind")
	}
}

func dropLines(s, prefix string) string {
	var out strings.Builder
	for line := range strings.Lines(s) {
		if !strings.HasPrefix(line, prefix) {
			out.WriteString(line)
		}
	}
	return out.String()
}
