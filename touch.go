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

// Before is the account as it was before a change that made it what it is now,
// members of Clock aside. What the change did not touch stays.
func (a Account) Before(c Change) Account {
	a = a.clone()
	was, is := c.Before, c.After
	a.Username, a.Email, a.Name = was.Username.Or(a.Username), was.Email.Or(a.Email), was.Name.Or(a.Name)
	a.Bio, a.Language, a.Picture = was.Bio.Or(a.Bio), was.Language.Or(a.Language), was.Picture.Or(a.Picture)
	for id := range is.Values {
		delete(a.Values, id)
	}
	for id, v := range was.Values {
		if v != nil {
			a.Values[id] = v
		}
	}
	a.Ranks = was.Ranks.Or(a.Ranks)
	a.Identities = slices.DeleteFunc(a.Identities, func(i Identity) bool {
		return slices.ContainsFunc(is.Identities, func(o Identity) bool { return o.Key() == i.Key() })
	})
	a.Identities = append(a.Identities, was.Identities...)
	slices.SortFunc(a.Identities, compareIdentities)
	s := &a.Standing
	s.Joined, s.Active, s.Archived = was.Standing.Joined.Or(s.Joined), was.Standing.Active.Or(s.Active), was.Standing.Archived.Or(s.Archived)
	s.Ban, s.SignIn, s.Level = was.Standing.Ban.Or(s.Ban), was.Standing.SignIn.Or(s.SignIn), was.Standing.Level.Or(s.Level)
	return a
}
