package core

import (
	"context"
	"slices"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/store"
)

// UndoMany says how the changes that a filter means are taken back.
type UndoMany struct {
	Filter HistoryQuery // Limit aside; with a Member edits alone are taken back, since an account is more than that
	DryRun bool
	Force  bool // even where later changes touched the same members
	Atomic bool // all or none: a conflict keeps all others from being taken back; else each for itself

	// Done is given the results, the newest change first, some at a time; from 0
	// on anew where the transaction is run again. It must not wait for anybody.
	Done func(from int, results []Undone) error
}

// Undone is what became of one change that a filter means.
type Undone struct {
	Change  muster.Change // as the caller may see it
	Outcome UndoOutcome
	By      *muster.Change // that takes it back, as the caller may see it; nil: there is none
	Err     error          // OutcomeRefused: why
}

// UndoOutcome is what became of a wish to take a change back.
type UndoOutcome string

// The outcomes.
const (
	OutcomeUndone  UndoOutcome = "undone"
	OutcomeNothing UndoOutcome = "nothing_left" // all of it has been changed back meanwhile
	OutcomeAlready UndoOutcome = "undone_before"
	OutcomeNoUndo  UndoOutcome = "cannot_be_undone" // a deed of another kind, or no edit where the filter has a Member
	OutcomeRefused UndoOutcome = "refused"          // a conflict, mostly
)

// UndoCount is how many changes came to which end.
type UndoCount struct {
	Batch   string // of the changes that take back; empty: none was written
	Matched int
	By      map[UndoOutcome]int // each outcome
	Refused bool                // Atomic, and one was refused: nothing was written
}

// UndoAll takes back what a filter means, the newest first, as one batch in
// one transaction: readers see all of it or nothing, and writers wait. Changes
// that were taken back before, and those of deeds that cannot be undone, are
// passed over.
func (c *Core) UndoAll(ctx context.Context, caller muster.Caller, u UndoMany) (count UndoCount, err error) {
	if err := caller.MayReadAll(); err != nil {
		return count, err
	}
	if u.Filter.IsZero() {
		return count, muster.Errorf(muster.Invalid, "", "the filter means every change there is: name at least one of its members")
	}
	caller.DryRun = caller.DryRun || u.DryRun
	err = c.writeLarge(ctx, caller, func(t *store.Tx) error {
		count = UndoCount{Batch: newID(), By: map[UndoOutcome]int{OutcomeUndone: 0, OutcomeNothing: 0, OutcomeAlready: 0, OutcomeNoUndo: 0, OutcomeRefused: 0}}
		if err := c.undoAll(t, caller, u, &count); err != nil {
			return err
		}
		if count.Refused = u.Atomic && count.By[OutcomeRefused] > 0; count.Refused {
			return errDry
		}
		return nil
	})
	if caller.DryRun || count.Refused || count.By[OutcomeUndone] == 0 {
		count.Batch = ""
	}
	return count, err
}

func (c *Core) undoAll(t *store.Tx, caller muster.Caller, u UndoMany, count *UndoCount) error {
	rules, err := t.Rules(caller.Community)
	if err != nil {
		return err
	}
	s, err := c.seek(t, caller, u.Filter, rules)
	if err != nil {
		return err
	}
	how := undoing{UndoOptions: UndoOptions{Force: u.Force}, batch: count.Batch, gone: map[int64]bool{}, edits: u.Filter.Member != ""}
	for next := int64(-1); next != 0; {
		var list []found
		if list, next, err = nextTogether(t, &s, rules); err != nil {
			return err
		}
		if count.Matched+len(list) > MaxEdits {
			return muster.Errorf(muster.TooLarge, "", "the filter means more than %d changes; narrow it", MaxEdits)
		}
		results, changes := make([]Undone, len(list)), make([]*muster.Change, len(list))
		undone := map[int64][]int64{}
		if len(list) > 0 {
			if undone, err = t.UndoneBy(caller.Community, list[len(list)-1].whole.Seq, list[0].whole.Seq); err != nil {
				return err
			}
		}
		for _, i := range undoOrder(list) {
			ch := list[i]
			if changes[i], err = c.undoOne(t, caller, ch, undone[ch.whole.Seq], how, &results[i]); err != nil {
				return err
			}
			count.By[results[i].Outcome]++
		}
		if err := t.Flush(); err != nil {
			return err
		}
		for i, by := range changes {
			results[i].By = told(caller, by, rules)
		}
		if err := u.Done(count.Matched, results); err != nil {
			return err
		}
		count.Matched += len(list)
	}
	return nil
}

// togetherAtMost is how many steps of an undo are made one, so that what followed
// from a change is with it.
const togetherAtMost = 20

// nextTogether is the next changes to be taken back. A step that ends within what
// may have followed from a change goes on until that is there, since it goes
// before them.
func nextTogether(t *store.Tx, s *seeker, rules muster.Rules) (list []found, next int64, err error) {
	for range togetherAtMost {
		var more []found
		if more, next, err = s.next(t, bulkStep); err != nil {
			return nil, 0, err
		}
		list = append(list, more...)
		if next == 0 || len(list) == 0 || !mayFollow(list[len(list)-1].whole, rules) {
			break
		}
	}
	return list, next, nil
}

// undoOrder is the order in which changes, the newest first, are taken back: as
// they stand, but that an account came or went goes before what followed from it
// for the values of others. Its undo takes that back: they lead to an account
// again once it is back.
func undoOrder(list []found) (order []int) {
	for i, ch := range list {
		at := len(order)
		for lives(ch.whole.Deed) && at > 0 && follows(list[order[at-1]].whole, ch.whole) {
			at--
		}
		order = slices.Insert(order, at, i)
	}
	return order
}

// lives reports whether a deed is one by which an account comes or goes, and that
// can be taken back.
func lives(d muster.Deed) bool {
	return d == muster.DeedCreate || d == muster.DeedDelete || d == muster.DeedRestore
}

// undoOne takes one of many back, in a savepoint of its own. undone are those
// that took it back already. Only our own failures are returned.
func (c *Core) undoOne(t *store.Tx, caller muster.Caller, done found, undone []int64, how undoing, out *Undone) (by *muster.Change, err error) {
	*out = Undone{Change: done.shown, Outcome: OutcomeNoUndo}
	if done.whole.Deed != muster.DeedEdit && (how.edits || !lives(done.whole.Deed)) {
		return nil, nil
	}
	if by := t.Undoing(caller.Community, done.whole.Seq); by != nil { // with what it followed from
		out.Outcome, how.gone[done.whole.Seq] = OutcomeUndone, true
		return by, nil
	}
	before, err := standing(t, caller.Community, undone, how.gone)
	if err != nil {
		return nil, err
	}
	if before != 0 {
		out.Outcome = OutcomeAlready
		return nil, nil
	}
	err = t.Sub(func() (err error) {
		var v View
		by, err = c.undo(t, caller, done.whole, how, &v)
		return err
	})
	if err != nil && muster.CodeOf(err) == "" {
		return nil, err
	}
	switch out.Err = err; {
	case err != nil:
		out.Outcome = OutcomeRefused
		return nil, nil //nolint:nilerr // it is told as what became of this one
	case by == nil:
		out.Outcome = OutcomeNothing
	default:
		out.Outcome = OutcomeUndone
	}
	how.gone[done.whole.Seq] = true
	return by, nil
}
