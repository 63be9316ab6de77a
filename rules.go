package muster

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"
)

// Rules are what a community's catalogue says about edits: its fields and
// ranks, and how active is decided. Make them with NewRules.
type Rules struct {
	Fields          map[FieldID]Field
	Order           []FieldID // the fields as people order them
	Ranks           map[RankID]Rank
	ActiveFromRanks bool

	keys     map[string]FieldID
	labels   map[string][]RankID
	patterns map[FieldID]*regexp.Regexp
}

// NewRules compiles a catalogue; fields come in the order they are shown.
func NewRules(s Settings, fields []Field, ranks []Rank) (Rules, error) {
	r := Rules{
		Fields: map[FieldID]Field{}, Ranks: map[RankID]Rank{}, ActiveFromRanks: s.ActiveFromRanks,
		keys: map[string]FieldID{}, labels: map[string][]RankID{}, patterns: map[FieldID]*regexp.Regexp{},
	}
	for _, f := range fields {
		r.Fields[f.ID], r.keys[f.Key] = f, f.ID
		r.Order = append(r.Order, f.ID)
		pattern, err := compilePattern(f.Pattern)
		if err != nil {
			return Rules{}, fmt.Errorf("field %s: %w", f.ID, err)
		}
		r.patterns[f.ID] = pattern
	}
	for _, rank := range ranks {
		r.Ranks[rank.ID] = rank
		r.labels[rank.Label] = append(r.labels[rank.Label], rank.ID)
	}
	return r, nil
}

// compilePattern anchors: a pattern describes the whole value. It must be one
// by itself too, or a bracket in it could close the frame. No pattern is nil.
func compilePattern(p string) (re *regexp.Regexp, err error) {
	if p == "" {
		return nil, nil
	}
	for _, text := range []string{p, `^(?:` + p + `)$`} {
		if re, err = regexp.Compile(text); err != nil {
			return nil, Errorf(Invalid, "pattern", "is not a regular expression: %v", err)
		}
	}
	return re, nil
}

// Field finds a field by id, then by key.
func (r Rules) Field(name FieldID) (Field, error) {
	if f, ok := r.Fields[name]; ok {
		return f, nil
	}
	if id, ok := r.keys[string(name)]; ok {
		return r.Fields[id], nil
	}
	return Field{}, Errorf(Invalid, "", "there is no field %q", name)
}

// Rank finds a rank by id, then by a label that only one rank has.
func (r Rules) Rank(name RankID) (Rank, error) {
	id, err := r.rank(name)
	return r.Ranks[id], err
}

// rank finds a rank by id, then by a label that only one rank has.
func (r Rules) rank(name RankID) (RankID, error) {
	if _, ok := r.Ranks[name]; ok {
		return name, nil
	}
	switch ids := r.labels[string(name)]; len(ids) {
	case 1:
		return ids[0], nil
	case 0:
		return "", Errorf(Invalid, "", "there is no rank %q", name)
	default:
		return "", Errorf(Invalid, "", "%d ranks are labelled %q; use an id", len(ids), name)
	}
}

// Possible is an edit without the fields and ranks that there are no more, and
// what it would have given of them: an undo speaks of what there was. To take
// a rank that is gone is done already, and not worth a word.
func (r Rules) Possible(e Edit) (possible Edit, gone []string) {
	e.Values = maps.Clone(e.Values)
	for id := range e.Values {
		if _, ok := r.Fields[id]; !ok {
			delete(e.Values, id)
			gone = append(gone, "values."+string(id))
		}
	}
	unknown := func(id RankID) bool { _, ok := r.Ranks[id]; return !ok }
	if slices.ContainsFunc(e.Ranks.Add, unknown) {
		gone = append(gone, "ranks")
	}
	e.Ranks.Add = slices.DeleteFunc(slices.Clone(e.Ranks.Add), unknown)
	e.Ranks.Remove = slices.DeleteFunc(slices.Clone(e.Ranks.Remove), unknown)
	e.Ranks.Until = maps.Clone(e.Ranks.Until)
	maps.DeleteFunc(e.Ranks.Until, func(id RankID, _ time.Time) bool { return unknown(id) })
	slices.Sort(gone)
	return e, gone
}

// ordered lists the fields as people order them.
func (r Rules) ordered(keep func(Field) bool) []Field {
	fields := make([]Field, 0, len(r.Order))
	for _, id := range r.Order {
		if f := r.Fields[id]; keep(f) {
			fields = append(fields, f)
		}
	}
	return slices.Clip(fields)
}

// Visible lists the fields whose value for account id the caller may see.
func (r Rules) Visible(c Caller, id AccountID) []Field {
	return r.ordered(func(f Field) bool { return f.See.Allow(c, id) })
}
