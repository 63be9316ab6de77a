package core

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/store"
)

// MaxSkip is how many accounts a list may skip.
const MaxSkip = 1_000_000

// maxSought is how many characters a text can have that is sought: no name or
// e-mail address has more.
const maxSought = 254

// maxCounted is how many accounts are counted, of those that a text finds,
// behind the page that was asked for.
const maxCounted = 10_000

// ListQuery asks for a page of accounts by how they stand and what they are
// called; absent members filter nothing.
type ListQuery struct {
	Joined, Active, Archived, Banned muster.Opt[bool]
	Text                             string // a part of the username or the name, or the whole e-mail address, in any case
	Skip                             int64
	Take                             int // at most 1,000
}

// List is a page of accounts, and how many there are on all pages. Of those
// that a text finds no more than 10,000 behind the page are counted.
type List struct {
	Accounts []View
	Total    int64
}

// List lists living accounts by number. What has run out is over before it is
// filtered by.
//
// A Text is looked for in an index of all names, from the lowest number on,
// until the page is full: one that many have costs little, one that nobody has
// costs reading the names of the whole community.
func (c *Core) List(ctx context.Context, caller muster.Caller, q ListQuery) (list List, err error) {
	if err := caller.MayReadAll(); err != nil {
		return List{}, err
	}
	if q.Skip < 0 || q.Skip > MaxSkip {
		return List{}, muster.Errorf(muster.Invalid, "skip", "must be from 0 to %d", MaxSkip)
	}
	q.Text = strings.TrimSpace(q.Text)
	if !utf8.ValidString(q.Text) || strings.ContainsRune(q.Text, 0) || utf8.RuneCountInString(q.Text) > maxSought {
		return List{}, muster.Errorf(muster.Invalid, "text", "must be at most %d characters of UTF-8", maxSought)
	}
	if err := c.lapse(ctx, caller.Community); err != nil {
		return List{}, err
	}
	err = c.read(ctx, caller, func(t *store.Tx, rules muster.Rules, s muster.Settings) error {
		filter, err := filterOf(t, caller.Community, q)
		if err != nil {
			return err
		}
		take := int64(page(q.Take))
		accounts, err := t.PageOfAccounts(caller.Community, filter, q.Skip, take)
		if err != nil {
			return err
		}
		for _, a := range accounts {
			list.Accounts = append(list.Accounts, c.view(caller, a, rules, s))
		}
		list.Total = q.Skip + int64(len(accounts))
		if n := int64(len(accounts)); n < take && (n > 0 || q.Skip == 0) {
			return nil // it is the last page
		}
		list.Total, err = t.CountAccounts(caller.Community, filter, q.Skip+take+maxCounted)
		return err
	})
	return list, err
}

// filterOf is the filter of a query. Who has the e-mail address is looked up
// as anybody is: of addresses nobody sees a part.
func filterOf(t *store.Tx, c muster.CommunityID, q ListQuery) (store.Standing, error) {
	filter := store.Standing{Joined: q.Joined, Active: q.Active, Archived: q.Archived, Banned: q.Banned, Text: q.Text}
	id, found, err := t.Find(c, muster.Handle{By: muster.ByEmail, Value: q.Text})
	if err != nil || !found {
		return filter, err
	}
	a, err := t.Account(c, id)
	filter.Or = a.Number
	return filter, err
}

// Sync tells those who follow an account of it again, as it stands: what has
// run out is over first.
func (c *Core) Sync(ctx context.Context, caller muster.Caller, ref muster.Ref) (v View, seq int64, err error) {
	if err := c.lapse(ctx, caller.Community); err != nil {
		return View{}, 0, err
	}
	change := &muster.Change{Deed: muster.DeedSync}
	err = c.write(ctx, caller, func(t *store.Tx) error {
		a, err := find(t, caller, ref)
		if err != nil {
			return err
		}
		if err := caller.MayEdit(a.ID); err != nil {
			return err
		}
		change.Account = a.ID
		c.record(t, caller, change)
		return c.viewNow(t, caller, a.ID, &v)
	})
	return v, change.Seq, err
}
