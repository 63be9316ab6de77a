package main

import (
	"testing"
	"time"

	"github.com/muster-accounts/muster"
)

// FuzzFlags sees to it that whatever is typed is read or refused, and that a
// moment from now lies ahead.
func FuzzFlags(f *testing.F) {
	for _, text := range []string{"", "a, b,", `["a,b"]`, "[", "90d", "36h", "2027-01-31", "-1d", "99999999999999999999d", "a=b", "=", "discord:1", "1:2:3", "NaN", "[1]", "1e999"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		now := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
		var w when
		if w.UnmarshalText([]byte(text)) == nil && w.from != 0 && !w.after(now).After(now) {
			t.Errorf("%q is %s", text, w.after(now))
		}
		_ = new(words).UnmarshalText([]byte(text))
		if name, value, err := pair("value", text); err == nil && name+"="+value != text {
			t.Errorf("%q was parted into %q and %q", text, name, value)
		}
		if ref := parseRef(text); len(ref) < 4 {
			t.Errorf("%q points at %v", text, ref)
		}
		for _, typ := range muster.FieldTypes {
			if v, err := parseValue(muster.Field{Type: typ}, text); err == nil && v == nil && text != "" && typ == muster.TypeText {
				t.Errorf("the text %q is none", text)
			}
		}
	})
}
