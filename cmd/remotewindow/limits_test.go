package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/gorilla/websocket"

	"github.com/remotewindow/remotewindow/agentdesk"
)

// limitedNode is a node that was built with these flags and does not serve.
func limitedNode(t *testing.T, flags ...string) *node {
	t.Helper()
	var c struct {
		Serve serveCommand `cmd:""`
	}
	parser, err := kong.New(&c)
	must(t, err)
	_, err = parser.Parse(append([]string{"serve", "--demo", "--listen", "127.0.0.1:0", "--media-port", "0", "--data", t.TempDir()}, flags...))
	must(t, err)
	cfg, err := c.Serve.check()
	must(t, err)
	n, err := newNode(testContext(t), cfg, io.Discard)
	must(t, err)
	t.Cleanup(n.close)
	return n
}

// TestLimitsAreTheOperators: each flag reaches the bound that it names.
func TestLimitsAreTheOperators(t *testing.T) {
	n := limitedNode(t, "--requests-per-source", "1", "--request-burst", "3", "--sockets-per-source", "2", "--strangers", "3",
		"--media-connections-per-source", "1", "--connections-per-source", "5", "--connections", "7", "--enrol-failures", "2")

	if got, want := n.cfg.connections(n.cfg.Proxies), (agentdesk.ConnectionLimits{Total: 7, PerSource: 5}); !reflect.DeepEqual(got, want) {
		t.Errorf("connections: %+v", got)
	}
	ask := func(address, path, body string) int {
		method := http.MethodGet
		if body != "" {
			method = http.MethodPost
		}
		r := httptest.NewRequest(method, "http://"+n.cfg.Listen+path, strings.NewReader(body))
		r.RemoteAddr = address
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		n.desk.Handler().ServeHTTP(w, r)
		return w.Code
	}
	for i := range 3 {
		if code := ask("192.0.2.7:1", "/api/info", ""); code == http.StatusServiceUnavailable {
			t.Errorf("request %d: %d", i, code)
		}
	}
	if code := ask("192.0.2.7:1", "/api/info", ""); code != http.StatusServiceUnavailable {
		t.Errorf("beyond the burst: %d", code)
	}
	key := strings.Repeat("A", 87)
	guess := `{"code":"K7QD-K7QD-K7QD-K7QD","public_key":"` + key + `","proof":"` + key[:86] + `"}`
	codes := []int{ask("192.0.2.8:1", "/api/station/enrol", guess), ask("192.0.2.8:1", "/api/station/enrol", guess), ask("192.0.2.8:1", "/api/station/enrol", guess)}
	if codes[1] == http.StatusTooManyRequests || codes[2] != http.StatusTooManyRequests {
		t.Errorf("enrolments: %v", codes)
	}

	web := httptest.NewServer(n.desk.Handler())
	t.Cleanup(web.Close)
	dial := func() int {
		t.Helper()
		ws, answer, err := websocket.DefaultDialer.DialContext(testContext(t), "ws"+strings.TrimPrefix(web.URL, "http")+"/ws", http.Header{"Origin": {web.URL}})
		if answer == nil {
			t.Fatal(err)
		}
		defer func() { _ = answer.Body.Close() }()
		if err == nil {
			t.Cleanup(func() { _ = ws.Close() })
		}
		return answer.StatusCode
	}
	if got := []int{dial(), dial(), dial()}; got[1] != http.StatusSwitchingProtocols || got[2] != http.StatusServiceUnavailable {
		t.Errorf("sockets: %v", got)
	}
	if n.signaling.Numbers.Strangers != 3 {
		t.Errorf("%d strangers", n.signaling.Numbers.Strangers)
	}

	for range 2 {
		conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", n.sfu.Port()))
		must(t, err)
		t.Cleanup(func() { _ = conn.Close() })
	}
	for deadline := time.Now().Add(patience); mediaRefused(t, n) != 1; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("a second media connection of one source")
		}
	}
}

// mediaRefused is how many media connections were one too many.
func mediaRefused(t *testing.T, n *node) float64 {
	t.Helper()
	families, err := n.registry.Gather()
	must(t, err)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == "remotewindow_sfu_tcp_refused_total" && m.GetLabel()[0].GetValue() == "full" {
				return m.GetCounter().GetValue()
			}
		}
	}
	t.Fatal("no metric")
	return 0
}

// TestLimitsChecked: what is less than nothing is refused, flag by flag.
func TestLimitsChecked(t *testing.T) {
	if err := (limits{}).check(); err != nil {
		t.Error(err)
	}
	for i := range reflect.TypeFor[limits]().NumField() {
		var l limits
		reflect.ValueOf(&l).Elem().Field(i).SetInt(-1)
		if err := l.check(); err == nil {
			t.Errorf("%s: -1 passes", reflect.TypeFor[limits]().Field(i).Name)
		}
	}
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")}
	if got := (limits{}).connections(proxies); !reflect.DeepEqual(got, agentdesk.ConnectionLimits{Exempt: proxies}) {
		t.Errorf("%+v", got)
	}
}
