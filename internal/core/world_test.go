package core_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/mustertest"
	"github.com/muster-accounts/muster/internal/store"
)

// world is a community in a fresh store.
type world struct {
	*mustertest.Community
	store *store.Store
}

func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		t.Helper()
		test(t, &world{mustertest.NewCommunity(t, st, "demo"), st})
	})
}

// key is a key of a level, for the community itself, over all ranks.
func key(level muster.Level, areas ...muster.Area) muster.Key {
	return muster.Key{Level: level, Areas: areas, RankPower: muster.AnyRankPower}
}

func ranks(ids ...muster.RankID) []muster.RankID { return ids }

func setRanks(ids ...muster.RankID) muster.Edit {
	return muster.Edit{Ranks: muster.RankEdit{Set: muster.Some(ids)}}
}

func setBio(bio string) muster.Edit { return muster.Edit{Bio: muster.Some(bio)} }

func setValue(id muster.FieldID, v muster.Value) muster.Edit {
	return muster.Edit{Values: muster.Values{id: v}}
}

func wantCode(t testing.TB, err error, code muster.Code, member string) {
	t.Helper()
	if code == "" {
		if err != nil {
			t.Errorf("unexpected error: %v", err)
		}
		return
	}
	var e *muster.Error
	if !errors.As(err, &e) || e.Code != code || e.Field != member {
		t.Errorf("got %#v (%v), want code %q, field %q", err, err, code, member)
	}
}

// edit does an edit that must go through.
func (w *world) edit(t testing.TB, id muster.AccountID, e muster.Edit) core.View {
	t.Helper()
	v, err := w.Core.Edit(t.Context(), w.Admin, muster.RefID(id), e)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func (w *world) account(t testing.TB, id muster.AccountID) core.View {
	t.Helper()
	v, err := w.Core.Account(t.Context(), w.Admin, muster.RefID(id))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// stored is an account as the store has it, deleted or not, views aside.
func (w *world) stored(t testing.TB, id muster.AccountID) (a muster.Account) {
	t.Helper()
	err := w.store.Read(t.Context(), func(tx *store.Tx) (err error) { a, err = tx.Account(w.ID, id); return err })
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (w *world) history(t testing.TB, caller muster.Caller) []muster.Change {
	t.Helper()
	list, err := w.Core.History(t.Context(), caller, core.HistoryQuery{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// last is the newest change.
func (w *world) last(t testing.TB) muster.Change {
	t.Helper()
	list, err := w.Core.History(t.Context(), w.Admin, core.HistoryQuery{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	return list[0]
}

// unchanged gives a function that fails where anything was written since.
func (w *world) unchanged(t testing.TB) func() {
	t.Helper()
	was := w.last(t).Seq
	return func() {
		t.Helper()
		if now := w.last(t); now.Seq != was {
			t.Errorf("%d changes were recorded, the last is %+v", now.Seq-was, now)
		}
	}
}

func same(x, y any) string { return cmp.Diff(x, y, cmpopts.EquateEmpty()) }

func held(v core.View) (ids []muster.RankID) {
	for _, r := range v.Held {
		ids = append(ids, r.ID)
	}
	return ids
}
