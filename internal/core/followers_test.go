package core_test

import (
	"strings"
	"testing"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

const manager muster.FieldID = "manager"

// chart defines the field of who stands above whom.
func (w *world) chart(t *testing.T) {
	t.Helper()
	f := muster.Field{ID: manager, Key: "manager", Label: "Manager", Type: muster.TypeAccount, Scope: muster.ScopeProfile, Chart: true}
	if err := w.Core.PutField(t.Context(), w.Admin, f); err != nil {
		t.Fatal(err)
	}
}

func eachChart(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		w.chart(t)
		test(t, w)
	})
}

func (w *world) remove(t *testing.T, id muster.AccountID) (seq int64) {
	t.Helper()
	seq, err := w.Core.Delete(t.Context(), w.Admin, muster.RefID(id))
	if err != nil {
		t.Fatal(err)
	}
	return seq
}

// above is who the account's value leads to, as it is kept.
func (w *world) above(t *testing.T, id muster.AccountID) muster.Value {
	t.Helper()
	return w.stored(t, id).Values[manager]
}

// newest are the newest changes, the oldest of them first.
func (w *world) newest(t *testing.T, n int) []muster.Change {
	t.Helper()
	list, err := w.Core.History(t.Context(), w.Admin, core.HistoryQuery{Limit: n})
	if err != nil || len(list) != n {
		t.Fatal(len(list), err)
	}
	for i := range n / 2 {
		list[i], list[n-1-i] = list[n-1-i], list[i]
	}
	return list
}

func TestRemovalClearsReferences(t *testing.T) {
	t.Parallel()
	eachChart(t, func(t *testing.T, w *world) {
		t.Helper()
		boss := w.Account(t, "boss", muster.Edit{})
		w.edit(t, boss.ID, setValue("account", muster.Text(boss.ID))) // leads to itself, and goes with it
		under := muster.Values{manager: muster.Text("boss"), "account": muster.Text("boss"), "text": muster.Text(boss.ID)}
		a, b := w.Account(t, "a", muster.Edit{Values: under}), w.Account(t, "b", muster.Edit{Values: under})
		other := w.Account(t, "other", muster.Edit{})
		gone := w.Account(t, "gone", muster.Edit{Values: under})
		w.remove(t, gone.ID)

		seq := w.remove(t, boss.ID)
		changes := w.newest(t, 4)
		if changes[0].Seq != seq || changes[0].Deed != muster.DeedDelete || changes[0].Batch == "" {
			t.Fatalf("the removal is %+v", changes[0])
		}
		for _, ch := range changes[1:] {
			if ch.Deed != muster.DeedEdit || ch.Batch != changes[0].Batch || ch.Before.Values[manager] != muster.Value(muster.Text(boss.ID)) ||
				ch.After.Values[manager] != nil || len(ch.After.Values) != 2 {
				t.Errorf("what follows is %+v", ch)
			}
		}
		for _, id := range []muster.AccountID{a.ID, b.ID, gone.ID} {
			if v := w.stored(t, id).Values; v[manager] != nil || v["account"] != nil || v["text"] == nil {
				t.Errorf("%s holds %v", id, v)
			}
		}
		if v := w.stored(t, boss.ID).Values["account"]; v == nil {
			t.Error("its own value is gone")
		}

		w.edit(t, b.ID, setValue(manager, muster.Text("other"))) // set anew
		w.edit(t, other.ID, setValue("account", muster.Text("a")))
		if _, err := w.undo(t, seq, core.UndoOptions{}); err != nil {
			t.Fatal(err)
		}
		if w.above(t, a.ID) != muster.Value(muster.Text(boss.ID)) || w.above(t, b.ID) != muster.Value(muster.Text(other.ID)) ||
			w.above(t, gone.ID) != muster.Value(muster.Text(boss.ID)) || w.stored(t, b.ID).Values["account"] != muster.Value(muster.Text(boss.ID)) {
			t.Errorf("given back: %v, %v, %v", w.above(t, a.ID), w.above(t, b.ID), w.above(t, gone.ID))
		}
		for i, ch := range w.newest(t, 4) {
			if ch.Undoes != seq+int64(i) || ch.Batch == "" {
				t.Errorf("the undo is %+v", ch)
			}
		}
		w.remove(t, boss.ID)
		if w.above(t, a.ID) != nil {
			t.Error("what the undo gave back is not cleared again")
		}
	})
}

func TestRemovalWithoutReferencesIsNoBatch(t *testing.T) {
	t.Parallel()
	eachChart(t, func(t *testing.T, w *world) {
		t.Helper()
		boss := w.Account(t, "boss", muster.Edit{})
		below := w.Account(t, "below", muster.Edit{Values: muster.Values{manager: muster.Text("boss")}})
		w.edit(t, below.ID, setValue(manager, nil))
		w.remove(t, boss.ID)
		if ch := w.last(t); ch.Account != boss.ID || ch.Batch != "" {
			t.Errorf("%+v", ch)
		}
	})
}

// A field's definition may be gone when the account that its values lead to is
// removed, and come back.
func TestRemovalClearsFieldsThatAreGone(t *testing.T) {
	t.Parallel()
	eachChart(t, func(t *testing.T, w *world) {
		t.Helper()
		boss := w.Account(t, "boss", muster.Edit{})
		below := w.Account(t, "below", muster.Edit{Values: muster.Values{manager: muster.Text("boss")}})
		if err := w.Core.DeleteField(t.Context(), w.Admin, manager); err != nil {
			t.Fatal(err)
		}
		seq := w.remove(t, boss.ID)
		w.chart(t)
		if v := w.above(t, below.ID); v != nil {
			t.Errorf("leads to %v", v)
		}
		if _, err := w.undo(t, seq, core.UndoOptions{}); err != nil || w.above(t, below.ID) == nil {
			t.Errorf("%v, %v", w.above(t, below.ID), err)
		}
	})
}

// An undo gives nobody a place that would close a circle by now.
func TestUndoOfRemovalClosesNoCircle(t *testing.T) {
	t.Parallel()
	eachChart(t, func(t *testing.T, w *world) {
		t.Helper()
		a := w.Account(t, "a", muster.Edit{})
		b := w.Account(t, "b", muster.Edit{Values: muster.Values{manager: muster.Text("a")}})
		c := w.Account(t, "c", muster.Edit{Values: muster.Values{manager: muster.Text("b")}})
		seq := w.remove(t, b.ID)
		w.edit(t, a.ID, setValue(manager, muster.Text("c")))
		if _, err := w.undo(t, seq, core.UndoOptions{}); err != nil {
			t.Fatal(err)
		}
		if w.above(t, c.ID) != nil || w.above(t, b.ID) == nil {
			t.Errorf("c stands below %v, b below %v", w.above(t, c.ID), w.above(t, b.ID))
		}
	})
}

func TestAwaited(t *testing.T) {
	t.Parallel()
	eachChart(t, func(t *testing.T, w *world) {
		t.Helper()
		wait := func(name, boss string) muster.AccountID {
			return w.Account(t, name, muster.Edit{Values: muster.Values{manager: muster.Awaited(boss)}}).ID
		}
		byName, byEmail, byNumber := wait("a", "Böss"), wait("b", "BOSS@example.org"), wait("c", "4711")
		both := w.Account(t, "both", muster.Edit{Values: muster.Values{manager: muster.Awaited("BÖSS"), "account": muster.Awaited("böss")}}).ID
		settled, cleared := wait("d", "böss"), wait("e", "böss")
		w.edit(t, settled, setValue(manager, muster.Text("a")))
		w.edit(t, cleared, setValue(manager, nil))
		if v := w.account(t, byName); v.Values[manager] != nil || w.stored(t, byName).Values[manager] != muster.Value(muster.Awaited("Böss")) {
			t.Errorf("shown %v, kept %v", v.Values[manager], w.above(t, byName))
		}
		before := w.last(t).Seq
		results, err := w.Core.Create(t.Context(), w.Admin, []core.NewAccount{{Number: 4711, Edit: muster.Edit{Username: muster.Some("böss"), Email: muster.Some("boss@example.org")}}})
		if err != nil {
			t.Fatal(err)
		}
		boss := muster.Value(muster.Text(results[0].ID))
		for _, id := range []muster.AccountID{byName, byEmail, byNumber, both} {
			if w.above(t, id) != boss {
				t.Errorf("%s holds %v", id, w.above(t, id))
			}
		}
		if w.stored(t, both).Values["account"] != boss || w.above(t, settled) == boss || w.above(t, cleared) != nil {
			t.Errorf("%v, %v, %v", w.stored(t, both).Values, w.above(t, settled), w.above(t, cleared))
		}
		changes := w.newest(t, int(w.last(t).Seq-before))
		if len(changes) != 5 || changes[0].Deed != muster.DeedCreate || changes[0].Batch == "" || changes[1].Batch != changes[0].Batch {
			t.Errorf("%d changes, the first %+v", len(changes), changes[0])
		}
		// What waits for who is there already does not wait.
		if late := wait("late", "BÖSS"); w.above(t, late) != boss {
			t.Errorf("late holds %v", w.above(t, late))
		}
		w.remove(t, results[0].ID)
		if w.above(t, byName) != nil {
			t.Errorf("removed, and %v is left", w.above(t, byName))
		}
	})
}

// Somebody appears in other ways than by being made.
func TestAwaitedAppears(t *testing.T) {
	t.Parallel()
	eachChart(t, func(t *testing.T, w *world) {
		t.Helper()
		wait := func(name, boss string) muster.AccountID {
			return w.Account(t, name, muster.Edit{Values: muster.Values{manager: muster.Awaited(boss)}}).ID
		}
		other := w.Account(t, "other", muster.Edit{})
		a, b, c := wait("a", "renamed"), wait("b", "new@example.org"), wait("c", "back")
		w.edit(t, other.ID, muster.Edit{Username: muster.Some("Renamed"), Email: muster.Some("New@example.org")})
		for _, id := range []muster.AccountID{a, b} {
			if w.above(t, id) != muster.Value(muster.Text(other.ID)) {
				t.Errorf("%s holds %v", id, w.above(t, id))
			}
		}
		w.edit(t, c, setValue(manager, nil))
		back := w.Account(t, "back", muster.Edit{})
		seq := w.remove(t, back.ID)
		w.edit(t, c, setValue(manager, muster.Awaited("back")))
		if _, err := w.undo(t, seq, core.UndoOptions{}); err != nil || w.above(t, c) != muster.Value(muster.Text(back.ID)) {
			t.Errorf("restored, and c holds %v (%v)", w.above(t, c), err)
		}
	})
}

func TestAwaitedInCharts(t *testing.T) {
	t.Parallel()
	eachChart(t, func(t *testing.T, w *world) {
		t.Helper()
		_, err := w.Core.Create(t.Context(), w.Admin, []core.NewAccount{{Edit: muster.Edit{
			Username: muster.Some("me"), Values: muster.Values{manager: muster.Awaited("ME")},
		}}})
		wantCode(t, err, muster.Invalid, "values.manager")
		x := w.Account(t, "x", muster.Edit{Values: muster.Values{manager: muster.Awaited("boss")}})
		// Whoever comes above and below at once: the one below waits no longer.
		boss := w.Account(t, "boss", muster.Edit{Values: muster.Values{manager: muster.Text("x")}})
		if w.above(t, x.ID) != nil || w.above(t, boss.ID) != muster.Value(muster.Text(x.ID)) {
			t.Errorf("x holds %v, boss %v", w.above(t, x.ID), w.above(t, boss.ID))
		}
		_, err = w.Core.Edit(t.Context(), w.Admin, muster.RefID(x.ID), setValue(manager, muster.Awaited("boss")))
		wantCode(t, err, muster.Invalid, "values.manager")
		for _, v := range []muster.Values{{"text": muster.Awaited("boss")}, {manager: muster.Awaited("")}, {manager: muster.Awaited("x\ny")}} {
			_, err := w.Core.Edit(t.Context(), w.Admin, muster.RefID(x.ID), muster.Edit{Values: v})
			if muster.CodeOf(err) != muster.Invalid {
				t.Errorf("%v: %v", v, err)
			}
		}
	})
}

// An undo of waiting waits no longer, and the undo of that waits again.
func TestUndoOfAwaited(t *testing.T) {
	t.Parallel()
	eachChart(t, func(t *testing.T, w *world) {
		t.Helper()
		old := w.Account(t, "old", muster.Edit{})
		x := w.Account(t, "x", muster.Edit{Values: muster.Values{manager: muster.Text("old")}})
		w.edit(t, x.ID, setValue(manager, muster.Awaited("boss")))
		for _, want := range []muster.Value{muster.Text(old.ID), muster.Awaited("boss")} {
			if _, err := w.undo(t, w.last(t).Seq, core.UndoOptions{}); err != nil || w.above(t, x.ID) != want {
				t.Errorf("%v, want %v (%v)", w.above(t, x.ID), want, err)
			}
		}
		boss := w.Account(t, "boss", muster.Edit{})
		if w.above(t, x.ID) != muster.Value(muster.Text(boss.ID)) {
			t.Errorf("%v", w.above(t, x.ID))
		}
	})
}

// The longest names, of letters that become three when they are folded, fit
// into every engine's indexes.
func TestLongestNames(t *testing.T) {
	t.Parallel()
	eachChart(t, func(t *testing.T, w *world) {
		t.Helper()
		long := strings.Repeat("\u1fb7", 100)
		x := w.Account(t, long, muster.Edit{Name: muster.Some(long), Values: muster.Values{manager: muster.Awaited(strings.Repeat("\u1fb7", 254))}})
		list, err := w.Core.List(t.Context(), w.Admin, core.ListQuery{Text: long, Take: 1})
		if err != nil || len(list.Accounts) != 1 || w.above(t, x.ID) == nil {
			t.Errorf("%d found, %v", len(list.Accounts), err)
		}
		_, err = w.Core.Edit(t.Context(), w.Admin, muster.RefID(x.ID), setValue(manager, muster.Awaited(strings.Repeat("x", 255))))
		wantCode(t, err, muster.TooLarge, "values.manager")
	})
}
