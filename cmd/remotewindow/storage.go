package main

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/remotewindow/remotewindow/agentdesk/records"
)

// storage is where the records lie: what every command that opens them takes.
type storage struct {
	Data     string `default:"data" env:"REMOTEWINDOW_DATA" help:"Folder of the database and its keys." placeholder:"DIR"`
	Database string `env:"REMOTEWINDOW_DATABASE" help:"postgres:// address; none: SQLite in the data folder." placeholder:"URL"`
	Centre   string `default:"pj" env:"REMOTEWINDOW_CENTRE" help:"Short name of the centre." placeholder:"NAME"`
}

// storageWithin bounds a command that opens the records, but for those that
// read all of them.
const storageWithin = 30 * time.Second

// existing opens records that are there: a command that reads or changes must
// not make an empty database in a folder that was mistyped, and then find
// nothing wrong with it.
func (s storage) existing(ctx context.Context) (*records.Records, error) {
	wanted := []string{"audit.key"}
	if s.Database == "" {
		wanted = append(wanted, "remotewindow.db")
	}
	for _, name := range wanted {
		if _, err := os.Stat(filepath.Join(s.Data, name)); err != nil {
			return nil, usagef("--data %s is not the folder of a centre: %s is not there. On an installed server it is /var/lib/remotewindow.", s.Data, name)
		}
	}
	return s.open(ctx)
}

// open opens the records of the centre, and makes them when they are not there.
func (s storage) open(ctx context.Context) (*records.Records, error) {
	cfg, err := serveCommand{
		Listen: "127.0.0.1:0", Zone: "UTC", Data: s.Data, Database: s.Database, Centre: s.Centre, DemoStations: 1, DemoAgents: 1, LoginFailures: 1, Title: "-",
	}.check()
	if err != nil {
		return nil, err
	}
	return openDatabase(ctx, cfg, nil, nil)
}
