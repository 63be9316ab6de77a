package muster

import "time"

// EventKind is what a Change is to those who follow a community's accounts.
type EventKind string

// The kinds of events.
const (
	EventCreated EventKind = "created"
	EventUpdated EventKind = "updated" // edited, deleted, restored, or to be told of again
	EventKicked  EventKind = "kicked"  // out of the community, having been in it
	EventBanned  EventKind = "banned"  // banned, not having been so
)

// Event is the kind of event that a change is: one each, of which a ban goes
// before all else. It is empty where nobody is told: of the catalogue, of keys
// and of clocks.
func (c Change) Event() EventKind {
	if c.Account == "" {
		return ""
	}
	was, is := c.Before.At(c.At).Standing, c.After.Standing
	switch c.Deed {
	case DeedCreate:
		return EventCreated
	case DeedEdit:
		if is.Ban.Value != nil && was.Ban.Value == nil {
			return EventBanned
		}
		if was.Joined.Value && is.Joined.Set && !is.Joined.Value {
			return EventKicked
		}
		return EventUpdated
	case DeedDelete, DeedRestore, DeedSync:
		return EventUpdated
	}
	return ""
}

// Delivery is an event on its way to one destination. Of an account's events
// at one destination only the earliest is tried; the others wait for it.
type Delivery struct {
	Community   CommunityID
	Destination string // its kind and id: "server 7"
	Seq         int64  // of the Change
	Account     AccountID
	Event       EventKind
	Attempts    int       // that failed
	Since       time.Time // when it began to wait
	Next        time.Time // when it is tried; zero: another goes first, or it was given up
	GivenUp     time.Time // zero: it was not
	LastError   string    // of the last attempt, for people
}
