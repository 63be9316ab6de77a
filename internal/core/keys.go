package core

import (
	"context"
	"slices"
	"strings"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/seal"
	"github.com/muster-accounts/muster/internal/store"
)

// CreateKey adds an API credential and returns it with its secret, which can
// be read this once. An empty id or secret is made; a given secret, of a
// client that is configured already, must be free in all communities. Nobody
// makes a key above their own rights.
func (c *Core) CreateKey(ctx context.Context, caller muster.Caller, k muster.Key, secret string) (muster.Key, string, error) {
	if err := c.endsLater(k); err != nil {
		return k, "", err
	}
	if k.ID == "" {
		k.ID = muster.KeyID(newID())
	}
	if secret == "" {
		secret = seal.NewCredential()
	}
	k, err := c.addKey(ctx, caller, k, func(t *store.Tx, k muster.Key) error {
		return t.InsertKey(caller.Community, k, seal.HashCredential(secret))
	})
	if err != nil || caller.DryRun { // the secret of a key that is not there opens nothing
		return k, "", err
	}
	return k, secret, nil
}

// endsLater refuses a key that is to be dead from the first. One that is taken
// over or imported may be: its history speaks of it.
func (c *Core) endsLater(k muster.Key) error {
	if !k.ExpiresAt.IsZero() && k.ExpiresAt.Before(c.now()) {
		return muster.Errorf(muster.Invalid, "expires_at", "lies in the past")
	}
	return nil
}

// TakeOverKey adds a key that a client has from another server, of whose secret
// only a hash is known: FreeSewing's column as it is, or what else
// seal.ForeignHash takes. Its first use replaces the hash by Muster's own.
func (c *Core) TakeOverKey(ctx context.Context, caller muster.Caller, k muster.Key, hash string) (muster.Key, error) {
	hash, err := seal.ForeignHash(hash)
	if err != nil {
		return k, err
	}
	return c.addKey(ctx, caller, k, func(t *store.Tx, k muster.Key) error {
		return t.InsertForeignKey(caller.Community, k, hash)
	})
}

func (c *Core) addKey(ctx context.Context, caller muster.Caller, k muster.Key, insert func(*store.Tx, muster.Key) error) (muster.Key, error) {
	k.CreatedAt = c.time()
	for _, err := range []error{k.Validate(), mayGive(caller, k), caller.MayMakeCredential(k.Owner, k.Level)} {
		if err != nil {
			return k, err
		}
	}
	err := c.write(ctx, caller, func(t *store.Tx) (err error) {
		if k.Owner, err = owner(t, caller.Community, k.Owner); err != nil {
			return err
		}
		if err := checkOwner(t, caller, k); err != nil {
			return err
		}
		if err := insert(t, k); err != nil {
			return err
		}
		return c.recordKey(t, caller, nil, &k)
	})
	return k, err
}

// adoptKey looks whether a secret is that of a key that was taken over and not
// used yet. Where it is, the key is Muster's own from now on.
func (c *Core) adoptKey(ctx context.Context, cred Credential) (adopted bool, err error) {
	community, err := c.entered(ctx, cred.Community, cred.Dialect)
	if err != nil {
		return false, nil // then it is of no key here
	}
	id, hash := muster.KeyID(strings.ToLower(string(cred.Key))), ""
	err = c.store.Read(ctx, func(t *store.Tx) error {
		hash, err = t.ForeignHash(community.ID, id)
		return err
	})
	if err != nil || hash == "" {
		return false, err
	}
	ok, _, err := seal.VerifyPassword(ctx, hash, cred.Secret)
	if err != nil || !ok {
		return false, err
	}
	err = c.store.WriteIn(ctx, community.ID, func(t *store.Tx) error {
		now, err := t.ForeignHash(community.ID, id)
		if err != nil || now != hash { // another request of the client was quicker
			return err
		}
		k, err := t.Key(community.ID, id)
		if err != nil || !k.OldSecretEnds.IsZero() && !c.now().Before(k.OldSecretEnds) { // it was rotated, and this one has ended
			return err
		}
		return t.AdoptKey(community.ID, id, seal.HashCredential(cred.Secret))
	})
	return err == nil, err
}

// checkOwner keeps an account's key within what the account has: its level,
// and the life of the key that makes it.
func checkOwner(t *store.Tx, caller muster.Caller, k muster.Key) error {
	if k.Owner == "" {
		return nil
	}
	owner, err := t.Account(caller.Community, k.Owner)
	if err != nil {
		return err
	}
	if level := owner.Standing.SignsInAt(); k.Level > level {
		return muster.Errorf(muster.Invalid, "level", "the account has level %d, and so has its key at most", level)
	}
	if caller.Account != k.Owner || caller.Key == "" {
		return nil
	}
	maker, err := t.Key(caller.Community, caller.Key)
	if err == nil && !maker.ExpiresAt.IsZero() && (k.ExpiresAt.IsZero() || k.ExpiresAt.After(maker.ExpiresAt)) {
		err = muster.Errorf(muster.Forbidden, "expires_at", "a key cannot make one that outlives it")
	}
	return err
}

// mayGive checks that a key's rights are not above the caller's own.
func mayGive(caller muster.Caller, k muster.Key) error {
	if k.Level > caller.Level || k.RankPower > caller.RankPower {
		return muster.Errorf(muster.Forbidden, "level", "a key's level and rank power cannot be above its maker's")
	}
	outside := func(a muster.Area) bool { return !slices.Contains(caller.Areas, a) }
	if len(caller.Areas) > 0 && (len(k.Areas) == 0 || slices.ContainsFunc(k.Areas, outside)) {
		return muster.Errorf(muster.Forbidden, "areas", "a key's areas must be among its maker's: %v", caller.Areas)
	}
	return nil
}

// owner is the id of the account that a key is to act for, if any.
func owner(t *store.Tx, c muster.CommunityID, id muster.AccountID) (muster.AccountID, error) {
	if id == "" {
		return "", nil
	}
	found, err := reference(t, c, id)
	return found, muster.Within("owner", err)
}

// UpdateKey lets edit change what a key may do and what it is called; its id,
// secret and times of the past stay. Nobody changes a key that is above their
// own rights, or puts one there.
func (c *Core) UpdateKey(ctx context.Context, caller muster.Caller, id muster.KeyID, edit func(*muster.Key)) (k muster.Key, err error) {
	return c.alterKey(ctx, caller, id, func(t *store.Tx, k *muster.Key) error {
		before := *k
		k.Areas = slices.Clone(before.Areas)
		edit(k)
		k.ID, k.CreatedAt, k.RevokedAt, k.LastUsedAt = before.ID, before.CreatedAt, before.RevokedAt, before.LastUsedAt
		k.FrozenAt, k.OldSecretEnds, k.LimitHits = before.FrozenAt, before.OldSecretEnds, before.LimitHits
		for _, err := range []error{k.Validate(), mayGive(caller, *k)} {
			if err != nil {
				return err
			}
		}
		if !k.ExpiresAt.Equal(before.ExpiresAt) {
			if err := c.endsLater(*k); err != nil {
				return err
			}
		}
		if k.Owner != before.Owner {
			var err error
			if k.Owner, err = owner(t, caller.Community, k.Owner); err != nil {
				return err
			}
		}
		return checkOwner(t, caller, *k)
	})
}

// RevokeKey ends a key at once. A person may end those of the own account, and
// knows of no others.
func (c *Core) RevokeKey(ctx context.Context, caller muster.Caller, id muster.KeyID) error {
	return c.writeAnyhow(ctx, caller, func(t *store.Tx) error {
		before, err := t.Key(caller.Community, id)
		if err != nil {
			return err
		}
		if may := caller.MayManage(muster.AreaKeys); may != nil {
			if caller.Account == "" || before.Owner != caller.Account {
				return may
			}
			if err := caller.MayMakeCredential(before.Owner, 0); err != nil {
				return err
			}
		}
		if !before.RevokedAt.IsZero() {
			return muster.Errorf(muster.Conflict, "", "the key was revoked already")
		}
		after := before
		after.RevokedAt = c.time()
		if err := t.RevokeKey(caller.Community, id, after.RevokedAt); err != nil {
			return err
		}
		return c.recordKey(t, caller, &before, &after)
	})
}

// recordKey notes what was done to a key; a Key holds no secret.
func (c *Core) recordKey(t *store.Tx, caller muster.Caller, before, after *muster.Key) error {
	return c.recordDefinition(t, caller, muster.DeedCredential, "key "+string(after.ID), orNil(before, before != nil), after)
}

// Keys lists a community's keys, the oldest first.
func (c *Core) Keys(ctx context.Context, caller muster.Caller) (list []muster.Key, err error) {
	if err := caller.MayManage(muster.AreaKeys); err != nil {
		return nil, err
	}
	err = c.store.Read(ctx, func(t *store.Tx) error {
		list, err = t.Keys(caller.Community)
		return err
	})
	return list, err
}

// OwnKeys lists the live keys of the caller's own account, the oldest first.
func (c *Core) OwnKeys(ctx context.Context, caller muster.Caller) (list []muster.Key, err error) {
	if err := caller.MayRead(); err != nil || caller.Account == "" {
		return nil, err
	}
	err = c.store.Read(ctx, func(t *store.Tx) error {
		all, err := t.KeysOf(caller.Community, caller.Account)
		list = slices.DeleteFunc(all, func(k muster.Key) bool { return !k.Live(c.now()) })
		return err
	})
	return list, err
}

// SecretInUse reports whether any community has a live key with this secret.
// It answers the server's own machine only.
func (c *Core) SecretInUse(ctx context.Context, secret string) (used bool, err error) {
	err = c.store.Read(ctx, func(t *store.Tx) error {
		community, id, found, err := t.KeyEntry(seal.HashCredential(secret))
		if err != nil || !found {
			return err
		}
		key, err := t.Key(community, id)
		used = err == nil && key.Live(c.now())
		return err
	})
	return used, err
}
