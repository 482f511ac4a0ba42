package agentdesk

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

type metrics struct {
	logins   *prometheus.CounterVec
	requests *prometheus.CounterVec
	// stations counts what came of enrolments and log-ins by key.
	stations   *prometheus.CounterVec
	turnedAway *prometheus.CounterVec
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		logins: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "remotewindow_logins_total", Help: "Log-ins of staff by result: ok, bad, rate, forbidden, error.",
		}, []string{"result"}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "remotewindow_http_requests_total", Help: "HTTP requests answered, by route and status code.",
		}, []string{"route", "code"}),
		stations: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "remotewindow_station_logins_total", Help: "Enrolments and log-ins of stations by result: enrolled, bad_code, ok, not_enrolled, nonce, rotated, rate.",
		}, []string{"result"}),
		turnedAway: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "remotewindow_http_turned_away_total", Help: "Requests answered 503 because of a bound: connections, source, requests.",
		}, []string{"bound"}),
	}
	for _, result := range []string{"ok", "bad", "rate", "forbidden", "error"} {
		m.logins.WithLabelValues(result) // there from the start, at zero
	}
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.logins, m.requests, m.stations, m.turnedAway} {
		if err := r.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// MetricsHandler serves /metrics for a listener of its own (--metrics-listen).
func MetricsHandler(g prometheus.Gatherer) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(g, promhttp.HandlerOpts{}))
	return mux
}

// metricsPage answers GET /metrics of the main listener.
func (s *Server) metricsPage(w http.ResponseWriter, r *http.Request) {
	if s.o.Gatherer == nil {
		s.nothing(w, r)
		return
	}
	promhttp.HandlerFor(s.o.Gatherer, promhttp.HandlerOpts{}).ServeHTTP(w, r)
}

// healthz answers 200 while the process serves at all.
func (s *Server) healthz(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Write([]byte("ok\n"))
}

// checkTime bounds each line of /readyz.
const checkTime = 2 * time.Second

// checkEvery is how old the answer of /readyz may be: probes of several
// balancers must not become a load, for some checks write.
const checkEvery = time.Second

// readiness is the last look at the checks.
type readiness struct {
	mu     sync.Mutex // held while the checks run: who asks meanwhile gets their result
	at     time.Time
	status int
	lines  map[string]string
}

// readyz answers 200 when every check passes, else 503; each check is named
// with ok or failed. The cause is in the log alone.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	if s.o.Draining != nil && s.o.Draining() {
		answer(w, http.StatusServiceUnavailable, map[string]string{"drain": "failed"})
		return
	}
	s.ready.mu.Lock()
	defer s.ready.mu.Unlock()
	now := s.o.Now()
	if age := now.Sub(s.ready.at); s.ready.lines == nil || age >= checkEvery || age < 0 {
		// Whoever asked may go away; the answer is for all.
		s.ready.status, s.ready.lines = s.runChecks(context.WithoutCancel(r.Context()))
		s.ready.at = now
	}
	answer(w, s.ready.status, s.ready.lines)
}

func (s *Server) runChecks(ctx context.Context) (status int, lines map[string]string) {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	errs := make([]error, len(s.o.Ready))
	var wg sync.WaitGroup
	for i, c := range s.o.Ready {
		wg.Go(func() { errs[i] = c.Run(ctx) })
	}
	wg.Wait()
	status, lines = http.StatusOK, make(map[string]string)
	for i, c := range s.o.Ready {
		lines[c.Name] = "ok"
		if errs[i] != nil {
			lines[c.Name], status = "failed", http.StatusServiceUnavailable
			s.o.Logger.Warn("not ready", "check", c.Name, "err", errs[i])
		}
	}
	return status, lines
}
