package signaling

import (
	"context"
	"math"
	"slices"

	"github.com/remotewindow/remotewindow/signaling/protocol"
)

const (
	maxChecks   = 16
	maxFaults   = 8
	maxDetail   = 32               // bytes
	oldestCheck = 24 * 3600 * 1000 // ms: what a page claims to have seen before that, it saw then
)

var (
	faults = []protocol.Fault{
		protocol.FaultCameraDenied, protocol.FaultCameraMissing, protocol.FaultMicMissing, protocol.FaultDocument,
	}
	parts = []protocol.Part{
		protocol.PartCamera, protocol.PartDocument, protocol.PartMicrophone, protocol.PartSpeaker,
		protocol.PartPrinter, protocol.PartNetwork, protocol.PartMedia, protocol.PartClock,
	}
	levels = []protocol.Level{protocol.LevelGreen, protocol.LevelAmber, protocol.LevelRed}
)

// checksOf returns a self-check within its bounds, its times not after nowMS.
func checksOf(said []protocol.PartCheck, nowMS int64) ([]protocol.PartCheck, error) {
	if len(said) > maxChecks {
		return nil, errMalformed
	}
	checks := make([]protocol.PartCheck, 0, len(said))
	for _, c := range said {
		seen := slices.ContainsFunc(checks, func(other protocol.PartCheck) bool { return other.Part == c.Part })
		if seen || !slices.Contains(parts, c.Part) || !slices.Contains(levels, c.Level) ||
			math.IsNaN(c.Value) || math.IsInf(c.Value, 0) || !isDetail(c.Detail) {
			return nil, errMalformed
		}
		c.AtMS = min(max(c.AtMS, nowMS-oldestCheck), nowMS)
		checks = append(checks, c)
	}
	return checks, nil
}

// isDetail says whether a text is a short code of printable ASCII.
func isDetail(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return len(s) <= maxDetail
}

// faultOf is the fault that a red part amounts to. Only what takes a function
// away is one: a station without loudspeaker, printer or good network still
// calls, and its board shows the part.
func faultOf(c protocol.PartCheck) protocol.Fault {
	if c.Level != protocol.LevelRed {
		return ""
	}
	switch c.Part {
	case protocol.PartCamera:
		if c.Detail == "denied" {
			return protocol.FaultCameraDenied
		}
		return protocol.FaultCameraMissing
	case protocol.PartDocument:
		return protocol.FaultDocument
	case protocol.PartMicrophone:
		return protocol.FaultMicMissing
	}
	return ""
}

// report keeps what a station says of its parts and passes its faults on. The
// newest self-check stands until another one is made.
func (s *Server) report(ctx context.Context, station string, r protocol.StationReport) error {
	if len(r.Faults) > maxFaults {
		return errMalformed
	}
	checks, err := checksOf(r.Checks, nowMS())
	if err != nil {
		return err
	}
	broken := make([]string, 0, len(r.Faults))
	add := func(f protocol.Fault) {
		if !slices.Contains(broken, string(f)) {
			broken = append(broken, string(f))
		}
	}
	for _, f := range r.Faults {
		if !slices.Contains(faults, f) {
			return errMalformed
		}
		add(f)
	}
	s.mu.Lock()
	b := s.boothLocked(station)
	if len(checks) > 0 {
		b.checks = checks
	}
	for _, c := range b.checks {
		f := faultOf(c)
		if f == protocol.FaultCameraMissing && slices.Contains(broken, string(protocol.FaultCameraDenied)) {
			continue // the page knows better why
		}
		if f != "" {
			add(f)
		}
	}
	b.faults = broken
	s.mu.Unlock()
	s.push.later()
	return queueError(s.Queue.StationSet(ctx, station, broken, nil))
}
