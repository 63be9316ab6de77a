package core

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"

	"golang.org/x/text/unicode/norm"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/store"
)

// manage runs an administrative deed.
func (c *Core) manage(ctx context.Context, caller muster.Caller, area muster.Area, fn func(*store.Tx) error) error {
	if err := caller.MayManage(area); err != nil {
		return err
	}
	return c.write(ctx, caller, fn)
}

// sameDefinition reports whether two definitions are kept as the same: then
// there is nothing to write, and nothing to tell.
func sameDefinition(before, after any) bool {
	a, e1 := json.Marshal(before)
	b, e2 := json.Marshal(after)
	return e1 == nil && e2 == nil && bytes.Equal(a, b)
}

// recordDefinition notes a change of the catalogue or of a key; nil stands
// for a definition that was not there, or is no more.
func (c *Core) recordDefinition(t *store.Tx, by muster.Caller, deed muster.Deed, subject string, before, after any) error {
	ch := &muster.Change{Deed: deed, Subject: subject}
	for _, side := range []struct {
		at *json.RawMessage
		v  any
	}{{&ch.Before.Definition, before}, {&ch.After.Definition, after}} {
		if side.v == nil {
			continue
		}
		b, err := json.Marshal(side.v)
		if err != nil {
			return err
		}
		*side.at = b
	}
	c.record(t, by, ch)
	return nil
}

// Catalogue is what a community defines.
type Catalogue struct {
	Fields []muster.Field // in the order people see them
	Ranks  []muster.Rank  // by id

	rules muster.Rules
}

// Labelled finds a field by its label in any locale, to the letter but for
// how letters are composed; ok is false where none has it. It knows of all
// fields, as an edit does that names a field by id.
func (l Catalogue) Labelled(label string) (f muster.Field, ok bool, err error) {
	return l.rules.Labelled(norm.NFC.String(label))
}

// Catalogue reads the fields that the caller may see, and all ranks.
func (c *Core) Catalogue(ctx context.Context, caller muster.Caller) (list Catalogue, err error) {
	if err := caller.MayRead(); err != nil {
		return list, err
	}
	err = c.read(ctx, caller, func(_ *store.Tx, rules muster.Rules, _ muster.Settings) error {
		list.rules, list.Fields = rules, rules.Visible(caller, "")
		for _, r := range rules.Ranks {
			list.Ranks = append(list.Ranks, r)
		}
		slices.SortFunc(list.Ranks, func(a, b muster.Rank) int { return cmp.Compare(a.ID, b.ID) })
		return nil
	})
	return list, err
}

// PutField adds a field or replaces the definition of the one with its id,
// whose type must stay: values of the old one would stop making sense.
func (c *Core) PutField(ctx context.Context, caller muster.Caller, f muster.Field) error {
	return c.manage(ctx, caller, muster.AreaCatalogue, func(t *store.Tx) error { return c.putField(t, caller, f) })
}

func (c *Core) putField(t *store.Tx, caller muster.Caller, f muster.Field) error {
	f = normal(f)
	rules, err := t.Rules(caller.Community)
	if err != nil {
		return err
	}
	before, had := rules.Fields[f.ID]
	if had && before.Type != f.Type { // before what else follows from another type
		return muster.Errorf(muster.Conflict, "type", "cannot be changed from %q; delete the field, or make another", before.Type)
	}
	if err := f.Validate(); err != nil {
		return err
	}
	if had && sameDefinition(before, f) {
		return nil
	}
	if err := t.PutField(caller.Community, f); err != nil {
		return err
	}
	for _, id := range rules.Order {
		if label, locale, shared := f.SharedLabel(rules.Fields[id]); shared && id != f.ID {
			return labelTaken(rules.Fields[id], label, locale)
		}
	}
	return c.recordDefinition(t, caller, muster.DeedCatalogue, "field "+string(f.ID), orNil(before, had), f)
}

func labelTaken(by muster.Field, label, locale string) error {
	member := "label"
	if locale != "" {
		member = "labels." + locale
	}
	return muster.Errorf(muster.Conflict, member, "the field %q is labelled %q already", by.Key, label)
}

// normal has the labels in NFC, in which they are compared.
func normal(f muster.Field) muster.Field {
	f.Label, f.Labels = norm.NFC.String(f.Label), maps.Clone(f.Labels)
	for locale, label := range f.Labels {
		f.Labels[locale] = norm.NFC.String(label)
	}
	return f
}

// orNil is v, or nothing.
func orNil[T any](v T, there bool) any {
	if there {
		return v
	}
	return nil
}

// DeleteField removes a field's definition; values stay unseen in the
// accounts and come back with it.
func (c *Core) DeleteField(ctx context.Context, caller muster.Caller, id muster.FieldID) error {
	return c.manage(ctx, caller, muster.AreaCatalogue, func(t *store.Tx) error {
		rules, err := t.Rules(caller.Community)
		if err != nil {
			return err
		}
		before, had := rules.Fields[id]
		if !had {
			return muster.Errorf(muster.NotFound, "id", "there is no field %s", muster.Quote(id))
		}
		if err := t.DeleteField(caller.Community, id); err != nil {
			return err
		}
		return c.recordDefinition(t, caller, muster.DeedCatalogue, "field "+string(id), before, nil)
	})
}

// PutRank adds a rank or replaces the definition of the one with its id.
func (c *Core) PutRank(ctx context.Context, caller muster.Caller, r muster.Rank) error {
	if err := r.Validate(); err != nil {
		return err
	}
	return c.manage(ctx, caller, muster.AreaCatalogue, func(t *store.Tx) error {
		rules, err := t.Rules(caller.Community)
		if err != nil {
			return err
		}
		before, had := rules.Ranks[r.ID]
		if err := mayMove(caller, max(before.Power, r.Power)); err != nil {
			return err
		}
		if had && sameDefinition(before, r) {
			return nil
		}
		if err := t.PutRank(caller.Community, r); err != nil {
			return err
		}
		return c.recordDefinition(t, caller, muster.DeedCatalogue, "rank "+string(r.ID), orNil(before, had), r)
	})
}

// mayMove checks that a rank's power is not above the caller's.
func mayMove(caller muster.Caller, power int64) error {
	if power > caller.RankPower {
		return muster.Errorf(muster.Forbidden, "power", "this credential moves ranks up to the power %d", caller.RankPower)
	}
	return nil
}

// DeleteRank takes a rank from all who hold it, each recorded as an edit of
// the same batch, and from flows and whitelists, and removes its definition.
func (c *Core) DeleteRank(ctx context.Context, caller muster.Caller, id muster.RankID) error {
	return c.manage(ctx, caller, muster.AreaCatalogue, func(t *store.Tx) error {
		rules, err := t.Rules(caller.Community)
		if err != nil {
			return err
		}
		before, had := rules.Ranks[id]
		if !had {
			return muster.Errorf(muster.NotFound, "id", "there is no rank %s", muster.Quote(id))
		}
		if err := mayMove(caller, before.Power); err != nil {
			return err
		}
		if err := c.strip(t, caller, id, rules); err != nil {
			return err
		}
		if err := c.forgetRank(t, caller, id); err != nil {
			return err
		}
		if err := t.DeleteRank(caller.Community, id); err != nil {
			return err
		}
		return c.recordDefinition(t, caller, muster.DeedCatalogue, "rank "+string(id), before, nil)
	})
}

// strip takes a rank from everybody, the deleted included, so that it cannot
// come back with them.
func (c *Core) strip(t *store.Tx, caller muster.Caller, id muster.RankID, rules muster.Rules) error {
	holders, err := t.Holders(caller.Community, id)
	if err != nil {
		return err
	}
	deed := deedEdit{batch: newID()}
	edit := muster.Edit{Ranks: muster.RankEdit{Remove: []muster.RankID{id}}}
	for _, holder := range holders {
		before, err := t.Account(caller.Community, holder)
		if err != nil {
			return err
		}
		after, err := c.apply(t, caller, before, edit, rules)
		if err != nil {
			return err
		}
		if _, _, err := c.saveEdit(t, caller, before, after, deed); err != nil {
			return err
		}
	}
	return nil
}
