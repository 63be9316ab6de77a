package core

import (
	"context"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/store"
)

// MaxEdits is how many edits one Bulk has, and how many changes one UndoAll
// takes back.
const MaxEdits = 100_000

// bulkStep is how many of them are in memory at a time.
const bulkStep = 500

// Bulk is a batch of edits that need not be in memory all at once.
type Bulk struct {
	Len  int
	Edit func(i int) (Target, error) // the edit at an index, the same whenever asked; an error refuses this one

	// Done is given the results in order, some at a time; from 0 on anew where
	// the transaction is run again. With Atomic, and in a dry run, the
	// transaction is not over yet, and Done must not wait for anybody.
	Done func(from int, results []Result) error
}

// ChangeAll does a batch of edits that may be large, and gives back the id
// that their changes have in common. With Atomic, and in a dry run, it is one
// transaction: readers see all of it or nothing, and writers wait until it is
// over. Without, it is one transaction for every few hundred edits, between
// which others get their turn; what was done stays, whatever comes after.
func (c *Core) ChangeAll(ctx context.Context, caller muster.Caller, b Bulk, opts Options) (batch string, err error) {
	if b.Len > MaxEdits {
		return "", muster.Errorf(muster.TooLarge, "", "a batch takes at most %d edits", MaxEdits)
	}
	batch = newID()
	caller.DryRun = caller.DryRun || opts.DryRun
	if opts.Atomic || caller.DryRun {
		return batch, c.writeLarge(ctx, caller, func(t *store.Tx) error {
			for from := 0; from < b.Len; from += bulkStep {
				results, changes, err := c.batch(t, caller, b.part(from), opts, batch)
				if err == nil {
					err = t.Flush()
				}
				if err == nil {
					err = c.finish(t, caller, results, changes)
				}
				if err == nil {
					err = b.Done(from, results)
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	for from := 0; from < b.Len; from += bulkStep {
		results, err := c.changePart(ctx, caller, b.part(from), opts, batch)
		if err != nil && from == 0 {
			return "", err
		}
		if err != nil { // those before are done, and are told so; these are not
			results = make([]Result, b.part(from).len)
			for i := range results {
				results[i].Err = err
			}
		}
		if err := b.Done(from, results); err != nil {
			return batch, err
		}
	}
	return batch, nil
}

// part is some of the edits of a batch.
type part struct {
	from, len int
	edit      func(i int) (Target, error) // i counts from the beginning of the batch
}

func (b Bulk) part(from int) part { return part{from, min(bulkStep, b.Len-from), b.Edit} }

// changePart does some edits in a transaction of their own.
func (c *Core) changePart(ctx context.Context, caller muster.Caller, p part, opts Options, batch string) (results []Result, err error) {
	var changes []*muster.Change
	var rules muster.Rules
	err = c.write(ctx, caller, func(t *store.Tx) error {
		results, changes, err = c.batch(t, caller, p, opts, batch)
		if err == nil {
			rules, err = t.Rules(caller.Community)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	tell(caller, results, changes, rules)
	return results, nil
}

// finish tells results what their changes were, which have their numbers now.
func (c *Core) finish(t *store.Tx, caller muster.Caller, results []Result, changes []*muster.Change) error {
	rules, err := t.Rules(caller.Community)
	tell(caller, results, changes, rules)
	return err
}

func tell(caller muster.Caller, results []Result, changes []*muster.Change, rules muster.Rules) {
	for i, ch := range changes {
		if results[i].Change = told(caller, ch, rules); ch != nil {
			results[i].Seq = results[i].Change.Seq
		}
	}
}

// told is a change as its caller is told of it; in a dry run it has no number.
func told(caller muster.Caller, ch *muster.Change, rules muster.Rules) *muster.Change {
	if ch == nil {
		return nil
	}
	shown := seen(caller, *ch, rules)
	if caller.DryRun {
		shown.Seq = 0
	}
	return &shown
}
