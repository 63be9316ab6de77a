package muster

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// RankID is opaque text; clients hold it in their configuration.
type RankID string

// Rank is something an account can hold. Power compares ranks: a caller may
// grant or take none above its own.
type Rank struct {
	ID         RankID `json:"id"`
	Label      string `json:"label"`
	Department string `json:"department,omitempty"`
	Power      int64  `json:"power,omitempty"`
	Colour     string `json:"colour,omitempty"`
}

// Validate checks what a person may set.
func (r Rank) Validate() error {
	if err := checkID("id", string(r.ID)); err != nil {
		return err
	}
	if err := checkID("label", r.Label); err != nil {
		return err
	}
	if err := checkLine("department", r.Department, maxName); err != nil {
		return err
	}
	return checkLine("colour", r.Colour, maxName)
}

// Grant is a rank held by an account. A zero Expires never expires.
type Grant struct {
	Rank    RankID    `json:"rank"`
	Expires time.Time `json:"expires,omitzero"`
}

// Same reports whether two grants are of one rank, until the same time.
func (g Grant) Same(o Grant) bool { return g.Rank == o.Rank && g.Expires.Equal(o.Expires) }

// RankEdit changes which ranks an account holds: Set replaces all of them,
// then Add adds, then Remove removes; so Remove wins. Ranks may be named by id
// or by a label that only one rank has. Until gives expiries (zero: never) to
// ranks that are held afterwards; ranks it does not name keep theirs.
type RankEdit struct {
	Set    Opt[[]RankID]        `json:"set,omitzero"`
	Add    []RankID             `json:"add,omitempty"`
	Remove []RankID             `json:"remove,omitempty"`
	Until  map[RankID]time.Time `json:"until,omitempty"`
}

// IsZero reports that nothing is asked for.
func (e RankEdit) IsZero() bool {
	return !e.Set.Set && len(e.Add) == 0 && len(e.Remove) == 0 && len(e.Until) == 0
}

// apply is the arithmetic. The result is ordered by rank id: what an account
// holds is a set, and views order it by power.
func (e RankEdit) apply(held []Grant, rules Rules) ([]Grant, error) {
	now := make(map[RankID]time.Time, len(held)+len(e.Add))
	before := make(map[RankID]time.Time, len(held))
	for _, g := range held {
		before[g.Rank] = g.Expires
	}
	named := func(list string, ids []RankID, do func(RankID)) error {
		for i, name := range ids {
			id, err := rules.rank(name)
			if err != nil {
				return Within("ranks."+list+"."+itoa(i), err)
			}
			do(id)
		}
		return nil
	}
	grant := func(id RankID) { now[id] = before[id] }
	if !e.Set.Set {
		maps.Copy(now, before)
	} else if err := named("set", e.Set.Value, grant); err != nil {
		return nil, err
	}
	if err := named("add", e.Add, grant); err != nil {
		return nil, err
	}
	if err := named("remove", e.Remove, func(id RankID) { delete(now, id) }); err != nil {
		return nil, err
	}
	if err := e.applyUntil(now, rules); err != nil {
		return nil, err
	}
	return sortedGrants(now), nil
}

func (e RankEdit) applyUntil(now map[RankID]time.Time, rules Rules) error {
	for _, name := range slices.Sorted(maps.Keys(e.Until)) {
		id, err := rules.rank(name)
		var until time.Time
		if err == nil {
			until, err = keepTime("", e.Until[name])
		}
		if err != nil {
			return Within("ranks.until", WithinMember(string(name), err))
		}
		if _, held := now[id]; held {
			now[id] = until
		}
	}
	return nil
}

func sortedGrants(held map[RankID]time.Time) []Grant {
	grants := make([]Grant, 0, len(held))
	for id, expires := range held {
		grants = append(grants, Grant{Rank: id, Expires: expires})
	}
	slices.SortFunc(grants, func(a, b Grant) int { return cmp.Compare(a.Rank, b.Rank) })
	return grants
}

func sameGrants(a, b []Grant) bool { return slices.EqualFunc(a, b, Grant.Same) }

// undoRanks is the delta that turns after back into before and leaves ranks
// alone that neither names, so that later changes to those survive.
func undoRanks(before, after []Grant) RankEdit {
	was, is := map[RankID]time.Time{}, map[RankID]time.Time{}
	for _, g := range before {
		was[g.Rank] = g.Expires
	}
	for _, g := range after {
		is[g.Rank] = g.Expires
	}
	var e RankEdit
	for _, g := range before {
		expires, held := is[g.Rank]
		if !held {
			e.Add = append(e.Add, g.Rank)
		}
		if held && !expires.Equal(g.Expires) || !held && !g.Expires.IsZero() {
			if e.Until == nil {
				e.Until = map[RankID]time.Time{}
			}
			e.Until[g.Rank] = g.Expires
		}
	}
	for _, g := range after {
		if _, held := was[g.Rank]; !held {
			e.Remove = append(e.Remove, g.Rank)
		}
	}
	return e
}
