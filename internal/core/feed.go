package core

import (
	"context"
	"slices"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/store"
)

// errNotHere is for a number of another history, such as one of before a restore.
var errNotHere = muster.Errorf(muster.Gone, "", "the changes behind this number are not all there; read accounts anew and follow from now on")

// FeedPlace is where a feed begins that is to go on behind a change; 0 is for
// what happens from now on. It is Gone where the changes behind it are not all
// there, so that whoever follows them would miss some.
func (c *Core) FeedPlace(ctx context.Context, caller muster.Caller, after muster.Opt[int64]) (place int64, err error) {
	if err := caller.MayReadAll(); err != nil {
		return 0, err
	}
	err = c.store.Read(ctx, func(t *store.Tx) error {
		last, err := t.LastSeq(caller.Community)
		if place = after.Or(last); place > last { // it comes from another history
			return errNotHere
		}
		if err == nil {
			_, err = kept(t, caller.Community, Moment{Seq: place})
		}
		return err
	})
	return place, err
}

// Feed lists what happened behind a change, of the kinds that were asked for
// and as the caller may see it, the earliest first. next is the change up to
// which it was looked; more says that there are others. It is Gone as for
// FeedPlace.
func (c *Core) Feed(ctx context.Context, caller muster.Caller, after int64, kinds []muster.EventKind) (list []Event, next int64, more bool, err error) {
	if err := caller.MayReadAll(); err != nil {
		return nil, after, false, err
	}
	next = after
	err = c.read(ctx, caller, func(t *store.Tx, rules muster.Rules, _ muster.Settings) error {
		changes, err := t.ChangesAfter(caller.Community, after)
		for _, ch := range changes {
			if next++; ch.Seq != next || ch.Deed == muster.DeedBaseline { // there are gaps only in what is forgotten
				return errNotHere
			}
			shown, ok := shownTo(caller, ch, rules)
			event := eventOf(ch)
			event.Change = shown
			if ok && (len(kinds) == 0 || slices.ContainsFunc(kinds, event.Kind.Matches)) {
				list = append(list, event)
			}
		}
		more = len(changes) > 0
		return err
	})
	return list, next, more, err
}
