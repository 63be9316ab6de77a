package core

import (
	"context"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/seal"
	"github.com/muster-accounts/muster/internal/store"
)

// LimitHit notes that a caller asked too much; WriteLastUses writes it down.
func (c *Core) LimitHit(caller muster.Caller) {
	if caller.Key == "" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.limited[keyRef{caller.Community, caller.Key}]++
}

// KeyBy is one key by its id.
func (c *Core) KeyBy(ctx context.Context, caller muster.Caller, id muster.KeyID) (k muster.Key, err error) {
	if err := caller.MayManage(muster.AreaKeys); err != nil {
		return k, err
	}
	err = c.store.Read(ctx, func(t *store.Tx) error {
		k, err = t.Key(caller.Community, id)
		return err
	})
	return k, err
}

// maxOverlap is how long the secret before may open, or sign, beside the new one.
const maxOverlap = 30 * 24 * time.Hour

// RotateKey gives a key another secret, which can be read this once. The one
// before opens for overlap more, so that clients can be told the new one.
func (c *Core) RotateKey(ctx context.Context, caller muster.Caller, id muster.KeyID, overlap time.Duration) (k muster.Key, secret string, err error) {
	if overlap < 0 || overlap > maxOverlap {
		return k, "", muster.Errorf(muster.Invalid, "overlap", "must be from nothing to %d hours", int(maxOverlap.Hours()))
	}
	secret = seal.NewCredential()
	k, err = c.alterKey(ctx, caller, id, func(t *store.Tx, k *muster.Key) error {
		k.OldSecretEnds = c.time().Add(overlap)
		return t.RotateKey(caller.Community, id, seal.HashCredential(secret))
	})
	if err != nil || caller.DryRun {
		secret = ""
	}
	return k, secret, err
}

// FreezeKey makes a key open nothing until it is thawed, or thaws it. That can
// be done in a community that is read-only as well.
func (c *Core) FreezeKey(ctx context.Context, caller muster.Caller, id muster.KeyID, frozen bool) (muster.Key, error) {
	return c.alterKey(ctx, caller, id, func(_ *store.Tx, k *muster.Key) error {
		switch {
		case !frozen:
			k.FrozenAt = time.Time{}
		case k.FrozenAt.IsZero():
			k.FrozenAt = c.time()
		}
		return nil
	})
}

// alterKey changes a key that is not above the caller's own rights.
func (c *Core) alterKey(ctx context.Context, caller muster.Caller, id muster.KeyID, do func(*store.Tx, *muster.Key) error) (k muster.Key, err error) {
	if err := caller.MayManage(muster.AreaKeys); err != nil {
		return k, err
	}
	err = c.writeAnyhow(ctx, caller, func(t *store.Tx) error {
		before, err := t.Key(caller.Community, id)
		if err != nil {
			return err
		}
		if !before.RevokedAt.IsZero() {
			return muster.Errorf(muster.Conflict, "", "the key was revoked already")
		}
		if err := mayGive(caller, before); err != nil {
			return err
		}
		k = before
		if err := do(t, &k); err != nil || sameDefinition(before, k) {
			return err
		}
		if err := t.UpdateKey(caller.Community, k); err != nil {
			return err
		}
		return c.recordKey(t, caller, &before, &k)
	})
	return k, err
}
