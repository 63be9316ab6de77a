package core

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/store"
)

// View is an account as one caller may see it.
type View struct {
	muster.Account                // Values: those the caller may see, with the read and default ones filled in
	Fields         []muster.Field // the fields that the caller may see, in their order
	Held           []muster.Rank  // the ranks held, the most powerful first
	Owner          bool           // it owns the community
}

// view is the one projection of accounts: everything that leaves the core
// passes it.
func (c *Core) view(caller muster.Caller, a muster.Account, rules muster.Rules, settings muster.Settings) View {
	a = a.At(c.now(), rules)
	v := View{Account: a, Fields: rules.Visible(caller, a.ID), Held: a.Held(rules), Owner: a.ID == settings.Owner}
	v.Values = muster.Values{}
	for _, f := range v.Fields {
		if value := a.ValueOf(f); value != nil {
			v.Values[f.ID] = value
		}
	}
	return v
}

// Account reads one account.
func (c *Core) Account(ctx context.Context, caller muster.Caller, ref muster.Ref) (v View, err error) {
	if err := caller.MayRead(); err != nil {
		return v, err
	}
	err = c.read(ctx, caller, func(t *store.Tx, rules muster.Rules, s muster.Settings) error {
		a, err := find(t, caller, ref)
		if err == nil {
			v = c.view(caller, a, rules, s)
		}
		return err
	})
	return v, err
}

// Accounts lists living accounts by number, beginning after a number; limit
// is at most 1,000.
func (c *Core) Accounts(ctx context.Context, caller muster.Caller, after int64, limit int) (list []View, err error) {
	if err := caller.MayReadAll(); err != nil {
		return nil, err
	}
	err = c.read(ctx, caller, func(t *store.Tx, rules muster.Rules, s muster.Settings) error {
		accounts, err := t.Accounts(caller.Community, after, page(limit))
		for _, a := range accounts {
			list = append(list, c.view(caller, a, rules, s))
		}
		return err
	})
	return list, err
}

// page is how many items a list of at most limit has.
func page(limit int) int { return max(0, min(limit, 1000)) }

// read runs fn with a community's rules and settings.
func (c *Core) read(ctx context.Context, caller muster.Caller, fn func(*store.Tx, muster.Rules, muster.Settings) error) error {
	return c.store.Read(ctx, func(t *store.Tx) error {
		community, err := t.Community(caller.Community)
		if err != nil {
			return err
		}
		rules, err := t.Rules(caller.Community)
		if err != nil {
			return err
		}
		return fn(t, rules, community.Settings)
	})
}

// find loads the account that a ref points at.
func find(t *store.Tx, caller muster.Caller, ref muster.Ref) (muster.Account, error) {
	for _, h := range ref {
		id, found, err := t.Find(caller.Community, h)
		if err != nil {
			return muster.Account{}, err
		}
		if found {
			return t.Account(caller.Community, id)
		}
	}
	return muster.Account{}, muster.Errorf(muster.NotFound, "ref", "no account answers to this reference")
}

// findAnywhere is find that sees deleted accounts as well, where no living one
// answers: the one that was deleted last.
func findAnywhere(t *store.Tx, caller muster.Caller, ref muster.Ref) (muster.Account, error) {
	a, err := find(t, caller, ref)
	if muster.CodeOf(err) != muster.NotFound {
		return a, err
	}
	for _, h := range ref {
		id, found, e := t.FindDeleted(caller.Community, h)
		if e != nil {
			return a, e
		}
		if found {
			return t.Account(caller.Community, id)
		}
	}
	return a, err
}

// HistoryQuery asks for changes, the newest first.
type HistoryQuery struct {
	Account muster.Ref // nil: all; it may be a deleted one
	Before  int64      // only changes with a smaller number; 0: from the newest
	Limit   int        // at most 1,000
}

// History lists changes. Values of fields that the caller may not see are
// left out of them, and so are the definitions of such fields and of keys.
// Whose field was deleted, nobody's rights are known any more: level 8 sees it.
func (c *Core) History(ctx context.Context, caller muster.Caller, q HistoryQuery) (list []muster.Change, err error) {
	if err := caller.MayReadAll(); err != nil {
		return nil, err
	}
	err = c.read(ctx, caller, func(t *store.Tx, rules muster.Rules, _ muster.Settings) error {
		var id muster.AccountID
		if q.Account != nil {
			a, err := findAnywhere(t, caller, q.Account)
			if err != nil {
				return err
			}
			id = a.ID
		}
		list, err = t.Changes(caller.Community, id, q.Before, page(q.Limit))
		for i := range list {
			hide(caller, &list[i], rules)
		}
		return err
	})
	return list, err
}

func hide(caller muster.Caller, ch *muster.Change, rules muster.Rules) {
	if !maySeeDefinition(caller, ch) {
		ch.Before.Definition, ch.After.Definition = nil, nil
	}
	visible := rules.Visible(caller, ch.Account)
	hidden := func(id muster.FieldID) bool {
		if _, defined := rules.Fields[id]; !defined {
			return caller.Level < muster.LevelAdmin
		}
		return !slices.ContainsFunc(visible, func(f muster.Field) bool { return f.ID == id })
	}
	for _, values := range []muster.Values{ch.Before.Values, ch.After.Values} {
		for id := range values {
			if hidden(id) {
				delete(values, id)
			}
		}
	}
}

func maySeeDefinition(caller muster.Caller, ch *muster.Change) bool {
	switch kind, _, _ := strings.Cut(ch.Subject, " "); kind {
	case "key":
		return caller.MayManage(muster.AreaKeys) == nil
	case "field":
		for _, definition := range []json.RawMessage{ch.Before.Definition, ch.After.Definition} {
			var f muster.Field
			if definition != nil && (json.Unmarshal(definition, &f) != nil || !f.See.Allow(caller, "")) {
				return false
			}
		}
	}
	return true
}
