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
// Snapshot at each scrape, so every node shows the same. Every series with a
// known label is there from the start, at zero: an alert on a series that does
// not exist yet never fires.
type metrics struct {
	q           *Queue
	offers      *prometheus.CounterVec
	storeErrors prometheus.Counter
	// unreplicated counts what WAIT did not find on a replica; see run.
	unreplicated prometheus.Counter
	seconds      prometheus.Observer
	up           *prometheus.Desc
	depth        *prometheus.Desc
	oldest       *prometheus.Desc
	oldestIdle   *prometheus.Desc
	tickets      *prometheus.Desc
	agents       *prometheus.Desc
	stations     *prometheus.Desc
	clock        *prometheus.Desc
}

// offerResults are the ends that an offer can have; see the scripts.
var offerResults = []string{"accepted", "declined", "rona", "undelivered", "withdrawn", "abandoned", "dropped"}

func newMetrics(q *Queue, centre string, registerer prometheus.Registerer) *metrics {
	labels := prometheus.Labels{"centre": centre}
	desc := func(name, help string, variable ...string) *prometheus.Desc {
		return prometheus.NewDesc("remotewindow_"+name, help, variable, labels)
	}
	seconds := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "remotewindow_store_seconds", ConstLabels: prometheus.Labels{"centre": centre, "store": "redis"},
		Help:    "How long an operation of the store took, failed ones included.",
		Buckets: []float64{.0005, .001, .002, .005, .01, .02, .05, .1, .25, .5, 1, 2.5, 5},
	})
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
		unreplicated: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "remotewindow_queue_unreplicated_total", ConstLabels: labels,
			Help: "Accepts, transfers and hand-overs that no replica of Redis had within 200 ms; they stand by the database alone until it has.",
		}),
		seconds: seconds,
		up:      desc("queue_up", "1 when Redis answered the scrape's snapshot, else 0; then the other gauges of the queue are absent."),
		depth:   desc("queue_depth", "Tickets that wait, ringing ones included."),
		oldest:  desc("queue_oldest_wait_seconds", "How long the oldest ticket that waits or rings has waited since its arrival, or since it came due."),
		oldestIdle: desc("queue_oldest_wait_idle_seconds",
			"The oldest wait while a seat is idle that could take the ticket; longer than the affinity window means a defect."),
		tickets:  desc("queue_tickets", "Open tickets by state.", "state"),
		agents:   desc("queue_agents", "Agents that were ever connected, by state.", "state"),
		stations: desc("queue_stations", "Stations that were ever connected, by state: online, offline, help (asked for a person, counted besides).", "state"),
		clock:    desc("queue_clock_skew_seconds", "Clock of Redis less the clock of this node."),
	}
	for _, result := range offerResults {
		m.offers.WithLabelValues(result)
	}
	if registerer != nil {
		registerer.MustRegister(m.offers, m.storeErrors, m.unreplicated, seconds, m)
	}
	return m
}

// Describe implements prometheus.Collector.
func (m *metrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.up, m.depth, m.oldest, m.oldestIdle, m.tickets, m.agents, m.stations, m.clock} {
		ch <- d
	}
}

// Collect implements prometheus.Collector. Without Redis only up is there.
func (m *metrics) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	s, err := m.q.Snapshot(ctx)
	if err != nil {
		gauge(m.up, 0)
		return
	}
	depth, oldest, oldestIdle := gauges(s)
	gauge(m.up, 1)
	gauge(m.depth, float64(depth))
	gauge(m.oldest, oldest.Seconds())
	gauge(m.oldestIdle, oldestIdle.Seconds())
	gauge(m.clock, float64(s.NowMS-time.Now().UnixMilli())/1000)
	for state, n := range ticketStates(s) {
		gauge(m.tickets, float64(n), string(state))
	}
	for state, n := range agentStates(s) {
		gauge(m.agents, float64(n), state)
	}
	for state, n := range stationStates(s) {
		gauge(m.stations, float64(n), state)
	}
}

// gauges computes depth, oldest wait, and oldest wait with an idle able seat.
func gauges(s Snapshot) (depth int, oldest, oldestIdle time.Duration) {
	for _, t := range s.Tickets {
		if !t.InLine() && t.State != Offered {
			continue
		}
		depth++
		waited := time.Duration(s.NowMS-t.FromMS) * time.Millisecond
		oldest = max(oldest, waited)
		if t.State == Waiting && !t.StationLost && (!t.Timed() || s.Open()) && slices.ContainsFunc(s.Agents, func(a Agent) bool {
			return a.State == AgentReady && Able(a.Skills, t.Need) && !slices.Contains(t.Excluded, a.ID)
		}) {
			oldestIdle = max(oldestIdle, waited)
		}
	}
	return depth, oldest, oldestIdle
}

func ticketStates(s Snapshot) map[State]int {
	count := map[State]int{Scheduled: 0, Waiting: 0, Offered: 0, Connecting: 0, Active: 0, WrapUp: 0, Review: 0}
	for _, t := range s.Tickets {
		count[t.State]++
	}
	return count
}

func agentStates(s Snapshot) map[string]int {
	count := map[string]int{AgentOffline: 0, AgentReady: 0, AgentOffer: 0, AgentCall: 0, AgentWrapUp: 0,
		AgentRONA: 0, AgentAway: 0, AgentLost: 0}
	for _, a := range s.Agents {
		count[a.State]++
	}
	return count
}

func stationStates(s Snapshot) map[string]int {
	count := map[string]int{"online": 0, "offline": 0, "help": 0}
	for _, station := range s.Stations {
		if station.Online {
			count["online"]++
		} else {
			count["offline"]++
		}
		if station.Help {
			count["help"]++
		}
	}
	return count
}

// Able reports whether an agent's skills cover what a ticket needs: all of them,
// and an agent without any covers everything.
func Able(agent, ticket []string) bool {
	return len(agent) == 0 || !slices.ContainsFunc(ticket, func(s string) bool { return !slices.Contains(agent, s) })
}
