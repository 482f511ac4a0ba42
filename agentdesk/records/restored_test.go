package records

import (
	"slices"
	"testing"
	"time"

	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/queue/queuetest"
)

// TestRestoredAsItWas: what SQL knows of a ticket is what Redis gets back.
func TestRestoredAsItWas(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		h := newHall(t, fresh(t))
		ordinary := h.wait(1)
		urgent, err := h.r.Admit(t.Context(), Admission{Key: "k2", Station: "s02", ConsentText: "2026-1", Lang: "zh",
			Affinity: "agent7", Priority: 3, AtMS: h.start + 5000})
		must(t, err)
		must(t, h.r.Revise(t.Context(), urgent.ID, "family", "medical", "pension"))
		h.flush()
		s := h.snapshot()
		equal(t, len(s.Tickets), 2)
		equal(t, s.Tickets[0].ID, urgent.ID) // its priority stands before its later arrival
		equal(t, s.Tickets[1].ID, ordinary.ID)
		got := s.Tickets[0]
		equal(t, got.Priority, 3)
		equal(t, got.Affinity, "agent7")
		equal(t, got.Number, urgent.Number)
		equal(t, got.Station, "s02")
		equal(t, got.Who, "family")
		equal(t, got.Theme, "medical")
		equal(t, got.Matter, "pension")
		equal(t, got.ArrivedMS, urgent.ArrivedMS)
	})
}

func TestRedisWipedLosesNobody(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		for name, wipe := range map[string]func(*hall){
			"flushed":   (*hall).flush,
			"restarted": func(h *hall) { h.redis(queuetest.Miniredis(h.t)) },
			"real server": func(h *hall) {
				h.redis(queuetest.Redis(h.t))
			},
		} {
			t.Run(name, func(t *testing.T) {
				h := newHall(t, fresh(t))
				press(t, h.other, "s01", "k1", noon) // another centre's, not ours to restore
				h.seat("agent1")
				talking := h.wait(1)
				call := h.accept(talking.ID, false)
				must(t, h.r.Connected(t.Context(), talking.ID, call.Epoch, call.AcceptedMS))
				h.seat("agent2")
				first := h.wait(2)
				must(t, h.r.Revise(t.Context(), first.ID, "self", "medical", "serious_illness"))
				offer := h.inRedis(first.ID)
				equal(t, offer.State, queue.Offered)
				second := h.wait(3)
				wipe(h)

				s := h.snapshot()
				equal(t, len(s.Tickets), 3)
				var waiting []string
				for _, got := range s.Tickets[:2] {
					equal(t, got.State, queue.Waiting)
					waiting = append(waiting, got.ID)
				}
				if want := []string{first.ID, second.ID}; !slices.Equal(waiting, want) {
					t.Fatalf("line is %v, want %v", waiting, want)
				}
				equal(t, s.Tickets[0].ArrivedMS, first.ArrivedMS)
				equal(t, s.Tickets[0].Number, first.Number)
				equal(t, s.Tickets[0].Matter, "serious_illness")
				if want := []string{"skill of serious_illness"}; !slices.Equal(s.Tickets[0].Skills, want) {
					t.Fatalf("skills %q, want %q", s.Tickets[0].Skills, want)
				}
				held := h.inRedis(talking.ID)
				equal(t, held.State, queue.Active)
				equal(t, held.Epoch, call.Epoch)
				equal(t, held.Agent, "agent1")
				equal(t, held.StationLost && held.AgentLost, true)

				if s.StoreEpoch != 2 || s.Tickets[0].Epoch < 2<<20 {
					t.Fatalf("store epoch %d, ticket's %d", s.StoreEpoch, s.Tickets[0].Epoch)
				}
				_, err := h.q.Accept(t.Context(), first.ID, "agent2", offer.Epoch)
				wants(t, err, queue.ErrStale) // an offer of before cannot win
				h.once()
				equal(t, h.snapshot().StoreEpoch, 2)
			})
		}
	})
}

func TestActiveIsHeldThenRequeuedFirst(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		h := newHall(t, fresh(t))
		h.seat("agent1")
		talking := h.wait(1)
		call := h.accept(talking.ID, false)
		second := h.wait(2)
		h.flush()
		_, err := h.q.StationBack(t.Context(), "s01", "again")
		must(t, err)
		_, err = h.q.StationBack(t.Context(), "s02", "again")
		must(t, err)
		h.later(89 * time.Second)
		equal(t, h.inRedis(talking.ID).State, queue.Connecting)
		h.later(2 * time.Second) // agent1 did not come back within the grace
		h.later(settle)
		h.once()
		s := h.snapshot()
		equal(t, s.Tickets[0].ID, talking.ID)
		equal(t, s.Tickets[0].State, queue.Waiting)
		equal(t, s.Tickets[1].ID, second.ID)
		row := state(t, h.r, talking.ID)
		equal(t, row.State, StateWaiting)
		equal(t, row.Agent, "")
		if row.Epoch <= call.Epoch {
			t.Fatalf("epoch %d after the call's %d", row.Epoch, call.Epoch)
		}
		wants(t, h.r.End(t.Context(), talking.ID, call.Epoch, "hang_up", noon), ErrStale)
	})
}

func TestActiveComesBackToTheSameCall(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		h := newHall(t, fresh(t))
		h.seat("agent1")
		talking := h.wait(1)
		call := h.accept(talking.ID, false)
		h.flush()
		h.seat("agent1")
		_, err := h.q.StationBack(t.Context(), "s01", "again")
		must(t, err)
		_, err = h.q.Connected(t.Context(), talking.ID, call.Epoch) // the epoch of before still owns it
		must(t, err)
		h.later(5 * time.Minute)
		h.once()
		equal(t, h.inRedis(talking.ID).State, queue.Active)
		row := state(t, h.r, talking.ID)
		equal(t, row.State, StateActive)
		equal(t, row.ConnectMS > 0, true)
	})
}

func TestWrapUpComesBack(t *testing.T) {
	both(t, func(t *testing.T, fresh place) {
		h := newHall(t, fresh(t))
		h.seat("agent1")
		tk := h.wait(1)
		call := h.accept(tk.ID, false)
		must(t, h.r.End(t.Context(), tk.ID, call.Epoch, "hang_up", noon+70_000))
		h.once() // Redis had not heard of the end
		got := h.inRedis(tk.ID)
		equal(t, got.State, queue.WrapUp)
		equal(t, got.Reason, "hang_up")
		h.flush()
		got = h.inRedis(tk.ID)
		equal(t, got.State, queue.WrapUp)
		equal(t, got.Agent, "agent1")
		must(t, h.q.Finish(t.Context(), tk.ID, "agent1", got.Epoch))
	})
}
