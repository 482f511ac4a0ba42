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
	do(t, actions, rapid.SampledFrom(fitting(actions)))
}

// DoEvenly is Do with the weights as they are: rapid favours what stands first, so
// that half of the steps of a long list are its first action.
func DoEvenly(t *rapid.T, actions []Action) {
	names := fitting(actions)
	do(t, actions, rapid.Custom(func(t *rapid.T) string {
		const bits = 10
		n := 0
		for range bits {
			n <<= 1
			if rapid.Bool().Draw(t, "bit") {
				n++
			}
		}
		return names[n*len(names)>>bits]
	}))
}

// fitting names those that fit, each as often as it weighs.
func fitting(actions []Action) []string {
	var names []string
	for _, a := range actions {
		if a.Fits == nil || a.Fits() {
			names = append(names, slices.Repeat([]string{a.Name}, a.Weight)...)
		}
	}
	return names
}

func do(t *rapid.T, actions []Action, names *rapid.Generator[string]) {
	name := names.Draw(t, "do")
	actions[slices.IndexFunc(actions, func(a Action) bool { return a.Name == name })].Do(t)
}
