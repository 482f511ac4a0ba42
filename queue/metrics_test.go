package queue_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/queue/queuetest"
)

// values gathers metrics as name, or name/result, to value.
func values(t *testing.T, registry *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, family := range families {
		for _, m := range family.Metric {
			name := strings.TrimPrefix(family.GetName(), "remotewindow_")
			for _, label := range m.Label {
				if label.GetName() == "result" || label.GetName() == "state" {
					name += "/" + label.GetValue()
				}
			}
			got[name] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	return got
}

func TestMetrics(t *testing.T) {
	b := newBench(t, queuetest.Redis(t))
	registry := prometheus.NewRegistry()
	b.Queue = queue.New(queue.Options{Client: b.client, Centre: b.centre, Logger: quiet, Registerer: registry})
	b.ready("a1", "x")
	b.call("s1", func(t *queue.Ticket) { t.ArrivedMS, t.Skills = start-30_000, []string{"y"} })
	offer := b.call("s2")
	b.ok(b.Decline(b.ctx, "ts2", "a1", offer.Epoch, "busy"))
	b.ok(b.StationDrop(b.ctx, "s2", "s2-1"))
	b.station("s2")
	b.pass(20 * time.Second)
	b.ok(b.Shown(b.ctx, "ts2", "a1", b.ticket("ts2").Epoch))
	b.pass(20 * time.Second)
	b.ready("a1", "x")
	_, err := b.Accept(b.ctx, "ts2", "a1", b.ticket("ts2").Epoch)
	b.ok(err)
	got := values(t, registry)
	for name, want := range map[string]float64{
		"queue_depth": 1, "queue_oldest_wait_seconds": 70, "queue_oldest_wait_idle_seconds": 0,
		"offers_total/declined": 1, "offers_total/withdrawn": 1, "offers_total/undelivered": 1, "offers_total/rona": 1,
		"offers_total/accepted": 1, "offers_total/dropped": 0, "store_errors_total": 0, "queue_up": 1,
		"queue_tickets/waiting": 1, "queue_tickets/connecting": 1, "queue_tickets/active": 0,
		"queue_agents/call": 1, "queue_agents/ready": 0, "queue_stations/online": 2, "queue_stations/help": 0,
	} {
		if value, ok := got[name]; !ok || value != want {
			t.Errorf("%s is %v, want %v", name, value, want)
		}
	}
	// A held ticket shows as waiting beside an idle seat.
	b.ready("a2", "x")
	b.call("s3", func(t *queue.Ticket) { t.Affinity = "a1" })
	b.clock.Advance(t, 5*time.Second)
	if got := values(t, registry); got["queue_oldest_wait_idle_seconds"] != 5 || got["queue_depth"] != 2 {
		t.Errorf("while held: %v", got)
	}
}

// TestStoreAway: errors of Redis are counted, come wrapped, and leave the gauges absent.
func TestStoreAway(t *testing.T) {
	client := redis.NewClient(&redis.Options{Network: "unix", Addr: t.TempDir() + "/none", MaxRetries: -1})
	t.Cleanup(func() { _ = client.Close() })
	registry := prometheus.NewRegistry()
	q := queue.New(queue.Options{Client: client, Centre: "away", Logger: quiet, Registerer: registry})
	if _, err := q.Tick(context.Background()); err == nil {
		t.Fatal("no error without a server")
	}
	got := values(t, registry)
	up, told := got["queue_up"]
	if _, ok := got["queue_depth"]; ok || got["store_errors_total"] < 1 || !told || up != 0 {
		t.Errorf("%v", got)
	}
}
