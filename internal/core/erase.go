package core

import (
	"context"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/store"
)

// Erase removes an account for good, with all that is personal of it: its
// members, its pictures, what history and mails say of it, its credentials.
// History keeps who did what to which id, and when. Whoever it is of may do
// so, from LevelUser on; for others it is an administrator's deed. A deleted
// account can be erased as well. It is Stale where the account's Rev is another
// than ifRev (0: any). Where it has an address, a last mail tells of it.
func (c *Core) Erase(ctx context.Context, caller muster.Caller, ref muster.Ref, ifRev int64) (seq int64, err error) {
	change := &muster.Change{Deed: muster.DeedErase}
	err = c.write(ctx, caller, func(t *store.Tx) error {
		a, err := findAnywhere(t, caller, ref)
		if err != nil {
			return err
		}
		if caller.Account == "" || caller.Account != a.ID {
			err = caller.MayManage(muster.AreaAccounts)
		} else {
			_, err = own(t, caller)
		}
		if err != nil {
			return err
		}
		if !a.ErasedAt.IsZero() {
			return muster.Errorf(muster.Conflict, "", "the account was erased already")
		}
		if err := matches(a, ifRev); err != nil {
			return err
		}
		change.Account = a.ID
		return c.erase(t, caller, a, change)
	})
	if err == nil {
		c.store.Scrub()
	}
	return change.Seq, err
}

func (c *Core) erase(t *store.Tx, caller muster.Caller, a muster.Account, change *muster.Change) error {
	now := c.time()
	keys, err := t.KeysOf(a.Community, a.ID)
	if err != nil {
		return err
	}
	ids := make([]muster.KeyID, len(keys))
	for i, k := range keys {
		ids[i] = k.ID
		if k.RevokedAt.IsZero() {
			if err := t.RevokeKey(a.Community, k.ID, now); err != nil {
				return err
			}
		}
	}
	list, err := followers(t, a, muster.Account{Community: a.Community, ID: a.ID, DeletedAt: now})
	if err != nil {
		return err
	}
	change.Batch = batchFor("", len(list))
	if err := t.EraseChanges(a.Community, a.ID, ids); err != nil {
		return err
	}
	if err := t.EraseAccount(a.Community, a.ID, now); err != nil {
		return err
	}
	if err := c.disown(t, caller, a); err != nil {
		return err
	}
	c.record(t, caller, change)
	if err := c.unlink(t, caller, list, nil, change.Batch); err != nil {
		return err
	}
	if a.Email == "" || a.Standing.SignIn == muster.SignInInactive { // nobody has proven that it is theirs
		return nil
	}
	return c.queueMail(t, a.Community, a.ID, muster.MailRemoved, muster.MailContent{To: a.Email, Language: a.Language, Name: a.Username, Forget: true})
}

// disown leaves a community without its owner, where that was the account.
func (c *Core) disown(t *store.Tx, caller muster.Caller, a muster.Account) error {
	before, err := t.Community(a.Community)
	if err != nil || before.Settings.Owner != a.ID {
		return err
	}
	after := before
	after.Settings.Owner = ""
	if err := t.UpdateCommunity(after); err != nil {
		return err
	}
	return c.recordDefinition(t, caller, muster.DeedCatalogue, "community", before, after)
}
