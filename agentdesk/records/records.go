package records

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

//go:embed migrations/*/*.sql
var migrations embed.FS

// Options of Open.
type Options struct {
	// URL of a PostgreSQL database, postgres://user:password@host:5432/name; a unix
	// socket's folder goes in ?host=. Empty is SQLite in Dir.
	URL string
	// Dir is the data folder of the embedded database; it is made when missing. Not
	// needed with a URL.
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
	dialect      *dialect
	writer       *sql.DB
	readers      *sql.DB
	reserve      *reserve // of SQLite's disk; nil elsewhere
}

// Open opens or makes the database and brings its schema up to date. The error
// is a sentence that says what to do.
func Open(ctx context.Context, o Options) (*Records, error) {
	if o.Centre == "" {
		return nil, errors.New("records: the centre has no name")
	}
	if o.URL != "" && !isPostgres(o.URL) {
		scheme, _, _ := strings.Cut(o.URL, ":")
		return nil, fmt.Errorf("records: a %s database is %w: give a postgres:// URL, or leave --database empty to use SQLite in the data folder",
			scheme, ErrUnsupported)
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
		log: o.Logger, faults: faults, dialect: &sqliteDialect,
	}
	if o.URL != "" {
		r.dialect = &postgresDialect
		err = r.openPostgres(ctx, o.URL)
	} else {
		err = r.openSQLite(ctx, o.Dir)
	}
	if err != nil {
		return nil, err
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

// Close ends all use of the database. Later calls answer ErrUnavailable.
func (r *Records) Close() error {
	if r.reserve != nil {
		r.reserve.close()
	}
	return errors.Join(r.readers.Close(), r.writer.Close())
}

// Ping answers nil while the database can be read and written.
func (r *Records) Ping(ctx context.Context) error {
	return r.write(ctx, "ping", func(tx *txn) error {
		// No such row: but a database that only reads refuses the attempt.
		_, err := tx.exec(ctx, `DELETE FROM settings WHERE centre = ? AND name = ''`, r.centre)
		return err
	})
}
