package muster_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-accounts/muster"
)

func TestParseJSON(t *testing.T) {
	nested := func(n int) string { return strings.Repeat(`[`, n) + strings.Repeat(`]`, n) }
	tests := []struct {
		name, in, says string // says: part of the sentence; empty: it is accepted
		want           any
	}{
		{"object", ` {"a": [1, "b", null, true, {}], "A": 9007199254740993} `, "",
			map[string]any{"a": []any{json.Number("1"), "b", nil, true, map[string]any{}}, "A": json.Number("9007199254740993")}},
		{"text", `"\u0001\ud83d\ude00\\u0000"`, "", "\x01😀\\u0000"},
		{"NUL", `"a\u0000"`, "the body contains NUL", nil},
		{"NUL in a name", `{"a\u0000": 1}`, "the body has a name that contains NUL", nil},
		{"the same name in different objects", `[{"a": {"a": 1}}, {"a": 2}]`, "",
			[]any{map[string]any{"a": map[string]any{"a": json.Number("1")}}, map[string]any{"a": json.Number("2")}}},
		{"a name twice", `{"a": 1, "b": {}, "a": 1}`, "twice", nil},
		{"a name twice, deep and escaped", `[{"x": {"a": 1, "\u0061": 2}}]`, "twice", nil},
		{"an empty name twice", `{"": 1, "": 1}`, "twice", nil},
		{"nothing", ``, "too early", nil},
		{"only space", ` `, "too early", nil},
		{"object cut off", `{"a": 1`, "too early", nil},
		{"object cut off after a name", `{"a"`, "too early", nil},
		{"object cut off after a colon", `{"a":`, "too early", nil},
		{"array cut off", `[1,`, "too early", nil},
		{"text cut off", `"ab`, "too early", nil},
		{"a second value", `{} {}`, "follows", nil},
		{"text after", `1 x`, "follows", nil},
		{"a closing bracket after", `[]]`, "follows", nil},
		{"comma after the last item", `[1,]`, "malformed", nil},
		{"comma after the last member", `{"a": 1,}`, "malformed", nil},
		{"comma before the first", `[,1]`, "malformed", nil},
		{"no comma", `[1 2]`, "malformed", nil},
		{"no comma in an object", `{"a": 1 "b": 2}`, "malformed", nil},
		{"no colon", `{"a" 1}`, "malformed", nil},
		{"name that is no text", `{1: 1}`, "malformed", nil},
		{"wrong bracket", `[1}`, "malformed", nil},
		{"leading zero", `01`, "malformed", nil},
		{"not JSON", `{'a': 1}`, "malformed", nil},
		{"not UTF-8", "\"\xff\"", "UTF-8", nil},
		{"not UTF-8 in a name", "{\"\xc3\": 1}", "UTF-8", nil},
		{"half of a pair", `"\ud83d"`, "surrogate", nil},
		{"half of a pair, the second", `{"a": "x\uDE00y"}`, "surrogate", nil},
		{"two halves the wrong way round", `"\ude00\ud83d"`, "surrogate", nil},
		{"half of a pair in a name", `{"\ud83d": 1}`, "surrogate", nil},
		{"half of a pair and another escape", `"\ud83d\n"`, "surrogate", nil},
		{"a backslash before what looks like a half", `"\\ud83d"`, "", `\ud83d`},
		{"a half cut off", `"\ud83`, "too early", nil},
		{"deep", nested(32), "", nil},
		{"too deep", nested(33), "deeper than 32", nil},
		{"too deep by far, and cut off", strings.Repeat(`{"a":`, 1_000_000), "deeper than 32", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := muster.ParseJSON([]byte(tt.in))
			if tt.says == "" {
				if err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(tt.want, got); tt.want != nil && d != "" {
					t.Errorf("-want +got\n%s", d)
				}
				return
			}
			if muster.CodeOf(err) != muster.Invalid || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v (%v), want Invalid that says %q", got, err, tt.says)
			}
		})
	}
}

func TestParseJSONNamesTheMemberAtFault(t *testing.T) {
	long := strings.Repeat("x", 300)
	for _, tt := range []struct {
		in, field string
		path      []string
	}{
		{`{"data": [{}, {"a.b": {"c/d": ["", "\u0000"]}}]}`, "data.1.a.b.c/d.1", []string{"data", "1", "a.b", "c/d", "1"}},
		{`{"data": [{"a": "ok", "b": "\ud800"}]}`, "data.0.b", []string{"data", "0", "b"}},
		{`{"data": {"\u0000": 1}}`, "data", []string{"data"}},
		{`[[{"a": 1, "a": 2}]]`, "0.0.a", []string{"0", "0", "a"}},
		{`{"a\n\u202e": {"": "\u0000"}}`, "a\ufffd\ufffd", []string{"a\n\u202e", ""}},
		{`{"` + long + `": "\u0000"}`, long[:200] + "…", []string{long[:200] + "…"}},
	} {
		_, err := muster.ParseJSON([]byte(tt.in))
		e, ok := errors.AsType[*muster.Error](err)
		if !ok || e.Code != muster.Invalid || e.Field != tt.field {
			t.Fatalf("%s: %v", tt.in, err)
		}
		if d := cmp.Diff(tt.path, e.Path); d != "" {
			t.Errorf("%s: path -want +got\n%s", tt.in, d)
		}
	}
}

// What ParseJSON accepts is what encoding/json reads, to the value and without
// a character replaced; what it refuses is refused by encoding/json too, or is
// one of the things that it refuses on top.
func FuzzParseJSON(f *testing.F) {
	for _, seed := range []string{
		`{"a": [1, 2.5e3, "x\u00e9", null, true, false, {"b": {}}]}`, `{"a":1,"a":2}`, `[[[[]]]]`, `{"a"`, `"\ud800"`, "\xff", `1 2`, ``, `{"":{"":[]}}`, `{"a\u0000":["\u0000"]}`, `-0`, `[1,]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := muster.ParseJSON(b)
		if err != nil {
			added := !utf8.Valid(b)
			for _, word := range []string{"twice", "deeper", "surrogate", "NUL"} {
				added = added || strings.Contains(err.Error(), word)
			}
			if muster.CodeOf(err) != muster.Invalid || json.Valid(b) && !added {
				t.Fatalf("refused %q: %v", b, err)
			}
			return
		}
		d := json.NewDecoder(bytes.NewReader(b))
		d.UseNumber()
		var want any
		if err := d.Decode(&want); err != nil || !json.Valid(b) {
			t.Fatalf("accepted %q, encoding/json says %v", b, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%q\n-want +got\n%s", b, diff)
		}
		written := strings.Count(string(b), "\ufffd") + strings.Count(strings.ToLower(string(b)), `\ufffd`)
		if read := replaced(got); read > written {
			t.Fatalf("%q holds %d replacement characters, read are %d", b, written, read)
		}
	})
}

// replaced counts the replacement characters in a value.
func replaced(v any) (n int) {
	switch v := v.(type) {
	case string:
		n = strings.Count(v, "\ufffd")
	case []any:
		for _, item := range v {
			n += replaced(item)
		}
	case map[string]any:
		for name, item := range v {
			n += replaced(name) + replaced(item)
		}
	}
	return n
}
