package muster

import (
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// accept checks a value and returns it in the form to keep; nil, an empty text
// and an empty list all are no value. Whether a reference exists and a time
// zone is known is the core's to check.
func (f Field) accept(v Value, pattern *regexp.Regexp) (Value, error) {
	var err error
	switch w := v.(type) {
	case Text:
		if w == "" {
			v = nil
		}
		err = f.acceptText(string(w), pattern)
	case List:
		if len(w) == 0 {
			v = nil
		}
		err = f.acceptList(w, pattern)
	case Number:
		err = f.acceptNumber(float64(w))
	case Bool:
		err = f.takes(TypeBoolean)
	case Awaited:
		if err = f.takes(TypeAccount); err == nil && w == "" {
			err = Errorf(Invalid, "", "must name whom it waits for")
		}
		if err == nil {
			err = checkLine("", string(w), maxAwaited)
		}
	}
	if err == nil && v == nil && f.Required {
		err = Errorf(Invalid, "", "is required and cannot be cleared")
	}
	return v, err
}

// holds reports whether a value is of the kind that the field's type takes.
func (f Field) holds(v Value) bool {
	switch v.(type) {
	case List:
		return f.Type == TypeTextList || f.Type == TypeMultiChoice
	case Number:
		return f.Type == TypeNumber
	case Bool:
		return f.Type == TypeBoolean
	case Awaited:
		return false // nobody is there yet
	default:
		return f.Type != TypeTextList && f.Type != TypeMultiChoice && f.Type != TypeNumber && f.Type != TypeBoolean
	}
}

// takes refuses a value whose kind is not that of the field's type.
func (f Field) takes(types ...FieldType) error {
	if slices.Contains(types, f.Type) {
		return nil
	}
	want := map[FieldType]string{
		TypeTextList: "a list of texts", TypeMultiChoice: "a list of texts", TypeNumber: "a number", TypeBoolean: "true or false",
	}[f.Type]
	if want == "" {
		want = "a text"
	}
	return Errorf(Invalid, "", "must be %s", want)
}

func (f Field) acceptText(s string, pattern *regexp.Regexp) error {
	switch f.Type {
	case TypeTextList, TypeMultiChoice, TypeNumber, TypeBoolean:
		if s == "" {
			return nil // clears, as null does
		}
		return f.takes()
	case TypeLongText:
		if err := checkText("", s, maxLongText); err != nil {
			return err
		}
	default:
		if err := checkLine("", s, maxLine); err != nil {
			return err
		}
	}
	if s == "" {
		return nil
	}
	if err := f.acceptForm(s); err != nil {
		return err
	}
	return f.acceptLength(s, pattern)
}

// acceptForm checks what a text must look like for the field's type.
func (f Field) acceptForm(s string) error {
	switch f.Type {
	case TypeDate:
		return f.acceptDate(s)
	case TypeChoice:
		return f.acceptOption(s)
	case TypeURL:
		u, err := url.Parse(s)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return Errorf(Invalid, "", "must be an absolute http or https URL")
		}
	}
	return nil
}

func (f Field) acceptLength(s string, pattern *regexp.Regexp) error {
	n := utf8.RuneCountInString(s)
	switch {
	case n < f.MinLength:
		return Errorf(Invalid, "", "must have at least %d characters", f.MinLength)
	case f.MaxLength > 0 && n > f.MaxLength:
		return Errorf(Invalid, "", "must have at most %d characters", f.MaxLength)
	case pattern != nil && !pattern.MatchString(s):
		return Errorf(Invalid, "", "must match the pattern %s", f.Pattern)
	}
	return nil
}

func (f Field) acceptOption(s string) error {
	if !slices.Contains(f.Options, s) {
		return Errorf(Invalid, "", "%s is not an option; there are %s", Quote(s), quoteSome(f.Options))
	}
	return nil
}

// quoteSome lists the first few texts, and how many more there are.
func quoteSome(list []string) string {
	const some = 20
	shown := make([]string, min(len(list), some))
	for i := range shown {
		shown[i] = Quote(list[i])
	}
	said := strings.Join(shown, ", ")
	if more := len(list) - some; more > 0 {
		said += " and " + itoa(more) + " more"
	}
	return said
}

func (f Field) acceptList(items List, pattern *regexp.Regexp) error {
	if len(items) == 0 {
		return nil
	}
	if err := f.takes(TypeTextList, TypeMultiChoice); err != nil {
		return err
	}
	limit := maxItems
	if f.MaxItems > 0 {
		limit = min(f.MaxItems, maxItems)
	}
	if len(items) > limit {
		return Errorf(Invalid, "", "must have at most %d items", limit)
	}
	for i, s := range items {
		err := checkLine("", s, maxLine)
		if err == nil && f.Type == TypeMultiChoice {
			err = f.acceptOption(s)
			if err == nil && slices.Contains(items[:i], s) {
				err = Errorf(Invalid, "", "%s stands in it twice", Quote(s))
			}
		}
		if err == nil {
			err = f.acceptLength(s, pattern)
		}
		if err != nil {
			return Within(itoa(i), err)
		}
	}
	return nil
}

func (f Field) acceptNumber(n float64) error {
	if err := f.takes(TypeNumber); err != nil {
		return err
	}
	if _, err := number(n); err != nil {
		return err
	}
	least, most := parseBound(f.Min, math.Inf(-1)), parseBound(f.Max, math.Inf(1))
	if n < least || n > most {
		return f.outOfBounds()
	}
	return nil
}

// parseBound reads a bound that Validate has accepted.
func parseBound(s string, none float64) float64 {
	if n, err := strconv.ParseFloat(s, 64); err == nil {
		return n
	}
	return none
}

func (f Field) acceptDate(s string) error {
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		return Errorf(Invalid, "", "must be a date such as 2026-04-15")
	}
	if s < f.Min || f.Max != "" && s > f.Max {
		return f.outOfBounds()
	}
	return nil
}

func (f Field) outOfBounds() error {
	switch {
	case f.Max == "":
		return Errorf(Invalid, "", "must be at least %s", f.Min)
	case f.Min == "":
		return Errorf(Invalid, "", "must be at most %s", f.Max)
	default:
		return Errorf(Invalid, "", "must be from %s to %s", f.Min, f.Max)
	}
}
