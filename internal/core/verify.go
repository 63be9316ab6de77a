package core

import (
	"context"
	"errors"
	"fmt"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/store"
)

// Finding is something that is not as it should be.
type Finding struct {
	Account muster.AccountID `json:"account,omitempty"`
	Member  string           `json:"member,omitempty"` // in the words of muster.Change.Touched; also "deleted" and "rev"
	Text    string           `json:"text"`
}

// Verified is what was looked at.
type Verified struct {
	Community muster.CommunityID `json:"community"`
	Accounts  int64              `json:"accounts"` // those that were replayed
	Erased    int64              `json:"erased"`   // whose history was blanked
	Changes   int64              `json:"changes"`
	Findings  int64              `json:"findings"`
}

// Verify replays the history of every account of a community from the change
// that made it, or from its baseline, and reports where the account is not what
// comes of it; and that the numbers of changes have no gap. It is for the
// server's own machine only, and may run while the community is in use: each
// account is read together with its history.
//
// Numbers, times, pictures' content, clocks, credentials and the catalogue are
// not in the history of an account, or not whole, and cannot be replayed. Of
// somebody who was erased history says nothing.
func (c *Core) Verify(ctx context.Context, id muster.CommunityID, report func(Finding)) (v Verified, err error) {
	v.Community = id
	note := func(f Finding) {
		v.Findings++
		report(f)
	}
	if err := c.verifyNumbers(ctx, &v, note); err != nil {
		return v, err
	}
	for last := int64(-1); ; {
		var ids []muster.AccountID
		err := c.store.Read(ctx, func(t *store.Tx) (err error) {
			var to int64
			if ids, to, err = t.AccountIDs(id, last, exportAtOnce); len(ids) > 0 {
				last = to
			}
			return err
		})
		if err != nil || len(ids) == 0 {
			return v, err
		}
		for _, account := range ids {
			if err := c.verifyAccount(ctx, &v, account, note); err != nil {
				return v, err
			}
		}
	}
}

// maxStrangers is how many accounts are named that history alone knows.
const maxStrangers = 100

func (c *Core) verifyNumbers(ctx context.Context, v *Verified, note func(Finding)) error {
	var gap, last int64
	var strangers []muster.AccountID
	err := c.store.Read(ctx, func(t *store.Tx) (err error) {
		if _, v.Changes, err = t.CountRows(v.Community); err != nil {
			return err
		}
		if last, err = t.LastSeq(v.Community); err == nil {
			gap, err = t.Gap(v.Community)
		}
		if err == nil {
			strangers, err = t.Strangers(v.Community, maxStrangers)
		}
		return err
	})
	if gap > 0 {
		note(Finding{Text: fmt.Sprintf("history has a gap: there is no change %d, and %d are to be there", gap, last)})
	}
	for _, id := range strangers {
		note(Finding{Account: id, Text: "history tells of the account, which is not there"})
	}
	return err
}

// verifyAccount reads an account and its history in one view, of its own: where
// one cannot be read, the others still are.
func (c *Core) verifyAccount(ctx context.Context, v *Verified, id muster.AccountID, note func(Finding)) error {
	var is, replayed muster.Account
	err := c.store.Read(ctx, func(t *store.Tx) (err error) {
		if is, err = t.Account(v.Community, id); err != nil {
			return err
		}
		if is.ErasedAt.IsZero() {
			replayed, err = replay(t, v.Community, id)
		}
		return err
	})
	if muster.CodeOf(err) == muster.Unavailable || ctx.Err() != nil {
		return errors.Join(err, ctx.Err())
	}
	if err != nil { // which is what is to be told
		note(Finding{Account: id, Text: "cannot be read: " + err.Error()})
		return nil //nolint:nilerr // the others can be looked at all the same
	}
	if !is.ErasedAt.IsZero() {
		v.Erased++
		return nil
	}
	v.Accounts++
	for _, f := range differences(replayed, is) {
		note(f)
	}
	return nil
}

// replay is what comes of an account's history.
func replay(t *store.Tx, c muster.CommunityID, id muster.AccountID) (muster.Account, error) {
	a := muster.Account{Community: c, ID: id}
	for last := int64(0); ; {
		list, err := t.ChangesOfAfter(c, id, last, exportAtOnce)
		if err != nil || len(list) == 0 {
			return a, err
		}
		for _, ch := range list {
			a, last = a.Replay(ch), ch.Seq
		}
	}
}

func differences(replayed, is muster.Account) (list []Finding) {
	note := func(member, text string) { list = append(list, Finding{is.ID, member, text}) }
	if replayed.Rev == 0 {
		note("", "history does not know it")
		return list
	}
	was, now := muster.Diff(replayed, is)
	for _, member := range (muster.Change{Before: was, After: now}).Touched() {
		note(member, "is not what its history makes of it")
	}
	if replayed.DeletedAt.IsZero() != is.DeletedAt.IsZero() {
		note("deleted", "is not what its history makes of it")
	}
	if replayed.Rev != is.Rev {
		note("rev", fmt.Sprintf("is %d, and history has %d changes of it", is.Rev, replayed.Rev))
	}
	return list
}

// Damage is what the database engine itself finds wrong with its files.
func (c *Core) Damage(ctx context.Context) ([]string, error) { return c.store.Damage(ctx) }
