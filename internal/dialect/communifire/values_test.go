package communifire

import (
	"encoding/json"
	"testing"

	"github.com/muster-accounts/muster"
)

// Whatever text comes is read as a value, which the core takes or refuses; and
// a boolean, number or date is shown in a form that is read as the same.
func FuzzValueOf(f *testing.F) {
	for _, seed := range []string{"", "true", "No", "1e3", "1_0", "5/17/1990", "1990-05-17T00:00:00Z", "a, b", "Traffic, K9", "Europe/Berlin", "\x00", "é"} {
		for kind := range kinds {
			f.Add(kind, seed)
		}
	}
	f.Fuzz(func(t *testing.T, kind int, text string) {
		if kind < 0 || kind >= len(kinds) {
			return
		}
		field := muster.Field{ID: "f", Type: kinds[kind]}
		v, err := valueOf(field, text)
		if err != nil {
			t.Fatalf("%q: %v", text, err) // a text is of every type's form, or the core's to refuse
		}
		if v == nil || v == muster.Text("") || field.Type != muster.TypeBoolean && field.Type != muster.TypeNumber && field.Type != muster.TypeDate {
			return
		}
		again, err := valueOf(field, textOfValue(field, v, nil))
		if err != nil || !muster.SameValue(v, again) {
			t.Fatalf("%q: %v, again %v, %v", text, v, again, err)
		}
		if n, err := valueOf(field, json.Number("12")); err != nil || n == nil {
			t.Fatal(n, err)
		}
	})
}

var kinds = []muster.FieldType{
	muster.TypeText, muster.TypeBoolean, muster.TypeNumber, muster.TypeDate, muster.TypeChoice, muster.TypeMultiChoice,
	muster.TypeTextList, muster.TypeURL, muster.TypeAccount, muster.TypeTimeZone,
}
