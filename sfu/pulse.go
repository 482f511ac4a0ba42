package sfu

import (
	"context"
	"sync/atomic"
	"time"
)

const (
	pulseEvery = 100 * time.Millisecond
	// pulseLimit without a beat means that the process did not run.
	pulseLimit = time.Second
	// pulseLook is how often a page looks whether it may go on.
	pulseLook = 20 * time.Millisecond
)

// pulse fences an SFU whose process was paused (SIGSTOP, a stopped virtual
// machine): others may have taken its rooms over meanwhile. A goroutine stamps the
// time; whoever forwards compares, so that not even the first packet after the
// pause gets through, and the next stamp makes the fence last until resume.
type pulse struct {
	began   time.Time
	stamp   atomic.Int64 // ns since began
	fenced  atomic.Bool
	pauses  atomic.Int64
	onPause func(pause int64)
	ended   chan struct{}
}

// startPulse returns nil when nobody could lift the fence.
func startPulse(onPause func(int64), stopped <-chan struct{}) *pulse {
	if onPause == nil {
		return nil
	}
	p := &pulse{began: time.Now(), onPause: onPause, ended: make(chan struct{})}
	go p.run(stopped)
	return p
}

func (p *pulse) run(stopped <-chan struct{}) {
	defer close(p.ended)
	tick := time.NewTicker(pulseEvery)
	defer tick.Stop()
	for {
		select {
		case <-stopped:
			return
		case <-tick.C:
			p.beat(time.Now())
		}
	}
}

// beat stamps now. After a pause the fence stands before the stamp does.
func (p *pulse) beat(now time.Time) {
	at := int64(now.Sub(p.began))
	if at-p.stamp.Load() > int64(pulseLimit) {
		p.fenced.Store(true)
		pause := p.pauses.Add(1)
		go p.onPause(pause)
	}
	p.stamp.Store(at)
}

// beats says whether media may pass at a moment.
func (p *pulse) beats(now time.Time) bool {
	return p == nil || !p.fenced.Load() && int64(now.Sub(p.began))-p.stamp.Load() <= int64(pulseLimit)
}

// wait returns once media may pass, or with false when ctx has ended.
func (p *pulse) wait(ctx context.Context) bool {
	for !p.beats(time.Now()) {
		select {
		case <-ctx.Done():
			return false
		case <-time.After(pulseLook):
		}
	}
	return true
}

// resume lifts the fence of a pause, unless there was another one since.
func (p *pulse) resume(pause int64) {
	if p != nil && p.pauses.Load() == pause {
		p.fenced.Store(false)
	}
}

// Resume lets media pass again after Options.OnPause. It changes nothing when
// there was another pause since, which OnPause tells of too.
func (s *SFU) Resume(pause int64) { s.pulse.resume(pause) }
