package records

import (
	"database/sql"
	"errors"
	"fmt"
)

// Errors that callers branch on; returned errors wrap them.
var (
	// ErrNotFound: no such row in this centre.
	ErrNotFound = errors.New("not found")
	// ErrStale: the row already carries an equal or higher epoch, or its state
	// does not allow the change any more.
	ErrStale = errors.New("stale epoch")
	// ErrUnavailable: the database is locked, closed, full or does not answer in
	// time. Nothing was written, or, if the commit itself failed, it may have
	// been: every write can be repeated.
	ErrUnavailable = errors.New("database unavailable")
	// ErrExists: a row with this key is already there.
	ErrExists = errors.New("already exists")
	// ErrChanged: somebody changed it since the version that the write names.
	ErrChanged = errors.New("changed meanwhile")
	// ErrInvalid: a value that no row may carry.
	ErrInvalid = errors.New("invalid value")
	// ErrTampered: the audit chain does not fit its hashes.
	ErrTampered = errors.New("audit chain broken")
	// ErrUnsupported: Options.URL names a database that this build cannot speak to.
	ErrUnsupported = errors.New("not in this build yet")
)

// failure turns what a transaction returned into one of the errors above and
// counts it when the database itself is at fault.
func (r *Records) failure(doing string, err error) error {
	if err == nil {
		return nil
	}
	for _, known := range []error{ErrNotFound, ErrStale, ErrExists, ErrChanged, ErrInvalid, ErrTampered} {
		if errors.Is(err, known) {
			return fmt.Errorf("records: %s: %w", doing, err)
		}
	}
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("records: %s: %w", doing, ErrNotFound)
	}
	if known := r.dialect.known(err); known != nil {
		return fmt.Errorf("records: %s: %w", doing, known)
	}
	r.faults.Inc()
	r.log.Error("database", "doing", doing, "err", err)
	return fmt.Errorf("records: %s: %w: %w", doing, ErrUnavailable, err)
}
