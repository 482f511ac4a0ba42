package main

import (
	"errors"
	"fmt"

	"github.com/remotewindow/remotewindow/agentdesk/records"
)

// auditCommand holds what is done to the audit chain.
type auditCommand struct {
	Verify auditVerifyCommand `cmd:"" help:"Walk every chain of the centre and say whether a bit of it was changed."`
}

type auditVerifyCommand struct{ storage }

// Run walks the chains; one that was touched is an error, and so is a centre
// without a row: each has at least that of its first administrator.
func (c auditVerifyCommand) Run(s *surroundings) error {
	db, err := c.existing(s.ctx)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	err = db.VerifyAudit(s.ctx)
	if errors.Is(err, records.ErrTampered) {
		return fmt.Errorf("the audit of %s was changed: %w", c.Centre, err)
	}
	if err != nil {
		return fmt.Errorf("read the audit: %w", err)
	}
	rows, err := db.AuditRows(s.ctx)
	if err != nil {
		return fmt.Errorf("count the audit: %w", err)
	}
	if rows == 0 {
		return usagef("there is no audit of a centre %q here: is --centre right?", c.Centre)
	}
	_, err = fmt.Fprintf(s.stdout, "the audit of %s is whole: %d rows\n", c.Centre, rows)
	return err
}
