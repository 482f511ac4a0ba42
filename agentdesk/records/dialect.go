package records

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pressly/goose/v3"
)

// dialect is where databases differ. Everything else in this package is SQL that
// both speak, with ? placeholders.
type dialect struct {
	numbered bool // placeholders are $1, $2 …
	// patience bounds an operation whose context has no earlier deadline: a server
	// that is away must not hold its caller. 0 is for ever.
	patience time.Duration
	reading  sql.TxOptions // of a transaction that sees one state and writes nothing
	// lock makes a write transaction the only one of its centre until it ends; ""
	// where beginning it does that already. Its argument is lockKey of the centre.
	lock string
	// passing tells whether a transaction that failed may be done again at once: for
	// sure nothing of it was written, and the reason is gone. begun is false when it
	// failed before its first query.
	passing func(err error, begun bool) bool
	// known returns the error of errors.go that the database's own one stands for,
	// or nil when the database itself is at fault.
	known func(error) error

	goose      goose.Dialect
	migrations string // folder
}

// attempts is how often a transaction is tried: often enough to use up every
// connection of the pool that the server closed while it lay idle.
const attempts = 1 + readers

// bind rewrites ? to $1, $2 … where the database wants it. No query here holds a
// question mark in a literal.
func (d *dialect) bind(query string) string {
	if !d.numbered {
		return query
	}
	var b strings.Builder
	n := 0
	for part := range strings.SplitSeq(query, "?") {
		if n > 0 {
			fmt.Fprintf(&b, "$%d", n)
		}
		b.WriteString(part)
		n++
	}
	return b.String()
}

// storable refuses text that one database would keep and the other not.
func storable(args []any) error {
	for _, arg := range args {
		if s, ok := arg.(string); ok && (!utf8.ValidString(s) || strings.ContainsRune(s, 0)) {
			return fmt.Errorf("%w: text is UTF-8 without NUL", ErrInvalid)
		}
	}
	return nil
}

// txn is a transaction whose queries go through the dialect.
type txn struct {
	*sql.Tx
	dialect *dialect
}

func (t *txn) exec(ctx context.Context, query string, args ...any) (int64, error) {
	if err := storable(args); err != nil {
		return 0, err
	}
	res, err := t.ExecContext(ctx, t.dialect.bind(query), args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// line is one row or the reason why there is none.
type line struct {
	*sql.Row
	refused error
}

func (l line) Scan(to ...any) error {
	if l.refused != nil {
		return l.refused
	}
	return l.Row.Scan(to...)
}

func (t *txn) row(ctx context.Context, query string, args ...any) line {
	if err := storable(args); err != nil {
		return line{refused: err}
	}
	return line{Row: t.QueryRowContext(ctx, t.dialect.bind(query), args...)}
}

// each runs scan once per row of the query.
func (t *txn) each(ctx context.Context, scan func(*sql.Rows) error, query string, args ...any) error {
	if err := storable(args); err != nil {
		return err
	}
	rows, err := t.QueryContext(ctx, t.dialect.bind(query), args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // Err below tells what Close would
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// write runs fn in one transaction, the only writing one of the centre from its
// first statement to its end: what fn reads is what it changes. fn may run again
// from its beginning, so it sets what it answers and never adds to it.
func (r *Records) write(ctx context.Context, doing string, fn func(*txn) error) error {
	return r.failure(doing, r.within(ctx, r.writer, nil, fn))
}

// read runs fn on one consistent view of the database. fn may run again, as in write.
func (r *Records) read(ctx context.Context, doing string, fn func(*txn) error) error {
	return r.failure(doing, r.within(ctx, r.readers, &r.dialect.reading, fn))
}

// walk is read for what takes as long as it takes.
func (r *Records) walk(ctx context.Context, doing string, fn func(*txn) error) error {
	return r.failure(doing, r.tried(ctx, r.readers, &r.dialect.reading, fn))
}

func (r *Records) within(ctx context.Context, db *sql.DB, o *sql.TxOptions, fn func(*txn) error) error {
	if r.dialect.patience > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, r.dialect.patience)
		defer cancel()
	}
	return r.tried(ctx, db, o, fn)
}

func (r *Records) tried(ctx context.Context, db *sql.DB, o *sql.TxOptions, fn func(*txn) error) error {
	var err error
	for range attempts {
		var begun bool
		if begun, err = r.once(ctx, db, o, fn); err == nil || ctx.Err() != nil {
			break
		}
		if r.reserve != nil && r.reserve.giveUp(err) {
			continue
		}
		if !r.dialect.passing(err, begun) {
			break
		}
	}
	if err == nil && r.reserve != nil && o == nil {
		r.reserve.wrote()
	}
	return err
}

func (r *Records) once(ctx context.Context, db *sql.DB, o *sql.TxOptions, fn func(*txn) error) (begun bool, err error) {
	tx, err := db.BeginTx(ctx, o)
	if err != nil {
		return false, err
	}
	if r.dialect.lock != "" && o == nil {
		if _, err := tx.ExecContext(ctx, r.dialect.lock, lockKey(r.centre)); err != nil {
			return false, errors.Join(err, ignoreDone(tx.Rollback()))
		}
	}
	if err := fn(&txn{Tx: tx, dialect: r.dialect}); err != nil {
		return true, errors.Join(err, ignoreDone(tx.Rollback()))
	}
	return true, tx.Commit()
}

// ignoreDone drops the error of a transaction that its context already ended.
func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// migrate brings the schema up to date through db. Nodes that start at once take
// turns where more may than hold options says how.
func migrate(ctx context.Context, d *dialect, db *sql.DB, o ...goose.ProviderOption) error {
	files, err := fs.Sub(migrations, d.migrations)
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	p, err := goose.NewProvider(d.goose, db, files, o...)
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	_, err = p.Up(ctx)
	return err
}
