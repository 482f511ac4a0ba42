package queue_test

import (
	"testing"
	"time"

	"github.com/remotewindow/remotewindow/queue"
)

func TestOneCall(t *testing.T) {
	onBoth(t, func(b *bench) {
		b.ready("a1")
		offer := b.call("s1")
		if offer.State != queue.Offered || offer.Agent != "a1" || offer.ExpiresMS != start+20_000 {
			b.Fatalf("offer %+v", offer)
		}
		b.ok(b.Shown(b.ctx, "ts1", "a1", offer.Epoch))
		b.isAgent("a1", queue.AgentOffer)
		b.pass(3 * time.Second)
		held, err := b.Accept(b.ctx, "ts1", "a1", offer.Epoch)
		b.ok(err)
		if held.State != queue.Connecting || held.Epoch <= offer.Epoch || held.AcceptedMS != start+3000 {
			b.Fatalf("accepted %+v", held)
		}
		b.pass(time.Second)
		active, err := b.Connected(b.ctx, "ts1", held.Epoch)
		b.ok(err)
		if active.State != queue.Active || active.ConnectedMS != start+4000 {
			b.Fatalf("connected %+v", active)
		}
		b.isAgent("a1", queue.AgentCall)
		b.pass(time.Minute)
		ended, err := b.HangUp(b.ctx, "ts1", held.Epoch, "done")
		b.ok(err)
		if ended.State != queue.WrapUp || ended.WrapUpEndsMS != ended.EndedMS+60_000 || ended.Reason != "done" {
			b.Fatalf("ended %+v", ended)
		}
		b.isAgent("a1", queue.AgentWrapUp)
		b.ok(b.Finish(b.ctx, "ts1", "a1", held.Epoch))
		b.isAgent("a1", queue.AgentReady)
		if s := b.snapshot(); len(s.Tickets) != 0 || s.Stations[0].Ticket != "" {
			b.Fatalf("left over: %+v", s)
		}
		var version int64
		for _, e := range b.events() {
			if version++; e.Version != version {
				b.Fatalf("version %d, want %d", e.Version, version)
			}
		}
		if s := b.snapshot(); s.Version != version || s.NowMS != start+64_000 {
			b.Fatalf("snapshot %d %d, want %d %d", s.Version, s.NowMS, version, start+64_000)
		}
	})
}
