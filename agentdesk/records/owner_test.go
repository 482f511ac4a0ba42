package records

import (
	"testing"

	"github.com/remotewindow/remotewindow/queue"
)

// TestAgentTookAnother: Redis has lost a call, and its agent has taken another
// before a pass came. The call waits again, under one epoch in both stores.
func TestAgentTookAnother(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		for _, tt := range []struct {
			name string
			more func(h *hall, row TicketRecord)
			want queue.State
		}{
			{"nobody else is there", func(*hall, TicketRecord) {}, queue.Waiting},
			{"SQL came back from a backup too, and counts its lives anew", func(h *hall, _ TicketRecord) {
				must(h.t, h.r.write(h.t.Context(), "backup", func(tx *txn) error {
					_, err := tx.exec(h.t.Context(), `DELETE FROM counters WHERE centre = ? AND name = ?`, "pj", storeEpoch)
					return err
				}))
			}, queue.Waiting},
			{"another desk rings at once", func(h *hall, _ TicketRecord) { h.seat("agent2") }, queue.Offered},
			{"SQL went away when Redis had been told", func(h *hall, row TicketRecord) {
				_, err := h.q.Restore(h.t.Context(), h.c.queueTicket(h.t.Context(), row))
				must(h.t, err)
				h.later(settle)
			}, queue.Waiting},
		} {
			t.Run(tt.name, func(t *testing.T) {
				h := newHall(t, fresh(t))
				h.seat("agent1")
				talking := h.wait(1)
				call := h.accept(talking.ID, false)
				must(t, h.client.FlushAll(t.Context()).Err())
				h.freeze()
				h.seat("agent1")
				h.accept(h.wait(2).ID, false)
				_, err := h.q.StationBack(t.Context(), "s01", "again")
				must(t, err)
				tt.more(h, state(t, h.r, talking.ID))
				h.once()
				got, row := h.inRedis(talking.ID), state(t, h.r, talking.ID)
				equal(t, got.State, tt.want)
				equal(t, row.State, StateWaiting)
				equal(t, row.Agent, "")
				equal(t, row.Epoch, got.Epoch)
				if got.Epoch <= call.Epoch {
					t.Fatalf("epoch %d after the call's %d", got.Epoch, call.Epoch)
				}
			})
		}
	})
}

// TestEpochIssuedTwice: SQL has committed an owner, Redis lost that in a failover
// and gave the same epoch to another story. What SQL has committed goes on, under
// an epoch that nobody else was given.
func TestEpochIssuedTwice(t *testing.T) {
	// lost commits an accept that Redis does not know.
	lost := func(h *hall, tk TicketRecord) int64 {
		offer := h.inRedis(tk.ID)
		must(h.t, h.r.Accept(h.t.Context(), tk.ID, offer.Agent, offer.Epoch+1, noon))
		return offer.Epoch + 1
	}
	declined := func(h *hall, tk TicketRecord) {
		offer := h.inRedis(tk.ID)
		_, err := h.q.AgentSet(h.t.Context(), queue.AgentSpec{ID: offer.Agent}, queue.PresenceAway, "break")
		must(h.t, err)
		must(h.t, h.q.Decline(h.t.Context(), tk.ID, offer.Agent, offer.Epoch, "busy"))
		equal(h.t, h.inRedis(tk.ID).State, queue.Waiting)
	}
	both(t, func(t *testing.T, fresh place) {
		for _, tt := range []struct {
			name string
			more func(h *hall, tk TicketRecord) int64 // returns the epoch of both
			want queue.State
		}{
			{"declined: the call goes on", func(h *hall, tk TicketRecord) int64 {
				n := lost(h, tk)
				declined(h, tk)
				return n
			}, queue.Connecting},
			{"the resident left the line: the call goes on", func(h *hall, tk TicketRecord) int64 {
				n := lost(h, tk)
				declined(h, tk)
				must(h.t, h.q.Abandon(h.t.Context(), tk.ID, "left"))
				return n
			}, queue.Connecting},
			{"another desk accepted: the call goes on", func(h *hall, tk TicketRecord) int64 {
				offer := h.inRedis(tk.ID)
				must(h.t, h.r.Accept(h.t.Context(), tk.ID, "agent2", offer.Epoch+1, noon))
				h.accept(tk.ID, true)
				return offer.Epoch + 1
			}, queue.Connecting},
			{"requeued, and another node adopted the call: it waits", func(h *hall, tk TicketRecord) int64 {
				call := h.accept(tk.ID, false)
				must(h.t, h.r.Requeue(h.t.Context(), tk.ID, call.Epoch+1))
				_, err := h.q.Adopt(h.t.Context(), tk.ID, "node2", call.Epoch)
				must(h.t, err)
				h.later(settle)
				return call.Epoch + 1
			}, queue.Offered},
		} {
			t.Run(tt.name, func(t *testing.T) {
				h := newHall(t, fresh(t))
				h.seat("agent1")
				tk := h.wait(1)
				n := tt.more(h, tk)
				before := state(t, h.r, tk.ID)
				equal(t, before.Epoch, n)
				h.once()
				got, row := h.inRedis(tk.ID), state(t, h.r, tk.ID)
				equal(t, got.State, tt.want)
				equal(t, row.State, before.State)
				equal(t, row.Agent, before.Agent)
				equal(t, row.Epoch, n+1)
				if row.State == StateActive {
					equal(t, got.Agent, row.Agent)
					equal(t, got.Epoch, row.Epoch)
				}
				h.once()
				equal(t, h.inRedis(tk.ID).Epoch, got.Epoch)
			})
		}
	})
}
