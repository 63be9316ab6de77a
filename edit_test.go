package muster_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-accounts/muster"
)

// someone holds two ranks, a value and an identity.
func someone() muster.Account {
	return muster.Account{
		Username: "ada", Values: muster.Values{"f": muster.Text("a")},
		Ranks:      []muster.Grant{{Rank: "a", Expires: epoch}, {Rank: "b"}},
		Identities: []muster.Identity{{ID: "1", Provider: "discord", Value: "7", Verified: true, CreatedAt: epoch}},
		Standing:   muster.Standing{Joined: true, Active: true, SignIn: muster.SignInActive},
	}
}

func catalogue(t testing.TB, s muster.Settings) muster.Rules {
	t.Helper()
	return rulesOf(t, s,
		[]muster.Field{field(muster.TypeText), field(muster.TypeIdentity, func(f *muster.Field) { f.ID, f.Key = "d", "d_key" })},
		muster.Rank{ID: "a", Label: "Alpha"}, muster.Rank{ID: "b", Label: "Beta"}, muster.Rank{ID: "c", Label: "Beta"})
}

func TestApplyRefuses(t *testing.T) {
	const bad, big = muster.Invalid, muster.TooLarge
	add := func(i muster.Identity) muster.Edit {
		return muster.Edit{Identities: muster.IdentityEdit{Add: []muster.Identity{{Provider: "ok", Value: "1"}, i}}}
	}
	until := func(at time.Time) muster.Edit {
		return muster.Edit{Ranks: muster.RankEdit{Until: map[muster.RankID]time.Time{"a": at}}}
	}
	far := time.Date(9999, 12, 31, 23, 0, 0, 0, time.FixedZone("", -2*3600)) // is 10000 in UTC
	tests := []struct {
		name   string
		edit   muster.Edit
		code   muster.Code
		member string
	}{
		{"no username", muster.Edit{Username: muster.Some("")}, bad, "username"},
		{"username with a space before", muster.Edit{Username: muster.Some(" ada")}, bad, "username"},
		{"username too long", muster.Edit{Username: muster.Some(strings.Repeat("a", 101))}, big, "username"},
		{"username with NUL", muster.Edit{Username: muster.Some("a\x00")}, bad, "username"},
		{"username not UTF-8", muster.Edit{Username: muster.Some("\xff")}, bad, "username"},
		{"e-mail without @", muster.Edit{Email: muster.Some("ada")}, bad, "email"},
		{"e-mail without a name", muster.Edit{Email: muster.Some("@b")}, bad, "email"},
		{"e-mail with two @", muster.Edit{Email: muster.Some("a@b@c")}, bad, "email"},
		{"e-mail with a name around", muster.Edit{Email: muster.Some("Ada <a@b>")}, bad, "email"},
		{"e-mail with a line", muster.Edit{Email: muster.Some("a@b\r\nBcc:")}, bad, "email"},
		{"e-mail too long", muster.Edit{Email: muster.Some("a@" + strings.Repeat("b", 253))}, big, "email"},
		{"name of two lines", muster.Edit{Name: muster.Some("a\nb")}, bad, "name"},
		{"bio with NUL", muster.Edit{Bio: muster.Some("a\x00")}, bad, "bio"},
		{"bio too long", muster.Edit{Bio: muster.Some(strings.Repeat("a", 100_001))}, big, "bio"},
		{"picture by a path", muster.Edit{Picture: muster.Some("../../etc/passwd")}, bad, "picture"},
		{"picture of another kind", muster.Edit{Picture: muster.Some(strings.Repeat("0a", 32) + ".svg")}, bad, "picture"},
		{"level above all", muster.Edit{Standing: muster.StandingEdit{Level: muster.Some(muster.Level(9))}}, bad, "standing.level"},
		{"level below all", muster.Edit{Standing: muster.StandingEdit{Level: muster.Some(muster.Level(-1))}}, bad, "standing.level"},
		{"language of two lines", muster.Edit{Language: muster.Some("de\n")}, bad, "language"},
		{"no such field", muster.Edit{Values: muster.Values{"g": nil}}, bad, "values.g"},
		{"a field by id and by key", muster.Edit{Values: muster.Values{"f": nil, "f_key": muster.Text("x")}}, bad, "values.f_key"},
		{"a value read from an identity", muster.Edit{Values: muster.Values{"d": muster.Text("8")}}, bad, "values.d"},
		{"no such rank to set", muster.Edit{Ranks: muster.RankEdit{Set: muster.Some([]muster.RankID{"a", "z"})}}, bad, "ranks.set.1"},
		{"no such rank to add", muster.Edit{Ranks: muster.RankEdit{Add: []muster.RankID{"z"}}}, bad, "ranks.add.0"},
		{"no such rank to remove", muster.Edit{Ranks: muster.RankEdit{Remove: []muster.RankID{"b", "z"}}}, bad, "ranks.remove.1"},
		{"a label of two ranks", muster.Edit{Ranks: muster.RankEdit{Remove: []muster.RankID{"Beta"}}}, bad, "ranks.remove.0"},
		{"expiry of no such rank", muster.Edit{Ranks: muster.RankEdit{Until: map[muster.RankID]time.Time{"z": epoch}}}, bad, "ranks.until.z"},
		{"expiry that history could not hold", until(far), bad, "ranks.until.a"},
		{"expiry that is kept as never", until(time.Unix(0, 0)), bad, "ranks.until.a"},
		{"identity of no provider", add(muster.Identity{Value: "1"}), bad, "identities.add.1.provider"},
		{"identity without a value", add(muster.Identity{Provider: "ip"}), bad, "identities.add.1.value"},
		{"identity with a flag of two lines", add(muster.Identity{Provider: "ip", Value: "1", Flag: "a\nb"}), bad, "identities.add.1.flag"},
		{"metadata that is a list", add(muster.Identity{Provider: "ip", Value: "1", Metadata: []byte(`[]`)}), bad, "identities.add.1.metadata"},
		{"metadata that is no JSON", add(muster.Identity{Provider: "ip", Value: "1", Metadata: []byte(`{`)}), bad, "identities.add.1.metadata"},
		{"metadata not UTF-8", add(muster.Identity{Provider: "ip", Value: "1", Metadata: []byte("{\"a\": \"\xff\"}")}), bad, "identities.add.1.metadata"},
		{"identity made too late", add(muster.Identity{Provider: "ip", Value: "1", CreatedAt: far}), bad, "identities.add.1.created_at"},
		{"identity changed too late", add(muster.Identity{Provider: "ip", Value: "1", UpdatedAt: far}), bad, "identities.add.1.updated_at"},
		{"unknown sign-in", muster.Edit{Standing: muster.StandingEdit{SignIn: muster.Some(muster.SignIn("maybe"))}}, bad, "standing.sign_in"},
		{"ban with NUL", muster.Edit{Standing: muster.StandingEdit{Ban: muster.Some(&muster.Ban{Reason: "\x00"})}}, bad, "standing.ban.reason"},
		{"ban without an end that JSON holds", muster.Edit{Standing: muster.StandingEdit{Ban: muster.Some(&muster.Ban{Until: far})}}, bad, "standing.ban.until"},
	}
	rules := catalogue(t, muster.Settings{})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := someone()
			tt.edit.Language = muster.Some(tt.edit.Language.Or("de")) // so that something else is right
			after, undo, err := before.Apply(tt.edit, rules)
			wantError(t, err, tt.code, tt.member)
			if d := same(someone(), after) + same(someone(), before) + same(muster.Edit{}, undo); d != "" {
				t.Errorf("refused, and not as it was:\n%s", d)
			}
		})
	}
}

func TestApplyRanks(t *testing.T) {
	ids := func(ids ...muster.RankID) []muster.RankID { return ids }
	a, b, c := muster.Grant{Rank: "a", Expires: epoch}, muster.Grant{Rank: "b"}, muster.Grant{Rank: "c"}
	later := epoch.Add(time.Hour)
	tests := []struct {
		name string
		edit muster.RankEdit
		want []muster.Grant
	}{
		{"absent", muster.RankEdit{}, []muster.Grant{a, b}},
		{"set to none", muster.RankEdit{Set: muster.Some(ids())}, nil},
		{"set to nil is none too", muster.RankEdit{Set: muster.Some[[]muster.RankID](nil)}, nil},
		{"set keeps expiries", muster.RankEdit{Set: muster.Some(ids("c", "a"))}, []muster.Grant{a, c}},
		{"add what is held", muster.RankEdit{Add: ids("a", "a")}, []muster.Grant{a, b}},
		{"by label", muster.RankEdit{Remove: ids("Alpha")}, []muster.Grant{b}},
		{"remove wins over add", muster.RankEdit{Add: ids("c"), Remove: ids("c")}, []muster.Grant{a, b}},
		{"remove wins over set", muster.RankEdit{Set: muster.Some(ids("a", "c")), Remove: ids("c", "c")}, []muster.Grant{a}},
		{"remove what is not held", muster.RankEdit{Remove: ids("c")}, []muster.Grant{a, b}},
		{"set and add", muster.RankEdit{Set: muster.Some(ids("b")), Add: ids("c")}, []muster.Grant{b, c}},
		{"until of a held one", muster.RankEdit{Until: map[muster.RankID]time.Time{"b": later}}, []muster.Grant{a, {Rank: "b", Expires: later}}},
		{"until never", muster.RankEdit{Until: map[muster.RankID]time.Time{"a": {}}}, []muster.Grant{{Rank: "a"}, b}},
		{"until by label", muster.RankEdit{Until: map[muster.RankID]time.Time{"Alpha": later}}, []muster.Grant{{Rank: "a", Expires: later}, b}},
		{"until of a new one", muster.RankEdit{Add: ids("c"), Until: map[muster.RankID]time.Time{"c": later}}, []muster.Grant{a, b, {Rank: "c", Expires: later}}},
		{"until of one not held", muster.RankEdit{Until: map[muster.RankID]time.Time{"c": later}}, []muster.Grant{a, b}},
		{"until of one that goes", muster.RankEdit{Remove: ids("b"), Until: map[muster.RankID]time.Time{"b": later}}, []muster.Grant{a}},
		{"until is kept in microseconds, in UTC", muster.RankEdit{Until: map[muster.RankID]time.Time{"b": later.Add(999).In(time.FixedZone("", 3600))}}, []muster.Grant{a, {Rank: "b", Expires: later}}},
	}
	rules := catalogue(t, muster.Settings{ActiveFromRanks: true})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			after, _, err := someone().Apply(muster.Edit{Ranks: tt.edit}, rules)
			wantError(t, err, "", "")
			if d := same(tt.want, after.Ranks); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
			if after.Standing.Active != (len(tt.want) > 0) {
				t.Errorf("active is %t", after.Standing.Active)
			}
		})
	}
}

func TestActiveFromRanks(t *testing.T) {
	edit := muster.Edit{Standing: muster.StandingEdit{Active: muster.Some(false)}}
	for derived, want := range map[bool]bool{true: true, false: false} {
		after, _, err := someone().Apply(edit, catalogue(t, muster.Settings{ActiveFromRanks: derived}))
		wantError(t, err, "", "")
		if after.Standing.Active != want {
			t.Errorf("derived %t: active is %t after it was set to false", derived, after.Standing.Active)
		}
	}
}

func TestApplyIdentities(t *testing.T) {
	held := someone().Identities[0]
	other := muster.Identity{ID: "2", Provider: "api", Value: "x", CreatedAt: epoch, Metadata: json.RawMessage(` {"a": "<"} `)}
	kept := other
	kept.Metadata = json.RawMessage(`{"a":"\u003c"}`)
	marked := muster.Identity{ID: "9", Provider: "discord", Value: "7", Flag: "!", CreatedAt: epoch.Add(time.Hour)}
	remarked := marked
	remarked.ID, remarked.CreatedAt = held.ID, held.CreatedAt
	nothing := muster.Identity{ID: "3", Provider: "steam", Value: "1", Metadata: json.RawMessage(`null`)}
	bare := nothing
	bare.Metadata = nil
	tests := []struct {
		name string
		edit muster.IdentityEdit
		want []muster.Identity
	}{
		{"added in order, in the form of history", muster.IdentityEdit{Add: []muster.Identity{other}}, []muster.Identity{kept, held}},
		{"metadata null is none", muster.IdentityEdit{Add: []muster.Identity{nothing}}, []muster.Identity{held, bare}},
		{"marked anew, it stays itself", muster.IdentityEdit{Add: []muster.Identity{marked}}, []muster.Identity{remarked}},
		{"removed", muster.IdentityEdit{Remove: []muster.IdentityKey{held.Key(), {Provider: "no", Value: "one"}}}, nil},
		{"remove wins", muster.IdentityEdit{Add: []muster.Identity{other}, Remove: []muster.IdentityKey{other.Key()}}, []muster.Identity{held}},
		{"a provider in any case", muster.IdentityEdit{Remove: []muster.IdentityKey{{Provider: "Discord", Value: "7"}}}, nil},
		{"the value decides, to the letter", muster.IdentityEdit{Add: []muster.Identity{other}, Remove: []muster.IdentityKey{{Provider: "api", Value: "X"}}}, []muster.Identity{kept, held}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			after, _, err := someone().Apply(muster.Edit{Identities: tt.edit}, catalogue(t, muster.Settings{}))
			wantError(t, err, "", "")
			if d := same(tt.want, after.Identities); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
		})
	}
}

// Clients send back whole accounts: what is read from an identity may be
// there, as long as it says the same.
func TestEchoOfIdentityField(t *testing.T) {
	without := someone()
	without.Identities = nil
	for _, tt := range []struct {
		name   string
		before muster.Account
		echo   muster.Value
		code   muster.Code
	}{
		{"what is there", someone(), muster.Text("7"), ""},
		{"something else", someone(), muster.Text("8"), muster.Invalid},
		{"nothing, where something is", someone(), nil, muster.Invalid},
		{"nothing", without, nil, ""},
		{"an empty text, as forms send for nothing", without, muster.Text(""), ""},
		{"an empty text, where something is", someone(), muster.Text(""), muster.Invalid},
	} {
		t.Run(tt.name, func(t *testing.T) {
			after, undo, err := tt.before.Apply(muster.Edit{Values: muster.Values{"d": tt.echo}}, catalogue(t, muster.Settings{}))
			wantError(t, err, tt.code, "values.d")
			if d := same(tt.before, after); d != "" || len(undo.Areas()) > 0 {
				t.Errorf("an echo changed something: %s %v", d, undo)
			}
		})
	}
}

func TestAreasOfEdit(t *testing.T) {
	tests := []struct {
		edit muster.Edit
		want []muster.Area
	}{
		{muster.Edit{}, nil},
		{muster.Edit{Values: muster.Values{}, Ranks: muster.RankEdit{Add: []muster.RankID{}}}, nil},
		{muster.Edit{Username: muster.Some("")}, []muster.Area{muster.AreaProfile}},
		{muster.Edit{Email: muster.Some("")}, []muster.Area{muster.AreaProfile}},
		{muster.Edit{Name: muster.Some("")}, []muster.Area{muster.AreaProfile}},
		{muster.Edit{Bio: muster.Some("")}, []muster.Area{muster.AreaProfile}},
		{muster.Edit{Language: muster.Some("")}, []muster.Area{muster.AreaProfile}},
		{muster.Edit{Picture: muster.Some("")}, []muster.Area{muster.AreaProfile}},
		{muster.Edit{Standing: muster.StandingEdit{Level: muster.Some(muster.Level(8))}}, []muster.Area{muster.AreaStanding}},
		{muster.Edit{Values: muster.Values{"f": nil}}, []muster.Area{muster.AreaValues}},
		{muster.Edit{Ranks: muster.RankEdit{Set: muster.Some[[]muster.RankID](nil)}}, []muster.Area{muster.AreaRanks}},
		{muster.Edit{Ranks: muster.RankEdit{Until: map[muster.RankID]time.Time{"a": {}}}}, []muster.Area{muster.AreaRanks}},
		{muster.Edit{Ranks: muster.RankEdit{Remove: []muster.RankID{"a"}}}, []muster.Area{muster.AreaRanks}},
		{muster.Edit{Identities: muster.IdentityEdit{Remove: []muster.IdentityKey{{}}}}, []muster.Area{muster.AreaIdentities}},
		{muster.Edit{Standing: muster.StandingEdit{Ban: muster.Some[*muster.Ban](nil)}}, []muster.Area{muster.AreaStanding}},
		{muster.Edit{Standing: muster.StandingEdit{Joined: muster.Some(false)}, Name: muster.Some("x")}, []muster.Area{muster.AreaProfile, muster.AreaStanding}},
	}
	for _, tt := range tests {
		if d := cmp.Diff(tt.want, tt.edit.Areas()); d != "" {
			t.Errorf("%+v\n-want +got\n%s", tt.edit, d)
		}
	}
}
