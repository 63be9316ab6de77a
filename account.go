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

// MaxNumber is the greatest Number of an account: beyond it JSON clients do
// not agree on integers.
const MaxNumber = limitNumber - 1

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
	Picture      string     // name of its file, see PicturePath; empty for none
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
	ErasedAt     time.Time // zero: not erased; whoever is, is deleted for good
	MFA          bool      // a one-time code is asked for at sign-in
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
	Level    Level // of those who sign in as this account; 0 is LevelUser
}

// SignsInAt is the level of those who sign in as this account.
func (s Standing) SignsInAt() Level {
	if s.Level == 0 {
		return LevelUser
	}
	return s.Level
}

// Dead reports whether all credentials of the account are, while it stands so.
func (s Standing) Dead() bool {
	return s.Out() || s.SignIn == DisabledBySelf || s.SignIn == DisabledByAdmin
}

// MaySignIn refuses who is kept from signing in, and names the part of the
// standing that keeps them.
func (s Standing) MaySignIn() error {
	switch {
	case s.Ban != nil:
		return Errorf(Forbidden, "standing.ban", "the account is banned")
	case s.Archived:
		return Errorf(Forbidden, "standing.archived", "the account is archived")
	case !s.Joined:
		return Errorf(Forbidden, "standing.joined", "the account has left the community")
	case s.SignIn == SignInInactive:
		return Errorf(Forbidden, "standing.sign_in.inactive", "sign-in is not active yet for this account")
	case s.SignIn != SignInActive:
		return Errorf(Forbidden, "standing.sign_in", "sign-in is disabled for this account")
	}
	return nil
}

// MaySignIn reports whether somebody can sign in as the account.
func (a Account) MaySignIn() bool { return a.DeletedAt.IsZero() && a.Standing.MaySignIn() == nil }

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
	SignInInactive  SignIn = "inactive" // not confirmed yet, or without credentials
	SignInActive    SignIn = "active"
	DisabledBySelf  SignIn = "disabled_by_self"
	DisabledByAdmin SignIn = "disabled_by_admin"
)

// StandingEdit changes standing. Active is ignored where the community
// derives it from ranks.
type StandingEdit struct {
	Joined   Opt[bool]   `json:"joined,omitzero"`
	Active   Opt[bool]   `json:"active,omitzero"`
	Archived Opt[bool]   `json:"archived,omitzero"`
	Ban      Opt[*Ban]   `json:"ban,omitzero"`
	SignIn   Opt[SignIn] `json:"sign_in,omitzero"`
	Level    Opt[Level]  `json:"level,omitzero"`
}

// IsZero reports that nothing is asked for.
func (e StandingEdit) IsZero() bool { return e == StandingEdit{} }

// Identity is the account's identity with a provider: the verified one where
// it has several, else the first by value; ok is false where it has none.
func (a Account) Identity(provider string) (found Identity, ok bool) {
	provider = foldProvider(provider)
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

// PicturePath is where the server shows the account's picture: its own, at a
// path that changes with it, or the one of those who have none.
func (a Account) PicturePath() string {
	if a.Picture == "" {
		return DefaultPicture
	}
	return "/media/" + string(a.Community) + "/" + string(a.ID) + "/" + a.Picture
}

// DefaultPicture is the path of the picture of those who have none.
const DefaultPicture = "/media/avatar.svg"

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
