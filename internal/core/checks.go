package core

import (
	"maps"
	"slices"
	"strconv"
	"time"
	_ "time/tzdata" // the names of time zones, wherever the program runs

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/store"
)

// mayEditFields checks the rights of the fields that an edit names. It comes
// before the values are looked at: what is wrong with one tells of the field,
// and of the value that is there.
func mayEditFields(caller muster.Caller, id muster.AccountID, values muster.Values, rules muster.Rules) error {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		f, err := rules.Field(name)
		if err != nil {
			return muster.Within("values."+string(name), err)
		}
		if !f.Edit.AllowEdit(caller, id) {
			return muster.Errorf(muster.Forbidden, "values."+string(name), "this credential may not edit the field")
		}
	}
	return nil
}

// mayChangeRanks checks that no rank that comes, goes or ends at another time
// is above the caller's power.
func mayChangeRanks(caller muster.Caller, before, after muster.Account, rules muster.Rules) error {
	moved := func(from, to muster.Account) error {
		for _, g := range from.Ranks {
			stays := slices.ContainsFunc(to.Ranks, g.Same)
			if power := rules.Ranks[g.Rank].Power; !stays && power > caller.RankPower {
				return muster.Errorf(muster.Forbidden, "ranks", "the rank %q has power %d, this credential moves ranks up to %d", g.Rank, power, caller.RankPower)
			}
		}
		return nil
	}
	if err := moved(before, after); err != nil {
		return err
	}
	return moved(after, before)
}

// mayHoldRanks keeps ranks from whoever is banned or has left, where ranks
// make an account active: it has to be let in again first. Who is let in by
// the same edit may have them.
func mayHoldRanks(before, after muster.Account, rules muster.Rules) error {
	if !rules.ActiveFromRanks || after.Standing.Joined && after.Standing.Ban == nil {
		return nil
	}
	for _, g := range after.Ranks {
		if !before.Holds(g.Rank) {
			return muster.Errorf(muster.Conflict, "ranks", "the account is banned or has left; it can be given ranks when it is let in again")
		}
	}
	return nil
}

// checkOthers checks what of an account depends on others: names that must be
// free, references that must lead somewhere. References take the form of the
// ids that they lead to.
func checkOthers(t *store.Tx, before, after muster.Account, rules muster.Rules) error {
	if err := checkFree(t, before, after); err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(after.Values)) {
		text, ok := after.Values[id].(muster.Text)
		if !ok || muster.SameValue(before.Values[id], text) {
			continue
		}
		var err error
		switch rules.Fields[id].Type {
		case muster.TypeAccount:
			var found muster.AccountID
			found, err = reference(t, after.Community, muster.AccountID(text))
			after.Values[id] = muster.Text(found)
		case muster.TypeTimeZone:
			err = checkTimeZone(string(text))
		}
		if err != nil {
			return muster.Within("values."+string(id), err)
		}
	}
	return nil
}

// reference is the id of the living account that an id, written in any case,
// leads to.
func reference(t *store.Tx, c muster.CommunityID, id muster.AccountID) (muster.AccountID, error) {
	found, ok, err := t.Find(c, muster.RefID(id)[0])
	if err == nil && !ok {
		err = muster.Errorf(muster.Invalid, "", "there is no account %s", id)
	}
	return found, err
}

func checkTimeZone(name string) error {
	if _, err := time.LoadLocation(name); err != nil || name == "Local" {
		return muster.Errorf(muster.Invalid, "", "%q is no IANA time zone, such as Europe/Berlin", name)
	}
	return nil
}

// claim is a handle that an account wants for itself, in the words of the
// refusal where another has it.
type claim struct {
	field, shown string
	muster.Handle
}

// checkClaims names the first claim that another account than self has.
func checkClaims(t *store.Tx, c muster.CommunityID, self muster.AccountID, claims []claim) error {
	for _, wanted := range claims {
		id, found, err := t.Find(c, wanted.Handle)
		if err != nil {
			return err
		}
		if found && id != self {
			return muster.Errorf(muster.Conflict, wanted.field, "%s is taken by another account", wanted.shown)
		}
	}
	return nil
}

// checkNew names what a new account brings to be known by, and another has.
func checkNew(t *store.Tx, c muster.CommunityID, n NewAccount) error {
	var claims []claim
	if n.ID != "" {
		claims = append(claims, claim{"id", string(n.ID), muster.RefID(n.ID)[0]})
	}
	if n.Number != 0 {
		number := muster.RefNumber(n.Number)[0]
		claims = append(claims, claim{"number", number.Value, number})
	}
	return checkClaims(t, c, "", claims)
}

// checkFree names the member whose value another account has. The store's
// indexes guard the same; this gives the better answer.
func checkFree(t *store.Tx, before, after muster.Account) error {
	var claims []claim
	add := func(field string, h muster.Handle) { claims = append(claims, claim{field, strconv.Quote(h.Value), h}) }
	if after.Username != before.Username {
		add("username", muster.RefUsername(after.Username)[0])
	}
	if after.Email != before.Email && after.Email != "" {
		add("email", muster.Handle{By: muster.ByEmail, Value: after.Email})
	}
	if after.Number != before.Number {
		add("number", muster.RefNumber(after.Number)[0])
	}
	_, come := muster.DiffIdentities(before.Identities, after.Identities)
	for i, identity := range come {
		if !muster.IsEvidence(identity.Provider) {
			add("identities."+strconv.Itoa(i), muster.RefIdentity(identity.Provider, identity.Value)[0])
		}
	}
	return checkClaims(t, after.Community, after.ID, claims)
}
