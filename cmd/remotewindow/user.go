package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/remotewindow/remotewindow/agentdesk/password"
	"github.com/remotewindow/remotewindow/agentdesk/records"
)

// userCommand holds what is done to members of staff.
type userCommand struct {
	Add userAddCommand `cmd:"" help:"Add a member of staff; the password is read from standard input."`
}

type userAddCommand struct {
	Login    string   `arg:"" help:"Name to log in with."`
	Role     string   `required:"" enum:"specialist,agent,helper,supervisor,admin" help:"specialist, agent, helper, supervisor or admin."`
	Name     string   `help:"Name that others see; the login if none." placeholder:"NAME"`
	Seat     string   `help:"Seat, such as 3 号座席." placeholder:"SEAT"`
	Skills   []string `help:"Families of matters the agent takes; none: all." placeholder:"FAMILY"`
	Data     string   `default:"data" env:"REMOTEWINDOW_DATA" help:"Folder of the database." placeholder:"DIR"`
	Database string   `env:"REMOTEWINDOW_DATABASE" help:"postgres:// address; none: SQLite in the data folder." placeholder:"URL"`
	Centre   string   `default:"pj" env:"REMOTEWINDOW_CENTRE" help:"Short name of the centre." placeholder:"NAME"`
}

const (
	minPassword = 8
	maxPassword = 256
)

// Run adds the person.
func (c userAddCommand) Run(s *surroundings) error {
	if !validLogin(c.Login) {
		return usagef("%q cannot be a login: 1 to 32 small letters, digits, dots or dashes.", c.Login)
	}
	secret, err := readPassword(s.stdin)
	if err != nil {
		return err
	}
	cfg, err := serveCommand{Listen: "127.0.0.1:0", Zone: "UTC", Data: c.Data, Database: c.Database, Centre: c.Centre, DemoStations: 1, DemoAgents: 1}.check()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(s.ctx, 30*time.Second)
	defer cancel()
	db, err := openDatabase(ctx, cfg, nil, nil)
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

// readPassword takes one line; a terminal's echo is the caller's matter.
func readPassword(in io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(in, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the password: %w", err)
	}
	secret := strings.TrimRight(line, "\r\n")
	if n := len(secret); n < minPassword || n > maxPassword {
		return "", usagef("the password on standard input must have %d to %d bytes.", minPassword, maxPassword)
	}
	return secret, nil
}

func validLogin(s string) bool {
	if s == "" || len(s) > 32 {
		return false
	}
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '.' && r != '-' {
			return false
		}
	}
	return true
}
