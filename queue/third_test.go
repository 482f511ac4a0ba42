package queue_test

import (
	"testing"
	"time"

	"github.com/remotewindow/remotewindow/queue"
)

// TestWarmTransfer: the agent asks, both talk, the call goes over with a higher
// epoch and the first is free.
func TestWarmTransfer(t *testing.T) {
	onBoth(t, func(b *bench) {
		held := b.inCall("a2", "a3")
		asked, err := b.Invite(b.ctx, "ts1", "a1", held.Epoch, "a2", queue.PurposeConsult)
		b.ok(err)
		again, err := b.Invite(b.ctx, "ts1", "a1", held.Epoch, "a2", queue.PurposeConsult)
		b.ok(err)
		if asked.Third != "a2" || asked.ThirdState != queue.ThirdOffered || asked.ThirdExpiresMS != start+20_000 || again.ThirdEpoch != asked.ThirdEpoch {
			b.Fatalf("%+v %+v", asked, again)
		}
		b.isAgent("a2", queue.AgentOffer)
		_, err = b.Invite(b.ctx, "ts1", "a1", held.Epoch, "a3", queue.PurposeConsult)
		if because := queue.Because(err); because != "third" {
			b.Fatalf("because %q: %v", because, err)
		}
		_, err = b.HandOver(b.ctx, "ts1", "a1", held.Epoch)
		b.want(err, queue.ErrState)
		_, err = b.ThirdAccept(b.ctx, "ts1", "a2", asked.ThirdEpoch-1)
		b.want(err, queue.ErrStale)
		b.ok(b.ThirdShown(b.ctx, "ts1", "a2", asked.ThirdEpoch))
		joined, err := b.ThirdAccept(b.ctx, "ts1", "a2", asked.ThirdEpoch)
		b.ok(err)
		_, err = b.ThirdAccept(b.ctx, "ts1", "a2", asked.ThirdEpoch)
		b.ok(err)
		if joined.ThirdState != queue.ThirdJoined || joined.Agent != "a1" || joined.Epoch != held.Epoch {
			b.Fatalf("%+v", joined)
		}
		b.isAgent("a2", queue.AgentCall)
		over, err := b.HandOver(b.ctx, "ts1", "a1", held.Epoch)
		b.ok(err)
		again, err = b.HandOver(b.ctx, "ts1", "a1", held.Epoch)
		b.ok(err)
		if over.Agent != "a2" || over.Third != "" || over.Epoch <= held.Epoch || again.Epoch != over.Epoch || over.State != queue.Active {
			b.Fatalf("%+v %+v", over, again)
		}
		b.isAgent("a1", queue.AgentReady)
		_, err = b.HangUp(b.ctx, "ts1", held.Epoch, "done")
		b.want(err, queue.ErrStale)
		_, err = b.HangUp(b.ctx, "ts1", over.Epoch, "done")
		b.ok(err)
		b.isAgent("a2", queue.AgentWrapUp)
	})
}

// TestThirdRing: an invitation rings out like an offer.
func TestThirdRing(t *testing.T) {
	for name, shown := range map[string]bool{"shown": true, "not shown": false} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(b *bench) {
				held := b.inCall("a2")
				asked, err := b.Invite(b.ctx, "ts1", "a1", held.Epoch, "a2", queue.PurposeThird)
				b.ok(err)
				want := queue.AgentReady
				if shown {
					b.ok(b.ThirdShown(b.ctx, "ts1", "a2", asked.ThirdEpoch))
					want = queue.AgentRONA
				}
				b.pass(19 * time.Second)
				b.isAgent("a2", queue.AgentOffer)
				b.pass(time.Second)
				b.isAgent("a2", want)
				_, err = b.ThirdAccept(b.ctx, "ts1", "a2", asked.ThirdEpoch)
				b.want(err, queue.ErrStale)
				b.isState("ts1", queue.Active, "a1")
			})
		})
	}
}

// TestThirdLeaves: by itself, by the inviter, at the end of the call, and when its
// socket stays away; the call goes on without.
func TestThirdLeaves(t *testing.T) {
	for name, leave := range map[string]func(b *bench, asked queue.Ticket){
		"declines": func(b *bench, asked queue.Ticket) {
			b.ok(b.ThirdDecline(b.ctx, "ts1", "a2", asked.ThirdEpoch, "busy"))
			b.ok(b.ThirdDecline(b.ctx, "ts1", "a2", asked.ThirdEpoch, "busy"))
		},
		"is taken back": func(b *bench, _ queue.Ticket) {
			_, err := b.ThirdLeave(b.ctx, "ts1", "a2")
			b.ok(err)
		},
		"leaves": func(b *bench, asked queue.Ticket) {
			_, err := b.ThirdAccept(b.ctx, "ts1", "a2", asked.ThirdEpoch)
			b.ok(err)
			_, err = b.ThirdLeave(b.ctx, "ts1", "a2")
			b.ok(err)
			_, err = b.ThirdLeave(b.ctx, "ts1", "a2")
			b.ok(err)
		},
		"call ends": func(b *bench, asked queue.Ticket) {
			_, err := b.HangUp(b.ctx, "ts1", asked.Epoch, "done")
			b.ok(err)
		},
		"call is given away": func(b *bench, asked queue.Ticket) {
			_, err := b.Transfer(b.ctx, "ts1", "a1", asked.Epoch, queue.To{Skills: []string{"none"}})
			b.ok(err)
			b.ok(b.Abandon(b.ctx, "ts1", "left"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(b *bench) {
				held := b.inCall("a2")
				asked, err := b.Invite(b.ctx, "ts1", "a1", held.Epoch, "a2", queue.PurposeThird)
				b.ok(err)
				leave(b, asked)
				if got := b.ticket("ts1"); got.Third != "" {
					b.Fatalf("%+v", got)
				}
				b.isAgent("a2", queue.AgentReady)
			})
		})
	}
}

// TestOwnerLeavesThird: a third person who is there goes on with the call when its
// agent does not come back.
func TestOwnerLeavesThird(t *testing.T) {
	onBoth(t, func(b *bench) {
		held := b.inCall("a2")
		asked, err := b.Invite(b.ctx, "ts1", "a1", held.Epoch, "a2", queue.PurposeThird)
		b.ok(err)
		_, err = b.ThirdAccept(b.ctx, "ts1", "a2", asked.ThirdEpoch)
		b.ok(err)
		b.ok(b.AgentDrop(b.ctx, "a1", "a1-1"))
		b.pass(90 * time.Second)
		if got := b.isState("ts1", queue.Active, "a2"); got.Epoch <= held.Epoch || got.AgentLost {
			b.Fatalf("%+v", got)
		}
		// Now the new owner's line breaks, and there is no other.
		b.ok(b.AgentDrop(b.ctx, "a2", "a2-1"))
		b.pass(90 * time.Second)
		b.isState("ts1", queue.Waiting, "")
	})
}
