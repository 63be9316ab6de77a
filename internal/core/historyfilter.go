package core

import (
	"slices"
	"strings"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/store"
)

// checkFilter refuses a filter that names what there is not: whoever misspelt
// it must not be told that nothing was done. A key that was revoked is there.
func checkFilter(t *store.Tx, caller muster.Caller, f HistoryQuery, rules muster.Rules) error {
	if f.Key != "" {
		if _, err := t.Key(caller.Community, f.Key); err != nil {
			return muster.Within("key", err)
		}
	}
	if f.Deed != "" && !slices.Contains(muster.Deeds, f.Deed) {
		return muster.Errorf(muster.Invalid, "deed", "must be one of %v", muster.Deeds)
	}
	if err := checkBatch(t, caller, f.Batch, rules); err != nil {
		return err
	}
	return checkDialect(t, caller, f.Dialect)
}

// checkBatch refuses a batch of which the caller may see nothing as one that is
// not there.
func checkBatch(t *store.Tx, caller muster.Caller, batch string, rules muster.Rules) error {
	if batch == "" {
		return nil
	}
	s := seeker{caller: caller, rules: rules, filter: store.ChangeFilter{Batch: batch}}
	last, err := t.LastSeq(caller.Community)
	if err != nil {
		return err
	}
	s.filter.Before = last + 1
	for next := int64(-1); next != 0; {
		var list []found
		if list, next, err = s.next(t, 1); err != nil || len(list) > 0 {
			return err
		}
	}
	return muster.Errorf(muster.NotFound, "batch", "there is no batch %s", muster.Quote(batch))
}

// checkDialect refuses a name that is neither served here, nor the operator's or
// the clock's, nor of any change: one that was switched off has left some.
func checkDialect(t *store.Tx, caller muster.Caller, name string) error {
	if name == "" {
		return nil
	}
	community, err := t.Community(caller.Community)
	known := append(slices.Clone(community.Settings.Dialects), muster.DialectCommand, dialectTime)
	if err != nil || slices.Contains(known, name) {
		return err
	}
	list, err := t.ChangesOf(caller.Community, store.ChangeFilter{Dialect: name}, 1)
	if err == nil && len(list) == 0 {
		err = muster.Errorf(muster.Invalid, "dialect", "nothing was done by %s; there are %s", muster.Quote(name), strings.Join(known, ", "))
	}
	return err
}
