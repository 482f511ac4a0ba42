// Package history_test records what stations and agents on two nodes are told while
// Redis fails over, and lets porcupine judge whether one queue could have said it.
package history_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

// What clients do, and are told once both stores know it (architecture 2).
const (
	admit  = "admit"
	accept = "accept"
	steal  = "steal" // accept of what another was offered
	finish = "finish"
	look   = "look" // at the end: what became of the ticket
)

type asked struct {
	what, ticket, agent string
	epoch               int64 // of the finish
}

type told struct {
	yes   bool
	epoch int64 // of the accept
	agent string
	done  bool // of the look
}

// ticket is what the model remembers of one.
type ticket struct {
	admitted, finished bool
	agent              string // who has accepted
	epoch              int64
}

// next is the sequential queue: a ticket is admitted once, belongs to the accept
// with the highest epoch, and is finished once, by its owner. A refusal changes
// nothing and may always come.
func (t ticket) next(a asked, o told) (bool, ticket) {
	switch {
	case a.what == look:
		return o.yes == t.admitted && o.done == t.finished && (!t.finished || o.agent == t.agent), t
	case !o.yes:
		return true, t
	case a.what == admit:
		legal := !t.admitted
		t.admitted = true
		return legal, t
	case a.what == accept:
		legal := t.admitted && !t.finished && o.epoch > t.epoch
		t.agent, t.epoch = a.agent, o.epoch
		return legal, t
	case a.what == finish:
		legal := !t.finished && t.agent == a.agent && a.epoch >= t.epoch
		t.finished = true
		return legal, t
	}
	return false, t // nobody may steal
}

var model = porcupine.Model{
	Partition: func(history []porcupine.Operation) (parts [][]porcupine.Operation) {
		index := map[string]int{}
		for _, o := range history {
			id := o.Input.(asked).ticket
			i, known := index[id]
			if !known {
				i = len(parts)
				index[id] = i
				parts = append(parts, nil)
			}
			parts[i] = append(parts[i], o)
		}
		return parts
	},
	Init: func() any { return ticket{} },
	Step: func(state, input, output any) (bool, any) { return state.(ticket).next(input.(asked), output.(told)) },
	DescribeOperation: func(input, output any) string {
		return fmt.Sprintf("%+v: %+v", input, output)
	},
}

// journal collects the operations of all clients.
type journal struct {
	began time.Time
	mu    sync.Mutex
	ops   []porcupine.Operation
}

// note runs an operation and writes it down.
func (j *journal) note(client int, do func() (asked, told)) {
	call := time.Since(j.began).Nanoseconds()
	in, out := do()
	if in.ticket == "" {
		return // not known to anybody
	}
	o := porcupine.Operation{ClientId: client, Input: in, Output: out, Call: call, Return: time.Since(j.began).Nanoseconds()}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.ops = append(j.ops, o)
}

// count tells how many operations of a kind were answered with yes.
func (j *journal) count(what string) (n int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, o := range j.ops {
		if o.Input.(asked).what == what && o.Output.(told).yes {
			n++
		}
	}
	return n
}

// judge fails the test when no order of the operations explains the answers.
func (j *journal) judge(t *testing.T) {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	switch porcupine.CheckOperationsTimeout(model, j.ops, time.Minute) {
	case porcupine.Ok:
		return
	case porcupine.Unknown:
		t.Fatal("porcupine did not come to an end")
	}
	for _, part := range model.Partition(j.ops) {
		if porcupine.CheckOperations(model, part) {
			continue
		}
		t.Error("no queue could have answered so:")
		for _, o := range part {
			t.Logf("  %v–%v client %d %s", time.Duration(o.Call), time.Duration(o.Return), o.ClientId, model.DescribeOperation(o.Input, o.Output))
		}
	}
}

// TestModel: the model refuses what must not happen, and nothing else.
func TestModel(t *testing.T) {
	yes := func(at int64, a asked, o told) porcupine.Operation {
		o.yes, a.ticket = true, "t1"
		return porcupine.Operation{Input: a, Output: o, Call: at, Return: at + 5}
	}
	pressed := yes(0, asked{what: admit}, told{})
	first := yes(10, asked{what: accept, agent: "a1"}, told{epoch: 7})
	done := yes(30, asked{what: finish, agent: "a1", epoch: 7}, told{})
	for name, c := range map[string]struct {
		ops  []porcupine.Operation
		want bool
	}{
		"one after the other":       {[]porcupine.Operation{pressed, first, done, yes(40, asked{what: look}, told{done: true, agent: "a1"})}, true},
		"taken over, higher epoch":  {[]porcupine.Operation{pressed, first, yes(20, asked{what: accept, agent: "a2"}, told{epoch: 8}), yes(30, asked{what: finish, agent: "a2", epoch: 8}, told{})}, true},
		"two at once":               {[]porcupine.Operation{pressed, yes(10, asked{what: accept, agent: "a2"}, told{epoch: 8}), first}, true},
		"the same epoch twice":      {[]porcupine.Operation{pressed, first, yes(20, asked{what: accept, agent: "a2"}, told{epoch: 7})}, false},
		"a lower epoch later":       {[]porcupine.Operation{pressed, first, yes(20, asked{what: accept, agent: "a2"}, told{epoch: 6})}, false},
		"finished by the old owner": {[]porcupine.Operation{pressed, first, yes(20, asked{what: accept, agent: "a2"}, told{epoch: 8}), done}, false},
		"finished twice":            {[]porcupine.Operation{pressed, first, done, yes(40, asked{what: finish, agent: "a1", epoch: 7}, told{})}, false},
		"accepted after the end":    {[]porcupine.Operation{pressed, first, done, yes(40, asked{what: accept, agent: "a2"}, told{epoch: 9})}, false},
		"accepted before the press": {[]porcupine.Operation{yes(20, asked{what: admit}, told{}), first}, false},
		"admitted twice":            {[]porcupine.Operation{pressed, yes(10, asked{what: admit}, told{})}, false},
		"stolen":                    {[]porcupine.Operation{pressed, yes(10, asked{what: steal, agent: "a2"}, told{epoch: 7})}, false},
		"never finished":            {[]porcupine.Operation{pressed, first, yes(40, asked{what: look}, told{done: true, agent: "a1"})}, false},
		"finished and forgotten":    {[]porcupine.Operation{pressed, first, done, yes(40, asked{what: look}, told{})}, false},
	} {
		if got := porcupine.CheckOperations(model, slices.Clone(c.ops)); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
