package sfu_test

import (
	"testing"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/remotewindow/remotewindow/sfu"
	"github.com/remotewindow/remotewindow/sfu/sfutest"
)

// The agent's sender reports must place the station's sound and picture on
// one clock: what the station captured together is played together, however
// far its NTP clock is from ours.
func TestSenderReportsFollowThePublisher(t *testing.T) {
	s := start(t, nil)
	station, agent := join(t, s, "r", theStation), join(t, s, "r", theAgent)
	station.Publish()
	if err := s.Open("r", 1); err != nil {
		t.Fatal(err)
	}
	sfutest.Until(t, patience, "the agent hears and sees", func() bool { return len(agent.Received(0)) > 5 && len(agent.Received(1)) > 5 })

	// One moment of the station's clock, 1000 s ahead of everybody's.
	const ntp, audioTime, videoTime = uint64(0xf0000000) << 32, uint32(480_000), uint32(900_000)
	var reports []rtcp.Packet
	for _, sender := range station.PC.GetSenders() {
		if sender.Track() == nil {
			continue
		}
		at := audioTime
		if sender.Track().Kind() == webrtc.RTPCodecTypeVideo {
			at = videoTime
		}
		reports = append(reports, &rtcp.SenderReport{SSRC: uint32(sender.GetParameters().Encodings[0].SSRC), NTPTime: ntp, RTPTime: at})
	}
	var audio, video *rtcp.SenderReport
	sfutest.Until(t, patience, "both reports arrive", func() bool {
		if err := station.PC.WriteRTCP(reports); err != nil {
			t.Fatal(err)
		}
		audio, video = agent.Report(0, audioTime), agent.Report(1, videoTime)
		return audio != nil && video != nil
	})
	if audio.NTPTime != video.NTPTime {
		t.Errorf("one moment became two: %x and %x", audio.NTPTime, video.NTPTime)
	}
}

// An alert on a rate needs the series before the first event.
func TestMetricsStartAtZero(t *testing.T) {
	registry := prometheus.NewRegistry()
	start(t, func(o *sfu.Options) { o.Registerer = registry })
	for name, labels := range map[string][]string{
		"sfu_ice_restarts_total": {"answered", "refused", "not_found", "failed"},
		"sfu_offers_total":       {"answered", "refused", "stale", "failed"},
		"sfu_candidate_pairs":    {"udp", "tcp"},
		"sfu_tcp_refused_total":  {"full", "late", "unknown", "framing", "stalled"},
		"sfu_tcp_connections":    {""},
		"sfu_documents_total":    {"stored", "suspended", "cancelled", "disk_full", "bad_hash", "not_asked"},
	} {
		for _, label := range labels {
			if got := gauge(t, registry, name, label); got != 0 {
				t.Errorf("%s %s starts at %g", name, label, got)
			}
		}
	}
}

func TestMetricsAreNamedAndMove(t *testing.T) {
	registry := prometheus.NewRegistry()
	s := start(t, func(o *sfu.Options) { o.Registerer = registry })
	station, agent := join(t, s, "r", theStation), join(t, s, "r", theAgent)
	station.Publish()
	value := func(name string) (sum float64) {
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			if f.GetName() != "remotewindow_"+name {
				continue
			}
			for _, m := range f.GetMetric() {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
		return sum
	}
	sfutest.Until(t, patience, "drops are counted", func() bool { return value("sfu_gate_dropped_total") > 0 })
	if err := s.Open("r", 1); err != nil {
		t.Fatal(err)
	}
	sfutest.Until(t, patience, "packets are counted", func() bool { return agent.Total() > 10 && value("sfu_packets_forwarded_total") > 10 })
	for name, want := range map[string]float64{"sfu_peers": 2, "sfu_rooms": 1, "sfu_offers_total": 2, "sfu_close_overruns_total": 0} {
		if got := value(name); got != want {
			t.Errorf("%s is %g, want %g", name, got, want)
		}
	}
	if value("sfu_bytes_forwarded_total") == 0 || value("sfu_plis_total") == 0 {
		t.Error("bytes or keyframe requests are not counted")
	}
	s.CloseRoom("r")
	if peers, rooms := value("sfu_peers"), value("sfu_rooms"); peers != 0 || rooms != 0 {
		t.Errorf("after the end: %g peers, %g rooms", peers, rooms)
	}
}
