package core

import (
	"context"
	"slices"
	"strings"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/store"
)

// UndoOptions say how a change is taken back.
type UndoOptions struct {
	DryRun bool
	Force  bool // even where later changes touched the same members
}

// Undo takes one change back, and records that as a change of its own. It
// fails with Conflict, naming the members, where later changes touched what
// it would overwrite; and with Invalid for deeds that cannot be undone.
func (c *Core) Undo(ctx context.Context, caller muster.Caller, seq int64, opts UndoOptions) (Result, error) {
	if err := caller.MayReadAll(); err != nil {
		return Result{}, err
	}
	caller.DryRun = caller.DryRun || opts.DryRun
	var result Result
	var change *muster.Change
	err := c.write(ctx, caller, func(t *store.Tx) error {
		result, change = Result{}, nil
		rules, err := t.Rules(caller.Community)
		if err != nil {
			return err
		}
		done, _, err := changeFor(t, caller, seq, rules)
		if err != nil {
			return muster.Within("seq", err)
		}
		change, err = c.undo(t, caller, done, undoing{UndoOptions: opts}, &result.View)
		return err
	})
	if err != nil {
		return Result{}, err
	}
	if change != nil {
		result.Seq = change.Seq
	}
	return result, nil
}

// undoing is how changes are taken back within a transaction.
type undoing struct {
	UndoOptions
	batch string         // of what is recorded; empty: it is one alone
	gone  map[int64]bool // changes that were taken back in this transaction
}

// undo takes one change back within a transaction.
func (c *Core) undo(t *store.Tx, caller muster.Caller, done muster.Change, how undoing, out *View) (*muster.Change, error) {
	opposite := map[muster.Deed]muster.Deed{
		muster.DeedCreate: muster.DeedDelete, muster.DeedDelete: muster.DeedRestore, muster.DeedRestore: muster.DeedDelete,
	}
	if deed, ok := opposite[done.Deed]; ok {
		return c.undoLife(t, caller, done, deed, how, out)
	}
	if done.Deed != muster.DeedEdit {
		return nil, muster.Errorf(muster.Invalid, "seq", "a change of the kind %q cannot be undone", done.Deed)
	}
	ref := muster.RefID(done.Account)
	now, err := find(t, caller, ref)
	if err != nil {
		return nil, err
	}
	rules, err := t.Rules(caller.Community)
	if err != nil {
		return nil, err
	}
	e := muster.Undo(done.Before.At(c.now()), done.After) // nothing comes back that has run out since
	later := muster.Touched(done.Before, done.After, now, rules)
	e, gone := rules.Possible(e)
	if err := mayEditFields(caller, now.ID, e.Values, rules); err != nil {
		return nil, err
	}
	if later = append(later, gone...); len(later) > 0 && !how.Force {
		return nil, muster.Errorf(muster.Conflict, later[0], "was changed again since change %d (touched: %s)", done.Seq, strings.Join(later, ", "))
	}
	return c.edit(t, caller, Target{Ref: ref, Edit: e}, deedEdit{batch: how.batch, undoes: done.Seq}, out)
}

// undoLife takes back that an account was made, deleted or restored, unless
// somebody decided on that anew.
func (c *Core) undoLife(t *store.Tx, caller muster.Caller, done muster.Change, deed muster.Deed, how undoing, out *View) (*muster.Change, error) {
	a, err := t.Account(caller.Community, done.Account)
	if err != nil {
		return nil, err
	}
	decided, err := decidedAnew(t, done, how.gone)
	if err != nil {
		return nil, err
	}
	if decided && !how.Force {
		return nil, muster.Errorf(muster.Conflict, "", "the account was deleted or restored again since change %d", done.Seq)
	}
	a, change, err := c.setDeleted(t, caller, a, deed, deedEdit{batch: how.batch, undoes: done.Seq})
	if err != nil {
		return nil, err
	}
	return change, c.viewNow(t, caller, a.ID, out)
}

// decidedAnew reports whether an account was deleted or restored since a
// change. What is taken back with it does not count, nor does what takes that
// back.
func decidedAnew(t *store.Tx, done muster.Change, gone map[int64]bool) (bool, error) {
	list, err := t.DecidedSince(done.Community, done.Account, done.Seq)
	return slices.ContainsFunc(list, func(later muster.Change) bool { return !gone[later.Seq] && !gone[later.Undoes] }), err
}
