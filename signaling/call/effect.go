package call

import "github.com/remotewindow/remotewindow/signaling/protocol"

// Commit effects decide: the shell performs one and steps the event that says
// so, or answers the command with the error and the call stays as it was.
type (
	// CommitAccept stands for Queue.Accept, then Store.Accept; then Accepted.
	CommitAccept struct {
		Agent string
		Epoch int64
	}
	// CompareAccept stands for Store.Call; then Accepted when SQL has the accept
	// too, else Orphaned.
	CompareAccept struct{ Epoch int64 }
	// CommitRevise stands for Store.Revise, Queue.Revise; then Revised.
	CommitRevise Revise
	// CommitJudge stands for Store.Judge; then Judged.
	CommitJudge Judge
	// CommitFinish stands for what is still unsaved, Store.Finish; then Finished.
	CommitFinish Finish
	// CommitLeave stands for Store.Abandon; then Left.
	CommitLeave struct {
		Reason protocol.EndReason
		AtMS   int64
	}
	// CommitExtend stands for Queue.Extend; then Extended.
	CommitExtend struct {
		Agent string
		Epoch int64
	}
	// TellDecline stands for Queue.Decline; an error answers the command.
	TellDecline Decline
	// TellShown stands for Queue.Shown; an error answers the command.
	TellShown Shown
)

// Save and tell effects follow from what has happened already: the shell
// repeats each, in order, until it succeeds or is refused for good.
type (
	// SaveConnected stands for Store.Connected.
	SaveConnected struct{ Epoch, AtMS int64 }
	// SaveEnd stands for Store.End.
	SaveEnd struct {
		Epoch  int64
		Reason protocol.EndReason
		AtMS   int64
	}
	// SaveRequeue stands for Store.Requeue.
	SaveRequeue struct{ Epoch int64 }
	// SaveAbandon stands for Store.Abandon.
	SaveAbandon struct {
		Reason string
		AtMS   int64
	}
	// SaveCourse stands for Store.AddCourse.
	SaveCourse struct{ Event protocol.CallEvent }
	// SaveUnfinished stands for Store.Finish as broken off, to be followed up,
	// because the agent never finished, or cannot; or for Store.Abandon with
	// Reason when SQL has put the ticket back in line before it heard of its end.
	SaveUnfinished struct {
		Agent  string
		Epoch  int64
		Reason protocol.EndReason
		AtMS   int64
	}
	// TellConnected stands for Queue.Connected.
	TellConnected struct{ Epoch int64 }
	// TellHangUp stands for Queue.HangUp.
	TellHangUp struct {
		Epoch  int64
		Reason protocol.EndReason
	}
	// TellFinish stands for Queue.Finish.
	TellFinish struct {
		Agent string
		Epoch int64
	}
	// TellAbandon stands for Queue.Abandon.
	TellAbandon struct{ Reason protocol.EndReason }
	// TellDrop stands for Queue.Drop, because the queue gave a ticket back to the
	// line, or to another agent, whose resident had hung up.
	TellDrop struct{}
	// TellBack stands for Queue.Requeue, because an accept was never committed.
	TellBack struct{ Epoch int64 }
	// TellRequeue stands for Queue.Requeue, because the agent may not go on;
	// then Seen.
	TellRequeue struct{ Epoch int64 }
	// TellAgain stands for Queue.Restore, because the queue has forgotten the ticket.
	TellAgain struct{}
)

// Media effects cannot fail in a way that the call could mend.
type (
	// OpenGate lets media pass between the two.
	OpenGate struct{ Epoch int64 }
	// ShutGate stops it.
	ShutGate struct{}
	// LeaveRoom ends one participant's connection.
	LeaveRoom struct{ Participant string }
	// CloseRoom ends both.
	CloseRoom struct{}
)

// Show pushes state to the station and to Desk (an agent's id, may be empty).
type Show struct{ Desk string }
