package core

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/store"
)

// putDefined adds a definition or replaces the one with its id; one that is
// there as it should be is no change. check may refuse it, knowing all that
// there are, or change it.
func putDefined[T store.Definition](ctx context.Context, c *Core, caller muster.Caller, d T, check func(t *store.Tx, all []T, d *T) error) error {
	return c.manage(ctx, caller, muster.AreaCatalogue, func(t *store.Tx) error {
		all, err := store.Defined[T](t, caller.Community)
		if err != nil {
			return err
		}
		if err := check(t, all, &d); err != nil {
			return err
		}
		before, had := findDefined(all, d.DefinitionID())
		if had && sameDefinition(before, d) {
			return nil
		}
		if err := store.PutDefined(t, caller.Community, d); err != nil {
			return err
		}
		return c.recordDefinition(t, caller, muster.DeedCatalogue, subject(d), orNil(before, had), d)
	})
}

func deleteDefined[T store.Definition](ctx context.Context, c *Core, caller muster.Caller, id string) error {
	return c.manage(ctx, caller, muster.AreaCatalogue, func(t *store.Tx) error {
		all, err := store.Defined[T](t, caller.Community)
		if err != nil {
			return err
		}
		before, had := findDefined(all, id)
		if !had {
			return muster.Errorf(muster.NotFound, "id", "there is no %s %q", strings.ReplaceAll(store.Kind[T](), "_", " "), id)
		}
		if err := store.DeleteDefined[T](t, caller.Community, id); err != nil {
			return err
		}
		return c.recordDefinition(t, caller, muster.DeedCatalogue, subject(before), before, nil)
	})
}

func defined[T store.Definition](ctx context.Context, c *Core, caller muster.Caller) (list []T, err error) {
	if err := caller.MayRead(); err != nil {
		return nil, err
	}
	err = c.store.Read(ctx, func(t *store.Tx) error {
		list, err = store.Defined[T](t, caller.Community)
		return err
	})
	return list, err
}

func findDefined[T store.Definition](all []T, id string) (found T, ok bool) {
	i := slices.IndexFunc(all, func(d T) bool { return d.DefinitionID() == id })
	if i < 0 {
		return found, false
	}
	return all[i], true
}

// subject is what history calls a definition.
func subject[T store.Definition](d T) string { return store.Kind[T]() + " " + d.DefinitionID() }

// ClockTypes lists the kinds of duty, the one that counts where nobody names
// one first.
func (c *Core) ClockTypes(ctx context.Context, caller muster.Caller) ([]muster.ClockType, error) {
	return defined[muster.ClockType](ctx, c, caller)
}

// PutClockType adds a clock type or replaces the one with its id.
func (c *Core) PutClockType(ctx context.Context, caller muster.Caller, d muster.ClockType) error {
	return putDefined(ctx, c, caller, d, func(*store.Tx, []muster.ClockType, *muster.ClockType) error { return d.Validate() })
}

// DeleteClockType removes a clock type; rows of it stay.
func (c *Core) DeleteClockType(ctx context.Context, caller muster.Caller, id string) error {
	return deleteDefined[muster.ClockType](ctx, c, caller, id)
}

// Department is a department with its ranks, the most powerful first. Where
// nobody has defined it its id is made from its label, and changes with that.
type Department struct {
	muster.Department
	Ranks []muster.Rank
}

// Departments lists the departments: those that were defined, those that
// ranks name besides, by label, and one without a label for ranks that name
// none.
func (c *Core) Departments(ctx context.Context, caller muster.Caller) (list []Department, err error) {
	if err := caller.MayRead(); err != nil {
		return nil, err
	}
	err = c.read(ctx, caller, func(t *store.Tx, rules muster.Rules, _ muster.Settings) error {
		defined, err := store.Defined[muster.Department](t, caller.Community)
		if err != nil {
			return err
		}
		community, err := t.Community(caller.Community)
		if err == nil {
			list = departments(community, defined, rules)
		}
		return err
	})
	return list, err
}

func departments(community muster.Community, defined []muster.Department, rules muster.Rules) []Department {
	ranks := map[string][]muster.Rank{}
	for _, r := range rules.Ranks {
		ranks[r.Department] = append(ranks[r.Department], r)
	}
	var others []muster.Department
	for label := range ranks {
		if !slices.ContainsFunc(defined, func(d muster.Department) bool { return d.Label == label }) {
			id := uuid.NewSHA1(uuid.MustParse(community.UUID), []byte("department "+label))
			others = append(others, muster.Department{ID: id.String(), Label: label})
		}
	}
	slices.SortFunc(others, func(a, b muster.Department) int { return cmp.Compare(a.Label, b.Label) })
	if len(others) > 0 && others[0].Label == "" {
		others = append(others[1:], others[0])
	}
	var list []Department
	for _, d := range append(defined, others...) {
		slices.SortFunc(ranks[d.Label], func(a, b muster.Rank) int {
			return cmp.Or(cmp.Compare(b.Power, a.Power), cmp.Compare(a.ID, b.ID))
		})
		list = append(list, Department{d, ranks[d.Label]})
	}
	return list
}

// PutDepartment adds a department or replaces the one with its id. Ranks that
// named it by another label go with it.
func (c *Core) PutDepartment(ctx context.Context, caller muster.Caller, d muster.Department) error {
	return putDefined(ctx, c, caller, d, func(t *store.Tx, all []muster.Department, d *muster.Department) error {
		if err := d.Validate(); err != nil {
			return err
		}
		for _, other := range all {
			if other.Label == d.Label && other.ID != d.ID {
				return muster.Errorf(muster.Conflict, "label", "there is a department %q already", d.Label)
			}
		}
		before, had := findDefined(all, d.ID)
		if !had || before.Label == d.Label {
			return nil
		}
		return c.moveRanks(t, caller, before.Label, d.Label)
	})
}

// moveRanks takes all ranks of one department to another.
func (c *Core) moveRanks(t *store.Tx, caller muster.Caller, from, to string) error {
	rules, err := t.Rules(caller.Community)
	if err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(rules.Ranks)) {
		before := rules.Ranks[id]
		if before.Department != from {
			continue
		}
		after := before
		after.Department = to
		if err := t.PutRank(caller.Community, after); err != nil {
			return err
		}
		if err := c.recordDefinition(t, caller, muster.DeedCatalogue, "rank "+string(after.ID), before, after); err != nil {
			return err
		}
	}
	return nil
}

// DeleteDepartment removes a department's definition; ranks go on naming it.
func (c *Core) DeleteDepartment(ctx context.Context, caller muster.Caller, id string) error {
	return deleteDefined[muster.Department](ctx, c, caller, id)
}
