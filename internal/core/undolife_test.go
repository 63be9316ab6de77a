package core_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/mustertest"
)

// admin is a key that may do everything.
func (w *world) admin(t testing.TB, id muster.KeyID) muster.Caller {
	t.Helper()
	return w.Caller(t, muster.Key{ID: id, Level: muster.LevelAdmin, RankPower: muster.AnyRankPower})
}

// done wants no error.
func done(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// An account that others have edited since is not deleted by taking back that it
// was made, or restored: their work would be lost with it.
func TestUndoOfALifeKeepsLaterWork(t *testing.T) {
	undo := func(w *world, t *testing.T, seq int64) int64 {
		t.Helper()
		r, err := w.undo(t, seq, core.UndoOptions{})
		done(t, err)
		return r.Seq
	}
	for _, tt := range []struct {
		name  string
		later func(t *testing.T, w *world, id muster.AccountID)
		how   string // the account was so since; empty: nothing stands in the way
	}{
		{"nothing", func(*testing.T, *world, muster.AccountID) {}, ""},
		{"an edit", func(t *testing.T, w *world, id muster.AccountID) { w.edit(t, id, setBio("by hand")) }, "changed"},
		{"an edit, taken back", func(t *testing.T, w *world, id muster.AccountID) {
			w.edit(t, id, setBio("by hand"))
			undo(w, t, w.last(t).Seq)
		}, ""},
		{"an edit, taken back and then not", func(t *testing.T, w *world, id muster.AccountID) {
			w.edit(t, id, setBio("by hand"))
			undo(w, t, undo(w, t, w.last(t).Seq))
		}, "changed"},
		{"one of two edits, taken back", func(t *testing.T, w *world, id muster.AccountID) {
			w.edit(t, id, setBio("by hand"))
			w.edit(t, id, muster.Edit{Name: muster.Some("n")})
			undo(w, t, w.last(t).Seq)
		}, "changed"},
		{"deleted and restored by hand", func(t *testing.T, w *world, id muster.AccountID) {
			w.remove(t, id)
			_, err := w.Core.Restore(t.Context(), w.Admin, muster.RefID(id), 0)
			done(t, err)
		}, "restored"},
		{"deleted, and wanted back", func(t *testing.T, w *world, id muster.AccountID) { undo(w, t, w.remove(t, id)) }, "restored"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			each(t, func(t *testing.T, w *world) {
				made := w.Account(t, "ada", muster.Edit{}).ID
				back := w.Account(t, "bob", muster.Edit{}).ID
				w.remove(t, back)
				_, err := w.Core.Restore(t.Context(), w.Admin, muster.RefID(back), 0)
				done(t, err)
				seqs := map[muster.AccountID]int64{}
				for _, ch := range w.history(t, w.Admin) { // the newest first
					if seqs[ch.Account] == 0 && (ch.Account == made || ch.Account == back) {
						seqs[ch.Account] = ch.Seq
					}
				}
				for id, seq := range seqs {
					tt.later(t, w, id)
					unchanged := w.unchanged(t)
					_, dry := w.undo(t, seq, core.UndoOptions{DryRun: true})
					unchanged()
					_, err := w.undo(t, seq, core.UndoOptions{})
					if fmt.Sprint(dry) != fmt.Sprint(err) {
						t.Errorf("previewed %v, done %v", dry, err)
					}
					if tt.how == "" {
						wantCode(t, err, "", "")
						continue
					}
					unchanged()
					wantCode(t, err, muster.Conflict, "")
					if want := fmt.Sprintf("the account was %s since change %d, by change ", tt.how, seq); err == nil || !strings.HasPrefix(err.Error(), want) {
						t.Errorf("refused as %v, not %q", err, want)
					}
					_, err = w.undo(t, seq, core.UndoOptions{Force: true})
					wantCode(t, err, "", "")
				}
			})
		})
	}
}

// What time took is nobody's work that would be lost.
func TestUndoOfACreationAfterALapse(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		until := map[muster.RankID]time.Time{"chief": w.Clock.Now().Add(time.Hour)}
		w.Account(t, "ada", muster.Edit{Ranks: muster.RankEdit{Add: ranks("chief"), Until: until}})
		made := w.last(t).Seq
		w.Clock.Advance(2 * time.Hour)
		done(t, w.Core.Lapse(t.Context()))
		if w.last(t).By.Dialect != "time" {
			t.Fatal("nothing ran out")
		}
		_, err := w.undo(t, made, core.UndoOptions{})
		wantCode(t, err, "", "")
	})
}

// That an edit of a hidden value stands in the way is said, but not which: its
// number is told to nobody who may not see it.
func TestUndoOfACreationAfterAHiddenEdit(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.Account(t, "ada", muster.Edit{})
		made := w.last(t).Seq
		w.edit(t, ada.ID, setValue("secret", muster.Text("hidden")))
		_, err := w.Core.Undo(t.Context(), w.Caller(t, key(7)), made, core.UndoOptions{})
		wantCode(t, err, muster.Conflict, "")
		if want := fmt.Sprintf("the account was changed since change %d", made); err.Error() != want {
			t.Errorf("refused as %q", err)
		}
	})
}

// All that a key did is taken back, accounts that it made among it; but not one
// that somebody else worked on.
func TestUndoAllOfCreations(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		leaked := w.admin(t, "leaked")
		ids := map[string]muster.AccountID{}
		for _, name := range []string{"ada", "bob"} {
			list, err := w.Core.Create(t.Context(), leaked, []core.NewAccount{{Edit: muster.Edit{Username: muster.Some(name)}}})
			done(t, err)
			ids[name] = list[0].ID
			_, err = w.Core.Edit(t.Context(), leaked, muster.RefID(ids[name]), setBio("leaked"))
			done(t, err)
		}
		_, err := w.Core.Edit(t.Context(), leaked, muster.RefID(ids["ada"]), setValue("account", muster.Text("bob")))
		done(t, err)
		u := core.UndoMany{Filter: core.HistoryQuery{Key: "leaked"}, Atomic: true, DryRun: true}
		if _, count := w.undoAll(t, u); count.Refused || count.By[core.OutcomeUndone] != 5 {
			t.Fatalf("of one key alone: %+v", count)
		}
		w.edit(t, ids["bob"], muster.Edit{Name: muster.Some("by hand")})
		unchanged := w.unchanged(t)
		for _, dry := range []bool{true, false} {
			u.DryRun = dry
			results, count := w.undoAll(t, u)
			unchanged()
			if !count.Refused || count.Batch != "" || count.By[core.OutcomeUndone] != 4 || count.By[core.OutcomeRefused] != 1 {
				t.Errorf("dry %v: %+v", dry, count)
			}
			for _, r := range results {
				if r.Outcome == core.OutcomeRefused && (r.Change.Deed != muster.DeedCreate || r.Change.Account != ids["bob"]) {
					t.Errorf("refused is %+v", r)
				}
			}
		}
		u.Atomic = false
		if _, count := w.undoAll(t, u); count.Batch == "" || count.By[core.OutcomeUndone] != 4 {
			t.Errorf("each: %+v", count)
		}
		if v := w.account(t, ids["bob"]); v.Name != "by hand" || v.Bio != "" {
			t.Errorf("bob is %+v", v)
		}
		_, err = w.Core.Account(t.Context(), w.Admin, muster.RefID(ids["ada"]))
		wantCode(t, err, muster.NotFound, "ref")
	})
}

// A filter by member means that member: the accounts stay.
func TestUndoAllOfAMember(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.Account(t, "ada", setBio("first"))
		w.edit(t, ada.ID, setBio("second"))
		w.edit(t, ada.ID, muster.Edit{Name: muster.Some("n")})
		u := core.UndoMany{Filter: core.HistoryQuery{Account: muster.RefID(ada.ID), Member: "bio"}, Atomic: true}
		for _, force := range []bool{false, true} {
			u.Force = force
			_, count := w.undoAll(t, u)
			if count.Refused || count.Matched != 2+btoi(force) || count.By[core.OutcomeNoUndo] != 1 {
				t.Errorf("%+v", count)
			}
			if v := w.account(t, ada.ID); v.Name != "n" || v.Bio != "first" {
				t.Errorf("%+v", v)
			}
		}
	})
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Who takes back twice is told so, and not that somebody changed the member.
func TestUndoTwice(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.Account(t, "ada", muster.Edit{})
		made := w.last(t).Seq
		w.edit(t, ada.ID, setBio("x"))
		bio := w.last(t).Seq
		w.edit(t, ada.ID, setRanks("chief"))
		rank := w.last(t).Seq
		for _, seq := range []int64{rank, bio, made} {
			first, err := w.undo(t, seq, core.UndoOptions{})
			done(t, err)
			if seq == rank { // somebody gives it anew: that is not ours to take
				w.edit(t, ada.ID, setRanks("chief"))
			}
			unchanged := w.unchanged(t)
			for _, dry := range []bool{true, false} {
				_, err = w.undo(t, seq, core.UndoOptions{DryRun: dry})
				wantCode(t, err, muster.Conflict, "")
				if want := fmt.Sprintf("change %d was taken back already, by change %d", seq, first.Seq); err == nil || err.Error() != want {
					t.Errorf("refused as %v, not %q", err, want)
				}
			}
			unchanged()
			if seq != rank {
				continue
			}
			_, err = w.undo(t, w.last(t).Seq, core.UndoOptions{})
			done(t, err)
			again, err := w.undo(t, seq, core.UndoOptions{}) // there is nothing left to do
			if err != nil || again.Seq != 0 {
				t.Errorf("%+v, %v", again, err)
			}
			w.edit(t, ada.ID, setRanks("chief"))
			given := w.last(t).Seq
			force, err := w.undo(t, seq, core.UndoOptions{Force: true})
			if err != nil || force.Seq == 0 {
				t.Errorf("forced: %+v, %v", force, err)
			}
			_, count := w.undoAll(t, core.UndoMany{Filter: core.HistoryQuery{Account: muster.RefID(ada.ID), After: given - 1}})
			if count.By[core.OutcomeUndone] != 2 { // so that nothing of it stands
				t.Errorf("%+v", count)
			}
		}
	})
}

// A deletion from which more followed than are taken back at a time is taken
// back with all of it.
func TestUndoAllOfALargeDeletion(t *testing.T) {
	const many = 1100
	each(t, func(t *testing.T, w *world) {
		boss := w.Account(t, "boss", muster.Edit{})
		list := make([]core.NewAccount, many)
		for i := range list {
			list[i].Edit = setValue("account", muster.Text(boss.ID))
			list[i].Edit.Username = muster.Some(fmt.Sprint("user", i))
		}
		views, err := w.Core.Create(t.Context(), w.Admin, list)
		done(t, err)
		leaked := w.admin(t, "leaked")
		_, err = w.Core.Delete(t.Context(), leaked, muster.RefID(boss.ID))
		done(t, err)
		filter := core.HistoryQuery{Key: "leaked"}
		for i := range 3 {
			_, count := w.undoAll(t, core.UndoMany{Filter: filter, Atomic: true})
			if count.Refused || count.By[core.OutcomeUndone] != many+1 {
				t.Fatalf("round %d: %+v", i, count)
			}
			for _, v := range views[:2] {
				if leads := w.stored(t, v.ID).Values["account"] != nil; leads != (i%2 == 0) {
					t.Errorf("round %d: it leads to the boss: %v", i, leads)
				}
			}
			filter = core.HistoryQuery{Batch: count.Batch}
		}
	})
}

// Whatever one caller did, the undo of all of it can be undone, and that again:
// each time all is as it was before.
func TestUndoOfABatchOfUndos(t *testing.T) {
	w := &world{mustertest.NewCommunity(t, mustertest.Open(t, t.TempDir()), "demo"), nil}
	w.chart(t)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		caller := w.admin(t, muster.KeyID(fmt.Sprint("k", n)))
		ids := []muster.AccountID{}
		from := w.last(t).Seq
		accounts := rapid.IntRange(1, 2).Draw(rt, "accounts")
		for i := range accounts {
			list, err := w.Core.Create(t.Context(), caller, []core.NewAccount{{Edit: muster.Edit{Username: muster.Some(fmt.Sprint("mm", n, "-", i))}}})
			done(t, err)
			ids = append(ids, list[0].ID)
		}
		for range rapid.IntRange(1, 12).Draw(rt, "deeds") {
			which := rapid.IntRange(0, accounts-1).Draw(rt, "account")
			ref := muster.RefID(ids[which])
			switch rapid.IntRange(0, 7).Draw(rt, "deed") {
			case 0:
				_, _ = w.Core.Delete(t.Context(), caller, ref)
			case 1:
				_, _ = w.Core.Restore(t.Context(), caller, ref, 0)
			case 2, 3:
				seq := rapid.Int64Range(from+1, w.last(t).Seq).Draw(rt, "seq")
				_, _ = w.Core.Undo(t.Context(), caller, seq, core.UndoOptions{Force: rapid.Bool().Draw(rt, "force")})
			case 4:
				_, _ = w.Core.Edit(t.Context(), caller, ref, setValue(manager, muster.Text(ids[accounts-1-which])))
			default:
				_, _ = w.Core.Edit(t.Context(), caller, ref, drawDeed(rt))
			}
		}
		state := func() (list []muster.Account) {
			for _, id := range ids {
				list = append(list, timeless(w.shown(t, id)))
			}
			return list
		}
		undo := func(f core.HistoryQuery) string {
			u := core.UndoMany{Filter: f, Atomic: true, DryRun: true}
			preview, _ := w.undoAll(t, u)
			u.DryRun = false
			results, count := w.undoAll(t, u)
			for i, r := range results {
				if r.Outcome == core.OutcomeRefused {
					rt.Fatalf("refused: %v: %+v", r.Err, r.Change)
				}
				if r.Outcome != preview[i].Outcome {
					rt.Fatalf("previewed %+v, done %+v", preview[i], r)
				}
			}
			return count.Batch
		}
		filter := core.HistoryQuery{Key: caller.Key, After: from}
		if accounts == 1 { // of two the one may lead to the other
			filter = core.HistoryQuery{Account: muster.RefID(ids[0])}
		}
		before := state()
		batch := undo(filter)
		after := state()
		for i := range 4 {
			batch = undo(core.HistoryQuery{Batch: batch})
			want := [][]muster.Account{before, after}[i%2]
			if d := same(want, state()); d != "" {
				rt.Fatalf("step %d: -want +is\n%s", i, d)
			}
		}
	})
}
