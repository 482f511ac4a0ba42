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

// Run walks the chains. It changes nothing; a chain that was touched is an error.
func (c auditVerifyCommand) Run(s *surroundings) error {
	db, err := c.open(s.ctx)
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
	_, err = fmt.Fprintf(s.stdout, "the audit of %s is whole\n", c.Centre)
	return err
}
