package muster

import "slices"

// FlowDirection is which ways a flow may be gone.
type FlowDirection string

// The directions of a flow.
const (
	FlowBoth    FlowDirection = "both"
	FlowPromote FlowDirection = "promote"
	FlowDemote  FlowDirection = "demote"
)

// Flow is a promotion that a community has laid down: what is added and taken
// on the way up, and the other way round on the way down.
type Flow struct {
	ID        string        `json:"id"`
	LabelFrom string        `json:"label_from"`
	LabelTo   string        `json:"label_to"`
	Add       []RankID      `json:"add,omitempty"`
	Remove    []RankID      `json:"remove,omitempty"`
	Direction FlowDirection `json:"direction"`
}

// DefinitionID is what the flow is found by.
func (f Flow) DefinitionID() string { return f.ID }

// Validate checks what a person may set.
func (f Flow) Validate() error {
	for _, err := range []error{
		checkID("id", f.ID), checkLine("label_from", f.LabelFrom, maxName), checkLine("label_to", f.LabelTo, maxName),
	} {
		if err != nil {
			return err
		}
	}
	if !slices.Contains([]FlowDirection{FlowBoth, FlowPromote, FlowDemote}, f.Direction) {
		return Errorf(Invalid, "direction", "must be %q, %q or %q", FlowBoth, FlowPromote, FlowDemote)
	}
	if len(f.Add) == 0 && len(f.Remove) == 0 {
		return Errorf(Invalid, "add", "a flow must add or take a rank")
	}
	for _, id := range f.Add {
		if slices.Contains(f.Remove, id) {
			return Errorf(Invalid, "remove", "the rank %q is added and taken by one flow", id)
		}
	}
	return nil
}

// Step is the edit by which an account goes up the flow, or down. It is a
// Conflict where the flow is locked to the other direction, and where the
// account lacks a rank that it would lose on the way.
func (f Flow) Step(a Account, promote bool) (RankEdit, error) {
	e, locked := RankEdit{Add: f.Add, Remove: f.Remove}, FlowDemote
	if !promote {
		e, locked = RankEdit{Add: f.Remove, Remove: f.Add}, FlowPromote
	}
	if f.Direction == locked {
		return RankEdit{}, Errorf(Conflict, "promote", "the flow goes the other way only")
	}
	for _, id := range e.Remove {
		if !a.Holds(id) {
			return RankEdit{}, Errorf(Conflict, "accounts", "%s does not hold the rank %q from which this flow leads", a.Username, id)
		}
	}
	return e, nil
}
