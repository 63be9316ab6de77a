package core_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-accounts/muster"
)

func TestTriggerFlow(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, f := range []muster.Flow{
			{ID: "both", LabelFrom: "Member", LabelTo: "Officer", Add: ranks("Officer"), Remove: ranks("member"), Direction: muster.FlowBoth},
			{ID: "up", LabelFrom: "Officer", LabelTo: "Chief", Add: ranks("chief"), Direction: muster.FlowPromote},
		} {
			wantCode(t, w.Core.PutFlow(t.Context(), w.Admin, f), "", "")
		}
		ada := w.Account(t, "ada", muster.Edit{Ranks: muster.RankEdit{Add: ranks("member")}})
		w.Account(t, "bob", muster.Edit{})
		one := []muster.Ref{muster.RefID(ada.ID)}
		two := []muster.Ref{one[0], muster.RefUsername("bob")}
		weak := w.Caller(t, muster.Key{Level: muster.LevelWriteSome, RankPower: 10})
		for _, tt := range []struct {
			name    string
			by      muster.Caller
			flow    string
			promote bool
			refs    []muster.Ref
			code    muster.Code
			member  string
			held    []muster.RankID
		}{
			{"up", w.Admin, "both", true, one, "", "", ranks("officer")},
			{"up again", w.Admin, "both", true, one, muster.Conflict, "accounts", ranks("officer")},
			{"down", w.Admin, "both", false, one, "", "", ranks("member")},
			{"all or none", w.Admin, "both", true, two, muster.Conflict, "accounts", ranks("member")},
			{"above the power", weak, "both", true, one, muster.Forbidden, "ranks", ranks("member")},
			{"locked direction", w.Admin, "up", false, one, muster.Conflict, "promote", ranks("member")},
			{"no such flow", w.Admin, "x", true, one, muster.NotFound, "flow", ranks("member")},
			{"nobody", w.Admin, "up", true, nil, muster.Invalid, "accounts", ranks("member")},
		} {
			_, err := w.Core.TriggerFlow(t.Context(), tt.by, tt.flow, tt.promote, tt.refs)
			wantCode(t, err, tt.code, tt.member)
			if diff := cmp.Diff(tt.held, heldIDs(w.account(t, ada.ID))); diff != "" {
				t.Errorf("%s: %s", tt.name, diff)
			}
		}
	})
}

// A rank that is deleted goes from flows and whitelists as well.
func TestDeletedRankIsForgotten(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, f := range []muster.Flow{
			{ID: "goes", LabelFrom: "a", LabelTo: "b", Add: ranks("chief"), Direction: muster.FlowBoth},
			{ID: "stays", LabelFrom: "a", LabelTo: "b", Add: ranks("chief"), Remove: ranks("member"), Direction: muster.FlowBoth},
		} {
			wantCode(t, w.Core.PutFlow(t.Context(), w.Admin, f), "", "")
		}
		_, err := w.Core.PutServer(t.Context(), w.Admin, muster.Server{Name: "one", Whitelist: muster.Whitelist{Ranks: ranks("chief", "member"), Blocked: ranks("chief")}})
		wantCode(t, err, "", "")
		wantCode(t, w.Core.DeleteRank(t.Context(), w.Admin, "chief"), "", "")
		flows, err := w.Core.Flows(t.Context(), w.Admin)
		if err != nil || len(flows) != 1 || len(flows[0].Add) != 0 || len(flows[0].Remove) != 1 {
			t.Errorf("%+v, %v", flows, err)
		}
		s, err := w.Core.Server(t.Context(), w.Admin, 1)
		if err != nil || len(s.Whitelist.Blocked) != 0 || len(s.Whitelist.Ranks) != 1 {
			t.Errorf("%+v, %v", s, err)
		}
	})
}

// Who acts for somebody has no more power over ranks than that person.
func TestOnBehalf(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.Account(t, "ada", muster.Edit{Ranks: muster.RankEdit{Add: ranks("officer")}})
		bob := w.Account(t, "bob", muster.Edit{Standing: muster.StandingEdit{Level: muster.Some(muster.LevelAdmin)}})
		by := w.Caller(t, key(muster.LevelWriteSome))
		by, err := w.Core.OnBehalf(t.Context(), by, muster.RefID(ada.ID))
		wantCode(t, err, "", "")
		_, err = w.Core.Edit(t.Context(), by, muster.RefID(bob.ID), setRanks("chief"))
		wantCode(t, err, muster.Forbidden, "ranks")
		_, err = w.Core.Edit(t.Context(), by, muster.RefID(bob.ID), setRanks("officer"))
		wantCode(t, err, "", "")
		_, err = w.Core.OnBehalf(t.Context(), w.Caller(t, muster.Key{Level: muster.LevelAdmin, Owner: bob.ID}), muster.RefID(ada.ID))
		wantCode(t, err, muster.Forbidden, "for")
		_, err = w.Core.OnBehalf(t.Context(), w.Admin, muster.RefUsername("nobody"))
		wantCode(t, err, muster.Invalid, "for")
	})
}
