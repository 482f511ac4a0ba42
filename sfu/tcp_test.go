package sfu_test

import (
	"bytes"
	"context"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/remotewindow/remotewindow/sfu"
	"github.com/remotewindow/remotewindow/sfu/sfutest"
)

// joinTCP takes a client in that can only do ICE-TCP.
func joinTCP(t *testing.T, s *sfu.SFU, who sfu.Participant) *sfutest.Client {
	t.Helper()
	c := sfutest.New(t, sfutest.Options{Role: string(who.Role), TCPOnly: true})
	answer, err := s.Join(t.Context(), "r", who, c.Offer)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Answer(answer); err != nil {
		t.Fatal(err)
	}
	c.WaitState(t, webrtc.PeerConnectionStateConnected, patience)
	return c
}

func TestCallOverTCP(t *testing.T) {
	store, registry := newMemory(), prometheus.NewRegistry()
	s := start(t, func(o *sfu.Options) { o.Pages, o.TCP, o.Registerer = store, true, registry })
	station, agent := joinTCP(t, s, theStation), join(t, s, "r", theAgent)
	station.Publish()
	agent.Publish()
	if err := s.Open("r", 1); err != nil {
		t.Fatal(err)
	}
	flowing(t, "over TCP", station, agent)
	stats, _ := s.Stats("r")
	for id, want := range map[string]string{theStation.ID: "tcp", theAgent.ID: "udp"} {
		if p, _ := stats.Participant(id); p.Path != want {
			t.Errorf("%s: path %q, want %q", id, p.Path, want)
		}
	}
	if tcp, udp := gauge(t, registry, "sfu_candidate_pairs", "tcp"), gauge(t, registry, "sfu_candidate_pairs", "udp"); tcp != 1 || udp != 1 {
		t.Errorf("pairs: %g over TCP, %g over UDP", tcp, udp)
	}
	if n := gauge(t, registry, "sfu_tcp_connections", ""); n < 1 {
		t.Errorf("%g TCP connections", n)
	}

	l, d := sending(t, station), receiving(t, agent)
	p := newPage(2<<20, 1)
	if err := send(t, l, p); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(store.page("r", p.Offer.SHA256), p.Bytes) {
		t.Error("what is stored is not what was sent")
	}
	sfutest.Until(t, patience, "the agent has the page", func() bool { return d.page(p.Offer.SHA256) != nil })

	for range 5 {
		renew(t, s, theStation, station)
		flowing(t, "after a restart over TCP", station, agent)
	}
	if got := gauge(t, registry, "sfu_ice_restarts_total", "answered"); got != 5 {
		t.Errorf("%g restarts counted", got)
	}
	s.CloseRoom("r")
	sfutest.Until(t, patience, "nothing is left", func() bool {
		return gauge(t, registry, "sfu_candidate_pairs", "tcp") == 0 && gauge(t, registry, "sfu_candidate_pairs", "udp") == 0 &&
			gauge(t, registry, "sfu_tcp_connections", "") == 0
	})
}

// gauge reads one figure; label is a value of its one label, if it has one.
func gauge(t *testing.T, registry *prometheus.Registry, name, label string) float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != "remotewindow_"+name {
			continue
		}
		for _, m := range f.GetMetric() {
			if label == "" || m.GetLabel()[0].GetValue() == label {
				return m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	t.Fatalf("no metric %s %s", name, label)
	return 0
}

// Every address has its TCP candidate beside the UDP one, passive and of
// lower priority, and public addresses stand in for local ones.
func TestTCPCandidatesInTheAnswer(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*sfu.Options)
		want   string
	}{
		"loopback":       {func(*sfu.Options) {}, "127.0.0.1"},
		"public address": {func(o *sfu.Options) { o.UDPAddr, o.PublicIPs = ":0", []string{"203.0.113.7"} }, "203.0.113.7"},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, func(o *sfu.Options) {
				o.TCP = true
				tt.change(o)
			})
			answer, err := s.Join(t.Context(), "r", theStation, sfutest.New(t, sfutest.Options{Role: "station"}).Offer)
			if err != nil {
				t.Fatal(err)
			}
			priority := map[string]int{}
			for line := range strings.Lines(answer) {
				fields := strings.Fields(line)
				if !strings.HasPrefix(line, "a=candidate:") || fields[1] != "1" {
					continue
				}
				if fields[4] != tt.want || fields[5] != strconv.Itoa(s.Port()) {
					t.Errorf("announces %s %s", fields[4], fields[5])
				}
				if fields[2] == "tcp" && !strings.Contains(line, " tcptype passive") {
					t.Errorf("not passive: %s", line)
				}
				if priority[fields[2]], err = strconv.Atoi(fields[3]); err != nil {
					t.Error(err)
				}
			}
			if priority["tcp"] == 0 || priority["udp"] <= priority["tcp"] {
				t.Errorf("priorities: %v", priority)
			}
		})
	}
}

func TestTCPPortIsTheUDPPort(t *testing.T) {
	s := start(t, func(o *sfu.Options) { o.TCP = true })
	conn, err := net.Dial("tcp", "127.0.0.1:"+strconv.Itoa(s.Port()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if other, err := sfu.New(sfu.Options{UDPAddr: "127.0.0.1:" + strconv.Itoa(s.Port()), TCP: true}); err == nil {
		t.Error("the port was given twice")
		_ = other.Close(context.Background())
	}
	// A taken TCP port leaves the UDP one free.
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	if other, err := sfu.New(sfu.Options{UDPAddr: taken.Addr().String(), TCP: true}); err == nil {
		t.Error("a taken TCP port was accepted")
		_ = other.Close(context.Background())
	}
	without, err := sfu.New(sfu.Options{UDPAddr: taken.Addr().String()})
	if err != nil {
		t.Fatalf("UDP alone on the same number: %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := without.Close(ctx); err != nil {
		t.Error(err)
	}
}

// The bound on connections of one source is the operator's.
func TestTCPPerSource(t *testing.T) {
	registry := prometheus.NewRegistry()
	s := start(t, func(o *sfu.Options) { o.TCP, o.TCPPerSource, o.Registerer = true, 1, registry })
	for range 2 {
		conn, err := net.Dial("tcp", "127.0.0.1:"+strconv.Itoa(s.Port()))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
	}
	sfutest.Until(t, patience, "the second is refused", func() bool { return gauge(t, registry, "sfu_tcp_refused_total", "full") == 1 })
}
