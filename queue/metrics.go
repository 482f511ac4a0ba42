package queue

import (
	"context"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// scrapeTimeout bounds the snapshot that a scrape takes.
const scrapeTimeout = 2 * time.Second

// metrics are counters of what this node did, and gauges that are read from a
// Snapshot at each scrape, so every node shows the same.
type metrics struct {
	q           *Queue
	offers      *prometheus.CounterVec
	storeErrors prometheus.Counter
	depth       *prometheus.Desc
	oldest      *prometheus.Desc
	oldestIdle  *prometheus.Desc
}

func newMetrics(q *Queue, centre string, registerer prometheus.Registerer) *metrics {
	labels := prometheus.Labels{"centre": centre}
	m := &metrics{
		q: q,
		offers: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "remotewindow_offers_total", ConstLabels: labels,
			Help: "Offers that ended, by result (accepted, declined, rona, undelivered, withdrawn, abandoned, dropped), counted by the node that ended them.",
		}, []string{"result"}),
		storeErrors: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "remotewindow_store_errors_total", ConstLabels: prometheus.Labels{"centre": centre, "store": "redis"},
			Help: "Operations that the store did not answer.",
		}),
		depth: prometheus.NewDesc("remotewindow_queue_depth", "Tickets that wait, ringing ones included.", nil, labels),
		oldest: prometheus.NewDesc("remotewindow_queue_oldest_wait_seconds",
			"How long the oldest ticket that waits or rings has waited since its arrival.", nil, labels),
		oldestIdle: prometheus.NewDesc("remotewindow_queue_oldest_wait_idle_seconds",
			"The oldest wait while a seat is idle that could take the ticket; longer than the affinity window means a defect.", nil, labels),
	}
	if registerer != nil {
		registerer.MustRegister(m.offers, m.storeErrors, m)
	}
	return m
}

// Describe implements prometheus.Collector.
func (m *metrics) Describe(ch chan<- *prometheus.Desc) {
	ch <- m.depth
	ch <- m.oldest
	ch <- m.oldestIdle
}

// Collect implements prometheus.Collector. Without Redis the gauges are absent.
func (m *metrics) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	s, err := m.q.Snapshot(ctx)
	if err != nil {
		return
	}
	depth, oldest, oldestIdle := gauges(s)
	ch <- prometheus.MustNewConstMetric(m.depth, prometheus.GaugeValue, float64(depth))
	ch <- prometheus.MustNewConstMetric(m.oldest, prometheus.GaugeValue, oldest.Seconds())
	ch <- prometheus.MustNewConstMetric(m.oldestIdle, prometheus.GaugeValue, oldestIdle.Seconds())
}

// gauges computes depth, oldest wait, and oldest wait with an idle able seat.
func gauges(s Snapshot) (depth int, oldest, oldestIdle time.Duration) {
	for _, t := range s.Tickets {
		if t.State != Waiting && t.State != Offered {
			continue
		}
		depth++
		waited := time.Duration(s.NowMS-t.ArrivedMS) * time.Millisecond
		oldest = max(oldest, waited)
		if t.State == Waiting && !t.StationLost && slices.ContainsFunc(s.Agents, func(a Agent) bool {
			return a.State == AgentReady && Able(a.Skills, t.Skills) && !slices.Contains(t.Excluded, a.ID)
		}) {
			oldestIdle = max(oldestIdle, waited)
		}
	}
	return depth, oldest, oldestIdle
}

// Able reports whether an agent's skills cover what a ticket needs: all of them,
// and an agent without any covers everything.
func Able(agent, ticket []string) bool {
	return len(agent) == 0 || !slices.ContainsFunc(ticket, func(s string) bool { return !slices.Contains(agent, s) })
}
