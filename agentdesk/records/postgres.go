package records

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// Bounds of PostgreSQL. A value of the same name in the URL takes the place of
// each that is a setting of the session.
const (
	// writers per node: one that writes and one that already waits for the lock.
	writers = 2
	readers = 8
	// patience bounds an operation with its wait for a connection and for the lock.
	patience = 30 * time.Second
	// connectWithin bounds the way to the server and back.
	connectWithin = 5 * time.Second
	// statementWithin bounds a statement and the wait for a lock on the server,
	// which does not learn that a caller gave up.
	statementWithin = 20 * time.Second
	// idleWithin frees the lock of a node that fell silent in a transaction.
	idleWithin = 10 * time.Second
	// lockSpace marks the advisory locks of this package: "rw".
	lockSpace = 0x7277
	// migrationLock and migrateWithin let nodes that start at once take turns.
	migrationLock = 0x7277_0001
	migrateWithin = 10 * time.Minute
)

// Writers of a centre take turns, as those of SQLite do, by an advisory lock that
// ends with the transaction. Under READ COMMITTED each statement behind the lock
// sees all that was committed before it was granted, so what an operation reads
// is what it changes: ticket numbers, the one open ticket of a station and the
// audit chain need no other care, whoever else writes.
var postgresDialect = dialect{
	numbered:   true,
	patience:   patience,
	reading:    sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead},
	lock:       fmt.Sprintf(`SELECT pg_advisory_xact_lock(%d, $1)`, lockSpace),
	passing:    passingInPostgres,
	known:      knownToPostgres,
	goose:      goose.DialectPostgres,
	migrations: "migrations/postgres",
}

// lockKey of a centre. Two centres on one key only wait for each other.
func lockKey(centre string) int32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(centre)) // a hash never fails
	return int32(h.Sum32())
}

func isPostgres(url string) bool {
	return strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://")
}

func (r *Records) openPostgres(ctx context.Context, url string) error {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		// The library's own words may repeat the password.
		return errors.New("records: the database's URL cannot be read: write postgres://user:password@host:5432/name")
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectWithin
	}
	own := func(name, value string) {
		if _, given := config.RuntimeParams[name]; !given {
			config.RuntimeParams[name] = value
		}
	}
	own("application_name", "remotewindow")
	// A migration may take long, and the others wait for it.
	first := stdlib.OpenDB(*config.Copy())
	if err := prepare(ctx, r.dialect, first); err != nil {
		return errors.Join(err, first.Close())
	}
	if err := first.Close(); err != nil {
		return fmt.Errorf("records: close: %w", err)
	}
	own("statement_timeout", milliseconds(statementWithin))
	own("lock_timeout", milliseconds(statementWithin))
	own("idle_in_transaction_session_timeout", milliseconds(idleWithin))
	r.writer, r.readers = stdlib.OpenDB(*config), stdlib.OpenDB(*config)
	for db, n := range map[*sql.DB]int{r.writer: writers, r.readers: readers} {
		db.SetMaxOpenConns(n)
		db.SetMaxIdleConns(n)
		db.SetConnMaxIdleTime(5 * time.Minute)
		db.SetConnMaxLifetime(30 * time.Minute) // a name that points elsewhere is met by then
	}
	return nil
}

func milliseconds(d time.Duration) string { return fmt.Sprint(d.Milliseconds()) }

// prepare brings the schema up to date while no other node does.
func prepare(ctx context.Context, d *dialect, db *sql.DB) error {
	if err := db.PingContext(ctx); err != nil {
		return fmt.Errorf("records: the database does not answer, look at --database and at the server: %w", withoutSecrets(err))
	}
	locker, err := lock.NewPostgresSessionLocker(
		lock.WithLockID(migrationLock), lock.WithLockTimeout(1, uint64(migrateWithin/time.Second)))
	if err != nil {
		return fmt.Errorf("records: migrations: %w", err)
	}
	if err := migrate(ctx, d, db, goose.WithSessionLocker(locker)); err != nil {
		return fmt.Errorf("records: the database cannot be brought up to date, its user needs the right to create tables: %w", withoutSecrets(err))
	}
	return nil
}

// withoutSecrets keeps of a failed connection what it was about: the library's
// text names the user and the database.
func withoutSecrets(err error) error {
	if e, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return fmt.Errorf("connect to %s:%d: %w", e.Config.Host, e.Config.Port, errors.Unwrap(e))
	}
	return err
}

// SQLSTATE codes, PostgreSQL 15 appendix A.
const (
	uniqueViolation      = "23505"
	foreignKeyViolation  = "23503"
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	planOutOfDate        = "0A000" // cached plan must not change result type: a migration ran meanwhile
	shuttingDown         = "57P"   // class
	connectionLost       = "08"    // class
)

// knownToPostgres: what is not told here is the database's fault, such as a server
// that shuts down (57P01–57P03), a lost connection (class 08), a full disk (53100)
// or a standby that only reads (25006).
func knownToPostgres(err error) error {
	switch sqlState(err) {
	case uniqueViolation:
		return ErrExists
	case foreignKeyViolation:
		return ErrNotFound
	}
	return nil
}

func sqlState(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

// passingInPostgres: another transaction got in the way, or the connection lay
// idle while the server was restarted. A deadlock needs another program: the
// advisory lock keeps this one's writers apart, but orders no foreign locks.
func passingInPostgres(err error, begun bool) bool {
	state := sqlState(err)
	switch state {
	case serializationFailure, deadlockDetected, planOutOfDate:
		return true
	}
	if _, away := errors.AsType[*pgconn.ConnectError](err); away || begun {
		return false
	}
	return state == "" || strings.HasPrefix(state, shuttingDown) || strings.HasPrefix(state, connectionLost)
}
