package records

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// fileName of the embedded database inside Options.Dir.
const fileName = "remotewindow.db"

var sqliteDialect = dialect{
	reading:    sql.TxOptions{ReadOnly: true},
	passing:    func(error, bool) bool { return false }, // a writer waits for its turn, inside busy_timeout
	known:      knownToSQLite,
	goose:      goose.DialectSQLite3,
	migrations: "migrations/sqlite",
}

func (r *Records) openSQLite(ctx context.Context, dir string) error {
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
	// One connection, so that writers queue here and not inside SQLite.
	r.writer.SetMaxOpenConns(1)
	r.writer.SetMaxIdleConns(1)
	if r.readers, err = sql.Open("sqlite", dsn+"&_pragma=query_only(1)"); err != nil {
		return fmt.Errorf("records: open: %w", errors.Join(err, r.writer.Close()))
	}
	r.readers.SetMaxOpenConns(4)
	r.readers.SetMaxIdleConns(4)
	r.reserve = newReserve(dir, r.log)
	r.reserve.make()
	err = migrate(ctx, r.dialect, r.writer)
	if r.reserve.giveUp(err) { // filled up while nobody served
		err = migrate(ctx, r.dialect, r.writer)
	}
	if err != nil {
		return fmt.Errorf("records: the database in the data folder cannot be brought up to date, restore it or choose another folder: %w",
			errors.Join(err, r.Close()))
	}
	return nil
}

func knownToSQLite(err error) error {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() {
		case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
			return ErrExists
		case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
			return ErrNotFound
		}
	}
	return nil
}
