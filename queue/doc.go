// Package queue decides who serves whom: tickets of stations wait in line,
// agents are offered them, and every change is one Lua script in Redis.
//
// # Who owns what
//
// Redis owns the state: all keys of a centre share the hash tag rw:{centre}: and
// are written by the scripts in lua/ alone, one file an operation with
// common.lua in front. The clock is Redis TIME, read once a script; times are
// unix ms. SQL (another package) owns what must survive Redis: admission, owner
// and close. After a loss the reconciler puts back with [Queue.Restore] what SQL
// holds open and removes with [Queue.Drop] what it has closed. The package keeps
// no goroutine of its own: [Queue.Run] and [Queue.Follow] run in the caller's.
//
// Scripts build their keys from one prefix in one slot, which Redis, Sentinel and
// Redis Cluster allow; proxies that want every key declared do not work.
//
// # The life of a ticket
//
//	waiting → offered → connecting → active → wrapup → closed
//	   ↑         │           │          │
//	   └─────────┴───────────┴──────────┘  decline, ring-out, requeue: same place
//
// The match runs inside every operation that can make one possible, so there is
// no dispatcher that could die. Place is a score set once: arrival less priority
// times the aging boost. Every change of owner raises the epoch, a fencing token
// (store epoch · 2^20 + n); an operation that carries another one is refused with
// [ErrStale], so a late accept or an old ring timer never wins.
//
// A ring-out counts against an agent (RONA) only when its desk had said that the
// offer was drawn and was still connected; otherwise the delivery failed and the
// next agent is asked.
//
// # Events
//
// Each change adds an event with a version without gaps to a stream in the same
// script. [Queue.Follow] reads it; a gap means a fresh [Queue.Snapshot]. Kinds:
// enqueued, revised, offered, shown, accepted, connected, declined, rona,
// undelivered, withdrawn, requeued, ended, extended, wrapup_over, finished,
// unfinished, abandoned, dropped, restored, station_lost, station_back,
// agent_lost, agent_back, agent (detail: its state), station (detail: online,
// offline, faults, help) and resync.
package queue
