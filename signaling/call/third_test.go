package call

import (
	"errors"
	"testing"

	"github.com/remotewindow/remotewindow/signaling/protocol"
)

// TestParty: what the owner and a third person may do to a running call, and
// what the queue says of it.
func TestParty(t *testing.T) {
	running := Call{Ticket: "t", Station: "s01", State: Active, Epoch: 5, Agent: "a", GateOpen: true, AgentUp: true, AcceptedMS: 100, ConnectedMS: 200}
	joined := running
	joined.Third, joined.ThirdUp = ThirdPerson{Agent: "b", State: protocol.ThirdJoined, Purpose: protocol.PurposeConsult, Epoch: 9}, true
	rings := running
	rings.Third = ThirdPerson{Agent: "b", State: protocol.ThirdOffered, Purpose: protocol.PurposeThird, Epoch: 9}
	ended := running
	ended.State = WrapUp
	seen := func(agent string, epoch int64, third ThirdPerson, held, asked int64) Seen {
		return Seen{State: Active, Epoch: epoch, Agent: agent, Third: third, HeldSinceMS: held, AtMS: 300, Asked: asked}
	}
	for _, tt := range []struct {
		name  string
		from  Call
		event any
		err   error
		n     int // effects
		ok    func(Call) bool
	}{
		{"hold", running, Hold{"a", true}, nil, 1, nil},
		{"hold by another", running, Hold{"b", true}, ErrForbidden, 0, nil},
		{"hold after the end", ended, Hold{"a", true}, ErrUnexpected, 0, nil},
		{"resume what is not held", running, Hold{"a", false}, nil, 0, nil},
		{"transfer by the third person", joined, Transfer{Agent: "b", To: "c"}, ErrForbidden, 0, nil},
		{"hand over to nobody", running, HandOver{"a", 1}, ErrUnexpected, 0, nil},
		{"hand over to one who only rings", rings, HandOver{"a", 1}, ErrUnexpected, 0, nil},
		{"hand over", joined, HandOver{"a", 1}, nil, 1, nil},
		{"end of no invitation", running, InviteEnd{"a"}, nil, 0, nil},
		{"leave of one who is none", running, ThirdLeave{"b"}, ErrUnexpected, 0, nil},
		{"invitation accepted", rings, Accept{"b", 9}, nil, 1, nil},
		{"invitation accepted under an old token", rings, Accept{"b", 8}, ErrStale, 0, nil},
		{"accepted twice", joined, Accept{"b", 9}, ErrStale, 0, nil},
		{"the owner's offer is over", joined, Accept{"a", 5}, ErrStale, 0, nil},
		{"revoked", joined, Revoked{Agent, "b", 1}, nil, 2, nil},
		{"seen: joined", rings, seen("a", 5, joined.Third, 0, 1), nil, 4, func(c Call) bool { return c.Third.Joined() && len(c.Permits()) == 3 }},
		{"seen: left", joined, seen("a", 5, ThirdPerson{}, 0, 1), nil, 6, func(c Call) bool { return c.Third.Agent == "" && len(c.Permits()) == 2 }},
		{"seen: held", running, seen("a", 5, ThirdPerson{}, 250, 7), nil, 4, func(c Call) bool { return c.HeldSinceMS == 250 && c.Heard == 7 }},
		{"seen: an older answer of the queue", Call{State: Active, Epoch: 5, Agent: "a", HeldSinceMS: 250, Heard: 7}, seen("a", 5, ThirdPerson{}, 0, 6), nil, 0,
			func(c Call) bool { return c.HeldSinceMS == 250 }},
		{"seen: handed over", joined, seen("b", 10, ThirdPerson{}, 0, 1), nil, 7, func(c Call) bool {
			return c.Agent == "b" && c.Epoch == 10 && c.AgentUp && c.State == Active && c.GateOpen && c.Third.Agent == "" && c.ConnectedMS == 200
		}},
		{"ended with three", joined, HangUp{Station, "", 400}, nil, 8, func(c Call) bool { return c.Third.Agent == "" && len(c.Permits()) == 0 }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, effects, err := tt.from.Step(tt.event)
			if !errors.Is(err, tt.err) || len(effects) != tt.n && err == nil {
				t.Fatalf("%v, effects %#v; want %d", err, effects, tt.n)
			}
			if tt.ok != nil && !tt.ok(got) {
				t.Fatalf("became %+v", got)
			}
		})
	}
}
