package core

import (
	"context"
	"fmt"
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
// it would overwrite, or where the change was taken back already, unless there
// is nothing left to do; and with Invalid for deeds that cannot be undone.
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
			return err
		}
		before, err := takenBack(t, caller.Community, seq, nil)
		if err != nil {
			return err
		}
		change, err = c.undo(t, caller, done, undoing{UndoOptions: opts}, &result.View)
		if before != 0 && !opts.Force && (change != nil || muster.CodeOf(err) == muster.Conflict) {
			return muster.Errorf(muster.Conflict, "", "change %d was taken back already, by change %d", seq, before)
		}
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
	edits bool           // edits alone; what else there is is passed over
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
	now, err := t.Account(caller.Community, done.Account)
	if err != nil {
		return nil, err
	}
	if !now.DeletedAt.IsZero() {
		return nil, muster.Errorf(muster.Conflict, "", "the account of change %d is deleted", done.Seq)
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
		return nil, changedAgain(done, later, rules)
	}
	return c.edit(t, caller, Target{Ref: ref, Edit: e}, deedEdit{batch: how.batch, undoes: done.Seq}, out)
}

// changedAgain refuses to take a change back since members that it touched were
// changed later. Values go by the keys of their fields, as accounts have them.
func changedAgain(done muster.Change, later []string, rules muster.Rules) error {
	for i, member := range later {
		id, isValue := strings.CutPrefix(member, "values.")
		if f, defined := rules.Fields[muster.FieldID(id)]; isValue && defined {
			later[i] = "values." + f.Key
		}
	}
	err := muster.Errorf(muster.Conflict, "", "was changed again since change %d (touched: %s)", done.Seq, strings.Join(later, ", "))
	if key, isValue := strings.CutPrefix(later[0], "values."); isValue { // there may be dots in it
		return withinValue(muster.FieldID(key), err)
	}
	return muster.Within(later[0], err)
}

// undoLife takes back that an account was made, deleted or restored, unless
// something was done since that stands: it was decided on anew, or edited where
// it would be deleted, which would lose that work.
func (c *Core) undoLife(t *store.Tx, caller muster.Caller, done muster.Change, deed muster.Deed, how undoing, out *View) (*muster.Change, error) {
	a, err := t.Account(caller.Community, done.Account)
	if err != nil {
		return nil, err
	}
	deeds := [3]muster.Deed{muster.DeedDelete, muster.DeedRestore}
	if deed == muster.DeedDelete {
		deeds[2] = muster.DeedEdit
	}
	since, err := t.Since(done, deeds)
	if err != nil {
		return nil, err
	}
	if later, stands := standingSince(since, done, how); stands && !how.Force {
		return nil, decidedAnew(t, caller, done, later)
	}
	a, change, err := c.setDeleted(t, caller, a, deed, deedEdit{batch: how.batch, undoes: done.Seq})
	if err != nil {
		return nil, err
	}
	return change, c.viewNow(t, caller, a.ID, out)
}

// standingSince is the newest of an account's changes since one that stands in
// the way of taking that back: whatever decided on the account's life, and edits
// that are taken back neither earlier nor in this transaction, and do not
// themselves take back such a change. What this undo or time has brought about
// is nobody's work.
func standingSince(since []muster.Change, done muster.Change, how undoing) (muster.Change, bool) {
	down := map[int64]bool{}   // taken back by one that stands
	for _, ch := range since { // the newest first: what takes back comes before what it takes back
		taken, edit := down[ch.Seq], ch.Deed == muster.DeedEdit
		if how.gone[ch.Seq] || edit && taken {
			continue
		}
		if ch.Undoes != 0 && !taken {
			down[ch.Undoes] = true
		}
		ours, byTime := ch.Batch != "" && ch.Batch == how.batch, ch.By.Dialect == dialectTime
		if !ours && !(edit && (ch.Undoes > done.Seq || byTime)) {
			return ch, true
		}
	}
	return muster.Change{}, false
}

// decidedAnew refuses to take a change back since a later one stands, which it
// names where the caller may see that.
func decidedAnew(t *store.Tx, caller muster.Caller, done, later muster.Change) error {
	did := map[muster.Deed]string{muster.DeedEdit: "changed", muster.DeedDelete: "deleted", muster.DeedRestore: "restored"}[later.Deed]
	by := ""
	if later.Seq != 0 { // else it is a neighbour's, and has no number yet
		rules, err := t.Rules(caller.Community)
		if err != nil {
			return err
		}
		_, _, err = changeFor(t, caller, later.Seq, rules)
		if err != nil && muster.CodeOf(err) != muster.NotFound {
			return err
		}
		if err == nil {
			by = fmt.Sprintf(", by change %d", later.Seq)
		}
	}
	return muster.Errorf(muster.Conflict, "", "the account was %s since change %d%s", did, done.Seq, by)
}
