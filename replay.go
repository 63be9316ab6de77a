package muster

import (
	"slices"
	"time"
)

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

// Replayed reports whether a deed is one that an account is made of: others
// change no member that is shown.
func (d Deed) Replayed() bool {
	return slices.Contains([]Deed{DeedCreate, DeedEdit, DeedDelete, DeedRestore, DeedBaseline}, d)
}

// Replay is the account as a change made it of what it was before, members of
// Clock aside. It begins with an account that has nothing but its id.
func (a Account) Replay(c Change) Account {
	if !c.Deed.Replayed() {
		return a
	}
	a.Rev++
	switch c.Deed {
	case DeedDelete:
		a.DeletedAt = c.At
	case DeedRestore:
		a.DeletedAt = time.Time{}
	default:
		a = a.Before(Change{Before: c.After, After: c.Before}) // forward is backward the other way round
	}
	if c.Deed == DeedBaseline {
		if a.Rev = c.After.Rev; c.After.Deleted {
			a.DeletedAt = c.At
		}
	}
	return a
}

// Baseline is the change from which the account can be replayed as the last of
// its changes left it, and stands in that one's place.
func (a Account) Baseline(last Change) Change {
	_, is := Diff(Account{}, a)
	is.Rev, is.Deleted = a.Rev, !a.DeletedAt.IsZero()
	return Change{Community: last.Community, Seq: last.Seq, At: last.At, Deed: DeedBaseline, Account: last.Account, After: is}
}
