package records

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/remotewindow/remotewindow/queue"
)

func TestFirstPassRaisesTheStoreEpochOnce(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		h := newHall(t, fresh(t))
		for range 3 {
			h.once()
			e, err := h.r.StoreEpoch(t.Context())
			must(t, err)
			equal(t, e, 1)
			equal(t, h.snapshot().StoreEpoch, 1)
		}
		e, err := h.other.StoreEpoch(t.Context())
		must(t, err)
		equal(t, e, 0)
	})
}

// TestEndedAndGivenAway: Redis took the agent off a call that SQL had ended.
// Nobody rings for it, its station is free, and the row does not stay open.
func TestEndedAndGivenAway(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		for _, tt := range []struct {
			name string
			more func(h *hall, id string)
			want queue.State
		}{
			{"to the line", func(*hall, string) {}, queue.Waiting},
			{"to another desk, which rings", func(h *hall, _ string) { h.seat("agent2") }, queue.Offered},
			{"to another agent, who accepted", func(h *hall, id string) {
				h.seat("agent2")
				_, err := h.q.Accept(h.t.Context(), id, "agent2", h.inRedis(id).Epoch)
				must(h.t, err)
			}, queue.Connecting},
		} {
			t.Run(tt.name, func(t *testing.T) {
				h := newHall(t, fresh(t))
				h.seat("agent1")
				tk := h.wait(1)
				call := h.accept(tk.ID, false)
				_, err := h.q.AgentSet(t.Context(), queue.AgentSpec{ID: "agent1", Cap: 1}, queue.PresenceAway, "break")
				must(t, err)
				must(t, h.r.End(t.Context(), tk.ID, call.Epoch, "station_hang_up", noon+70_000))
				_, err = h.q.Requeue(t.Context(), tk.ID, call.Epoch, "agent_lost")
				must(t, err)
				tt.more(h, tk.ID)
				equal(t, h.inRedis(tk.ID).State, tt.want)
				h.once()
				equal(t, h.inRedis(tk.ID).ID, "")
				for _, a := range h.snapshot().Agents {
					equal(t, a.Ticket, "")
				}
				row := state(t, h.r, tk.ID)
				equal(t, row.State, StateClosed)
				equal(t, row.Ended, "station_hang_up")
				equal(t, row.Dispo, "disconnected")
				equal(t, row.NextStep, "follow")
				h.once()
				equal(t, len(h.snapshot().Tickets), 0)
			})
		}
		t.Run("dropped, and the row was not closed yet", func(t *testing.T) {
			h := newHall(t, fresh(t))
			h.seat("agent1")
			tk := h.wait(1)
			call := h.accept(tk.ID, false)
			must(t, h.r.End(t.Context(), tk.ID, call.Epoch, "station_hang_up", noon+70_000))
			_, err := h.q.Requeue(t.Context(), tk.ID, call.Epoch, "agent_lost")
			must(t, err)
			must(t, h.q.Drop(t.Context(), tk.ID))
			h.once()
			equal(t, state(t, h.r, tk.ID).State, StateClosed)
		})
	})
}

func TestClosedInSQLIsDropped(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		h := newHall(t, fresh(t))
		h.seat("agent1")
		gone, finished := h.wait(1), h.wait(2)
		must(t, h.r.Abandon(t.Context(), gone.ID, "abandoned", noon))
		h.once()
		equal(t, h.inRedis(gone.ID).ID, "")
		equal(t, h.inRedis(finished.ID).State, queue.Offered) // the agent is free for the next
		call := h.accept(finished.ID, false)
		must(t, h.r.End(t.Context(), finished.ID, call.Epoch, "hang_up", noon))
		must(t, h.r.Finish(t.Context(), Finish{Ticket: finished.ID, Agent: "agent1", Epoch: call.Epoch, Disposition: "accepted", NextStep: "close"}))
		h.flush() // a ticket finished just before stays finished
		equal(t, len(h.snapshot().Tickets), 0)
		equal(t, state(t, h.r, finished.ID).Dispo, "accepted")
	})
}

func TestMissedInSQLIsWrittenBack(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		t.Run("accept", func(t *testing.T) {
			h := newHall(t, fresh(t))
			h.seat("agent1")
			tk := h.wait(1)
			call := h.accept(tk.ID, true)
			h.once()
			equal(t, state(t, h.r, tk.ID).State, StateWaiting) // it may be under way
			h.later(settle)
			h.once()
			row := state(t, h.r, tk.ID)
			equal(t, row.State, StateActive)
			equal(t, row.Agent, "agent1")
			equal(t, row.Epoch, call.Epoch)
		})
		t.Run("accept and end", func(t *testing.T) {
			h := newHall(t, fresh(t))
			h.seat("agent1")
			tk := h.wait(1)
			call := h.accept(tk.ID, true)
			_, err := h.q.HangUp(t.Context(), tk.ID, call.Epoch, "hang_up")
			must(t, err)
			h.later(settle)
			h.once()
			row := state(t, h.r, tk.ID)
			equal(t, row.State, StateWrapUp)
			equal(t, row.Ended, "hang_up")
		})
		t.Run("abandon", func(t *testing.T) {
			h := newHall(t, fresh(t))
			tk := h.wait(1)
			must(t, h.q.Abandon(t.Context(), tk.ID, "lost"))
			h.once()
			row := state(t, h.r, tk.ID)
			equal(t, row.State, StateClosed)
			equal(t, row.Ended, "lost")
		})
		t.Run("unfinished", func(t *testing.T) {
			h := newHall(t, fresh(t))
			h.seat("agent1")
			tk := h.wait(1)
			call := h.accept(tk.ID, true)
			_, err := h.q.HangUp(t.Context(), tk.ID, call.Epoch, "lost")
			must(t, err)
			h.later(31 * time.Minute)
			h.once()
			row := state(t, h.r, tk.ID)
			equal(t, row.State, StateClosed)
			equal(t, row.Ended, "lost")
			equal(t, row.NextStep, "follow")
		})
	})
}

func TestHigherEpochInSQLWins(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		h := newHall(t, fresh(t))
		h.seat("agent1")
		tk := h.wait(1)
		offer := h.inRedis(tk.ID)
		// Redis lost its last second: SQL has the accept, Redis still the offer.
		must(t, h.r.Accept(t.Context(), tk.ID, "agent1", offer.Epoch+1, noon))
		h.once()
		got := h.inRedis(tk.ID)
		equal(t, got.State, queue.Connecting)
		equal(t, got.Agent, "agent1")
		equal(t, got.Epoch, offer.Epoch+1)
	})
}

// refusing is a queue that takes one ticket back with an error.
type refusing struct {
	Queue
	id  string
	err error
}

func (f refusing) Restore(ctx context.Context, t queue.Ticket) (queue.Ticket, error) {
	if t.ID == f.id {
		return queue.Ticket{}, f.err
	}
	return f.Queue.Restore(ctx, t)
}

// TestOneTicketStopsNoPass: what concerns one ticket leaves the others their pass;
// a store that is away ends it.
func TestOneTicketStopsNoPass(t *testing.T) {
	away := errors.New("connection refused")
	for _, refusal := range []error{
		ErrStale, ErrNotFound, ErrInvalid, queue.ErrStale, queue.ErrNotFound, queue.ErrState, queue.ErrInvalid,
		queue.ErrStationBusy, queue.ErrFenced, ErrUnavailable, away,
	} {
		t.Run(refusal.Error(), func(t *testing.T) {
			h := newHall(t, t.TempDir())
			first, second := h.wait(1), h.wait(2)
			h.c.o.Queue = refusing{h.q, first.ID, fmt.Errorf("restore: %w", refusal)}
			must(t, h.client.FlushAll(t.Context()).Err())
			h.freeze()
			err := h.c.Once(t.Context())
			wantState := queue.Waiting
			if errors.Is(refusal, away) || errors.Is(refusal, queue.ErrFenced) || errors.Is(refusal, ErrUnavailable) {
				wants(t, err, refusal)
				wantState = ""
			} else {
				must(t, err)
			}
			equal(t, h.inRedis(second.ID).State, wantState)
			equal(t, h.inRedis(first.ID).State, "")
			h.c.o.Queue = h.q
			h.once()
			equal(t, h.inRedis(first.ID).State, queue.Waiting)
			equal(t, h.inRedis(second.ID).State, queue.Waiting)
		})
	}
}

func TestRecordsFromABackupAreFencedOff(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		h := newHall(t, fresh(t))
		for range 5 {
			h.flush()
		}
		equal(t, h.snapshot().StoreEpoch, 6)
		h.r = open(t, fresh(t), "pj") // knows nothing of store epoch 6
		h.c = NewReconciler(ReconcilerOptions{
			Records: h.r, Queue: queue.New(queue.Options{Client: h.client, Centre: "pj"}), Logger: slog.New(slog.DiscardHandler),
		})
		h.once()
		e, err := h.r.StoreEpoch(t.Context())
		must(t, err)
		if e <= 6 {
			t.Fatalf("store epoch %d is not above that of Redis", e)
		}
		_, err = h.q.Tick(t.Context())
		wants(t, err, queue.ErrFenced) // the node of before may change nothing any more
	})
}

func TestTwoNodesRaiseOnce(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		h := newHall(t, fresh(t))
		tk := h.wait(1)
		second := NewReconciler(ReconcilerOptions{
			Records: h.r, Queue: queue.New(queue.Options{Client: h.client, Centre: "pj"}), Logger: slog.New(slog.DiscardHandler),
		})
		must(t, second.Once(t.Context()))
		h.flush()
		for range 2 {
			must(t, second.Once(t.Context()))
			h.once()
		}
		e, err := h.r.StoreEpoch(t.Context())
		must(t, err)
		equal(t, e, 2)
		equal(t, h.snapshot().StoreEpoch, 2)
		equal(t, h.inRedis(tk.ID).State, queue.Waiting)
	})
}

// until polls a condition that another goroutine brings about.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

// flaky is a queue whose snapshots fail while down.
type flaky struct {
	Queue
	down  atomic.Bool
	looks atomic.Int32
}

func (f *flaky) Snapshot(ctx context.Context) (queue.Snapshot, error) {
	f.looks.Add(1)
	if f.down.Load() {
		return queue.Snapshot{}, errors.New("connection refused")
	}
	return f.Queue.Snapshot(ctx)
}

func TestRunFollowsTheQueue(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		h := newHall(t, fresh(t))
		f := &flaky{Queue: h.q}
		f.down.Store(true)
		h.c.o.Queue = f
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- h.c.Run(ctx) }()
		defer func() {
			cancel()
			must(t, <-ended)
		}()
		until(t, "a pass while Redis is away", func() bool { return f.looks.Load() > 0 })
		f.down.Store(false)

		// A flush is noticed by the follower or by a pass, whichever comes first.
		lost := h.wait(1)
		must(t, h.client.FlushAll(ctx).Err())
		h.freeze()
		h.c.Kick()
		until(t, "the flushed ticket is back", func() bool { return h.inRedis(lost.ID).ID != "" })

		must(t, h.q.Abandon(ctx, lost.ID, "abandoned"))
		until(t, "the abandon in SQL", func() bool { return state(t, h.r, lost.ID).State == StateClosed })

		h.seat("agent1")
		tk := h.wait(2)
		call := h.accept(tk.ID, false)
		_, err := h.q.Connected(ctx, tk.ID, call.Epoch)
		must(t, err)
		until(t, "the connection in SQL", func() bool { return state(t, h.r, tk.ID).ConnectMS > 0 })
		_, err = h.q.Requeue(ctx, tk.ID, call.Epoch, "device")
		must(t, err)
		until(t, "the requeue in SQL", func() bool { return state(t, h.r, tk.ID).State == StateWaiting })
		call = h.accept(tk.ID, false)
		must(t, h.q.StationDrop(ctx, "s02", "conn"))
		h.later(91 * time.Second)
		until(t, "the lost call in SQL", func() bool {
			row := state(t, h.r, tk.ID)
			return row.State == StateWrapUp && row.Ended == "lost"
		})
		h.later(31 * time.Minute)
		until(t, "the unfinished wrap-up in SQL", func() bool { return state(t, h.r, tk.ID).State == StateClosed })
		equal(t, state(t, h.r, tk.ID).Epoch, call.Epoch)
	})
}
