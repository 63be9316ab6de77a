package core

import (
	"context"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/store"
)

// Remove is Delete that refuses with Stale where the account's Rev is another
// than ifRev (0: any), and shows the account as it was deleted.
func (c *Core) Remove(ctx context.Context, caller muster.Caller, ref muster.Ref, ifRev int64) (Result, error) {
	return c.live(ctx, caller, ref, ifRev, muster.DeedDelete)
}

// Restore brings back an account that was deleted. It is a Conflict where
// another has its names by now.
func (c *Core) Restore(ctx context.Context, caller muster.Caller, ref muster.Ref, ifRev int64) (Result, error) {
	return c.live(ctx, caller, ref, ifRev, muster.DeedRestore)
}

func (c *Core) live(ctx context.Context, caller muster.Caller, ref muster.Ref, ifRev int64, deed muster.Deed) (Result, error) {
	if err := caller.MayManage(muster.AreaAccounts); err != nil {
		return Result{}, err
	}
	var out Result
	var change *muster.Change
	err := c.write(ctx, caller, func(t *store.Tx) error {
		out, change = Result{}, nil
		seek := find
		if deed == muster.DeedRestore {
			seek = findAnywhere
		}
		a, err := seek(t, caller, ref)
		if err != nil {
			return err
		}
		if err := matches(a, ifRev); err != nil {
			return err
		}
		if a, change, err = c.setDeleted(t, caller, a, deed, deedEdit{}); err != nil {
			return err
		}
		return c.viewNow(t, caller, a.ID, &out.View)
	})
	if err != nil {
		return Result{}, err
	}
	out.Seq = change.Seq
	return out, nil
}

// NoRev is the rev of no account: what a caller expects who expects a state that
// there has never been.
const NoRev = -1

// matches refuses with Stale where an account is not as the caller expects.
func matches(a muster.Account, ifRev int64) error {
	switch ifRev {
	case 0, a.Rev:
		return nil
	case NoRev:
		return muster.Errorf(muster.Stale, "rev", "the account has rev %d, and another state was expected", a.Rev)
	default:
		return muster.Errorf(muster.Stale, "rev", "the account has rev %d, not %d", a.Rev, ifRev)
	}
}
