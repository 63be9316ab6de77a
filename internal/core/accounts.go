package core

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/store"
)

// NewAccount is an account to be created. What it brings of id, number and
// times stays valid; what it lacks is made.
type NewAccount struct {
	ID        muster.AccountID
	Number    int64
	Custom    bool // the number was chosen, not counted
	JoinedAt  time.Time
	LastLogin time.Time
	Clock     []muster.ClockRow
	Edit      muster.Edit // everything else; the name defaults to the username
	Password  *Password   // nil: it has none
}

// Create adds accounts, all or none.
func (c *Core) Create(ctx context.Context, caller muster.Caller, list []NewAccount) (views []View, err error) {
	if err := caller.MayManage(muster.AreaAccounts); err != nil {
		return nil, err
	}
	if len(list) > MaxBatch {
		return nil, muster.Errorf(muster.TooLarge, "", "at most %d accounts can be created at once", MaxBatch)
	}
	batch := ""
	if len(list) > 1 {
		batch = newID()
	}
	err = c.write(ctx, caller, func(t *store.Tx) error {
		views = make([]View, 0, len(list))
		for _, n := range list {
			v, _, err := c.create(t, caller, n, batch)
			if err != nil {
				return err
			}
			views = append(views, v)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return views, nil
}

// create adds one account for a caller who may.
func (c *Core) create(t *store.Tx, caller muster.Caller, n NewAccount, batch string) (View, *muster.Change, error) {
	blank, err := c.blank(t, caller, n)
	if err != nil {
		return View{}, nil, err
	}
	rules, err := t.Rules(caller.Community)
	if err != nil {
		return View{}, nil, err
	}
	if !n.Edit.Name.Set {
		n.Edit.Name = n.Edit.Username
	}
	if !n.Edit.Username.Set {
		return View{}, nil, muster.Errorf(muster.Invalid, "username", "is required")
	}
	a, err := c.apply(t, caller, blank, n.Edit, rules)
	if err != nil {
		return View{}, nil, err
	}
	for _, id := range rules.Order {
		if f := rules.Fields[id]; f.Required && a.ValueOf(f) == nil {
			return View{}, nil, withinValue(f.ID, muster.Errorf(muster.Invalid, "", "is required"))
		}
	}
	a.Rev = 1
	if err := t.InsertAccount(a); err != nil {
		return View{}, nil, err
	}
	waiting, err := followers(t, muster.Account{}, a)
	if err != nil {
		return View{}, nil, err
	}
	batch = batchFor(batch, len(waiting))
	_, is := muster.Diff(muster.Account{}, a)
	change := &muster.Change{Deed: muster.DeedCreate, Account: a.ID, Batch: batch, After: is}
	c.record(t, caller, change)
	if err := c.link(t, caller, a, waiting, batch); err != nil {
		return View{}, nil, err
	}
	if n.Password != nil {
		if _, err := c.setPassword(t, caller, a, n.Password, batch); err != nil {
			return View{}, nil, err
		}
	}
	if a, err = t.Account(a.Community, a.ID); err != nil {
		return View{}, nil, err
	}
	community, err := t.Community(caller.Community)
	return c.view(caller, a, rules, community.Settings), change, err
}

// blank is a new account before its edit: who it is, and since when.
func (c *Core) blank(t *store.Tx, caller muster.Caller, n NewAccount) (muster.Account, error) {
	now := c.time()
	a := muster.Account{
		Community: caller.Community, ID: muster.AccountID(strings.ToLower(string(n.ID))), Number: n.Number, CustomNumber: n.Custom,
		Standing: muster.Standing{Joined: true, SignIn: muster.SignInInactive},
		Clock:    n.Clock, JoinedAt: n.JoinedAt, LastLogin: n.LastLogin, CreatedAt: now, UpdatedAt: now,
	}
	if a.JoinedAt.IsZero() {
		a.JoinedAt = a.CreatedAt
	}
	if a.ID == "" {
		a.ID = muster.AccountID(newID())
	}
	if _, err := uuid.Parse(string(a.ID)); err != nil || len(a.ID) != 36 {
		return a, muster.Errorf(muster.Invalid, "id", "must be a UUID")
	}
	if a.Number < 0 || a.Number > muster.MaxNumber {
		return a, muster.Errorf(muster.Invalid, "number", "must be from 0 to %d", int64(muster.MaxNumber))
	}
	for i, row := range a.Clock {
		if err := row.Validate(); err != nil {
			return a, muster.Within("clock."+strconv.Itoa(i), err)
		}
	}
	if err := checkNew(t, a); err != nil || a.Number != 0 {
		return a, err
	}
	number, err := t.NextNumber(caller.Community)
	a.Number = number
	return a, err
}

// Delete hides accounts softly: Undo brings them back. Values of others that
// lead to it are cleared; Undo gives those back as well.
func (c *Core) Delete(ctx context.Context, caller muster.Caller, ref muster.Ref) (seq int64, err error) {
	if err := caller.MayManage(muster.AreaAccounts); err != nil {
		return 0, err
	}
	var change *muster.Change
	err = c.write(ctx, caller, func(t *store.Tx) error {
		a, err := find(t, caller, ref)
		if err != nil {
			return err
		}
		_, change, err = c.setDeleted(t, caller, a, muster.DeedDelete, deedEdit{})
		return err
	})
	if err != nil {
		return 0, err
	}
	return change.Seq, nil
}

// setDeleted hides an account or shows it again, and does what follows from
// that to the values of others.
func (c *Core) setDeleted(t *store.Tx, caller muster.Caller, before muster.Account, deed muster.Deed, of deedEdit) (muster.Account, *muster.Change, error) {
	if err := caller.MayManage(muster.AreaAccounts); err != nil {
		return before, nil, err
	}
	after := before
	after.DeletedAt = time.Time{}
	if deed == muster.DeedDelete {
		after.DeletedAt = c.time()
	}
	if before.DeletedAt.IsZero() == after.DeletedAt.IsZero() {
		return before, nil, muster.Errorf(muster.Conflict, "", "the account is %sd already", deed)
	}
	if !before.ErasedAt.IsZero() {
		return before, nil, muster.Errorf(muster.Conflict, "", "the account was erased, which is for good")
	}
	if deed == muster.DeedRestore {
		if err := checkFree(t, muster.Account{Number: after.Number}, after); err != nil {
			return before, nil, err
		}
	}
	undone, err := followed(t, caller.Community, of.undoes) // which is taken back as well
	if err != nil {
		return before, nil, err
	}
	list, err := followers(t, before, after)
	if err != nil {
		return before, nil, err
	}
	change := &muster.Change{Deed: deed, Account: after.ID, Batch: batchFor(of.batch, len(list)+len(undone)), Undoes: of.undoes}
	if after, err = c.save(t, caller, before, after, change); err != nil {
		return after, nil, err
	}
	if deed == muster.DeedDelete {
		return after, change, c.unlink(t, caller, list, undone, change.Batch)
	}
	if err := c.restoreLinks(t, caller, after, undone, change.Batch); err != nil {
		return after, nil, err
	}
	return after, change, c.link(t, caller, after, list, change.Batch)
}
