package sfu

import (
	"context"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// stopped is a pulse whose process begins to run again now, after a pause.
func stopped(onPause func(int64), pause time.Duration) *pulse {
	return &pulse{began: time.Now().Add(-pause), onPause: onPause}
}

func TestNothingPassesAfterAPause(t *testing.T) {
	src, _, w := pair(t)
	s := src.peer.sfu
	if err := src.peer.room.open(1); err != nil {
		t.Fatal(err)
	}
	told := make(chan int64, 2)
	s.pulse = stopped(func(n int64) { told <- n }, 2*time.Second)
	passes := func(sequence uint16) bool {
		before := len(w.headers)
		src.distribute(keyframe(sequence))
		return len(w.headers) > before
	}
	if passes(1) {
		t.Error("a packet passed before the pause was noticed")
	}
	s.pulse.beat(time.Now())
	if passes(2) {
		t.Error("a packet passed after the first beat")
	}
	pause := <-told
	figures := prometheus.NewRegistry()
	figures.MustRegister(s.metrics.fenced)
	families, err := figures.Gather()
	if err != nil || len(families) != 1 {
		t.Fatal(families, err)
	}
	if got := families[0].GetMetric()[0].GetCounter().GetValue(); got != 2 {
		t.Errorf("%g packets are counted as fenced", got)
	}
	s.Resume(pause)
	if !passes(3) {
		t.Error("nothing passes after Resume")
	}
	s.pulse.beat(time.Now().Add(1500 * time.Millisecond)) // paused once more
	s.Resume(pause)
	if passes(4) {
		t.Error("the first Resume lifted the second fence")
	}
	if next := <-told; next == pause {
		t.Error("the second pause has the number of the first")
	}
}

func TestShortDelaysAreNoPause(t *testing.T) {
	p := stopped(func(int64) { t.Error("told of a pause") }, 900*time.Millisecond)
	now := time.Now()
	if !p.beats(now) {
		t.Error("fenced")
	}
	p.beat(now)
	if !p.beats(now) || !(*pulse)(nil).beats(now) {
		t.Error("fenced after a beat")
	}
}

func TestPageWaitsBehindTheFence(t *testing.T) {
	p := stopped(func(int64) {}, 2*time.Second)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if p.wait(ctx) {
		t.Error("a channel that is gone went on")
	}
	p.beat(time.Now())
	through := make(chan bool)
	go func() { through <- p.wait(t.Context()) }()
	p.resume(p.pauses.Load())
	if !<-through {
		t.Error("not let through")
	}
}

// A pulse that runs stamps, and ends with its SFU.
func TestPulseRuns(t *testing.T) {
	end := make(chan struct{})
	p := startPulse(func(int64) {}, end)
	deadline := time.After(10 * time.Second)
	for p.stamp.Load() == 0 {
		select {
		case <-deadline:
			t.Fatal("no beat")
		case <-time.After(time.Millisecond):
		}
	}
	close(end)
	<-p.ended
	if startPulse(nil, end) != nil {
		t.Error("a pulse that nobody hears")
	}
}
