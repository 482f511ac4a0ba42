package records

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/prometheus/client_golang/prometheus"
	_ "modernc.org/sqlite" // driver "sqlite"
)

//go:embed migrations/sqlite/*.sql
var sqliteMigrations embed.FS

// fileName of the embedded database inside Options.Dir.
const fileName = "remotewindow.db"

// Options of Open.
type Options struct {
	// URL of the database. Empty is SQLite in Dir; postgres:// answers ErrUnsupported.
	URL string
	// Dir is the data folder of the embedded database; it is made when missing.
	Dir string
	// Centre leads every key, for example "pj".
	Centre string
	// Node names this node's audit chain; "node1" when empty.
	Node string
	// AuditKey turns the audit chain's SHA-256 into HMAC-SHA256. It must stay the
	// same for as long as the chain is to be verified.
	AuditKey []byte
	// Location is the centre's zone: ticket numbers and counts are per local day. UTC when nil.
	Location *time.Location
	// Logger gets failures of the database; slog.Default when nil.
	Logger *slog.Logger
	// Registerer gets remotewindow_store_errors_total{store="sql"}; may be nil.
	Registerer prometheus.Registerer
}

// Records is the database of one centre. It is safe for concurrent use.
type Records struct {
	centre, node string
	auditKey     []byte
	zone         *time.Location
	log          *slog.Logger
	faults       prometheus.Counter
	dialect      dialect
	writer       *sql.DB // one connection, so that writers queue here and not inside SQLite
	readers      *sql.DB
}

// Open opens or makes the database and brings its schema up to date. The error
// is a sentence that says what to do.
func Open(ctx context.Context, o Options) (*Records, error) {
	if o.Centre == "" {
		return nil, errors.New("records: the centre has no name")
	}
	if o.URL != "" {
		scheme, _, _ := strings.Cut(o.URL, ":")
		return nil, fmt.Errorf("records: a %s database is %w: leave --database empty to use SQLite in the data folder", scheme, ErrUnsupported)
	}
	if o.Node == "" {
		o.Node = "node1"
	}
	if o.Location == nil {
		o.Location = time.UTC
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	faults, err := faultCounter(o.Registerer, o.Centre)
	if err != nil {
		return nil, err
	}
	r := &Records{
		centre: o.Centre, node: o.Node, auditKey: o.AuditKey, zone: o.Location,
		log: o.Logger, faults: faults, dialect: sqliteDialect,
	}
	if err := r.openSQLite(o.Dir); err != nil {
		return nil, err
	}
	if err := r.migrate(ctx); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

func faultCounter(reg prometheus.Registerer, centre string) (prometheus.Counter, error) {
	c := prometheus.NewCounter(prometheus.CounterOpts{
		Name:        "remotewindow_store_errors_total",
		Help:        "Operations that the store did not answer.",
		ConstLabels: prometheus.Labels{"centre": centre, "store": "sql"},
	})
	if reg == nil {
		return c, nil
	}
	if err := reg.Register(c); err != nil {
		if old, ok := errors.AsType[prometheus.AlreadyRegisteredError](err); ok {
			if c, ok := old.ExistingCollector.(prometheus.Counter); ok {
				return c, nil
			}
		}
		return nil, fmt.Errorf("records: register metric: %w", err)
	}
	return c, nil
}

func (r *Records) openSQLite(dir string) error {
	if dir == "" {
		return errors.New("records: no data folder given: use --data")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("records: make the data folder writable or choose another with --data: %w", err)
	}
	path, err := filepath.Abs(filepath.Join(dir, fileName))
	if err != nil {
		return fmt.Errorf("records: data folder: %w", err)
	}
	// Made by us first: SQLite would leave it readable to everyone.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("records: make the data folder writable or choose another with --data: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("records: %s: %w", fileName, err)
	}
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() +
		"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)"
	if r.writer, err = sql.Open("sqlite", dsn+"&_txlock=immediate"); err != nil {
		return fmt.Errorf("records: open: %w", err)
	}
	r.writer.SetMaxOpenConns(1)
	r.writer.SetMaxIdleConns(1)
	if r.readers, err = sql.Open("sqlite", dsn+"&_pragma=query_only(1)"); err != nil {
		return fmt.Errorf("records: open: %w", errors.Join(err, r.writer.Close()))
	}
	r.readers.SetMaxOpenConns(4)
	r.readers.SetMaxIdleConns(4)
	return nil
}

func (r *Records) migrate(ctx context.Context) error {
	files, err := fs.Sub(sqliteMigrations, "migrations/sqlite")
	if err != nil {
		return fmt.Errorf("records: migrations: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, r.writer, files)
	if err != nil {
		return fmt.Errorf("records: migrations: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("records: the database in the data folder cannot be brought up to date, restore it or choose another folder: %w", err)
	}
	return nil
}

// Close ends all use of the database. Later calls answer ErrUnavailable.
func (r *Records) Close() error {
	return errors.Join(r.readers.Close(), r.writer.Close())
}

// Ping answers nil while the database can be read and written.
func (r *Records) Ping(ctx context.Context) error {
	return r.write(ctx, "ping", func(tx *txn) error {
		var n int
		return tx.row(ctx, "SELECT 1").Scan(&n)
	})
}

// dialect is where databases differ in how a query is written.
type dialect struct{ numbered bool }

var sqliteDialect = dialect{}

// bind rewrites ? to $1, $2 … where the database wants it. No query here holds a
// question mark in a literal.
func (d dialect) bind(query string) string {
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

// txn is a transaction whose queries go through the dialect.
type txn struct {
	*sql.Tx
	dialect dialect
}

func (t *txn) exec(ctx context.Context, query string, args ...any) (int64, error) {
	res, err := t.ExecContext(ctx, t.dialect.bind(query), args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (t *txn) row(ctx context.Context, query string, args ...any) *sql.Row {
	return t.QueryRowContext(ctx, t.dialect.bind(query), args...)
}

// each runs scan once per row of the query.
func (t *txn) each(ctx context.Context, scan func(*sql.Rows) error, query string, args ...any) error {
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

// write runs fn in one transaction that holds the write lock from its first statement.
func (r *Records) write(ctx context.Context, doing string, fn func(*txn) error) error {
	return r.failure(doing, within(ctx, r.writer, r.dialect, nil, fn))
}

// read runs fn on one consistent view of the database.
func (r *Records) read(ctx context.Context, doing string, fn func(*txn) error) error {
	return r.failure(doing, within(ctx, r.readers, r.dialect, &sql.TxOptions{ReadOnly: true}, fn))
}

func within(ctx context.Context, db *sql.DB, d dialect, o *sql.TxOptions, fn func(*txn) error) error {
	tx, err := db.BeginTx(ctx, o)
	if err != nil {
		return err
	}
	if err := fn(&txn{Tx: tx, dialect: d}); err != nil {
		return errors.Join(err, ignoreDone(tx.Rollback()))
	}
	return tx.Commit()
}

// ignoreDone drops the error of a transaction that its context already ended.
func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}
