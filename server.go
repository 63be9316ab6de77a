package muster

import (
	"encoding/json"
	"slices"
	"time"
)

// Server is a game server of a community. Its id is a small number, which
// stands in the server's own configuration.
type Server struct {
	ID          int64           `json:"id"`
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Address     string          `json:"address,omitempty"` // host name or IP address
	Port        int             `json:"port,omitempty"`
	Type        string          `json:"type,omitempty"` // the framework it runs, such as qb-core
	Whitelist   Whitelist       `json:"whitelist"`
	ACE         json.RawMessage `json:"ace,omitempty"` // permissions by rank, opaque

	HasPushSecret bool      `json:"-"` // it can be told of changes; the secret itself leaves the store sealed
	LastContact   time.Time `json:"-"` // zero: it never called
}

// Whitelist says who may join a game server. Who holds a blocked rank may
// not, whatever else they hold.
type Whitelist struct {
	Everybody bool     `json:"everybody,omitempty"` // all who are in the community
	Ranks     []RankID `json:"ranks,omitempty"`     // else holders of any of these
	Blocked   []RankID `json:"blocked,omitempty"`
}

// Validate checks what a person may set.
func (s Server) Validate() error {
	if s.ID < 1 || s.ID > 1_000_000 {
		return Errorf(Invalid, "id", "must be from 1 to 1000000")
	}
	if err := checkID("name", s.Name); err != nil {
		return err
	}
	if s.Port < 0 || s.Port > 65535 {
		return Errorf(Invalid, "port", "must be from 1 to 65535; 0 for none")
	}
	for _, err := range []error{
		checkText("description", s.Description, maxLongText), checkLine("address", s.Address, maxID), checkLine("type", s.Type, maxName),
		checkText("ace", string(s.ACE), maxLongText),
	} {
		if err != nil {
			return err
		}
	}
	if len(s.ACE) > 0 && !json.Valid(s.ACE) {
		return Errorf(Invalid, "ace", "must be JSON")
	}
	return nil
}

// Admission is what a game server's whitelist says of somebody.
type Admission string

// The admissions. Only the first two let in.
const (
	Admitted      Admission = "admitted"
	AdmittedOwner Admission = "owner"          // the community's owner, on no list
	NotListed     Admission = "not_listed"     // not in the community, or without a rank of the list
	Blocked       Admission = "blocked"        // banned, or with a blocked rank
	NotSet        Admission = "not_configured" // nobody has said who may join this server
)

// LetsIn reports whether somebody may join.
func (a Admission) LetsIn() bool { return a == Admitted || a == AdmittedOwner }

// IsSet reports whether anybody has said who may join.
func (w Whitelist) IsSet() bool { return w.Everybody || len(w.Ranks) > 0 || len(w.Blocked) > 0 }

// Admit decides whether an account, as it stands now, may join. Blocks and
// bans go before everything, so that nobody is let in by a second rank; then
// the owner comes in, whom no mistake in a list shall lock out.
func (w Whitelist) Admit(a Account, owner bool) Admission {
	holds := func(ranks []RankID) bool { return slices.ContainsFunc(ranks, a.Holds) }
	switch {
	case a.Standing.Ban != nil || holds(w.Blocked):
		return Blocked
	case a.Standing.Out():
		return NotListed
	case owner:
		return AdmittedOwner
	case !w.IsSet():
		return NotSet
	case w.Everybody || holds(w.Ranks):
		return Admitted
	default:
		return NotListed
	}
}
