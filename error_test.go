package muster_test

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muster-accounts/muster"
)

func TestWithin(t *testing.T) {
	inner := muster.Errorf(muster.Invalid, "", "is wrong")
	for _, tt := range []struct {
		err   error
		field string
		path  []string
	}{
		{inner, "", nil},
		{muster.Within("add.0", inner), "add.0", []string{"add", "0"}},
		{muster.Within("ranks", muster.Errorf(muster.Invalid, "add.0", "is wrong")), "ranks.add.0", []string{"ranks", "add", "0"}},
		{muster.Within("values", muster.WithinMember("a.b", muster.Within("0", inner))), "values.a.b.0", []string{"values", "a.b", "0"}},
	} {
		e, _ := errors.AsType[*muster.Error](tt.err)
		if e.Field != tt.field || e.Message != "is wrong" || e.Code != muster.Invalid {
			t.Errorf("%+v, want the field %q", e, tt.field)
		}
		if d := cmp.Diff(tt.path, e.Path); d != "" {
			t.Errorf("%s: -want +got\n%s", tt.field, d)
		}
	}
	if err := errors.New("another"); !errors.Is(muster.WithinMember("a", err), err) {
		t.Error("an internal failure became a refusal")
	}
}

// Whatever a client names, the refusal that repeats it is short and readable.
func TestErrorsRepeatLittle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "bytes")) + rapid.String().Draw(t, "text")
		text = strings.Repeat(text, rapid.IntRange(1, 1000).Draw(t, "times"))
		rules, err := muster.NewRules(muster.Settings{}, []muster.Field{field(muster.TypeChoice, func(f *muster.Field) { f.Options = []string{"a"} })}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range []muster.Edit{
			{Values: muster.Values{muster.FieldID(text): nil}},
			{Values: muster.Values{"f": muster.Text(text)}},
			{Ranks: muster.RankEdit{Add: []muster.RankID{muster.RankID(text)}}},
			{Ranks: muster.RankEdit{Until: map[muster.RankID]time.Time{muster.RankID(text): {}}}},
			{Standing: muster.StandingEdit{SignIn: muster.Some(muster.SignIn(text))}},
		} {
			_, _, err := muster.Account{}.Apply(e, rules)
			if err == nil {
				continue // a text that clears
			}
			said := err.Error()
			if n := utf8.RuneCountInString(said); n > 1500 { // 100 characters escaped are 1000 at most
				t.Fatalf("%d characters: %.80q", n, said)
			}
			if !utf8.ValidString(said) || strings.IndexFunc(said, unicode.IsControl) >= 0 {
				t.Fatalf("not readable: %q", said)
			}
		}
	})
}

func TestQuote(t *testing.T) {
	for in, want := range map[string]string{
		"": `""`, "rank \"1\"": `"rank \"1\""`, "a\x00\n": `"a\x00\n"`, "\xff": "\"\ufffd\"", "\u202ea": `"\u202ea"`,
		strings.Repeat("é", 100): `"` + strings.Repeat("é", 100) + `"`, strings.Repeat("é", 101): `"` + strings.Repeat("é", 100) + `…"`,
	} {
		if got := muster.Quote(in); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}
