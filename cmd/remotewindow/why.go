package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/remotewindow/remotewindow/agentdesk"
	"github.com/remotewindow/remotewindow/agentdesk/records"
	"github.com/remotewindow/remotewindow/signaling"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// why explains the offers of a ticket to a member of staff.
func (n *node) why(ctx context.Context, person agentdesk.Person, face, ticket string) (any, error) {
	who := signaling.Identity{Role: protocol.Role(person.Role), ID: person.ID, Face: protocol.Face(face)}
	offers, err := n.signaling.Why(ctx, who, ticket)
	if errors.Is(err, signaling.ErrNotFound) {
		return nil, fmt.Errorf("%w: %w", agentdesk.ErrNotFound, err)
	}
	return offers, err
}

// trail writes down what a supervisor did to the line.
func (n *node) trail(ctx context.Context, actor, action, object string, detail map[string]string) error {
	return n.records.Audit(ctx, records.AuditRow{
		AtMS: time.Now().UnixMilli(), Actor: actor, Action: action, Object: object, Detail: detail,
	})
}
