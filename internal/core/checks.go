package core

import (
	"maps"
	"slices"
	"strconv"

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
			return withinValue(name, err)
		}
		if !f.Edit.AllowEdit(caller, id) {
			return withinValue(name, muster.Errorf(muster.Forbidden, "", "this credential may not edit the field"))
		}
	}
	return nil
}

func withinValue(name muster.FieldID, err error) error {
	return muster.Within("values", muster.WithinMember(string(name), err))
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
// ids that they lead to, time zones that of their IANA names. Refusals speak of
// fields as the client named them.
func checkOthers(t *store.Tx, before, after muster.Account, rules muster.Rules, named map[muster.FieldID]muster.FieldID) error {
	if err := checkFree(t, before, after); err != nil {
		return err
	}
	if after.Picture != "" && after.Picture != before.Picture {
		has, err := t.HasImage(after.Community, after.ID, after.Picture)
		if err == nil && !has {
			err = muster.Errorf(muster.Invalid, "picture", "is no picture of this account")
		}
		if err != nil {
			return err
		}
	}
	for _, id := range slices.Sorted(maps.Keys(after.Values)) {
		v := after.Values[id]
		if muster.SameValue(before.Values[id], v) {
			continue
		}
		kept, err := resolve(t, after, rules.Fields[id], v, rules)
		if err != nil {
			return withinValue(named[id], err)
		}
		after.Values[id] = kept
	}
	return nil
}

// resolve is the form in which a value that names something is kept.
func resolve(t *store.Tx, a muster.Account, f muster.Field, v muster.Value, rules muster.Rules) (muster.Value, error) {
	if name, ok := v.(muster.Awaited); ok {
		return await(t, a, f, name)
	}
	text, ok := v.(muster.Text)
	if !ok {
		return v, nil
	}
	switch f.Type {
	case muster.TypeAccount:
		id, err := meant(t, a.Community, string(text))
		if err == nil && f.Chart {
			err = checkChart(t, a, f, id)
		}
		return muster.Text(id), err
	case muster.TypeTimeZone:
		zone, err := timeZone(rules.TimeZones, string(text))
		return muster.Text(zone), err
	default:
		return text, nil
	}
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
// Deleted accounts keep their ids and numbers, since they may come back.
func checkNew(t *store.Tx, a muster.Account) error {
	switch _, err := t.Account(a.Community, a.ID); {
	case err == nil:
		return muster.Errorf(muster.Conflict, "id", "%s is taken by another account", a.ID)
	case muster.CodeOf(err) != muster.NotFound:
		return err
	}
	taken, err := t.NumberTaken(a.Community, a.Number)
	if err == nil && taken {
		err = muster.Errorf(muster.Conflict, "number", "%d is taken by another account", a.Number)
	}
	return err
}

// checkFree names the member whose value another account has. The store's
// indexes guard the same; this gives the better answer.
func checkFree(t *store.Tx, before, after muster.Account) error {
	var claims []claim
	add := func(field string, h muster.Handle) { claims = append(claims, claim{field, muster.Quote(h.Value), h}) }
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
