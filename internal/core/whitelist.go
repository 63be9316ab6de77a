package core

import (
	"context"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/store"
)

// Whitelisted asks a game server's whitelist for an account. It fails with
// NotFound, and Field "server" where there is no such server, or "ref" where
// nobody answers to the reference.
func (c *Core) Whitelisted(ctx context.Context, caller muster.Caller, server int64, ref muster.Ref) (v View, admission muster.Admission, err error) {
	if err := caller.MayRead(); err != nil {
		return v, "", err
	}
	err = c.read(ctx, caller, func(t *store.Tx, rules muster.Rules, s muster.Settings) error {
		gate, err := t.Server(caller.Community, server)
		if err != nil {
			return err
		}
		a, err := find(t, caller, ref)
		if err != nil {
			return err
		}
		v = c.view(caller, a, rules, s)
		admission = gate.Whitelist.Admit(v.Account, v.Owner)
		return nil
	})
	return v, admission, err
}

// maxWhitelist is how many accounts a whole whitelist may have.
const maxWhitelist = 100_000

// Whitelist lists everybody whom a game server lets in, by number. It is whole
// or refused: a client that keeps it would lock out whoever is missing.
func (c *Core) Whitelist(ctx context.Context, caller muster.Caller, server int64) (list []View, err error) {
	if err := caller.MayReadAll(); err != nil {
		return nil, err
	}
	err = c.read(ctx, caller, func(t *store.Tx, rules muster.Rules, settings muster.Settings) error {
		gate, err := t.Server(caller.Community, server)
		if err != nil {
			return err
		}
		in := store.Standing{Joined: muster.Some(true), Archived: muster.Some(false)}
		if !gate.Whitelist.Everybody {
			in.Ranks = gate.Whitelist.Ranks
		}
		if gate.Whitelist.Everybody || len(in.Ranks) > 0 {
			err = c.admitted(t, caller, gate, in, rules, settings, &list)
		}
		if err != nil {
			return err
		}
		return c.admitOwner(t, caller, gate, rules, settings, &list)
	})
	return list, err
}

// admitted adds those who pass a filter and whom a whitelist lets in.
func (c *Core) admitted(t *store.Tx, caller muster.Caller, gate muster.Server, filter store.Standing, rules muster.Rules, settings muster.Settings, list *[]View) error {
	for after := int64(-1); ; {
		accounts, err := t.AccountsOf(caller.Community, filter, after, 1000)
		if err != nil || len(accounts) == 0 {
			return err
		}
		for _, a := range accounts {
			after = a.Number
			if v := c.view(caller, a, rules, settings); gate.Whitelist.Admit(v.Account, v.Owner).LetsIn() {
				*list = append(*list, v)
			}
		}
		if len(*list) > maxWhitelist {
			return muster.Errorf(muster.TooLarge, "server", "this whitelist has more than %d accounts; ask for one at a time", maxWhitelist)
		}
	}
}

// admitOwner adds the community's owner, who is let in without being listed.
func (c *Core) admitOwner(t *store.Tx, caller muster.Caller, gate muster.Server, rules muster.Rules, settings muster.Settings, list *[]View) error {
	for _, v := range *list {
		if v.Owner {
			return nil
		}
	}
	if settings.Owner == "" {
		return nil
	}
	a, err := t.Account(caller.Community, settings.Owner)
	if err != nil || !a.DeletedAt.IsZero() {
		return err
	}
	if v := c.view(caller, a, rules, settings); gate.Whitelist.Admit(v.Account, true).LetsIn() {
		*list = append(*list, v)
	}
	return nil
}
