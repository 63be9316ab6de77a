package muster

import (
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// Deed is what kind of thing was done.
type Deed string

// The deeds.
const (
	DeedEdit       Deed = "edit"
	DeedCreate     Deed = "create"
	DeedDelete     Deed = "delete" // soft: the row stays, hidden
	DeedRestore    Deed = "restore"
	DeedErase      Deed = "erase"    // for good: what is personal is gone from the row, from history and from mail
	DeedClock      Deed = "clock"    // on duty, off duty; on a game server, off it
	DeedSync       Deed = "sync"     // nothing changed; who follows the account is to be told of it again
	DeedBaseline   Deed = "baseline" // nothing changed; how the account was where history begins that is still kept
	DeedCredential Deed = "credential"
	DeedCatalogue  Deed = "catalogue"
)

// Deeds lists every Deed.
var Deeds = []Deed{DeedEdit, DeedCreate, DeedDelete, DeedRestore, DeedErase, DeedClock, DeedSync, DeedBaseline, DeedCredential, DeedCatalogue}

// Change is something that was done. Seq counts the changes of the community
// without gaps, in the order in which they became durable.
type Change struct {
	Community CommunityID
	Seq       int64
	At        time.Time
	Deed      Deed
	Account   AccountID // empty for the catalogue and keys
	Subject   string    // of other deeds: "field <id>", "rank <id>", "key <id>", "community", "password"
	By        Actor
	Batch     string // the same for all changes of one batch, else empty
	Undoes    int64  // Seq of the change that this one took back, else 0
	Before    Members
	After     Members
}

// Actor is the part of a Caller that history keeps.
type Actor struct {
	Key       KeyID
	Account   AccountID
	Dialect   string
	RequestID string
}

// Members are the members of an account that a Change touched, as they were
// before or after it. They never hold hashes or secrets. An id without a
// value stands in Values as nil. Ranks are all ranks held; identities only
// those that came, went or changed.
type Members struct {
	Username   Opt[string]     `json:"username,omitzero"`
	Email      Opt[string]     `json:"email,omitzero"`
	Name       Opt[string]     `json:"name,omitzero"`
	Bio        Opt[string]     `json:"bio,omitzero"`
	Language   Opt[string]     `json:"language,omitzero"`
	Picture    Opt[string]     `json:"picture,omitzero"`
	Values     Values          `json:"values,omitempty"`
	Ranks      Opt[[]Grant]    `json:"ranks,omitzero"`
	Identities []Identity      `json:"identities,omitempty"`
	Standing   StandingEdit    `json:"standing,omitzero"`
	Clock      []ClockRow      `json:"clock,omitempty"`      // the rows that began or ended
	Definition json.RawMessage `json:"definition,omitempty"` // catalogue and keys: the definition
	Rev        int64           `json:"rev,omitempty"`        // of a baseline: the account's
	Deleted    bool            `json:"deleted,omitempty"`    // of a baseline: whether the account was
}

// IsZero reports that no member was touched.
func (m Members) IsZero() bool {
	return !m.Username.Set && !m.Email.Set && !m.Name.Set && !m.Bio.Set && !m.Language.Set && !m.Picture.Set &&
		len(m.Values) == 0 && !m.Ranks.Set && len(m.Identities) == 0 && m.Standing.IsZero() && len(m.Clock) == 0 && m.Definition == nil && m.Rev == 0
}

// Erased is which members there were, without what they were: what is left in
// history of somebody who was erased. Ranks, standing and times stay; a ban's
// reason does not.
func (m Members) Erased() Members {
	for _, text := range []*Opt[string]{&m.Username, &m.Email, &m.Name, &m.Bio, &m.Language, &m.Picture} {
		text.Value = ""
	}
	m.Values = maps.Clone(m.Values)
	for id := range m.Values {
		m.Values[id] = nil
	}
	m.Identities = slices.Clone(m.Identities)
	for i, was := range m.Identities {
		m.Identities[i] = Identity{ID: was.ID, Provider: was.Provider, CreatedAt: was.CreatedAt, UpdatedAt: was.UpdatedAt}
	}
	if ban := m.Standing.Ban.Value; ban != nil {
		m.Standing.Ban.Value = &Ban{Until: ban.Until}
	}
	m.Clock = slices.Clone(m.Clock)
	for i := range m.Clock {
		m.Clock[i].Notes = nil
	}
	m.Definition = nil // of a key: its name
	return m
}

// At is the members without the ranks and the ban that have run out by now.
func (m Members) At(now time.Time) Members {
	a := Account{Ranks: m.Ranks.Value, Standing: Standing{Ban: m.Standing.Ban.Value}}.At(now, Rules{})
	m.Ranks.Value, m.Standing.Ban.Value = a.Ranks, a.Standing.Ban
	return m
}

// Diff is the members in which two states of one account differ, as they are
// in each.
func Diff(before, after Account) (was, is Members) {
	differ(&was.Username, &is.Username, before.Username, after.Username)
	differ(&was.Email, &is.Email, before.Email, after.Email)
	differ(&was.Name, &is.Name, before.Name, after.Name)
	differ(&was.Bio, &is.Bio, before.Bio, after.Bio)
	differ(&was.Language, &is.Language, before.Language, after.Language)
	differ(&was.Picture, &is.Picture, before.Picture, after.Picture)
	was.Values, is.Values = diffValues(before.Values, after.Values)
	if !sameGrants(before.Ranks, after.Ranks) {
		was.Ranks, is.Ranks = Some(before.Ranks), Some(after.Ranks)
	}
	was.Identities, is.Identities = DiffIdentities(before.Identities, after.Identities)
	was.Standing, is.Standing = diffStanding(before.Standing, after.Standing)
	return was, is
}

func differ[T comparable](was, is *Opt[T], before, after T) {
	if before != after {
		*was, *is = Some(before), Some(after)
	}
}

func diffValues(before, after Values) (was, is Values) {
	note := func(id FieldID) {
		if SameValue(before[id], after[id]) {
			return
		}
		if was == nil {
			was, is = Values{}, Values{}
		}
		was[id], is[id] = before[id], after[id]
	}
	for id := range before {
		note(id)
	}
	for id := range after {
		note(id)
	}
	return was, is
}

func diffStanding(before, after Standing) (was, is StandingEdit) {
	differ(&was.Joined, &is.Joined, before.Joined, after.Joined)
	differ(&was.Active, &is.Active, before.Active, after.Active)
	differ(&was.Archived, &is.Archived, before.Archived, after.Archived)
	differ(&was.SignIn, &is.SignIn, before.SignIn, after.SignIn)
	differ(&was.Level, &is.Level, before.Level, after.Level)
	if !sameBan(before.Ban, after.Ban) {
		was.Ban, is.Ban = Some(before.Ban), Some(after.Ban)
	}
	return was, is
}

func sameBan(a, b *Ban) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Reason == b.Reason && a.Until.Equal(b.Until)
}

// grantOf is the grant of one rank, or none.
func grantOf(grants []Grant, id RankID) []Grant {
	return slices.DeleteFunc(slices.Clone(grants), func(g Grant) bool { return g.Rank != id })
}

// Undo is the edit that turns after back into before. That of ranks is a
// delta: later changes to other ranks survive it.
func Undo(before, after Members) Edit {
	e := Edit{
		Username: before.Username, Email: before.Email, Name: before.Name, Bio: before.Bio, Language: before.Language,
		Picture: before.Picture, Values: before.Values, Standing: before.Standing,
		Ranks:      undoRanks(before.Ranks.Value, after.Ranks.Value),
		Identities: IdentityEdit{Add: before.Identities},
	}
	for _, i := range after.Identities {
		stays := slices.ContainsFunc(before.Identities, func(b Identity) bool { return b.Key() == i.Key() })
		if !stays {
			e.Identities.Remove = append(e.Identities.Remove, i.Key())
		}
	}
	if sameBan(before.Standing.Ban.Value, after.Standing.Ban.Value) {
		e.Standing.Ban = Opt[*Ban]{}
	}
	return e
}

// Touched names the members of a Change that no longer are as it left them in
// the account now; so an undo would overwrite later work. Ranks are among them
// only where an expiry would be overwritten, since their undo is a delta; what
// follows from ranks is not.
func Touched(before, after Members, now Account, rules Rules) []string {
	var later []string
	note := func(name string, asLeft bool) {
		if !asLeft {
			later = append(later, name)
		}
	}
	same := func(name string, left Opt[string], is string) { note(name, !left.Set || left.Value == is) }
	same("username", after.Username, now.Username)
	same("email", after.Email, now.Email)
	same("name", after.Name, now.Name)
	same("bio", after.Bio, now.Bio)
	same("language", after.Language, now.Language)
	same("picture", after.Picture, now.Picture)
	for id, v := range after.Values {
		note("values."+string(id), SameValue(v, now.Values[id]))
	}
	for id := range undoRanks(before.Ranks.Value, after.Ranks.Value).Until {
		note("ranks", sameGrants(grantOf(after.Ranks.Value, id), grantOf(now.Ranks, id)))
	}
	for _, i := range after.Identities {
		note("identities."+i.Provider, slices.ContainsFunc(now.Identities, i.same))
	}
	for _, i := range before.Identities {
		has := func(list []Identity) bool {
			return slices.ContainsFunc(list, func(o Identity) bool { return o.Key() == i.Key() })
		}
		note("identities."+i.Provider, has(after.Identities) || !has(now.Identities))
	}
	s := after.Standing
	note("standing.joined", s.Joined.Or(now.Standing.Joined) == now.Standing.Joined)
	note("standing.active", rules.ActiveFromRanks || s.Active.Or(now.Standing.Active) == now.Standing.Active)
	note("standing.archived", s.Archived.Or(now.Standing.Archived) == now.Standing.Archived)
	note("standing.sign_in", s.SignIn.Or(now.Standing.SignIn) == now.Standing.SignIn)
	note("standing.level", s.Level.Or(now.Standing.Level) == now.Standing.Level)
	note("standing.ban", sameBan(s.Ban.Or(now.Standing.Ban), now.Standing.Ban))
	slices.Sort(later)
	return slices.Compact(later)
}
