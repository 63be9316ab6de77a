package muster

import (
	"slices"
	"strings"
)

// Touched names the members of an account that a change touched, in Muster's
// words: "username", "values.<id>", "ranks", "identities.<provider>",
// "standing.ban".
func (c Change) Touched() []string {
	var names []string
	for _, m := range []Members{c.Before, c.After} {
		names = append(names, m.names()...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (m Members) names() (names []string) {
	note := func(name string, touched bool) {
		if touched {
			names = append(names, name)
		}
	}
	note("username", m.Username.Set)
	note("email", m.Email.Set)
	note("name", m.Name.Set)
	note("bio", m.Bio.Set)
	note("language", m.Language.Set)
	note("picture", m.Picture.Set)
	for id := range m.Values {
		note("values."+string(id), true)
	}
	note("ranks", m.Ranks.Set)
	for _, i := range m.Identities {
		note("identities."+i.Provider, true)
	}
	note("standing.joined", m.Standing.Joined.Set)
	note("standing.active", m.Standing.Active.Set)
	note("standing.archived", m.Standing.Archived.Set)
	note("standing.ban", m.Standing.Ban.Set)
	note("standing.sign_in", m.Standing.SignIn.Set)
	note("standing.level", m.Standing.Level.Set)
	note("clock", len(m.Clock) > 0)
	return names
}

// Touches reports whether a change touched a member, or a part of it:
// "standing" is all of standing.
func (c Change) Touches(member string) bool {
	return slices.ContainsFunc(c.Touched(), func(name string) bool {
		return name == member || strings.HasPrefix(name, member+".")
	})
}

// AccountMembers lists what Touches can be asked for, values and identities by their
// own names aside.
var AccountMembers = []string{
	"username", "email", "name", "bio", "language", "picture", "values", "ranks", "identities", "standing", "standing.joined",
	"standing.active", "standing.archived", "standing.ban", "standing.sign_in", "standing.level", "clock",
}
