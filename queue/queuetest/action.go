package queuetest

import (
	"slices"

	"pgregory.net/rapid"
)

// Action is one thing that a state machine under test may do next.
type Action struct {
	Name   string
	Weight int         // how often it is drawn, beside the weights of the others
	Fits   func() bool // tells whether there is something to do it to; nil: always
	Do     func(*rapid.T)
}

// Do draws one of the actions that fit the present state and does it. Rapid's own
// draw would take any of them, and one that does not fit could only be skipped,
// which wastes the step and may end a history early.
func Do(t *rapid.T, actions []Action) {
	var names []string
	for _, a := range actions {
		if a.Fits == nil || a.Fits() {
			names = append(names, slices.Repeat([]string{a.Name}, a.Weight)...)
		}
	}
	name := rapid.SampledFrom(names).Draw(t, "do")
	actions[slices.IndexFunc(actions, func(a Action) bool { return a.Name == name })].Do(t)
}
