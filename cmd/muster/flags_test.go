package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/demo"
)

func TestWords(t *testing.T) {
	for text, want := range map[string]words{
		"":                  {},
		"a":                 {"a"},
		" a, b c ,,":        {"a", "b c"},
		`["a, b", "c"]`:     {"a, b", "c"},
		`[]`:                {},
		"RANK_UUID,rank-1,": {"RANK_UUID", "rank-1"},
	} {
		var got words
		if err := got.UnmarshalText([]byte(text)); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
	for _, text := range []string{`["a"`, `[1]`} {
		if err := new(words).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}

func TestProxyNetwork(t *testing.T) {
	for text, want := range map[string]string{
		"127.0.0.1": "127.0.0.1/32", "::1": "::1/128", "::ffff:192.0.2.1": "192.0.2.1/32", "10.0.0.0/8": "10.0.0.0/8", "2001:db8::/32": "2001:db8::/32",
	} {
		var n network
		if err := n.UnmarshalText([]byte(text)); err != nil || n.String() != want {
			t.Errorf("%q is %s, %v; want %s", text, n, err, want)
		}
	}
	for _, text := range []string{"", "localhost", "10.0.0.0/33", "10.0.0", "127.0.0.1:80"} {
		if err := new(network).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}

func TestWhen(t *testing.T) {
	now := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"36h":                       "2026-11-22T21:00:00Z",
		"90d":                       "2027-02-19T09:00:00Z",
		"2027-01-31":                "2027-01-31T00:00:00Z",
		"2027-01-31T12:00:00+01:00": "2027-01-31T11:00:00Z",
	} {
		var w when
		if err := w.UnmarshalText([]byte(text)); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if got := w.after(now).UTC().Format(time.RFC3339); got != want {
			t.Errorf("%q is %s, not %s", text, got, want)
		}
	}
	for _, text := range []string{"", "d", "-1d", "0d", "-36h", "0s", "40000d", "31.1.2027", "tomorrow", "2027-02-30"} {
		if err := new(when).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}

func TestParseValue(t *testing.T) {
	for _, test := range []struct {
		kind muster.FieldType
		text string
		want muster.Value
	}{
		{muster.TypeText, "42", muster.Text("42")},
		{muster.TypeText, `["a"]`, muster.Text(`["a"]`)},
		{muster.TypeText, "", nil},
		{muster.TypeNumber, "42", muster.Number(42)},
		{muster.TypeNumber, "many", muster.Text("many")}, // for the core to refuse
		{muster.TypeBoolean, "true", muster.Bool(true)},
		{muster.TypeTextList, `["a","b"]`, muster.List{"a", "b"}},
		{muster.TypeMultiChoice, `[]`, muster.List{}},
		{muster.TypeNumber, "null", nil},
		{muster.TypeDate, "2026-04-15", muster.Text("2026-04-15")},
	} {
		got, err := parseValue(muster.Field{Type: test.kind}, test.text)
		if err != nil || !muster.SameValue(got, test.want) {
			t.Errorf("%s %q is %v, %v", test.kind, test.text, got, err)
		}
	}
	if _, err := parseValue(muster.Field{Type: muster.TypeTextList}, `[1]`); muster.CodeOf(err) != muster.Invalid {
		t.Errorf("a list of numbers: %v", err)
	}
}

func TestOnLoopback(t *testing.T) {
	for listen, want := range map[string]bool{
		"127.0.0.1:0": true, "127.3.2.1:80": true, "[::1]:0": true, "localhost:0": true, "[::ffff:127.0.0.1]:0": true,
		":8484": false, "0.0.0.0:0": false, "[::]:0": false, "192.0.2.7:80": false,
	} {
		got, err := onLoopback(t.Context(), listen)
		if err != nil || got != want {
			t.Errorf("%s: %v, %v", listen, got, err)
		}
	}
	if _, err := onLoopback(t.Context(), "8484"); err == nil {
		t.Error("a port alone was taken")
	}
}

func TestQuote(t *testing.T) {
	if got := quote(`it's "so"`); got != `'it'\''s "so"'` {
		t.Error(got)
	}
	for _, call := range demoCalls("http://127.0.0.1:1", demo.Known()) {
		if strings.Count(call, "'")%2 != 0 {
			t.Errorf("a quote is left open: %s", call)
		}
	}
}
