package muster_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-accounts/muster"
)

func TestAccountAt(t *testing.T) {
	noon := epoch.Add(12 * time.Hour)
	just := noon.Add(time.Microsecond)
	account := func(ranks []muster.Grant, ban *muster.Ban, active bool) muster.Account {
		return muster.Account{Ranks: ranks, Standing: muster.Standing{Ban: ban, Active: active}}
	}
	over, lives, always := muster.Grant{Rank: "a", Expires: noon}, muster.Grant{Rank: "b", Expires: just}, muster.Grant{Rank: "c"}
	tests := []struct {
		name    string
		derived bool
		in      muster.Account
		want    muster.Account
	}{
		{"a rank ends at its moment", true, account([]muster.Grant{over, lives, always}, nil, true), account([]muster.Grant{lives, always}, nil, true)},
		{"the last rank takes active along", true, account([]muster.Grant{over}, nil, true), account([]muster.Grant{}, nil, false)},
		{"where active follows from ranks", false, account([]muster.Grant{over}, nil, true), account([]muster.Grant{}, nil, true)},
		{"active is what the ranks say, whatever was stored", true, account(nil, nil, true), account(nil, nil, false)},
		{"with a rank too", true, account([]muster.Grant{always}, nil, false), account([]muster.Grant{always}, nil, true)},
		{"a ban ends at its moment", false, account(nil, &muster.Ban{Until: noon}, false), account(nil, nil, false)},
		{"not before", false, account(nil, &muster.Ban{Until: just}, false), account(nil, &muster.Ban{Until: just}, false)},
		{"nor without one", false, account(nil, &muster.Ban{}, false), account(nil, &muster.Ban{}, false)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := deep(tt.in)
			got := tt.in.At(noon, muster.Rules{ActiveFromRanks: tt.derived})
			if d := same(tt.want, got); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
			if d := cmp.Diff(before, tt.in); d != "" {
				t.Errorf("At changed the account\n%s", d)
			}
		})
	}
}

func TestAccountReads(t *testing.T) {
	a := muster.Account{
		Values: muster.Values{"f": muster.Bool(false)},
		Ranks:  []muster.Grant{{Rank: "a"}, {Rank: "b"}, {Rank: "c"}},
		Identities: []muster.Identity{
			{Provider: "discord", Value: "1"}, {Provider: "discord", Value: "2", Verified: true}, {Provider: "discord", Value: "3", Verified: true}, {Provider: "ip", Value: "4"}, {Provider: "ip", Value: "5"},
		},
	}
	for provider, want := range map[string]string{"discord": "2", "ip": "4", "steam": ""} {
		if got, ok := a.Identity(provider); got.Value != want || ok != (want != "") {
			t.Errorf("Identity(%s) = %q, %t, want %q", provider, got.Value, ok, want)
		}
	}
	identity := func(provider string) muster.Field {
		return field(muster.TypeIdentity, func(f *muster.Field) { f.Provider, f.Default = provider, muster.Text("default") })
	}
	byDefault := func(id muster.FieldID) muster.Field {
		return field(muster.TypeBoolean, func(f *muster.Field) { f.ID, f.Default = id, muster.Bool(true) })
	}
	for _, tt := range []struct {
		field muster.Field
		want  muster.Value
	}{
		{identity("discord"), muster.Text("2")},
		{identity("steam"), nil},
		{byDefault("f"), muster.Bool(false)},
		{byDefault("g"), muster.Bool(true)},
		{field(muster.TypeText, func(f *muster.Field) { f.ID = "g" }), nil},
		{field(muster.TypeText), nil}, // what is stored was a boolean's
		{field(muster.TypeTextList, func(f *muster.Field) { f.Default = muster.Text("default") }), muster.Text("default")},
	} {
		if got := a.ValueOf(tt.field); got != tt.want {
			t.Errorf("ValueOf(%+v) = %#v, want %#v", tt.field, got, tt.want)
		}
	}
	rules := rulesOf(t, muster.Settings{}, nil, muster.Rank{ID: "a", Power: 1}, muster.Rank{ID: "b", Power: 9}, muster.Rank{ID: "c", Power: 1})
	var held []muster.RankID
	for _, r := range a.Held(rules) {
		held = append(held, r.ID)
	}
	if d := cmp.Diff([]muster.RankID{"b", "a", "c"}, held); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	if !a.Holds("b") || a.Holds("d") {
		t.Error("Holds is wrong")
	}
}

func TestClockRowRefuses(t *testing.T) {
	for member, row := range map[string]muster.ClockRow{
		"id":      {ID: "", Type: "duty"},
		"type":    {ID: "a", Type: "du\x00ty"},
		"notes.1": {ID: "a", Type: "duty", Notes: []string{"fine", "\x00"}},
	} {
		var e *muster.Error
		if err := row.Validate(); !errors.As(err, &e) || e.Code != muster.Invalid || e.Field != member {
			t.Errorf("%s: got %v", member, err)
		}
	}
}
