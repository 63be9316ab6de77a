package core

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/store"
)

// MaxBatch is how many targets one Change takes, and how many accounts one
// Create.
const MaxBatch = 10_000

// Target is one edit of one account.
type Target struct {
	Ref    muster.Ref
	Edit   muster.Edit
	IfRev  int64       // refuse with Stale where the account's Rev is another; 0: any
	Create *NewAccount // made, in place of the edit, where Ref finds nobody; nil: NotFound
	Fresh  bool        // refuse with Conflict where Ref finds somebody

	Password *Password // becomes the account's own; nil: it stays
	Picture  *Picture  // becomes the account's own; nil: see Edit.Picture
	DropMFA  bool      // one-time codes are asked for no more; an administrator's deed
	NewEmail *NewEmail // is mailed to, and becomes the account's when that is answered; nil: see Edit.Email
}

// Options say how a batch is done.
type Options struct {
	DryRun bool // answer what would be, and write nothing
	Atomic bool // all or none; else each for itself
}

// Result is what became of one Target.
type Result struct {
	View    View           // the account as committed (or, in a dry run, as it would be)
	Created bool           // it was made
	Seq     int64          // the number of the Change; 0 where nothing had to be changed, and in a dry run
	Change  *muster.Change // what was recorded, as the caller may see it; nil where nothing had to be changed. ChangeAll alone tells
	Err     error          // in a batch that is not atomic: why this one was refused
}

// Change edits accounts: the one way to do so, for one or for thousands. With
// Atomic the first refusal is returned and nothing is written; without, each
// Result has its own Err. Results come in the order of targets.
func (c *Core) Change(ctx context.Context, caller muster.Caller, targets []Target, opts Options) ([]Result, error) {
	if len(targets) > MaxBatch {
		return nil, muster.Errorf(muster.TooLarge, "", "a batch takes at most %d edits", MaxBatch)
	}
	caller.DryRun = caller.DryRun || opts.DryRun
	var results []Result
	var changes []*muster.Change
	all := part{len: len(targets), edit: func(i int) (Target, error) { return targets[i], nil }}
	err := c.write(ctx, caller, func(t *store.Tx) (err error) {
		id := ""
		if len(targets) > 1 {
			id = newID()
		}
		results, changes, err = c.batch(t, caller, all, opts, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	for i, ch := range changes {
		if ch != nil {
			results[i].Seq = ch.Seq
		}
	}
	return results, nil
}

// batch does edits within a transaction, in order. Where one of those that have
// a batch's id ends an atomic batch, the error's Field begins with "targets."
// and its index.
func (c *Core) batch(t *store.Tx, caller muster.Caller, p part, opts Options, id string) ([]Result, []*muster.Change, error) {
	results, changes := make([]Result, p.len), make([]*muster.Change, p.len)
	for i := range results {
		do := func() error {
			target, err := p.edit(p.from + i)
			if err == nil {
				changes[i], err = c.target(t, caller, target, id, &results[i])
			}
			return err
		}
		if opts.Atomic {
			err := do()
			if err != nil && id != "" {
				err = muster.Within("targets."+strconv.Itoa(p.from+i), err)
			}
			if err != nil {
				return nil, nil, err
			}
			continue
		}
		if err := t.Sub(do); err != nil {
			if muster.CodeOf(err) == "" {
				return nil, nil, err // our own failure is nobody's refusal
			}
			results[i], changes[i] = Result{Err: err}, nil
		}
	}
	return results, changes, nil
}

// target does one target of a batch. One that may create is run once more
// where it meets a Conflict: another process may have been quicker, and then
// its account is there now.
func (c *Core) target(t *store.Tx, caller muster.Caller, target Target, batch string, out *Result) (change *muster.Change, err error) {
	do := func() error {
		*out = Result{}
		if target.Create != nil || target.Fresh {
			_, err := find(t, caller, target.Ref)
			switch {
			case err == nil && target.Fresh:
				return muster.Errorf(muster.Conflict, "ref", "an account answers to this reference already")
			case muster.CodeOf(err) == muster.NotFound && target.Create != nil:
				change, err = c.createFor(t, caller, *target.Create, batch, out)
				return err
			}
		}
		change, err = c.edit(t, caller, target, deedEdit{batch: batch}, &out.View)
		return err
	}
	if target.Create == nil {
		err = do()
		return change, err
	}
	if err = t.Sub(do); muster.CodeOf(err) == muster.Conflict {
		err = t.Sub(do)
	}
	return change, err
}

// createFor makes the account that a target's reference did not find.
func (c *Core) createFor(t *store.Tx, caller muster.Caller, n NewAccount, batch string, out *Result) (change *muster.Change, err error) {
	if err := caller.MayManage(muster.AreaAccounts); err != nil {
		return nil, err
	}
	out.View, change, err = c.create(t, caller, n, batch)
	out.Created = err == nil
	return change, err
}

// Edit is Change for one account.
func (c *Core) Edit(ctx context.Context, caller muster.Caller, ref muster.Ref, e muster.Edit) (View, error) {
	results, err := c.Change(ctx, caller, []Target{{Ref: ref, Edit: e}}, Options{Atomic: true})
	if err != nil {
		return View{}, err
	}
	return results[0].View, nil
}

// deedEdit is what history says of an edit beside its caller.
type deedEdit struct {
	batch  string
	undoes int64
}

// edit does one target within a transaction. The Change is nil where nothing
// had to be changed.
func (c *Core) edit(t *store.Tx, caller muster.Caller, target Target, deed deedEdit, out *View) (*muster.Change, error) {
	if err := caller.MayRead(); err != nil { // else refusals would tell which accounts there are
		return nil, err
	}
	before, err := find(t, caller, target.Ref)
	if err != nil {
		return nil, err
	}
	rules, err := t.Rules(caller.Community)
	if err != nil {
		return nil, err
	}
	if p := target.Picture; p != nil {
		if err := t.PutImage(before.Community, before.ID, p.Name, p.Content, c.time()); err != nil {
			return nil, err
		}
		target.Edit.Picture = muster.Some(p.Name)
	}
	if rules.ActiveFromRanks {
		target.Edit.Standing.Active = muster.Opt[bool]{} // it is ignored, so nobody needs the right to it
	}
	if err := caller.MayEdit(before.ID, target.Edit.Areas()...); err != nil {
		return nil, err
	}
	if err := matches(before, target.IfRev); err != nil {
		return nil, err
	}
	now := before.At(c.now(), rules)
	after, err := c.apply(t, caller, now, target.Edit, rules)
	if err != nil {
		return nil, err
	}
	if err := mayHoldRanks(now, after, rules); err != nil {
		return nil, err
	}
	change, err := c.credentials(t, caller, before, &after, target, deed.batch)
	if err != nil {
		return nil, err
	}
	if was, is := muster.Diff(now, after); !was.IsZero() || !is.IsZero() {
		if after, change, err = c.saveEdit(t, caller, before, after, deed); err != nil {
			return nil, err
		}
		if after, err = c.stopClocks(t, caller, before, after, deed); err != nil {
			return nil, err
		}
	}
	community, err := t.Community(caller.Community)
	*out = c.view(caller, after, rules, community.Settings)
	return change, err
}

// credentials does what a target asks for beside its edit. The Change is that
// of the password, where that is given.
func (c *Core) credentials(t *store.Tx, caller muster.Caller, before muster.Account, after *muster.Account, target Target, batch string) (change *muster.Change, err error) {
	if target.Password != nil {
		if change, err = c.setPassword(t, caller, before, target.Password, batch); err != nil {
			return nil, err
		}
	}
	if target.DropMFA {
		if err := c.dropMFA(t, caller, before); err != nil {
			return nil, err
		}
		after.MFA = false
	}
	if target.NewEmail != nil {
		return change, c.askEmail(t, caller, *after, *target.NewEmail)
	}
	return change, nil
}

// apply runs the rules, those of the root package and those that need the
// store, and returns the account as it should become.
func (c *Core) apply(t *store.Tx, caller muster.Caller, before muster.Account, e muster.Edit, rules muster.Rules) (after muster.Account, err error) {
	if err := mayEditFields(caller, before.ID, e.Values, rules); err != nil {
		return before, err
	}
	e.Identities.Add, e.Identities.Seen = c.stamp(before.Identities, e.Identities.Add), c.stamp(before.Identities, e.Identities.Seen)
	if after, _, err = before.Apply(e, rules); err != nil {
		return after, err
	}
	if after.Language != before.Language && after.Language != "" {
		if after.Language, err = languageTag(after.Language); err != nil {
			return after, err
		}
	}
	if after.Standing.SignsInAt() != before.Standing.SignsInAt() {
		if err := caller.MaySetLevel(); err != nil {
			return after, err
		}
	}
	if err := mayChangeRanks(caller, before, after, rules); err != nil {
		return after, err
	}
	named := map[muster.FieldID]muster.FieldID{} // what the client calls the fields
	for name := range e.Values {
		if f, err := rules.Field(name); err == nil {
			named[f.ID] = name
		}
	}
	return after, asAdded(checkOthers(t, before, after, rules, named), before, after, e.Identities.Add)
}

// asAdded names an identity that is refused as the edit does that adds it.
func asAdded(err error, before, after muster.Account, add []muster.Identity) error {
	e, ok := errors.AsType[*muster.Error](err)
	if !ok || len(e.Path) != 2 || e.Path[0] != "identities" {
		return err
	}
	_, come := muster.DiffIdentities(before.Identities, after.Identities)
	n, _ := strconv.Atoi(e.Path[1])
	i := slices.IndexFunc(add, func(a muster.Identity) bool {
		return n < len(come) && strings.EqualFold(a.Provider, come[n].Provider) && a.Value == come[n].Value
	})
	if i < 0 {
		return err
	}
	return muster.Errorf(e.Code, "identities.add."+strconv.Itoa(i), "%s", e.Message)
}

// saveEdit writes an edited account and the Change that tells of it, and what
// follows from it for others.
func (c *Core) saveEdit(t *store.Tx, caller muster.Caller, before, after muster.Account, deed deedEdit) (muster.Account, *muster.Change, error) {
	waiting, err := followers(t, before, after)
	if err != nil {
		return after, nil, err
	}
	deed.batch = batchFor(deed.batch, len(waiting))
	was, is := muster.Diff(before, after)
	change := &muster.Change{Deed: muster.DeedEdit, Account: after.ID, Batch: deed.batch, Undoes: deed.undoes, Before: was, After: is}
	if after, err = c.save(t, caller, before, after, change); err != nil {
		return after, nil, err
	}
	return after, change, c.link(t, caller, after, waiting, deed.batch)
}

// save writes a changed account and its Change.
func (c *Core) save(t *store.Tx, caller muster.Caller, before, after muster.Account, change *muster.Change) (muster.Account, error) {
	after.Rev, after.UpdatedAt = before.Rev+1, c.time()
	if err := t.UpdateAccount(before, after); err != nil {
		return after, err
	}
	if c.maySignIn(before) && !c.maySignIn(after) { // and what ends so does not come back with the right
		if err := t.VoidTokens(after.Community, after.ID, c.time()); err != nil {
			return after, err
		}
	}
	c.record(t, caller, change)
	if len(change.After.Identities) > 0 { // how many accounts share them is the store's to count
		return t.Account(after.Community, after.ID)
	}
	return after, nil
}

// maySignIn reports whether somebody can sign in as the account today: a ban
// that has run out keeps nobody, though it still stands in the row.
func (c *Core) maySignIn(a muster.Account) bool { return a.At(c.now(), muster.Rules{}).MaySignIn() }

// stamp gives identities what is not theirs to bring: new ones their id and
// time, those that are held the time of their change. Those of an undo bring
// all of it.
func (c *Core) stamp(held, add []muster.Identity) []muster.Identity {
	add = slices.Clone(add)
	for i := range add {
		has := func(h muster.Identity) bool { return h.Is(add[i].Key()) }
		if add[i].CreatedAt.IsZero() && add[i].UpdatedAt.IsZero() && slices.ContainsFunc(held, has) {
			add[i].UpdatedAt = c.time()
		}
		if add[i].ID == "" {
			add[i].ID = newID()
		}
		if add[i].CreatedAt.IsZero() {
			add[i].CreatedAt = c.time()
		}
	}
	return add
}
