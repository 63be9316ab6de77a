package core

import (
	"context"
	"errors"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/store"
)

// How many changes one transaction forgets, and how many transactions of a
// community there are at each call of ForgetHistory: others want to write as well.
const (
	forgetStep  = 200
	forgetSteps = 50
)

// ForgetHistory takes from history, in all communities, what is older than their
// settings have it, some thousands of changes at a time; it is called now and
// then. For each account that they were about a baseline stands in their
// place: replay begins there, and nothing before can be read or undone. Of who
// was erased nothing stays.
func (c *Core) ForgetHistory(ctx context.Context) error {
	list, err := c.Communities(ctx)
	for _, community := range list {
		if community.Settings.HistoryDays > 0 {
			err = errors.Join(err, c.forgetHistory(ctx, community))
		}
	}
	return err
}

func (c *Core) forgetHistory(ctx context.Context, community muster.Community) error {
	before := c.now().AddDate(0, 0, -community.Settings.HistoryDays)
	for range forgetSteps {
		var from store.Forgotten
		var to int64
		err := c.store.Read(ctx, func(t *store.Tx) (err error) {
			if from, err = t.Forgotten(community.ID); err == nil {
				to, err = t.Forgettable(community.ID, before)
			}
			return err
		})
		if err != nil || to <= from.Seq {
			return err
		}
		err = c.store.WriteIn(ctx, community.ID, func(t *store.Tx) error {
			return forgetSome(t, community.ID, from, min(to, from.Seq+forgetStep))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// forgetSome forgets the changes behind one up to another.
func forgetSome(t *store.Tx, c muster.CommunityID, from store.Forgotten, end int64) error {
	changes, err := t.EveryChange(c, from.Seq, int(end-from.Seq))
	if err != nil {
		return err
	}
	to := store.Forgotten{Seq: end, At: from.At}
	of := map[muster.AccountID][]muster.Change{}
	var ids []muster.AccountID
	for _, ch := range changes {
		if ch.At.After(to.At) { // clocks differ
			to.At = ch.At
		}
		if !ch.Deed.Replayed() && ch.Deed != muster.DeedErase {
			continue
		}
		if of[ch.Account] == nil {
			ids = append(ids, ch.Account)
		}
		of[ch.Account] = append(of[ch.Account], ch)
	}
	var baselines []muster.Change
	for _, id := range ids {
		is, err := t.Account(c, id) // which keeps it from being erased meanwhile
		if err == nil && is.ErasedAt.IsZero() {
			var ch muster.Change
			ch, err = baseline(t, is, from.Seq, of[id])
			baselines = append(baselines, ch)
		}
		if err != nil && muster.CodeOf(err) != muster.NotFound {
			return err
		}
	}
	return t.Forget(c, from, to, ids, baselines)
}

// baseline is an account's, after changes that are to be forgotten, from the
// one that it has, or from nothing.
func baseline(t *store.Tx, is muster.Account, forgotten int64, changes []muster.Change) (muster.Change, error) {
	before, err := t.ChangesOf(is.Community, store.ChangeFilter{Account: is.ID, Before: forgotten + 1, Deed: muster.DeedBaseline}, 1)
	a := muster.Account{Community: is.Community, ID: is.ID}
	for _, ch := range append(before, changes...) {
		a = a.Replay(ch)
	}
	return a.Baseline(changes[len(changes)-1]), err
}

// kept is Gone where history does not tell any more what followed a moment. What is
// forgotten it gives back.
func kept(t *store.Tx, c muster.CommunityID, then Moment) (store.Forgotten, error) {
	f, err := t.Forgotten(c)
	if err == nil && then.Seq < f.Seq && then.At.Before(f.At) { // one of the two is zero
		err = muster.Errorf(muster.Gone, "", "history is kept from change %d on, and this was before", f.Seq+1)
	}
	return f, err
}
