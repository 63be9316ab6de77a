package core

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/store"
)

// Values of account fields lead to accounts. What follows here happens to the
// values of others when an account comes, goes or is called something else: in
// the same transaction, as changes of those accounts in the batch of the deed
// that they follow from, and by right of that deed.

// await is the value that waits for a name, or the id of whoever goes by it.
func await(t *store.Tx, a muster.Account, f muster.Field, name muster.Awaited) (muster.Value, error) {
	if _, err := meant(t, a.Community, string(name)); muster.CodeOf(err) != muster.Invalid {
		return resolve(t, a, f, muster.Text(name), muster.Rules{})
	}
	for _, own := range []string{a.Username, a.Email, strconv.FormatInt(a.Number, 10), string(a.ID)} {
		if f.Chart && strings.EqualFold(own, string(name)) { // what the account is about to be called nobody finds yet
			return nil, errCircle
		}
	}
	return name, nil
}

// followers are the values of others that are touched by what becomes of an
// account: those that lead to it where it goes, those that wait for it where
// it comes or is called something else.
func followers(t *store.Tx, before, after muster.Account) (list []store.Reference, err error) {
	was, is := before.ID != "" && before.DeletedAt.IsZero(), after.DeletedAt.IsZero()
	switch {
	case was && !is:
		list, err = t.ReferencesTo(after.Community, after.ID)
	case !was && is, is && (before.Username != after.Username || before.Email != after.Email || before.Number != after.Number):
		list, err = t.WaitingFor(after)
	}
	return slices.DeleteFunc(list, func(r store.Reference) bool { return r.Account == after.ID }), err
}

// batchFor is the batch of a deed from which something follows, or not.
func batchFor(batch string, follows int) string {
	if batch == "" && follows > 0 {
		return newID()
	}
	return batch
}

// relink gives the values of one account's fields, nil for none, and keeps the
// change. Its fields may be gone from the catalogue.
func (c *Core) relink(t *store.Tx, caller muster.Caller, before muster.Account, values muster.Values, deed deedEdit) error {
	after := before
	after.Values = maps.Clone(before.Values)
	for id, v := range values {
		if v == nil {
			delete(after.Values, id)
		} else {
			after.Values[id] = v
		}
	}
	_, _, err := c.saveEdit(t, caller, before, after, deed)
	return err
}

// eachHolder calls fn for every account that references are of, with its
// fields.
func eachHolder(t *store.Tx, c muster.CommunityID, list []store.Reference, fn func(holder muster.Account, fields []muster.FieldID) error) error {
	for len(list) > 0 {
		id := list[0].Account
		var fields []muster.FieldID
		for len(list) > 0 && list[0].Account == id {
			fields, list = append(fields, list[0].Field), list[1:]
		}
		holder, err := t.Account(c, id)
		if err == nil {
			err = fn(holder, fields)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// unlink clears values that lead to an account that is removed. given are the
// changes that made them lead to it when it came, where that is taken back.
func (c *Core) unlink(t *store.Tx, caller muster.Caller, list []store.Reference, given []muster.Change, batch string) error {
	by := map[muster.AccountID]muster.Change{}
	for _, ch := range given {
		by[ch.Account] = ch
	}
	return eachHolder(t, caller.Community, list, func(holder muster.Account, fields []muster.FieldID) error {
		values := muster.Values{}
		for _, id := range fields {
			values[id] = nil
		}
		deed := deedEdit{batch: batch}
		ch := by[holder.ID]
		others := maps.Clone(ch.After.Values)
		for _, id := range fields {
			delete(others, id)
		}
		if len(others) == 0 { // all that it gave is cleared
			deed.undoes = ch.Seq
		}
		return c.relink(t, caller, holder, values, deed)
	})
}

// link makes values that wait for an account lead to it. One that would
// close a circle waits no longer.
func (c *Core) link(t *store.Tx, caller muster.Caller, come muster.Account, list []store.Reference, batch string) error {
	if len(list) == 0 {
		return nil
	}
	rules, err := t.Rules(caller.Community)
	if err != nil {
		return err
	}
	return eachHolder(t, caller.Community, list, func(holder muster.Account, fields []muster.FieldID) error {
		values := muster.Values{}
		for _, id := range fields {
			f, defined := rules.Fields[id]
			if !defined {
				continue // it may come back, and waits until then
			}
			fits, err := fits(t, holder, f, come.ID)
			if err != nil {
				return err
			}
			values[id] = nil
			if fits {
				values[id] = muster.Text(come.ID)
			}
		}
		if len(values) == 0 {
			return nil
		}
		return c.relink(t, caller, holder, values, deedEdit{batch: batch})
	})
}

// fits reports whether an account may stand above another in a field's chart,
// if it has one.
func fits(t *store.Tx, holder muster.Account, f muster.Field, above muster.AccountID) (bool, error) {
	if !f.Chart {
		return true, nil
	}
	err := checkChart(t, holder, f, above)
	if muster.CodeOf(err) == muster.Invalid {
		return false, nil
	}
	return err == nil, err
}

// follows reports whether a change followed from one by which its account came
// or went, and which is of the same batch: it did nothing but to make values lead
// to that account, or to clear those that did.
func follows(ch, from muster.Change) bool {
	if ch.Batch == "" || ch.Batch != from.Batch || ch.Deed != muster.DeedEdit {
		return false
	}
	if from.Deed == muster.DeedDelete && ch.Undoes == 0 {
		return true // also where the values are not known any more, since whose they were was erased
	}
	for id := range ch.Before.Values {
		before, after := ch.Before.Values[id], ch.After.Values[id]
		if from.Deed == muster.DeedDelete {
			before, after = after, before
		}
		if _, waited := before.(muster.Awaited); before != nil && !waited || after != muster.Text(from.Account) {
			return false
		}
	}
	return valuesAlone(ch)
}

// mayFollow reports whether a change may have followed from another, whichever.
func mayFollow(ch muster.Change, rules muster.Rules) bool {
	for id := range ch.Before.Values {
		if rules.Fields[id].Type != muster.TypeAccount {
			return false
		}
	}
	return ch.Batch != "" && ch.Deed == muster.DeedEdit && valuesAlone(ch)
}

// valuesAlone reports whether a change touched values, and nothing else.
func valuesAlone(ch muster.Change) bool {
	touched := len(ch.Before.Values) > 0
	ch.Before.Values, ch.After.Values = nil, nil
	return touched && ch.Before.IsZero() && ch.After.IsZero()
}

// followed are the changes that followed from one by which an account came or
// went, by its number; 0: from none.
func followed(t *store.Tx, c muster.CommunityID, seq int64) ([]muster.Change, error) {
	if seq == 0 {
		return nil, nil
	}
	from, err := t.Change(c, seq)
	if err != nil {
		return nil, err
	}
	return t.RestOfBatch(from, func(ch muster.Change) bool { return follows(ch, from) })
}

// restoreLinks gives back to others the values that were cleared when an
// account was deleted, but for those that were set anew, or that the chart has
// no place for any more.
func (c *Core) restoreLinks(t *store.Tx, caller muster.Caller, back muster.Account, cleared []muster.Change, batch string) error {
	if len(cleared) == 0 {
		return nil
	}
	rules, err := t.Rules(caller.Community)
	if err != nil {
		return err
	}
	for _, ch := range cleared {
		holder, err := t.Account(caller.Community, ch.Account)
		if err != nil {
			return err
		}
		values := muster.Values{}
		for id, was := range ch.Before.Values {
			f, defined := rules.Fields[id]
			if !muster.SameValue(was, muster.Text(back.ID)) || holder.Values[id] != nil || !defined {
				continue
			}
			fits, err := fits(t, holder, f, back.ID)
			if err != nil {
				return err
			}
			if fits {
				values[id] = was
			}
		}
		if len(values) == 0 {
			continue
		}
		if err := c.relink(t, caller, holder, values, deedEdit{batch: batch, undoes: ch.Seq}); err != nil {
			return err
		}
	}
	return nil
}
