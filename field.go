package muster

import (
	"encoding/json"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// FieldID names a field; clients hold it in their configuration.
type FieldID string

// FieldType is what kind of values a field takes.
type FieldType string

// The field types, and the kind of Value each takes.
const (
	TypeText        FieldType = "text"         // Text of one line
	TypeLongText    FieldType = "long_text"    // Text of several lines
	TypeTextList    FieldType = "text_list"    // List
	TypeNumber      FieldType = "number"       // Number
	TypeBoolean     FieldType = "boolean"      // Bool
	TypeDate        FieldType = "date"         // Text as 2006-01-02
	TypeChoice      FieldType = "choice"       // Text, one of Options
	TypeMultiChoice FieldType = "multi_choice" // List, each one of Options, none twice
	TypeAccount     FieldType = "account"      // Text, the id of an account of the community
	TypeTimeZone    FieldType = "time_zone"    // Text, an IANA name
	TypeURL         FieldType = "url"          // Text, an absolute http or https URL
	TypeIdentity    FieldType = "identity"     // Text, read from the account's identity with Provider; never edited
)

// FieldTypes lists every FieldType, in the order shown to people.
var FieldTypes = []FieldType{
	TypeText, TypeLongText, TypeTextList, TypeNumber, TypeBoolean, TypeDate, TypeChoice,
	TypeMultiChoice, TypeAccount, TypeTimeZone, TypeURL, TypeIdentity,
}

// Scope is where a field is shown.
type Scope string

// The scopes.
const (
	ScopeProfile    Scope = "profile"    // what others see of an account
	ScopePreference Scope = "preference" // how the account wants to be treated
)

// Field is a profile field that a community's administrators defined. Lengths
// are in characters and, for lists, of each item; 0 sets no limit.
type Field struct {
	ID    FieldID `json:"id"`
	Key   string  `json:"key"` // stable name for programs; unique
	Label string  `json:"label"`

	// Labels are the label in other languages, by locale ("de", "pt-BR").
	Labels map[string]string `json:"labels,omitempty"`

	Type      FieldType `json:"type"`
	Scope     Scope     `json:"scope"`
	Options   []string  `json:"options,omitempty"`
	Provider  string    `json:"provider,omitempty"` // TypeIdentity only
	Chart     bool      `json:"chart,omitempty"`    // TypeAccount only: values form a chart, in which nobody stands above themselves
	Required  bool      `json:"required,omitempty"` // cannot be cleared
	MinLength int       `json:"min_length,omitempty"`
	MaxLength int       `json:"max_length,omitempty"`
	MaxItems  int       `json:"max_items,omitempty"`
	Pattern   string    `json:"pattern,omitempty"` // RE2, of the whole value
	Min       string    `json:"min,omitempty"`     // numbers and dates, as text
	Max       string    `json:"max,omitempty"`
	Default   Value     `json:"default,omitempty"` // shown where an account holds none
	See       Rights    `json:"see"`
	Edit      Rights    `json:"edit"`
}

// UnmarshalJSON reads what encoding/json wrote.
func (f *Field) UnmarshalJSON(b []byte) error {
	type plain Field
	raw := struct {
		*plain
		Default any `json:"default"`
	}{plain: (*plain)(f)}
	if err := json.Unmarshal(b, &raw); err != nil {
		return err
	}
	v, err := ValueOf(raw.Default)
	f.Default = v
	return err
}

// Validate checks a definition.
func (f Field) Validate() error {
	for _, err := range []error{
		checkID("id", string(f.ID)), checkID("key", f.Key), checkLine("label", f.Label, maxName),
		f.validateLabels(), f.validateType(), f.validateBounds(),
	} {
		if err != nil {
			return err
		}
	}
	for name, r := range map[string]Rights{"see": f.See, "edit": f.Edit} {
		if r.Level < 0 || r.Level > LevelAdmin {
			return Errorf(Invalid, name+".level", "must be from 0 to %d", LevelAdmin)
		}
	}
	if f.Default == nil {
		return nil
	}
	pattern, err := compilePattern(f.Pattern)
	if err == nil {
		_, err = f.accept(f.Default, pattern)
	}
	return Within("default", err)
}

var locale = regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$`)

func (f Field) validateLabels() error {
	for _, tag := range slices.Sorted(maps.Keys(f.Labels)) {
		path := "labels." + tag
		if !locale.MatchString(tag) {
			return Errorf(Invalid, path, "is no locale, such as de or pt-BR")
		}
		if f.Labels[tag] == "" {
			return Errorf(Invalid, path, "must not be empty")
		}
		if err := checkLine(path, f.Labels[tag], maxName); err != nil {
			return err
		}
	}
	return nil
}

// everyLabel are the labels in all locales, each once.
func (f Field) everyLabel() map[string]bool {
	all := map[string]bool{}
	for _, label := range f.Labels {
		all[label] = true
	}
	if f.Label != "" {
		all[f.Label] = true
	}
	return all
}

// SharedLabel is a label that both fields have in one locale, and that locale
// ("" for the one that needs no naming); ok is false where they share none.
func (f Field) SharedLabel(other Field) (label, locale string, ok bool) {
	if f.Label != "" && f.Label == other.Label {
		return f.Label, "", true
	}
	for _, tag := range slices.Sorted(maps.Keys(f.Labels)) {
		if label := f.Labels[tag]; label == other.Labels[tag] {
			return label, tag, true
		}
	}
	return "", "", false
}

// Missing lists those of wanted that a catalogue lacks. A field gives way to
// one with its id, and to one with its label: who finds fields by label is
// served by that one.
func Missing(wanted, has []Field) []Field {
	return slices.DeleteFunc(slices.Clone(wanted), func(w Field) bool {
		return slices.ContainsFunc(has, func(h Field) bool {
			_, _, shared := w.SharedLabel(h)
			return h.ID == w.ID || shared
		})
	})
}

func (f Field) validateType() error {
	isChoice := f.Type == TypeChoice || f.Type == TypeMultiChoice
	switch {
	case !slices.Contains(FieldTypes, f.Type):
		return Errorf(Invalid, "type", "must be one of %v", FieldTypes)
	case f.Scope != ScopeProfile && f.Scope != ScopePreference:
		return Errorf(Invalid, "scope", "must be %q or %q", ScopeProfile, ScopePreference)
	case isChoice && len(f.Options) == 0:
		return Errorf(Invalid, "options", "a choice needs at least one")
	case !isChoice && len(f.Options) > 0:
		return Errorf(Invalid, "options", "only choices have options")
	case (f.Type == TypeIdentity) != (f.Provider != ""):
		return Errorf(Invalid, "provider", "goes with the type %q, and only with it", TypeIdentity)
	case f.Chart && f.Type != TypeAccount:
		return Errorf(Invalid, "chart", "goes with the type %q only", TypeAccount)
	case f.Type == TypeIdentity && f.Required:
		return Errorf(Invalid, "required", "cannot be asked of what is read from an identity")
	}
	for i, option := range f.Options {
		if option == "" {
			return Errorf(Invalid, "options."+itoa(i), "must not be empty: an empty text clears")
		}
		if err := checkLine("options."+itoa(i), option, maxLine); err != nil {
			return err
		}
	}
	return nil
}

func (f Field) validateBounds() error {
	if f.MinLength < 0 || f.MaxLength < 0 || f.MaxItems < 0 || f.MaxLength > 0 && f.MinLength > f.MaxLength {
		return Errorf(Invalid, "max_length", "lengths must not be negative, nor the least above the greatest")
	}
	if _, err := compilePattern(f.Pattern); err != nil {
		return err
	}
	for _, bound := range []struct{ name, text string }{{"min", f.Min}, {"max", f.Max}} {
		if bound.text == "" {
			continue
		}
		var err error
		switch f.Type {
		case TypeNumber:
			var n float64
			if n, err = strconv.ParseFloat(bound.text, 64); err == nil {
				_, err = number(n)
			}
		case TypeDate:
			_, err = time.Parse(time.DateOnly, bound.text)
		default:
			return Errorf(Invalid, bound.name, "only numbers and dates have bounds")
		}
		if err != nil {
			return Errorf(Invalid, bound.name, "%s is no %s", Quote(bound.text), f.Type)
		}
	}
	least, most := parseBound(f.Min, math.Inf(-1)), parseBound(f.Max, math.Inf(1))
	if least > most || f.Type == TypeDate && f.Max != "" && f.Min > f.Max {
		return Errorf(Invalid, "max", "must not be below min, %s", f.Min)
	}
	return nil
}
