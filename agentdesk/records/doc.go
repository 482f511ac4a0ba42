// Package records remembers in SQL what must not be forgotten: people,
// stations, tickets, cases, pages (what they are, not their bytes or keys), verdicts,
// consents, opening hours, sessions and the audit chain.
//
// It owns the database: nobody else opens it. Redis (package queue) dispatches
// and may lose everything; a ticket exists from the moment Admit commits until
// a row says closed. Every write is one transaction, every change of a ticket's
// owner is a compare-and-set on its epoch, and centre leads every key, so that
// several centres share one database without seeing each other.
//
// The embedded store is SQLite; several nodes share one PostgreSQL. Queries are
// plain SQL with ? placeholders that both speak; where they differ stands in
// dialect. In both, the writers of a centre take turns, so an operation that reads
// and then writes needs no other lock. PostgreSQL keeps what was committed only
// with its default fsync, full_page_writes and synchronous_commit. The nodes of a
// centre need names of their own and the same audit key.
//
// Times are unix milliseconds UTC; local days are those of Options.Location.
package records
