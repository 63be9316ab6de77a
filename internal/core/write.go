package core

import (
	"context"
	"errors"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/store"
)

// errDry ends a dry run's transaction without a trace.
var errDry = errors.New("dry run")

// write runs a caller's deed in a transaction: every deed that a caller asks
// for goes through here. It is refused in a community that is read-only. A
// caller who asked for a dry run gets the answer that the deed would have had,
// numbers of changes aside, and nothing of the deed stays.
func (c *Core) write(ctx context.Context, caller muster.Caller, fn func(*store.Tx) error) error {
	return c.writeAnyhow(ctx, caller, func(t *store.Tx) error {
		if err := mayWriteIn(t, caller); err != nil {
			return err
		}
		return fn(t)
	})
}

// mayWriteIn refuses what is asked of a community that is read-only. A dry run
// writes nothing.
func mayWriteIn(t *store.Tx, caller muster.Caller) error {
	if caller.DryRun {
		return nil
	}
	community, err := t.Community(caller.Community)
	if err == nil && community.Settings.ReadOnly {
		err = muster.Errorf(muster.ReadOnly, "community", "the community is read-only for now")
	}
	return err
}

// writeLarge is write for what writes much: see store.WriteAlone.
func (c *Core) writeLarge(ctx context.Context, caller muster.Caller, fn func(*store.Tx) error) error {
	return c.run(ctx, caller, c.store.WriteAlone, func(t *store.Tx) error {
		if err := mayWriteIn(t, caller); err != nil {
			return err
		}
		return fn(t)
	})
}

// writeAnyhow is write for what must be possible in a community that is
// read-only as well: to make it writable again, and to end or freeze keys.
func (c *Core) writeAnyhow(ctx context.Context, caller muster.Caller, fn func(*store.Tx) error) error {
	return c.run(ctx, caller, c.store.WriteIn, fn)
}

// run runs fn by a way of writing, and rolls a dry run back.
func (c *Core) run(ctx context.Context, caller muster.Caller, by func(context.Context, muster.CommunityID, func(*store.Tx) error) error, fn func(*store.Tx) error) error {
	err := by(ctx, caller.Community, func(t *store.Tx) error {
		err := fn(t)
		if err == nil && caller.DryRun {
			err = errDry
		}
		return err
	})
	if errors.Is(err, errDry) {
		err = nil
	}
	return err
}
