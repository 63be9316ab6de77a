package muster

import (
	"strconv"
	"strings"
	"time"
)

// EventKind is what a Change is to those who follow a community's accounts.
type EventKind string

// The kinds of events.
const (
	EventCreated EventKind = "created"
	EventUpdated EventKind = "updated" // edited, deleted, restored, or to be told of again
	EventKicked  EventKind = "kicked"  // out of the community, having been in it
	EventBanned  EventKind = "banned"  // banned, not having been so
	EventTest    EventKind = "test"    // nothing happened; somebody wants to know whether events arrive
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
	case DeedDelete, DeedRestore, DeedErase, DeedSync:
		return EventUpdated
	}
	return ""
}

// Follows reports whether a game server is told of events: it has said where
// it is, and there is a secret by which it knows who tells it.
func (s Server) Follows() bool { return s.Address != "" && s.Port != 0 && s.HasPushSecret }

// Destination is the name of a game server among the destinations of events.
func (s Server) Destination() string { return "server " + strconv.FormatInt(s.ID, 10) }

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
	Delivered   time.Time // zero: it did not arrive yet; those that arrived at webhooks are kept for a while
}

// Kind is what the destination is: "server".
func (d Delivery) Kind() string {
	kind, _, _ := strings.Cut(d.Destination, " ")
	return kind
}

// How long a delivery is tried: soon again, then ever more rarely, then no
// more.
const (
	firstWait   = 2 * time.Second
	longestWait = 15 * time.Minute
	giveUpAfter = 24 * time.Hour
)

// Failed is the delivery after an attempt that failed: it waits, twice as long
// each time, or is given up after a day. spread, from 0 to 1, makes the wait
// up to a quarter longer or shorter, so that not all come back at once.
func (d Delivery) Failed(at time.Time, why string, spread float64) Delivery {
	wait := longestWait
	if d.Attempts < 20 {
		wait = min(wait, firstWait<<d.Attempts)
	}
	d.Attempts++
	d.LastError = why
	d.Next = at.Add(time.Duration(float64(wait) * (0.75 + spread/2)))
	if at.Sub(d.Since) >= giveUpAfter {
		d.Next, d.GivenUp = time.Time{}, at
	}
	return d
}
