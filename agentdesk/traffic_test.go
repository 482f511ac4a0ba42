package agentdesk

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"
)

func TestTraffic(t *testing.T) {
	d := newDesk(t, func(o *Options) { o.Demo, o.RequestsPerSource, o.RequestBurst = false, 2, 5 })
	from := func(addr string) func(*http.Request) { return func(r *http.Request) { r.RemoteAddr = addr + ":1" } }
	for i := range 5 {
		if r := d.ask("GET", "/healthz", "", from("192.0.2.1")); r.status != 200 {
			t.Fatalf("request %d: %d", i, r.status)
		}
	}
	r := d.ask("GET", "/healthz", "", from("192.0.2.1"))
	if f := r.refusal(t); r.status != 503 || f.Code != "busy" || r.header.Get("Retry-After") != "1" {
		t.Errorf("over the bound: %d %s", r.status, r.body)
	}
	if r := d.ask("GET", "/healthz", "", from("192.0.2.2")); r.status != 200 {
		t.Errorf("another source: %d", r.status)
	}
	for range 20 {
		if r := d.ask("GET", "/healthz", ""); r.status != 200 {
			t.Errorf("this machine: %d", r.status)
		}
	}
	d.pass(time.Second)
	for i, want := range []int{200, 200, 503} {
		if r := d.ask("GET", "/healthz", "", from("192.0.2.1")); r.status != want {
			t.Errorf("a second later, request %d: %d", i, r.status)
		}
	}
	d.pass(-time.Hour) // a clock that jumps back neither fills nor empties anything
	if r := d.ask("GET", "/healthz", "", from("192.0.2.1")); r.status != 503 {
		t.Errorf("clock set back: %d", r.status)
	}
	if n := d.counted("remotewindow_http_turned_away_total", "source"); n != 3 {
		t.Errorf("%v counted", n)
	}
	tr, now := newTraffic(1, 2, 1), time.Now()
	for i := range 3 * maxSources {
		tr.take(fmt.Sprint(i), now)
	}
	if len(tr.buckets) > maxSources {
		t.Errorf("%d sources are kept", len(tr.buckets))
	}
}

// TestRequestsAtOnce: past the bound requests are sent away; sockets do not count.
func TestRequestsAtOnce(t *testing.T) {
	hold, in := make(chan struct{}), make(chan struct{})
	d := newDesk(t, func(o *Options) {
		o.MaxRequests = 1
		o.Catalogue = func(context.Context) (any, error) { in <- struct{}{}; <-hold; return nil, nil }
		o.Socket = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { in <- struct{}{}; <-hold })
	})
	done := make(chan int)
	go func() { done <- d.ask("GET", "/ws", "").status }()
	<-in
	go func() { done <- d.ask("GET", "/api/catalogue", "").status }()
	<-in
	if r := d.ask("GET", "/healthz", ""); r.status != 503 || r.header.Get("Retry-After") == "" {
		t.Errorf("one too many: %d", r.status)
	}
	close(hold)
	for range 2 {
		if got := <-done; got != 200 {
			t.Errorf("of those that ran: %d", got)
		}
	}
	if r := d.ask("GET", "/healthz", ""); r.status != 200 {
		t.Errorf("afterwards: %d", r.status)
	}
}
