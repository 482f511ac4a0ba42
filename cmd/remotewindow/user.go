package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/remotewindow/remotewindow/agentdesk/password"
	"github.com/remotewindow/remotewindow/agentdesk/records"
)

// userCommand holds what is done to members of staff.
type userCommand struct {
	Add      userAddCommand      `cmd:"" help:"Add a member of staff; the password is read from standard input."`
	List     userListCommand     `cmd:"" help:"List the members of staff."`
	Password userPasswordCommand `cmd:"" help:"Give a new password, read from standard input; ends the person's sessions."`
	Disable  userDisableCommand  `cmd:"" help:"Lock a person out, at once."`
	Enable   userEnableCommand   `cmd:"" help:"Let a person in again."`
}

type userAddCommand struct {
	storage
	Login  string   `arg:"" help:"Name to log in with."`
	Role   string   `required:"" enum:"specialist,agent,helper,supervisor,admin" help:"specialist, agent, helper, supervisor or admin."`
	Name   string   `help:"Name that others see; the login if none." placeholder:"NAME"`
	Seat   string   `help:"Seat, such as 3 号座席." placeholder:"SEAT"`
	Skills []string `help:"Families of matters the agent takes; none: all." placeholder:"FAMILY"`
}

// Run adds the person.
func (c userAddCommand) Run(s *surroundings) error {
	if !validLogin(c.Login) {
		return usagef("%q cannot be a login: 1 to 32 small letters, digits, dots, dashes or underscores.", c.Login)
	}
	secret, err := readPassword(s.stdin, c.Login)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(s.ctx, storageWithin)
	defer cancel()
	db, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	name := c.Name
	if name == "" {
		name = c.Login
	}
	hash, err := password.Hash(secret)
	if err != nil {
		return fmt.Errorf("hash the password: %w", err)
	}
	err = db.AddPerson(ctx, records.PersonInfo{ID: c.Login, Name: name, Role: c.Role, Seat: c.Seat, Skills: c.Skills}, hash)
	if errors.Is(err, records.ErrExists) {
		return usagef("there is a %q already.", c.Login)
	}
	if err != nil {
		return fmt.Errorf("add %s: %w", c.Login, err)
	}
	_, err = fmt.Fprintf(s.stdout, "added %s as %s\n", c.Login, c.Role)
	return err
}

type userListCommand struct{ storage }

// Run lists everyone, those who are locked out too.
func (c userListCommand) Run(s *surroundings) error {
	return c.with(s, func(ctx context.Context, db *records.Records) error {
		people, err := db.Members(ctx)
		if err != nil {
			return fmt.Errorf("list: %w", err)
		}
		for _, p := range people {
			out := ""
			if p.Disabled {
				out = "(locked out)"
			}
			if _, err := fmt.Fprintf(s.stdout, "%-16s %-12s %s %s %s\n", p.ID, p.Role, p.Name, p.Seat, out); err != nil {
				return err
			}
		}
		return nil
	})
}

type userPasswordCommand struct {
	storage
	Login string `arg:"" help:"Whose password."`
}

// Run replaces the password.
func (c userPasswordCommand) Run(s *surroundings) error {
	secret, err := readPassword(s.stdin, c.Login)
	if err != nil {
		return err
	}
	hash, err := password.Hash(secret)
	if err != nil {
		return fmt.Errorf("hash the password: %w", err)
	}
	return c.change(s, c.Login, "has a new password", func(ctx context.Context, db *records.Records) error {
		return db.ChangePassword(ctx, c.Login, hash, "system")
	})
}

type userDisableCommand struct {
	storage
	Login string `arg:"" help:"Whom to lock out."`
}

// Run locks the person out; running nodes end the sockets within seconds.
func (c userDisableCommand) Run(s *surroundings) error {
	return c.change(s, c.Login, "is locked out", func(ctx context.Context, db *records.Records) error {
		return db.SetDisabled(ctx, c.Login, true)
	})
}

type userEnableCommand struct {
	storage
	Login string `arg:"" help:"Whom to let in again."`
}

// Run lets the person in again.
func (c userEnableCommand) Run(s *surroundings) error {
	return c.change(s, c.Login, "may log in again", func(ctx context.Context, db *records.Records) error {
		return db.SetDisabled(ctx, c.Login, false)
	})
}

// with runs f on the open records.
func (c storage) with(s *surroundings, f func(context.Context, *records.Records) error) error {
	ctx, cancel := context.WithTimeout(s.ctx, storageWithin)
	defer cancel()
	db, err := c.existing(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	return f(ctx, db)
}

func (c storage) change(s *surroundings, login, done string, f func(context.Context, *records.Records) error) error {
	return c.with(s, func(ctx context.Context, db *records.Records) error {
		err := f(ctx, db)
		if errors.Is(err, records.ErrNotFound) {
			return usagef("there is no %q.", login)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", login, err)
		}
		_, err = fmt.Fprintln(s.stdout, login, done)
		return err
	})
}

// readPassword takes one line; a terminal's echo is the caller's matter.
func readPassword(in io.Reader, login string) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(in, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the password: %w", err)
	}
	secret := strings.TrimRight(line, "\r\n")
	if err := password.Check(login, secret); err != nil {
		return "", usagef("the password on standard input cannot be used: %v.", err)
	}
	return secret, nil
}

func validLogin(s string) bool {
	if s == "" || len(s) > 32 {
		return false
	}
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '.' && r != '-' && r != '_' {
			return false
		}
	}
	return true
}
