// Package queue decides who serves whom: tickets of stations wait in line,
// agents are offered them, and every change is one Lua script in Redis.
//
// # Who owns what
//
// Redis owns the state: all keys of a centre share the hash tag rw:{centre}: and
// are written by the scripts in lua/ alone, one file an operation with common.lua
// and its five companions in front. The clock is Redis TIME, read once a script;
// times are unix ms. SQL (another package) owns what must survive Redis:
// admission, owner and close. After a loss the reconciler puts back with
// [Queue.Restore] what SQL holds open, removes with [Queue.Drop] what it has
// closed, and tells the hours again. The package keeps no goroutine of its own:
// [Queue.Run] and [Queue.Follow] run in the caller's.
//
// Scripts build their keys from one prefix in one slot, which Redis, Sentinel and
// Redis Cluster allow; proxies that want every key declared do not work.
//
// # The life of a ticket
//
//	scheduled → waiting → offered → connecting → active → wrapup → closed
//	    ↑        │   ↑         │           │          │
//	    └────────┘   └─────────┴───────────┴──────────┘  same place
//
// A call waits at once. A call-back or booking is scheduled until it is due, the
// centre open and its station there and free; when its station is lost while it
// waits it goes back there. Decline, ring-out, requeue and transfer make a ticket
// wait again. A pre-review waits in a line of its own, is taken by an agent
// (state review) without a seat, and closed.
//
// The match runs inside every operation that can make one possible, so there is
// no dispatcher that could die. Place is a score set once: arrival less priority
// times the aging boost; only [Queue.Reprioritise] sets another. A ticket is given
// to its own agent, else its back-up owner, else whoever is idle for longest among
// those whose skills cover what it needs by now, and [Queue.Why] tells which and
// who was passed over. It is held for an agent of its own only within the affinity
// window and only while that one can come to take it. Widening, the end of a hold,
// a due time and the opening each have a deadline that wakes the match.
//
// A match costs two commands when nobody waits or nobody is idle; else it reads
// the idle agents, and of the lines that one of them can serve the tickets in
// order, until the agents are used up. Tickets whose skills nobody idle has, or
// whose station is lost, are not read. An offer reads besides, to explain itself,
// at most 20 tickets and about 100 agents.
//
// Every change of owner raises the epoch, a fencing token (store epoch · 2^20 +
// n); an operation that carries another one is refused with [ErrStale], so a late
// accept or an old ring timer never wins. The third person of a call has one of
// its own.
//
// A ring-out counts against an agent (RONA) only when its desk had said that the
// offer was drawn and was still connected; otherwise the delivery failed and the
// next agent is asked.
//
// # Events
//
// Each change adds an event with a version without gaps to a stream in the same
// script. [Queue.Follow] reads it; a gap means a fresh [Queue.Snapshot]. Kinds,
// with what detail holds in brackets:
//
//   - to the line: enqueued (scheduled, or empty), due, shelved (why), revised,
//     reprioritised (by, old and new priority), widened (step), restored (state)
//   - offers: assigned (by: reason), offered (rule), shown, accepted, declined
//     (reason), rona, undelivered, withdrawn (why)
//   - calls: connected, held, resumed, requeued (reason), transferred (reason),
//     handed_over (the agent before; agent is the new one), adopted (node), ended
//     (reason), extended, wrapup_over
//   - third person: invited (purpose), third_shown, third_joined (purpose),
//     third_declined (reason), third_rona, third_undelivered, third_withdrawn,
//     third_left (both: why)
//   - reviews: review_taken, review_returned (reason)
//   - ends: finished, unfinished, abandoned (reason), dropped
//   - parties: station_lost, station_back, agent_lost, agent_back, agent (its
//     state), station (online, offline, faults, help), node_lost (node)
//   - the centre: hours, and resync, which is not in the stream
package queue
