package main

import (
	"context"
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

// open opens the records of the centre.
func (s storage) open(ctx context.Context) (*records.Records, error) {
	cfg, err := serveCommand{
		Listen: "127.0.0.1:0", Zone: "UTC", Data: s.Data, Database: s.Database, Centre: s.Centre, DemoStations: 1, DemoAgents: 1, LoginFailures: 1,
	}.check()
	if err != nil {
		return nil, err
	}
	return openDatabase(ctx, cfg, nil, nil)
}
