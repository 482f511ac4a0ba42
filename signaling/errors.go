package signaling

import (
	"context"
	"errors"
	"fmt"

	"github.com/remotewindow/remotewindow/queue"
	"github.com/remotewindow/remotewindow/sfu"
	"github.com/remotewindow/remotewindow/signaling/call"
	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// Errors of commands that never leave this package: codeOf turns them into
// what a page reads.
var (
	errQueueAway  = errors.New("queue away")
	errClosed     = errors.New("outside opening hours")
	errDraining   = errors.New("this node takes no new calls")
	errMediaToken = errors.New("media token not valid")
	errForbidden  = errors.New("role may not do this")
	errHelloFirst = errors.New("hello comes first")
	errProtocol   = errors.New("another protocol or layout")
	errExpired    = errors.New("socket ticket not valid")
	errTooLarge   = errors.New("too large")
	errBusy       = errors.New("too many messages for one call")
	errMalformed  = fmt.Errorf("%w: field out of bounds", protocol.ErrMalformed)
)

// queueError keeps the refusals of the queue and takes everything else for
// Redis being away.
func queueError(err error) error {
	for _, refusal := range []error{queue.ErrStale, queue.ErrStationBusy, queue.ErrNotFound, queue.ErrState, queue.ErrFenced,
		queue.ErrClosed, queue.ErrFull, queue.ErrInvalid} {
		if errors.Is(err, refusal) {
			return err
		}
	}
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", errQueueAway, err)
}

// lasting says whether repeating cannot help.
func lasting(err error) bool {
	for _, refusal := range []error{queue.ErrStale, queue.ErrNotFound, queue.ErrState, ErrNotFound, ErrStale} {
		if errors.Is(err, refusal) {
			return true
		}
	}
	return false
}

// codeOf is the one place where an error becomes what a page is told.
func codeOf(err error) protocol.Code {
	var unknown *protocol.UnknownTypeError
	var remote *remoteError
	switch {
	case errors.As(err, &remote):
		return remote.code
	case errors.As(err, &unknown):
		return protocol.CodeUnknown
	case errors.Is(err, protocol.ErrMalformed), errors.Is(err, queue.ErrInvalid):
		return protocol.CodeMalformed
	case errors.Is(err, errHelloFirst):
		return protocol.CodeHelloFirst
	case errors.Is(err, errProtocol):
		return protocol.CodeProtocol
	case errors.Is(err, errExpired):
		return protocol.CodeExpired
	case errors.Is(err, errTooLarge):
		return protocol.CodeTooLarge
	case errors.Is(err, sfu.ErrSDP):
		return protocol.CodeSDP
	case errors.Is(err, errMediaToken):
		return protocol.CodeMedia
	case errors.Is(err, call.ErrStale), errors.Is(err, queue.ErrStale), errors.Is(err, sfu.ErrStale), errors.Is(err, ErrStale):
		return protocol.CodeStale
	case errors.Is(err, call.ErrForbidden), errors.Is(err, errForbidden):
		return protocol.CodeForbidden
	case errors.Is(err, call.ErrUnexpected), errors.Is(err, queue.ErrState), errors.Is(err, queue.ErrStationBusy):
		return protocol.CodeState
	case errors.Is(err, call.ErrNotFound), errors.Is(err, queue.ErrNotFound), errors.Is(err, ErrNotFound):
		return protocol.CodeNotFound
	case errors.Is(err, errClosed), errors.Is(err, queue.ErrClosed):
		return protocol.CodeClosed
	case errors.Is(err, queue.ErrFull):
		return protocol.CodeFull
	case errors.Is(err, errQueueAway), errors.Is(err, queue.ErrFenced):
		return protocol.CodeQueueDown
	case errors.Is(err, ErrUnavailable):
		return protocol.CodeRecordsDown
	case errors.Is(err, errBusy), errors.Is(err, sfu.ErrFull):
		return protocol.CodeRate
	case errors.Is(err, context.Canceled), errors.Is(err, sfu.ErrClosed), errors.Is(err, errDraining):
		return protocol.CodeShutdown
	}
	return protocol.CodeInternal
}

// passing says whether the same command may succeed later: such an answer is
// not kept in the ledger.
func passing(c protocol.Code) bool {
	switch c {
	case protocol.CodeQueueDown, protocol.CodeRecordsDown, protocol.CodeRate, protocol.CodeShutdown, protocol.CodeInternal, protocol.CodeClosed, protocol.CodeFull:
		return true
	}
	return false
}
