package core_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/mustertest"
	"github.com/muster-accounts/muster/internal/store"
)

// undoAll takes back what a filter means, and gives back what became of each.
func (w *world) undoAll(t testing.TB, u core.UndoMany) (results []core.Undone, count core.UndoCount) {
	t.Helper()
	u.Done = func(from int, some []core.Undone) error {
		results = append(results[:from], some...)
		return nil
	}
	count, err := w.Core.UndoAll(t.Context(), w.Admin, u)
	if err != nil {
		t.Fatal(err)
	}
	return results, count
}

// timeless is an account without what every change moves on.
func timeless(a muster.Account) muster.Account {
	a.Rev, a.UpdatedAt, a.Clock = 0, time.Time{}, nil
	for i := range a.Identities { // one that came anew has another id
		a.Identities[i].ID, a.Identities[i].Shared = "", 0
	}
	return a
}

// Whatever one key did, in whichever order, is gone after one undo where
// nobody else touched the same; and what others did to other accounts stays.
func TestUndoAllOfAKey(t *testing.T) {
	w := &world{mustertest.NewCommunity(t, mustertest.Open(t, t.TempDir()), "demo"), nil}
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		leaked := w.Caller(t, muster.Key{ID: muster.KeyID(fmt.Sprint("leaked", n)), Level: muster.LevelAdmin, RankPower: muster.AnyRankPower})
		mine := []core.View{w.Account(t, fmt.Sprint("a", n), drawDeed(rt)), w.Account(t, fmt.Sprint("b", n), drawDeed(rt))}
		others := w.Account(t, fmt.Sprint("c", n), drawDeed(rt))
		want := []muster.Account{timeless(w.shown(t, mine[0].ID)), timeless(w.shown(t, mine[1].ID))}
		from := w.last(t).Seq
		for range rapid.IntRange(1, 10).Draw(rt, "deeds") {
			ref := muster.RefID(mine[rapid.IntRange(0, 1).Draw(rt, "account")].ID)
			switch rapid.IntRange(0, 7).Draw(rt, "deed") {
			case 0:
				_, _ = w.Core.Delete(t.Context(), leaked, ref)
			case 1:
				_, _ = w.Core.Restore(t.Context(), leaked, ref, 0)
			case 2:
				seq := rapid.Int64Range(from, w.last(t).Seq).Draw(rt, "seq")
				if ch, _, err := w.Core.ChangeBy(t.Context(), w.Admin, seq); err == nil && ch.Account != others.ID {
					_, _ = w.Core.Undo(t.Context(), leaked, seq, core.UndoOptions{})
				}
			case 3:
				_, _ = w.Core.Edit(t.Context(), w.Admin, muster.RefID(others.ID), drawDeed(rt))
			default:
				_, _ = w.Core.Edit(t.Context(), leaked, ref, drawDeed(rt))
			}
		}
		theirs := w.shown(t, others.ID)
		u := core.UndoMany{Filter: core.HistoryQuery{Key: leaked.Key, After: from}, Atomic: true}
		dry := u
		dry.DryRun = true
		before := w.last(t).Seq
		preview, _ := w.undoAll(t, dry)
		if w.last(t).Seq != before {
			rt.Fatal("a preview was written")
		}
		results, count := w.undoAll(t, u)
		if count.Refused {
			rt.Fatalf("refused: %+v", results)
		}
		for i := range results {
			if results[i].Outcome != preview[i].Outcome || results[i].Change.Seq != preview[i].Change.Seq {
				rt.Fatalf("previewed %+v, done %+v", preview[i], results[i])
			}
		}
		for i, v := range mine {
			if d := same(want[i], timeless(w.shown(t, v.ID))); d != "" {
				rt.Fatalf("-was +is\n%s", d)
			}
		}
		if d := same(theirs, w.shown(t, others.ID)); d != "" {
			rt.Fatalf("others' work: -was +is\n%s", d)
		}
		again, _ := w.undoAll(t, u)
		for _, r := range again {
			if r.Outcome == core.OutcomeUndone || r.Outcome == core.OutcomeRefused {
				rt.Fatalf("the second time: %+v", r)
			}
		}
	})
}

func TestUndoAllAgainstLaterWork(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		leaked := w.Caller(t, muster.Key{ID: "leaked", Level: muster.LevelAdmin, RankPower: muster.AnyRankPower})
		ada, bob := w.Account(t, "ada", setBio("a")), w.Account(t, "bob", setBio("b"))
		for _, id := range []muster.AccountID{ada.ID, bob.ID} {
			if _, err := w.Core.Edit(t.Context(), leaked, muster.RefID(id), setBio("leaked")); err != nil {
				t.Fatal(err)
			}
		}
		w.edit(t, bob.ID, setBio("by hand"))
		u := core.UndoMany{Filter: core.HistoryQuery{Key: "leaked"}, Atomic: true}
		unchanged := w.unchanged(t)
		results, count := w.undoAll(t, u)
		if !count.Refused || len(results) != 2 || results[0].Outcome != core.OutcomeRefused || results[1].Outcome != core.OutcomeUndone {
			t.Fatalf("%+v %+v", count, results)
		}
		wantCode(t, results[0].Err, muster.Conflict, "bio")
		unchanged()
		u.Atomic = false
		_, count = w.undoAll(t, u)
		if count.Refused || w.account(t, ada.ID).Bio != "a" || w.account(t, bob.ID).Bio != "by hand" {
			t.Errorf("%+v", count)
		}
		if last := w.last(t); last.Batch != count.Batch || last.Batch == "" || last.Undoes == 0 {
			t.Errorf("recorded is %+v", last)
		}
		u.Force = true
		_, _ = w.undoAll(t, u)
		if bio := w.account(t, bob.ID).Bio; bio != "b" {
			t.Errorf("forced: %q", bio)
		}
		_, err := w.Core.UndoAll(t.Context(), w.Admin, core.UndoMany{})
		wantCode(t, err, muster.Invalid, "")
		weak := w.Caller(t, key(muster.LevelReadAll))
		u.Filter, u.Force, u.Done = core.HistoryQuery{Batch: count.Batch}, false, func(_ int, some []core.Undone) error {
			for _, r := range some {
				wantCode(t, r.Err, muster.Forbidden, "")
			}
			return nil
		}
		unchanged = w.unchanged(t)
		if _, err := w.Core.UndoAll(t.Context(), weak, u); err != nil {
			t.Error(err)
		}
		unchanged()
	})
}

// TestLeakedKey is the whole story: five thousand edits by one key among
// twenty thousand by others; one preview, one undo, and exactly those are gone.
func TestLeakedKey(t *testing.T) {
	const rounds = 5
	accounts := 1000
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		defer func() { accounts = 200 }() // once in full, then on other engines in small
		w := &world{mustertest.NewCommunity(t, st, "demo"), st}
		languages := []string{"de", "en", "fr"}
		list := make([]core.NewAccount, accounts)
		for i := range list {
			list[i].Edit.Username = muster.Some(fmt.Sprint("user", i))
		}
		views, err := w.Core.Create(t.Context(), w.Admin, list)
		if err != nil {
			t.Fatal(err)
		}
		leaked := w.Caller(t, muster.Key{ID: "leaked", Level: muster.LevelWriteSome, RankPower: muster.AnyRankPower})
		good := w.Caller(t, muster.Key{ID: "good", Level: muster.LevelWriteSome, RankPower: muster.AnyRankPower})
		do := func(by muster.Caller, edit func(i int) muster.Edit) {
			targets := make([]core.Target, accounts)
			for i, v := range views {
				targets[i] = core.Target{Ref: muster.RefID(v.ID), Edit: edit(i)}
			}
			if _, err := w.Core.Change(t.Context(), by, targets, core.Options{Atomic: true}); err != nil {
				t.Fatal(err)
			}
		}
		before := time.Time{}
		for round := range rounds {
			text := func(i int) string { return fmt.Sprint(round, " ", i) }
			do(good, func(i int) muster.Edit { return setBio(text(i)) })
			if round == 1 {
				before = w.Clock.Now() // the first thousand are before it
			}
			do(leaked, func(i int) muster.Edit {
				e := setValue("text", muster.Text("leaked "+text(i)))
				if i%2 == 0 {
					e.Ranks.Add = ranks("chief")
				}
				return e
			})
			do(good, func(i int) muster.Edit { return setValue("number", muster.Number(round*accounts+i)) })
			do(good, func(i int) muster.Edit { return muster.Edit{Language: muster.Some(languages[(round+i)%3])} })
			do(good, func(int) muster.Edit {
				return muster.Edit{Ranks: muster.RankEdit{Set: muster.Some(ranks("member"))}, Name: muster.Some(fmt.Sprint("n", round))}
			})
			w.Clock.Advance(time.Hour)
		}
		began := time.Now()
		u := core.UndoMany{Filter: core.HistoryQuery{Key: "leaked"}, Atomic: true, DryRun: true}
		unchanged := w.unchanged(t)
		preview, count := w.undoAll(t, u)
		if unchanged(); count.Matched != rounds*accounts || count.By[core.OutcomeRefused] != 0 || len(preview) != rounds*accounts {
			t.Fatalf("preview: %+v", count)
		}
		t.Log("preview", time.Since(began))
		u.DryRun = false
		_, count = w.undoAll(t, u)
		if count.Refused || count.By[core.OutcomeUndone] != rounds*accounts {
			t.Fatalf("undo: %+v", count)
		}
		for i, v := range views {
			a := w.account(t, v.ID)
			bio, number := fmt.Sprint(rounds-1, " ", i), muster.Number((rounds-1)*accounts+i)
			if a.Values["text"] != nil || a.Bio != bio || a.Language != languages[(rounds-1+i)%3] || a.Values["number"] != number || a.Name != fmt.Sprint("n", rounds-1) {
				t.Fatalf("account %d is %+v", i, a.Account)
			}
			if got := held(a); len(got) != 1 || got[0] != "member" {
				t.Fatalf("account %d holds %v", i, got)
			}
		}
		page, err := w.Core.Changes(t.Context(), w.Admin, core.HistoryQuery{Key: "leaked", Since: before, Limit: accounts})
		if err != nil || len(page.Changes) != accounts || page.Next == 0 {
			t.Errorf("%d changes, next %d, %v", len(page.Changes), page.Next, err)
		}
	})
}

// A deletion is taken back together with what followed from it for others.
func TestUndoAllOfADeletion(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		boss := w.Account(t, "boss", muster.Edit{})
		below := w.Account(t, "below", setValue("account", muster.Text("boss")))
		leaked := w.Caller(t, muster.Key{ID: "leaked", Level: muster.LevelAdmin, RankPower: muster.AnyRankPower})
		if _, err := w.Core.Delete(t.Context(), leaked, muster.RefID(boss.ID)); err != nil {
			t.Fatal(err)
		}
		if v := w.account(t, below.ID).Values["account"]; v != nil {
			t.Fatalf("it leads to %v", v)
		}
		_, count := w.undoAll(t, core.UndoMany{Filter: core.HistoryQuery{Key: "leaked"}, Atomic: true})
		if count.Refused || count.By[core.OutcomeRefused] > 0 {
			t.Errorf("%+v", count)
		}
		if v := w.account(t, below.ID).Values["account"]; v != muster.Text(boss.ID) {
			t.Errorf("it leads to %v", v)
		}
	})
}
