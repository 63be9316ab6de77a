package muster_test

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-accounts/muster"
)

// field is a valid definition of a type, with what change makes of it.
func field(typ muster.FieldType, change ...func(*muster.Field)) muster.Field {
	f := muster.Field{ID: "f", Key: "f_key", Label: "F", Type: typ, Scope: muster.ScopeProfile}
	switch typ {
	case muster.TypeChoice, muster.TypeMultiChoice:
		f.Options = []string{"red", "green", "blue"}
	case muster.TypeIdentity:
		f.Provider = muster.ProviderDiscord
	}
	for _, c := range change {
		c(&f)
	}
	return f
}

func required(f *muster.Field) { f.Required = true }
func lengths(least, most int) func(*muster.Field) {
	return func(f *muster.Field) { f.MinLength, f.MaxLength = least, most }
}
func items(most int) func(*muster.Field)   { return func(f *muster.Field) { f.MaxItems = most } }
func pattern(p string) func(*muster.Field) { return func(f *muster.Field) { f.Pattern = p } }
func bounds(low, high string) func(*muster.Field) {
	return func(f *muster.Field) { f.Min, f.Max = low, high }
}

// rulesOf compiles fields and ranks that the test knows to be right.
func rulesOf(t testing.TB, s muster.Settings, fields []muster.Field, ranks ...muster.Rank) muster.Rules {
	t.Helper()
	rules, err := muster.NewRules(s, fields, ranks)
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

// wantError holds an error against a code and the member at fault; an empty
// code wants none.
func wantError(t testing.TB, err error, code muster.Code, member string) {
	t.Helper()
	if code == "" {
		if err != nil {
			t.Fatalf("unexpected error: %v", err)
		}
		return
	}
	e, ok := err.(*muster.Error) //nolint:errorlint // the rules hand out this type itself
	if !ok {
		t.Fatalf("got %T %v, want an Error with the code %q", err, err, code)
	}
	if e.Code != code || e.Field != member {
		t.Fatalf("got code %q, field %q (%s), want code %q, field %q", e.Code, e.Field, e.Message, code, member)
	}
	if e.Message == "" {
		t.Fatal("the error has no sentence")
	}
}

func TestAccept(t *testing.T) {
	const bad, big = muster.Invalid, muster.TooLarge
	text := func(s string) muster.Value { return muster.Text(s) }
	list := func(s ...string) muster.Value { return muster.List(s) }
	tests := []struct {
		name  string
		field muster.Field
		value muster.Value
		code  muster.Code
		item  string // of a list, at fault
	}{
		{name: "text", field: field(muster.TypeText), value: text("Grüße")},
		{name: "text is no number", field: field(muster.TypeText), value: muster.Number(1), code: bad},
		{name: "text is no boolean", field: field(muster.TypeText), value: muster.Bool(true), code: bad},
		{name: "text is no list", field: field(muster.TypeText), value: list("a"), code: bad},
		{name: "text of one line", field: field(muster.TypeText), value: text("a\nb"), code: bad},
		{name: "text with DEL", field: field(muster.TypeText), value: text("a\x7fb"), code: bad},
		{name: "text with NUL", field: field(muster.TypeText), value: text("a\x00b"), code: bad},
		{name: "text not UTF-8", field: field(muster.TypeText), value: text("a\xff"), code: bad},
		{name: "text at the house limit", field: field(muster.TypeText), value: text(strings.Repeat("ü", 1000))},
		{name: "text over the house limit", field: field(muster.TypeText), value: text(strings.Repeat("ü", 1001)), code: big},
		{name: "text just long enough", field: field(muster.TypeText, lengths(2, 3)), value: text("üü")},
		{name: "text too short", field: field(muster.TypeText, lengths(2, 3)), value: text("ü"), code: bad},
		{name: "text just short enough", field: field(muster.TypeText, lengths(2, 3)), value: text("üüü")},
		{name: "text too long", field: field(muster.TypeText, lengths(2, 3)), value: text("üüüü"), code: bad},
		{name: "text matches", field: field(muster.TypeText, pattern(`[a-z]+|X`)), value: text("abc")},
		{name: "pattern is of the whole, front", field: field(muster.TypeText, pattern(`[a-z]+|X`)), value: text("1abc"), code: bad},
		{name: "pattern is of the whole, end", field: field(muster.TypeText, pattern(`[a-z]+|X`)), value: text("abX"), code: bad},

		{name: "long text", field: field(muster.TypeLongText), value: text("a\nb\tc")},
		{name: "long text with NUL", field: field(muster.TypeLongText), value: text("a\x00"), code: bad},
		{name: "long text not UTF-8", field: field(muster.TypeLongText), value: text("\xc3"), code: bad},
		{name: "long text over the house limit", field: field(muster.TypeLongText), value: text(strings.Repeat("a", 100_001)), code: big},
		{name: "long text is no list", field: field(muster.TypeLongText), value: list("a"), code: bad},

		{name: "list", field: field(muster.TypeTextList), value: list("a", "a", "b")},
		{name: "list is no text", field: field(muster.TypeTextList), value: text("a"), code: bad},
		{name: "list is no number", field: field(muster.TypeTextList), value: muster.Number(0), code: bad},
		{name: "list of many", field: field(muster.TypeTextList, items(2)), value: list("a", "b", "c"), code: bad},
		{name: "list of as many as may be", field: field(muster.TypeTextList, items(2)), value: list("a", "b")},
		{name: "list over the house limit", field: field(muster.TypeTextList), value: make(muster.List, 1001), code: bad},
		{name: "list item with NUL", field: field(muster.TypeTextList), value: list("a", "\x00"), code: bad, item: "1"},
		{name: "list item not UTF-8", field: field(muster.TypeTextList), value: list("\xff"), code: bad, item: "0"},
		{name: "list item of two lines", field: field(muster.TypeTextList), value: list("a\nb"), code: bad, item: "0"},
		{name: "list item too long", field: field(muster.TypeTextList, lengths(0, 1)), value: list("a", "bb"), code: bad, item: "1"},
		{name: "list item that does not match", field: field(muster.TypeTextList, pattern(`\d`)), value: list("1", "2", "x"), code: bad, item: "2"},

		{name: "number", field: field(muster.TypeNumber), value: muster.Number(-1.5)},
		{name: "number is no text", field: field(muster.TypeNumber), value: text("1"), code: bad},
		{name: "number is no boolean", field: field(muster.TypeNumber), value: muster.Bool(true), code: bad},
		{name: "number NaN", field: field(muster.TypeNumber), value: muster.Number(math.NaN()), code: bad},
		{name: "number infinite", field: field(muster.TypeNumber), value: muster.Number(math.Inf(-1)), code: bad},
		{name: "number too large for clients", field: field(muster.TypeNumber), value: muster.Number(1 << 54), code: bad},
		{name: "number at the lower bound", field: field(muster.TypeNumber, bounds("-1", "2.5")), value: muster.Number(-1)},
		{name: "number below", field: field(muster.TypeNumber, bounds("-1", "2.5")), value: muster.Number(-1.01), code: bad},
		{name: "number at the upper bound", field: field(muster.TypeNumber, bounds("-1", "2.5")), value: muster.Number(2.5)},
		{name: "number above", field: field(muster.TypeNumber, bounds("-1", "2.5")), value: muster.Number(2.6), code: bad},
		{name: "number above the only bound", field: field(muster.TypeNumber, bounds("", "10")), value: muster.Number(10.5), code: bad},
		{name: "number compares as a number", field: field(muster.TypeNumber, bounds("9", "10")), value: muster.Number(9.5)},

		{name: "true", field: field(muster.TypeBoolean), value: muster.Bool(true)},
		{name: "false is a value", field: field(muster.TypeBoolean, required), value: muster.Bool(false)},
		{name: "boolean is no text", field: field(muster.TypeBoolean), value: text("true"), code: bad},
		{name: "boolean is no number", field: field(muster.TypeBoolean), value: muster.Number(1), code: bad},

		{name: "date", field: field(muster.TypeDate), value: text("2024-02-29")},
		{name: "date that is none", field: field(muster.TypeDate), value: text("2023-02-29"), code: bad},
		{name: "date with a time", field: field(muster.TypeDate), value: text("2024-02-29T00:00:00Z"), code: bad},
		{name: "date at the first", field: field(muster.TypeDate, bounds("2024-01-01", "2024-12-31")), value: text("2024-01-01")},
		{name: "date too early", field: field(muster.TypeDate, bounds("2024-01-01", "2024-12-31")), value: text("2023-12-31"), code: bad},
		{name: "date at the last", field: field(muster.TypeDate, bounds("2024-01-01", "2024-12-31")), value: text("2024-12-31")},
		{name: "date too late", field: field(muster.TypeDate, bounds("2024-01-01", "2024-12-31")), value: text("2025-01-01"), code: bad},

		{name: "choice", field: field(muster.TypeChoice), value: text("green")},
		{name: "choice of another case", field: field(muster.TypeChoice), value: text("Green"), code: bad},
		{name: "choice is no list", field: field(muster.TypeChoice), value: list("green"), code: bad},
		{name: "choices", field: field(muster.TypeMultiChoice), value: list("green", "red")},
		{name: "choices twice", field: field(muster.TypeMultiChoice), value: list("green", "red", "green"), code: bad, item: "2"},
		{name: "choices with a stranger", field: field(muster.TypeMultiChoice), value: list("green", "pink"), code: bad, item: "1"},
		{name: "choices is no text", field: field(muster.TypeMultiChoice), value: text("green"), code: bad},

		{name: "account, existence is not checked here", field: field(muster.TypeAccount), value: text("6f6e1b9c-6f6e-4b9c-8f6e-6f6e1b9c6f6e")},
		{name: "account is no number", field: field(muster.TypeAccount), value: muster.Number(7), code: bad},
		{name: "time zone, existence is not checked here", field: field(muster.TypeTimeZone), value: text("Europe/Berlin")},
		{name: "time zone is no list", field: field(muster.TypeTimeZone), value: list("Europe/Berlin"), code: bad},
		{name: "url", field: field(muster.TypeURL), value: text("https://example.org/a?b=c#d")},
		{name: "url of another scheme", field: field(muster.TypeURL), value: text("javascript:alert(1)"), code: bad},
		{name: "url without a host", field: field(muster.TypeURL), value: text("https:///x"), code: bad},
		{name: "url without a scheme", field: field(muster.TypeURL), value: text("example.org"), code: bad},
		{name: "url with a space in its host", field: field(muster.TypeURL), value: text("http://a b/"), code: bad},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.field.Validate(); err != nil {
				t.Fatalf("the definition of the test is wrong: %v", err)
			}
			rules := rulesOf(t, muster.Settings{}, []muster.Field{tt.field})
			before := muster.Account{Standing: muster.Standing{SignIn: muster.SignInActive}}
			after, _, err := before.Apply(muster.Edit{Values: muster.Values{"f": tt.value}}, rules)
			member := "values.f"
			if tt.item != "" {
				member += "." + tt.item
			}
			wantError(t, err, tt.code, member)
			if err == nil && !cmp.Equal(after.Values["f"], tt.value) {
				t.Errorf("kept %#v of %#v", after.Values["f"], tt.value)
			}
			if err != nil && len(after.Values) > 0 {
				t.Errorf("refused, and kept %#v", after.Values)
			}
		})
	}
}

// What clears: null everywhere, and an empty text or list of every type, as
// forms send it.
func TestEmptyClears(t *testing.T) {
	some := map[muster.FieldType]muster.Value{
		muster.TypeText: muster.Text("a"), muster.TypeLongText: muster.Text("a"), muster.TypeTextList: muster.List{"a"},
		muster.TypeNumber: muster.Number(0), muster.TypeBoolean: muster.Bool(false), muster.TypeDate: muster.Text("2024-01-01"),
		muster.TypeChoice: muster.Text("red"), muster.TypeMultiChoice: muster.List{"red"}, muster.TypeAccount: muster.Text("x"),
		muster.TypeTimeZone: muster.Text("UTC"), muster.TypeURL: muster.Text("http://a"),
	}
	for _, typ := range muster.FieldTypes {
		if typ == muster.TypeIdentity {
			continue // is never edited
		}
		for name, empty := range map[string]muster.Value{"null": nil, "text": muster.Text(""), "list": muster.List{}} {
			t.Run(string(typ)+" "+name, func(t *testing.T) {
				// Rules about what a value looks like do not hold for none.
				optional := field(typ, lengths(1, 9))
				before := muster.Account{Values: muster.Values{"f": some[typ], "other": muster.Text("stays")}, Standing: muster.Standing{SignIn: muster.SignInActive}}
				edit := muster.Edit{Values: muster.Values{"f_key": empty}}
				after, _, err := before.Apply(edit, rulesOf(t, muster.Settings{}, []muster.Field{optional}))
				wantError(t, err, "", "")
				if d := cmp.Diff(muster.Values{"other": muster.Text("stays")}, after.Values); d != "" {
					t.Errorf("-want +got\n%s", d)
				}
				_, _, err = before.Apply(edit, rulesOf(t, muster.Settings{}, []muster.Field{field(typ, required)}))
				wantError(t, err, muster.Invalid, "values.f_key")
			})
		}
	}
}

func TestFieldValidate(t *testing.T) {
	byDefault := func(v muster.Value) func(*muster.Field) { return func(f *muster.Field) { f.Default = v } }
	tests := []struct {
		name   string
		field  muster.Field
		member string // at fault; empty: the definition is right
	}{
		{"text", field(muster.TypeText), ""},
		{"identity", field(muster.TypeIdentity), ""},
		{"no id", field(muster.TypeText, func(f *muster.Field) { f.ID = "" }), "id"},
		{"id with a space at its end", field(muster.TypeText, func(f *muster.Field) { f.ID = "a " }), "id"},
		{"id with NUL", field(muster.TypeText, func(f *muster.Field) { f.ID = "a\x00b" }), "id"},
		{"no key", field(muster.TypeText, func(f *muster.Field) { f.Key = "" }), "key"},
		{"label of two lines", field(muster.TypeText, func(f *muster.Field) { f.Label = "a\nb" }), "label"},
		{"unknown type", field("colour"), "type"},
		{"unknown scope", field(muster.TypeText, func(f *muster.Field) { f.Scope = "secret" }), "scope"},
		{"choice of nothing", field(muster.TypeChoice, func(f *muster.Field) { f.Options = nil }), "options"},
		{"options of a text", field(muster.TypeText, func(f *muster.Field) { f.Options = []string{"a"} }), "options"},
		{"option not UTF-8", field(muster.TypeChoice, func(f *muster.Field) { f.Options = []string{"a", "\xff"} }), "options.1"},
		{"option that nobody can choose", field(muster.TypeChoice, func(f *muster.Field) { f.Options = []string{""} }), "options.0"},
		{"identity of nobody", field(muster.TypeIdentity, func(f *muster.Field) { f.Provider = "" }), "provider"},
		{"provider of a text", field(muster.TypeText, func(f *muster.Field) { f.Provider = "discord" }), "provider"},
		{"required identity", field(muster.TypeIdentity, required), "required"},
		{"negative length", field(muster.TypeText, lengths(-1, 0)), "max_length"},
		{"least above the greatest", field(muster.TypeText, lengths(5, 4)), "max_length"},
		{"least without a greatest", field(muster.TypeText, lengths(5, 0)), ""},
		{"negative items", field(muster.TypeTextList, items(-1)), "max_length"},
		{"pattern that is none", field(muster.TypeText, pattern("(")), "pattern"},
		{"pattern that breaks out of its frame", field(muster.TypeText, pattern("a)|(b")), "pattern"},
		{"bounds", field(muster.TypeNumber, bounds("-1e3", "7")), ""},
		{"bounds of dates", field(muster.TypeDate, bounds("2024-01-01", "")), ""},
		{"bounds of a text", field(muster.TypeText, bounds("", "z")), "max"},
		{"bound that is no number", field(muster.TypeNumber, bounds("one", "")), "min"},
		{"bound NaN", field(muster.TypeNumber, bounds("NaN", "")), "min"},
		{"bound that is no date", field(muster.TypeDate, bounds("", "31.12.2024")), "max"},
		{"both bounds wrong, the first is named", field(muster.TypeNumber, bounds("x", "y")), "min"},
		{"bounds with nothing between", field(muster.TypeNumber, bounds("10", "9")), "max"},
		{"bounds of dates with nothing between", field(muster.TypeDate, bounds("2024-01-02", "2024-01-01")), "max"},
		{"default", field(muster.TypeMultiChoice, byDefault(muster.List{"red"})), ""},
		{"default of the wrong kind", field(muster.TypeNumber, byDefault(muster.Text("1"))), "default"},
		{"default that is no option", field(muster.TypeChoice, byDefault(muster.Text("pink"))), "default"},
		{"default beside the pattern", field(muster.TypeText, pattern("a+"), byDefault(muster.Text("b"))), "default"},
		{"default by the pattern", field(muster.TypeText, pattern("a+"), byDefault(muster.Text("aa"))), ""},
		{"default with a wrong item", field(muster.TypeMultiChoice, byDefault(muster.List{"red", "red"})), "default.1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for range 20 { // the same answer each time
				code := muster.Invalid
				if tt.member == "" {
					code = ""
				}
				wantError(t, tt.field.Validate(), code, tt.member)
			}
		})
	}
}

func TestFieldJSON(t *testing.T) {
	defaults := []muster.Value{nil, muster.Text("a"), muster.Text(""), muster.List{"a", "b"}, muster.List{}, muster.Number(0), muster.Number(-1.25), muster.Bool(false), muster.Bool(true)}
	for _, d := range defaults {
		want := muster.Field{
			ID: "f", Key: "k", Label: "Lübeck", Type: muster.TypeText, Scope: muster.ScopePreference, Options: []string{"a"}, Provider: "p",
			Required: true, MinLength: 1, MaxLength: 2, MaxItems: 3, Pattern: "<&>", Min: "1", Max: "2", Default: d,
			See: muster.Rights{Level: 3, Ranks: []muster.RankID{"r"}, Self: true}, Edit: muster.Rights{Level: 8},
		}
		b, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got muster.Field
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s\n-want +got\n%s", b, diff)
		}
	}
	var f muster.Field
	if err := json.Unmarshal([]byte(`{"id": "f", "default": {"a": 1}}`), &f); err == nil {
		t.Errorf("a default that is an object was read as %v", f.Default)
	}
}

func TestMissing(t *testing.T) {
	has := []muster.Field{{ID: "a", Label: "Phone", Labels: map[string]string{"de": "Telefon"}}, {ID: "b"}}
	wanted := []muster.Field{
		{ID: "a", Label: "Other"}, {ID: "c", Label: "Phone"}, {ID: "d", Label: "X", Labels: map[string]string{"de": "Telefon"}},
		{ID: "e", Label: "phone"}, {ID: "f", Label: "Y", Labels: map[string]string{"nl": "Telefon"}}, {ID: "g"},
	}
	var ids []muster.FieldID
	for _, f := range muster.Missing(wanted, has) {
		ids = append(ids, f.ID)
	}
	if want := []muster.FieldID{"e", "f", "g"}; !slices.Equal(ids, want) {
		t.Errorf("missing are %v, not %v", ids, want)
	}
}

func TestChartIsForAccounts(t *testing.T) {
	f := muster.Field{ID: "x", Key: "x", Type: muster.TypeAccount, Scope: muster.ScopeProfile, Chart: true}
	if err := f.Validate(); err != nil {
		t.Error(err)
	}
	f.Type = muster.TypeText
	if err := f.Validate(); muster.CodeOf(err) != muster.Invalid {
		t.Errorf("a chart of texts: %v", err)
	}
}
