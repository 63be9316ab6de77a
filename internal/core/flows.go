package core

import (
	"context"
	"slices"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/store"
)

// Flows lists the promotion flows.
func (c *Core) Flows(ctx context.Context, caller muster.Caller) ([]muster.Flow, error) {
	return defined[muster.Flow](ctx, c, caller)
}

// PutFlow adds a flow or replaces the one with its id. Ranks may be named by
// label.
func (c *Core) PutFlow(ctx context.Context, caller muster.Caller, f muster.Flow) error {
	return putDefined(ctx, c, caller, f, func(t *store.Tx, _ []muster.Flow, f *muster.Flow) error {
		rules, err := t.Rules(caller.Community)
		if err != nil {
			return err
		}
		if f.Add, err = rankIDs(rules, "add", f.Add); err != nil {
			return err
		}
		if f.Remove, err = rankIDs(rules, "remove", f.Remove); err != nil {
			return err
		}
		return f.Validate()
	})
}

// rankIDs are the ids of ranks that may be named by label.
func rankIDs(rules muster.Rules, member string, names []muster.RankID) (ids []muster.RankID, err error) {
	for _, name := range names {
		r, err := rules.Rank(name)
		if err != nil {
			return nil, muster.Within(member, err)
		}
		ids = append(ids, r.ID)
	}
	return ids, nil
}

// DeleteFlow removes a flow.
func (c *Core) DeleteFlow(ctx context.Context, caller muster.Caller, id string) error {
	return deleteDefined[muster.Flow](ctx, c, caller, id)
}

// TriggerFlow takes accounts one step up a flow, or down: all of them or none.
// It is an edit of their ranks, and checked as such.
func (c *Core) TriggerFlow(ctx context.Context, caller muster.Caller, id string, promote bool, refs []muster.Ref) (views []View, err error) {
	if len(refs) == 0 {
		return nil, muster.Errorf(muster.Invalid, "accounts", "must name at least one")
	}
	if len(refs) > MaxBatch {
		return nil, muster.Errorf(muster.TooLarge, "accounts", "a batch takes at most %d", MaxBatch)
	}
	err = c.write(ctx, caller, func(t *store.Tx) error {
		views = make([]View, len(refs))
		flows, err := store.Defined[muster.Flow](t, caller.Community)
		if err != nil {
			return err
		}
		flow, ok := findDefined(flows, id)
		if !ok {
			return muster.Errorf(muster.NotFound, "flow", "there is no promotion flow %q", id)
		}
		rules, err := t.Rules(caller.Community)
		if err != nil {
			return err
		}
		batch := newID()
		for i, ref := range refs {
			a, err := find(t, caller, ref)
			if err != nil {
				return err
			}
			if err := caller.MayEdit(a.ID, muster.AreaRanks); err != nil { // before it is told what they hold
				return err
			}
			step, err := flow.Step(a.At(c.now(), rules), promote)
			if err != nil {
				return err
			}
			target := Target{Ref: muster.RefID(a.ID), Edit: muster.Edit{Ranks: step}}
			if _, err := c.edit(t, caller, target, deedEdit{batch: batch}, &views[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return views, nil
}

// OnBehalf is a caller who says for whom it acts. History names them, and
// nothing is moved that is above the most powerful of their ranks, unless
// they own the community. A person's credential acts for nobody else.
func (c *Core) OnBehalf(ctx context.Context, caller muster.Caller, ref muster.Ref) (muster.Caller, error) {
	v, err := c.Account(ctx, caller, ref)
	if muster.CodeOf(err) == muster.NotFound {
		return caller, muster.Errorf(muster.Invalid, "for", "no account answers to the one who is said to act")
	}
	if err != nil {
		return caller, err
	}
	if caller.Account != "" && caller.Account != v.ID {
		return caller, muster.Errorf(muster.Forbidden, "for", "this credential acts for its own account only")
	}
	if v.Standing.Out() {
		return caller, muster.Errorf(muster.Forbidden, "for", "the one who is said to act is banned, archived or has left")
	}
	caller.For = v.ID
	if v.Owner {
		return caller, nil
	}
	var power int64
	for _, r := range v.Held {
		power = max(power, r.Power)
	}
	caller.RankPower = min(caller.RankPower, power)
	return caller, nil
}

// forgetRank takes a rank that is about to be deleted from whitelists and from
// flows; a flow of which nothing is left goes with it.
func (c *Core) forgetRank(t *store.Tx, caller muster.Caller, id muster.RankID) error {
	without := func(ids []muster.RankID) []muster.RankID {
		return slices.DeleteFunc(slices.Clone(ids), func(other muster.RankID) bool { return other == id })
	}
	flows, err := store.Defined[muster.Flow](t, caller.Community)
	if err != nil {
		return err
	}
	for _, before := range flows {
		after := before
		if after.Add, after.Remove = without(before.Add), without(before.Remove); len(after.Add)+len(after.Remove) == len(before.Add)+len(before.Remove) {
			continue
		}
		var left any = after
		if len(after.Add)+len(after.Remove) > 0 {
			err = store.PutDefined(t, caller.Community, after)
		} else {
			left, err = nil, store.DeleteDefined[muster.Flow](t, caller.Community, before.ID)
		}
		if err == nil {
			err = c.recordDefinition(t, caller, muster.DeedCatalogue, subject(before), before, left)
		}
		if err != nil {
			return err
		}
	}
	servers, err := t.Servers(caller.Community)
	for _, s := range servers {
		if err == nil {
			s.Whitelist.Ranks, s.Whitelist.Blocked = without(s.Whitelist.Ranks), without(s.Whitelist.Blocked)
			err = c.putServer(t, caller, s)
		}
	}
	return err
}
