package core

import (
	"context"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/store"
)

// Kick puts an account out of its community: it has left, is archived, off
// duty, and holds no ranks. History keeps which it held; see Readmit.
func (c *Core) Kick(ctx context.Context, caller muster.Caller, ref muster.Ref, ifRev int64) (Result, error) {
	return c.changeOne(ctx, caller, Target{Ref: ref, Edit: muster.KickEdit(), IfRev: ifRev})
}

// Ban bans an account: it is off duty and holds no ranks. History keeps which
// it held; see Readmit.
func (c *Core) Ban(ctx context.Context, caller muster.Caller, ref muster.Ref, ban muster.Ban, ifRev int64) (Result, error) {
	if !ban.Until.IsZero() && !ban.Until.After(c.now()) { // it would take the ranks and ban nobody
		return Result{}, muster.Errorf(muster.Invalid, "standing.ban.until", "must lie ahead")
	}
	return c.changeOne(ctx, caller, Target{Ref: ref, Edit: muster.BanEdit(ban), IfRev: ifRev})
}

// changeOne is Edit with the number of the change.
func (c *Core) changeOne(ctx context.Context, caller muster.Caller, target Target) (Result, error) {
	results, err := c.Change(ctx, caller, []Target{target}, Options{Atomic: true})
	if err != nil {
		return Result{}, err
	}
	return results[0], nil
}

// Readmitted is an account that was let in again.
type Readmitted struct {
	Result
	Former []muster.Rank // the ranks that it lost when it was put out and that are still there, the most powerful first
}

// Readmit takes back a kick or a ban. With ranks the account is given back
// those that the newest kick or ban took from it, as far as there are such and
// they have not run out; without, they are named for the caller to choose.
func (c *Core) Readmit(ctx context.Context, caller muster.Caller, ref muster.Ref, ranks bool, ifRev int64) (Readmitted, error) {
	var out Readmitted
	var change *muster.Change
	err := c.write(ctx, caller, func(t *store.Tx) error {
		out, change = Readmitted{}, nil
		a, err := find(t, caller, ref)
		if err == nil {
			err = matches(a, ifRev)
		}
		if err != nil {
			return err
		}
		rules, err := t.Rules(caller.Community)
		if err != nil {
			return err
		}
		former, err := c.former(t, a)
		if err != nil {
			return err
		}
		edit := muster.ReadmitEdit(nil)
		possible, _ := rules.Possible(muster.Edit{Ranks: former})
		if ranks {
			edit.Ranks = possible.Ranks
		}
		out.Former = granted(possible.Ranks.Add).Held(rules)
		change, err = c.edit(t, caller, Target{Ref: muster.RefID(a.ID), Edit: edit}, deedEdit{}, &out.View)
		return err
	})
	if err != nil {
		return Readmitted{}, err
	}
	if change != nil {
		out.Seq = change.Seq
	}
	return out, nil
}

// formerWithin is how many of an account's newest changes are looked through
// for the one that put it out.
const formerWithin = 1000

// former is the edit that gives back what the newest kick or ban took, without
// what has run out since. Where the account was given ranks later, those of
// before are another matter.
func (c *Core) former(t *store.Tx, a muster.Account) (muster.RankEdit, error) {
	list, err := t.Changes(a.Community, a.ID, 0, formerWithin)
	for _, ch := range list {
		if len(ch.After.Ranks.Value) > 0 {
			break
		}
		if ch.PutsOut() && ch.Before.Ranks.Set {
			return muster.Undo(ch.Before.At(c.now()), ch.After).Ranks, nil
		}
	}
	return muster.RankEdit{}, err
}

// granted is an account that holds ranks, and nothing else.
func granted(ids []muster.RankID) (a muster.Account) {
	for _, id := range ids {
		a.Ranks = append(a.Ranks, muster.Grant{Rank: id})
	}
	return a
}
