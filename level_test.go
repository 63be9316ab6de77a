package muster_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-accounts/muster"
)

// What each level may do, by community keys and by persons: own and other
// stand for editing the own account and another's.
func TestLevels(t *testing.T) {
	tests := []struct {
		level                                    muster.Level
		read, list, key, own, other, administers bool
	}{
		{0, false, false, false, false, false, false},
		{1, true, false, false, false, false, false},
		{2, true, true, false, false, false, false},
		{3, true, true, true, false, false, false},
		{4, true, true, true, true, false, false},
		{5, true, true, true, true, false, false},
		{6, true, true, true, true, false, false},
		{7, true, true, true, true, false, false},
		{8, true, true, true, true, true, true},
	}
	for _, tt := range tests {
		key, person := muster.Caller{Level: tt.level}, muster.Caller{Level: tt.level, Account: "me"}
		for what, got := range map[string]struct {
			err  error
			want bool
		}{
			"read":           {key.MayRead(), tt.read},
			"list":           {key.MayReadAll(), tt.list},
			"key edits":      {key.MayEdit("x", muster.AreaRanks), tt.key},
			"own account":    {person.MayEdit("me", muster.AreaProfile, muster.AreaValues), tt.own},
			"own ranks":      {person.MayEdit("me", muster.AreaRanks), tt.other},
			"own identities": {person.MayEdit("me", muster.AreaValues, muster.AreaIdentities), tt.other},
			"own standing":   {person.MayEdit("me", muster.AreaStanding), tt.other},
			"own clock":      {person.MayEdit("me", muster.AreaClock), tt.own},
			"other account":  {person.MayEdit("x", muster.AreaRanks), tt.other},
			"other clock":    {person.MayEdit("x", muster.AreaClock), tt.other},
			"other values":   {person.MayEdit("x", muster.AreaValues), tt.own}, // and the field's ranks
			"other nothing":  {person.MayEdit("x"), tt.other},
			"manage":         {key.MayManage(muster.AreaKeys), tt.administers},
			"person manages": {person.MayManage(muster.AreaKeys), tt.administers},
		} {
			code := muster.Forbidden
			if got.want {
				code = ""
			}
			t.Run(fmt.Sprint(what, " ", tt.level), func(t *testing.T) { wantError(t, got.err, code, "") })
		}
	}
}

func TestAreas(t *testing.T) {
	some := muster.Caller{Level: muster.LevelAdmin, Areas: []muster.Area{muster.AreaValues, muster.AreaKeys}}
	wantError(t, some.MayEdit("x"), "", "")
	wantError(t, some.MayEdit("x", muster.AreaValues), "", "")
	wantError(t, some.MayEdit("x", muster.AreaValues, muster.AreaRanks), muster.Forbidden, "")
	wantError(t, some.MayManage(muster.AreaKeys), "", "")
	wantError(t, some.MayManage(muster.AreaCatalogue), muster.Forbidden, "")
	wantError(t, some.MayReadAll(), "", "")
	wantError(t, muster.Operator("c").MayManage(muster.AreaCatalogue), "", "")
}

func TestRights(t *testing.T) {
	key := func(l muster.Level) muster.Caller { return muster.Caller{Level: l} }
	person := func(ranks ...muster.RankID) muster.Caller {
		return muster.Caller{Level: 4, Account: "me", Ranks: ranks}
	}
	tests := []struct {
		name   string
		rights muster.Rights
		caller muster.Caller
		id     muster.AccountID
		want   bool
	}{
		{"everybody", muster.Rights{}, key(0), "x", true},
		{"the level", muster.Rights{Level: 5}, key(5), "x", true},
		{"below the level", muster.Rights{Level: 5}, key(4), "x", false},
		{"a rank", muster.Rights{Level: 8, Ranks: []muster.RankID{"a", "b"}}, person("c", "b"), "x", true},
		{"no such rank", muster.Rights{Level: 8, Ranks: []muster.RankID{"a", "b"}}, person("c"), "x", false},
		{"oneself", muster.Rights{Level: 8, Self: true}, person(), "me", true},
		{"another", muster.Rights{Level: 8, Self: true}, person(), "x", false},
		{"oneself where it does not count", muster.Rights{Level: 8}, person(), "me", false},
		{"oneself with the rank", muster.Rights{Level: 8, SelfRanks: []muster.RankID{"a"}}, person("a"), "me", true},
		{"oneself without the rank", muster.Rights{Level: 8, SelfRanks: []muster.RankID{"a"}}, person("b"), "me", false},
		{"another with the rank for oneself", muster.Rights{Level: 8, SelfRanks: []muster.RankID{"a"}}, person("a"), "x", false},
		{"nobody's key is not nobody's account", muster.Rights{Level: 8, Self: true, SelfRanks: []muster.RankID{"a"}}, key(4), "", false},
	}
	for _, tt := range tests {
		if got := tt.rights.Allow(tt.caller, tt.id); got != tt.want {
			t.Errorf("%s: %t", tt.name, got)
		}
	}
}

// To edit, a person's level says less than to see: "edit own" and "edit
// others'" are given by rank, each without the other.
func TestRightsToEdit(t *testing.T) {
	a := []muster.RankID{"a"}
	keys := muster.Rights{Level: muster.LevelWriteSome}
	tests := []struct {
		name             string
		rights           muster.Rights
		caller           muster.Caller
		own, others, key bool // may the caller, and may a community's key of level 3
	}{
		{"keys only", keys, muster.Caller{Level: 4}, false, false, true},
		{"everybody", muster.Rights{}, muster.Caller{Level: 4}, true, false, true},
		{"a person's level", muster.Rights{Level: 4}, muster.Caller{Level: 4}, true, false, false},
		{"below it", muster.Rights{Level: 5}, muster.Caller{Level: 4}, false, false, false},
		{"an administrator", keys, muster.Caller{Level: 8}, true, true, true},
		{"oneself", muster.Rights{Level: 3, Self: true}, muster.Caller{Level: 4}, true, false, true},
		{"own by rank", muster.Rights{Level: 3, SelfRanks: a}, muster.Caller{Level: 4, Ranks: a}, true, false, true},
		{"own by another rank", muster.Rights{Level: 3, SelfRanks: a}, muster.Caller{Level: 4, Ranks: []muster.RankID{"b"}}, false, false, true},
		{"others' by rank", muster.Rights{Level: 3, Ranks: a}, muster.Caller{Level: 4, Ranks: a}, true, true, true},
	}
	for _, tt := range tests {
		tt.caller.Account = "me"
		own, others := tt.rights.AllowEdit(tt.caller, "me"), tt.rights.AllowEdit(tt.caller, "x")
		key := tt.rights.AllowEdit(muster.Caller{Level: muster.LevelWriteSome}, "x")
		if own != tt.own || others != tt.others || key != tt.key {
			t.Errorf("%s: own %t, others' %t, by key %t", tt.name, own, others, key)
		}
	}
}

func TestKey(t *testing.T) {
	at := epoch
	tests := []struct {
		name string
		key  muster.Key
		want bool
	}{
		{"for ever", muster.Key{}, true},
		{"until later", muster.Key{ExpiresAt: at.Add(1)}, true},
		{"until now", muster.Key{ExpiresAt: at}, false},
		{"revoked", muster.Key{RevokedAt: at.Add(-time.Hour)}, false},
		{"revoked in the future is revoked", muster.Key{RevokedAt: at.Add(time.Hour), ExpiresAt: at.Add(time.Hour)}, false},
	}
	for _, tt := range tests {
		if got := tt.key.Live(at); got != tt.want {
			t.Errorf("%s: Live is %t", tt.name, got)
		}
	}
	good := muster.Key{ID: "k", Level: 8, Areas: muster.Areas}
	wantError(t, good.Validate(), "", "")
	for member, spoil := range map[string]func(*muster.Key){
		"id":         func(k *muster.Key) { k.ID = "" },
		"name":       func(k *muster.Key) { k.Name = "a\n" },
		"level":      func(k *muster.Key) { k.Level = 9 },
		"per_minute": func(k *muster.Key) { k.PerMinute = -1 },
		"areas.1":    func(k *muster.Key) { k.Areas = []muster.Area{"values", "all"} },
	} {
		k := good
		spoil(&k)
		wantError(t, k.Validate(), muster.Invalid, member)
	}
	wantError(t, muster.Key{ID: "k", Level: -1}.Validate(), muster.Invalid, "level")
}

func TestCommunity(t *testing.T) {
	good := muster.Community{ID: "Demo_1-x", UUID: "7def3d72-b69c-4b8d-b811-747b2d9f4397", Name: "Lübeck", Settings: muster.Settings{Limits: muster.LimitsVendor, Dialects: []string{"a", "b"}}}
	wantError(t, good.Validate(), "", "")
	for _, id := range []string{"", "-a", "_a", "a b", "ä", "a/b", "a\n", strings.Repeat("a", 65), "7DEF3D72-b69c-4b8d-b811-747b2d9f4397"} {
		c := good
		c.ID = muster.CommunityID(id)
		wantError(t, c.Validate(), muster.Invalid, "id")
	}
	for member, spoil := range map[string]func(*muster.Community){
		"uuid":   func(c *muster.Community) { c.UUID = "" },
		"name":   func(c *muster.Community) { c.Name = "a\tb" },
		"limits": func(c *muster.Community) { c.Settings.Limits = "" },
	} {
		c := good
		spoil(&c)
		wantError(t, c.Validate(), muster.Invalid, member)
	}
	if !good.Serves("b") || good.Serves("c") || good.Serves("") {
		t.Error("Serves is wrong")
	}
}

func TestRankValidate(t *testing.T) {
	good := muster.Rank{ID: "r", Label: "R", Power: -3}
	wantError(t, good.Validate(), "", "")
	for member, spoil := range map[string]func(*muster.Rank){
		"id":         func(r *muster.Rank) { r.ID = " r" },
		"label":      func(r *muster.Rank) { r.Label = "" },
		"department": func(r *muster.Rank) { r.Department = "\x00" },
		"colour":     func(r *muster.Rank) { r.Colour = "a\n" },
	} {
		r := good
		spoil(&r)
		wantError(t, r.Validate(), muster.Invalid, member)
	}
}

func TestPerMinute(t *testing.T) {
	for _, tt := range []struct {
		limits       muster.Limits
		vendor, want int
	}{
		{muster.Limits{Preset: muster.LimitsVendor}, 60, 60},
		{muster.Limits{Preset: muster.LimitsVendor}, 0, 600},
		{muster.Limits{Preset: muster.LimitsOwn}, 60, 600},
		{muster.Limits{Preset: muster.LimitsVendor, PerMinute: 5}, 60, 5},
		{muster.Limits{}, 60, 600},
	} {
		if got := tt.limits.PerMinuteOf(tt.vendor); got != tt.want {
			t.Errorf("%+v of %d: %d, want %d", tt.limits, tt.vendor, got, tt.want)
		}
	}
}

func TestVisible(t *testing.T) {
	see := func(id muster.FieldID, r muster.Rights) muster.Field {
		return field(muster.TypeText, func(f *muster.Field) { f.ID, f.Key, f.See = id, string(id), r })
	}
	rules := rulesOf(t, muster.Settings{}, []muster.Field{
		see("z", muster.Rights{}), see("hidden", muster.Rights{Level: 8}), see("a", muster.Rights{Level: 4}), see("own", muster.Rights{Level: 8, Self: true}),
	})
	for id, want := range map[muster.AccountID][]muster.FieldID{"x": {"z", "a"}, "me": {"z", "a", "own"}} {
		var got []muster.FieldID
		for _, f := range rules.Visible(muster.Caller{Level: 4, Account: "me"}, id) {
			got = append(got, f.ID)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: -want +got\n%s", id, d)
		}
	}
}

// Credentials: own stands for one of the own account, other for another's,
// and community for a key of the community itself.
func TestMayMakeCredential(t *testing.T) {
	person := func(l muster.Level, areas ...muster.Area) muster.Caller {
		return muster.Caller{Level: l, Account: "me", Areas: areas}
	}
	for name, tt := range map[string]struct {
		caller muster.Caller
		owner  muster.AccountID
		level  muster.Level
		want   muster.Code
	}{
		"own":                                 {person(4), "me", 4, ""},
		"own, with too little":                {person(3), "me", 1, muster.Forbidden},
		"own, above oneself":                  {person(4), "me", 5, muster.Forbidden},
		"own, by a key of keys":               {person(4, muster.AreaKeys), "me", 4, ""},
		"own, by a key of the profile":        {person(8, muster.AreaProfile), "me", 4, muster.Forbidden},
		"other":                               {person(7), "x", 1, muster.Forbidden},
		"other, as an administrator":          {person(8), "x", 8, ""},
		"other, by an editor's key":           {muster.Caller{Level: 7}, "x", 4, muster.Forbidden},
		"other, by an administrator's key":    {muster.Caller{Level: 8}, "x", 8, ""},
		"community":                           {muster.Caller{Level: 8}, "", 8, ""},
		"community, by one who has no keys":   {muster.Caller{Level: 8, Areas: []muster.Area{muster.AreaRanks}}, "", 1, muster.Forbidden},
		"community, by a person":              {person(7), "", 1, muster.Forbidden},
		"community, by a key without account": {muster.Caller{Level: 4}, "", 4, muster.Forbidden},
	} {
		t.Run(name, func(t *testing.T) {
			if got := muster.CodeOf(tt.caller.MayMakeCredential(tt.owner, tt.level)); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	wantError(t, muster.Caller{Level: 7}.MaySetLevel(), muster.Forbidden, "")
	wantError(t, muster.Caller{Level: 8}.MaySetLevel(), "", "")
}
