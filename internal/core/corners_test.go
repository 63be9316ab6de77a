package core_test

import (
	"strings"
	"testing"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

func TestIdentityTellsWhenItsMarkChanged(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		mark := func(flag string) muster.Edit {
			return muster.Edit{Identities: muster.IdentityEdit{Add: []muster.Identity{{Provider: "ip", Value: "::1", Flag: flag}}}}
		}
		ada := w.Account(t, "ada", mark("a"))
		made := ada.Identities[0]
		if !made.UpdatedAt.IsZero() {
			t.Errorf("a new identity was changed at %s", made.UpdatedAt)
		}
		w.Clock.Advance(time.Hour)
		same := w.edit(t, ada.ID, mark("a")).Identities[0]
		if !same.UpdatedAt.IsZero() {
			t.Errorf("the same mark again was a change, at %s", same.UpdatedAt)
		}
		marked := w.edit(t, ada.ID, mark("b")).Identities[0]
		if !marked.UpdatedAt.Equal(w.Clock.Now()) || !marked.CreatedAt.Equal(made.CreatedAt) {
			t.Errorf("the new mark is of %s", marked.UpdatedAt)
		}
		w.Clock.Advance(time.Hour)
		if _, err := w.undo(t, w.last(t).Seq, core.UndoOptions{}); err != nil {
			t.Fatal(err)
		}
		if back := w.account(t, ada.ID).Identities[0]; !back.UpdatedAt.IsZero() || back.Flag != "a" {
			t.Errorf("undo left %+v", back)
		}
	})
}

func TestProvidersInAnyCase(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		give := func(provider, value string) muster.Edit {
			return muster.Edit{Identities: muster.IdentityEdit{Add: []muster.Identity{{Provider: provider, Value: value}}}}
		}
		ada := w.Account(t, "ada", give("Discord", "42"))
		if i, ok := ada.Identity("DISCORD"); !ok || i.Provider != "discord" {
			t.Errorf("got %+v", ada.Identities)
		}
		if v, err := w.Core.Account(t.Context(), w.Admin, muster.RefIdentity("DisCord", "42")); err != nil || v.ID != ada.ID {
			t.Errorf("got %v, %v", v.ID, err)
		}
		bob := w.Account(t, "bob", give("IP", "::1")) // evidence, so others may have it
		w.edit(t, ada.ID, give("ip", "::1"))
		_, err := w.Core.Edit(t.Context(), w.Admin, muster.RefID(bob.ID), give("DISCORD", "42"))
		wantCode(t, err, muster.Conflict, "identities.add.0")
		gone := muster.Edit{Identities: muster.IdentityEdit{Remove: []muster.IdentityKey{{Provider: "DISCORD", Value: "42"}}}}
		if v := w.edit(t, ada.ID, gone); len(v.Identities) != 1 {
			t.Errorf("left are %+v", v.Identities)
		}
	})
}

func TestNothingDifferentIsNotWritten(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.Account(t, "ada", muster.Edit{})
		bob := w.Account(t, "bob", setValue("account", muster.Text(ada.ID)))
		unchanged := w.unchanged(t)
		v := w.edit(t, bob.ID, setValue("account", muster.Text(strings.ToUpper(string(ada.ID)))))
		if v.Rev != bob.Rev {
			t.Errorf("the rev is %d", v.Rev)
		}
		catalogue, err := w.Core.Catalogue(t.Context(), w.Admin)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range catalogue.Fields {
			if err := w.Core.PutField(t.Context(), w.Admin, f); err != nil {
				t.Error(err)
			}
		}
		for _, r := range catalogue.Ranks {
			if err := w.Core.PutRank(t.Context(), w.Admin, r); err != nil {
				t.Error(err)
			}
		}
		if _, err := w.Core.UpdateCommunity(t.Context(), w.Admin, func(*muster.Community) {}); err != nil {
			t.Error(err)
		}
		unchanged()
	})
}

func TestHistoryOfADeletedField(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.Account(t, "ada", setValue("text", muster.Text("x")))
		if err := w.Core.DeleteField(t.Context(), w.Admin, "text"); err != nil {
			t.Fatal(err)
		}
		sees := func(caller muster.Caller) bool {
			for _, ch := range w.history(t, caller) {
				if ch.After.Values["text"] != nil {
					return true
				}
			}
			return false
		}
		if !sees(w.Admin) || sees(w.Caller(t, key(muster.LevelSupport))) {
			t.Error("level 8, and no other, sees values whose field is no more")
		}
	})
}

func TestUndoOfLifeAgainstLaterDecisions(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.Account(t, "ada", muster.Edit{})
		created := w.last(t).Seq
		first, err := w.Core.Delete(t.Context(), w.Admin, muster.RefID(ada.ID))
		wantCode(t, err, "", "")
		_, err = w.undo(t, first, core.UndoOptions{})
		wantCode(t, err, "", "")
		unchanged := w.unchanged(t)
		_, err = w.undo(t, created, core.UndoOptions{}) // somebody wanted it back
		wantCode(t, err, muster.Conflict, "")
		unchanged()
		_, err = w.Core.Delete(t.Context(), w.Admin, muster.RefID(ada.ID))
		wantCode(t, err, "", "")
		unchanged = w.unchanged(t)
		_, err = w.undo(t, first, core.UndoOptions{}) // somebody deleted it again
		wantCode(t, err, muster.Conflict, "")
		unchanged()
		_, err = w.undo(t, first, core.UndoOptions{Force: true})
		wantCode(t, err, "", "")
		w.account(t, ada.ID)
	})
}

func TestWhoMayNotReadLearnsNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.Account(t, "ada", muster.Edit{})
		nobody := w.Caller(t, key(0))
		for _, ref := range []muster.Ref{muster.RefID(ada.ID), muster.RefUsername("nobody")} {
			_, read := w.Core.Account(t.Context(), nobody, ref)
			_, edited := w.Core.Edit(t.Context(), nobody, ref, setBio("x"))
			_, deleted := w.Core.Delete(t.Context(), nobody, ref)
			for _, err := range []error{read, edited, deleted} {
				wantCode(t, err, muster.Forbidden, "")
			}
		}
	})
}

func TestRefusalsSpeakTheClientsName(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.Account(t, "ada", muster.Edit{})
		for _, name := range []muster.FieldID{"account", "account_key"} {
			_, err := w.Core.Edit(t.Context(), w.Admin, muster.RefID(ada.ID), setValue(name, muster.Text("nobody")))
			wantCode(t, err, muster.Invalid, "values."+string(name))
		}
	})
}

func TestHistoryOfTheDeletedByName(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var ids []muster.AccountID
		for range 2 { // two of a name, one after the other
			ada := w.Account(t, "ada", muster.Edit{Email: muster.Some("a@b")})
			w.Clock.Advance(time.Hour)
			if _, err := w.Core.Delete(t.Context(), w.Admin, muster.RefID(ada.ID)); err != nil {
				t.Fatal(err)
			}
			ids = append(ids, ada.ID)
		}
		for _, ref := range []muster.Ref{muster.RefUsername("ADA"), {{By: muster.ByEmail, Value: "A@b"}}, muster.RefNumber(2)} {
			list, err := w.Core.History(t.Context(), w.Admin, core.HistoryQuery{Account: ref, Limit: 10})
			if err != nil || len(list) != 2 || list[0].Account != ids[1] {
				t.Errorf("%v: %v, %+v", ref, err, list)
			}
		}
		_, err := w.Core.Account(t.Context(), w.Admin, muster.RefUsername("ada"))
		wantCode(t, err, muster.NotFound, "ref")
	})
}

func TestCommunitiesThatDifferInCaseOnly(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		_, err := w.Core.CreateCommunity(t.Context(), muster.Community{ID: "DEMO", Settings: muster.Settings{Limits: muster.LimitsOwn}}, nil)
		wantCode(t, err, muster.Conflict, "id")
	})
}

func TestUsernamesShowAllThatTheyAre(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, name := range []string{"ad\u202ea", "ad\u200ba", "ad\u2066a", "\ufeffada", "ad\u00ada"} {
			_, err := w.Core.Create(t.Context(), w.Admin, []core.NewAccount{{Edit: muster.Edit{Username: muster.Some(name)}}})
			wantCode(t, err, muster.Invalid, "username")
		}
	})
}

func TestBroughtClockRowsAreChecked(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		_, err := w.Core.Create(t.Context(), w.Admin, []core.NewAccount{{
			Clock: []muster.ClockRow{{ID: "a", Type: "du\x00ty"}}, Edit: muster.Edit{Username: muster.Some("ada")},
		}})
		wantCode(t, err, muster.Invalid, "clock.0.type")
	})
}

func TestUpdateKey(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.Account(t, "ada", muster.Edit{})
		small, _, err := w.Core.CreateKey(t.Context(), w.Admin, muster.Key{Name: "bot", Level: 3, Areas: []muster.Area{muster.AreaKeys}, RankPower: 10}, "")
		wantCode(t, err, "", "")
		great, _, err := w.Core.CreateKey(t.Context(), w.Admin, key(muster.LevelAdmin), "")
		wantCode(t, err, "", "")
		by := w.Caller(t, muster.Key{Level: muster.LevelAdmin, Areas: []muster.Area{muster.AreaKeys}, RankPower: 50})
		support := w.Caller(t, key(muster.LevelSupport))
		unchanged := w.unchanged(t)
		for _, tt := range []struct {
			by     muster.Caller
			id     muster.KeyID
			edit   func(*muster.Key)
			code   muster.Code
			member string
		}{
			{by, great.ID, func(k *muster.Key) { k.Level = 0 }, muster.Forbidden, "level"}, // it is above who asks
			{by, small.ID, func(k *muster.Key) { k.RankPower = 51 }, muster.Forbidden, "level"},
			{by, small.ID, func(k *muster.Key) { k.Areas = nil }, muster.Forbidden, "areas"},
			{by, small.ID, func(k *muster.Key) { k.Areas[0] = muster.AreaRanks }, muster.Forbidden, "areas"},
			{support, small.ID, func(k *muster.Key) { k.Level = 0 }, muster.Forbidden, ""},
			{w.Admin, small.ID, func(k *muster.Key) { k.Level = 9 }, muster.Invalid, "level"},
			{w.Admin, small.ID, func(k *muster.Key) { k.Owner = "nobody" }, muster.Invalid, "owner"},
			{w.Admin, "nothing", func(*muster.Key) {}, muster.NotFound, ""},
			{w.Admin, small.ID, func(k *muster.Key) { k.ID, k.RevokedAt = "other", w.Clock.Now() }, "", ""}, // stays as it is
		} {
			_, err := w.Core.UpdateKey(t.Context(), tt.by, tt.id, tt.edit)
			wantCode(t, err, tt.code, tt.member)
		}
		unchanged()
		got, err := w.Core.UpdateKey(t.Context(), by, small.ID, func(k *muster.Key) { k.Name, k.Level, k.Owner = "person", 4, ada.ID })
		wantCode(t, err, "", "")
		small.Name, small.Level, small.Owner = "person", 4, ada.ID
		if d := same(small, got); d != "" {
			t.Errorf("-want +got\n%s", d)
		}
		if c := w.last(t); c.Deed != muster.DeedCredential || c.Subject != "key "+string(small.ID) || c.Before.Definition == nil {
			t.Errorf("recorded is %+v", c)
		}
		list, err := w.Core.Keys(t.Context(), w.Admin)
		wantCode(t, err, "", "")
		for _, kept := range list {
			if d := same(small, kept); kept.ID == small.ID && d != "" {
				t.Errorf("kept is -want +got\n%s", d)
			}
		}
		if err := w.Core.RevokeKey(t.Context(), w.Admin, small.ID); err != nil {
			t.Fatal(err)
		}
		_, err = w.Core.UpdateKey(t.Context(), w.Admin, small.ID, func(k *muster.Key) { k.Level = 1 })
		wantCode(t, err, muster.Conflict, "")
	})
}
