package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/remotewindow/remotewindow/agentdesk/password"
	"github.com/remotewindow/remotewindow/agentdesk/records"
)

// demoPassword is everybody's in a demo.
const demoPassword = "demo"

// claimDemo keeps a demo's people, whose passwords everybody knows, out of a
// centre that is real: they would outlive the demo.
func claimDemo(ctx context.Context, db *records.Records) error {
	err := db.ClaimDemo(ctx, false)
	if !errors.Is(err, records.ErrExists) {
		return err
	}
	// A demo of before there was a mark is known by its administrator.
	admin, found := db.PersonByLogin(ctx, "admin")
	if found == nil {
		if ok, wrong := password.Verify(admin.PasswordHash, demoPassword); wrong == nil && ok {
			return db.ClaimDemo(ctx, true)
		}
	}
	return usagef("--demo would write people with public passwords into a centre that is real: name another --data (and --database).")
}

// refuseDemo keeps a demo from being served to others.
func refuseDemo(ctx context.Context, db *records.Records) error {
	is, err := db.IsDemo(ctx)
	if err != nil {
		return fmt.Errorf("look whether this is a demo: %w", err)
	}
	if is {
		return usagef("--data (or --database) holds a demo, whose passwords everybody knows: name another one, or serve it with --demo.")
	}
	return nil
}
