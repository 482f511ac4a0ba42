package signaling

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/remotewindow/remotewindow/signaling/protocol"
)

type metrics struct {
	sockets  *prometheus.GaugeVec
	calls    prometheus.Gauge
	accepts  *prometheus.CounterVec
	first    prometheus.Histogram
	messages *prometheus.CounterVec
	unsaved  prometheus.Gauge
	failures *prometheus.CounterVec
	refused  *prometheus.CounterVec
}

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		sockets: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "remotewindow_sockets", Help: "Open sockets by face."}, []string{"face"}),
		calls: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "remotewindow_calls", Help: "Calls accepted and not yet ended on this node."}),
		accepts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "remotewindow_accepts_total", Help: "Answers to offers by code, ok included."}, []string{"result"}),
		first: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "remotewindow_accept_to_first_packet_seconds",
			Help:    "From the committed accept to the first packet through the gate.",
			Buckets: []float64{.005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10}}),
		messages: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "remotewindow_messages_total", Help: "Messages of pages by type and result."}, []string{"type", "result"}),
		unsaved: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "remotewindow_unsaved_changes", Help: "Changes of calls that SQL or Redis has not taken yet."}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "remotewindow_signaling_store_failures_total", Help: "Failed accesses by store (records, queue)."}, []string{"store"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "remotewindow_sockets_refused_total", Help: "Sockets refused or ended by the server, by reason."}, []string{"reason"}),
	}
	// Every series with a known label is there from the start, at zero.
	for _, face := range []protocol.Face{protocol.FaceStation, protocol.FaceDesk, protocol.FaceBoard} {
		m.sockets.WithLabelValues(string(face))
	}
	for _, result := range []string{"ok", string(protocol.CodeStale), string(protocol.CodeQueueDown), string(protocol.CodeRecordsDown), string(protocol.CodeInternal)} {
		m.accepts.WithLabelValues(result)
	}
	for _, store := range []string{"records", "queue"} {
		m.failures.WithLabelValues(store)
	}
	for _, reason := range []string{"revoked", "strangers", "origin"} {
		m.refused.WithLabelValues(reason)
	}
	for _, result := range []string{"ok", string(protocol.CodeInternal)} {
		m.messages.WithLabelValues(protocol.Hello{}.Type(), result)
	}
	if r != nil {
		r.MustRegister(m.sockets, m.calls, m.accepts, m.first, m.messages, m.unsaved, m.failures, m.refused)
	}
	return m
}
