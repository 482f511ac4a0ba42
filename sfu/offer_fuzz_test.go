package sfu

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/pion/sdp/v3"
)

// FuzzOffer wants no panic of the check on any text, and of what it accepts:
// that the bounds hold, that no candidate is left, that a restart changes the
// credentials alone, and that Pion's parser copes with it.
func FuzzOffer(f *testing.F) {
	for _, name := range []string{"testdata/chromium-offer.sdp", "testdata/chromium-restart.sdp"} {
		offer, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(offer))
		f.Add(strings.ReplaceAll(string(offer), "\r\n", "\n"))
		f.Add(string(offer[:len(offer)/2]))
	}
	f.Add("v=0\r\na=group:BUNDLE 0\r\nm=audio 9 X 1\r\na=mid:0\r\na=candidate:1\r\n")
	f.Add("\xff\xfev\x00=\x000\x00")
	other := credentials{ufrag: "fresh", pwd: strings.Repeat("p", minPwd)}
	f.Fuzz(func(t *testing.T, offer string) {
		if checkOffer(Station, offer) != nil {
			return
		}
		if len(offer) > maxOfferBytes || strings.Count(offer, "\na=candidate:") > maxOfferCandidates {
			t.Error("accepted beyond its bounds")
		}
		is, err := readCredentials(offer)
		if err != nil {
			return
		}
		bare := withoutCandidates(offer)
		for line := range strings.Lines(bare) {
			if strings.HasPrefix(line, "a=candidate:") {
				t.Errorf("left: %q", line)
			}
		}
		if checkOffer(Station, bare) != nil {
			t.Error("without its candidates the offer is refused")
		}
		changed := withCredentials(bare, other)
		got, err := readCredentials(changed)
		if err != nil || got.ufrag != other.ufrag || got.pwd != other.pwd || !slices.Equal(got.fingerprints, is.fingerprints) {
			t.Errorf("restarted: %+v, %v", got, err)
		}
		if back := withCredentials(changed, is); len(is.ufrag) > 0 && strings.Count(back, "\r\n") != strings.Count(bare, "\r\n") {
			t.Error("a restart changed the number of lines")
		}
		var parsed sdp.SessionDescription
		_ = parsed.UnmarshalString(changed) // whatever it says, it returns
	})
}
