package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/muster-accounts/muster"
)

// into reads an object as encoding/json does into what v points at, whose
// members it must all be; what v holds already of absent ones stays.
func (o object) into(v any) error {
	if err := o.only(membersOf(v)...); err != nil { // encoding/json would take those in capitals for the others
		return err
	}
	text, err := json.Marshal(o.members)
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	return o.misread(decoder.Decode(v))
}

// membersOf are the names that encoding/json reads into what v points at.
func membersOf(v any) (names []string) {
	for _, f := range reflect.VisibleFields(reflect.TypeOf(v).Elem()) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" && name != "-" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// misread words an error of encoding/json.
func (o object) misread(err error) error {
	if typed, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return muster.Within(inBody+"."+strings.TrimPrefix(typed.Field, "plain."), muster.Errorf(muster.Invalid, "", "must be %s", kindOf(typed.Type)))
	}
	if _, ok := errors.AsType[*time.ParseError](err); ok {
		return muster.Errorf(muster.Invalid, "", "a time in it is none such as 2026-11-02T12:00:00Z")
	}
	if err == nil {
		return nil
	}
	if name, unknown := strings.CutPrefix(err.Error(), "json: unknown field "); unknown {
		name = strings.Trim(name, `"`)
		for _, within := range slices.Sorted(maps.Keys(o.members)) {
			inner, _ := o.members[within].(map[string]any)
			if _, there := inner[name]; there && within != "labels" { // which may have any
				return muster.WithinMember(within, wrong(name, "is no member that can be given here"))
			}
		}
	}
	return muster.Errorf(muster.Invalid, "", "cannot be read: %s", strings.TrimPrefix(err.Error(), "json: "))
}

// kindOf is what JSON value a type is read from.
func kindOf(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a text"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "a list"
	case reflect.Struct, reflect.Map:
		return "an object"
	default:
		return "a whole number"
	}
}

// field reads the definition of a field, over the one that f is.
func (o object) field(f *muster.Field) error {
	type plain muster.Field
	raw := struct {
		*plain
		Default any `json:"default"`
	}{plain: (*plain)(f)}
	if err := o.into(&raw); err != nil {
		return err
	}
	value, err := muster.ValueOf(raw.Default)
	f.Default = value
	return muster.Within("default", err)
}
