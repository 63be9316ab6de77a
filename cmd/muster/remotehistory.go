package main

import (
	"context"
	"errors"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/client"
	"github.com/muster-accounts/muster/internal/core"
)

// filter is a filter of history as the server takes it. The account that it
// names may be a deleted one, which cannot be looked up before: try is called
// with one way after the other of pointing at it, until one leads to somebody.
func (r *remote) filter(ctx context.Context, q core.HistoryQuery, try func(client.ChangeFilter) error) error {
	f := client.ChangeFilter{
		Key: q.Key, Batch: q.Batch, Dialect: q.Dialect, Deed: q.Deed, Member: q.Member, After: q.After, Before: q.Before,
		Since: q.Since, Until: q.Till, PageSize: min(q.Limit, 1000),
	}
	if q.By != nil {
		by, err := r.find(ctx, q.By)
		if muster.CodeOf(err) == muster.NotFound {
			return muster.Errorf(muster.NotFound, "by", "no account answers to this reference")
		}
		if err != nil {
			return err
		}
		f.By = client.ID(by.ID)
	}
	if q.Account == nil {
		return plain(try(f))
	}
	missing := muster.Errorf(muster.NotFound, "ref", "no account answers to this reference")
	for _, h := range q.Account {
		var ok bool
		if f.Account, ok = refOf(h); h.By == muster.ByEmail {
			a, err := r.find(ctx, muster.Ref{h})
			if f.Account, ok = client.ID(a.ID), err == nil; err != nil && muster.CodeOf(err) != muster.NotFound {
				return err
			}
		}
		if !ok {
			continue
		}
		if err := plain(try(f)); muster.CodeOf(err) != muster.NotFound {
			return err
		}
	}
	return missing
}

// Changes is as many changes as were asked for; there may be more where they
// are all there.
func (r *remote) Changes(ctx context.Context, _ muster.Caller, q core.HistoryQuery) (out core.HistoryPage, err error) {
	err = r.filter(ctx, q, func(f client.ChangeFilter) error {
		out = core.HistoryPage{}
		for ch, err := range r.client.Changes(ctx, f) {
			if err != nil {
				return err
			}
			out.Changes = append(out.Changes, muster.Change{
				Seq: ch.Seq, At: ch.At, Deed: ch.Deed, Account: ch.Account, Subject: ch.Subject, By: muster.Actor(ch.By), Batch: ch.Batch, Undoes: ch.Undoes,
				Before: ch.Before, After: ch.After,
			})
			if len(out.Changes) == f.PageSize {
				out.Next = ch.Seq
				break
			}
		}
		return nil
	})
	return out, err
}

func (r *remote) Undo(ctx context.Context, _ muster.Caller, seq int64, opts core.UndoOptions) (core.Result, error) {
	a, err := r.client.Undo(ctx, seq, client.UndoOptions{Force: opts.Force}, dryRun(opts.DryRun)...)
	return r.viewed(ctx, a, err)
}

// UndoAll takes back what a filter means. Where the server refuses all of it, it
// is asked once more what would become of each change.
func (r *remote) UndoAll(ctx context.Context, _ muster.Caller, u core.UndoMany) (count core.UndoCount, err error) {
	err = r.filter(ctx, u.Filter, func(f client.ChangeFilter) error {
		how := client.UndoOptions{Force: u.Force, Each: !u.Atomic}
		out, err := r.client.UndoAll(ctx, f, how, dryRun(u.DryRun)...)
		if errors.Is(err, client.ErrConflict) {
			out, err = r.client.UndoAll(ctx, f, how, client.DryRun())
		}
		if err != nil {
			return err
		}
		count = core.UndoCount{Batch: out.Batch, Matched: out.Matched, By: map[core.UndoOutcome]int{}}
		for outcome, n := range out.Counts {
			count.By[core.UndoOutcome(outcome)] = n
		}
		count.Refused = u.Atomic && count.By[core.OutcomeRefused] > 0
		results := make([]core.Undone, len(out.Results))
		for i, one := range out.Results {
			results[i] = core.Undone{Change: muster.Change{Seq: one.Seq, Account: one.Account}, Outcome: core.UndoOutcome(one.Outcome)}
			if one.Before != nil && one.After != nil {
				results[i].By = &muster.Change{Seq: one.By, Deed: one.Deed, Account: one.Account, Before: *one.Before, After: *one.After}
			}
			if one.Error != nil {
				results[i].Err = muster.Errorf(muster.Conflict, one.Error.Member, "%s", one.Error.Detail)
			}
		}
		return u.Done(0, results)
	})
	return count, err
}
