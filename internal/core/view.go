package core

import (
	"context"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/store"
)

// View is an account as one caller may see it.
type View struct {
	muster.Account                // Values: those the caller may see, with the read and default ones filled in
	Fields         []muster.Field // the fields that the caller may see, in their order
	Held           []muster.Rank  // the ranks held, the most powerful first
	Owner          bool           // it owns the community
}

// view is the one projection of accounts: everything that leaves the core
// passes it.
func (c *Core) view(caller muster.Caller, a muster.Account, rules muster.Rules, settings muster.Settings) View {
	return viewAt(caller, a, rules, settings, c.now())
}

func viewAt(caller muster.Caller, a muster.Account, rules muster.Rules, settings muster.Settings, at time.Time) View {
	a = a.At(at, rules)
	v := View{Account: a, Fields: rules.Visible(caller, a.ID), Held: a.Held(rules), Owner: a.ID == settings.Owner}
	v.Values = muster.Values{}
	for _, f := range v.Fields {
		if value := a.ValueOf(f); value != nil {
			v.Values[f.ID] = value
		}
	}
	return v
}

// Account reads one account.
func (c *Core) Account(ctx context.Context, caller muster.Caller, ref muster.Ref) (v View, err error) {
	if err := caller.MayRead(); err != nil {
		return v, err
	}
	err = c.read(ctx, caller, func(t *store.Tx, rules muster.Rules, s muster.Settings) error {
		a, err := find(t, caller, ref)
		if err == nil {
			v = c.view(caller, a, rules, s)
		}
		return err
	})
	return v, err
}

// Accounts lists living accounts by number, beginning after a number; limit
// is at most 1,000.
func (c *Core) Accounts(ctx context.Context, caller muster.Caller, after int64, limit int) (list []View, err error) {
	if err := caller.MayReadAll(); err != nil {
		return nil, err
	}
	err = c.read(ctx, caller, func(t *store.Tx, rules muster.Rules, s muster.Settings) error {
		accounts, err := t.Accounts(caller.Community, after, page(limit))
		for _, a := range accounts {
			list = append(list, c.view(caller, a, rules, s))
		}
		return err
	})
	return list, err
}

// page is how many items a list of at most limit has.
func page(limit int) int { return max(0, min(limit, 1000)) }

// read runs fn with a community's rules and settings.
func (c *Core) read(ctx context.Context, caller muster.Caller, fn func(*store.Tx, muster.Rules, muster.Settings) error) error {
	return c.store.Read(ctx, func(t *store.Tx) error {
		community, err := t.Community(caller.Community)
		if err != nil {
			return err
		}
		rules, err := t.Rules(caller.Community)
		if err != nil {
			return err
		}
		return fn(t, rules, community.Settings)
	})
}

// find loads the account that a ref points at.
func find(t *store.Tx, caller muster.Caller, ref muster.Ref) (muster.Account, error) {
	for _, h := range ref {
		id, found, err := t.Find(caller.Community, h)
		if err != nil {
			return muster.Account{}, err
		}
		if found {
			return t.Account(caller.Community, id)
		}
	}
	return muster.Account{}, muster.Errorf(muster.NotFound, "ref", "no account answers to this reference")
}

// findAnywhere is find that sees deleted accounts as well, where no living one
// answers: the one that was deleted last.
func findAnywhere(t *store.Tx, caller muster.Caller, ref muster.Ref) (muster.Account, error) {
	a, err := find(t, caller, ref)
	if muster.CodeOf(err) != muster.NotFound {
		return a, err
	}
	for _, h := range ref {
		id, found, e := t.FindDeleted(caller.Community, h)
		if e != nil {
			return a, e
		}
		if found {
			return t.Account(caller.Community, id)
		}
	}
	return a, err
}
