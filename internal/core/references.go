package core

import (
	"context"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/store"
)

// maxChart is how many accounts may stand above one in a chart.
const maxChart = 100

// reference is the id of the living account that an id, written in any case,
// leads to.
func reference(t *store.Tx, c muster.CommunityID, id muster.AccountID) (muster.AccountID, error) {
	return firstOf(t, c, muster.RefID(id), string(id))
}

// meant is the id of the living account that a value of an account field
// names: by id, else by username, e-mail address or number, in that order. The
// id goes first, since a username can be chosen to look like another's id.
func meant(t *store.Tx, c muster.CommunityID, text string) (muster.AccountID, error) {
	return firstOf(t, c, muster.Ref{
		{By: muster.ByID, Value: text}, {By: muster.ByUsername, Value: text},
		{By: muster.ByEmail, Value: text}, {By: muster.ByNumber, Value: text},
	}, text)
}

func firstOf(t *store.Tx, c muster.CommunityID, ref muster.Ref, shown string) (muster.AccountID, error) {
	for _, h := range ref {
		if id, found, err := t.Find(c, h); err != nil || found {
			return id, err
		}
	}
	return "", muster.Errorf(muster.Invalid, "", "there is no account %s", muster.Quote(shown))
}

var errCircle = muster.Errorf(muster.Invalid, "", "would lead from the account back to itself")

// checkChart walks up a chart from the account that self is to stand below,
// and refuses where that leads back to self. No value leads to an account that
// was deleted.
func checkChart(t *store.Tx, self muster.Account, f muster.Field, above muster.AccountID) error {
	for range maxChart {
		if above == self.ID {
			return errCircle
		}
		next, err := t.Account(self.Community, above)
		if muster.CodeOf(err) == muster.NotFound {
			return nil
		}
		if err != nil {
			return err
		}
		further, ok := next.Values[f.ID].(muster.Text)
		if !ok {
			return nil
		}
		above = muster.AccountID(further)
	}
	return muster.Errorf(muster.Invalid, "", "more than %d accounts would stand above this one", maxChart)
}

// Usernames are what living accounts are called now, by id: values of account
// fields keep ids, so that a rename breaks none. Those that are gone are left
// out.
func (c *Core) Usernames(ctx context.Context, caller muster.Caller, ids []muster.AccountID) (map[muster.AccountID]string, error) {
	names := map[muster.AccountID]string{}
	err := caller.MayRead()
	if err != nil || len(ids) == 0 {
		return names, err
	}
	err = c.read(ctx, caller, func(t *store.Tx, _ muster.Rules, _ muster.Settings) error {
		for _, id := range ids {
			a, err := t.Account(caller.Community, id)
			switch {
			case muster.CodeOf(err) == muster.NotFound:
			case err != nil:
				return err
			case a.DeletedAt.IsZero():
				names[id] = a.Username
			}
		}
		return nil
	})
	return names, err
}
