// Package rights holds who may do what: one table (table.go) of operation, role
// and ownership. What does not stand in it is refused.
//
// An operation is an HTTP route pattern ("GET /api/desk/me") or the type of a
// socket message ("offer.accept"). agentdesk asks the table for each request,
// cmd/remotewindow hands May to signaling, and tests drive every cell against
// the real handlers. The package imports nothing and keeps no state.
package rights

import (
	"slices"
	"strings"
)

// Role is what somebody is.
type Role string

// Roles. A station is a device; Nobody has not said who he is.
const (
	Nobody     Role = ""
	Station    Role = "station"
	Specialist Role = "specialist"
	Agent      Role = "agent"
	Helper     Role = "helper"
	Supervisor Role = "supervisor"
	Admin      Role = "admin"
)

// Roles lists them all.
var Roles = []Role{Nobody, Station, Specialist, Agent, Helper, Supervisor, Admin}

// Ownership is whose the thing is that an operation is about.
type Ownership string

// Ownerships.
const (
	None  Ownership = "none"  // it names no thing that somebody owns
	Own   Ownership = "own"   // the ticket, page or call is with whoever asks
	Other Ownership = "other" // it is with somebody else
)

// Ownerships lists them all.
var Ownerships = []Ownership{None, Own, Other}

// Proof is how whoever asks shows who he is.
type Proof string

// Proofs.
const (
	ByNothing Proof = ""        // everyone may, whoever he is
	BySession Proof = "session" // cookie of a log-in at the row's face
	ByToken   Proof = "token"   // a bearer token that stands for one thing
	ByAddress Proof = "address" // a request of this machine itself
	BySocket  Proof = "socket"  // the socket's own ticket
)

// Row is one operation of the table.
type Row struct {
	Operation string
	Proof     Proof
	Face      string // with BySession: where the log-in has to be; several, with spaces: at one of them
	// Allow names the roles by ownership. An ownership that is missing is
	// refused to all of them.
	Allow map[Ownership][]Role
}

// Faces lists where the log-in may be.
func (r Row) Faces() []string { return strings.Fields(r.Face) }

// May tells whether a role may do an operation on a thing of that ownership.
func May(role Role, operation string, own Ownership) bool {
	row, ok := Find(operation)
	return ok && slices.Contains(row.Allow[own], role)
}

// MayEnter tells whether a role may log in at a face: that is, whether it may
// learn there who it is.
func MayEnter(role Role, face string) bool {
	return May(role, "GET /api/"+face+"/me", None)
}

// Find returns the row of an operation.
func Find(operation string) (Row, bool) {
	row, ok := byOperation[operation]
	return row, ok
}

// Table returns every row, routes first.
func Table() []Row { return slices.Clone(table) }

var byOperation = func() map[string]Row {
	rows := make(map[string]Row, len(table))
	for _, row := range table {
		rows[row.Operation] = row
	}
	return rows
}()
