package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // driver "pgx"
)

// atLeast compares the first two numbers of a version.
func atLeast(version string, major, minor int) bool {
	var a, b int
	if _, err := fmt.Sscanf(version, "%d.%d", &a, &b); err != nil {
		return false
	}
	return a > major || a == major && b >= minor
}

func checkDatabase(ctx context.Context, cfg Config) []finding {
	if cfg.Database == "" {
		return []finding{checkSQLite(ctx, cfg)}
	}
	db, err := sql.Open("pgx", cfg.Database)
	if err != nil {
		return []finding{{"database", bad, "the address cannot be read", "It is like postgres://user@host/database."}}
	}
	defer func() { _ = db.Close() }() // it was only read
	var version, fsync, commit string
	var theirs time.Time
	var create bool
	before := time.Now()
	err = db.QueryRowContext(ctx, `SELECT current_setting('server_version'), current_setting('fsync'),
		current_setting('synchronous_commit'), clock_timestamp(), has_schema_privilege(current_schema(), 'CREATE')`).
		Scan(&version, &fsync, &commit, &theirs, &create)
	if err != nil {
		return []finding{{"database", bad, fmt.Sprintf("%s: %v", withoutPassword(cfg.Database), databaseCause(err)), "Is it running, does the database exist, and is the password right?"}}
	}
	after := time.Now()
	f := finding{"database", good, fmt.Sprintf("PostgreSQL %s answers in %v", version, after.Sub(before).Round(100*time.Microsecond)), ""}
	switch {
	case !atLeast(version, 13, 0):
		f.Verdict, f.Advice = bad, "PostgreSQL 13 or newer is needed."
	case !create:
		f.Verdict, f.Advice = bad, "This user may not make tables: GRANT CREATE ON SCHEMA public."
	case fsync != "on" || commit == "off" || commit == "local":
		f.Verdict, f.Advice = poor, fmt.Sprintf("fsync is %s and synchronous_commit is %s: a power failure loses presses that were acknowledged.", fsync, commit)
	}
	return []finding{f, drift("database clock", theirs, before, after)}
}

// databaseCause is the part of the driver's error that a person needs; the whole
// repeats itself for each address and names the user.
func databaseCause(err error) error {
	if refusal, ok := errors.AsType[*pgconn.PgError](err); ok {
		return errors.New(refusal.Message)
	}
	return cause(err)
}

// checkSQLite looks at the file if there is one, and changes nothing.
func checkSQLite(ctx context.Context, cfg Config) finding {
	path := filepath.Join(cfg.Data, "remotewindow.db")
	if _, err := os.Stat(path); err != nil {
		return finding{"database", good, "SQLite in the data folder, made at the first start: one node only", ""}
	}
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro&_pragma=busy_timeout(5000)")
	if err != nil {
		return finding{"database", bad, err.Error(), ""}
	}
	defer func() { _ = db.Close() }() // it was only read
	var result string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&result); err != nil || result != "ok" {
		return finding{"database", bad, fmt.Sprintf("%s is damaged: %s %v", path, result, err), "Restore the newest backup (deploy/OPERATIONS.md)."}
	}
	return finding{"database", good, "SQLite in the data folder is sound: one node only", ""}
}
