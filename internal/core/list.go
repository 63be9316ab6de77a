package core

import (
	"context"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/store"
)

// MaxSkip is how many accounts a list may skip.
const MaxSkip = 1_000_000

// ListQuery asks for a page of accounts by how they stand; absent members
// filter nothing.
type ListQuery struct {
	Joined, Active, Archived, Banned muster.Opt[bool]
	Skip                             int64
	Take                             int // at most 1,000
}

// List is a page of accounts, and how many there are on all pages.
type List struct {
	Accounts []View
	Total    int64
}

// List lists living accounts by number. What has run out is over before it is
// filtered by.
func (c *Core) List(ctx context.Context, caller muster.Caller, q ListQuery) (list List, err error) {
	if err := caller.MayReadAll(); err != nil {
		return List{}, err
	}
	if q.Skip < 0 || q.Skip > MaxSkip {
		return List{}, muster.Errorf(muster.Invalid, "skip", "must be from 0 to %d", MaxSkip)
	}
	if err := c.lapse(ctx, caller.Community); err != nil {
		return List{}, err
	}
	filter := store.Standing{Joined: q.Joined, Active: q.Active, Archived: q.Archived, Banned: q.Banned}
	err = c.read(ctx, caller, func(t *store.Tx, rules muster.Rules, s muster.Settings) error {
		accounts, err := t.PageOfAccounts(caller.Community, filter, q.Skip, int64(page(q.Take)))
		if err != nil {
			return err
		}
		for _, a := range accounts {
			list.Accounts = append(list.Accounts, c.view(caller, a, rules, s))
		}
		list.Total, err = t.CountAccounts(caller.Community, filter)
		return err
	})
	return list, err
}

// Sync tells those who follow an account of it again, as it stands: what has
// run out is over first.
func (c *Core) Sync(ctx context.Context, caller muster.Caller, ref muster.Ref) (v View, seq int64, err error) {
	if err := c.lapse(ctx, caller.Community); err != nil {
		return View{}, 0, err
	}
	change := &muster.Change{Deed: muster.DeedSync}
	err = c.write(ctx, caller, func(t *store.Tx) error {
		a, err := find(t, caller, ref)
		if err != nil {
			return err
		}
		if err := caller.MayEdit(a.ID); err != nil {
			return err
		}
		change.Account = a.ID
		c.record(t, caller, change)
		return c.viewNow(t, caller, a.ID, &v)
	})
	return v, change.Seq, err
}
