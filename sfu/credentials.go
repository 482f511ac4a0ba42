package sfu

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// credentials are what an offer says of its transport: the ICE user fragment
// and password (RFC 8839, 5.4) and the certificate fingerprints (RFC 8122).
type credentials struct {
	ufrag, pwd   string
	fingerprints []string // sorted, each once
}

// ICE credentials are 4 and 22 to 256 characters of letters, digits, + and /
// (RFC 8839, 5.4); browsers also use the base64url ones.
const minUfrag, minPwd, maxCredential = 4, 22, 256

func iceChars(s string, least int) bool {
	if len(s) < least || len(s) > maxCredential {
		return false
	}
	return strings.IndexFunc(s, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("+/-_=", c)
	}) < 0
}

// readCredentials collects them from an offer that passed checkOffer. The
// first of each counts: everything is bundled on the first m-line.
func readCredentials(offer string) (credentials, error) {
	var c credentials
	for line := range strings.Lines(offer) {
		line = strings.TrimRight(line, "\r\n")
		if ufrag, ok := strings.CutPrefix(line, "a=ice-ufrag:"); ok && c.ufrag == "" {
			c.ufrag = ufrag
		}
		if pwd, ok := strings.CutPrefix(line, "a=ice-pwd:"); ok && c.pwd == "" {
			c.pwd = pwd
		}
		if print, ok := strings.CutPrefix(line, "a=fingerprint:"); ok {
			c.fingerprints = append(c.fingerprints, strings.ToUpper(strings.Join(strings.Fields(print), " ")))
		}
	}
	slices.Sort(c.fingerprints)
	c.fingerprints = slices.Compact(c.fingerprints)
	switch {
	case !iceChars(c.ufrag, minUfrag) || !iceChars(c.pwd, minPwd):
		return c, fmt.Errorf("%w: ICE credentials are missing or malformed", ErrSDP)
	case len(c.fingerprints) == 0:
		return c, fmt.Errorf("%w: no certificate fingerprint", ErrSDP)
	}
	return c, nil
}

// withoutCandidates drops the addresses that the offer claims. A participant
// reaches the one port of the SFU first, and that check proves its address;
// sending checks to claimed ones would let it aim our packets at anybody.
func withoutCandidates(offer string) string {
	return mapLines(offer, func(line string) (string, bool) {
		return line, !strings.HasPrefix(line, "a=candidate:") && !strings.HasPrefix(line, "a=end-of-candidates") &&
			!strings.HasPrefix(line, "a=remote-candidates:")
	})
}

// candidatesOf are the UDP addresses that an answer of ours announces (RFC
// 8839, 5.1), each once.
func candidatesOf(answer string) []netip.AddrPort {
	var out []netip.AddrPort
	for line := range strings.Lines(answer) {
		value, ok := strings.CutPrefix(line, "a=candidate:")
		fields := strings.Fields(value)
		if !ok || len(fields) < 6 || !strings.EqualFold(fields[2], "udp") {
			continue
		}
		ip, err := netip.ParseAddr(fields[4])
		if err != nil {
			continue
		}
		port, err := strconv.ParseUint(fields[5], 10, 16)
		if at := plainAddr(netip.AddrPortFrom(ip, uint16(port))); err == nil && !slices.Contains(out, at) {
			out = append(out, at)
		}
	}
	return out
}

// withCredentials is the offer with other ICE credentials and nothing else
// changed.
func withCredentials(offer string, c credentials) string {
	return mapLines(offer, func(line string) (string, bool) {
		switch {
		case strings.HasPrefix(line, "a=ice-ufrag:"):
			return "a=ice-ufrag:" + c.ufrag, true
		case strings.HasPrefix(line, "a=ice-pwd:"):
			return "a=ice-pwd:" + c.pwd, true
		}
		return line, true
	})
}

func mapLines(s string, change func(line string) (string, bool)) string {
	var out strings.Builder
	out.Grow(len(s))
	for line := range strings.Lines(s) {
		if line, keep := change(strings.TrimRight(line, "\r\n")); keep {
			out.WriteString(line)
			out.WriteString("\r\n")
		}
	}
	return out.String()
}
