package protocol

// MediaGrant lets its holder open one connection to the SFU. State carries it
// when a connection is wanted; using it up makes the next state carry another,
// so a reloaded page can join again.
type MediaGrant struct {
	Token  string `json:"token"` // one call, one role, one epoch, two minutes, single use
	Layout int    `json:"layout"`
	// MaxKbps is what the sender's camera may use now: low while waiting, full
	// once an offer rings.
	MaxKbps int `json:"max_kbps"`
	// Codec is the one video codec of the installation: "VP8" or "H264".
	Codec string `json:"codec"`
}

// MediaOffer carries the one SDP offer of a participant, in the layout that
// sfu declares.
type MediaOffer struct {
	Token string `json:"token"`
	SDP   string `json:"sdp"` // at most 48 KiB
}

// Type names the message.
func (MediaOffer) Type() string { return "media.offer" }

// MediaAnswer answers MediaOffer; all candidates stand inside.
type MediaAnswer struct {
	SDP string `json:"sdp"`
}

// Type names the message.
func (MediaAnswer) Type() string { return "media.answer" }

// MediaRestart asks for new ICE credentials on the connection that the sender
// of this socket already has (RFC 8445 section 2.4): same layout, same DTLS,
// another network path. It is answered by MediaAnswer. CodeMedia: the SFU knows
// no such connection any more, so join anew with the state's grant.
type MediaRestart struct {
	SDP string `json:"sdp"` // at most 48 KiB
}

// Type names the message.
func (MediaRestart) Type() string { return "media.restart" }

// MediaReport tells how the participant's connection does, every 5 s in a call.
type MediaReport struct {
	Connected bool    `json:"connected"`
	RTTMS     float64 `json:"rtt_ms"`
	LossPct   float64 `json:"loss_pct"` // 0–100
	KbpsIn    float64 `json:"kbps_in"`
	KbpsOut   float64 `json:"kbps_out"`
	FPS       float64 `json:"fps"` // decoded
	// Path of the nominated pair: "udp", "tcp" or "relay"; "" unknown.
	Path string `json:"path,omitempty"`
}

// Type names the message.
func (MediaReport) Type() string { return "media.report" }
