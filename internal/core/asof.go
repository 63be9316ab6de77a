package core

import (
	"context"
	"maps"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/store"
)

// Moment is a point in a community's history: behind the change Seq or, where
// that is 0, at a time.
type Moment struct {
	Seq int64
	At  time.Time
}

// AccountThen is an account as it was: members, ranks, identities and standing
// as history has them, read with today's fields and by today's rights. It is
// NotFound where there was no such account yet, and Gone where history is kept
// from later on.
func (c *Core) AccountThen(ctx context.Context, caller muster.Caller, ref muster.Ref, then Moment) (v View, err error) {
	if err := caller.MayReadAll(); err != nil { // as for history
		return v, err
	}
	err = c.read(ctx, caller, func(t *store.Tx, rules muster.Rules, s muster.Settings) error {
		a, err := findAnywhere(t, caller, ref)
		if err != nil {
			return err
		}
		if then, err = c.moment(t, caller, then); err != nil {
			return err
		}
		if a, err = c.rewind(t, a, then); err != nil {
			return err
		}
		v = viewAt(caller, a, withRanks(rules, a), s, then.At)
		return nil
	})
	return v, err
}

// moment is a moment by number and by time. At a time, all that happened by
// then has happened.
func (c *Core) moment(t *store.Tx, caller muster.Caller, then Moment) (Moment, error) {
	last, err := t.LastSeq(caller.Community)
	if err != nil {
		return then, err
	}
	forgotten, err := kept(t, caller.Community, then)
	if err != nil {
		return then, muster.Within("at", err)
	}
	switch then.Seq {
	case 0:
	case forgotten.Seq:
		then.At = forgotten.At
		return then, nil
	default:
		if then.Seq > last {
			return then, muster.Errorf(muster.NotFound, "at", "there is no change %d yet", then.Seq)
		}
		ch, err := t.Change(caller.Community, then.Seq)
		then.At = ch.At
		return then, err
	}
	after, before, err := t.SeqsBetween(caller.Community, then.At, then.At)
	if err != nil {
		return then, err
	}
	// Of those around the time, the newest that is not later.
	found, err := t.ChangesOf(caller.Community, store.ChangeFilter{After: after, Before: before, Till: then.At.Add(time.Microsecond)}, 1)
	if then.Seq = after; len(found) > 0 {
		then.Seq = found[0].Seq
	}
	return then, err
}

// rewind takes an account back through its history.
func (c *Core) rewind(t *store.Tx, a muster.Account, then Moment) (muster.Account, error) {
	wentBack := false // over a restoring: it was deleted before
	for filter := (store.ChangeFilter{Account: a.ID, After: then.Seq}); ; {
		list, err := t.ChangesOf(a.Community, filter, seekStep)
		if err != nil {
			return a, err
		}
		for _, ch := range list {
			filter.Before = ch.Seq
			switch ch.Deed {
			case muster.DeedCreate:
				return a, muster.Errorf(muster.NotFound, "ref", "there was no such account yet")
			case muster.DeedEdit:
				a = a.Before(ch)
			case muster.DeedDelete:
				a.DeletedAt, wentBack = time.Time{}, false
			case muster.DeedRestore:
				wentBack = true
			default: // which changes no member that is shown
				continue
			}
			a.Rev--
		}
		if len(list) < seekStep {
			break
		}
	}
	return c.settle(t, a, then, wentBack)
}

// settle gives a rewound account the times that it had.
func (c *Core) settle(t *store.Tx, a muster.Account, then Moment, deleted bool) (muster.Account, error) {
	newest := func(is func(muster.Deed) bool) (at time.Time, err error) {
		for filter := (store.ChangeFilter{Account: a.ID, Before: then.Seq + 1}); ; {
			list, err := t.ChangesOf(a.Community, filter, 50)
			for _, ch := range list {
				if filter.Before = ch.Seq; is(ch.Deed) {
					return ch.At, err
				}
			}
			if err != nil || len(list) == 0 {
				return a.CreatedAt, err
			}
		}
	}
	var err error
	if a.UpdatedAt, err = newest(muster.Deed.Replayed); err == nil && deleted {
		a.DeletedAt, err = newest(func(d muster.Deed) bool { return d == muster.DeedDelete || d == muster.DeedBaseline })
	}
	return a, err
}

// withRanks are the rules, with the ranks that an account held and that are no
// more by their ids.
func withRanks(rules muster.Rules, a muster.Account) muster.Rules {
	ranks := maps.Clone(rules.Ranks)
	for _, g := range a.Ranks {
		if _, there := ranks[g.Rank]; !there {
			ranks[g.Rank] = muster.Rank{ID: g.Rank, Label: string(g.Rank)}
		}
	}
	rules.Ranks = ranks
	return rules
}
