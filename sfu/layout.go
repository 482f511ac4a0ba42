package sfu

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pion/webrtc/v4"
)

// Bounds of an offer, checked before anything else reads it.
const (
	maxOfferBytes      = 48 << 10
	maxOfferCandidates = 64
	maxSectionLines    = 200
	maxSessionLines    = 64
)

// The mids of layout 1. A mid is also the index of its m-line.
const (
	midAudio           = 0
	midVideo           = 1
	midDocument        = 2
	midThirdAudio      = 3
	midThirdVideo      = 4
	midSupervisorAudio = 5
	midSupervisorVideo = 6
	midData            = 7

	mediaSections = 7
	sections      = 8
)

// ids of the negotiated data channels.
const (
	channelControl  = 0
	channelDocument = 1
	channelForm     = 2
)

// section is one m-line of layout 1 as one role must offer it.
type section struct {
	kind  webrtc.RTPCodecType
	offer webrtc.RTPTransceiverDirection
	// from and fromMid name what the SFU sends on this m-line: the mid that
	// the peer of that role publishes. Empty where it sends nothing.
	from    Role
	fromMid int
}

// publishes tells whether the participant sends media on the m-line.
func (s section) publishes() bool {
	return s.offer == webrtc.RTPTransceiverDirectionSendrecv || s.offer == webrtc.RTPTransceiverDirectionSendonly
}

// answer is the direction that the SFU answers.
func (s section) answer() webrtc.RTPTransceiverDirection {
	return s.offer.Revers()
}

// stream is the msid stream of what the SFU sends on the m-line. Audio and
// camera of one person share it, and with it the CNAME, so that the browser
// keeps lips and sound together. The document camera has one of its own: a
// browser synchronises one video per stream, and which one is arbitrary.
func (s section) stream() string {
	if s.fromMid == midDocument {
		return string(s.from) + "-document"
	}
	return string(s.from)
}

// layout1 declares the m-lines for a role; ok is false for an unknown role.
// 0 and 1 bring the other half of the call, 3 and 4 the third person, 5 and
// 6 the supervisor; for a third person or a supervisor 0 and 1 bring the
// station, 3 and 4 the agent, 5 and 6 the other of the two.
func layout1(role Role) (l [mediaSections]section, ok bool) {
	const (
		audio, video       = webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo
		both, send, listen = webrtc.RTPTransceiverDirectionSendrecv, webrtc.RTPTransceiverDirectionSendonly, webrtc.RTPTransceiverDirectionRecvonly
	)
	pair := func(first int, direction webrtc.RTPTransceiverDirection, from Role) {
		l[first] = section{kind: audio, offer: direction, from: from, fromMid: midAudio}
		l[first+1] = section{kind: video, offer: direction, from: from, fromMid: midVideo}
	}
	l[midDocument] = section{kind: video, offer: listen, from: Station, fromMid: midDocument}
	switch role {
	case Station:
		pair(midAudio, both, Agent)
		l[midDocument] = section{kind: video, offer: send}
		pair(midThirdAudio, listen, Third)
		pair(midSupervisorAudio, listen, Supervisor)
	case Agent:
		pair(midAudio, both, Station)
		pair(midThirdAudio, listen, Third)
		pair(midSupervisorAudio, listen, Supervisor)
	case Third:
		pair(midAudio, both, Station)
		pair(midThirdAudio, listen, Agent)
		pair(midSupervisorAudio, listen, Supervisor)
	case Supervisor:
		pair(midAudio, both, Station)
		pair(midThirdAudio, listen, Agent)
		pair(midSupervisorAudio, listen, Third)
	default:
		return l, false
	}
	return l, true
}

// offered is what the check keeps of one m-line.
type offered struct {
	kind      string
	port      string
	mid       string
	direction string
	bundled   bool
	lines     int
}

// checkOffer refuses every offer outside layout 1 with ErrSDP and a reason,
// in one pass over the text and before any parser builds anything from it.
func checkOffer(role Role, sdp string) error {
	if len(sdp) > maxOfferBytes {
		return fmt.Errorf("%w: %d bytes, at most %d", ErrSDP, len(sdp), maxOfferBytes)
	}
	if i := strings.IndexFunc(sdp, notText); i >= 0 {
		return fmt.Errorf("%w: byte %d is not text", ErrSDP, i)
	}
	l, ok := layout1(role)
	if !ok {
		return fmt.Errorf("%w: unknown role %q", ErrSDP, role)
	}
	media, bundle, err := scanOffer(sdp)
	if err != nil {
		return err
	}
	if len(media) != sections {
		return fmt.Errorf("%w: %d m-lines, want %d", ErrSDP, len(media), sections)
	}
	for i, m := range media {
		mid := strconv.Itoa(i)
		if m.mid != mid {
			return fmt.Errorf("%w: m-line %d has mid %q", ErrSDP, i, m.mid)
		}
		if !slices.Contains(bundle, mid) {
			return fmt.Errorf("%w: m-line %d is not in the bundle", ErrSDP, i)
		}
		if m.port == "0" && !m.bundled {
			return fmt.Errorf("%w: m-line %d is rejected (port 0)", ErrSDP, i)
		}
		if i == midData {
			if m.kind != "application" {
				return fmt.Errorf("%w: m-line %d is %s, want application", ErrSDP, i, clip(m.kind))
			}
			continue
		}
		if m.kind != l[i].kind.String() {
			return fmt.Errorf("%w: m-line %d is %s, want %s", ErrSDP, i, clip(m.kind), l[i].kind)
		}
		if m.direction != l[i].offer.String() {
			return fmt.Errorf("%w: m-line %d is %s, want %s", ErrSDP, i, m.direction, l[i].offer)
		}
	}
	return nil
}

// notText finds control characters and bytes that are not UTF-8 (RFC 8866,
// section 5); SDP has no use for either.
func notText(c rune) bool {
	return c == utf8.RuneError || c < ' ' && c != '\r' && c != '\n' && c != '\t' || c == 0x7f
}

// scanOffer collects the m-lines and the mids of the BUNDLE group.
func scanOffer(sdp string) (media []offered, bundle []string, err error) {
	candidates, sessionLines := 0, 0
	for line := range strings.Lines(sdp) {
		line = strings.TrimRight(line, "\r\n")
		key, value, ok := strings.Cut(line, "=")
		if !ok || len(key) != 1 {
			if line == "" {
				continue
			}
			return nil, nil, fmt.Errorf("%w: a line is not SDP", ErrSDP)
		}
		if key == "m" {
			if len(media) == sections {
				return nil, nil, fmt.Errorf("%w: more than %d m-lines", ErrSDP, sections)
			}
			fields := strings.Fields(value)
			if len(fields) < 4 {
				return nil, nil, fmt.Errorf("%w: m-line %d is incomplete", ErrSDP, len(media))
			}
			media = append(media, offered{kind: fields[0], port: fields[1], direction: "sendrecv"})
			continue
		}
		if key != "a" {
			continue
		}
		name, rest, _ := strings.Cut(value, ":")
		if len(media) == 0 {
			if sessionLines++; sessionLines > maxSessionLines {
				return nil, nil, fmt.Errorf("%w: more than %d session attributes", ErrSDP, maxSessionLines)
			}
			if group, ok := strings.CutPrefix(rest, "BUNDLE"); ok && name == "group" {
				bundle = strings.Fields(group)
			}
			continue
		}
		m := &media[len(media)-1]
		if m.lines++; m.lines > maxSectionLines {
			return nil, nil, fmt.Errorf("%w: m-line %d has more than %d attributes", ErrSDP, len(media)-1, maxSectionLines)
		}
		switch name {
		case "mid":
			m.mid = rest
		case "sendrecv", "sendonly", "recvonly", "inactive":
			m.direction = name
		case "bundle-only":
			m.bundled = true
		case "candidate":
			if candidates++; candidates > maxOfferCandidates {
				return nil, nil, fmt.Errorf("%w: more than %d candidates", ErrSDP, maxOfferCandidates)
			}
		case "simulcast", "rid":
			return nil, nil, fmt.Errorf("%w: simulcast is not in the layout", ErrSDP)
		}
	}
	return media, bundle, nil
}

// clip bounds text of the other side before it goes into an error.
func clip(s string) string {
	if len(s) > 16 {
		return strconv.Quote(s[:16]) + "…"
	}
	return strconv.Quote(s)
}
