// Package signaling holds the sockets of stations, desks and boards, and owns
// the calls between them. Redis (package queue) dispatches, SQL (Store)
// remembers, the SFU (package sfu) carries media; this package joins the three
// and tells every page its whole state.
//
// # One call
//
//	station's page      signaling                     queue            records      sfu              desk's page
//	 ticket.take ─────► press ───────────────────────────────────────► Admit
//	                    owner begins ───────────────► Enqueue
//	 station.state ◄─── waiting, grant
//	 media.offer ─────► owner ──────────────────────────────────────────────────► Join (gate shut)
//	                    refreshView ◄── event, Snapshot: offered
//	 ringing ◄───────── owner: Seen ─────────────────────────────────────────────────────────────► desk.state: offer, grant
//	                    owner ────────────────────────────────────────────────► Join ◄─────────── media.offer
//	                    owner ◄─────────────────────────────────────────────────────────────────── offer.accept
//	                      ──────────────────────────► Accept ────────► Accept
//	 call ◄──────────── owner: Accepted ────────────────────────────────────────► Open ──────────► call
//	                    owner: both up, first packet ◄────────────────────────── HandleMedia
//	                      ──────────────────────────► Connected ─────► Connected
//	 capture ◄───────── owner ◄──────────────────────────────────────────────────────────────────── capture.ask
//	 page ══════════════════════════════════════════════════════════════════════► data channel ═══► shown
//	                    owner: PageStored ◄────────────────────────────────────── HandleMedia
//	 summary ◄───────── owner ◄──────────────────────────────────────────────────────────────────── call.hang_up
//	                      ──────────────────────────► HangUp ────────► End        Shut, CloseRoom
//	 summary ◄───────── owner ◄──────────────────────────────────────────────────────────────────── call.finish
//	                      ──────────────────────────► Finish ◄─────── Finish                        next offer
//
// Nothing is told before it is committed: a press and a finish are in SQL
// before they are answered, an accept is in the queue (which decides who wins)
// and in SQL before the gate opens. What only follows from something that has
// happened already (a hang-up, a connected call) is done at once and written
// as soon as the stores take it: each call keeps two lanes of changes not yet
// taken, one for SQL and one for Redis, and tries them again every second.
//
// # Who owns which goroutine
//
//   - Run runs four or five: followQueue turns events of the queue into fresh
//     snapshots; refreshView stores them as the view and hands each call its
//     ticket; pushStates is the only one that composes and sends states; foresee
//     says how long those who wait will wait;
//     validate, where Options.Valid is set, ends sockets of ended sessions.
//   - Each call has one (owner.run). It alone touches the call, its grants and
//     its lanes; others write letters to its bounded inbox and read what it
//     shows. The life of the call itself is package call, which is pure.
//   - Each socket has two: the reader (session.serve, the handler's goroutine)
//     carries one command after the other, the writer (session.write) empties
//     the bounded send queue and pings.
//   - Server.mu guards plain tables for a few lines and is never held across
//     I/O or a send.
//
// # What survives what
//
// A socket that drops begins a grace in the queue; the page that comes back is
// given its seat, its ticket and a new media grant. A queue that was emptied
// gets its tickets back from the calls that own them (a running call before
// its agent, who would seem free otherwise). After a restart tickets are
// adopted from the queue's snapshot, from the station that returns, or from
// the agent who finishes; pages, verdicts and course come from Store.Call.
package signaling
