package sfu

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/remotewindow/remotewindow/sfu/capture"
	"github.com/remotewindow/remotewindow/sfu/icetcp"
)

// metrics of one SFU; children are resolved once so that the forwarding path
// only adds to an atomic.
type metrics struct {
	audioForwarded, videoForwarded prometheus.Counter
	bytesForwarded                 prometheus.Counter
	gateDropped, fenced            prometheus.Counter
	peers, rooms                   prometheus.Gauge
	closeOverruns                  prometheus.Counter
	plis, nacks                    prometheus.Counter
	loss                           prometheus.Histogram
	streams                        prometheus.Gauge
	streamsRefused                 *prometheus.CounterVec
	pairs                          *prometheus.GaugeVec
	offers, restarts               *prometheus.CounterVec
	moves                          prometheus.Counter
	documents                      *prometheus.CounterVec
	documentSeconds                prometheus.Histogram
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "remotewindow_" + name, Help: help})
	}
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: "remotewindow_" + name, Help: help})
	}
	vec := func(name, help, label string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "remotewindow_" + name, Help: help}, []string{label})
	}
	packets := vec("sfu_packets_forwarded_total", "RTP packets sent on to a participant.", "kind")
	m := &metrics{
		audioForwarded: packets.WithLabelValues("audio"),
		videoForwarded: packets.WithLabelValues("video"),
		bytesForwarded: counter("sfu_bytes_forwarded_total", "Payload bytes of RTP packets sent on."),
		gateDropped:    counter("sfu_gate_dropped_total", "RTP packets that a shut gate held back."),
		fenced:         counter("sfu_fenced_packets_total", "RTP packets held back after a pause of the process."),
		peers:          gauge("sfu_peers", "Peers that hold a place in a room."),
		rooms:          gauge("sfu_rooms", "Rooms."),
		closeOverruns:  counter("sfu_close_overruns_total", "Peers that took more than 5 s to close."),
		plis:           counter("sfu_plis_total", "Keyframe requests sent to publishers."),
		nacks:          counter("sfu_nacks_total", "NACK messages of participants: packets that did not reach them."),
		loss: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "remotewindow_sfu_loss_ratio", Help: "Part of the packets lost on the way to a participant, by its receiver reports.",
			Buckets: []float64{0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5},
		}),
		streams:        gauge("sfu_tcp_connections", "TCP connections that carry a participant's packets."),
		streamsRefused: vec("sfu_tcp_refused_total", "TCP connections not taken or cut: full, late, unknown, framing, stalled.", "reason"),
		pairs: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "remotewindow_sfu_candidate_pairs", Help: "Participants by the protocol that their media takes: udp, tcp.",
		}, []string{"protocol"}),
		offers:    vec("sfu_offers_total", "Offers by result: answered, refused, stale, failed.", "result"),
		restarts:  vec("sfu_ice_restarts_total", "ICE restarts by result: answered, refused, not_found, failed.", "result"),
		moves:     counter("sfu_moves_total", "Participants followed to another address without a restart."),
		documents: vec("sfu_documents_total", "Pages by result: stored, suspended, or the code of the refusal.", "result"),
		documentSeconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "remotewindow_sfu_document_seconds", Help: "Offer of a page to its stored and checked end.",
			Buckets: []float64{0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64},
		}),
	}
	for _, result := range []string{
		"stored", "suspended", "cancelled",
		string(capture.TooLarge), string(capture.BadHash), string(capture.BadFrame),
		string(capture.NotAsked), string(capture.DiskFull), string(capture.BadType),
	} {
		m.documents.WithLabelValues(result)
	}
	for _, why := range icetcp.Reasons {
		m.streamsRefused.WithLabelValues(string(why))
	}
	for _, protocol := range []string{"udp", "tcp"} {
		m.pairs.WithLabelValues(protocol)
	}
	for _, result := range []string{"answered", "refused", "stale", "failed"} {
		m.offers.WithLabelValues(result)
	}
	for _, result := range []string{"answered", "refused", "not_found", "failed"} {
		m.restarts.WithLabelValues(result)
	}
	for _, result := range []string{"stored", "suspended", "too_large", "bad_hash", "bad_frame", "not_asked", "disk_full", "type"} {
		m.documents.WithLabelValues(result)
	}
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{packets, m.bytesForwarded, m.gateDropped, m.fenced, m.peers, m.rooms, m.closeOverruns, m.plis, m.nacks, m.loss, m.streams, m.streamsRefused, m.pairs, m.offers, m.restarts, m.moves, m.documents, m.documentSeconds} {
		if err := r.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}
