package muster_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/muster-accounts/muster"
)

// world is a catalogue, and accounts and edits that go with it.
type world struct {
	rules muster.Rules
	ids   []muster.FieldID
}

var (
	epoch   = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	rankIDs = []muster.RankID{"a", "b", "c", "d", "e"}
	values  = map[muster.FieldType]*rapid.Generator[muster.Value]{
		muster.TypeText:        texts("x", "y", "Grüße"),
		muster.TypeLongText:    texts("x\ny", "<&>"),
		muster.TypeTextList:    lists(rapid.SampledFrom([]string{"a", "b"})),
		muster.TypeNumber:      rapid.Map(rapid.Float64Range(-1e15, 1e15), func(f float64) muster.Value { return muster.Number(f) }),
		muster.TypeBoolean:     rapid.Map(rapid.Bool(), func(b bool) muster.Value { return muster.Bool(b) }),
		muster.TypeDate:        texts("2024-02-29", "1999-12-31"),
		muster.TypeChoice:      texts("red", "green"),
		muster.TypeMultiChoice: rapid.Map(rapid.Permutation([]string{"red", "green", "blue"}), func(s []string) muster.Value { return muster.List(s[:2]) }),
		muster.TypeAccount:     rapid.SampledFrom([]muster.Value{muster.Text("1"), muster.Text("2"), muster.Awaited("1"), muster.Awaited("boss")}),
		muster.TypeTimeZone:    texts("UTC", "Europe/Berlin"),
		muster.TypeURL:         texts("https://a/", "http://b?c"),
	}
)

func texts(of ...string) *rapid.Generator[muster.Value] {
	return rapid.Map(rapid.SampledFrom(of), func(s string) muster.Value { return muster.Text(s) })
}

func lists(of *rapid.Generator[string]) *rapid.Generator[muster.Value] {
	return rapid.Map(rapid.SliceOfN(of, 1, 3), func(s []string) muster.Value { return muster.List(s) })
}

func drawWorld(t *rapid.T) world {
	w := world{}
	var fields []muster.Field
	for _, typ := range muster.FieldTypes {
		if typ == muster.TypeIdentity {
			continue
		}
		f := field(typ)
		f.ID, f.Key, f.Required = muster.FieldID("f-"+typ), "key of "+string(typ), rapid.Bool().Draw(t, "required")
		fields, w.ids = append(fields, f), append(w.ids, f.ID)
	}
	var ranks []muster.Rank
	for _, id := range rankIDs {
		ranks = append(ranks, muster.Rank{ID: id, Label: "Rank " + string(id)})
	}
	var err error
	w.rules, err = muster.NewRules(muster.Settings{ActiveFromRanks: rapid.Bool().Draw(t, "active from ranks")}, fields, ranks)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// moments are kept as they are; zero stands for none.
func moments() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		n := rapid.IntRange(0, 5).Draw(t, "moment")
		if n == 0 {
			return time.Time{}
		}
		return epoch.Add(time.Duration(n) * (time.Hour + time.Microsecond))
	})
}

func drawIdentity(t *rapid.T) muster.Identity {
	return muster.Identity{
		ID: strconv.Itoa(rapid.IntRange(0, 99).Draw(t, "id")), Provider: rapid.SampledFrom([]string{"discord", "ip", "steam"}).Draw(t, "provider"),
		Value: rapid.SampledFrom([]string{"1", "2"}).Draw(t, "value"), Verified: rapid.Bool().Draw(t, "verified"), Flag: rapid.SampledFrom([]string{"", "!"}).Draw(t, "flag"),
		Metadata:  json.RawMessage(rapid.SampledFrom([]string{"", `{}`, `{"a":[1]}`}).Draw(t, "metadata")),
		CreatedAt: epoch, UpdatedAt: moments().Draw(t, "updated"),
	}
}

func (w world) drawAccount(t *rapid.T) muster.Account {
	some := rapid.SampledFrom([]string{"", "x@y", "z@y"})
	a := muster.Account{
		Community: "c", ID: "i", Number: 7, Username: rapid.SampledFrom([]string{"u", "v"}).Draw(t, "username"), Email: some.Draw(t, "email"),
		Name: some.Draw(t, "name"), Bio: some.Draw(t, "bio"), Language: some.Draw(t, "language"), Picture: pictures.Draw(t, "picture"), Values: muster.Values{},
		Clock: []muster.ClockRow{{ID: "1"}}, Rev: 3,
	}
	for _, id := range w.ids {
		if f := w.rules.Fields[id]; f.Required || rapid.Bool().Draw(t, "has") {
			a.Values[id] = values[f.Type].Draw(t, "value")
		}
	}
	for _, id := range rankIDs {
		if rapid.Bool().Draw(t, "holds") {
			a.Ranks = append(a.Ranks, muster.Grant{Rank: id, Expires: moments().Draw(t, "expires")})
		}
	}
	byKey := map[string]muster.Identity{}
	for range rapid.IntRange(0, 4).Draw(t, "identities") {
		i := drawIdentity(t)
		byKey[i.Provider+" "+i.Value] = i
	}
	for _, key := range slices.Sorted(maps.Keys(byKey)) {
		a.Identities = append(a.Identities, byKey[key])
	}
	a.Standing = muster.Standing{
		Joined: rapid.Bool().Draw(t, "joined"), Active: rapid.Bool().Draw(t, "active"), Archived: rapid.Bool().Draw(t, "archived"),
		SignIn: rapid.SampledFrom([]muster.SignIn{muster.SignInInactive, muster.DisabledByAdmin}).Draw(t, "sign in"), Ban: drawBan(t),
		Level: rapid.SampledFrom([]muster.Level{0, muster.LevelUser, muster.LevelAdmin}).Draw(t, "level"),
	}
	if w.rules.ActiveFromRanks {
		a.Standing.Active = len(a.Ranks) > 0
	}
	return a
}

func drawBan(t *rapid.T) *muster.Ban {
	if rapid.Bool().Draw(t, "free") {
		return nil
	}
	return &muster.Ban{Reason: rapid.SampledFrom([]string{"", "why"}).Draw(t, "reason"), Until: moments().Draw(t, "until")}
}

func maybe[T any](t *rapid.T, g *rapid.Generator[T]) (o muster.Opt[T]) {
	if rapid.Bool().Draw(t, "asked") {
		o = muster.Some(g.Draw(t, "for"))
	}
	return o
}

// drawRankEdit names ranks by id and by label, and some twice.
func drawRankEdit(t *rapid.T) muster.RankEdit {
	name := rapid.Custom(func(t *rapid.T) muster.RankID {
		id := rapid.SampledFrom(rankIDs).Draw(t, "rank")
		if rapid.Bool().Draw(t, "by label") {
			id = "Rank " + id
		}
		return id
	})
	names := rapid.SliceOfN(name, 0, 4)
	return muster.RankEdit{
		Set: maybe(t, names), Add: names.Draw(t, "add"), Remove: names.Draw(t, "remove"),
		Until: rapid.MapOfN(rapid.SampledFrom(rankIDs), moments(), 0, 2).Draw(t, "until"),
	}
}

var pictures = rapid.SampledFrom([]string{"", strings.Repeat("0a", 32) + ".png", strings.Repeat("0b", 32) + ".jpg"})

func (w world) drawEdit(t *rapid.T) muster.Edit {
	some := rapid.SampledFrom([]string{"", "x@y", "z@y"})
	e := muster.Edit{
		Username: maybe(t, rapid.SampledFrom([]string{"u", "v"})), Email: maybe(t, some), Name: maybe(t, some), Bio: maybe(t, some), Language: maybe(t, some),
		Picture: maybe(t, pictures), Values: muster.Values{}, Standing: muster.StandingEdit{
			Level:  maybe(t, rapid.SampledFrom([]muster.Level{0, muster.LevelReadOne, muster.LevelAdmin})),
			Joined: maybe(t, rapid.Bool()), Active: maybe(t, rapid.Bool()), Archived: maybe(t, rapid.Bool()),
			SignIn: maybe(t, rapid.SampledFrom([]muster.SignIn{muster.SignInActive, muster.DisabledBySelf})), Ban: maybe(t, rapid.Custom(drawBan)),
		},
	}
	for _, id := range w.ids {
		if rapid.IntRange(0, 3).Draw(t, "named") > 0 {
			continue
		}
		f, name := w.rules.Fields[id], id
		if rapid.Bool().Draw(t, "by key") {
			name = muster.FieldID(f.Key)
		}
		if e.Values[name] = nil; f.Required || rapid.Bool().Draw(t, "value") {
			e.Values[name] = values[f.Type].Draw(t, "value")
		}
	}
	if rapid.Bool().Draw(t, "ranks") {
		e.Ranks = drawRankEdit(t)
	}
	if rapid.Bool().Draw(t, "identities") {
		for range rapid.IntRange(0, 3).Draw(t, "add") {
			e.Identities.Add = append(e.Identities.Add, drawIdentity(t))
		}
		for range rapid.IntRange(0, 2).Draw(t, "remove") {
			e.Identities.Remove = append(e.Identities.Remove, drawIdentity(t).Key())
		}
	}
	return e
}

// same compares accounts; nil and empty are the same nothing.
func same(x, y any) string { return cmp.Diff(x, y, cmpopts.EquateEmpty()) }

func apply(t *rapid.T, a muster.Account, e muster.Edit, rules muster.Rules) (after muster.Account, undo muster.Edit) {
	after, undo, err := a.Apply(e, rules)
	if err != nil {
		t.Fatalf("applying %+v: %v", e, err)
	}
	return after, undo
}

// deep copies an account with all that it points to.
func deep(a muster.Account) muster.Account {
	a.Values = maps.Clone(a.Values)
	for id, v := range a.Values {
		if l, ok := v.(muster.List); ok {
			a.Values[id] = slices.Clone(l)
		}
	}
	a.Ranks = slices.Clone(a.Ranks)
	a.Identities = slices.Clone(a.Identities)
	for i := range a.Identities {
		a.Identities[i].Metadata = bytes.Clone(a.Identities[i].Metadata)
	}
	if a.Standing.Ban != nil {
		ban := *a.Standing.Ban
		a.Standing.Ban = &ban
	}
	return a
}

func TestApplyThenUndo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		a, e := w.drawAccount(t), w.drawEdit(t)
		copied := deep(a)
		after, undo := apply(t, a, e, w.rules)
		back, redo := apply(t, after, undo, w.rules)
		if d := same(a, back); d != "" {
			t.Fatalf("undo does not give back the account\n-was +is\n%s", d)
		}
		again, _ := apply(t, back, redo, w.rules)
		if d := same(after, again); d != "" {
			t.Fatalf("the undo of the undo does not give back the edit\n-was +is\n%s", d)
		}
		// Nothing that came out is shared with what went in.
		clear(after.Values)
		clear(after.Ranks)
		clear(after.Identities)
		if d := cmp.Diff(copied, a); d != "" {
			t.Fatalf("Apply, or work on its result, changed its receiver\n-was +is\n%s", d)
		}
	})
}

// What history holds is JSON: an undo that is made of it must do the same.
func TestUndoFromHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		a, e := w.drawAccount(t), w.drawEdit(t)
		after, _ := apply(t, a, e, w.rules)
		before, is := muster.Diff(a, after)
		reread := func(m muster.Members) (read muster.Members) {
			b, err := json.Marshal(m)
			if err == nil {
				err = json.Unmarshal(b, &read)
			}
			if err != nil {
				t.Fatal(err)
			}
			return read
		}
		if later := muster.Touched(reread(before), reread(is), after, w.rules); len(later) > 0 {
			t.Fatalf("nothing was done since, yet touched are %v", later)
		}
		back, _ := apply(t, after, muster.Undo(reread(before), reread(is)), w.rules)
		if d := same(a, back); d != "" {
			t.Fatalf("-was +is\n%s", d)
		}
	})
}

func TestDiff(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		a := w.drawAccount(t)
		if was, is := muster.Diff(a, deep(a)); !was.IsZero() || !is.IsZero() {
			t.Fatalf("an account differs from itself: %+v, %+v", was, is)
		}
		after, undo := apply(t, a, w.drawEdit(t), w.rules)
		if nothing, d := undo.IsZero(), same(a, after); nothing != (d == "") {
			t.Fatalf("the undo is %+v of:\n%s", undo, d)
		}
	})
}

// names are the members that were touched, each identity by itself.
func names(was, is muster.Members) map[string]bool {
	n := map[string]bool{}
	note := func(name string, set bool) {
		if set {
			n[name] = true
		}
	}
	note("username", is.Username.Set)
	note("email", is.Email.Set)
	note("name", is.Name.Set)
	note("bio", is.Bio.Set)
	note("language", is.Language.Set)
	note("picture", is.Picture.Set)
	note("standing.level", is.Standing.Level.Set)
	note("standing.joined", is.Standing.Joined.Set)
	note("standing.active", is.Standing.Active.Set)
	note("standing.archived", is.Standing.Archived.Set)
	note("standing.sign_in", is.Standing.SignIn.Set)
	note("standing.ban", is.Standing.Ban.Set)
	for id := range is.Values {
		note("values."+string(id), true)
	}
	for _, i := range slices.Concat(was.Identities, is.Identities) {
		note("identities."+i.Provider+"\x00"+i.Value, true)
	}
	return n
}

func TestTouched(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		first := w.drawAccount(t)
		second, _ := apply(t, first, w.drawEdit(t), w.rules)
		third, _ := apply(t, second, w.drawEdit(t), w.rules)
		was, is := muster.Diff(first, second)
		later := names(muster.Diff(second, third))
		var want []string
		for name := range names(was, is) {
			if later[name] && (name != "standing.active" || !w.rules.ActiveFromRanks) {
				name, _, _ = strings.Cut(name, "\x00")
				want = append(want, name)
			}
		}
		before, left, now := grants(first.Ranks), grants(second.Ranks), grants(third.Ranks)
		for id, expires := range before { // an undo gives back how long a rank is held, whoever has changed that since
			leftTo, held := left[id]
			nowTo, holds := now[id]
			undoes := !held && !expires.IsZero() || held && !leftTo.Equal(expires)
			if undoes && (held != holds || !leftTo.Equal(nowTo)) {
				want = append(want, "ranks")
			}
		}
		slices.Sort(want)
		if d := same(slices.Compact(want), muster.Touched(was, is, third, w.rules)); d != "" {
			t.Fatalf("-want +got\n%s", d)
		}
	})
}

func grants(list []muster.Grant) map[muster.RankID]time.Time {
	m := map[muster.RankID]time.Time{}
	for _, g := range list {
		m[g.Rank] = g.Expires
	}
	return m
}

// The arithmetic, asked of each rank by itself: is it held, and until when?
func TestRankArithmetic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		a, e := w.drawAccount(t), drawRankEdit(t)
		after, _ := apply(t, a, muster.Edit{Ranks: e}, w.rules)
		before, want := grants(a.Ranks), []muster.Grant(nil)
		for _, id := range rankIDs { // in the order of the result
			names := func(list []muster.RankID) bool { return slices.Contains(list, id) || slices.Contains(list, "Rank "+id) }
			expires, held := before[id]
			if e.Set.Set {
				held = names(e.Set.Value)
			}
			if (held || names(e.Add)) && !names(e.Remove) {
				if until, given := e.Until[id]; given {
					expires = until
				}
				want = append(want, muster.Grant{Rank: id, Expires: expires})
			}
		}
		if d := same(want, after.Ranks); d != "" {
			t.Fatalf("-want +got\n%s", d)
		}
		if w.rules.ActiveFromRanks && after.Standing.Active != (len(want) > 0) {
			t.Fatalf("active is %t with %d ranks", after.Standing.Active, len(want))
		}
	})
}

// The undo of a rank edit puts right the ranks it moved, and leaves those
// alone that only later edits moved.
func TestUndoOfRanksIsDelta(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		first := w.drawAccount(t)
		second, undo := apply(t, first, muster.Edit{Ranks: drawRankEdit(t)}, w.rules)
		third, _ := apply(t, second, muster.Edit{Ranks: drawRankEdit(t)}, w.rules)
		undone, _ := apply(t, third, undo, w.rules)
		g1, g2, g3, got := grants(first.Ranks), grants(second.Ranks), grants(third.Ranks), grants(undone.Ranks)
		differ := func(x, y map[muster.RankID]time.Time, id muster.RankID) bool {
			a, inX := x[id]
			b, inY := y[id]
			return inX != inY || !a.Equal(b)
		}
		for _, id := range rankIDs {
			if !differ(g1, g2, id) && differ(g3, got, id) {
				t.Fatalf("rank %s was not moved by what was undone, yet it changed\n%v\n%v", id, g3, got)
			}
			if differ(g1, g2, id) && !differ(g2, g3, id) && differ(g1, got, id) {
				t.Fatalf("rank %s was not given back\n%v\n%v", id, g1, got)
			}
		}
	})
}
