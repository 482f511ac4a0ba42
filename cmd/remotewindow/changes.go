package main

import (
	"context"
	"fmt"
	"time"

	"github.com/remotewindow/remotewindow/agentdesk/records"
	"github.com/remotewindow/remotewindow/agentdesk/rights"
	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/signaling"
)

// lookEvery is how often a node looks whether rights or numbers were changed
// elsewhere: by another node or at the command line. With the look and what
// follows, a revoked station is out within 5 s.
const lookEvery = 2 * time.Second

// followChanges takes over what was changed elsewhere until ctx ends.
func (n *node) followChanges(ctx context.Context) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	seen := int64(-1)
	var told hours
	n.tellHours(ctx, &told)
	var seenNumbers records.Numbers
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-n.look:
		}
		// A database that is away changes nothing; records logs it.
		n.tellHours(ctx, &told)
		version, err := n.records.AccessVersion(ctx)
		if err != nil {
			continue
		}
		if version != seen { // at the first look too: something may have changed since the start
			n.signaling.Recheck()
		}
		seen = version
		numbers, err := n.records.Numbers(ctx)
		if err != nil || numbers == seenNumbers {
			continue
		}
		seenNumbers = numbers
		n.queue.SetNumbers(numbersOf(numbers))
	}
}

// changed takes over at once what an administrator has changed on this node;
// other nodes see it at their next look.
func (n *node) changed(string) {
	select {
	case n.look <- struct{}{}:
	default: // a look is due already
	}
}

// offered is the catalogue without the matters that the centre does not take.
func (n *node) offered(ctx context.Context) (any, error) {
	off, err := n.records.DisabledMatters(ctx)
	if err != nil {
		return nil, forDesk(err)
	}
	return n.catalogue.Offered(off), nil
}

// applyNumbers gives the queue the centre's numbers.
func (n *node) applyNumbers(ctx context.Context) error {
	numbers, err := n.records.Numbers(ctx)
	if err != nil {
		return fmt.Errorf("read the numbers of the centre: %w", err)
	}
	n.queue.SetNumbers(numbersOf(numbers))
	return nil
}

func numbersOf(n records.Numbers) queue.Numbers {
	seconds := func(s int) time.Duration { return time.Duration(s) * time.Second }
	return queue.Numbers{
		Ring: seconds(n.RingS), Affinity: seconds(n.AffinityS), WaitingGrace: seconds(n.WaitingGraceS), CallGrace: seconds(n.CallGraceS),
		AgentGrace: seconds(n.AgentGraceS), WrapUp: seconds(n.WrapUpS), AgingBoost: seconds(n.AgingBoostS),
	}
}

// may puts signaling's question to the table of rights.
func may(who signaling.Identity, operation string, own bool) bool {
	owner := rights.Other
	if own {
		owner = rights.Own
	}
	return rights.May(rights.Role(who.Role), operation, owner) || own && rights.May(rights.Role(who.Role), operation, rights.None)
}
