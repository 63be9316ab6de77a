package muster

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// AccountID is a UUID in lower case: version 4 where Muster made it, any
// version where it came from elsewhere.
type AccountID string

// Account is a person or a bot in a community.
type Account struct {
	Community    CommunityID
	ID           AccountID
	Number       int64 // small integer, unique in the community
	CustomNumber bool  // Number was chosen, not counted
	Username     string
	Email        string // may be empty
	Name         string // as shown in this community
	Bio          string
	Language     string
	Values       Values     // what is stored; ValueOf also knows what is read from identities
	Ranks        []Grant    // ordered by rank id
	Identities   []Identity // ordered by provider, then value
	Standing     Standing
	Clock        []ClockRow // the newest rows of duty, newest first
	JoinedAt     time.Time
	LastLogin    time.Time // zero: never
	CreatedAt    time.Time
	UpdatedAt    time.Time
	DeletedAt    time.Time // zero: not deleted
	Rev          int64     // counts the changes of this account
}

// Standing is how an account stands in its community. Its parts are separate:
// an archived account can be banned, a banned one active again tomorrow.
type Standing struct {
	Joined   bool // in the community; false after leaving
	Active   bool // derived from ranks where the community's settings say so
	Archived bool
	Ban      *Ban // nil: not banned
	SignIn   SignIn
}

// Ban keeps an account out. A zero Until never ends.
type Ban struct {
	Reason string    `json:"reason,omitempty"`
	Until  time.Time `json:"until,omitzero"`
}

// Out reports whether the account is kept out of its community: it has left,
// is archived or banned.
func (s Standing) Out() bool { return !s.Joined || s.Archived || s.Ban != nil }

// SignIn is whether an account may sign in with its own password.
type SignIn string

// The states of SignIn.
const (
	SignInInactive SignIn = "inactive" // not confirmed yet, or without credentials
	SignInActive   SignIn = "active"
	DisabledBySelf SignIn = "disabled_by_self"
	DisabledByUs   SignIn = "disabled_by_admin"
)

// StandingEdit changes standing. Active is ignored where the community
// derives it from ranks.
type StandingEdit struct {
	Joined   Opt[bool]   `json:"joined,omitzero"`
	Active   Opt[bool]   `json:"active,omitzero"`
	Archived Opt[bool]   `json:"archived,omitzero"`
	Ban      Opt[*Ban]   `json:"ban,omitzero"`
	SignIn   Opt[SignIn] `json:"sign_in,omitzero"`
}

// IsZero reports that nothing is asked for.
func (e StandingEdit) IsZero() bool { return e == StandingEdit{} }

// Identity is the account's identity with a provider: the verified one where
// it has several, else the first by value; ok is false where it has none.
func (a Account) Identity(provider string) (found Identity, ok bool) {
	for _, i := range a.Identities {
		if i.Provider == provider && (!ok || i.Verified && !found.Verified) {
			found, ok = i, true
		}
	}
	return found, ok
}

// ValueOf is the account's value for a field: the stored one, for fields that
// are read from an identity that identity's, else the field's default; nil
// where there is none. What was stored while the field's id had another type
// is none.
func (a Account) ValueOf(f Field) Value {
	if f.Type == TypeIdentity {
		if i, ok := a.Identity(f.Provider); ok {
			return Text(i.Value)
		}
		return nil
	}
	if v := a.Values[f.ID]; v != nil && f.holds(v) {
		return v
	}
	return f.Default
}

// Holds reports whether the account holds a rank.
func (a Account) Holds(id RankID) bool {
	return slices.ContainsFunc(a.Ranks, func(g Grant) bool { return g.Rank == id })
}

// Held are the ranks that the account holds, the most powerful first and then
// by id.
func (a Account) Held(rules Rules) []Rank {
	ranks := make([]Rank, len(a.Ranks))
	for i, g := range a.Ranks {
		ranks[i] = rules.Ranks[g.Rank]
	}
	slices.SortFunc(ranks, func(x, y Rank) int {
		return cmp.Or(cmp.Compare(y.Power, x.Power), cmp.Compare(x.ID, y.ID))
	})
	return ranks
}

// clone copies what Apply may change.
func (a Account) clone() Account {
	a.Values = maps.Clone(a.Values)
	if a.Values == nil {
		a.Values = Values{}
	}
	a.Ranks = slices.Clone(a.Ranks)
	a.Identities = slices.Clone(a.Identities)
	return a
}

// At is the account as it stands at a time: ranks and bans that have run out
// are over, and active is what the ranks say where they decide it.
func (a Account) At(now time.Time, rules Rules) Account {
	lives := func(until time.Time) bool { return until.IsZero() || now.Before(until) }
	a.Ranks = slices.DeleteFunc(slices.Clone(a.Ranks), func(g Grant) bool { return !lives(g.Expires) })
	if rules.ActiveFromRanks {
		a.Standing.Active = len(a.Ranks) > 0
	}
	if a.Standing.Ban != nil && !lives(a.Standing.Ban.Until) {
		a.Standing.Ban = nil
	}
	return a
}
