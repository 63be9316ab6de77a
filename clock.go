package muster

import "time"

// ClockType is a kind of duty that a community counts by itself.
type ClockType struct {
	ID    string `json:"id"` // opaque; clients hold it in their configuration
	Label string `json:"label"`
}

// DefinitionID is what the clock type is found by.
func (t ClockType) DefinitionID() string { return t.ID }

// Validate checks what a person may set.
func (t ClockType) Validate() error {
	if err := checkID("id", t.ID); err != nil {
		return err
	}
	return checkID("label", t.Label)
}

// ClockRow is one stretch of time: on duty, or on a game server. It runs while
// End is zero; an account has at most one that runs on duty, and one on each
// server.
type ClockRow struct {
	ID     string    `json:"id"` // UUID
	Type   string    `json:"type,omitempty"`
	Server int64     `json:"server,omitempty"` // the game server's id; 0: duty
	Start  time.Time `json:"start"`
	End    time.Time `json:"end,omitzero"`
	Notes  []string  `json:"notes,omitempty"`
	Forced bool      `json:"forced,omitempty"` // somebody insisted, or it was ended from outside
}

// Completed reports whether the stretch has ended.
func (c ClockRow) Completed() bool { return !c.End.IsZero() }

// ClockTo is where a clock is wanted.
type ClockTo string

// What can be wanted of a clock.
const (
	ClockTurn ClockTo = ""    // over to where it is not
	ClockIn   ClockTo = "in"  // running
	ClockOut  ClockTo = "out" // not running
)

// ClockWish is what is asked of an account's clock.
type ClockWish struct {
	To     ClockTo
	Type   string // of the row that begins, by id or label; empty: the first of the community's types
	Server int64  // the game server whose clock is meant; 0: duty
	Force  bool   // with In: end what runs and begin anew; rows that begin or end so are marked
}

// Turn is what the wish makes of a clock on which running runs (nil: nothing):
// whether that ends, and whether a new row begins. In where it runs already,
// and Out where nothing does, change nothing; but In with another type than
// what runs goes over to that.
func (w ClockWish) Turn(running *ClockRow) (ends, begins bool) {
	runs := running != nil
	switch w.To {
	case ClockIn:
		begins = !runs || w.Force || w.Type != "" && w.Type != running.Type
		return runs && begins, begins
	case ClockOut:
		return runs, false
	default:
		return runs, !runs
	}
}

// FindClockType finds a type by id, then by a label that only one type has.
func FindClockType(types []ClockType, name string) (ClockType, error) {
	var labelled []ClockType
	for _, t := range types {
		if t.ID == name {
			return t, nil
		}
		if t.Label == name {
			labelled = append(labelled, t)
		}
	}
	if len(labelled) == 1 {
		return labelled[0], nil
	}
	return ClockType{}, Errorf(Invalid, "type", "there is no clock type %q", name)
}
