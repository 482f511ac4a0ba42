package sfu_test

import (
	"context"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"
	"go.uber.org/goleak"

	"github.com/remotewindow/remotewindow/sfu"
	"github.com/remotewindow/remotewindow/sfu/sfutest"
)

const patience = 15 * time.Second

func TestMain(m *testing.M) {
	if sfutest.ServeRemote() {
		return
	}
	goleak.VerifyTestMain(m)
}

// start gives an SFU on a free loopback port that ends with the test.
func start(t *testing.T, change func(*sfu.Options)) *sfu.SFU {
	t.Helper()
	o := sfu.Options{UDPAddr: "127.0.0.1:0"}
	if change != nil {
		change(&o)
	}
	s, err := sfu.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return s
}

// join takes a new client into the room and waits until it is connected.
func join(t *testing.T, s *sfu.SFU, room string, who sfu.Participant) *sfutest.Client {
	t.Helper()
	c := sfutest.New(t, sfutest.Options{Role: string(who.Role)})
	answer, err := s.Join(t.Context(), room, who, c.Offer)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Answer(answer); err != nil {
		t.Fatal(err)
	}
	c.WaitState(t, webrtc.PeerConnectionStateConnected, patience)
	return c
}

func TestGateHoldsMediaBackUntilOpen(t *testing.T) {
	s := start(t, nil)
	station := join(t, s, "r", sfu.Participant{ID: "s01", Role: sfu.Station, Epoch: 1})
	agent := join(t, s, "r", sfu.Participant{ID: "agent1", Role: sfu.Agent, Epoch: 1})
	station.Publish()
	agent.Publish()
	sfutest.Until(t, patience, "100 packets dropped each way", func() bool {
		stats, _ := s.Stats("r")
		a, _ := stats.Participant("s01")
		b, _ := stats.Participant("agent1")
		return a.GateDropped > 100 && b.GateDropped > 100
	})
	if station.Total() != 0 || agent.Total() != 0 {
		t.Fatalf("through the shut gate: station %d, agent %d packets", station.Total(), agent.Total())
	}
	if err := s.Open("r", 1); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]*sfutest.Client{"station": station, "agent": agent} {
		sfutest.Until(t, patience, name+" hears and sees", func() bool {
			return len(c.Received(0)) > 50 && len(c.Received(1)) > 50
		})
		if first := c.Received(1)[0]; first.Payload[0]&0x10 == 0 || first.Payload[4]&1 != 0 {
			t.Errorf("%s: first video packet is no keyframe", name)
		}
	}
}
