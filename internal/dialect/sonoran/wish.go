package sonoran

import (
	"strconv"
	"strings"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

// refOf reads whom an entry is about. Members are tried in the order in which
// the vendor's pages list them; those that are empty or resolve to nobody are
// skipped, the first hit is taken. byAPIID tells whether an API id was given,
// which decides the text of a miss.
func refOf(entry object) (ref muster.Ref, byAPIID bool, err error) {
	byID := func(v string) muster.Ref { return muster.RefID(muster.AccountID(v)) }
	for _, member := range []struct {
		name    string
		handles func(string) muster.Ref
	}{
		{"apiId", apiHandles},
		{"username", muster.RefUsername},
		{"accId", byID},
		{"accountId", byID},
		{"discord", discordHandles},
		{"discordId", discordHandles},
		{"uniqueId", func(v string) muster.Ref { return muster.Ref{{By: muster.ByNumber, Value: v}} }},
	} {
		v, err := entry.text(member.name)
		if err != nil {
			return nil, false, err
		}
		if v != "" {
			ref = append(ref, member.handles(v)...)
			byAPIID = byAPIID || member.name == "apiId"
		}
	}
	return ref, byAPIID, nil
}

// apiHandles finds by a registered API id or by the linked Discord account,
// since clients send Discord ids as API ids; with its provider before it
// ("discord:1234") or bare.
func apiHandles(v string) muster.Ref {
	ref := append(muster.RefIdentity(muster.ProviderAPI, v), muster.RefIdentity(muster.ProviderDiscord, v)...)
	if provider, bare, ok := strings.Cut(v, ":"); ok {
		return append(append(ref, muster.RefIdentity(provider, bare)...), muster.RefIdentity(muster.ProviderAPI, bare)...)
	}
	return append(ref, muster.RefIdentity(muster.ProviderAPI, muster.ProviderDiscord+":"+v)...)
}

// discordHandles finds by a linked Discord account. What is no number may be
// a username: Sonoran.js sends those under this name when it asks a whitelist.
func discordHandles(v string) muster.Ref {
	bare, prefixed := strings.CutPrefix(v, muster.ProviderDiscord+":")
	ref := muster.RefIdentity(muster.ProviderDiscord, bare)
	if !prefixed && strings.Trim(v, "0123456789") != "" {
		ref = append(ref, muster.RefUsername(v)...)
	}
	return ref
}

// userHandles finds whom a call names beside the account that it is about.
func userHandles(v string) muster.Ref {
	ref := muster.Ref{{By: muster.ByID, Value: v}, {By: muster.ByNumber, Value: v}}
	return append(append(ref, apiHandles(v)...), muster.RefUsername(v)...)
}

// rankEdit reads set, add and remove. Absent and null leave alone; an empty
// set takes all. old is a set of before 2023.
func rankEdit(entry object) (e muster.RankEdit, old *oldSet, err error) {
	if set, ok := entry["set"].(map[string]any); ok && len(set) > 0 {
		old, err = readOldSet(set)
	} else {
		e.Set.Value, e.Set.Set, err = entry.texts("set")
	}
	if err != nil {
		return e, nil, err
	}
	if e.Add, _, err = entry.texts("add"); err != nil {
		return e, nil, err
	}
	e.Remove, _, err = entry.texts("remove")
	return e, old, err
}

// oldSet is the set of before 2023: a primary rank, which null takes, and
// secondary ones. Either half may be absent, and then stays.
type oldSet struct {
	primary, secondary muster.Opt[[]muster.RankID]
}

func readOldSet(set object) (*oldSet, error) {
	var old oldSet
	if set.has("primary") {
		id, err := set.text("primary")
		if err != nil {
			return nil, muster.Within("set", err)
		}
		old.primary.Set = true
		if id != "" {
			old.primary.Value = []muster.RankID{muster.RankID(id)}
		}
	}
	ids, given, err := set.texts("secondary")
	if err != nil {
		return nil, muster.Within("set", err)
	}
	old.secondary = muster.Opt[[]muster.RankID]{Value: ids, Set: given}
	if !old.primary.Set && !old.secondary.Set {
		return nil, muster.Errorf(muster.Invalid, "set", "must be a list of rank ids, or have primary and secondary")
	}
	return &old, nil
}

// over is the set with what it leaves alone as it is held: the most powerful
// rank counts as the primary one.
func (o oldSet) over(held []muster.Rank) (primary, secondary []muster.RankID) {
	for i, r := range held {
		if i == 0 {
			primary = append(primary, r.ID)
		} else {
			secondary = append(secondary, r.ID)
		}
	}
	return o.primary.Or(primary), o.secondary.Or(secondary)
}

// clockWish reads which way a clock is to go: the way it is not, unless a
// force or an intention says which.
func clockWish(o object) (w muster.ClockWish, err error) {
	var in, out muster.Opt[bool]
	if in, err = o.boolean("forceClockIn"); err == nil {
		out, err = o.boolean("forceClockOut")
	}
	if err != nil {
		return w, err
	}
	intention, err := o.text("intention")
	if err != nil {
		return w, err
	}
	switch {
	case in.Value && out.Value:
		return w, muster.Errorf(muster.Invalid, "forceClockOut", "contradicts forceClockIn")
	case in.Value:
		w.To, w.Force = muster.ClockIn, true
	case out.Value:
		w.To, w.Force = muster.ClockOut, true
	case strings.EqualFold(intention, "in"):
		w.To = muster.ClockIn
	case strings.EqualFold(intention, "out"):
		w.To = muster.ClockOut
	case intention != "":
		return w, muster.Errorf(muster.Invalid, "intention", "must be in or out")
	}
	w.Type, err = o.text("type")
	return w, err
}

// The sizes of pages.
const usualTake, mostTake = 25, 100

// listQuery reads which accounts are asked for, in a body or a query.
func listQuery(o object) (q core.ListQuery, err error) {
	if q.Skip, err = o.integer("skip"); err != nil {
		return q, err
	}
	take, err := o.integer("take")
	if err != nil {
		return q, err
	}
	if take < 0 {
		return q, muster.Errorf(muster.Invalid, "take", "must not be negative")
	}
	if take == 0 {
		take = usualTake
	}
	q.Take = int(min(take, mostTake))
	for _, f := range []struct {
		name string
		to   *muster.Opt[bool]
	}{{"sysStatus", &q.Joined}, {"comStatus", &q.Active}, {"banned", &q.Banned}, {"archived", &q.Archived}} {
		if *f.to, err = o.boolean(f.name); err != nil {
			return q, err
		}
	}
	return q, nil
}

// identitiesOf reads identifiers: what a client has seen of an account. A
// value may have its type before it.
func identitiesOf(o object) ([]muster.Identity, error) {
	list, err := o.list("identifiers")
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, muster.Errorf(muster.Invalid, "identifiers", "must be a list of at least one {type, value}")
	}
	seen := make([]muster.Identity, len(list))
	for i, one := range list {
		kind, err := one.text("type")
		if err == nil && kind == "" {
			err = muster.Errorf(muster.Invalid, "type", "is missing")
		}
		value, e := one.text("value")
		if err == nil {
			err = e
		}
		if err != nil {
			return nil, muster.Within("identifiers."+strconv.Itoa(i), err)
		}
		kind = strings.ToLower(kind)
		seen[i] = muster.Identity{Provider: kind, Value: strings.TrimPrefix(value, kind+":")}
	}
	return seen, nil
}

// fieldEdit reads profileFields: one or more of {id, value}, where the id may
// be spelt fieldId.
func fieldEdit(entry object) (muster.Values, error) {
	list, ok := entry["profileFields"].([]any)
	if !ok || len(list) == 0 {
		return nil, muster.Errorf(muster.Invalid, "profileFields", "must be a list of at least one {id, value}")
	}
	values := muster.Values{}
	for i, item := range list {
		path := "profileFields." + strconv.Itoa(i)
		o, ok := item.(map[string]any)
		if !ok {
			return nil, muster.Errorf(muster.Invalid, path, "must be an object with id and value")
		}
		id, err := fieldID(o)
		if err != nil {
			return nil, muster.Within(path, err)
		}
		raw, given := o["value"]
		if !given {
			return nil, muster.Errorf(muster.Invalid, path+".value", "is missing; null clears")
		}
		if _, twice := values[muster.FieldID(id)]; twice {
			return nil, muster.Errorf(muster.Invalid, path+".id", "names the field %q, which is named already", id)
		}
		v, err := muster.ValueOf(raw)
		if err != nil {
			return nil, muster.Within(path+".value", err)
		}
		values[muster.FieldID(id)] = v
	}
	return values, nil
}

func fieldID(o object) (string, error) {
	id, err := o.text("id")
	if err == nil && id == "" {
		id, err = o.text("fieldId")
	}
	if err == nil && id == "" {
		err = muster.Errorf(muster.Invalid, "id", "must be a field's id")
	}
	return id, err
}
