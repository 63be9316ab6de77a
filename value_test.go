package muster_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-accounts/muster"
)

func TestValueOf(t *testing.T) {
	tests := []struct {
		name   string
		in     any
		want   muster.Value
		member string
		fails  bool
	}{
		{name: "null"},
		{name: "text", in: "", want: muster.Text("")},
		{name: "true", in: true, want: muster.Bool(true)},
		{name: "float", in: 1.5, want: muster.Number(1.5)},
		{name: "number", in: json.Number("-12e1"), want: muster.Number(-120)},
		{name: "the largest whole number", in: json.Number("9007199254740991"), want: muster.Number(9007199254740991)},
		{name: "the smallest whole number", in: json.Number("-9007199254740991"), want: muster.Number(-9007199254740991)},
		{name: "a number that would become its neighbour", in: json.Number("9007199254740993"), fails: true},
		{name: "the same below zero", in: json.Number("-9007199254740993"), fails: true},
		{name: "a Discord id", in: json.Number("175928847299117063"), fails: true},
		{name: "a number no float holds", in: json.Number("1e999"), fails: true},
		{name: "NaN", in: math.NaN(), fails: true},
		{name: "list", in: []any{"a", "b"}, want: muster.List{"a", "b"}},
		{name: "empty list", in: []any{}, want: muster.List{}},
		{name: "list of other things", in: []any{"a", nil}, fails: true, member: "1"},
		{name: "object", in: map[string]any{}, fails: true},
		{name: "what waits, from a client", in: map[string]any{"awaits": "boss"}, fails: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := muster.ValueOf(tt.in)
			if tt.fails {
				wantError(t, err, muster.Invalid, tt.member)
				return
			}
			wantError(t, err, "", "")
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
		})
	}
}

func TestSameValue(t *testing.T) {
	all := []muster.Value{
		nil, muster.Text(""), muster.Text("1"), muster.Number(0), muster.Number(1), muster.Bool(false), muster.Bool(true),
		muster.List{}, muster.List{"1"}, muster.List{"1", "2"}, muster.List{"2", "1"},
		muster.Awaited("1"), muster.Awaited("2"),
	}
	for i, a := range all {
		for j, b := range all {
			if got := muster.SameValue(a, b); got != (i == j) {
				t.Errorf("SameValue(%#v, %#v) = %t", a, b, got)
			}
		}
	}
	if !muster.SameValue(muster.List{"a"}, muster.List{"a"}) {
		t.Error("equal lists of different memory differ")
	}
}

func TestValuesJSON(t *testing.T) {
	want := muster.Values{"a": muster.Text("x"), "b": muster.List{"x", "y"}, "c": muster.Number(9007199254740991), "d": muster.Bool(false), "e": nil}
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got muster.Values
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	for _, wrong := range []string{`{"a": {}}`, `{"a": [1]}`, `[]`, `{"a": 1e300}`} {
		if err := json.Unmarshal([]byte(wrong), &got); err == nil {
			t.Errorf("%s was read as %v", wrong, got)
		}
	}
}
