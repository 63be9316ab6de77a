package core_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

func TestCreate(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		now := w.Clock.Now()
		view := func(n core.NewAccount) core.View {
			views, err := w.Core.Create(t.Context(), w.Admin, []core.NewAccount{n})
			if err != nil {
				t.Fatal(err)
			}
			return views[0]
		}
		username := func(name string) muster.Edit { return muster.Edit{Username: muster.Some(name)} }
		plain := view(core.NewAccount{Edit: username("ada")})
		if id, err := uuid.Parse(string(plain.ID)); err != nil || id.Version() != 4 {
			t.Errorf("the id is %s", plain.ID)
		}
		want := muster.Account{Community: "demo", ID: plain.ID, Number: 1, Username: "ada", Name: "ada", Rev: 1,
			Standing: muster.Standing{Joined: true, SignIn: muster.SignInInactive}, JoinedAt: now, CreatedAt: now, UpdatedAt: now}
		if d := same(want, plain.Account); d != "" {
			t.Errorf("-want +got\n%s", d)
		}
		if c := w.last(t); c.Deed != muster.DeedCreate || c.Account != plain.ID || !c.Before.IsZero() || c.After.Username.Value != "ada" || c.Batch != "" {
			t.Errorf("recorded is %+v", c)
		}
		joined := now.Add(-1000 * time.Hour)
		clock := []muster.ClockRow{{ID: "c1", Type: "duty", Start: joined, End: joined.Add(time.Hour), Notes: []string{"note"}}}
		foreign := view(core.NewAccount{
			ID: "01890A5D-AC96-774B-BCCE-B302099A8057", Number: 40, Custom: true, JoinedAt: joined, LastLogin: joined, Clock: clock,
			Edit: muster.Edit{Username: muster.Some("bob"), Name: muster.Some("Bob"), Values: muster.Values{"account_key": muster.Text(plain.ID)}, Ranks: muster.RankEdit{Add: ranks("Chief")}},
		})
		want = muster.Account{Community: "demo", ID: "01890a5d-ac96-774b-bcce-b302099a8057", Number: 40, CustomNumber: true, Username: "bob", Name: "Bob", Rev: 1,
			Values: muster.Values{"account": muster.Text(plain.ID)}, Ranks: []muster.Grant{{Rank: "chief"}}, Clock: clock,
			Standing: muster.Standing{Joined: true, SignIn: muster.SignInInactive}, JoinedAt: joined, LastLogin: joined, CreatedAt: now, UpdatedAt: now}
		if d := same(want, foreign.Account); d != "" {
			t.Errorf("-want +got\n%s", d)
		}
		view(core.NewAccount{Number: 2, Edit: username("cem")})
		if v := view(core.NewAccount{Edit: username("dora")}); v.Number != 3 {
			t.Errorf("the number after a chosen one is %d", v.Number)
		}
	})
}

func TestCreateRefuses(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.Account(t, "ada", muster.Edit{Email: muster.Some("a@b")})
		for _, id := range []muster.FieldID{"need1", "need2", "need3"} {
			f := muster.Field{ID: id, Key: string(id), Type: muster.TypeText, Scope: muster.ScopeProfile, Required: true}
			if id == "need1" {
				f.Default = muster.Text("there is one")
			}
			if err := w.Core.PutField(t.Context(), w.Admin, f); err != nil {
				t.Fatal(err)
			}
		}
		all := muster.Values{"need2": muster.Text("x"), "need3": muster.Text("y")}
		good := func(name string) core.NewAccount {
			return core.NewAccount{Edit: muster.Edit{Username: muster.Some(name), Values: all}}
		}
		with := func(change func(*core.NewAccount)) core.NewAccount {
			n := good("bob")
			change(&n)
			return n
		}
		keyWith := func(power int64, areas ...muster.Area) muster.Caller {
			return w.Caller(t, muster.Key{Level: 8, Areas: areas, RankPower: power})
		}
		for _, tt := range []struct {
			name   string
			caller muster.Caller
			in     core.NewAccount
			code   muster.Code
			member string
		}{
			{"good", w.Admin, good("bob"), "", ""},
			{"no username", w.Admin, core.NewAccount{Edit: muster.Edit{Values: all}}, muster.Invalid, "username"},
			{"empty username", w.Admin, good(""), muster.Invalid, "username"},
			{"username taken", w.Admin, good("ADA"), muster.Conflict, "username"},
			{"e-mail taken", w.Admin, with(func(n *core.NewAccount) { n.Edit.Email = muster.Some("A@b") }), muster.Conflict, "email"},
			{"number taken", w.Admin, with(func(n *core.NewAccount) { n.Number = ada.Number }), muster.Conflict, "number"},
			{"id taken", w.Admin, with(func(n *core.NewAccount) { n.ID = muster.AccountID(strings.ToUpper(string(ada.ID))) }), muster.Conflict, "id"},
			{"id that is none", w.Admin, with(func(n *core.NewAccount) { n.ID = "1" }), muster.Invalid, "id"},
			{"id in brackets", w.Admin, with(func(n *core.NewAccount) { n.ID = "{" + ada.ID + "}" }), muster.Invalid, "id"},
			{"negative number", w.Admin, with(func(n *core.NewAccount) { n.Number = -1 }), muster.Invalid, "number"},
			{"required values, the first is named", w.Admin, with(func(n *core.NewAccount) { n.Edit.Values = nil }), muster.Invalid, "values.need2"},
			{"a rank above the own power", keyWith(10), with(func(n *core.NewAccount) { n.Edit.Ranks.Add = ranks("officer") }), muster.Forbidden, "ranks"},
			{"in the area of accounts", keyWith(0, muster.AreaAccounts), good("bob"), "", ""},
			{"out of the area of accounts", keyWith(0, muster.AreaProfile), good("bob"), muster.Forbidden, ""},
			{"below an administrator", w.Caller(t, key(7)), good("bob"), muster.Forbidden, ""},
		} {
			t.Run(tt.name, func(t *testing.T) {
				for range 20 { // the same answer each time
					unchanged := w.unchanged(t)
					views, err := w.Core.Create(t.Context(), tt.caller, []core.NewAccount{good("first"), tt.in})
					wantCode(t, err, tt.code, tt.member)
					if err == nil {
						for _, v := range views {
							if _, err := w.Core.Delete(t.Context(), w.Admin, muster.RefID(v.ID)); err != nil {
								t.Error(err)
							}
						}
						return
					}
					unchanged()
					if len(views) > 0 {
						t.Errorf("a refusal came with %d accounts", len(views))
					}
					_, err = w.Core.Account(t.Context(), w.Admin, muster.RefUsername("first"))
					wantCode(t, err, muster.NotFound, "ref")
				}
			})
		}
		_, err := w.Core.Create(t.Context(), w.Admin, []core.NewAccount{good("x"), good("y")})
		wantCode(t, err, "", "")
		if h := w.history(t, w.Admin); h[0].Batch == "" || h[0].Batch != h[1].Batch {
			t.Errorf("two at once are no batch: %+v", h[:2])
		}
	})
}

func TestDeleteAndRestore(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.Account(t, "ada", muster.Edit{Email: muster.Some("a@b"), Ranks: muster.RankEdit{Add: ranks("chief")}, Values: muster.Values{"text": muster.Text("x")},
			Identities: muster.IdentityEdit{Add: []muster.Identity{{Provider: "discord", Value: "1"}}}})
		before := w.stored(t, ada.ID)
		ref := muster.RefID(ada.ID)
		for _, caller := range []muster.Caller{w.Caller(t, key(7)), w.Caller(t, key(8, muster.AreaStanding)), w.Caller(t, muster.Key{Level: 4, Owner: ada.ID})} {
			_, err := w.Core.Delete(t.Context(), caller, ref)
			wantCode(t, err, muster.Forbidden, "")
		}
		deleted, err := w.Core.Delete(t.Context(), w.Admin, ref)
		wantCode(t, err, "", "")
		if c := w.last(t); c.Seq != deleted || c.Deed != muster.DeedDelete || c.Account != ada.ID {
			t.Errorf("recorded is %+v", c)
		}
		_, err = w.Core.Account(t.Context(), w.Admin, ref)
		wantCode(t, err, muster.NotFound, "ref")
		_, err = w.Core.Edit(t.Context(), w.Admin, ref, setBio("x"))
		wantCode(t, err, muster.NotFound, "ref")
		_, err = w.Core.Delete(t.Context(), w.Admin, ref)
		wantCode(t, err, muster.NotFound, "ref")
		if list, err := w.Core.Accounts(t.Context(), w.Admin, 0, 10); len(list) > 0 || err != nil {
			t.Errorf("the deleted are listed: %v, %v", list, err)
		}

		// Undo brings it back, the undo of that takes it away again, and so on.
		seq := deleted
		for i, deed := range []muster.Deed{muster.DeedRestore, muster.DeedDelete, muster.DeedRestore} {
			_, err := w.Core.Undo(t.Context(), w.Caller(t, key(7)), seq, core.UndoOptions{})
			wantCode(t, err, muster.Forbidden, "")
			unchanged := w.unchanged(t)
			dry, err := w.Core.Undo(t.Context(), w.Admin, seq, core.UndoOptions{DryRun: true})
			wantCode(t, err, "", "")
			unchanged()
			result, err := w.Core.Undo(t.Context(), w.Admin, seq, core.UndoOptions{})
			wantCode(t, err, "", "")
			if d := same(dry.View, result.View); d != "" || dry.Seq != 0 {
				t.Errorf("-would be +is\n%s", d)
			}
			if c := w.last(t); c.Deed != deed || c.Undoes != seq || c.Seq != result.Seq {
				t.Errorf("step %d: recorded is %+v", i, c)
			}
			if deed == muster.DeedRestore && same(result.View, w.account(t, ada.ID)) != "" {
				t.Errorf("step %d: the view is %+v", i, result.View)
			}
			seq = result.Seq
		}
		after := w.stored(t, ada.ID)
		before.Rev, before.UpdatedAt = after.Rev, after.UpdatedAt
		if d := same(before, after); d != "" {
			t.Errorf("it came back another\n%s", d)
		}
		_, err = w.Core.Undo(t.Context(), w.Admin, deleted, core.UndoOptions{})
		wantCode(t, err, muster.Conflict, "")
	})
}

func TestRestoreAgainstHeirs(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		identity := muster.IdentityEdit{Add: []muster.Identity{{Provider: "discord", Value: "1"}}}
		ada := w.Account(t, "ada", muster.Edit{Email: muster.Some("a@b"), Identities: identity})
		seq, err := w.Core.Delete(t.Context(), w.Admin, muster.RefID(ada.ID))
		wantCode(t, err, "", "")
		heir := w.Account(t, "ADA", muster.Edit{Email: muster.Some("A@b"), Identities: identity})
		undo := func() error {
			_, err := w.Core.Undo(t.Context(), w.Admin, seq, core.UndoOptions{Force: true})
			return err
		}
		wantCode(t, undo(), muster.Conflict, "username")
		w.edit(t, heir.ID, muster.Edit{Username: muster.Some("heir")})
		wantCode(t, undo(), muster.Conflict, "email")
		w.edit(t, heir.ID, muster.Edit{Email: muster.Some("")})
		wantCode(t, undo(), muster.Conflict, "identities.0")
		w.edit(t, heir.ID, muster.Edit{Identities: muster.IdentityEdit{Remove: []muster.IdentityKey{{Provider: "discord", Value: "1"}}}})
		wantCode(t, undo(), "", "")
	})
}

func TestCancelledClient(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ended, end := contextEnded(t)
		defer end()
		unchanged := w.unchanged(t)
		_, err := w.Core.Create(ended, w.Admin, []core.NewAccount{{Edit: muster.Edit{Username: muster.Some("x")}}})
		if !errors.Is(err, ended.Err()) {
			t.Errorf("got %v", err)
		}
		unchanged()
	})
}
