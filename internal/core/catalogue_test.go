package core_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/mustertest"
)

func newCommunity(t testing.TB, w *world, id muster.CommunityID) *mustertest.Community {
	t.Helper()
	return mustertest.NewCommunityIn(t, w.Core, w.Clock, id)
}

func TestCatalogueIsRecorded(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		f := muster.Field{ID: "new", Key: "new", Label: "New", Type: muster.TypeText, Scope: muster.ScopeProfile}
		changed := f
		changed.Label = "Newer"
		rank := muster.Rank{ID: "new", Label: "New"}
		check := func(subject string, before, after any) {
			t.Helper()
			c := w.last(t)
			got := []string{string(c.Before.Definition), string(c.After.Definition)}
			want := make([]string, 2)
			for i, d := range []any{before, after} {
				if d != nil {
					b, err := json.Marshal(d)
					wantCode(t, err, "", "")
					want[i] = string(b)
				}
			}
			if d := same(want, got); d != "" || c.Deed != muster.DeedCatalogue || c.Subject != subject || c.Account != "" {
				t.Errorf("%+v\n-want +recorded\n%s", c, d)
			}
		}
		ctx := t.Context()
		wantCode(t, w.Core.PutField(ctx, w.Admin, f), "", "")
		check("field new", nil, f)
		wantCode(t, w.Core.PutField(ctx, w.Admin, changed), "", "")
		check("field new", f, changed)
		wantCode(t, w.Core.DeleteField(ctx, w.Admin, "new"), "", "")
		check("field new", changed, nil)
		wantCode(t, w.Core.PutRank(ctx, w.Admin, rank), "", "")
		check("rank new", nil, rank)
		wantCode(t, w.Core.DeleteRank(ctx, w.Admin, "new"), "", "")
		check("rank new", rank, nil)

		before, err := w.Core.Community(ctx, "demo")
		wantCode(t, err, "", "")
		after, err := w.Core.UpdateCommunity(ctx, w.Admin, func(c *muster.Community) {
			c.Name, c.UUID, c.ID, c.Settings.Dialects[0] = "Renamed", "other", "other", "else"
		})
		wantCode(t, err, "", "")
		check("community", before, after)
		if after.ID != "demo" || after.UUID != before.UUID || before.Settings.Dialects[0] != mustertest.Dialect {
			t.Errorf("before %+v, after %+v", before, after)
		}
	})
}

func TestCatalogueRefuses(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		gone := w.Account(t, "gone", muster.Edit{})
		if _, err := w.Core.Delete(t.Context(), w.Admin, muster.RefID(gone.ID)); err != nil {
			t.Fatal(err)
		}
		ctx, field := t.Context(), mustertest.Fields()[0]
		with := func(change func(*muster.Field)) muster.Field {
			f := field
			change(&f)
			return f
		}
		community := func(change func(*muster.Community)) error {
			_, err := w.Core.UpdateCommunity(ctx, w.Admin, change)
			return err
		}
		weak, elsewhere, below := w.Caller(t, muster.Key{Level: 8, RankPower: 99}), w.Caller(t, key(8, muster.AreaRanks)), w.Caller(t, key(7))
		for name, tt := range map[string]struct {
			err    func() error
			code   muster.Code
			member string
		}{
			"a field that is none": {func() error { return w.Core.PutField(ctx, w.Admin, muster.Field{}) }, muster.Invalid, "id"},
			"a field of another type": {func() error {
				return w.Core.PutField(ctx, w.Admin, with(func(f *muster.Field) { f.Type = muster.TypeNumber }))
			}, muster.Conflict, "type"},
			"a field with a taken key":     {func() error { return w.Core.PutField(ctx, w.Admin, with(func(f *muster.Field) { f.ID = "new" })) }, muster.Conflict, "key"},
			"no field":                     {func() error { return w.Core.DeleteField(ctx, w.Admin, "none") }, muster.NotFound, "id"},
			"a rank that is none":          {func() error { return w.Core.PutRank(ctx, w.Admin, muster.Rank{}) }, muster.Invalid, "id"},
			"a rank above the own power":   {func() error { return w.Core.PutRank(ctx, weak, muster.Rank{ID: "r", Label: "R", Power: 100}) }, muster.Forbidden, "power"},
			"lowering a rank above it":     {func() error { return w.Core.PutRank(ctx, weak, muster.Rank{ID: "chief", Label: "R"}) }, muster.Forbidden, "power"},
			"deleting a rank above it":     {func() error { return w.Core.DeleteRank(ctx, weak, "chief") }, muster.Forbidden, "power"},
			"no rank":                      {func() error { return w.Core.DeleteRank(ctx, w.Admin, "none") }, muster.NotFound, "id"},
			"a field out of the area":      {func() error { return w.Core.PutField(ctx, elsewhere, field) }, muster.Forbidden, ""},
			"a rank out of the area":       {func() error { return w.Core.DeleteRank(ctx, elsewhere, "member") }, muster.Forbidden, ""},
			"a field below administrators": {func() error { return w.Core.DeleteField(ctx, below, "text") }, muster.Forbidden, ""},
			"settings below administrators": {func() error {
				_, err := w.Core.UpdateCommunity(ctx, below, func(*muster.Community) { t.Error("asked for settings") })
				return err
			}, muster.Forbidden, ""},
			"limits that are none":  {func() error { return community(func(c *muster.Community) { c.Settings.Limits = "" }) }, muster.Invalid, "limits"},
			"an owner that is gone": {func() error { return community(func(c *muster.Community) { c.Settings.Owner = gone.ID }) }, muster.Invalid, "owner"},
		} {
			t.Run(name, func(t *testing.T) {
				unchanged := w.unchanged(t)
				wantCode(t, tt.err(), tt.code, tt.member)
				unchanged()
			})
		}
	})
}

func TestCreateCommunity(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		create := func(id muster.CommunityID, fields ...muster.Field) (muster.Community, error) {
			return w.Core.CreateCommunity(t.Context(), muster.Community{ID: id, Settings: muster.Settings{Limits: muster.LimitsOwn}}, fields)
		}
		f := func(id muster.FieldID, key string) muster.Field {
			return muster.Field{ID: id, Key: key, Type: muster.TypeText, Scope: muster.ScopeProfile}
		}
		_, err := create("new", f("a", "a"), f("b", "b"), f("c", "a"))
		wantCode(t, err, muster.Conflict, "key")
		_, err = w.Core.Community(t.Context(), "new")
		wantCode(t, err, muster.NotFound, "")
		c, err := create("new", f("x", "x"), f("y", "y"))
		wantCode(t, err, "", "")
		if c.Name != "new" || c.UUID == "" || !c.CreatedAt.Equal(w.Clock.Now()) {
			t.Errorf("made is %+v", c)
		}
		// Nothing of the one that failed is left, in no cache either.
		list, err := w.Core.Catalogue(t.Context(), muster.Operator("new"))
		wantCode(t, err, "", "")
		if len(list.Fields) != 2 || list.Fields[0].ID != "x" || list.Fields[1].ID != "y" {
			t.Errorf("its fields are %+v", list.Fields)
		}
		h, err := w.Core.History(t.Context(), muster.Operator("new"), core.HistoryQuery{Limit: 9})
		wantCode(t, err, "", "")
		if len(h) != 3 || h[2].Subject != "community" || h[2].Seq != 1 {
			t.Errorf("its history is %+v", h)
		}
		_, err = create("demo")
		wantCode(t, err, muster.Conflict, "id")
		all, err := w.Core.Communities(t.Context())
		if len(all) != 2 || all[0].ID != "demo" || all[1].ID != "new" {
			t.Errorf("there are %v, %v", all, err)
		}
	})
}

func TestDeleteRankTakesItFromAll(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada, bob, gone := w.Account(t, "ada", setRanks("officer", "member")), w.Account(t, "bob", setRanks("member")), w.Account(t, "gone", setRanks("officer"))
		deleted, err := w.Core.Delete(t.Context(), w.Admin, muster.RefID(gone.ID))
		wantCode(t, err, "", "")
		was := w.last(t).Seq
		wantCode(t, w.Core.DeleteRank(t.Context(), w.Admin, "officer"), "", "")
		h := w.history(t, w.Admin)
		if h[0].Seq != was+3 || h[0].Subject != "rank officer" {
			t.Fatalf("recorded is %+v", h[0])
		}
		stripped := map[muster.AccountID]bool{}
		for _, c := range h[1:3] {
			stripped[c.Account] = true
			if c.Deed != muster.DeedEdit || c.Batch == "" || c.Batch != h[1].Batch || len(c.After.Ranks.Value) != len(c.Before.Ranks.Value)-1 {
				t.Errorf("recorded is %+v", c)
			}
		}
		if !stripped[ada.ID] || !stripped[gone.ID] || w.stored(t, bob.ID).Rev != bob.Rev {
			t.Errorf("taken from %v", stripped)
		}
		if _, err := w.Core.Undo(t.Context(), w.Admin, deleted, core.UndoOptions{}); err != nil {
			t.Fatal(err)
		}
		for id, want := range map[muster.AccountID][]muster.RankID{ada.ID: ranks("member"), bob.ID: ranks("member"), gone.ID: nil} {
			if d := same(want, held(w.account(t, id))); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
		}
	})
}

func TestDeletedFieldComesBack(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.Account(t, "ada", setValue("text", muster.Text("kept")))
		text := mustertest.Fields()[0]
		wantCode(t, w.Core.DeleteField(t.Context(), w.Admin, "text"), "", "")
		if v := w.account(t, ada.ID); v.Values["text"] != nil {
			t.Errorf("seen is %v", v.Values)
		}
		w.edit(t, ada.ID, setBio("x"))
		wantCode(t, w.Core.PutField(t.Context(), w.Admin, text), "", "")
		if v := w.account(t, ada.ID); v.Values["text"] != muster.Text("kept") {
			t.Errorf("come back is %v", v.Values)
		}
	})
}

// What a caller may not see it finds in no view, no history, no catalogue.
func TestHiddenFields(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		e := muster.Edit{Values: muster.Values{"secret": muster.Text("SECRET VALUE"), "own": muster.Text("OWN VALUE"), "text": muster.Text("open value")}}
		ada := w.Account(t, "ada", muster.Edit{})
		w.edit(t, ada.ID, e)
		w.edit(t, ada.ID, muster.Edit{Values: muster.Values{"secret": nil, "own": muster.Text("OWN VALUE 2"), "text": nil}})
		w.edit(t, ada.ID, e)
		w.Account(t, "bob", e)
		hidden := muster.Field{ID: "hidden", Key: "hidden", Label: "SECRET LABEL", Type: muster.TypeText, Scope: muster.ScopeProfile, Default: muster.Text("SECRET DEFAULT"), See: muster.Rights{Level: 8}}
		wantCode(t, w.Core.PutField(ctx, w.Admin, hidden), "", "")
		w.Key(t, muster.Key{Name: "SECRET KEY", Level: 1})
		wipe := e
		wipe.Values = muster.Values{"text": nil}
		for _, tt := range []struct {
			name string
			key  muster.Key
			own  bool // sees ada's own value
			all  bool
		}{
			{"a key", key(7), false, false},
			{"the account itself", muster.Key{Level: 4, Owner: ada.ID}, true, false},
			{"an administrator", key(8), true, true},
		} {
			t.Run(tt.name, func(t *testing.T) {
				caller := w.Caller(t, tt.key)
				one, err := w.Core.Account(ctx, caller, muster.RefID(ada.ID))
				wantCode(t, err, "", "")
				list, err := w.Core.Accounts(ctx, caller, 0, 10)
				wantCode(t, err, "", "")
				ofAda, err := w.Core.History(ctx, caller, core.HistoryQuery{Account: muster.RefID(ada.ID), Limit: 10})
				wantCode(t, err, "", "")
				catalogue, err := w.Core.Catalogue(ctx, caller)
				wantCode(t, err, "", "")
				dry, err := w.Core.Change(ctx, caller, []core.Target{{Ref: muster.RefID(ada.ID), Edit: wipe}}, core.Options{DryRun: true})
				wantCode(t, err, "", "")
				for what, shown := range map[string]any{"account": one, "accounts": list, "history": w.history(t, caller), "history of one": ofAda, "catalogue": catalogue, "dry run": dry} {
					b, err := json.Marshal(shown)
					wantCode(t, err, "", "")
					if got := strings.Contains(string(b), "SECRET"); got && !tt.all {
						t.Errorf("%s shows a secret: %s", what, b)
					}
					if got := strings.Contains(string(b), "OWN VALUE"); got != tt.own && what != "catalogue" && (what != "dry run" || dry[0].Err == nil) {
						t.Errorf("%s shows the own value: %t", what, got)
					}
				}
				if one.Values["text"] != muster.Text("open value") {
					t.Errorf("what all may see is %v", one.Values["text"])
				}
			})
		}
	})
}

// Reads that are refused show nothing.
func TestReadRights(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		ada := w.Account(t, "ada", muster.Edit{})
		for level, can := range map[muster.Level]struct{ one, all bool }{0: {false, false}, 1: {true, false}, 2: {true, true}} {
			caller := w.Caller(t, key(level))
			v, one := w.Core.Account(ctx, caller, muster.RefID(ada.ID))
			_, catalogue := w.Core.Catalogue(ctx, caller)
			list, all := w.Core.Accounts(ctx, caller, 0, 10)
			h, history := w.Core.History(ctx, caller, core.HistoryQuery{Limit: 10})
			for i, err := range []error{one, catalogue, all, history} {
				code := muster.Forbidden
				if i < 2 && can.one || can.all {
					code = ""
				}
				wantCode(t, err, code, "")
			}
			if !can.one && v.ID != "" || !can.all && len(list)+len(h) > 0 {
				t.Errorf("refused at level %d, and shown %v %v %v", level, v, list, h)
			}
		}
		for limit, want := range map[int]int{-1: 0, 0: 0, 1: 1, 5: 1} {
			list, err := w.Core.Accounts(ctx, w.Admin, 0, limit)
			if len(list) != want || err != nil {
				t.Errorf("limit %d gives %d accounts, %v", limit, len(list), err)
			}
		}
		if h, err := w.Core.History(ctx, w.Admin, core.HistoryQuery{Limit: -1}); len(h) > 0 || err != nil {
			t.Errorf("limit -1 gives %d changes, %v", len(h), err)
		}
		other := newCommunity(t, w, "other")
		_, err := w.Core.Account(ctx, other.Admin, muster.RefID(ada.ID))
		wantCode(t, err, muster.NotFound, "ref")
		_, err = w.Core.Edit(ctx, other.Admin, muster.RefID(ada.ID), setBio("x"))
		wantCode(t, err, muster.NotFound, "ref")
		_, err = w.Core.History(ctx, other.Admin, core.HistoryQuery{Account: muster.RefID(ada.ID), Limit: 1})
		wantCode(t, err, muster.NotFound, "ref")
	})
}

// Where a community begins to derive active from ranks, it holds for everybody
// at once, whatever was stored before.
func TestActiveFromRanksSwitchedOn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.Account(t, "ada", setRanks("chief"))
		_, err := w.Core.UpdateCommunity(t.Context(), w.Admin, func(c *muster.Community) { c.Settings.ActiveFromRanks = true })
		if err != nil {
			t.Fatal(err)
		}
		if !w.account(t, ada.ID).Standing.Active {
			t.Error("an account with a rank is not active")
		}
		w.edit(t, ada.ID, setRanks())
		if w.account(t, ada.ID).Standing.Active {
			t.Error("an account without ranks is active")
		}
	})
}

// A field made again under an old id with another type must not show what was
// stored under the old one.
func TestFieldMadeAgainWithAnotherType(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.Account(t, "ada", setValue("text_list", muster.List{"a"}))
		remake := func(kind muster.FieldType) muster.Value {
			if err := w.Core.DeleteField(t.Context(), w.Admin, "text_list"); err != nil {
				t.Fatal(err)
			}
			f := muster.Field{ID: "text_list", Key: "k", Label: "L", Type: kind, Scope: muster.ScopeProfile}
			if err := w.Core.PutField(t.Context(), w.Admin, f); err != nil {
				t.Fatal(err)
			}
			return w.account(t, ada.ID).Values["text_list"]
		}
		if v := remake(muster.TypeNumber); v != nil {
			t.Errorf("a number field shows %v", v)
		}
		if v := remake(muster.TypeTextList); !muster.SameValue(v, muster.List{"a"}) {
			t.Errorf("the first type shows %v", v)
		}
	})
}
