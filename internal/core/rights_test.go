package core_test

import (
	"testing"

	"github.com/muster-accounts/muster"
)

// "Edit own" and "edit others'" of a field are given by rank, each by itself,
// whichever dialect the edit comes through.
func TestFieldRightsByRank(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		err := w.Core.PutField(t.Context(), w.Admin, muster.Field{
			ID: "call", Key: "call", Label: "Call sign", Type: muster.TypeText, Scope: muster.ScopeProfile,
			See:  muster.Rights{Level: muster.LevelAdmin, Ranks: ranks("officer"), SelfRanks: ranks("member")},
			Edit: muster.Rights{Level: muster.LevelWriteSome, Ranks: ranks("officer"), SelfRanks: ranks("member")},
		})
		wantCode(t, err, "", "")
		hold := func(id muster.RankID) muster.Edit { return muster.Edit{Ranks: muster.RankEdit{Add: ranks(id)}} }
		ada, bob, cem := w.Account(t, "ada", hold("officer")), w.Account(t, "bob", hold("member")), w.Account(t, "cem", muster.Edit{})
		person := func(id muster.AccountID) muster.Caller {
			return w.Caller(t, muster.Key{Level: muster.LevelUser, Owner: id})
		}
		for _, tt := range []struct {
			who, whose muster.AccountID
			edit, see  bool
		}{
			{ada.ID, ada.ID, true, true},
			{ada.ID, bob.ID, true, true},
			{bob.ID, bob.ID, true, true},
			{bob.ID, ada.ID, false, false},
			{cem.ID, cem.ID, false, false},
			{cem.ID, ada.ID, false, false},
		} {
			w.edit(t, tt.whose, setValue("call", muster.Text("1-A-01")))
			caller, ref := person(tt.who), muster.RefID(tt.whose)
			v, err := w.Core.Account(t.Context(), caller, ref)
			wantCode(t, err, "", "")
			if seen := v.Values["call"] != nil; seen != tt.see {
				t.Errorf("%s sees %s's: %t", tt.who, tt.whose, seen)
			}
			code, member := muster.Code(""), ""
			if !tt.edit {
				code, member = muster.Forbidden, "values.call"
			}
			_, err = w.Core.Edit(t.Context(), caller, ref, setValue("call", muster.Text("2-B-02")))
			wantCode(t, err, code, member)
		}
		// The right to a field is none to anything else of another's.
		_, err = w.Core.Edit(t.Context(), person(ada.ID), muster.RefID(bob.ID), setBio("x"))
		wantCode(t, err, muster.Forbidden, "")
		_, err = w.Core.Edit(t.Context(), person(ada.ID), muster.RefID(bob.ID), setValue("text", muster.Text("x")))
		wantCode(t, err, muster.Forbidden, "values.text")
	})
}
