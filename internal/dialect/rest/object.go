package rest

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/muster-accounts/muster"
)

// object is a JSON object of a request, from which members are taken one by
// one: what nobody asked for is a member that is not known.
type object struct {
	members map[string]any
	asked   map[string]bool
}

func objectOf(v any) (object, error) {
	m, ok := v.(map[string]any)
	if !ok {
		return object{}, muster.Errorf(muster.Invalid, "", "must be a JSON object")
	}
	return object{m, map[string]bool{}}, nil
}

// take is a member, and whether it is there.
func (o object) take(name string) (any, bool) {
	v, ok := o.members[name]
	o.asked[name] = true
	return v, ok
}

// drop takes members that say nothing.
func (o object) drop(names []string) {
	for _, name := range names {
		delete(o.members, name)
	}
}

// rest refuses what was not asked for.
func (o object) rest() error { return o.only(slices.Sorted(maps.Keys(o.asked))...) }

// only refuses members but those of some names. It is asked before a member
// that must be there is missed, which may have been misspelt.
func (o object) only(names ...string) error {
	for _, name := range slices.Sorted(maps.Keys(o.members)) {
		if !slices.Contains(names, name) {
			return wrong(name, "is no member that can be given here"+instead(name, names))
		}
	}
	return nil
}

// wrong refuses a member of the body.
func wrong(name, message string) error {
	return muster.Within(inBody, muster.WithinMember(name, muster.Errorf(muster.Invalid, "", "%s", message)))
}

// text is a member that is a text; null is the empty one.
func (o object) text(name string) (out muster.Opt[string], err error) {
	v, ok := o.take(name)
	if !ok {
		return out, nil
	}
	if v == nil {
		return muster.Some(""), nil
	}
	s, ok := v.(string)
	if !ok {
		return out, wrong(name, "must be a text")
	}
	return muster.Some(s), nil
}

// bool is a member that is true or false.
func (o object) bool(name string) (out muster.Opt[bool], err error) {
	v, ok := o.take(name)
	if !ok {
		return out, nil
	}
	b, ok := v.(bool)
	if !ok {
		return out, wrong(name, "must be true or false")
	}
	return muster.Some(b), nil
}

// integer is a member that is a whole number.
func (o object) integer(name string) (out muster.Opt[int64], err error) {
	v, ok := o.take(name)
	if !ok {
		return out, nil
	}
	n, ok := v.(json.Number)
	if ok {
		i, err := strconv.ParseInt(n.String(), 10, 64)
		if err == nil {
			return muster.Some(i), nil
		}
	}
	return out, wrong(name, "must be a whole number")
}

// time is a member that is a moment; null is none.
func (o object) time(name string) (out muster.Opt[time.Time], err error) {
	text, err := o.text(name)
	if err != nil || !text.Set {
		return out, err
	}
	if text.Value == "" {
		return muster.Some(time.Time{}), nil
	}
	at, err := time.Parse(time.RFC3339Nano, text.Value)
	if err != nil {
		return out, wrong(name, "must be a time such as 2026-11-02T12:00:00Z")
	}
	return muster.Some(at), nil
}

// texts is a member that lists texts; null lists none.
func (o object) texts(name string) (out muster.Opt[[]string], err error) {
	v, ok := o.take(name)
	if !ok {
		return out, nil
	}
	list := []string{}
	items, ok := v.([]any)
	if !ok && v != nil {
		return out, wrong(name, "must be a list of texts")
	}
	for i, item := range items {
		s, ok := item.(string)
		if !ok {
			return out, muster.WithinMember(name, wrong(strconv.Itoa(i), "must be a text"))
		}
		list = append(list, s)
	}
	return muster.Some(list), nil
}

// object is a member that is an object; ok is false where it is not there.
func (o object) object(name string) (out object, ok bool, err error) {
	v, ok := o.take(name)
	if !ok {
		return out, false, nil
	}
	out, err = objectOf(v)
	return out, err == nil, muster.WithinMember(name, err)
}

// objects gives each item of a member that lists objects to a function; the
// member may be missing or null.
func (o object) objects(name string, each func(object) error) error {
	v, _ := o.take(name)
	items, ok := v.([]any)
	if !ok && v != nil {
		return wrong(name, "must be a list of objects")
	}
	for i, item := range items {
		one, err := objectOf(item)
		if err == nil {
			err = each(one)
		}
		if err == nil {
			err = one.rest()
		}
		if err != nil {
			return muster.WithinMember(name, muster.WithinMember(strconv.Itoa(i), err))
		}
	}
	return nil
}

// named is where a member of a name goes.
type named[T any] struct {
	name string
	at   *T
}

// convert is an optional list of texts as one of a kind of text.
func convert[T ~string](list []string) []T {
	out := make([]T, len(list))
	for i, s := range list {
		out[i] = T(s)
	}
	return out
}
